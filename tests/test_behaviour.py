"""Written answers: found where students put them, never judged."""

from __future__ import annotations

import pytest

from grader.assignment.loading import Assignment
from grader.judging.answers import find_answer
from grader.models import Cell, Output
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
        ([("code", "x"), ("markdown", "same")], "same"),
        ([("code", "x"), ("markdown", "같다.")], "같다."),
        ([("code", "x"), ("markdown", "Yes: W3.grad = [[0.1]] in both")], "Yes: W3.grad = [[0.1]] in both"),
        ([("code", "x"), ("markdown", "4. Yes")], "4. Yes"),
        ([("code", "x"), ("markdown", "### 4) Yes, the same")], "### 4) Yes, the same"),
        (
            [("markdown", "## 4. Did you get the same results? Yes, up to rounding."), ("code", "x")],
            "Yes, up to rounding.",
        ),
        ([("code", "print(W1.grad)\n# Yes, as before")], "Yes, as before"),
        (
            [("code", "'The values are the same as in homework 3'")],
            "The values are the same as in homework 3",
        ),
        ([("code", 'answer = "They agree up to rounding."\nx')], "They agree up to rounding."),
        (
            [("code", "x"), ("markdown", "They match my numpy version."), ("code", "plot()")],
            "They match my numpy version.",
        ),
        (
            [("code", "x"), ("markdown", "Ja, die Werte stimmen überein."), ("code", "plot()")],
            "Ja, die Werte stimmen überein.",
        ),
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
        [("code", "x"), ("markdown", "## 4. Did you get the same results as in your previous homeworks?")],
        [("markdown", "# 4. No activation in the output layer"), ("code", "x")],
        [("code", "x"), ("markdown", "---\n<br>\n![plot](loss.png)")],
        [("code", "# Yes, this is the loss\nx"), ("code", "print(x)  # True")],
        [("code", "# the same for all of the layers\nprint(x)")],
        [("code", "# DO NOT FORGET TO SPECIFY THE SAME SEED")],
    ],
)
def test_nothing_written_is_nothing(question: TextCheck, pairs: list[tuple[str, str]]) -> None:
    assert find_answer(question, cells(*pairs)) is None


@pytest.mark.parametrize(
    ("printed", "answer"),
    [
        ("True\nTrue\n", "True\nTrue"),
        ("W1: max. difference 1.2e-09\nall equal: True\n", "all equal: True"),
        ("tensor([[0.5]],\n       requires_grad=True)\n", None),
    ],
)
def test_below_its_heading_code_may_answer(question: TextCheck, printed: str, answer: str | None) -> None:
    output = Output(cell=1, index=0, kind="stdout", text=printed)
    found = find_answer(question, cells(("markdown", "## Question 4"), ("code", "compare()")), [output])
    assert (found and found.text) == answer


def test_the_line_below_a_printed_question_answers_it(question: TextCheck) -> None:
    text = "Question 4: Did you get the same results as in your previous homeworks?\nAnswer: Yes.\n"
    found = find_answer(question, cells(("code", "x")), [Output(cell=0, index=0, kind="stdout", text=text)])
    assert found is not None and found.text == "Answer: Yes."


def test_a_comment_above_code_answers_where_it_calls_the_question(question: TextCheck) -> None:
    found = find_answer(
        question, cells(("code", "# Question 4: the same? -> yes, it is\ncompare()")), number=4
    )
    assert found is not None and found.text == "Question 4: the same? -> yes, it is"
    assert find_answer(question, cells(("code", "# Question 3: the same here\nbackward()")), number=4) is None
