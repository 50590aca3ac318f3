"""Right values that stand somewhere among others, where no print of their own was found (pure).

A column of an odd table, the last of many losses, rows behind numbers of their lines: which print answers a
check was not understood, but its numbers were printed, in order, and in every world. Only a person can say
whether they are meant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array, margin
from grader.judging.decision import Decision
from grader.judging.pairing import Slot
from grader.models import Said
from rubric.schema import TensorCheck, Tolerance

Indices = npt.NDArray[np.intp]
_DIGITS = 6.0  # significant digits, over all elements and worlds, that are no accident among many numbers
_STRIDES = 50  # every such number is meant: a column of a table, the loss of every tenth epoch
_BETWEEN = 3  # numbers between two rows: of the line, of the unit
_MOST = 20_000  # printed numbers that are searched
_STARTS = 200  # places at which the first number fits, that are tried


class Numbers:
    """All numbers that were printed in every world, in order."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        prints = [
            [p for p in slot.prints if p is not None]
            for slot in slots
            if all(p is not None and len(p.values) == len(slot.first.values) for p in slot.prints)
        ]
        worlds = range(len(prints[0]) if prints else 0)
        self.value = [np.array([v for p in prints for v in p[w].values][:_MOST]) for w in worlds]
        self.half = [np.array([h for p in prints for h in p[w].half_unit][:_MOST]) for w in worlds]
        self.cell = [p[0].cell for p in prints for _ in p[0].values][:_MOST]


def among(
    check: TensorCheck, expected: Sequence[Array], numbers: Numbers, tolerance: Tolerance
) -> Decision | None:
    """`review` where the expected values stand in order among the printed numbers; else None.

    expected: the reference in each world.
    """
    first = expected[0]
    layouts = [expected]
    if first.ndim == 2 and min(first.shape) > 1:
        layouts.append([e.T for e in expected])
    slack = [margin(e, tolerance) for e in expected]
    for laid in layouts if numbers.cell else ():
        place = _place([e.ravel() for e in laid], _steps(laid[0].shape), numbers, slack)
        if place is not None:
            cell = numbers.cell[place] + 1
            text = Said(
                "These values stand among others that were printed in cell {cell}; a person decides.",
                {"cell": cell},
            )
            return Decision(check.id, "review", None, text)
    return None


def _steps(shape: tuple[int, ...]) -> list[Indices]:
    """Where each element may stand, from the first on: every n-th number, or rows with others between."""
    size = int(np.prod(shape))
    steps = [stride * np.arange(size) for stride in range(1, _STRIDES + 1 if size > 1 else 2)]
    if len(shape) > 1 and 1 < shape[-1] < size:
        rows = np.arange(size) // shape[-1]
        steps += [np.arange(size) + between * rows for between in range(1, _BETWEEN + 1)]
    return steps


def _place(
    flat: Sequence[Array], steps: Sequence[Indices], numbers: Numbers, slack: Sequence[float]
) -> int | None:
    """Where the values begin; None where they do not stand there, or by accident."""
    total = len(numbers.cell)
    fits = np.ones(total, dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        for w, values in enumerate(flat):
            fits &= np.abs(numbers.value[w] - values[0]) <= numbers.half[w] + slack[w]
        for start in np.flatnonzero(fits)[:_STARTS]:
            for step in steps:
                at = start + step
                if (
                    at[-1] < total
                    and all(
                        (np.abs(numbers.value[w][at] - values) <= numbers.half[w][at] + slack[w]).all()
                        for w, values in enumerate(flat)
                    )
                    and _tells(at, numbers)
                ):
                    return int(start)
    return None


def _tells(at: Array, numbers: Numbers) -> bool:
    """Have these numbers digits enough? Whole ones without a rounding have one each."""
    digits = 0.0
    for value, half in zip(numbers.value, numbers.half, strict=True):
        shown, unit = np.abs(value[at]), np.maximum(half[at], 1e-17)
        digits += float(np.log10(np.maximum(shown / unit, 1.0))[half[at] > 0].sum())
    return digits >= _DIGITS
