"""Which misconception reproduces the student's numbers (pure).

A hypothesis is a set of known mistakes. It predicts every quantity in every world; the one that
explains the most prints wins, fewer mistakes before more, those that the code shows signs of before
others, and it is named only where no other hypothesis explains the same prints as well. One mistake is
tried first, then those that the numbers in the code suggest, then one more beside what was found, then
pairs. What no hypothesis explains is left to `grader.judging.relations`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from grader.assignment.values import margin
from grader.judging.book import Book, Ids, TargetView, fits
from grader.judging.books import Books
from grader.judging.reading import Reading
from grader.judging.rounded import in_double_precision
from grader.judging.source import Code
from grader.models import Diagnosis, Said, together, verbatim
from rubric.schema import Mistake

_COMBINED = (
    2600  # pairs of mistakes that are tried, the commonest (first listed) first; many exclude each other
)
_AT_ONCE = 250  # so many pairs are tried before looking whether anything is left
_UNEXPLAINED_AT_MOST = 400  # prints; with more, combinations are not tried
_TELLING = 3.0  # digits, of all that a mistake explains
_IN_64_BITS = 1e-3  # of the float error granted, for what shows that it was computed so
_DETAILS = 3  # of mistakes with the same lesson that are listed for the assistant


@dataclass(frozen=True, slots=True)
class Explanation:
    """The mistaken variants that reproduce prints that are not right.

    views: print order → the variant's view. rivals: mistake ids → other hypotheses, no less likely,
    that give the very same numbers. changed: mistake → the quantities that it alone changes.
    """

    views: Mapping[int, TargetView]
    rivals: Mapping[Ids, tuple[Ids, ...]]
    changed: Mapping[str, Set[str]]


@dataclass
class _Claims:
    """Which hypothesis reproduces which prints; grows while hypotheses are tried.

    shown: quantities that were printed right.
    """

    books: Books
    mistakes: Mapping[str, Mistake]
    suggested: Set[str]
    words: Set[str]
    wrong: Sequence[Reading]
    shown: frozenset[str]
    claims: dict[Ids, dict[int, TargetView]] = field(default_factory=lambda: defaultdict(dict))
    changed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    loose: set[tuple[Ids, int]] = field(default_factory=set)
    digits: dict[Ids, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    def surprise(self, ids: Iterable[str]) -> int:
        """How unlikely these mistakes are before any number is seen."""
        found = (self.mistakes[i] for i in ids)
        return sum(2 * m.signs.isdisjoint(self.words) if m.signs else m.rare for m in found)

    def hints(self, ids: Iterable[str]) -> int:
        """How many of these mistakes the code speaks for."""
        return sum(not self.mistakes[i].hints.isdisjoint(self.words) for i in ids)

    def add(self, book: Book) -> None:
        for quantity, hypotheses in book.mistakes_about.items():
            for ids in hypotheses:
                if len(ids) == 1:
                    self.changed[ids[0]].add(quantity)
        for reading in self.wrong:
            found = book.lookup(reading.slot, range(len(reading.slot.prints)))
            fitting = [
                v
                for v in found
                if reading.size > 1 or v.target.quantity in map(self.books.quantity_of.get, _called(reading))
            ]
            for view in sorted(fitting, key=lambda v: v.count, reverse=True):
                kept = self.claims[view.target.mistakes].get(reading.order)
                if kept is None or kept.count > view.count or _meant(reading, view):
                    self.claims[view.target.mistakes][reading.order] = view
                    told = _digits(reading, view, self.books)
                    self.digits[view.target.mistakes][reading.order] = told or 0.0
                    if told is None:
                        self.loose.add((view.target.mistakes, reading.order))

    def combine(self, hypotheses: Sequence[Ids], quantities: frozenset[str]) -> None:
        """Try hypotheses whose variants are still to be made."""
        self.add(self.books.combined(hypotheses, quantities, [r.slot for r in self.wrong]))

    @property
    def explained(self) -> set[int]:
        """Prints that some hypothesis reproduces as an honest computation would."""
        return {o for ids, claimed in self.claims.items() for o in claimed if (ids, o) not in self.loose}

    def contradicts(self, ids: Ids) -> int:
        """How many quantities that were printed right these mistakes would change."""
        return len({q for i in ids for q in self.changed[i]} & self.shown)

    def select(self) -> tuple[dict[int, TargetView], dict[Ids, tuple[Ids, ...]]]:
        """The likeliest hypotheses, one after the other until nothing more is explained.

        What fits nowhere as an honest computation would is none: nearly is how many numbers fit. Nor is what
        few digits tell from what is right: one in ten wrong numbers fits such a mistake by accident.
        """
        views: dict[int, TargetView] = {}
        rivals: dict[Ids, tuple[Ids, ...]] = {}
        position = {mistake: n for n, mistake in enumerate(self.mistakes)}
        fixed = {ids: (self.contradicts(ids), self.surprise(ids)) for ids in self.claims}
        hinted = {ids: self.hints(ids) for ids in self.claims}
        left: dict[Ids, dict[int, TargetView]] = {
            ids: claimed for ids, claimed in self.claims.items() if sum(self.digits[ids].values()) >= _TELLING
        }
        while left:
            ranks = {
                ids: (
                    -_coverage(claimed.values()),
                    fixed[ids][0],
                    len([o for o in claimed if (ids, o) in self.loose]),
                    len(ids),
                    fixed[ids][1],
                )
                for ids, claimed in left.items()
            }
            best = min(ranks, key=lambda ids: (ranks[ids], -hinted[ids], sum(position[i] for i in ids)))
            orders = set(left[best])
            equal = tuple(
                ids
                for ids, rank in ranks.items()
                if ids != best and rank == ranks[best] and orders <= set(left[ids])
            )
            rivals[best] = equal
            for order in orders:
                part = self._part(best, order)
                if part != best:
                    rivals.setdefault(part, tuple(r for r in equal if not set(part) <= set(r)))
                views[order] = self.claims[part][order]
            left = {
                ids: kept
                for ids, claimed in left.items()
                if (kept := {o: v for o, v in claimed.items() if o not in views})
            }
        return views, rivals

    def _part(self, ids: Ids, order: int) -> Ids:
        """As few of these mistakes as reproduce a print alone."""
        for size in range(1, len(ids)):
            for part in combinations(ids, size):
                if order in self.claims.get(part, {}) and (part, order) not in self.loose:
                    return part
        return ids

    def plausible(self, *, extending: bool) -> dict[str, float]:
        """Mistakes to be sought in company: they contradict nothing, and the code doesn't speak against them.

        In rank: those that the code speaks for, what it suggests, and the others, interleaved.
        """
        ranks: dict[str, float] = {}
        counts: dict[float, int] = defaultdict(int)
        for id, mistake in self.mistakes.items():
            if not self.changed.get(id) or self.changed[id] & self.shown or self.surprise((id,)):
                continue
            beside = mistake.rare and id in self.suggested
            if beside and not extending:
                continue
            pace = 4.0 if mistake.signs else 1.0
            ranks[id] = counts[pace] / pace + (100 if beside else 0)
            counts[pace] += 1
        return dict(sorted(ranks.items(), key=lambda r: r[1]))


def explain(
    readings: Sequence[Reading],
    books: Books,
    mistakes: Mapping[str, Mistake],
    code: Code,
    suggested: Set[str],
) -> Explanation:
    """Find the mistakes that explain the prints which fit no canonical quantity.

    mistakes: every known mistake by id, the likeliest first, those that the code suggests (suggested) last.
    Quantities that no check asks for explain nothing. Combinations are tried only for quantities that were
    never printed right.
    """
    asked = books.quantity_of
    quantities = frozenset(asked.values())
    shown = frozenset(
        v.target.quantity
        for r in readings
        for v in r.exact
        if v.whole
        and v.target.source != "other means"
        and (r.meant == v.target.quantity or all(e.target.quantity in quantities for e in r.exact))
    )
    # one number is like many others: it speaks of a mistake only under its name
    wrong = [r for r in readings if not r.exact and (r.size > 1 or asked.keys() & _called(r))]
    missing = quantities - shown
    claims = _Claims(books, mistakes, suggested, code.words, wrong, shown)
    claims.add(books.suspected)
    sizes = {v.size for t in books.suspected.targets if t.quantity in missing for v in t.values[:1]}

    def left() -> list[Reading]:
        """Prints that could show what is missing, that nothing explains so far and nobody typed in."""
        explained = claims.explained
        return [
            r
            for r in wrong
            if r.order not in explained
            and r.size in sizes
            and (r.meant is None or asked.get(r.meant, r.meant) in missing)
            and not (r.movement == "constant" and code.writes([r.slot.first]))
        ]

    def others() -> bool:
        """Are there wrong values beside right ones, that what the code suggests may explain?"""
        explained = claims.explained
        return any(r.order not in explained and r.meant in asked and not r.aside for r in wrong)

    views, rivals = claims.select()
    if (missing and wrong) and (left() or any(_doubtful(ids, rivals, claims) for ids in rivals)):
        _try_more(claims, missing, left)
        views, rivals = claims.select()
    elif others():
        _try_suggested(claims)
        views, rivals = claims.select()
    return Explanation(views, rivals, dict(claims.changed))


def _doubtful(ids: Ids, rivals: Mapping[Ids, tuple[Ids, ...]], claims: _Claims) -> bool:
    return bool(len(rivals[ids]) > 1 or claims.surprise(ids) or claims.contradicts(ids))


def _try_more(claims: _Claims, missing: frozenset[str], left: Callable[[], list[Reading]]) -> None:
    """Suggested mistakes, then one more beside what was found, then pairs, then again one more."""
    _try_suggested(claims)
    tried: set[Ids] = set()

    def attempt(hypotheses: Iterable[Ids]) -> None:
        fresh = [ids for ids in dict.fromkeys(hypotheses) if ids not in tried]
        tried.update(fresh)
        if fresh:
            claims.combine(fresh, missing)

    if not 0 < len(left()) <= _UNEXPLAINED_AT_MOST:
        return
    attempt(_extended(claims))
    rank = claims.plausible(extending=False)
    pairs = sorted(combinations(rank, 2), key=lambda pair: rank[pair[0]] + rank[pair[1]])[:_COMBINED]
    for start in range(0, len(pairs), _AT_ONCE):
        if not [r for r in left() if not any(r.order in c for c in claims.claims.values())]:
            return
        attempt(tuple(sorted(pair)) for pair in pairs[start : start + _AT_ONCE])
    if left():
        attempt(_extended(claims))


def _try_suggested(claims: _Claims) -> None:
    if claims.suggested:
        ids = [(id,) for id in claims.mistakes if id in claims.suggested]
        claims.combine(ids, frozenset(claims.books.quantity_of.values()))


def _extended(claims: _Claims) -> list[Ids]:
    """One more mistake beside each of the likeliest hypotheses found so far."""
    found = [ids for ids in claims.select()[1] if len(ids) < 3 and not claims.contradicts(ids)][:3]
    possible = claims.plausible(extending=True)
    extended = [(n, tuple(sorted({*ids, id}))) for ids in found for n, id in enumerate(possible)]
    return [ids for _, ids in sorted(extended, key=lambda e: e[0]) if len(ids) > 1]


def _digits(reading: Reading, view: TargetView, books: Books) -> float | None:
    """By how many digits, all told, a print tells a view that it fits nearly from what is right.

    None where it does not fit as an honest computation in its precision does. Zeros tell by themselves.
    """
    right = books.right[view.target.quantity]
    told = [0.0] * len(right)
    zeros = True
    for world, (printed, values) in enumerate(zip(reading.slot.prints, view.target.values, strict=True)):
        if printed is None or printed.elided:
            continue
        slack = margin(values, books.rubric.tolerance) * (
            _IN_64_BITS if in_double_precision(printed) else 1.0
        )
        if not fits(printed, view.part(values), slack).all():
            return None
        zeros = zeros and not any(printed.values)
        for way, worlds in enumerate(right):
            if worlds[world].shape != values.shape:
                return _TELLING
            apart = np.abs(view.part(values) - view.part(worlds[world]))
            reach = np.asarray(printed.half_unit) + slack
            told[way] += float(np.log10(np.maximum(apart / reach, 1.0)).sum())
    return _TELLING if zeros else min(told)


def _called(reading: Reading) -> set[str]:
    """The checks that a print's name may mean: where it fits several, its value tells."""
    return {reading.meant or "", *(reading.meaning.options if reading.called else ())}


def _meant(reading: Reading, view: TargetView) -> bool:
    return reading.meant == view.target.quantity and view.whole


def _coverage(views: Iterable[TargetView]) -> float:
    """How many quantities these views show, pieces counting as parts."""
    covered: dict[str, float] = {}
    for view in views:
        share = 1.0 / view.count
        covered[view.target.quantity] = min(1.0, covered.get(view.target.quantity, 0.0) + share)
    return round(sum(covered.values()), 6)


def named(ids: Ids, mistakes: Mapping[str, Mistake], rivals: Sequence[Ids]) -> Diagnosis | None:
    """The diagnosis of known mistakes; None where too many others give the same numbers.

    rivals: hypotheses that explain the same prints as well. Those that teach the same lesson are listed
    in the detail, and one other beside it; two others are too many.
    """
    lesson = _lesson(ids, mistakes)
    same = [r for r in rivals if _lesson(r, mistakes) == lesson]
    others = [r for r in rivals if _lesson(r, mistakes) != lesson]
    if len({_lesson(r, mistakes) for r in others}) > 1:
        return None
    apart = [i for i in dict.fromkeys(i for r in others[:1] for i in r) if i not in ids]
    message = together(verbatim(lesson), *(_or(mistakes[i].message) for i in apart))
    rivalling = [i for r in [*same[:_DETAILS], *others[:_DETAILS]] for i in r if i not in ids]
    further = dict.fromkeys(mistakes[i].detail for i in rivalling)
    detail = [verbatim(" ".join(mistakes[i].detail for i in ids)), *map(_or, further)]
    if more := len(same[_DETAILS:]):
        detail.append(Said("Or {n} more of the same kind.", {"n": more}))
    alternatives = dict.fromkeys(i for r in [*others, *same] for i in r if i not in ids)
    return Diagnosis.of(ids, message, together(*detail), tuple(alternatives))


def _or(what: str) -> Said:
    return Said("Or: {what}", {"what": what})


def _lesson(ids: Ids, mistakes: Mapping[str, Mistake]) -> str:
    return " ".join(mistakes[i].message for i in ids)
