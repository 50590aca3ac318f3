"""Which print a check would find by its name and its shape alone (pure).

Of the reference it knows the number of elements of each quantity and nothing else, so that a right value
and a wrong one are seen alike: whoever is told no more than this can't find the right one by asking again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.assignment.vocabulary import Vocabulary
from grader.judging.book import Book
from grader.judging.evidence import joined
from grader.judging.match import Candidate, match
from grader.judging.pairing import Slot, alike
from grader.judging.reading import read
from grader.judging.source import Code
from grader.models import Cell
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class Sighting:
    """The print, or the prints that are its pieces.

    by_shape: no name speaks for it. rivals: others of other values could be meant as well.
    """

    slots: tuple[Slot, ...]
    by_shape: bool
    rivals: bool

    @property
    def sure(self) -> bool:
        """It alone has the name: to judge it tells nothing of any other print."""
        return not self.by_shape and not self.rivals


def sight(
    slots: Sequence[Slot], cells: Sequence[Cell], code: Code, rubric: Rubric, sizes: Mapping[str, int]
) -> dict[str, Sighting]:
    """What each numeric check finds; nothing for a check that finds nothing.

    sizes: number of elements of each quantity, checked or not.
    """
    checks = rubric.tensor_checks()
    asked = {c.id: c.quantity for c in checks}
    wanted = {c.id: sizes[c.quantity] for c in checks}
    blank = Book((), rubric.tolerance)
    readings = read(slots, blank, Vocabulary(rubric, list(sizes)), code, cells, wanted, asked)
    matched = match(readings, checks, {}, wanted)
    found = {check: _meant(candidates) for check, candidates in matched.items()}
    taken = {r.order for candidates in matched.values() for c in candidates for r in c.readings}
    # what stands near a print may speak of something else, and of something of another size
    rest = [
        r for r in readings if r.order not in taken and r.size > 1 and wanted.get(r.meant or "") != r.size
    ]
    for check, size in wanted.items():
        fitting = next((r for r in rest if r.size == size), None)
        if check not in found and fitting is not None:
            found[check] = Sighting((fitting.slot,), by_shape=True, rivals=False)
            rest.remove(fitting)
    return found


def _meant(candidates: Sequence[Candidate]) -> Sighting:
    """The last one, as the judge takes it where none is right; a whole one before a part."""
    best = max(candidates, key=lambda c: (c.coverage, c.last))
    shown = joined(best, 0)
    rivals = any(not alike(shown, joined(c, 0), units=1 + 1e-9) for c in candidates)
    return Sighting(tuple(r.slot for r in best.readings), best.kind == "placed", rivals)
