"""Rows that a number at the end of their names counts, and the table that they are (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from grader.extract.entries import in_runs, stacked
from grader.judging.pairing import Slot
from grader.models import PrintedTensor

_COUNTED = re.compile(r"(.*?)(\d{1,4})\W?\Z", re.DOTALL)  # a name and the number at its end


def rows_of_tables(slots: Sequence[Slot]) -> Iterator[list[Slot]]:
    """Prints one by one, but rows together whose names a number counts: `unit 1`, `W1_12`."""
    return in_runs(slots, lambda _, above, slot: _counts_on(above.first, slot.first))


def _counts_on(above: PrintedTensor, row: PrintedTensor) -> bool:
    if len(row.shape) != 1 or row.shape != above.shape or len(row.values) < 2:
        return False
    if (
        (row.cell, row.output, row.form) != (above.cell, above.output, above.form)
        or row.elided
        or above.elided
    ):
        return False
    last, here = _COUNTED.match(above.label), _COUNTED.match(row.label)
    return bool(last and here and last[1] == here[1] and int(last[2]) < int(here[2]))


def below_each_other(rows: Sequence[Slot]) -> Slot:
    """Rows as the table that they are; nothing of a world where one of them has another length."""
    length = len(rows[0].first.values)
    worlds = zip(*(row.prints for row in rows), strict=True)
    alike = ([p for p in prints if p is not None and len(p.values) == length] for prints in worlds)
    return replace(rows[0], prints=tuple(stacked(p) if len(p) == len(rows) else None for p in alike))
