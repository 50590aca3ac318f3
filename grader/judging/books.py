"""What is looked up for every submission of one assignment, made once (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.assignment.loading import Assignment
from grader.assignment.values import Array, moves
from grader.assignment.vocabulary import Vocabulary
from grader.judging.asked import Asked
from grader.judging.book import Book, Target, by_source
from grader.judging.diagnose import NEARLY, variant_targets
from grader.judging.pairing import Slot
from rubric.schema import Tolerance


class Books:
    """What is the same for every submission of an assignment, made once."""

    def __init__(self, assignment: Assignment) -> None:
        rubric = assignment.rubric
        references = assignment.references
        self._assignment = assignment
        self.forms = Asked(rubric)
        self.checks = self.forms.checks
        self.asked = self.forms.quantities
        known = [self.forms.references(way) for way in (references, assignment.by_other_means)]
        self.canonical = Book(
            self.forms.forms(by_source(*known)), rubric.tolerance, pieces=True, elements=True
        )
        self.vocabulary = Vocabulary(rubric, list(references[0]))
        self.words = Vocabulary(rubric, list(references[0]), words=True)
        singles = [(m.id,) for m in assignment.mistakes]
        self.singles = self._book(singles, self.asked, pieces=True)
        self.moving = frozenset(
            c.id
            for c in self.checks
            if moves([r[c.quantity] for r in references], rubric.tolerance_of(c.quantity))
        )
        self.twins = frozenset(q for q in self.asked if _has_a_twin(q, self.asked, references))
        self.suspected = self.combined(singles, self.asked, ())
        free = self.forms.orderless
        self.orderless = [t for b in (self.canonical, self.singles) for t in b.targets if t.quantity in free]

    def combined(
        self, hypotheses: Sequence[tuple[str, ...]], quantities: frozenset[str], prints: Sequence[Slot]
    ) -> Book:
        """Variants to name mistakes by; in the other worlds float32 may have lost more of them.

        prints: those that will be looked up, none where that is not known.
        """
        pieces = all(len(ids) == 1 for ids in hypotheses)
        if not pieces:
            hypotheses = self._fitting(hypotheses, quantities, prints)
        return self._book(hypotheses, quantities, pieces=pieces, elsewhere=NEARLY, sizes=_sizes(prints))

    def states(self, hypotheses: Sequence[tuple[str, ...]]) -> Book:
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
        return Book(nearly, NEARLY, pieces=False)

    def _fitting(
        self, hypotheses: Sequence[tuple[str, ...]], quantities: frozenset[str], prints: Sequence[Slot]
    ) -> list[tuple[str, ...]]:
        """Those that the handout's world does not rule out; the rest need not be solved elsewhere."""
        a = self._assignment
        solved = a.variants(hypotheses, worlds=1)
        targets = [
            Target(q, ids, (found[q],)) for ids, (found,) in solved.items() for q in quantities if q in found
        ]
        book = Book(self.forms.forms(targets), a.rubric.tolerance, pieces=False, sizes=_sizes(prints))
        fitting = {view.target.mistakes for slot in prints for view in book.lookup(slot, [0])}
        return [ids for ids in hypotheses if ids in fitting]

    def _book(
        self,
        hypotheses: Sequence[tuple[str, ...]],
        quantities: frozenset[str],
        *,
        pieces: bool,
        elsewhere: Tolerance | None = None,
        sizes: Collection[int] | None = None,
    ) -> Book:
        a = self._assignment
        ways = [(a.variants(hypotheses), a.references)]
        if a.tells_sources:
            ways.append((a.variants(hypotheses, autograd=False), a.by_other_means))
        targets = [variant_targets(found, r, quantities, self.forms) for found, r in ways]
        signed = self.forms.forms(by_source(targets[0], targets[-1]))
        return Book(signed, a.rubric.tolerance, pieces=pieces, elsewhere=elsewhere, sizes=sizes)


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
