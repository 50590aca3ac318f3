"""A student's report in Markdown, to be read in a minute."""

from __future__ import annotations

from collections.abc import Iterator

from grader import text
from grader.models import Report, Submission
from grader.report.tensors import beside, drawn
from grader.report.view import CheckView, Finding, QuestionView, Quote, StudentView, student_view
from grader.words.student_page import MARKS, Words
from rubric.schema import Rubric


def to_markdown(report: Report, submission: Submission, rubric: Rubric) -> str:
    """The whole report as CommonMark with one table; everything from the student is inert text."""
    view = student_view(report, submission, rubric)
    return "\n\n".join(_blocks(view)) + "\n"


def _blocks(view: StudentView) -> Iterator[str]:
    yield f"# {text.markdown(view.rubric_title)} · {text.markdown(view.title)}"
    yield " ".join([f"**{text.markdown(view.headline)}**", *map(text.markdown, view.notes)])
    if view.unisolated:
        yield f"> **⚠ {text.markdown(view.unisolated)}**"
    if view.questions and view.graded:
        yield _overview(view)
    if view.troubles:
        yield f"## {view.words.ran_badly}"
        yield "\n".join(f"- {text.paragraph(trouble.text)}" for trouble in view.troubles)
    if view.findings:
        yield f"## {view.words.in_short}"
        yield "\n".join(map(_finding, view.findings))
    if view.graded:
        for question in view.questions:
            yield from _question(question, view.words)
    yield "---"
    yield text.paragraph(view.made_by)


def _overview(view: StudentView) -> str:
    rows = [f"| {view.words.question} | {view.words.result} | |", "| --- | --- | --- |"]
    for q in view.questions:
        marks = " ".join(MARKS[c.verdict] for c in q.checks)
        note = "" if q.addressed else f" ({view.words.not_addressed})"
        rows.append(f"| {text.markdown(q.title)}{note} | {q.points} | {marks} |")
    return "\n".join(rows)


def _finding(finding: Finding) -> str:
    titles = ", ".join(map(text.markdown, finding.titles))
    mark = MARKS[finding.verdict]
    return f"- {mark} **{titles}** ({finding.points}): {text.markdown(finding.reason)}"


def _question(question: QuestionView, spoken: Words) -> Iterator[str]:
    note = "" if question.addressed else f" ({spoken.not_addressed})"
    yield f"## {text.markdown(question.title)}{note} · {question.points}"
    right = [c for c in question.checks if c.verdict == "pass"]
    if right:
        yield "\n".join(_passed(c, spoken) for c in right)
    for check in question.checks:
        if check.verdict != "pass":
            yield from _check(check, spoken)


def _passed(check: CheckView, spoken: Words) -> str:
    line = f"- {MARKS['pass']} **{text.markdown(check.title)}** · {check.points}."
    if check.quote is None or check.by_hand:
        return f"{line} {text.markdown(check.message)}".rstrip()
    first = check.quote.text.strip().partition("\n")[0]
    return f"{line} {_where(check.quote, spoken)}: {text.code(first, 60)}"


def _check(check: CheckView, spoken: Words) -> Iterator[str]:
    mark = f"{MARKS[check.verdict]} {text.markdown(check.title)}"
    verdict = "" if check.waits else f" · {spoken.verdicts[check.verdict]}"
    yield f"### {mark}{verdict} · {check.points}"
    if check.message:
        yield text.paragraph(check.message)
    if check.quote is not None:
        begins = ""
        if check.quote.begins:
            begins = f" ({spoken.begins.format(source=text.code(check.quote.begins))})"
        yield f"{_where(check.quote, spoken)}{begins}:"
        yield text.fence(text.excerpt(check.quote.text))
    if check.comparison is not None:
        yield from _comparison(check, spoken)
    if check.wrong:
        yield f"**{spoken.wrong}.** {text.markdown(check.wrong)}"
    if check.hint:
        yield f"**{spoken.hint}.** {text.markdown(check.hint)}"


def _comparison(check: CheckView, spoken: Words) -> Iterator[str]:
    shown = check.comparison
    assert shown is not None
    said = [s for s in (check.departs, check.worst, check.relaid) if s]
    if shown.actual and shown.expected:
        yield " ".join([f"{spoken.yours_and_expected}.", *said])
        titles = (spoken.yours, spoken.expected)
        yield text.fence(beside(drawn(shown.actual), drawn(shown.expected), titles))
    elif shown.expected:
        yield f"{spoken.expected.capitalize()}:"
        yield text.fence(drawn(shown.expected))
    elif said:
        yield " ".join(said)
        yield text.fence(drawn(shown.actual))


def _where(quote: Quote, spoken: Words) -> str:
    if quote.written:
        return spoken.wrote.format(cell=quote.cell)
    if not quote.label:
        return spoken.printed.format(cell=quote.cell)
    return spoken.printed_label.format(cell=quote.cell, label=text.code(quote.label))
