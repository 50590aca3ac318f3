"""Numbers that were typed in: they stand in the code (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from grader.assignment.values import Array
from grader.judging.match import Candidate
from grader.judging.source import Code
from grader.models import PrintedTensor

_FEW = 8  # whole numbers that stand in a notebook by accident, each for itself
_BETWEEN = r"[\s,;x×*()\[\]]++"
_LITERAL = 0.75  # share of a print's numbers that stand in the code, for it to count as typed in


def typed_in(candidate: Candidate, code: Code, world: int = 0) -> bool:
    """Do most of the numbers printed in a world stand as literals in the code?"""
    return _stand_in(candidate, code.literals, least=100, world=world)


def may_be_typed_in(candidate: Candidate, code: Code) -> bool:
    """Do they stand there, however few their digits? For a person to look at where nothing else tells.

    A few whole numbers, a shape, stand in every code somewhere: only all of them in their order count.
    """
    first = candidate.readings[0].slot.first
    if len(candidate.readings) == 1 and 1 < len(first.values) <= _FEW:
        whole = [int(v) for v in first.values if abs(v) < 1e15 and v == round(v)]
        if len(whole) == len(first.values):
            return written_in_a_row(whole, code)

    return _stand_in(candidate, code.numbers, least=1, world=0)


def written_in_a_row(numbers: Sequence[int], code: Code) -> bool:
    """Does the code write out these whole numbers one after the other, `[2, 3]`, `2.0 3.0` or `"23"`?"""
    rows = (_BETWEEN.join(rf"{n}(?:\.0*+)?" for n in numbers), "".join(map(str, numbers)))
    row = re.compile(rf"(?<![\w.])(?:{'|'.join(rows)})(?![\w.])")
    return any(map(row.search, code.worked_out))


def _stand_in(candidate: Candidate, written: Sequence[float], *, least: int, world: int) -> bool:
    """least: how many half units of its last digit a printed number must be to count."""
    literals = np.abs(np.asarray(written))
    if not literals.size:
        return False
    literals.sort()
    known = total = 0
    for printed in (r.slot.prints[world] for r in candidate.readings):
        hits, counted = _literal_hits(printed, literals, least) if printed is not None else (0, 0)
        known, total = known + hits, total + counted
    return total > 0 and known >= _LITERAL * total


def _literal_hits(printed: PrintedTensor, literals: Array, least: int) -> tuple[int, int]:
    value = np.abs(np.asarray(printed.values))
    half = np.asarray(printed.half_unit)
    telling = np.isfinite(value) & (value > least * half)
    value, half = value[telling], half[telling] * (1 + 1e-9) + 1e-7 * value[telling]
    low = np.searchsorted(literals, value - half, side="left")
    high = np.searchsorted(literals, value + half, side="right")
    return int((high > low).sum()), int(value.size)
