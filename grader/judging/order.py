"""Values whose order is free, laid in the order of the known ones that they are (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array
from grader.judging.book import Book, Target, fits
from grader.judging.pairing import Slot
from grader.judging.rows import below_each_other
from grader.models import PrintedTensor

_MOST = 200  # rows that are laid in order
_WINDOWS = 1000  # prints of one cell that may be such rows


def in_order_of(values: Array, known: Array) -> Array:
    """The same rows, each where the known row stands that is nearest, all of them together."""
    if values.shape != known.shape or not 1 < len(known) <= _MOST:
        return values
    return values[_order(_rows(values), _rows(known))]


def in_known_order(slots: Sequence[Slot], targets: Sequence[Target], book: Book) -> tuple[Slot, ...]:
    """Prints of values whose order is free, in the order of the known ones that they are.

    targets: the known ones. book: tells what they are, within float error.
    """
    if not targets:
        return tuple(slots)
    laid = [_in_known_order(slot, targets, book) for slot in slots]
    return _rows_in_known_order(laid, targets, book)


def _in_known_order(slot: Slot, targets: Sequence[Target], book: Book) -> Slot:
    """A print with its rows in the order of the first target that it then is in every world.

    targets: those whose order is free. Where it is none of them, it stays as it is; where it is one in
    some worlds, it is laid in the first world's order in the others, so that what stands still still does.
    """
    partly = slot
    for target in targets:
        for turned in (False, True) if not target.fixed else (False,):
            laid = _laid(slot, target, turned=turned)
            if laid is None:
                continue
            worlds = range(len(slot.prints))
            if any(v.whole and v.target.quantity == target.quantity for v in book.lookup(laid, worlds)):
                return laid
            if partly is slot and book.lookup(laid, [0]):
                partly = _as_in_the_first(slot, laid, target, turned=turned)
    return partly


def _rows_in_known_order(slots: Sequence[Slot], targets: Sequence[Target], book: Book) -> tuple[Slot, ...]:
    """The same prints, where several of a cell are the rows of a target in another order in that order."""
    found = list(slots)
    for target in targets:
        rows = target.values[0].shape[0] if target.values[0].ndim else 0
        if not 1 < rows <= _MOST:
            continue
        cells: dict[int, list[int]] = defaultdict(list)
        for place, slot in enumerate(found):
            if slot.first.values and len(slot.first.values) * rows == target.values[0].size:
                cells[slot.first.cell].append(place)
        for places in cells.values():
            if len(places) <= _WINDOWS:
                _sort_rows(found, places, rows, target, book)
    return tuple(found)


def _sort_rows(found: list[Slot], places: Sequence[int], rows: int, target: Target, book: Book) -> None:
    near = [_is_a_row(found[i].first, target.values[0], book) for i in places]
    at = 0
    while at + rows <= len(places):
        if not all(near[at : at + rows]):
            at += 1
            continue
        window = places[at : at + rows]
        laid = _laid(below_each_other([found[i] for i in window]), target, turned=False)
        fitting = book.lookup(laid, range(len(laid.prints))) if laid else []
        if laid and any(v.whole and v.target.quantity == target.quantity for v in fitting):
            for row, i in enumerate(window):
                found[i] = _with_row(found[i], laid, row, rows)
            at += rows
        else:
            at += 1


def _is_a_row(printed: PrintedTensor, known: Array, book: Book) -> bool:
    """Is it one of the rows in the first world? Most prints are none, and need not be laid in order."""
    return bool(fits(printed, _rows(known), book.slack(known)).all(axis=1).any())


def _with_row(slot: Slot, laid: Slot, row: int, rows: int) -> Slot:
    def part(numbers: tuple[float, ...]) -> tuple[float, ...]:
        size = len(numbers) // rows
        return numbers[row * size : (row + 1) * size]

    prints = (
        p and q and replace(p, values=part(q.values), half_unit=part(q.half_unit))
        for p, q in zip(slot.prints, laid.prints, strict=True)
    )
    return replace(slot, prints=tuple(prints))


def _laid(slot: Slot, target: Target, *, turned: bool) -> Slot | None:
    known = target.values[0]
    if not known.ndim or not 1 < len(known) <= _MOST or known.size != len(slot.first.values):
        return None
    if turned and known.ndim != 2:
        return None
    prints = [
        p and _permuted(p, _order_in(p, values, turned=turned), values.shape, turned=turned)
        for p, values in zip(slot.prints, target.values, strict=True)
        if p is None or len(p.values) == values.size
    ]
    return replace(slot, prints=tuple(prints)) if len(prints) == len(slot.prints) else None


def _as_in_the_first(slot: Slot, laid: Slot, target: Target, *, turned: bool) -> Slot:
    known = target.values[0]
    order = _order_in(slot.first, known, turned=turned)
    rest = (p and _permuted(p, order, known.shape, turned=turned) for p in slot.prints[1:])
    return replace(slot, prints=(laid.first, *rest))


def _order_in(printed: PrintedTensor, values: Array, *, turned: bool) -> npt.NDArray[np.intp]:
    return _order(_shown_rows(np.asarray(printed.values), values.shape, turned=turned), _rows(values))


def _permuted(
    printed: PrintedTensor, order: npt.NDArray[np.intp], shape: tuple[int, ...], *, turned: bool
) -> PrintedTensor:
    def laid(numbers: Sequence[float]) -> tuple[float, ...]:
        rows = _shown_rows(np.asarray(numbers), shape, turned=turned)[order]
        return tuple((rows.T if turned else rows).ravel().tolist())

    return replace(printed, values=laid(printed.values), half_unit=laid(printed.half_unit))


def _shown_rows(numbers: Array, shape: tuple[int, ...], *, turned: bool) -> Array:
    return numbers.reshape(shape[::-1]).T if turned else numbers.reshape(shape[0], -1)


def _rows(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _order(rows: Array, known: Array) -> npt.NDArray[np.intp]:
    """For each known row the one of `rows` that is it, so that all together lie nearest."""
    from scipy.optimize import linear_sum_assignment  # a quarter of a second, which few rubrics need

    with np.errstate(over="ignore", invalid="ignore"):
        apart = np.abs(known[:, None, :] - rows[None, :, :]).sum(axis=2)
    return np.asarray(linear_sum_assignment(np.nan_to_num(apart, nan=1e300, posinf=1e300))[1], dtype=np.intp)
