"""Everything about one report on a terminal, for the assistant: evidence, expected, actual."""

from __future__ import annotations

from collections.abc import Iterator

from grader.models import CheckResult, Report
from grader.report.table import decided
from grader.report.tensors import beside, compare, drawn
from grader.text import excerpt, one_line
from grader.words.speech import points
from grader.words.terms import MARKS, VERDICTS
from rubric.schema import Rubric


def show(report: Report, rubric: Rubric) -> str:
    """The report as plain text, with all that the student's own report keeps back."""
    return "\n".join(_lines(report, rubric)) + "\n"


def _lines(report: Report, rubric: Rubric) -> Iterator[str]:
    sub, run = report.submission, report.execution
    yield f"{one_line(sub.id)}  {one_line(rubric.title)}"
    who = [sub.student.name, sub.student.id, sub.student.group]
    if any(who):
        yield "student: " + ", ".join(one_line(part) for part in who if part)
    yield f"file: {one_line(sub.path)}  sha256 {sub.sha256[:12]}"
    total = "not graded" if report.score is None else f"{points(report.score)} of {points(report.max_score)}"
    yield f"score: {total}, {points(report.pending)} pending" + (
        ", needs review" if report.needs_review else ""
    )
    yield f"execution: {run.status} in {run.wall_s:.2f} s, isolation {run.isolation.tier}" + (
        f": {one_line(run.message)}" if run.message else ""
    )
    for error in run.errors:
        yield f"  cell {error.cell + 1}: {one_line(error.name, 60)}: {one_line(error.message)}"
    if run.missing_packages:
        yield "  not installed: " + ", ".join(one_line(name, 60) for name in run.missing_packages)
    for world in report.provenance.worlds:
        yield f"  world {world.name}: {world.status} in {world.wall_s:.2f} s"
    for flag in report.flags:
        yield f"flag {one_line(flag.id, 60)}: {one_line(flag.message)}"
    for question in report.questions:
        yield ""
        score = decided(question)
        earned = "–" if score is None else points(score)
        note = "" if question.addressed else ", not addressed"
        yield f"== {one_line(question.title)}  {earned} of {points(question.max_score)}{note}"
        for check in question.checks:
            yield from _check(check)


def _check(check: CheckResult) -> Iterator[str]:
    earned = "–" if check.score is None else points(check.score)
    yield f"{MARKS[check.verdict]} {check.id} ({one_line(check.title)}): {VERDICTS[check.verdict]}, " + (
        f"{earned} of {points(check.max_score)}"
    )
    if check.message:
        yield f"    {one_line(check.message)}"
    if check.comment:
        yield f"    comment: {one_line(check.comment)}"
    evidence = check.evidence
    if evidence is not None:
        label = f", labelled {one_line(evidence.label, 60)!r}" if evidence.label else ""
        yield f"    evidence: cell {evidence.cell + 1}, output {evidence.output + 1}, " + (
            f"characters {evidence.span[0]}–{evidence.span[1]}{label}"
        )
        why = ", ".join(map(one_line, evidence.reasons)) or "nothing"
        where = ", ".join(evidence.worlds) or "no world"
        yield f"    shape {evidence.shape}, layout {one_line(evidence.layout)}, {evidence.digits:.1f} digits"
        yield f"    found by {why}, in {where}"
        yield from (f"    | {line}" for line in excerpt(evidence.text).split("\n"))
        yield from (f"    does not count: {one_line(line)}" for line in evidence.beside)
    if check.diagnosis is not None:
        said = check.diagnosis
        also = f"; the same numbers: {one_line(', '.join(said.alternatives))}" if said.alternatives else ""
        yield f"    diagnosis {one_line(' + '.join(said.ids))}: {one_line(said.detail)}{also}"
    yield from _tensors(check)


def _tensors(check: CheckResult) -> Iterator[str]:
    evidence = check.evidence
    both = compare(evidence and evidence.actual, check.expected, evidence and evidence.agrees)
    if both is None:
        return
    if both.actual and both.expected:
        drawing = beside(drawn(both.actual), drawn(both.expected), ("actual", "expected"))
    elif both.actual:
        drawing = "actual\n" + drawn(both.actual)
    else:
        drawing = "expected\n" + drawn(both.expected)
    yield from (f"    {line}".rstrip() for line in drawing.split("\n"))
    if both.departing:
        worst = ""
        if both.worst is not None:
            index = ", ".join(map(str, both.worst.index))
            where = f" [{index}]" if index else ""
            worst = f"; furthest off{where}: actual {both.worst.actual}, expected {both.worst.expected}"
        yield f"    {both.departing} of {both.total} differ{worst}"
