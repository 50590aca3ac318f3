"""The same print in every world: printed tensors paired by cell, order and label (pure)."""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

from grader.extract.entries import stacked
from grader.models import PrintedTensor

_NUMBER = re.compile(r"-?\d*\.\d*(?:[eE][-+]?\d+)?|-?\d{3,}")
_AHEAD = 48  # how far the next print that both have is looked for


@dataclass(frozen=True, slots=True)
class Slot:
    """One print of the notebook: what it showed in each world, None where it did not appear.

    order: position among all prints of the first world.
    """

    order: int
    prints: tuple[PrintedTensor | None, ...]

    @property
    def first(self) -> PrintedTensor:
        """The print in the handout's own world; every slot has one."""
        print_ = self.prints[0]
        assert print_ is not None
        return print_


def pair(worlds: Sequence[Sequence[PrintedTensor]]) -> tuple[Slot, ...]:
    """Pair the prints of the first world with those of the others.

    worlds: the extracted prints of each world in the order they appeared, the handout's world first.
    Prints that only another world has are dropped: what the student hands in is the first world.
    """
    first, *others = worlds
    partners = [_partners(first, other) for other in others]
    return tuple(
        Slot(order, (printed, *(found.get(order) for found in partners)))
        for order, printed in enumerate(first)
    )


def below_each_other(rows: Sequence[Slot]) -> Slot:
    """Rows as the table that they are; nothing of a world where one of them has another length."""
    length = len(rows[0].first.values)
    worlds = zip(*(row.prints for row in rows), strict=True)
    alike = ([p for p in prints if p is not None and len(p.values) == length] for prints in worlds)
    return replace(rows[0], prints=tuple(stacked(p) if len(p) == len(rows) else None for p in alike))


def alike(
    one: PrintedTensor, other: PrintedTensor, *, units: float = 1.0, rtol: float = 0.0, atol: float = 0.0
) -> bool:
    """Do two prints show the same numbers, give or take so many units of their last digits?"""
    return len(one.values) == len(other.values) and all(
        abs(v - w) <= units * (h + k) + atol + rtol * abs(v) or v == w or (isnan(v) and isnan(w))
        for v, h, w, k in zip(one.values, one.half_unit, other.values, other.half_unit, strict=True)
    )


def _partners(left: Sequence[PrintedTensor], right: Sequence[PrintedTensor]) -> dict[int, PrintedTensor]:
    by_cell: dict[int, tuple[list[int], list[PrintedTensor]]] = defaultdict(lambda: ([], []))
    for order, printed in enumerate(left):
        by_cell[printed.cell][0].append(order)
    for printed in right:
        by_cell[printed.cell][1].append(printed)
    found: dict[int, PrintedTensor] = {}
    for orders, there in by_cell.values():
        here = [left[o] for o in orders]
        for i, j in _align(here, there):
            found[orders[i]] = there[j]
    return found


def _align(here: list[PrintedTensor], there: list[PrintedTensor]) -> list[tuple[int, int]]:
    """Pairs of positions. The same shapes, or the same labels, in the same order are the same prints.

    So are the same labels and shapes in any order (sorted by their norms).

    A label can change with the world: a longer print moves to a line of its own, and a shape can:
    a long print is elided. Where both differ, prints that agree in both are paired first, and those
    between them by shape.
    """
    keys, other = [_key(p) for p in here], [_key(p) for p in there]
    named, others = [_named(p) for p in here], [_named(p) for p in there]
    if Counter(named) == Counter(others):
        places: dict[tuple[str, tuple[int, ...]], deque[int]] = defaultdict(deque)
        for j, key in enumerate(others):
            places[key].append(j)
        return [(i, places[key].popleft()) for i, key in enumerate(named)]
    for part in (1, 0):
        if [k[part] for k in keys] == [k[part] for k in other]:
            return [(i, i) for i in range(len(keys))]
    pairs: list[tuple[int, int]] = []
    i = j = 0
    for a, b in [*_in_both(keys, other), (len(keys), len(other))]:
        between = _in_both([k[1] for k in keys[i:a]], [k[1] for k in other[j:b]])
        pairs.extend((i + m, j + n) for m, n in between)
        pairs.append((a, b))
        i, j = a + 1, b + 1
    return pairs[:-1]


def _in_both(here: Sequence[object], there: Sequence[object]) -> list[tuple[int, int]]:
    """Positions of equal elements in the same order, in a time that grows with their number.

    One after the other, and where two differ, the next pair of equal ones that is not far away.
    """
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(here) and j < len(there):
        skip = next(
            (
                (m, n)
                for away in range(2 * _AHEAD + 1)
                for m in range(max(0, away - _AHEAD), min(away, _AHEAD) + 1)
                if i + m < len(here) and j + (n := away - m) < len(there) and here[i + m] == there[j + n]
            ),
            None,
        )
        if skip is None:
            i, j = i + 1, j + 1
            continue
        i, j = i + skip[0], j + skip[1]
        pairs.append((i, j))
        i, j = i + 1, j + 1
    return pairs


def _key(printed: PrintedTensor) -> tuple[str, tuple[int, ...]]:
    """What stays the same in another world: shape, and the label without the values in it."""
    label = _NUMBER.sub("#", f"{printed.channel} {printed.label}")
    return label, printed.shape


def _named(printed: PrintedTensor) -> tuple[str, tuple[int, ...]]:
    """The same with what stands above where there is no label."""
    label, shape = _key(printed)
    return label if printed.label else _NUMBER.sub("#", f"{label}{printed.above}"), shape
