"""Which print a check would find by its name and its shape alone (pure).

Of the reference it knows the number of elements of each quantity and nothing else, so that a right value
and a wrong one are seen alike: whoever is told no more than this can't find the right one by asking again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.book import Book
from grader.labels import Vocabulary
from grader.match import Candidate, match
from grader.models import Cell
from grader.pairing import Slot
from grader.reading import Reading, read
from grader.source import Code
from rubric.schema import Rubric, TensorCheck


def sight(
    slots: Sequence[Slot], cells: Sequence[Cell], rubric: Rubric, sizes: Mapping[str, int]
) -> dict[str, tuple[Slot, ...]]:
    """The print, or the prints that are its pieces, of each numeric check that has one.

    sizes: number of elements of each quantity, checked or not.
    """
    checks = [c for c in rubric.checks() if isinstance(c, TensorCheck)]
    asked = {c.id: c.quantity for c in checks}
    wanted = {c.id: sizes[c.quantity] for c in checks}
    blank = Book((), rubric.tolerance, pieces=False)
    readings = read(slots, blank, Vocabulary(rubric, list(sizes)), Code(cells), cells, wanted, asked)
    found = match(readings, checks, {}, wanted)
    return {check: tuple(r.slot for r in _meant(candidates)) for check, candidates in found.items()}


def _meant(candidates: Sequence[Candidate]) -> Sequence[Reading]:
    """The last one, as the judge takes it where none is right; a whole one before a part."""
    return max(candidates, key=lambda c: (c.coverage, c.last)).readings
