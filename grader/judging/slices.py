"""Several quantities in one print: stacks of matrices, rows after rows, everything in one vector (pure).

A print is read along its rows or along its columns, and cut where checked quantities begin and end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from grader.extract.entries import in_runs
from grader.extract.numbers import BARS
from grader.judging.book import Book
from grader.judging.pairing import Slot, below_each_other
from grader.models import PrintedTensor

_MOST = 200  # rows of one print, or twice the checked numbers, within which quantities are sought

_PADDING = 24  # characters between two rows of a table, the name of the second aside
_GAP = re.compile(rf"(?: {{2,}}|\t| ?[{BARS}])[ \t]*")
_EDGE = f" \t{BARS}"

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Order:
    """The numbers of a print in the order in which they are read, and how many at least belong together.

    names: what each such unit is called; none where nothing says so.
    """

    slot: Slot
    places: Places
    unit: int
    names: Sequence[str] = ()

    @property
    def by_columns(self) -> bool:
        return bool(self.places[1] > 1)

    def shown(self, start: int, end: int) -> list[int]:
        """Where a stretch stands, without the nan by which a table makes its columns as long as others."""
        values = self.slot.first.values
        return [i for i in self.places[start:end].tolist() if not math.isnan(values[i])]

    def part(self, start: int, end: int) -> Slot:
        """A stretch; whole columns beside each other are a table of their own."""
        shown, shape = self.shown(start, end), None
        columns = (end - start) // self.unit
        if self.by_columns and columns > 1 and len(shown) == columns * self.unit:
            shown, shape = sorted(shown), (self.unit, columns)
        prints = tuple(p and _picked(p, shown, shape) for p in self.slot.prints)
        if self.names and start // self.unit == (end - 1) // self.unit:
            name, section = self.names[start // self.unit], self.slot.first.section
            prints = tuple(p and replace(p, label=name, above=section, above_distance=1) for p in prints)
        return Slot(self.slot.order, prints)

    def may_be(self, start: int, end: int, books: Sequence[Book]) -> bool:
        """May a stretch be in one of the books? Its first number tells, before it is taken out; every print
        has all of its numbers.
        """
        shown = self.shown(start, end)
        if not shown:
            return False
        at, size = shown[0], len(shown)
        prints = [(w, p) for w, p in enumerate(self.slot.prints) if p is not None and not p.elided]
        return any(all(b.may_begin(size, w, p.values[at], p.half_unit[at]) for w, p in prints) for b in books)

    def pieces(self, start: int, end: int, length: int) -> Iterator[Slot]:
        """The stretch in pieces of one length; the last one may be shorter."""
        return (self.part(at, min(at + length, end)) for at in range(start, end, length))


def take_apart(slots: Sequence[Slot], books: Sequence[Book], asked: Mapping[str, int]) -> tuple[Slot, ...]:
    """Replace prints that are no known quantity by the parts that are.

    books: the reference, then whatever else makes a part known. asked: the checked quantities in their
    order, with their numbers of elements; a print of such a size is taken apart only where a part of it
    is a checked quantity, since it may be one itself, got wrong. The slots come back renumbered.
    """
    found: list[Slot] = []
    for rows in in_runs(list(_whole_tables(slots, books[0], asked)), _goes_on):
        by_columns = len(rows) > 1 and not any(_is_checked(row, books[:1], asked) for row in rows)
        table = _cut(_columns(below_each_other(rows)), books[:1], asked)[0] if by_columns else []
        found.extend(table or (part for row in rows for part in _parts(row, books, asked)))
    return tuple(replace(slot, order=order) for order, slot in enumerate(found))


def _whole_tables(slots: Sequence[Slot], book: Book, asked: Mapping[str, int]) -> Iterator[Slot]:
    """The same, with the parts of an HTML table as one where all of it is a checked quantity: what a heading
    spans and what a row is called need not part it."""
    for _, group in groupby(slots, key=lambda slot: (slot.first.cell, slot.first.output, slot.first.span)):
        parts = list(group)
        if len(parts) > 1 and sum(len(part.first.values) for part in parts) in asked.values():
            worlds = zip(*(part.prints for part in parts), strict=True)
            whole = Slot(parts[0].order, tuple(_end_to_end([p for p in ps if p]) for ps in worlds))
            if any(
                v.whole and v.target.quantity in asked for v in book.lookup(whole, range(len(whole.prints)))
            ):
                yield whole
                continue
        yield from parts


def _end_to_end(prints: Sequence[PrintedTensor]) -> PrintedTensor | None:
    if not prints:
        return None
    values = tuple(v for p in prints for v in p.values)
    halves = tuple(h for p in prints for h in p.half_unit)
    return replace(prints[0], values=values, half_unit=halves, shape=(len(values),), label="")


def _goes_on(_: Slot, before: Slot, slot: Slot) -> bool:
    """Is it the next row of a table: of HTML, or on the line below, with its name?"""
    above, row = before.first, slot.first
    if len(row.shape) != 1 or row.shape != above.shape or len(row.values) < 2:
        return False
    if (
        (row.cell, row.output, row.form) != (above.cell, above.output, above.form)
        or row.elided
        or above.elided
    ):
        return False
    return row.span == above.span or 0 <= row.span[0] - above.span[1] <= len(row.label) + _PADDING


def _parts(slot: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> list[Slot]:
    first, sizes = slot.first, {*asked.values()}
    prints = [p for p in slot.prints if p is not None]
    if not first.shape or len(first.values) == 1 or any(p.elided or p.shape != first.shape for p in prints):
        return [slot]
    if len(first.shape) == 1 and len(first.values) in sizes:
        return [slot]
    worlds = range(len(slot.prints))
    known = {view.target.quantity for book in books for view in book.lookup(slot, worlds) if view.whole}
    if known & asked.keys():
        return [slot]
    within = books[:1] if known or len(first.values) in sizes else books
    cuts = [_cut(order, within, asked) for order in _orders(slot)]
    best = max(cuts, key=lambda cut: sum(len(p.first.values) for p in cut[1]))
    if known:
        return [slot, *best[1]]
    return best[0] or _lines(slot, books[0], asked)


def _orders(slot: Slot) -> Iterator[_Order]:
    """Along its rows; along its columns, where it has some."""
    shape = slot.first.shape
    places = np.arange(len(slot.first.values))
    yield _Order(slot, places, shape[-1] if len(shape) > 1 and shape[0] > 1 else 1)
    if len(shape) == 2 and min(shape) > 1:
        yield _columns(slot)


def _columns(table: Slot) -> _Order:
    """Along its columns; a name of its first row is none of theirs."""
    rows, columns = table.first.shape
    places = np.arange(rows * columns).reshape(rows, columns).T.ravel()
    return _Order(table, places, rows, _headings(table.first))


def _headings(printed: PrintedTensor) -> Sequence[str]:
    """What the line above a table calls each of its columns; none where it has not as many names."""
    if printed.above_distance != 1:
        return ()
    names = _GAP.split(printed.above.strip(_EDGE))
    return names[-printed.shape[1] :] if 0 <= len(names) - printed.shape[1] <= 1 else ()


def _cut(order: _Order, books: Sequence[Book], asked: Mapping[str, int]) -> tuple[list[Slot], list[Slot]]:
    """All parts, and those of them that are checked quantities, right or got wrong; none where nothing is.

    What stands between parts of one size is cut to that size: it may be the same thing, got wrong.
    """
    total, unit = len(order.places), order.unit
    if not 1 < total // unit <= max(_MOST, 2 * sum(asked.values())):
        return [], []
    fitting = sorted({n for n in asked.values() if n < total and n % unit == 0}, reverse=True)
    if not all(math.isfinite(v) for p in order.slot.prints if p is not None for v in p.values):
        fitting = [*range(unit, total, unit)][::-1]  # a table makes its columns as long as others
    found: list[tuple[int, int, Slot]] = []
    start = begun = 0
    while start < total:
        step = unit
        for n in fitting:
            # what is got wrong begins where something else ends
            among = books if (start - begun) % n == 0 else books[:1]
            if start + n > total or not (n > 1 or start == begun):
                continue
            if not order.may_be(start, start + n, among):
                continue
            part = order.part(start, start + n)
            if _is_checked(part, among, asked):
                found.append((start, start + n, part))
                begun, step = start + n, n
                break
        start += step
    known = [part for *_, part in found]
    if max((len(part.first.values) for part in known), default=0) < 2:  # single numbers may fit by chance
        return [], []
    return list(_with_rest(order, found)), known


def _with_rest(order: _Order, found: Sequence[tuple[int, int, Slot]]) -> Iterator[Slot]:
    total = len(order.places)
    widths = {end - start for start, end, *_ in found}
    width = min(widths) if len(widths) == 1 else total
    at = 0
    for start, end, part in found:
        yield from order.pieces(at, start, width)
        yield part
        at = end
    yield from order.pieces(at, total, width)


def _is_checked(part: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> bool:
    """Is a part a checked quantity, and more than zeros?"""
    views = (v for book in books for v in book.lookup(part, range(len(part.prints))))
    return any(part.first.values) and any(v.whole and v.target.quantity in asked for v in views)


def _lines(slot: Slot, book: Book, asked: Mapping[str, int]) -> list[Slot]:
    """Rows or columns, where one of them is a row or a column of a checked quantity that this can't be.

    Half of a matrix (`h1[:2]`), or a table for each instance with a column for each layer.
    """
    shape, size = slot.first.shape, len(slot.first.values)
    for order in _orders(slot):
        lengths = {order.unit} if order.by_columns else {order.unit, size // shape[0]}
        for length in sorted(lengths, reverse=True):
            begins = range(0, size, length) if 1 < size // length <= _MOST else ()
            if not any(order.may_be(n, n + length, [book]) for n in begins):
                continue
            apart = list(order.pieces(0, size, length))
            views = (v for p in apart if any(p.first.values) for v in book.lookup(p, range(len(p.prints))))
            if any(
                v.layout in ("row", "column")
                and asked.get(v.target.quantity, size) != size
                and not (v.target.fixed and order.by_columns)  # then a column is no row
                for v in views
            ):
                return apart
    return [slot]


def _picked(
    printed: PrintedTensor, places: Sequence[int], shape: tuple[int, ...] | None = None
) -> PrintedTensor:
    return replace(
        printed,
        values=tuple(printed.values[i] for i in places),
        half_unit=tuple(printed.half_unit[i] for i in places),
        shape=shape or (len(places),),
        label=printed.label if places[:1] == [0] else "",
    )
