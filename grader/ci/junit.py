"""Reports → JUnit XML, which every CI platform draws as a list of tests (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.ci.standing import Standing
from grader.models import VerdictName
from grader.report.text import visible
from grader.report.view import CheckView

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES: dict[VerdictName, str] = {"fail": "wrong", "missing": "missing", "partial": "partly right"}


def to_junit(standings: Sequence[Standing], name: str) -> str:
    """One suite per submission, one case per check; a check that waits for a person counts as skipped.

    A submission without a mark is one case with an error. Times are of the whole run.
    """
    root = ET.Element("testsuites", name=_text(name))
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for standing in standings:
        suite = _suite(standing)
        for key in totals:
            totals[key] += int(suite.get(key, "0"))
        root.append(suite)
    root.attrib.update({key: str(n) for key, n in totals.items()})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(standing: Standing) -> ET.Element:
    report, view = standing.report, standing.view
    suite = ET.Element("testsuite", name=_text(report.submission.id), time=f"{report.execution.wall_s:.3f}")
    if view.graded:
        cases = [
            _case(check, f"{report.submission.id}.{question.id}", standing.path)
            for question in view.questions
            for check in question.checks
        ]
    else:
        whole = ET.Element("testcase", classname=_text(report.submission.id), name="the notebook")
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
    properties = ET.SubElement(suite, "properties")
    for key, value in (("score", report.score), ("pending", report.pending), ("max_score", report.max_score)):
        ET.SubElement(properties, "property", name=key, value="" if value is None else f"{value:g}")
    suite.extend(cases)
    return suite


def _case(check: CheckView, classname: str, path: str) -> ET.Element:
    case = ET.Element("testcase", classname=_text(classname), name=_text(check.title), file=_text(path))
    if check.waits:
        ET.SubElement(case, "skipped", message=_text(check.message or check.points))
    elif check.verdict in _FAILURES:
        short = _text(f"{check.points}: {check.wrong or check.message or _FAILURES[check.verdict]}")
        failure = ET.SubElement(case, "failure", type=_FAILURES[check.verdict], message=short)
        failure.text = _text("\n".join(p for p in (check.message, check.wrong, check.hint) if p) or short)
    return case


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", visible(text))
