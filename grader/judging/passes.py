"""Derivatives that several backward passes gave, one behind the other: as one pass gives them (pure).

Layer by layer, each pass starts from the slope that the one above left. In a world that multiplies what
autograd hands back, each of them multiplies it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from grader.assignment.loading import Assignment
from grader.assignment.values import Array, magnitude, margin
from grader.judging.book import fits
from grader.judging.pairing import Slot
from grader.models import PrintedTensor
from rubric.schema import Tolerance

_MOST = 12  # passes one behind the other
_DIGITS = 1e-3  # of the largest value: a print has to show so much to tell how many passes there were


def as_of_one_pass(slots: Sequence[Slot], assignment: Assignment) -> tuple[Slot, ...]:
    """The same prints; right derivatives of several passes divided by what the further ones multiplied."""
    if not assignment.tells_sources:
        return tuple(slots)
    rubric, known = assignment.rubric, defaultdict[int, list[tuple[Array, ...]]](list)
    for check in rubric.tensor_checks():
        if check.by_autograd:
            right = [r[check.quantity] for r in assignment.references]
            known[right[0].size] += [tuple(r.ravel() for r in right), tuple(r.T.ravel() for r in right)]
    factors = [world.autograd_factor for world in rubric.worlds]
    return tuple(_once(s, known[len(s.first.values)], factors, rubric.tolerance) for s in slots)


def _once(
    slot: Slot, known: Sequence[Sequence[Array]], factors: Sequence[float], tolerance: Tolerance
) -> Slot:
    prints = [p for p in slot.prints if p is not None and not p.elided]
    if len(prints) < len(factors):
        return slot
    for right in known:
        for further in range(1, _MOST) if _shows(prints[0], right[0], tolerance) else ():
            scales = [factor**further for factor in factors]
            scaled = [v * scale for v, scale in zip(right, scales, strict=True)]
            worlds = zip(prints, scaled, scales, strict=True)
            if all(_shows(p, v, tolerance) and (s == 1 or _tells(p, v)) for p, v, s in worlds):
                return replace(slot, prints=tuple(map(_divided, prints, scales)))
    return slot


def _shows(printed: PrintedTensor, values: Array, tolerance: Tolerance) -> bool:
    return bool(fits(printed, values, margin(values, tolerance)).all())


def _tells(printed: PrintedTensor, values: Array) -> bool:
    return max(printed.half_unit) <= _DIGITS * magnitude(values)


def _divided(printed: PrintedTensor, by: float) -> PrintedTensor:
    return replace(
        printed,
        values=tuple(v / by for v in printed.values),
        half_unit=tuple(h / by for h in printed.half_unit),
    )
