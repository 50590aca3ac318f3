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
from dataclasses import dataclass, replace
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


Source = Literal["autograd", "other means", "unknown"]


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
    """A whole tensor in the order of axes that a layout says."""
    if layout.startswith("axes "):
        return values.transpose([int(axis) for axis in layout.split()[1:]])
    return values.T if layout == "transposed" else values


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


@dataclass(frozen=True, slots=True)
class Filed:
    """A target, all ways of writing it, flattened, and its largest finite magnitudes; in every world."""

    target: Target
    views: tuple[tuple[TargetView, tuple[Array, ...]], ...]
    peaks: tuple[float, ...]


def file(targets: Iterable[Target], *, pieces: bool, elements: bool = False) -> list[Filed]:
    """Targets ready to be looked up. Whoever needs one in several books files it once."""
    return [
        Filed(t, tuple(_views(t, pieces=pieces, elements=elements)), tuple(map(magnitude, t.values)))
        for t in targets
    ]


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
        self._views: dict[int, list[TargetView]] = defaultdict(list)
        rows: dict[int, list[tuple[Array, ...]]] = defaultdict(list)
        owners: dict[int, list[Filed]] = defaultdict(list)
        filed = tuple(filed)
        self.targets = tuple(one.target for one in filed)
        for one in filed:
            for view, values in one.views:
                size = values[0].size
                if sizes is None or size in sizes:
                    self._views[size].append(view)
                    rows[size].append(values)
                    owners[size].append(one)
        self._values = {
            size: tuple(np.concatenate(world).reshape(len(same), size) for world in zip(*same, strict=True))
            for size, same in rows.items()
        }
        self._slack = {
            size: tuple(self._granted(same, world)[:, None] for world in range(len(same[0].peaks)))
            for size, same in owners.items()
        }

    @cached_property
    def mistakes_about(self) -> Mapping[str, frozenset[tuple[str, ...]]]:
        """The hypotheses that change a quantity, for each."""
        found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for target in self.targets:
            found[target.quantity].add(target.mistakes)
        return {quantity: frozenset(hypotheses) for quantity, hypotheses in found.items()}

    def _granted(self, filed: Sequence[Filed], world: int) -> Array:
        """`margin` of every one in a world."""
        own = [one.target.tolerance or self._tolerance for one in filed]
        atol, rtol = np.array([t.atol for t in own]), np.array([t.rtol for t in own])
        if world and self._elsewhere:
            wider = rtol < self._elsewhere.rtol
            atol, rtol = (
                np.where(wider, getattr(self._elsewhere, n), v) for n, v in (("atol", atol), ("rtol", rtol))
            )
        return np.asarray(atol + rtol * np.array([one.peaks[world] for one in filed]))

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


def _views(target: Target, *, pieces: bool, elements: bool) -> Iterator[tuple[TargetView, tuple[Array, ...]]]:
    yield TargetView(target, "as expected"), tuple(v.ravel() for v in target.values)
    shape = target.values[0].shape
    if len(shape) == 2 and min(shape) > 1:
        if not target.fixed:
            yield TargetView(target, "transposed"), tuple(v.T.ravel() for v in target.values)
        if pieces:
            for i in range(shape[0]):
                yield TargetView(target, "row", i, shape[0]), tuple(v[i] for v in target.values)
            for i in range(shape[1]) if not target.fixed else ():
                yield TargetView(target, "column", i, shape[1]), tuple(v[:, i] for v in target.values)
    if len(shape) > 2:
        yield from _of_many_axes(target, pieces=pieces, elements=elements)
    if elements and target.values[0].size > 1:
        size = target.values[0].size
        for i in range(size):
            yield TargetView(target, "element", i, size), tuple(v.ravel()[i : i + 1] for v in target.values)


def _of_many_axes(
    target: Target, *, pieces: bool, elements: bool
) -> Iterator[tuple[TargetView, tuple[Array, ...]]]:
    """A tensor of three axes or more: its axes in another order, and what its first axes leave."""
    shape = target.values[0].shape
    wide = [axis for axis, size in enumerate(shape) if size > 1]
    free = elements and len(shape) <= _AXES and not target.fixed
    for order in permutations(range(len(shape))) if free else ():
        if [axis for axis in order if axis in wide] != wide:
            layout = " ".join(["axes", *map(str, order)])
            yield TargetView(target, layout), tuple(laid_out(v, layout).ravel() for v in target.values)
    counts = dict.fromkeys(int(np.prod(shape[:depth])) for depth in range(1, len(shape)))
    for count in counts if pieces else ():
        if 1 < count < target.values[0].size:
            for i in range(count):
                yield (
                    TargetView(target, "row", i, count),
                    tuple(v.reshape(count, -1)[i] for v in target.values),
                )
