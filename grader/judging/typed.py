"""Numbers that were typed in: they stand in the code (pure)."""

from __future__ import annotations

import numpy as np

from grader.assignment import Array
from grader.judging.match import Candidate
from grader.judging.source import Code
from grader.models import PrintedTensor

_LITERAL = 0.75  # share of a print's numbers that stand in the code, for it to count as typed in


def typed_in(candidate: Candidate, code: Code) -> bool:
    """Do most of the printed numbers stand as literals in the code?"""
    literals = np.abs(np.asarray(code.literals))
    if not literals.size:
        return False
    literals.sort()
    known = total = 0
    for reading in candidate.readings:
        hits, counted = _literal_hits(reading.slot.first, literals)
        known, total = known + hits, total + counted
    return total > 0 and known >= _LITERAL * total


def _literal_hits(printed: PrintedTensor, literals: Array) -> tuple[int, int]:
    value = np.abs(np.asarray(printed.values))
    half = np.asarray(printed.half_unit)
    telling = np.isfinite(value) & (value > 100 * half)
    value, half = value[telling], half[telling] * (1 + 1e-9) + 1e-7 * value[telling]
    low = np.searchsorted(literals, value - half, side="left")
    high = np.searchsorted(literals, value + half, side="right")
    return int((high > low).sum()), int(value.size)
