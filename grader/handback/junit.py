"""Reports → JUnit XML, which every CI platform draws as a list of tests (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.handback.standing import Standing
from grader.models import VerdictName
from grader.report.view import CheckView, QuestionView
from grader.text import visible

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES: dict[VerdictName, str] = {"fail": "wrong", "missing": "missing", "partial": "partly right"}


def to_junit(standings: Sequence[Standing], name: str, *, linked: bool) -> str:
    """One suite per submission, one case per check; a check that waits for a person counts as skipped.

    A submission without a mark is one case with an error. Times are of the whole run, and no case takes
    any of its own: some readers stumble over a case without one.
    linked: name the file in every case. GitLab links it from there; the schema by which Jenkins refuses
    a report knows it of suites alone, and no total of what was skipped.
    """
    root = ET.Element("testsuites", name=_text(name))
    totals = dict.fromkeys(("tests", "failures", "errors"), 0)
    for standing in standings:
        suite = _suite(standing, linked)
        for key in totals:
            totals[key] += int(suite.get(key, "0"))
        root.append(suite)
    root.set("time", f"{sum(s.report.execution.wall_s for s in standings):.3f}")
    root.attrib.update({key: str(n) for key, n in totals.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(standing: Standing, linked: bool) -> ET.Element:
    report, view, path = standing.report, standing.view, _text(standing.path)
    suite = ET.Element("testsuite", name=_text(report.submission.id), file=path)
    suite.set("time", f"{report.execution.wall_s:.3f}")
    if view.graded:
        cases = [
            _case(check, f"{report.submission.id}.{question.id}", _names(question)[check.id])
            for question in view.questions
            for check in question.checks
        ]
    else:
        whole = _element(report.submission.id, "the notebook")
        said = _text(" ".join([view.headline, *view.notes]))
        ET.SubElement(whole, "error", type=report.execution.status, message=said).text = said
        cases = [whole]
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite.attrib.update({key: str(n) for key, n in counts.items()})
    if linked:
        for case in cases:
            case.set("file", path)
    properties = ET.SubElement(suite, "properties")
    for key, value in (("score", report.score), ("pending", report.pending), ("max_score", report.max_score)):
        ET.SubElement(properties, "property", name=key, value="" if value is None else f"{value:g}")
    suite.extend(cases)
    return suite


def _names(question: QuestionView) -> dict[str, str]:
    """Titles by check. Of two cases of one name GitLab shows the first alone, so none is there twice."""
    often = Counter(check.title for check in question.checks)
    return {c.id: c.title if often[c.title] == 1 else f"{c.title} ({c.id})" for c in question.checks}


def _case(check: CheckView, classname: str, name: str) -> ET.Element:
    case = _element(classname, name)
    if check.waits:
        why = _text(check.message or check.points)
        ET.SubElement(case, "skipped", message=why).text = why  # GitLab shows the text alone
    elif check.verdict in _FAILURES:
        short = _text(f"{check.points}: {check.wrong or check.message or _FAILURES[check.verdict]}")
        failure = ET.SubElement(case, "failure", type=_FAILURES[check.verdict], message=short)
        failure.text = _text("\n".join(p for p in (check.message, check.wrong, check.hint) if p) or short)
    return case


def _element(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=_text(classname), name=_text(name), time="0.000")


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", visible(text))
