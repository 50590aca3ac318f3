"""What a candidate shows, laid out like the reference: values, agreement, strength, quotation (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array, magnitude, margin
from grader.extract.entries import stacked
from grader.judging.book import Book, fits, laid_out
from grader.judging.match import Candidate
from grader.models import Evidence, Output, PrintedTensor
from rubric.schema import Tolerance

Bools = npt.NDArray[np.bool_]
_QUOTE = 1200  # characters of a print that are quoted
_PRECISE = 1e-5  # digits finer than this, relative to the tensor, show in how many bits it was computed
_NEAR = 0.1  # error of an honest computation in 16 bits, relative to the tensor
TELLING = 1.5  # significant digits that a print needs for its last one to be argued about
COARSE = 2.5  # fewer significant digits leave room for errors that are not known
LEAST_DIGITS = 0.5  # significant digits that a print must show of the tensor's magnitude


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate against the reference, element by element, in the reference's layout.

    actual: values as printed in the handout's world. agrees: the interval fits in every world the
    print appeared in. prints: per world, the flattened print beside the flattened expectation.
    """

    actual: Array
    agrees: Bools
    prints: tuple[tuple[PrintedTensor, Array], ...]

    @property
    def share(self) -> float:
        """Share of the elements that agree."""
        return float(self.agrees.mean()) if self.agrees.size else 0.0


def compare(
    candidate: Candidate, expected: Sequence[Array], tolerance: Tolerance, *, fixed: bool = False
) -> Comparison | None:
    """Lay a candidate out like the reference; None where its size does not allow it.

    expected: the reference in each world, shape S. Where the layout is not known from the values,
    the one that agrees best is taken, unless it is fixed.
    """
    size = expected[0].size
    seen = [w for w in range(len(expected)) if all(r.slot.prints[w] is not None for r in candidate.readings)]
    whole = [(expected[w], joined(candidate, w)) for w in seen]
    if any(len(printed.values) != size for _, printed in whole):
        whole = whole[:1]
    if not whole or len(whole[0][1].values) != size:
        return None
    shape = candidate.readings[0].slot.first.shape if len(candidate.readings) == 1 else None
    layouts = ("as expected",) if fixed else _layouts(candidate.layout, expected[0].shape, shape)
    return max((_beside(whole, layout, tolerance) for layout in layouts), key=agreement)


def _beside(whole: Sequence[tuple[Array, PrintedTensor]], layout: str, tolerance: Tolerance) -> Comparison:
    """Prints beside what is expected in their worlds, read in one layout."""
    prints = tuple((printed, laid_out(values, layout).ravel()) for values, printed in whole)
    agrees = np.all([fits(printed, flat, margin(flat, tolerance)) for printed, flat in prints], axis=0)
    actual, shape = np.asarray(prints[0][0].values), whole[0][0].shape
    return Comparison(_unflat(actual, layout, shape), np.asarray(_unflat(agrees, layout, shape)), prints)


def agreement(comparison: Comparison) -> tuple[float, float]:
    """How well a print and an expectation agree, to be compared."""
    return comparison.share, -apart(comparison)


def apart(comparison: Comparison) -> float:
    """Distance of print and expectation in the most precise world, relative to the expectation."""
    printed, expected = comparison.prints[-1]
    with np.errstate(invalid="ignore"):
        distance = float(np.linalg.norm(np.asarray(printed.values) - expected))
    return distance / (float(np.linalg.norm(expected)) or 1.0) if np.isfinite(distance) else np.inf


def _layouts(layout: str, shape: tuple[int, ...], printed: tuple[int, ...] | None) -> tuple[str, ...]:
    """What has the reference's shape is read as it stands; else where it is not known, in both ways."""
    if layout.startswith("axes "):
        return (layout,)
    if layout in ("transposed", "split by column"):
        return ("transposed",)
    if layout in ("as expected", "split by row", "split by element"):
        return ("as expected",)
    return ("as expected", "transposed") if len(shape) == 2 and printed != shape else ("as expected",)


def _unflat(flat: npt.NDArray[Any], layout: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    index = laid_out(np.arange(flat.size).reshape(shape), layout).ravel()
    return flat[np.argsort(index)].reshape(shape)


def joined(candidate: Candidate, world: int) -> PrintedTensor:
    """Its prints in a world, as one."""
    return stacked([p for r in candidate.readings if (p := r.slot.prints[world]) is not None])


def excluded(candidate: Candidate, quantity: str, variants: Book, *, first_alone: bool = False) -> float:
    """Share of the known mistakes about a quantity that this print rules out, 0 to 1.

    1.0 where no mistake is known. first_alone: by what it shows in the handout's world.
    """
    known = variants.mistakes_about.get(quantity)
    if not known:
        return 1.0
    compatible = set(known)
    for reading in candidate.readings:
        views = variants.lookup(reading.slot, range(1 if first_alone else len(reading.slot.prints)))
        compatible &= {v.target.mistakes for v in views if v.target.quantity == quantity}
    return 1.0 - len(compatible) / len(known)


def in_half_precision(comparison: Comparison) -> bool:
    """Are the most precisely printed values numbers that 16 bits can hold, and near the expected ones?"""
    printed, expected = comparison.prints[-1]
    value, half = np.asarray(printed.values), np.asarray(printed.half_unit)
    scale = float(np.abs(expected).max(initial=0.0))
    if not np.isfinite(value).all() or (half > _PRECISE * scale).any():
        return False
    if (value == np.round(value)).all():  # any float holds them
        return False
    if float(np.abs(value - expected).max(initial=0.0)) > _NEAR * scale:
        return False
    as_half = value.astype(np.float16).astype(np.float64)
    bits = value.astype(np.float32).view(np.uint32)
    as_brain = ((bits + 0x8000) & 0xFFFF0000).astype(np.uint32).view(np.float32).astype(np.float64)
    return any((np.abs(value - held) <= half + 1e-12).all() for held in (as_half, as_brain))


def near(comparison: Comparison, little: float) -> bool:
    """Does no value, in any world, differ from the expected one by more than so much of the largest?"""
    prints = comparison.prints
    return len(prints) > 1 and all(fits(p, e, little * magnitude(e)).all() for p, e in prints)


def last_digit_off(comparison: Comparison, tolerance: Tolerance) -> bool:
    """Does every value lie within one unit of its last printed digit, as it does when digits are cut off?"""
    if digits(comparison, tolerance) < TELLING:
        return False
    return all(
        bool((np.abs(np.asarray(p.values) - e) <= 2 * np.asarray(p.half_unit) + margin(e, tolerance)).all())
        for p, e in comparison.prints
    )


def digits(comparison: Comparison, tolerance: Tolerance) -> float:
    """Significant digits of the print, relative to the tensor's magnitude, in its most precise world."""
    best = 0.0
    for printed, expected in comparison.prints:
        scale = float(np.abs(expected).max(initial=0.0))
        if scale:
            reach = np.asarray(printed.half_unit) + margin(expected, tolerance)
            best = max(best, float(np.median(np.log10(scale / reach))))
    return round(max(best, 0.0), 1)


def describe(
    candidate: Candidate,
    comparison: Comparison | None,
    outputs: Mapping[tuple[int, int], Output],
    worlds: Sequence[str],
    tolerance: Tolerance,
) -> Evidence:
    """The record of a candidate for the report."""
    printed = candidate.readings[0].slot.first
    last = candidate.readings[-1].slot.first
    output = outputs.get((printed.cell, printed.output))
    end = last.span[1] if last.output == printed.output and last.cell == printed.cell else printed.span[1]
    quote = output.text[printed.span[0] : end] if output is not None else ""
    if len(quote) > _QUOTE:
        quote = quote[:_QUOTE] + " …"
    seen = [
        name for w, name in enumerate(worlds) if all(r.slot.prints[w] is not None for r in candidate.readings)
    ]
    return Evidence(
        cell=printed.cell,
        output=printed.output,
        span=(printed.span[0], end),
        label=(printed.label or (printed.above if printed.above_distance == 1 else ""))[:200],
        text=quote,
        shape=printed.shape,
        layout=candidate.layout,
        reasons=(*candidate.reasons, *([candidate.source] if candidate.source != "unknown" else [])),
        digits=0.0 if comparison is None else digits(comparison, tolerance),
        worlds=tuple(seen),
        actual=None if comparison is None else _plain(comparison.actual),
        agrees=None if comparison is None else comparison.agrees.tolist(),
    )


def _plain(values: Array) -> object:
    """Nested lists; what JSON cannot write is text."""

    def one(x: object) -> object:
        if isinstance(x, list):
            return [one(y) for y in x]
        return x if np.isfinite(x) else str(x)  # type: ignore[call-overload]

    return one(values.tolist())
