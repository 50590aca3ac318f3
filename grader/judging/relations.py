"""How wrong numbers relate to the right ones, where no known mistake explains them (pure).

What is not finite, a factor, a constant that was added, a permutation, lost signs, one wrong element,
rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from grader.assignment.values import Array, margin
from grader.judging.book import fits
from grader.models import Diagnosis, PrintedTensor, Said
from rubric.schema import Tolerance

_LITTLE = 1e-2  # of the largest value: what is added and less is an error of rounding

GENERIC = frozenset(
    {
        "not_finite",
        "constant_factor",
        "changing_factor",
        "constant_added",
        "permutation",
        "without_signs",
        "one_element",
        "rounded_early",
    }
)
"""Ids of the diagnoses made here."""


def generic(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    """A relation between printed and expected values that no list of mistakes names.

    prints: for each world, the print and the expected values, flattened in the layout in which they
    agree best; all of the same size.
    """
    if not prints or prints[0][1].size < 2:
        return None
    relations = (
        *(_not_finite, _factor, _changing_factor, _added, _one_wrong, _permutation, _unsigned, _rounded),
    )
    for relation in relations:
        found = relation(prints, tolerance)
        if found is not None:
            return found
    return None


def _not_finite(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    del tolerance
    if np.isfinite(prints[0][0].values).all():
        return None
    text = Said(
        "Some of your values are not finite (nan, inf): look for a division by zero, a root or a logarithm "
        "of a negative number."
    )
    return Diagnosis.of(("not_finite",), text)


def _factor(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    factor = _factor_of(*prints[-1])
    if factor is None or abs(factor - 1) < 1e-6:
        return None
    if not all(_is_scaled(printed, factor * expected, tolerance) for printed, expected in prints):
        return None
    if factor == -1:
        text = Said("Your values have the right magnitude and the opposite sign.")
        return Diagnosis.of(("constant_factor",), text)
    return times(factor)


def times(factor: float) -> Diagnosis:
    """All values are the right ones times this factor."""
    text = Said("Your values are {factor:.6g} times the expected ones.", {"factor": factor})
    return Diagnosis.of(("constant_factor",), text)


def _changing_factor(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    factors = [_factor_of(*one) for one in prints]
    if len(factors) < 2:
        return None
    for (printed, expected), factor in zip(prints, factors, strict=True):
        # the factor is as coarse as the element that it is read from
        coarse = replace(printed, half_unit=tuple(2 * half for half in printed.half_unit))
        if factor is None or not _is_scaled(coarse, factor * expected, tolerance):
            return None
    assert factors[0] is not None
    text = Said(
        "Your values are the expected ones times a factor that changes with the random numbers, here "
        "{factor:.4g}, as clipping or normalising does.",
        {"factor": factors[0]},
    )
    return Diagnosis.of(("changing_factor",), text)


def _added(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    printed, expected = prints[-1]
    added = float(np.median(np.asarray(printed.values) - expected))
    if len(prints) < 2 or not abs(added) > _LITTLE * float(np.abs(expected).max()):
        return None
    for printed, expected in prints:
        shifted = expected + added
        if not fits(printed, shifted, margin(shifted, tolerance)).all():
            return None
    text = Said(
        "Your values are the expected ones plus {added:.4g}, as a wrong bias gives.", {"added": added}
    )
    return Diagnosis.of(("constant_added",), text)


def _factor_of(printed: PrintedTensor, expected: Array) -> float | None:
    """What the largest expected element is multiplied by; a simple fraction where it is near one."""
    value = np.asarray(printed.values)
    biggest = int(np.argmax(np.abs(expected)))
    if expected[biggest] == 0 or not np.isfinite(value).all() or value[biggest] == 0:
        return None
    factor = float(value[biggest] / expected[biggest])
    simple = Fraction(factor).limit_denominator(60)
    return float(simple) if simple and abs(float(simple) / factor - 1) < 1e-4 else factor


def _is_scaled(printed: PrintedTensor, scaled: Array, tolerance: Tolerance) -> bool:
    """Does a print fit these values, and show more of them than that they are small?"""
    return bool(
        fits(printed, scaled, margin(scaled, tolerance)).all()
        and not (np.abs(scaled) <= np.asarray(printed.half_unit)).all()
    )


def _permutation(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    for printed, expected in prints:
        value = np.asarray(printed.values)
        slack = margin(expected, tolerance) + max(printed.half_unit)
        if not np.isfinite(value).all() or np.ptp(expected) <= 20 * slack:
            return None
        if not (np.abs(np.sort(value) - np.sort(expected)) <= slack).all():
            return None
    return Diagnosis.of(("permutation",), Said("These are the right numbers in another order."))


def _unsigned(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    for printed, expected in prints:
        bare = np.abs(expected)
        if (expected >= 0).all() or not _is_scaled(printed, bare, tolerance):
            return None
    return Diagnosis.of(("without_signs",), Said("Your values are the right ones without their signs."))


def _one_wrong(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    wrong = np.zeros(prints[0][1].size, dtype=np.bool_)
    for printed, expected in prints:
        wrong |= ~fits(printed, expected, margin(expected, tolerance))
    if wrong.sum() != 1 or wrong.size < 3:
        return None
    number = int(np.flatnonzero(wrong)[0]) + 1
    text = Said(
        "One element differs: number {number} of {size}, counted row by row.",
        {"number": number, "size": int(wrong.size)},
    )
    return Diagnosis.of(("one_element",), text)


def _rounded(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    del tolerance
    printed, expected = prints[-1]
    scale = float(np.abs(expected).max())
    error = float(np.abs(np.asarray(printed.values) - expected).max())
    if not scale or not np.isfinite(error) or error > 0.01 * scale:
        return None
    text = Said("Your values are close but not equal, as if rounded before the end of the computation.")
    return Diagnosis.of(("rounded_early",), text)
