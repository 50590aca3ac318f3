"""What is offered for a check, and what takes an offer away (pure).

Every print that may answer a check is an offer. Those that count must agree. An offer stops counting only by
evidence about itself: what it shows, by what it was computed, what it is called. Where it stands, how many
others there are and what a comment says is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from grader.judging.decision import Case, compared
from grader.judging.evidence import in_half_precision, near
from grader.judging.match import Candidate
from grader.models import Said
from rubric.schema import TensorCheck

_LITTLE = 1e-2  # of a tensor's magnitude: what is so near is no other answer
_LETTER = re.compile(r"[^\W\d_]")
_MOMENT = re.compile(
    r"(?:epoch|epoche|step|schritt|iter|iteration|update|round|runde|durchlauf|época|étape)s?\W{0,3}\d"
    r"|\[\s{0,9}\d{1,9}\s?/\s?\d{1,9}\s?\]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Offers:
    """The offers for one check.

    counting: those that must agree. aside: the others, each with the reason why it does not count.
    """

    counting: tuple[Candidate, ...]
    aside: tuple[tuple[Candidate, Said], ...]

    @property
    def right(self) -> tuple[Candidate, ...]:
        return tuple(c for c in self.counting if is_right(c))

    @property
    def wrong(self) -> tuple[Candidate, ...]:
        """Other values, shown whole."""
        return tuple(c for c in self.counting if c.kind in ("mistaken", "named") and c.coverage == 1.0)

    def told_aside(self) -> tuple[Said, ...]:
        """One line for each offer that does not count."""
        return tuple(
            Said(
                "cell {cell}, {label!r}: {why}",
                {"cell": c.cell + 1, "label": c.readings[0].slot.first.label[:60], "why": why},
            )
            for c, why in self.aside
        )


class _Rule(NamedTuple):
    why: Said
    takes: Callable[[Candidate, TensorCheck, Case], bool]


def weigh(check: TensorCheck, candidates: Sequence[Candidate], case: Case) -> Offers:
    """Take away what does not count, by one rule after the other; never the last ones.

    Last, where a right one has the name: what only its value speaks for.
    """
    counting, aside = list(candidates), []
    for rule in _RULES:
        taken = [c for c in counting if rule.takes(c, check, case)]
        if taken and len(taken) < len(counting):
            aside += [(c, rule.why) for c in taken]
            counting = [c for c in counting if c not in taken]
    right = [c for c in counting if is_right(c) and c.named(check.id)]
    if right and not case.by_hand:
        taken = [c for c in counting if not (is_right(c) or _shares_a_name(c, check.id, right))]
        aside += [(c, Said("not called so")) for c in taken]
        counting = [c for c in counting if c not in taken]
    return Offers(tuple(counting), tuple(aside))


def is_right(candidate: Candidate) -> bool:
    """Does it show the whole value, right in every world in which it appeared?"""
    return candidate.kind == "right" and candidate.coverage == 1.0


def _shares_a_name(candidate: Candidate, check: str, right: Sequence[Candidate]) -> bool:
    """Is it called so, or part of the same print as a right one, or right behind one without other words?

    Words of its own that name nothing tell it from a right one that is called so.
    """
    other_words = _otherwise(candidate) and any(c.called(check) for c in right)
    if candidate.named(check) and not other_words:
        return True
    own = {(p.cell, p.output, p.span) for p in (r.slot.first for r in candidate.readings)}
    first = candidate.readings[0].slot.first
    for other in right:
        prints = [r.slot.first for r in other.readings]
        last = prints[-1]
        behind = candidate.first == other.last + 1 and first.label in ("", last.after)
        if behind and (last.cell, last.output) == (first.cell, first.output):
            return True
        if not other_words and any((p.cell, p.output, p.span) in own for p in prints):
            return True
    return False


def _otherwise(candidate: Candidate) -> bool:
    """Has it words of its own that name nothing, so that only where it stands says what it is?"""
    return all(_LETTER.search(r.slot.first.label) and not r.called for r in candidate.readings)


def _is_nothing(candidate: Candidate, check: TensorCheck, case: Case) -> bool:
    """Not yet computed, or zeroed again."""
    if is_right(candidate) or not any(r[check.quantity].any() for r in case.books.references):
        return False
    return not any(v for r in candidate.readings for p in r.slot.prints if p is not None for v in p.values)


def _nearly_right(candidate: Candidate, check: TensorCheck, case: Case) -> bool:
    """The same value, computed in half precision, or of inputs that differ a little: no other answer."""
    if is_right(candidate) or candidate.coverage < 1.0:
        return False
    comparison = compared(check, candidate, case)
    return comparison is not None and (in_half_precision(comparison) or near(comparison, _LITTLE))


def _of_another_state(candidate: Candidate, check: TensorCheck, case: Case) -> bool:
    """Not where the right values are those of the previous homework: then it may be the answer, got wrong.

    A long training runs apart in the other worlds; there the handout's tells.
    """
    if case.by_hand:
        return False
    if candidate.kind == "mistaken":
        return any(case.mistakes[i].state for i in candidate.mistakes)
    if candidate.kind != "named" or len(candidate.readings) != 1 or candidate.coverage < 1.0:
        return False
    views = case.states.lookup(candidate.readings[0].slot, [0])
    return any(v.whole and v.target.quantity == check.quantity for v in views)


def says_a_moment(label: str) -> bool:
    """Does a label say that its value is of one step of several?"""
    return _MOMENT.search(label) is not None


_RULES = (
    _Rule(Said("nothing but zeros"), _is_nothing),
    _Rule(  # typed in, counted, or made from other random numbers than those given
        Said("the same under every seed"),
        lambda c, check, case: (
            check.id in case.books.moving and all(r.movement == "constant" for r in c.readings)
        ),
    ),
    _Rule(
        Said("not computed by autograd"), lambda c, check, _: check.by_autograd and c.source == "other means"
    ),
    _Rule(Said("nearly the same value, as in half precision"), _nearly_right),
    _Rule(
        Said("its words say that it stands beside the answer"),
        lambda c, _, case: case.books.rubric.asides is not None and all(r.aside for r in c.readings),
    ),
    _Rule(
        Said("its words say that it is of another moment"),
        lambda c, *_: all(says_a_moment(r.slot.first.label) for r in c.readings),
    ),
    _Rule(Said("of another state: after an update, or drawn again"), _of_another_state),
)
