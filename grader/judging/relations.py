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

Pairs = Sequence[tuple[PrintedTensor, Array]]
"""For each world a print and expected values of its size, flattened in the layout that agrees best."""

_LITTLE = 1e-2  # of the largest value: what is added and less is an error of rounding


def generic(prints: Pairs, tolerance: Tolerance) -> Diagnosis | None:
    """A relation between printed and expected values that no list of mistakes names."""
    if not prints or prints[0][1].size < 2:
        return None
    for name, relation in _RELATIONS.items():
        found = relation(prints, tolerance)
        if found is not None:
            return Diagnosis.of((name,), found)
    return None


def times(factor: float) -> Said:
    """All values are the right ones times this factor."""
    return Said("Your values are {factor:.6g} times the expected ones.", {"factor": factor})


def _not_finite(prints: Pairs, tolerance: Tolerance) -> Said | None:
    del tolerance
    if np.isfinite(prints[0][0].values).all():
        return None
    return Said(
        "Some of your values are not finite (nan, inf): look for a division by zero, a root or a logarithm "
        "of a negative number."
    )


def _factor(prints: Pairs, tolerance: Tolerance) -> Said | None:
    factor = _factor_of(*prints[-1])
    if factor is None or abs(factor - 1) < 1e-6:
        return None
    if not show([(printed, factor * expected) for printed, expected in prints], tolerance):
        return None
    if factor == -1:
        return Said("Your values have the right magnitude and the opposite sign.")
    return times(factor)


def _changing_factor(prints: Pairs, tolerance: Tolerance) -> Said | None:
    factors = [f for one in prints if (f := _factor_of(*one)) is not None]
    if len(prints) < 2 or len(factors) < len(prints):
        return None
    # a factor is as coarse as the element that it is read from
    coarse = [replace(p, half_unit=tuple(2 * half for half in p.half_unit)) for p, _ in prints]
    scaled = [factor * expected for factor, (_, expected) in zip(factors, prints, strict=True)]
    if not show(list(zip(coarse, scaled, strict=True)), tolerance):
        return None
    return Said(
        "Your values are the expected ones times a factor that changes with the random numbers, here "
        "{factor:.4g}, as clipping or normalising does.",
        {"factor": factors[0]},
    )


def _added(prints: Pairs, tolerance: Tolerance) -> Said | None:
    printed, expected = prints[-1]
    added = float(np.median(np.asarray(printed.values) - expected))
    if len(prints) < 2 or not abs(added) > _LITTLE * float(np.abs(expected).max()):
        return None
    if not show([(p, e + added) for p, e in prints], tolerance):
        return None
    return Said(
        "Your values are the expected ones plus {added:.4g}, as a wrong bias gives.", {"added": added}
    )


def _factor_of(printed: PrintedTensor, expected: Array) -> float | None:
    """What the largest expected element is multiplied by; a simple fraction where it is near one."""
    value = np.asarray(printed.values)
    biggest = int(np.argmax(np.abs(expected)))
    if expected[biggest] == 0 or not np.isfinite(value).all() or value[biggest] == 0:
        return None
    factor = float(value[biggest] / expected[biggest])
    simple = Fraction(factor).limit_denominator(60)
    return float(simple) if simple and abs(float(simple) / factor - 1) < 1e-4 else factor


def show(prints: Pairs, tolerance: Tolerance) -> bool:
    """Do prints fit the values beside them, and show more of them than that they are small?"""
    return all(
        fits(printed, values, margin(values, tolerance)).all()
        and not (np.abs(values) <= np.asarray(printed.half_unit)).all()
        for printed, values in prints
    )


def _permutation(prints: Pairs, tolerance: Tolerance) -> Said | None:
    for printed, expected in prints:
        slack = margin(expected, tolerance) + max(printed.half_unit)
        apart = np.abs(np.sort(printed.values) - np.sort(expected))
        if np.ptp(expected) <= 20 * slack or not (apart <= slack).all():
            return None
    return Said("These are the right numbers in another order.")


def _unsigned(prints: Pairs, tolerance: Tolerance) -> Said | None:
    if any((expected >= 0).all() for _, expected in prints):
        return None
    if not show([(printed, np.abs(expected)) for printed, expected in prints], tolerance):
        return None
    return Said("Your values are the right ones without their signs.")


def _one_wrong(prints: Pairs, tolerance: Tolerance) -> Said | None:
    fitting = [fits(printed, expected, margin(expected, tolerance)) for printed, expected in prints]
    wrong = np.flatnonzero(~np.all(fitting, axis=0))
    size = prints[0][1].size
    if wrong.size != 1 or size < 3:
        return None
    return Said(
        "One element differs: number {number} of {size}, counted row by row.",
        {"number": int(wrong[0]) + 1, "size": size},
    )


def _rounded(prints: Pairs, tolerance: Tolerance) -> Said | None:
    del tolerance
    printed, expected = prints[-1]
    error = np.abs(np.asarray(printed.values) - expected).max()
    if not error <= _LITTLE * np.abs(expected).max() or not expected.any():
        return None
    return Said("Your values are close but not equal, as if rounded before the end of the computation.")


_RELATIONS = {
    "not_finite": _not_finite,
    "constant_factor": _factor,
    "changing_factor": _changing_factor,
    "constant_added": _added,
    "one_element": _one_wrong,
    "permutation": _permutation,
    "without_signs": _unsigned,
    "rounded_early": _rounded,
}
GENERIC = frozenset(_RELATIONS)
"""Ids of the diagnoses made here."""
