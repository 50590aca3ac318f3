"""Numbers that are right within bounds, an accuracy of at least 0.9: reached, and computed (pure).

Every notebook has its own value, so no reference tells it. What the handout's world shows decides whether the
bound is reached; the other worlds show that the number was computed: it moves with them, and where the
solution itself can't reach the bound (a world whose labels are drawn at random), neither does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from grader.assignment.values import Array
from grader.judging.decision import Case, Decision
from grader.judging.match import Candidate
from grader.judging.offers import says_a_moment
from grader.judging.reading import Reading
from grader.judging.typed import made_without, not_computed
from grader.judging.wording import MISSING, ONLY_HERE, PASSED
from grader.models import PrintedTensor, Said
from rubric.schema import TensorCheck

Side = Literal["within", "outside", "unclear", "absent"]

_UNMOVED = Said("Within the bounds, but the same under every seed: a person looks whether it was computed.")
_SEVERAL = Said("Several values were printed for this, and not all are within the bounds; a person decides.")
_UNIT = Said("It is not clear whether this number is a share or per cent; a person decides.")
_UNNAMED = Said(
    "A number within the bounds was printed, but its name does not say what it is; a person decides."
)
_IMPOSSIBLE = Said(
    "It is also within the bounds where the solution itself can't be; a person looks whether it was computed."
)


def judge_bounds(check: TensorCheck, case: Case) -> Decision:
    """Decide a check that asks for numbers within bounds."""
    references = [r[check.quantity] for r in case.books.references]
    offers = _offers(check, case.readings, references)
    if not offers:
        return _nothing(check, case.readings, references)
    sides = [[_side(check, p, e) for p, e in zip(o.slot.prints, references, strict=True)] for o in offers]
    within = {s[0] for s in sides}
    last, shown = offers[-1], sides[-1]
    decided = Decision(check.id, "review", None, _SEVERAL, _candidate(last))
    if within == {"outside"}:
        return replace(decided, verdict="fail", credit=0.0, reason=_outside(check))
    if within != {"within"}:
        return replace(decided, reason=_UNIT if "unclear" in within else _SEVERAL)
    return _computed(check, last, shown, references, decided, case)


def _computed(
    check: TensorCheck,
    offer: Reading,
    sides: Sequence[Side],
    references: Sequence[Array],
    open_: Decision,
    case: Case,
) -> Decision:
    """Whether a number within the bounds was computed."""
    candidate = _candidate(offer)
    still = not _moves(offer)
    typed = not_computed(check, candidate, case, still=still)
    if typed is not None:
        return replace(typed, candidate=candidate)
    if "absent" in sides:
        return replace(open_, reason=ONLY_HERE)
    if still or len(sides) == 1:
        return replace(open_, reason=_UNMOVED)
    expected = [_side(check, _exactly(e), e) for e in references]
    if any(e == "outside" and s != "outside" for e, s in zip(expected[1:], sides[1:], strict=True)):
        return replace(open_, reason=_IMPOSSIBLE)
    without = made_without(check, [candidate.cell], case.code)
    if without is not None:
        return replace(open_, reason=without)
    return replace(open_, verdict="pass", credit=1.0, reason=PASSED)


def _offers(check: TensorCheck, readings: Sequence[Reading], references: Sequence[Array]) -> list[Reading]:
    """The prints that are called so and have its size; of another moment or aside only where all are."""
    found = [r for r in readings if r.meant == check.id and r.size == references[0].size]
    for beside in (lambda r: r.aside, lambda r: says_a_moment(r.slot.first.label)):
        found = [r for r in found if not beside(r)] or found
    moving = [r for r in found if _moves(r)]
    return moving or found


def _nothing(check: TensorCheck, readings: Sequence[Reading], references: Sequence[Array]) -> Decision:
    """`missing`, unless a moving number within the bounds stands there without a name."""
    for reading in readings:
        nameless = reading.meant is None and not reading.meaning.names_background and not reading.exact
        if nameless and reading.size == references[0].size and _moves(reading):
            first = _side(check, reading.slot.first, references[0])
            if first in ("within", "unclear") and any(reading.slot.first.half_unit):
                return Decision(check.id, "review", None, _UNNAMED, _candidate(reading))
    return Decision(check.id, "missing", 0.0, MISSING)


def _moves(reading: Reading) -> bool:
    """Does it differ between the worlds? What is printed to the same digit and is not the same, does."""
    first, *others = reading.slot.prints
    if first is not None and any(p and p.half_unit == first.half_unit for p in others):
        return any(p is not None and p.values != first.values for p in others)
    return reading.movement == "moves"


def _candidate(reading: Reading) -> Candidate:
    return Candidate("named", (reading,), "as printed", 1.0, (), ("label",))


def _outside(check: TensorCheck) -> Said:
    low, high = check.at_least, check.at_most
    if low is not None and high is not None:
        return Said("It lies outside of what is asked: {low} to {high}.", {"low": low, "high": high})
    if low is not None:
        return Said("It is smaller than what is asked: at least {low}.", {"low": low})
    return Said("It is larger than what is asked: at most {high}.", {"high": high or 0.0})


def _side(check: TensorCheck, printed: PrintedTensor | None, expected: Array) -> Side:
    """Does a print lie within the bounds, as far as its digits tell, in the solution's unit?"""
    if printed is None or len(printed.values) != expected.size:
        return "absent"
    value, half = np.asarray(printed.values), np.asarray(printed.half_unit)
    if not np.isfinite(value).all():
        return "outside"
    if _is_share(expected):
        if not _is_share(value):  # per cent, a count, a sum
            return "unclear"
    elif (expected > 1).any() and (expected <= 100).all() and _is_share(value):  # in per cent
        return "unclear"
    low = -np.inf if check.at_least is None else check.at_least
    high = np.inf if check.at_most is None else check.at_most
    return "within" if ((value + half >= low) & (value - half <= high)).all() else "outside"


def _is_share(values: Array) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())


def _exactly(expected: Array) -> PrintedTensor:
    """The solution's own value as if it were printed with every digit."""
    return PrintedTensor(tuple(expected.ravel().tolist()), (0.0,) * expected.size, expected.shape)
