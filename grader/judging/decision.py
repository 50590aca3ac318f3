"""What was decided about one check, and what decisions rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from grader.judging.book import Book, Target
from grader.judging.books import Books
from grader.judging.diagnose import Explanation
from grader.judging.evidence import Comparison, agreement, compare
from grader.judging.match import Candidate
from grader.judging.reading import Reading
from grader.judging.source import Code
from grader.models import Answer, Diagnosis, Evidence, Flag, Said, VerdictName
from rubric.schema import Mistake, TensorCheck


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one check.

    credit: share of its points; None while a person decides. typed_in: its numbers stand in the code.
    hidden: it fits in the handout's world and differs in another. other_means: it is right, but perhaps not
    computed by what the assignment asks for. follow_through: it is right given an earlier mistake. answer:
    the words that a person reads. guesses: hypotheses that give what was
    printed in place of this, the likeliest first; which one is told is for the other checks to say.
    beside: other values printed for it that do not count, and why; right_is_beside: the right one among them.
    shown: all of its right values stand in the outputs of every world, wherever.
    cause: of our environment's, for which a person decides (`grader.judging.absence`). evidence: where it is
    no candidate's.
    """

    check: str
    verdict: VerdictName
    credit: float | None
    reason: Said
    candidate: Candidate | None = None
    comparison: Comparison | None = None
    diagnosis: Diagnosis | None = None
    flags: tuple[Flag, ...] = ()
    typed_in: bool = False
    hidden: bool = False
    other_means: bool = False
    follow_through: bool = False
    answer: Answer | None = None
    guesses: tuple[tuple[str, ...], ...] = ()
    beside: tuple[Said, ...] = ()
    right_is_beside: bool = False
    shown: bool = False
    cause: str | None = None
    evidence: Evidence | None = None

    def waits(self, reason: Said) -> Decision:
        """The same, for a person to decide."""
        return replace(self, verdict="review", credit=None, reason=reason)

    @property
    def mistakes(self) -> tuple[str, ...]:
        return self.candidate.mistakes if self.candidate is not None else ()

    @property
    def found_nothing(self) -> bool:
        """Is there no print for it, or just one of its name that has another number of numbers?"""
        return self.candidate is None or (self.verdict == "fail" and self.candidate.coverage == 0.0)

    @property
    def tells(self) -> bool:
        """Do its values say more than that something is zero?"""
        return self.candidate is not None and any(
            value != 0 for reading in self.candidate.readings for value in reading.slot.first.values
        )


@dataclass(frozen=True)
class Case:
    """Everything a verdict may rest on, besides the candidates.

    by_hand: right derivatives were printed, and none of them comes from autograd. by_autograd: some right one
    does, or all are got wrong by it.
    """

    books: Books
    mistakes: Mapping[str, Mistake]
    explanation: Explanation
    code: Code
    readings: tuple[Reading, ...]
    by_hand: bool
    by_autograd: bool

    @cached_property
    def states(self) -> Book:
        """What mistakes of state (after an update, drawn again) give in the handout's world."""
        return self.books.states([(id,) for id, mistake in self.mistakes.items() if mistake.state])


def compared(check: TensorCheck, candidate: Candidate, case: Case) -> Comparison | None:
    """The candidate against the reference; None where its size does not allow it."""
    ways = [] if candidate.source == "other means" else [case.books.references]
    ways += [] if candidate.source == "autograd" else [case.books.by_other_means]
    expected = case.books.forms.forms(
        Target(check.quantity, (), values)
        for way in ways
        for values in case.books.forms.right(check.quantity, way)
    )
    tolerance = case.books.rubric.tolerance_of(check.quantity)
    found = [compare(candidate, t.values, tolerance, fixed=t.fixed) for t in expected]
    return max((c for c in found if c is not None), key=agreement, default=None)
