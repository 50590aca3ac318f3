"""Prints understood: rounding by value, movement between worlds, words from the code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from printing import show

from grader.assignment.loading import Assignment
from grader.assignment.vocabulary import Vocabulary
from grader.judging.book import Book, Target, file
from grader.judging.pairing import pair
from grader.judging.reading import Reading, read
from grader.judging.rounded import as_rounded
from grader.judging.source import Code
from grader.models import Cell


def reading(hw4: Assignment, source: str, **options: object) -> list[Reading]:
    first = show(hw4.references[0]["dW1"] * 3, **options)  # type: ignore[arg-type]
    second = show(hw4.references[1]["dW1"] * 3, **options)  # type: ignore[arg-type]
    cells = [
        Cell(index=0, kind="markdown", source="### Task 3\nGradients"),
        Cell(index=1, kind="code", source=source),
    ]
    vocabulary = Vocabulary(hw4.rubric, list(hw4.references[0]))
    target = Target("h1", (), tuple(r["h1"] for r in hw4.references))
    book = Book(file([target], pieces=False), hw4.rubric.tolerance)
    slots = pair([[first], [second]])
    return list(read(slots, book, vocabulary, Code(cells), cells, _sizes(hw4), _asked(hw4)))


@pytest.mark.parametrize(
    ("label", "source", "meant"),
    [
        ("dW1", "print(g)", "dW1"),
        ("", "print(W1.grad)", "dW1"),
        ("W1", "print('W1', W1.grad)", "dW1"),
        ("W1", "for n, p in net.named_parameters(): print(n, p.grad)", "dW1"),
        ("W1", "print(w)", "dW1"),  # below the heading "Gradients"
        ("x", "print(x)", None),
    ],
)
def test_meaning_comes_from_the_label_then_the_code_then_the_heading(
    hw4: Assignment, label: str, source: str, meant: str | None
) -> None:
    assert reading(hw4, source, label=label)[0].meant == meant


def test_a_rounded_tensor_is_recognised_whatever_is_printed() -> None:
    exact = np.array([0.49741234, 0.12345678, 0.7, 0.98765432])
    printed = show(np.round(exact, 4).astype(np.float32), decimals=12)
    assert as_rounded(printed).half_unit == (5e-5,) * 4


def test_significant_digits_are_recognised_as_well() -> None:
    exact = np.array([0.49741234, 0.0012345678, -3.3344556e-7, 98.765432, 0.0])
    printed = show(np.array([float(f"{v:.3g}") for v in exact]), decimals=12)
    assert as_rounded(printed).half_unit == pytest.approx((5e-4, 5e-6, 5e-10, 5e-2, 5e-13))


def test_a_full_print_is_left_alone() -> None:
    printed = show(np.array([0.49741234, 0.12345678, 0.7, 0.98765432]), decimals=8)
    assert as_rounded(printed) == printed


def test_whole_numbers_are_not_rounded_numbers() -> None:
    printed = replace(show(np.array([1.0, 2.0, 3.0, 4.0])), half_unit=(0.0,) * 4)
    assert as_rounded(printed) == printed


def test_values_that_stay_the_same_do_not_move(hw4: Assignment) -> None:
    once = show(hw4.references[0]["h1"], "h1")
    vocabulary = Vocabulary(hw4.rubric, list(hw4.references[0]))
    book = Book([], hw4.rubric.tolerance)

    def movement(*worlds: list[object]) -> str:
        cells: list[Cell] = []
        found = read(pair(worlds), book, vocabulary, Code(cells), cells, _sizes(hw4), _asked(hw4))  # type: ignore[arg-type]
        return found[0].movement

    assert movement([once], [once]) == "constant"
    assert movement([once], [show(hw4.references[1]["h1"], "h1", decimals=12)]) == "moves"
    assert movement([once], []) == "absent"


def _sizes(hw4: Assignment) -> dict[str, int]:
    return {c.id: hw4.references[0][c.id].size for c in hw4.rubric.checks() if c.id in hw4.references[0]}


def _asked(hw4: Assignment) -> dict[str, str]:
    return {check: check for check in _sizes(hw4)}
