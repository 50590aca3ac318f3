"""The order of rows and the signs of vectors, where a rubric leaves them free: laid as known ones (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array
from grader.judging.book import Book, Target, fits
from grader.judging.pairing import Slot, below_each_other
from grader.models import PrintedTensor
from rubric.schema import TensorCheck

_MOST = 200  # rows that are laid in order
_WINDOWS = 1000  # prints of one cell that may be such rows

Arrangement = tuple[npt.NDArray[np.intp], Array]
"""which row stands where, and by what each of its numbers is then multiplied"""
Arrange = Callable[[Array, Array], Arrangement]
"""how values are laid so that they lie nearest to known ones of their shape"""


def laid_as(values: Array, known: Array, arrange: Arrange) -> Array:
    """The same values as they lie nearest to the known ones."""
    if values.shape != known.shape or not known.ndim or len(known) > _MOST:
        return values
    order, signs = arrange(values, known)
    return values[order] * signs


def _in_order(values: Array, known: Array) -> Arrangement:
    """Each row where the known row stands that is nearest, all of them together."""
    from scipy.optimize import linear_sum_assignment  # a quarter of a second, which few rubrics need

    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.abs(_rows(known)[:, None, :] - _rows(values)[None, :, :]).sum(axis=2)
    order = linear_sum_assignment(np.nan_to_num(apart, nan=1e300, posinf=1e300))[1]
    return np.asarray(order, dtype=np.intp), np.ones(1)


def _in_signs(values: Array, known: Array, *, axis: int) -> Arrangement:
    """Each vector along an axis in the sign in which it lies nearer to the known one."""
    order = np.arange(len(known))
    if known.ndim != 2:
        return order, np.ones(1)
    with np.errstate(over="ignore", invalid="ignore"):
        alike = (values * known).sum(axis=axis, keepdims=True)
    return order, np.where(alike < 0, -1.0, 1.0)


SIGNS: Mapping[str, Arrange] = {"rows": partial(_in_signs, axis=1), "columns": partial(_in_signs, axis=0)}
"""each row, or each column, in its sign"""


def left_free(check: TensorCheck) -> tuple[Arrange, ...]:
    """What a check leaves free, the sign of the whole aside."""
    signs = SIGNS.get(check.sign)
    return (*([signs] if signs else []), *([_in_order] if check.order == "free" else []))


def in_known_form(
    slots: Sequence[Slot], free: Sequence[tuple[Target, Arrange]], book: Book
) -> tuple[Slot, ...]:
    """Prints of values of which something is free, in the order and the signs of the known ones they are.

    free: the known ones. book: tells what they are, within float error.
    """
    found = [_in_known_form(slot, free, book) for slot in slots]
    for target, arrange in free:
        for turned in _ways(target):
            _rows_in_known_form(found, target, arrange, book, turned=turned)
    return tuple(found)


def _ways(target: Target) -> tuple[bool, ...]:
    """May it be printed as it is, and transposed?"""
    return (False,) if target.fixed or target.values[0].ndim != 2 else (False, True)


def _in_known_form(slot: Slot, free: Sequence[tuple[Target, Arrange]], book: Book) -> Slot:
    """A print as the first known value that it then is in every world.

    Where it is none of them, it stays as it is; where it is one in some worlds, it is laid as in the first
    world in the others, so that what stands still still does.
    """
    partly = slot
    for target, arrange in free:
        for turned in _ways(target):
            laid = _laid(slot, target, arrange, turned=turned)
            if laid is None:
                continue
            if _is(laid[0], target, book):
                return laid[0]
            if partly is slot and book.lookup(laid[0], [0]):
                partly = laid[1]
    return partly


def _is(slot: Slot, target: Target, book: Book) -> bool:
    """Is it the whole quantity in every world?"""
    views = book.lookup(slot, range(len(slot.prints)))
    return any(v.whole and v.target.quantity == target.quantity for v in views)


def _laid(slot: Slot, target: Target, arrange: Arrange, *, turned: bool) -> tuple[Slot, Slot] | None:
    """A print laid in each world as there, and laid in all as in the first; None where it has another size.

    turned: it is printed transposed.
    """
    shape = target.values[0].shape
    pairs = [(p, v) for p, v in zip(slot.prints, target.values, strict=True) if p is not None]
    if not shape or shape[0] > _MOST:
        return None
    if any(len(p.values) != v.size for p, v in pairs):
        return None

    def shown(numbers: Sequence[float]) -> Array:
        flat = np.asarray(numbers)
        return flat.reshape(shape[::-1]).T if turned else flat.reshape(shape)

    def flat(numbers: Array) -> tuple[float, ...]:
        return tuple((numbers.T if turned else numbers).ravel().tolist())

    def by(printed: PrintedTensor, arrangement: Arrangement) -> PrintedTensor:
        order, signs = arrangement
        values, half = shown(printed.values)[order] * signs, shown(printed.half_unit)[order]
        return replace(printed, values=flat(values), half_unit=flat(half))

    first = arrange(shown(slot.first.values), target.values[0])
    each = (p and by(p, arrange(shown(p.values), v)) for p, v in zip(slot.prints, target.values, strict=True))
    as_first = (p and by(p, first) for p in slot.prints)
    return replace(slot, prints=tuple(each)), replace(slot, prints=tuple(as_first))


def _rows_in_known_form(
    found: list[Slot], target: Target, arrange: Arrange, book: Book, *, turned: bool
) -> None:
    """Lay prints of one cell that are the rows of a target, or its columns, as those that they are."""
    known = target.values[0].T if turned else target.values[0]
    if not known.ndim or not 1 < len(known) <= _MOST:
        return
    cells: dict[int, list[int]] = defaultdict(list)
    for place, slot in enumerate(found):
        if slot.first.values and len(slot.first.values) * len(known) == known.size:
            cells[slot.first.cell].append(place)
    for places in cells.values():
        near = [len(places) <= _WINDOWS and _is_a_row(found[i].first, known, book) for i in places]
        at = 0
        while at + len(known) <= len(places):
            window = places[at : at + len(known)]
            table = below_each_other([found[i] for i in window]) if all(near[at : at + len(known)]) else None
            laid = table and _laid(table, target, arrange, turned=turned)
            if not laid or not _is(laid[0], target, book):
                at += 1
                continue
            for row, i in enumerate(window):
                found[i] = _with_row(found[i], laid[0], row, len(known))
            at += len(known)


def _is_a_row(printed: PrintedTensor, known: Array, book: Book) -> bool:
    """Is it, in some sign, a row in the first world? Most prints are none, and need not be laid in order."""
    rows = _rows(known)
    return bool(fits(printed, np.concatenate([rows, -rows]), book.slack(known)).all(axis=1).any())


def _with_row(slot: Slot, laid: Slot, row: int, count: int) -> Slot:
    def part(numbers: tuple[float, ...]) -> tuple[float, ...]:
        size = len(numbers) // count
        return numbers[row * size : (row + 1) * size]

    prints = (
        p and q and replace(p, values=part(q.values), half_unit=part(q.half_unit))
        for p, q in zip(slot.prints, laid.prints, strict=True)
    )
    return replace(slot, prints=tuple(prints))


def _rows(values: Array) -> Array:
    return values.reshape(len(values), -1)
