"""A student's report in Markdown, to be read in a minute."""

from __future__ import annotations

from collections.abc import Iterator

from grader import text
from grader.models import Report, Submission
from grader.report.tensors import beside, drawn
from grader.report.view import CheckView, Finding, QuestionView, Quote, StudentView, student_view
from grader.words.speech import Speech
from grader.words.terms import MARKS, VERDICTS
from rubric.schema import Rubric


def to_markdown(report: Report, submission: Submission, rubric: Rubric) -> str:
    """The whole report as CommonMark with one table; everything from the student is inert text."""
    view = student_view(report, submission, rubric)
    return "\n\n".join(_blocks(view)) + "\n"


def _blocks(view: StudentView) -> Iterator[str]:
    speak = view.speak
    yield f"# {text.markdown(view.rubric_title)} · {text.markdown(view.title)}"
    yield " ".join([f"**{text.markdown(view.headline)}**", *map(text.markdown, view.notes)])
    if view.unisolated:
        yield f"> **⚠ {text.markdown(view.unisolated)}**"
    if view.questions and view.graded:
        yield _overview(view)
    if view.troubles:
        yield "## " + speak("When your notebook ran")
        yield "\n".join(f"- {text.paragraph(trouble.text)}" for trouble in view.troubles)
    if view.findings:
        yield "## " + speak("In short")
        yield "\n".join(map(_finding, view.findings))
    if view.open and view.graded:
        yield "## " + speak("What a person will look at")
        yield "\n".join(map(_finding, view.open))
    if view.graded:
        for question in view.questions:
            yield from _question(question, view.speak)
    yield "---"
    yield text.paragraph(view.made_by)


def _overview(view: StudentView) -> str:
    speak = view.speak
    asked, result = speak("Question"), speak("Result")
    rows = [f"| {asked} | {result} | |", "| --- | --- | --- |"]
    for q in view.questions:
        marks = " ".join(MARKS[c.verdict] for c in q.checks)
        note = "" if q.addressed else " (" + speak("not addressed") + ")"
        rows.append(f"| {text.markdown(q.title)}{note} | {q.points} | {marks} |")
    return "\n".join(rows)


def _finding(finding: Finding) -> str:
    titles = ", ".join(map(text.markdown, finding.titles))
    mark = MARKS[finding.verdict]
    return f"- {mark} **{titles}** ({finding.points}): {text.markdown(finding.reason)}"


def _question(question: QuestionView, speak: Speech) -> Iterator[str]:
    note = "" if question.addressed else " (" + speak("not addressed") + ")"
    yield f"## {text.markdown(question.title)}{note} · {question.points}"
    right = [c for c in question.checks if c.verdict == "pass"]
    if right:
        yield "\n".join(_passed(c, speak) for c in right)
    for check in question.checks:
        if check.verdict != "pass":
            yield from _check(check, speak)


def _passed(check: CheckView, speak: Speech) -> str:
    line = f"- {MARKS['pass']} **{text.markdown(check.title)}** · {check.points}."
    said = text.markdown(check.comment)
    if check.quote is None or check.by_hand:
        return f"{line} {text.markdown(check.message)} {said}".rstrip()
    first = check.quote.text.strip().partition("\n")[0]
    return f"{line} {_where(check.quote, speak)}: {text.code(first, 60)} {said}".rstrip()


def _check(check: CheckView, speak: Speech) -> Iterator[str]:
    mark = f"{MARKS[check.verdict]} {text.markdown(check.title)}"
    verdict = "" if check.waits else f" · {speak.of(VERDICTS[check.verdict])}"
    yield f"### {mark}{verdict} · {check.points}"
    if check.message:
        yield text.paragraph(check.message)
    if check.comment:
        yield text.paragraph(check.comment)
    if check.quote is not None:
        begins = ""
        if check.quote.begins:
            begun = speak("the cell begins {source}", source=text.code(check.quote.begins))
            begins = f" ({begun})"
        yield f"{_where(check.quote, speak)}{begins}:"
        yield text.fence(text.excerpt(check.quote.text))
    if check.comparison is not None:
        yield from _comparison(check, speak)
    if check.wrong:
        yield _titled(speak("What is wrong"), check.wrong)
    if check.hint:
        yield _titled(speak("What to try"), check.hint)


def _titled(title: str, words: str) -> str:
    return f"**{title}.** {text.markdown(words)}"


def _comparison(check: CheckView, speak: Speech) -> Iterator[str]:
    shown = check.comparison
    assert shown is not None
    said = [s for s in (check.departs, check.worst, check.relaid) if s]
    if shown.actual and shown.expected:
        yield " ".join([speak("Your values beside the expected ones."), *said])
        titles = (speak("yours"), speak("expected"))
        yield text.fence(beside(drawn(shown.actual), drawn(shown.expected), titles))
    elif shown.expected:
        yield speak("expected").capitalize() + ":"
        yield text.fence(drawn(shown.expected))
    elif said:
        yield " ".join(said)
        yield text.fence(drawn(shown.actual))


def _where(quote: Quote, speak: Speech) -> str:
    if quote.written:
        return speak("You wrote in cell {cell}", cell=quote.cell)
    if not quote.label:
        return speak("You printed in cell {cell}", cell=quote.cell)
    return speak(
        "You printed in cell {cell}, labelled {label}", cell=quote.cell, label=text.code(quote.label)
    )
