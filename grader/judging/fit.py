"""A print that fits the reference in every world: is it enough, and is it the one that is meant? (pure)"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from grader.assignment.values import Array
from grader.judging.decision import Case, Decision, compared
from grader.judging.evidence import LEAST_DIGITS, Comparison, digits, excluded
from grader.judging.match import Candidate
from grader.judging.offers import Offers, is_right
from grader.judging.reading import named_like
from grader.judging.sources import no_autograd_behind
from grader.judging.typed import made_without, not_computed
from grader.judging.wording import PASSED
from grader.models import Flag, Said
from rubric.schema import TensorCheck, Tolerance

STRONG = 0.9  # share of the known mistakes that a print must rule out
_UNNAMED = Said(
    "The print fits, but its name does not say so; such a number may stand there for many reasons."
)
_ONE_OF_MANY = Said(
    "One of many prints of this size, and nothing says that it is the answer; a person decides."
)
_FEW = 8  # whole numbers that may stand in a notebook by accident
_NO_ACCIDENT = 7.0  # significant digits of one number in all worlds together, and in each of them
_IN_EACH = 3.0
_PARTS = 1000  # a share of so many things is printed for many reasons


def judge_fit(check: TensorCheck, offers: Offers, case: Case) -> Decision:
    """Decide a check of which some print that counts is right in every world in which it appeared."""
    right = offers.right
    best = max(right, key=lambda c: (c.seen_everywhere, c.named(check.id)))
    comparison = compared(check, best, case)
    doubt = _doubt(check, best, comparison, case)
    if doubt is not None:
        return replace(doubt, candidate=best, comparison=comparison)
    doubt_text = _disagreement(check, best, offers, case)
    if doubt_text is not None:
        return Decision(check.id, "review", None, doubt_text, best, comparison)
    elsewhere = _elsewhere(check, right, case)
    if elsewhere is not None:
        return Decision(check.id, "review", None, elsewhere, best, comparison, other_means=True)
    flags: list[Flag] = []
    if _says_other(best, check, case):
        label = best.readings[0].slot.first.label
        flags.append(
            Flag.of(
                "label_mismatch",
                Said(
                    "{check} is right, but cell {cell} labels it {label!r}",
                    {"check": check.id, "cell": best.cell + 1, "label": label[:60]},
                ),
            )
        )
    if any(o.coverage == 1.0 and not is_right(o) for o, _ in offers.aside):
        text = Said("{check} was printed with other values too", {"check": check.id})
        flags.append(Flag.of("several_values", text))
    return Decision(check.id, "pass", 1.0, PASSED, best, comparison, flags=tuple(flags))


def _disagreement(check: TensorCheck, best: Candidate, offers: Offers, case: Case) -> Said | None:
    """Other values that count as much: None where there are none."""
    if _in_a_crowd(check, best, case):
        return _ONE_OF_MANY
    if not offers.wrong:
        return None
    return Said(
        "Several values were printed for this (also in cell {cells}); a person decides which is meant.",
        {"cells": tuple(sorted({o.cell + 1 for o in offers.wrong}))},
    )


def _elsewhere(check: TensorCheck, right: Sequence[Candidate], case: Case) -> Said | None:
    """Why it is not clear that a right value was computed by what the assignment asks for."""
    if check.by_autograd and all(c.source == "other means" for c in right):
        return Said("Right, but not computed by autograd; a person decides.")
    return None if case.by_autograd else made_without(check, [c.cell for c in right], case.code)


def _doubt(check: TensorCheck, best: Candidate, comparison: Comparison | None, case: Case) -> Decision | None:
    """Why a print that fits is not enough, if it is not."""
    still = all(r.movement == "constant" for r in best.readings)
    typed = not_computed(check, best, case, still=still)
    if typed is not None:
        return typed

    def open_(reason: Said) -> Decision:
        return Decision(check.id, "review", None, reason)

    if excluded(best, check.quantity, case.books.singles) < STRONG:
        return open_(Said("The print fits, but its few digits also fit known mistakes."))
    if _tells_nothing(comparison, case.books.rubric.tolerance_of(check.quantity)):
        return open_(Said("The print fits, but so would any other small number; a person decides."))
    if best.named(check.id) or best.may_be_named(check.id):
        return None
    moving, first = check.id in case.books.moving, case.books.references[0][check.quantity]
    common = _is_common(first, moving=moving) and not (moving and _no_accident(best, comparison, case))
    return open_(_UNNAMED) if common or check.quantity in case.books.twins else None


def _tells_nothing(comparison: Comparison | None, tolerance: Tolerance) -> bool:
    """Do the printed digits leave open whether these are anything but zeros?"""
    if comparison is None or digits(comparison, tolerance) >= LEAST_DIGITS:
        return False
    zero = not any(expected.any() for _, expected in comparison.prints)
    return not (zero and not any(h for printed, _ in comparison.prints for h in printed.half_unit))


def _is_common(expected: Array, *, moving: bool) -> bool:
    """Is it one number, or a few whole ones that are the same in every world?"""
    few = expected.size <= _FEW and bool((expected == np.round(expected)).all()) and not moving
    return expected.size == 1 or few


def _no_accident(best: Candidate, comparison: Comparison | None, case: Case) -> bool:
    """Is it one number of so many digits, in every world another, that nothing else is likely to show it?

    Not where its label calls it something else, or where it is a share of few things.
    """
    if comparison is None or best.readings[0].movement != "moves" or _called_otherwise(best, case):
        return False
    pairs = [(printed, float(expected[0])) for printed, expected in comparison.prints]
    if all(_is_a_share(value) for _, value in pairs):
        return False
    told = [math.log10(abs(v) / h) if v and (h := p.half_unit[0]) else 0.0 for p, v in pairs]
    return min(told) >= _IN_EACH and sum(told) >= _NO_ACCIDENT


def _called_otherwise(best: Candidate, case: Case) -> bool:
    """Has it the name of another check, which no print of that name answers?"""
    asked = case.books.quantity_of
    own = best.readings[0]
    return (
        own.called
        and own.meant is not None
        and not any(
            r.meant == own.meant and any(v.whole and v.target.quantity == asked[own.meant] for v in r.exact)
            for r in case.readings
        )
    )


def _is_a_share(value: float) -> bool:
    """A whole number, or a ratio of small ones."""
    return math.isclose(value, Fraction(value).limit_denominator(_PARTS), rel_tol=1e-9)


def _says_other(candidate: Candidate, check: TensorCheck, case: Case) -> bool:
    """Does its label name another check? A label can only lie about a tensor of the same size."""
    size = case.books.size_of
    if candidate.named(check.id) or size[check.id] == 1:
        return False
    own = (r for r in candidate.readings if r.called and r.slot.first.label)
    return any(size.get(r.meant or "") == size[check.id] for r in own)


def _in_a_crowd(check: TensorCheck, best: Candidate, case: Case) -> bool:
    """Is it one of many prints of its size, or do such stand between its parts, that neither a name nor a
    value tells apart?"""
    sizes, names = {r.size for r in best.readings}, {named_like(r) for r in best.readings}
    views = case.explanation.views.items() if check.by_autograd else ()
    known = {order for order, view in views if view.target.source == "other means"}  # the answer is none
    moving = [r for r in case.readings if r.movement == "moves" and r.order not in known]
    others = [r for r in moving if r.size in sizes and not r.exact]
    if len(best.readings) > 1:
        parts = [r.order for r in best.readings]
        return any(min(parts) < r.order < max(parts) and named_like(r) in names for r in others)
    if best.named(check.id):
        return False
    own = best.readings[0]
    alone = own.size > 1 and not own.slot.first.label
    return any(
        not (alone and r.slot.first.label)
        and (not (r.meant or r.meaning.names_background) or (own.size == 1 and named_like(r) in names))
        and not (check.by_autograd and no_autograd_behind(r.slot.first.cell, case.code))
        for r in others
    )
