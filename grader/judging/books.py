"""What is looked up for every submission of one assignment, made once (pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from grader.assignment.loading import Assignment
from grader.assignment.values import Array, moves
from grader.assignment.vocabulary import Vocabulary
from grader.judging.asked import Asked
from grader.judging.book import NEARLY, Book, Filed, Ids, Target, by_source, file
from grader.judging.pairing import Slot
from rubric.schema import Tolerance

_KEPT = 4_000  # hypotheses that stay filed; students' numbers suggest ever new ones
_Key = TypeVar("_Key")


class Books:
    """What is the same for every submission of an assignment, made once.

    quantity_of, size_of: check → what it asks for, and how many numbers that has. moving: checks whose
    reference differs between the worlds. twins: quantities that something which no check
    asks for equals in every world. right: quantity → its right values, each in every world. singles: variants
    under one listed mistake. suspected: the same, to name mistakes by.
    """

    def __init__(self, assignment: Assignment) -> None:
        self.rubric = rubric = assignment.rubric
        self.references = references = assignment.references
        self.by_other_means = assignment.by_other_means
        self._assignment = assignment
        self._in_first: dict[Ids, list[Filed]] = {}
        self._in_all: dict[tuple[Ids, bool], list[Filed]] = {}
        self.quantity_of = {c.id: c.quantity for c in rubric.tensor_checks()}
        self.size_of = {id: references[0][quantity].size for id, quantity in self.quantity_of.items()}
        self.forms = Asked(rubric)
        self.checks = self.forms.checks
        self.asked = self.forms.quantities
        ways = (references, self.by_other_means)
        known = [self.forms.references(way) for way in ways]
        self.right = {q: [v for way in ways for v in self.forms.right(q, way)] for q in self.asked}
        self._bounds = [self.forms.bounds(way) for way in ways]
        self.canonical = Book(
            file(self.forms.forms(by_source(*known)), pieces=True, elements=True), rubric.tolerance
        )
        self.vocabulary = Vocabulary(rubric, list(references[0]))
        self.words = Vocabulary(rubric, list(references[0]), words=True)
        singles = [(m.id,) for m in assignment.mistakes]
        self.singles = self._book(singles, self.asked, pieces=True)
        self.moving = frozenset(
            id
            for id, quantity in self.quantity_of.items()
            if moves([r[quantity] for r in references], rubric.tolerance_of(quantity))
        )
        self.twins = frozenset(q for q in self.asked if _has_a_twin(q, self.asked, references))
        self.suspected = self.combined(singles, self.asked, ())
        self.free = self.forms.free(t for b in (self.canonical, self.singles) for t in b.targets)

    def combined(self, hypotheses: Sequence[Ids], quantities: frozenset[str], prints: Sequence[Slot]) -> Book:
        """Variants to name mistakes by; in the other worlds float32 may have lost more of them.

        prints: those that will be looked up, none where that is not known.
        """
        pieces = all(len(ids) == 1 for ids in hypotheses)
        if not pieces:
            hypotheses = self._fitting(hypotheses, quantities, prints)
        return self._book(hypotheses, quantities, pieces=pieces, elsewhere=NEARLY, sizes=_sizes(prints))

    def states(self, hypotheses: Sequence[Ids]) -> Book:
        """Variants of the first world alone, where long trainings in float32 can nearly be followed."""
        solved = self._assignment.variants(hypotheses, worlds=1)
        targets = [
            Target(q, ids, found)
            for ids, (one,) in solved.items()
            for q in self.asked
            if q in one
            for found in ((one[q],),)
        ]
        nearly = [replace(t, tolerance=None) for t in self.forms.forms(targets)]
        return Book(file(nearly, pieces=False), NEARLY)

    def _fitting(
        self, hypotheses: Sequence[Ids], quantities: frozenset[str], prints: Sequence[Slot]
    ) -> list[Ids]:
        """Those that the handout's world does not rule out; the rest need not be solved elsewhere."""
        filed = _about(quantities, _each(self._in_first, hypotheses, self._file_first))
        book = Book(filed, self.rubric.tolerance, sizes=_sizes(prints))
        fitting = {view.target.mistakes for slot in prints for view in book.lookup(slot, [0])}
        return [ids for ids in hypotheses if ids in fitting]

    def _book(
        self,
        hypotheses: Sequence[Ids],
        quantities: frozenset[str],
        *,
        pieces: bool,
        elsewhere: Tolerance | None = None,
        sizes: Collection[int] | None = None,
    ) -> Book:
        filed = _each(self._in_all, [(ids, pieces) for ids in hypotheses], self._file_all)
        return Book(_about(quantities, filed), self.rubric.tolerance, elsewhere=elsewhere, sizes=sizes)

    def _file_first(self, ids: Ids) -> list[Filed]:
        """What is asked under one hypothesis, in the handout's world."""
        solved = self._assignment.variants([ids], worlds=1).values()
        targets = [Target(q, ids, (found[q],)) for (found,) in solved for q in self.asked if q in found]
        return file(self.forms.forms(targets), pieces=False)

    def _file_all(self, key: tuple[Ids, bool]) -> list[Filed]:
        """What one hypothesis changes of what is asked, in every world and by every way to compute it."""
        (ids, pieces), a = key, self._assignment
        ways = [a.variants([ids])]
        if a.tells_sources:
            ways.append(a.variants([ids], autograd=False))
        targets = [
            [
                Target(q, ids, values)
                for q in self.asked
                if all(q in world for world in way[ids])
                and self.forms.differs(q, values := tuple(world[q] for world in way[ids]), bounds)
            ]
            for way, bounds in zip(ways, self._bounds, strict=False)
        ]
        return file(self.forms.forms(by_source(targets[0], targets[-1])), pieces=pieces)


def _each(
    kept: dict[_Key, list[Filed]], keys: Iterable[_Key], make: Callable[[_Key], list[Filed]]
) -> Iterator[Filed]:
    """What is filed under each key, made once and kept within bounds."""
    if len(kept) > _KEPT:
        kept.clear()
    for key in keys:
        if key not in kept:
            kept[key] = make(key)
        yield from kept[key]


def _about(quantities: frozenset[str], filed: Iterable[Filed]) -> Iterator[Filed]:
    return (one for one in filed if one.target.quantity in quantities)


def _sizes(prints: Sequence[Slot]) -> frozenset[int] | None:
    """How many numbers they show; None where there is none, or one shows only some of what it has."""
    elided = any(p is not None and p.elided for slot in prints for p in slot.prints)
    return None if elided or not prints else frozenset(len(slot.first.values) for slot in prints)


def _has_a_twin(quantity: str, asked: Collection[str], references: Sequence[Mapping[str, Array]]) -> bool:
    """Is something that no check asks for the same numbers in every world? Only a name tells them apart."""
    return any(
        all(
            r[name].size == r[quantity].size
            and np.allclose(r[name].ravel(), r[quantity].ravel(), rtol=1e-9, atol=0.0)
            for r in references
        )
        for name in references[0].keys() - asked
    )


_made: dict[str, Books] = {}


def books_of(assignment: Assignment) -> Books:
    """The books of an assignment, made once in a process."""
    if assignment.sha256 not in _made:
        _made[assignment.sha256] = Books(assignment)
    return _made[assignment.sha256]
