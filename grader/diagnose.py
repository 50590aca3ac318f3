"""Which misconception reproduces the student's numbers (pure).

A hypothesis is a set of known mistakes. It predicts every quantity in every world; the one that
explains the most prints wins, fewer mistakes before more, and it is named only where no other
hypothesis explains the same prints differently. What no hypothesis explains is compared with the
reference by a few generic relations: a constant factor, a permutation, one wrong element, rounding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from grader.book import Array, Book, Target, View, fits, margin
from grader.models import Diagnosis, PrintedTensor
from grader.reading import Reading
from rubric.schema import Mistake, Tolerance

_COMBINED = 2500  # pairs of mistakes that are tried, the commonest (first listed) first
_PAIRS_AT_MOST = 400  # unexplained prints for which pairs of mistakes are tried


@dataclass(frozen=True, slots=True)
class Explanation:
    """The mistaken variants that reproduce prints that are not right.

    views: print order → the variant's view. rivals: mistake ids → other hypotheses, no less likely,
    that give the very same numbers.
    """

    views: Mapping[int, View]
    rivals: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]


def explain(
    readings: Sequence[Reading],
    singles: Book,
    pairs: Callable[[Sequence[tuple[str, ...]]], Book],
    asked: frozenset[str],
) -> Explanation:
    """Find the mistakes that explain the prints which fit no canonical quantity.

    singles: variants under one mistake. pairs: makes the variants under two, asked for only where one
        is not enough, and only for mistakes that leave alone what was printed right.
    asked: quantities that checks ask for; others explain nothing.
    """
    shown = {v.target.quantity for r in readings for v in r.exact if v.whole}
    wrong = [r for r in readings if not r.exact and r.size > 1]
    views: dict[int, View] = {}
    rivals: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
    _explain_with(wrong, singles, asked, shown, views, rivals)
    sizes = {v.size for t in singles.targets if t.quantity in asked for v in t.values[:1]}
    left = [r for r in wrong if r.order not in views and r.size in sizes]
    if left and len(left) <= _PAIRS_AT_MOST:
        combined = pairs(_plausible(singles, shown, set(rivals)))
        _explain_with(left, combined, asked, shown, views, rivals)
    return Explanation(views, rivals)


def _plausible(singles: Book, shown: set[str], found: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Pairs of mistakes that contradict no print that is right; with those already found, if any."""
    changed: dict[str, set[str]] = {}
    for target in singles.targets:
        changed.setdefault(target.mistakes[0], set()).add(target.quantity)
    possible = [mistake for mistake, quantities in changed.items() if not quantities & shown]
    made = {ids[0] for ids in found if len(ids) == 1}
    rank = {mistake: position for position, mistake in enumerate(possible)}
    pairs: list[tuple[str, ...]] = [
        (a, b) for a, b in combinations(possible, 2) if not made or a in made or b in made
    ]
    return sorted(pairs, key=lambda pair: rank[pair[0]] + rank[pair[1]])[:_COMBINED]


def _explain_with(
    wrong: Sequence[Reading],
    book: Book,
    asked: frozenset[str],
    shown: set[str],
    views: dict[int, View],
    rivals: dict[tuple[str, ...], tuple[tuple[str, ...], ...]],
) -> None:
    changed: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for target in book.targets:
        changed[target.mistakes].add(target.quantity)
    claims: dict[tuple[str, ...], dict[int, View]] = defaultdict(dict)
    for reading in wrong:
        fitting = [
            v
            for v in book.lookup(reading.slot, range(len(reading.slot.prints)))
            if v.target.quantity in asked
        ]
        for view in sorted(fitting, key=lambda v: v.count, reverse=True):
            kept = claims[view.target.mistakes].get(reading.order)
            if kept is None or kept.count > view.count or _meant(reading, view):
                claims[view.target.mistakes][reading.order] = view
    while claims:
        known = {i for ids in rivals for i in ids}
        ranks = {ids: _rank(ids, claimed, changed[ids] & shown, known) for ids, claimed in claims.items()}
        best = min(ranks, key=lambda ids: ranks[ids])
        orders = set(claims[best])
        rivals[best] = tuple(
            ids
            for ids, rank in ranks.items()
            if ids != best and rank == ranks[best] and orders <= set(claims[ids])
        )
        views.update(claims[best])
        claims = {
            ids: left
            for ids, claimed in claims.items()
            if (left := {o: v for o, v in claimed.items() if o not in views})
        }
        claims = defaultdict(dict, claims)


def _meant(reading: Reading, view: View) -> bool:
    return reading.meant == view.target.quantity and view.whole


def _rank(
    ids: tuple[str, ...], claimed: Mapping[int, View], contradicted: set[str], earlier: set[str]
) -> tuple[float, int, int, int]:
    covered: dict[str, float] = {}
    for view in claimed.values():
        share = 1.0 / view.count
        covered[view.target.quantity] = min(1.0, covered.get(view.target.quantity, 0.0) + share)
    new = len([i for i in ids if i not in earlier])
    return (-sum(covered.values()), len(contradicted), new, len(ids))


def named(
    ids: tuple[str, ...], mistakes: Mapping[str, Mistake], rivals: Sequence[tuple[str, ...]]
) -> Diagnosis | None:
    """The diagnosis of known mistakes; None where too many others give the same numbers.

    rivals: hypotheses that explain the same prints as well. One rival is named beside it.
    """
    if len(rivals) > 1:
        return None
    others = tuple(i for rival in rivals for i in rival if i not in ids)
    return Diagnosis(
        ids=ids,
        message=" ".join([mistakes[i].message for i in ids] + [f"Or: {mistakes[i].message}" for i in others]),
        detail=" ".join([mistakes[i].detail for i in ids] + [f"Or: {mistakes[i].detail}" for i in others]),
        alternatives=others,
    )


def generic(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    """A relation between printed and expected values that no list of mistakes names.

    prints: for each world, the print and the expected values, flattened in the layout in which they
    agree best; all of the same size.
    """
    if not prints or prints[0][1].size < 2:
        return None
    for relation in (_factor, _permutation, _one_wrong, _rounded):
        found = relation(prints, tolerance)
        if found is not None:
            return found
    return None


def _factor(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    printed, expected = prints[-1]
    value = np.asarray(printed.values)
    biggest = int(np.argmax(np.abs(expected)))
    if expected[biggest] == 0 or not np.isfinite(value).all() or value[biggest] == 0:
        return None
    factor = float(value[biggest] / expected[biggest])
    simple = Fraction(factor).limit_denominator(60)
    if simple and abs(float(simple) / factor - 1) < 1e-4:
        factor = float(simple)
    if abs(factor - 1) < 1e-6:
        return None
    for one, reference in prints:
        scaled = factor * reference
        if not fits(one, scaled, margin(scaled, tolerance)).all():
            return None
        if (np.abs(scaled) <= np.asarray(one.half_unit)).all():
            return None
    if factor == -1:
        text = "Your values have the right magnitude and the opposite sign."
    else:
        text = f"Your values are {factor:.6g} times the expected ones."
    return Diagnosis(ids=("constant_factor",), message=text, detail=text)


def _permutation(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    for printed, expected in prints:
        value = np.asarray(printed.values)
        slack = margin(expected, tolerance) + max(printed.half_unit)
        if not np.isfinite(value).all() or np.ptp(expected) <= 20 * slack:
            return None
        if not (np.abs(np.sort(value) - np.sort(expected)) <= slack).all():
            return None
    text = "These are the right numbers in another order."
    return Diagnosis(ids=("permutation",), message=text, detail=text)


def _one_wrong(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    wrong = np.zeros(prints[0][1].size, dtype=np.bool_)
    for printed, expected in prints:
        wrong |= ~fits(printed, expected, margin(expected, tolerance))
    if wrong.sum() != 1 or wrong.size < 3:
        return None
    number = int(np.flatnonzero(wrong)[0]) + 1
    text = f"One element differs: number {number} of {wrong.size}, counted row by row."
    return Diagnosis(ids=("one_element",), message=text, detail=text)


def _rounded(prints: Sequence[tuple[PrintedTensor, Array]], tolerance: Tolerance) -> Diagnosis | None:
    del tolerance
    printed, expected = prints[-1]
    scale = float(np.abs(expected).max())
    error = float(np.abs(np.asarray(printed.values) - expected).max())
    if not scale or not np.isfinite(error) or error > 0.01 * scale:
        return None
    text = "Your values are close but not equal: something was rounded before the end of the computation."
    return Diagnosis(ids=("rounded_early",), message=text, detail=text)


def variant_targets(
    variants: Mapping[tuple[str, ...], tuple[Mapping[str, Array], ...]],
    references: tuple[Mapping[str, Array], ...],
    asked: frozenset[str],
    tolerance: Tolerance,
) -> list[Target]:
    """What each mistake changes: the asked quantities that differ from the reference in some world."""
    targets = []
    for ids, worlds in variants.items():
        for quantity in asked:
            if any(quantity not in w for w in worlds):
                continue
            values = tuple(w[quantity] for w in worlds)
            if any(
                v.shape != r[quantity].shape
                or (np.abs(v - r[quantity]) > 4 * margin(r[quantity], tolerance)).any()
                for v, r in zip(values, references, strict=True)
            ):
                targets.append(Target(quantity, ids, values))
    return targets
