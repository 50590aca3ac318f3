"""How wrong numbers relate to the right ones, where no known mistake explains them (pure).

A constant factor, a permutation, one wrong element, rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from grader.judging.book import Array, fits, margin
from grader.models import Diagnosis, PrintedTensor
from rubric.schema import Tolerance

GENERIC = frozenset({"constant_factor", "permutation", "one_element", "rounded_early"})
"""Ids of the diagnoses made here."""


def generic(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    """A relation between printed and expected values that no list of mistakes names.

    prints: for each world, the print and the expected values, flattened in the layout in which they
    agree best; all of the same size.
    """
    if not prints or prints[0][1].size < 2:
        return None
    for relation in (_factor, _one_wrong, _permutation, _rounded):
        found = relation(prints, tolerance)
        if found is not None:
            return found
    return None


def _factor(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    printed, expected = prints[-1]
    value = np.asarray(printed.values)
    biggest = int(np.argmax(np.abs(expected)))
    if expected[biggest] == 0 or not np.isfinite(value).all() or value[biggest] == 0:
        return None
    factor = float(value[biggest] / expected[biggest])
    simple = Fraction(factor).limit_denominator(60)
    if simple and abs(float(simple) / factor - 1) < 1e-4:
        factor = float(simple)
    if abs(factor - 1) < 1e-6:
        return None
    for one, reference in prints:
        scaled = factor * reference
        if not fits(one, scaled, margin(scaled, tolerance)).all():
            return None
        if (np.abs(scaled) <= np.asarray(one.half_unit)).all():
            return None
    if factor == -1:
        text = "Your values have the right magnitude and the opposite sign."
    else:
        text = f"Your values are {factor:.6g} times the expected ones."
    return Diagnosis(ids=("constant_factor",), message=text, detail=text)


def _permutation(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    for printed, expected in prints:
        value = np.asarray(printed.values)
        slack = margin(expected, tolerance) + max(printed.half_unit)
        if not np.isfinite(value).all() or np.ptp(expected) <= 20 * slack:
            return None
        if not (np.abs(np.sort(value) - np.sort(expected)) <= slack).all():
            return None
    text = "These are the right numbers in another order."
    return Diagnosis(ids=("permutation",), message=text, detail=text)


def _one_wrong(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    wrong = np.zeros(prints[0][1].size, dtype=np.bool_)
    for printed, expected in prints:
        wrong |= ~fits(printed, expected, margin(expected, tolerance))
    if wrong.sum() != 1 or wrong.size < 3:
        return None
    number = int(np.flatnonzero(wrong)[0]) + 1
    text = f"One element differs: number {number} of {wrong.size}, counted row by row."
    return Diagnosis(ids=("one_element",), message=text, detail=text)


def _rounded(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    del tolerance
    printed, expected = prints[-1]
    scale = float(np.abs(expected).max())
    error = float(np.abs(np.asarray(printed.values) - expected).max())
    if not scale or not np.isfinite(error) or error > 0.01 * scale:
        return None
    text = "Your values are close but not equal, as if rounded before the end of the computation."
    return Diagnosis(ids=("rounded_early",), message=text, detail=text)
