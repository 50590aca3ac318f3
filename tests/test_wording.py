"""A rubric's own wording changes nothing but wording, and an answer in words is found once."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from corpus import generate
from runs import load_slice, submissions_of

from grader import report as reports
from grader.assignment.loading import Assignment, load
from grader.batch.judged import neutral, priced
from grader.desk.queue import queue
from grader.judging.grade import grade
from grader.models import Cell, Execution, Output, Report, Submission
from grader.report.view import StudentView, student_view
from rubric.schema import Messages

HOME = Path(__file__).parent
WORDS = {"message", "said", "hint", "messages"}


@lru_cache
def hw4() -> Assignment:
    return load("hw4")


def spoken_for(assignment: Assignment, language: str = "en") -> Assignment:
    """With wording that looks like anything but wording, and a hint for every check."""
    odd = {name: f"{name} {{said}} {{0}} %s “Facts: “ \ue000 typed_in" for name in Messages.model_fields}

    def hinted(question: Any) -> Any:
        checks = tuple(c.model_copy(update={"hint": "These numbers {n}."}) for c in question.checks)
        return question.model_copy(update={"checks": checks})

    rubric = assignment.rubric.model_copy(
        update={
            "messages": Messages(**odd),
            "language": language,
            "questions": tuple(map(hinted, assignment.rubric.questions)),
        }
    )
    return replace(assignment, rubric=rubric)


@lru_cache
def slice_of_runs() -> list[tuple[Submission, list[Execution]]]:
    data = load_slice(HOME / "data" / "corpus.json.gz")
    notebooks = list(generate(data["n"], data["seed"], data["honest"]))
    return list(zip(submissions_of(notebooks), data["runs"], strict=True))[::12]


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_words(v) for k, v in value.items() if k not in WORDS}
    return [without_words(v) for v in value] if isinstance(value, list) else value


def shown(view: StudentView) -> list[Any]:
    """What a page shows besides words: verdicts, points, quotes, matrices and what is marked in them."""
    return [
        (c.id, c.verdict, c.points, c.quote, c.comparison, c.departs, c.worst, c.relaid, bool(c.wrong))
        for q in view.questions
        for c in q.checks
    ]


def test_own_wording_changes_nothing_but_wording() -> None:
    plain = replace(hw4(), rubric=hw4().rubric.model_copy(update={"messages": Messages()}))
    odd = spoken_for(hw4())
    typed = 0
    for submission, runs in slice_of_runs():
        one, other = (grade(submission, runs, a) for a in (plain, odd))
        assert without_words(one.model_dump(mode="json")) == without_words(other.model_dump(mode="json"))
        assert shown(student_view(one, submission, plain.rubric)) == shown(
            student_view(other, submission, odd.rubric)
        )
        for question in other.questions:
            for check in question.checks:
                assert check.said is not None
                assert (
                    check.message == f"{check.said} {check.hint}".strip() if check.hint else str(check.said)
                )
                typed += check.typed_in
        assert reports.to_json(priced(grade(submission, runs, neutral(odd)), odd)) == reports.to_json(other)
    assert typed, "the slice has numbers that were typed in"


def test_every_message_of_a_report_is_its_data_in_english() -> None:
    for submission, runs in slice_of_runs():
        report = grade(submission, runs, hw4())
        assert all(flag.message == str(flag.said) for flag in report.flags)
        assert report.execution.message == str(report.execution.said or "") or report.execution.said is None
        for diagnosis in [c.diagnosis for q in report.questions for c in q.checks if c.diagnosis]:
            assert (diagnosis.message, diagnosis.detail) == (str(diagnosis.said), str(diagnosis.said_detail))


def test_what_follows_from_an_earlier_mistake_gets_no_hint() -> None:
    """It was done as the hint says: `call loss.backward()` below what it gave of another network misleads."""
    odd = spoken_for(hw4())
    made = [priced(grade(s, r, odd), odd) for s, r in slice_of_runs()]
    checks = [c for report in made for q in report.questions for c in q.checks]
    assert {bool(c.hint) for c in checks if c.follow_through} == {False}
    assert {bool(c.hint) for c in checks if c.verdict == "fail"} == {True}


ANSWERS = {
    "in a text": ([("markdown", "## Question 4\nYes, the same as by hand.")], ""),
    "printed": ([("markdown", "## Question 4"), ("code", "compare()")], "Yes, the same as by hand.\n"),
    "in a comment": ([("code", "x = 1"), ("code", "# Question 4: yes, the same as by hand.")], ""),
}


@pytest.mark.parametrize("where", ANSWERS)
def test_an_answer_is_found_once_and_shown_the_same_everywhere(where: str) -> None:
    pairs, printed = ANSWERS[where]
    cells = tuple(Cell(index=n, kind=kind, source=text) for n, (kind, text) in enumerate(pairs))  # type: ignore[arg-type]
    outputs = (Output(cell=1, index=0, kind="stdout", text=printed),) if printed else ()
    submission = Submission(id="ada", path="ada.ipynb", sha256="0", cells=cells)
    runs = [Execution(status="ok", outputs=outputs)] * 2
    report = Report.model_validate_json(reports.to_json(grade(submission, runs, hw4())))
    check = next(c for q in report.questions for c in q.checks if c.id == "comparison")
    assert check.verdict == "review" and check.answer is not None
    words = check.answer.text
    assert re.search("the same as by hand", words)
    assert json.loads(reports.to_json(report))["questions"][-1]["checks"][-1]["answer"]["text"] == words
    view = student_view(report, submission, hw4().rubric)
    quote = view.questions[-1].checks[-1].quote
    assert quote is not None and (quote.text, quote.cell) == (words, check.answer.cell + 1)
    for page in (reports.to_markdown, reports.to_html):
        assert words in page(report, submission, hw4().rubric)
    [item] = [i for i in queue([report], hw4().rubric) if i.topic == "comparison"]
    assert (item.text, item.cell, item.said) == (words, check.answer.cell, "")
