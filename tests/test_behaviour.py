"""Written answers: found where students put them, never judged."""

from __future__ import annotations

import pytest

from grader.assignment import Assignment
from grader.judging.behaviour import find_answer
from grader.models import Cell
from rubric.schema import TextCheck


@pytest.fixture(scope="module")
def question(hw4: Assignment) -> TextCheck:
    return next(c for c in hw4.rubric.checks() if isinstance(c, TextCheck))


def cells(*pairs: tuple[str, str]) -> list[Cell]:
    return [Cell(index=i, kind=kind, source=source) for i, (kind, source) in enumerate(pairs)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pairs", "answer"),
    [
        ([("code", "x"), ("markdown", "## Question 4\nYes, the same values.")], "Yes, the same values."),
        ([("markdown", "## Task 4"), ("markdown", "No, they differ.")], "No, they differ."),
        (
            [("markdown", "## Aufgabe 4\n"), ("code", "# Ja, gleich\n# bis auf Rundung")],
            "Ja, gleich\nbis auf Rundung",
        ),
        (
            [("code", "x"), ("markdown", "Yes, I got the same results as before.")],
            "Yes, I got the same results as before.",
        ),
        ([("markdown", "# Q4\nYes."), ("markdown", "# Appendix\nnothing")], "Yes."),
    ],
)
def test_an_answer_is_found(question: TextCheck, pairs: list[tuple[str, str]], answer: str) -> None:
    found = find_answer(question, cells(*pairs))
    assert found is not None
    assert found.text == answer


@pytest.mark.parametrize(
    "pairs",
    [
        [("code", "x")],
        [("markdown", "# Homework 4"), ("code", "x")],
        [("code", "x"), ("markdown", "## Results\nh1 = [[0.5]]")],
        [("code", "x"), ("markdown", "```python\nprint('same results as before')\n```")],
    ],
)
def test_nothing_written_is_nothing(question: TextCheck, pairs: list[tuple[str, str]]) -> None:
    assert find_answer(question, cells(*pairs)) is None
