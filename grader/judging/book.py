"""Which known values a print shows: references and mistaken variants, looked up as intervals (pure).

A printed number is an interval; a value fits when it lies inside, widened by the float error of an
honest computation (relative to the largest magnitude of its tensor). Layout is the student's
freedom, so every value is filed whole and transposed, and also by row, column and element for
notebooks that print it piece by piece. Shapes are not compared beyond their number of elements:
``(4,)``, ``(4, 1)`` and ``(1, 4)`` are the same print.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, permutations, product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array, magnitude, margin
from grader.judging.pairing import Slot
from grader.models import PrintedTensor
from rubric.schema import Tolerance

_AXES = 4  # of a tensor that is looked up with its axes in any order
_SLACK = 1e-9  # decimal text → binary float, relative to the printed number


Ids = tuple[str, ...]
"""mistakes that were made together"""
Source = Literal["autograd", "other means", "unknown"]

# Where a mistake saturates the network, float32 loses most digits of a gradient. In the handout's world
# its variants must fit like the solution; in the others, so nearly, and those that fit better win.
NEARLY = Tolerance(rtol=1e-2)


@dataclass(frozen=True, slots=True)
class Target:
    """One quantity in every world, under some mistakes (none: the canonical solution).

    source: who gets it: whoever lets autograd compute it, or whoever does not; unknown where both do.
    tolerance: its own, None for the book's. fixed: its layout is asked, too.
    """

    quantity: str
    mistakes: tuple[str, ...]
    values: tuple[Array, ...]
    source: Source = "unknown"
    tolerance: Tolerance | None = None
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class TargetView:
    """One way of writing a target or a piece of it.

    layout: "as expected", "transposed", "axes 1 0 2" (their new order), "row", "column" or "element";
    index: which piece of `count`. Rows of more than two axes are what the first axes leave.
    """

    target: Target
    layout: str
    index: int = 0
    count: int = 1

    @property
    def whole(self) -> bool:
        return self.count == 1

    def part(self, values: Array) -> Array:
        """What of the target's values in one world it is, flattened."""
        return np.asarray(laid_out(values, self.layout).reshape(self.count, -1)[self.index])


def with_signs(targets: Sequence[Target], free: Set[str]) -> list[Target]:
    """Targets, and those whose sign is free with every sign they can have in the worlds."""
    made = []
    for target in targets:
        made.append(target)
        if target.quantity in free:
            for signs in islice(product((1.0, -1.0), repeat=len(target.values)), 1, None):
                values = tuple(s * v for s, v in zip(signs, target.values, strict=True))
                made.append(replace(target, values=values))
    return made


def by_source(autograd: Sequence[Target], other_means: Sequence[Target]) -> list[Target]:
    """Targets of both ways to compute; what is the same for both once, and told to be of neither."""
    others = {(t.quantity, t.mistakes): t for t in other_means}
    made: list[Target] = []
    for target in autograd:
        other = others.pop((target.quantity, target.mistakes), None)
        if other is not None and all(map(np.array_equal, target.values, other.values)):
            made.append(target)
            continue
        made.append(replace(target, source="autograd"))
        if other is not None:
            made.append(replace(other, source="other means"))
    return made + [replace(t, source="other means") for t in others.values()]


def source_of(views: Iterable[TargetView]) -> Source:
    """Where a print comes from that these views fit: unknown where both ways to compute give it."""
    sources = {v.target.source for v in views}
    return sources.pop() if len(sources) == 1 else "unknown"


def laid_out(values: npt.NDArray[Any], layout: str) -> npt.NDArray[Any]:
    """A tensor in the order of axes that a layout says."""
    if layout.startswith("axes "):
        return values.transpose([int(axis) for axis in layout.split()[1:]])
    return values.T if layout in ("transposed", "column") else values


def fits(printed: PrintedTensor, expected: Array, slack: float | Array) -> npt.NDArray[np.bool_]:
    """Elementwise: does the expected value, give or take `slack`, lie in the printed interval?

    printed: n visible elements. expected: shape (n,) or (k, n). slack: one, or shape (k, 1).
    What is not finite never fits.
    """
    value, half = np.asarray(printed.values), np.asarray(printed.half_unit)
    with np.errstate(invalid="ignore"):
        reach = half + slack + _SLACK * np.abs(value)
        return np.asarray((np.abs(value - expected) <= reach) & np.isfinite(value), dtype=np.bool_)


def visible(printed: PrintedTensor, expected: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """The elements of `expected` that an elided print shows, flattened; None if it can't show them."""
    shape = printed.shape
    if len(shape) != expected.ndim or any(s > e for s, e in zip(shape, expected.shape, strict=True)):
        return None
    corner = expected
    for axis, shown in enumerate(shape):
        size = expected.shape[axis]
        if shown < size:
            head = (shown + 1) // 2
            keep = [*range(head), *range(size - (shown - head), size)]
            corner = np.take(corner, keep, axis=axis)
    return corner.ravel()


@dataclass(frozen=True)
class Filed:
    """A target, all ways of writing it, by how many numbers they have, and its largest finite magnitudes."""

    target: Target
    views: Mapping[int, Sequence[TargetView]]
    peaks: tuple[float, ...]
    _shown: dict[int, tuple[Array, ...]] = field(default_factory=dict)

    def shown(self, size: int) -> tuple[Array, ...]:
        """What the views of so many numbers show in each world, one below the other."""
        if size not in self._shown:
            self._shown[size] = tuple(
                np.stack([view.part(world) for view in self.views[size]]) for world in self.target.values
            )
        return self._shown[size]


def file(targets: Iterable[Target], *, pieces: bool, elements: bool = False) -> list[Filed]:
    """Targets ready to be looked up. Whoever needs one in several books files it once."""
    filed = []
    for target in targets:
        views: dict[int, list[TargetView]] = defaultdict(list)
        for view in _views(target, pieces=pieces, elements=elements):
            views[target.values[0].size // view.count].append(view)
        filed.append(Filed(target, views, tuple(map(magnitude, target.values))))
    return filed


class Book:
    """Targets filed by size, so that one print is compared with all of them at once."""

    def __init__(
        self,
        filed: Iterable[Filed],
        tolerance: Tolerance,
        *,
        elsewhere: Tolerance | None = None,
        sizes: Collection[int] | None = None,
    ) -> None:
        """elsewhere: the tolerance of all worlds but the handout's, where it is another.

        sizes: numbers of elements of the prints that will be looked up, where they are known.
        """
        self._tolerance, self._elsewhere = tolerance, elsewhere
        self._firsts: dict[tuple[int, int], tuple[list[float], float]] = {}
        of_size: dict[int, list[Filed]] = defaultdict(list)
        filed = tuple(filed)
        self.targets = tuple(one.target for one in filed)
        for one in filed:
            for size in one.views if sizes is None else one.views.keys() & {*sizes}:
                of_size[size].append(one)
        self._views = {size: [v for one in same for v in one.views[size]] for size, same in of_size.items()}
        self._values = {
            size: tuple(map(np.concatenate, zip(*(one.shown(size) for one in same), strict=True)))
            for size, same in of_size.items()
        }
        self._slack = {
            size: tuple(self._granted(same, size, world) for world in range(len(same[0].peaks)))
            for size, same in of_size.items()
        }

    @cached_property
    def mistakes_about(self) -> Mapping[str, frozenset[tuple[str, ...]]]:
        """The hypotheses that change a quantity, for each."""
        found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for target in self.targets:
            found[target.quantity].add(target.mistakes)
        return {quantity: frozenset(hypotheses) for quantity, hypotheses in found.items()}

    def _granted(self, filed: Sequence[Filed], size: int, world: int) -> Array:
        """`margin` of every view of a size in a world, shape (k, 1)."""
        own = [one.target.tolerance or self._tolerance for one in filed]
        atol, rtol = np.array([t.atol for t in own]), np.array([t.rtol for t in own])
        if world and self._elsewhere:
            wider = rtol < self._elsewhere.rtol
            atol, rtol = (
                np.where(wider, getattr(self._elsewhere, n), v) for n, v in (("atol", atol), ("rtol", rtol))
            )
        margins = atol + rtol * np.array([one.peaks[world] for one in filed])
        return np.repeat(margins, [len(one.views[size]) for one in filed])[:, None]

    def may_begin(self, size: int, world: int, value: float, half_unit: float) -> bool:
        """May a print of so many numbers whose first is this one be some view? Of most prints it can't.

        size: at least 1.
        """
        if size not in self._views or not math.isfinite(value):
            return False
        if (size, world) not in self._firsts:
            firsts = self._values[size][world][:, 0]
            self._firsts[size, world] = (
                np.sort(firsts[np.isfinite(firsts)]).tolist(),
                float(self._slack[size][world].max()),
            )
        known, slack = self._firsts[size, world]
        # twice: no rounding here may refuse what `fits` takes
        reach = 2 * (half_unit + slack + _SLACK * abs(value))
        at = bisect_left(known, value - reach)
        return at < len(known) and known[at] <= value + reach

    def slack(self, values: Array) -> float:
        """Absolute float error granted to an honest computation, in the first world."""
        return margin(values, self._tolerance)

    def lookup(self, slot: Slot, worlds: Sequence[int]) -> list[TargetView]:
        """The views that fit this print in every one of `worlds` in which it appeared.

        The slot must appear in the first of `worlds`; an elided print is compared by what it shows.
        """
        prints = [(w, slot.prints[w]) for w in worlds]
        full = [(w, p) for w, p in prints if p is not None and not p.elided]
        elided = [(w, p) for w, p in prints if p is not None and p.elided]
        if not full:
            return self._lookup_elided(elided)
        size = len(full[0][1].values)
        if size not in self._views or any(len(p.values) != size for _, p in full):
            return []
        if size and not all(self.may_begin(size, w, p.values[0], p.half_unit[0]) for w, p in full):
            return []
        mask = np.ones(len(self._views[size]), dtype=np.bool_)
        for world, printed in full:
            inside = fits(printed, self._values[size][world], self._slack[size][world])
            mask &= inside.all(axis=1)
            if not mask.any():
                return []
        found = [self._views[size][i] for i in np.flatnonzero(mask)]
        fitting = {id(view) for view in self._lookup_elided(elided)} if elided else set()
        return [view for view in found if id(view) in fitting] if elided else found

    @cached_property
    def _wholes(self) -> list[tuple[int, npt.NDArray[Any], npt.NDArray[np.intp]]]:
        """Whole views of one shape: their size, where each of its elements is filed, which views they are."""
        by_shape: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
        for size, views in self._views.items():
            for row, view in enumerate(views):
                if view.whole:
                    by_shape[size, laid_out(view.target.values[0], view.layout).shape].append(row)
        return [
            (size, np.arange(size).reshape(shape), np.array(rows)) for (size, shape), rows in by_shape.items()
        ]

    def _lookup_elided(self, elided: Sequence[tuple[int, PrintedTensor]]) -> list[TargetView]:
        found: dict[int, list[int]] = {size: [] for size in self._views}
        for size, places, rows in self._wholes:
            left = rows
            for world, printed in elided:
                shown = visible(printed, places)
                if shown is None or not shown.size or not left.size:
                    left = rows[:0]
                    break
                values = self._values[size][world][left[:, None], shown]
                left = left[fits(printed, values, self._slack[size][world][left]).all(axis=1)]
            found[size].extend(left.tolist())
        return [self._views[size][row] for size, kept in found.items() for row in sorted(kept)]


def _views(target: Target, *, pieces: bool, elements: bool) -> Iterator[TargetView]:
    yield TargetView(target, "as expected")
    shape, size = target.values[0].shape, target.values[0].size
    if len(shape) == 2 and min(shape) > 1:
        if not target.fixed:
            yield TargetView(target, "transposed")
        if pieces:
            yield from (TargetView(target, "row", i, shape[0]) for i in range(shape[0]))
            columns = range(0 if target.fixed else shape[1])
            yield from (TargetView(target, "column", i, shape[1]) for i in columns)
    if len(shape) > 2:
        yield from _of_many_axes(target, pieces=pieces, elements=elements)
    if elements and size > 1:
        yield from (TargetView(target, "element", i, size) for i in range(size))


def _of_many_axes(target: Target, *, pieces: bool, elements: bool) -> Iterator[TargetView]:
    """A tensor of three axes or more: its axes in another order, and what its first axes leave."""
    shape = target.values[0].shape
    wide = [axis for axis, size in enumerate(shape) if size > 1]
    free = elements and len(shape) <= _AXES and not target.fixed
    for order in permutations(range(len(shape))) if free else ():
        if [axis for axis in order if axis in wide] != wide:
            yield TargetView(target, " ".join(["axes", *map(str, order)]))
    counts = dict.fromkeys(int(np.prod(shape[:depth])) for depth in range(1, len(shape)))
    for count in counts if pieces else ():
        if 1 < count < target.values[0].size:
            yield from (TargetView(target, "row", i, count) for i in range(count))
