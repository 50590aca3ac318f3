"""Which print answers which check, and why we think so (pure).

Values speak first: a print that fits a canonical quantity in every world is that quantity,
whatever it is called. Then known mistakes: a print that fits a mistaken variant of a quantity is
that quantity, got wrong. What no known value explains is matched by label, and last by shape and
order. All prints and checks are considered together: a print answers one check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grader.judging.book import Source, TargetView, source_of
from grader.judging.reading import Reading, named_like
from rubric.schema import TensorCheck

_LAYOUTS = ("row", "column", "element")
_SOURCES: tuple[Source, ...] = ("unknown", "autograd", "other means")

Kind = Literal["right", "handout", "mistaken", "named", "placed"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Prints that together answer one check.

    kind: right (fits the reference in every world it appeared in), handout (fits in the handout's
        world only), mistaken (fits a known mistake), named (only its label speaks for it), placed
        (only shape and order do).
    readings: one print, or the pieces in order; coverage: share of the tensor they show. source: by what
        the values were computed, as far as the worlds tell.
    """

    kind: Kind
    readings: tuple[Reading, ...]
    layout: str
    coverage: float
    mistakes: tuple[str, ...]
    reasons: tuple[str, ...]
    source: Source = "unknown"

    @property
    def first(self) -> int:
        return self.readings[0].order

    @property
    def last(self) -> int:
        return self.readings[-1].order

    @property
    def cell(self) -> int:
        return self.readings[-1].slot.first.cell

    @property
    def seen_everywhere(self) -> bool:
        return all(r.seen_everywhere for r in self.readings)

    def named(self, check: str) -> bool:
        """Does the label of any of these prints mean this check?"""
        return any(r.meant == check for r in self.readings)

    def called(self, check: str) -> bool:
        """The same, by its own label rather than by what stands around it."""
        return any(r.called and r.meant == check for r in self.readings)

    def may_be_named(self, check: str) -> bool:
        """Does a label of these prints fit this check, whatever else it fits?"""
        return any(r.called and check in r.meaning.options for r in self.readings)


Candidates = Mapping[str, tuple[Candidate, ...]]
_Piece = tuple[Reading, Sequence[TargetView]]
"""a print and what it may be of one tensor"""
_Group = tuple[tuple[str, ...], Source, str, int]
"""mistakes, source, layout and count of pieces that may belong together"""


def match(
    readings: Sequence[Reading],
    checks: Sequence[TensorCheck],
    explained: Mapping[int, TargetView],
    sizes: Mapping[str, int],
) -> Candidates:
    """All candidates of every check, in the order in which they were printed.

    explained: print order → the mistaken variant that reproduces a print that is not right.
    sizes: check id → number of elements of its reference.
    """
    asked: dict[str, list[str]] = defaultdict(list)
    for check in checks:
        asked[check.quantity].append(check.id)
    found: dict[str, list[Candidate]] = defaultdict(list)
    rest: list[Reading] = []
    for reading in readings:
        kind, views = _shown(reading, explained.get(reading.order))
        claim = _claim(reading, views, asked)
        if claim is None:
            rest.append(reading)
        else:
            found[claim[0]].append(_whole(kind, reading, claim[1], claim[0], views))
    for check in checks:
        if not any(c.kind == "right" for c in found[check.id]):
            pieces = _in_pieces(check, rest, readings, explained)
            if pieces is not None:
                found[check.id].append(pieces)
                orders = {r.order for r in pieces.readings}
                rest = [r for r in rest if r.order not in orders]
    rest = [
        r for r in rest if not r.exact and (r.order not in explained or r.size == sizes.get(r.meant or ""))
    ]
    for check_id, named in _by_label(rest, sizes).items():
        found[check_id].extend(named)
    taken = {r.order for cs in found.values() for c in cs for r in c.readings}
    unnamed = [r for r in rest if r.order not in taken and r.meant is None and not r.meaning.names_background]
    open_checks = [c.id for c in checks if not found[c.id]]
    for check_id, reading in _by_order(unnamed, open_checks, sizes):
        found[check_id].append(Candidate("placed", (reading,), "by order", 1.0, (), ("shape", "order")))
    for check in checks:
        if not found[check.id]:
            found[check.id].extend(_called_so(readings, taken, check.id, sizes))
    return {check: tuple(sorted(cs, key=lambda c: c.first)) for check, cs in found.items() if cs}


def _shown(reading: Reading, mistaken: TargetView | None) -> tuple[Kind, Sequence[TargetView]]:
    """What a print fits: values that are right, or else those of a mistake, or else the handout's."""
    if reading.exact:
        return "right", reading.exact
    return ("handout", reading.handout) if mistaken is None else ("mistaken", (mistaken,))


def _claim(
    reading: Reading, views: Sequence[TargetView], asked: Mapping[str, Sequence[str]]
) -> tuple[str, TargetView] | None:
    """The check that a print with these fitting views answers; None if it shows something else."""
    whole = [v for v in views if v.whole]
    options = {check: v for v in reversed(whole) for check in asked.get(v.target.quantity, ())}
    if not options:
        return None
    background = [v for v in whole if v.target.quantity not in asked]
    nearest = min((_distance(reading, v) for v in background), default=np.inf)
    if nearest < 0.01 * min(_distance(reading, v) for v in options.values()):
        return None
    meant = reading.meant
    if meant in options:
        return meant, options[meant]
    called_one_number = reading.size == 1 and reading.slot.first.label
    if reading.meaning.names_background and (background or called_one_number):
        return None  # it is called something else
    return next(iter(options.items()))


def _distance(reading: Reading, view: TargetView) -> float:
    """Largest difference between print and value, in units of the value's magnitude."""
    worst = 0.0
    for printed, values in zip(reading.slot.prints, view.target.values, strict=True):
        if printed is not None and len(printed.values) == values.size:
            flat = view.part(values)
            scale = float(np.abs(values).max(initial=0.0)) or 1.0
            worst = max(worst, float(np.abs(np.asarray(printed.values) - flat).max()) / scale)
    return worst


def _whole(
    kind: Kind, reading: Reading, view: TargetView, check: str, views: Sequence[TargetView]
) -> Candidate:
    reasons = ["value"]
    if reading.meant == check:
        reasons.append("label")
    source = source_of(v for v in views if v.whole and v.target.quantity == view.target.quantity)
    return Candidate(kind, (reading,), view.layout, 1.0, view.target.mistakes, tuple(reasons), source)


def _in_pieces(
    check: TensorCheck,
    rest: Sequence[Reading],
    readings: Sequence[Reading],
    explained: Mapping[int, TargetView],
) -> Candidate | None:
    """A tensor printed in pieces, one after the other."""
    return (
        _run("right", check, [(r, r.exact) for r in rest])
        or _run("handout", check, [(r, r.handout) for r in rest])
        # the last loss of a table is also the final loss
        or _run("right", check, [(r, r.exact) for r in readings])
        or _run("mistaken", check, [(r, (explained[r.order],)) for r in rest if r.order in explained])
    )


def _run(
    kind: Kind, check: TensorCheck, shown: Sequence[tuple[Reading, Sequence[TargetView]]]
) -> Candidate | None:
    """The pieces of a tensor by row, by column or element by element, along either axis.

    shown: prints, each with what it fits.
    """
    groups: dict[_Group, list[_Piece]] = defaultdict(list)
    for reading, views in shown:
        fitting: dict[_Group, list[TargetView]] = defaultdict(list)
        for view in views:
            if not view.whole and view.target.quantity == check.quantity:
                fitting[view.target.mistakes, view.target.source, view.layout, view.count].append(view)
        for group, same in fitting.items():
            groups[group].append((reading, same))
    best: Candidate | None = None
    for (mistakes, source, layout, count), pieces in sorted(
        groups.items(), key=lambda g: (_SOURCES.index(g[0][1]), _LAYOUTS.index(g[0][2]))
    ):
        for turned in (False, True) if layout == "element" and check.layout != "fixed" else (False,):
            run = tuple(_longest_run(pieces, check.id, turned=turned))
            whole = len(run) == count
            candidate = Candidate(
                kind, run, f"split by {layout}", len(run) / count, mistakes, ("value", "order"), source
            )
            in_part = run and layout != "element" and kind != "mistaken" and candidate.named(check.id)
            if (whole or in_part) and (best is None or candidate.coverage > best.coverage):
                best = candidate
    return best


def _longest_run(pieces: Sequence[_Piece], check: str, *, turned: bool) -> list[Reading]:
    """Prints that show pieces 0, 1, 2 … of a quantity one after another; the last complete run wins.

    turned: elements go down the columns; a complete run is given back row by row.
    """
    best: list[Reading] = []
    run: list[Reading] = []
    begun: list[Reading] = []
    view = pieces[0][1][0]
    count = view.count
    columns = view.target.values[0].shape[-1] if turned else count
    place = [i % columns * (count // columns) + i // columns for i in range(count)]
    for reading, views in pieces:
        places = {place[v.index] for v in views}
        if reading.meant not in (None, check) and len(places) > 1:
            continue
        if any(v.whole for v in reading.exact) and not (run and len(run) in places):
            begun = [reading] if 0 in places else []  # the first loss of training is the loss before it, too
            continue
        if len(run) in places:
            run = [*run, reading]
        elif 1 in places and begun and named_like(begun[0]) == named_like(reading):
            run = [*begun, reading]
        elif 0 in places:
            run = [reading]
        if len(run) >= len(best):
            best = run
    return [best[i] for i in place] if len(best) == count else best


def _by_label(readings: Sequence[Reading], sizes: Mapping[str, int]) -> dict[str, list[Candidate]]:
    """Prints whose label means a check. Pieces of one tensor under one label are one answer."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    pieces: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        check = reading.meant or ""
        size = sizes.get(check, 0)
        if reading.size == size > 0:
            found[check].append(_named([reading], size))
        elif 0 < reading.size < size and _names_itself(reading):
            if reading.slot.first.elided:
                found[check].append(_named([reading], size))
            elif size % reading.size == 0:
                pieces[check].append(reading)
    for check, parts in pieces.items():
        if len(parts) > 1 or parts[0].size > 1:
            found[check].append(_named(parts, sizes[check], "in pieces"))
    return found


def _named(readings: Sequence[Reading], size: int, layout: str = "as printed") -> Candidate:
    """What only a label speaks for. size: numbers of the reference."""
    share = min(1.0, sum(r.size for r in readings) / size)
    reason = ("order",) if layout == "in pieces" else ("shape",) if share == 1.0 else ()
    return Candidate("named", tuple(readings), layout, share, (), ("label", *reason))


def _called_so(
    readings: Sequence[Reading], taken: Collection[int], check: str, sizes: Mapping[str, int]
) -> list[Candidate]:
    """A tensor that is called like the check, where nothing else answers: the last one, whatever its numbers
    happen to be a part of. What shows another quantity as a whole is told by that quantity's name."""
    called = [
        r
        for r in readings
        if r.meant == check
        and r.size > 1
        and r.order not in taken
        and _names_itself(r)
        and not any(v.whole for v in r.exact)
    ]
    if not called:
        return []
    last = max(called, key=lambda r: (r.size == sizes[check], r.order))
    if last.size == sizes[check]:
        return [_named([last], last.size)]
    return [Candidate("named", (last,), "of another size", 0.0, (), ("label",))]


def _names_itself(reading: Reading) -> bool:
    """A piece is a piece of what its own label says; a norm below a heading is no piece of a tensor."""
    return reading.called or (reading.size > 1 and not reading.slot.first.label)


def _by_order(
    readings: Sequence[Reading], checks: Sequence[str], sizes: Mapping[str, int]
) -> list[tuple[str, Reading]]:
    """Unlabelled, unexplained prints of the right size, in the order in which the checks are asked."""
    pairs: list[tuple[str, Reading]] = []
    for size in {sizes[c] for c in checks if sizes[c] > 1}:
        wanted = [c for c in checks if sizes[c] == size]
        fitting = [r for r in readings if r.size == size]
        pairs.extend(zip(wanted, fitting, strict=False))
    return pairs
