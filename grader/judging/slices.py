"""Several quantities in one print: stacks of matrices, rows after rows, everything in one vector (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate

import numpy as np

from grader.judging.book import Book
from grader.judging.pairing import Slot
from grader.judging.rows import below_each_other, rows_of_tables
from grader.models import PrintedTensor

_MOST = 200  # slices of one print
_LARGEST = 1000  # numbers in a table whose columns are looked at


def take_apart(slots: Sequence[Slot], books: Sequence[Book], asked: Mapping[str, int]) -> tuple[Slot, ...]:
    """Replace prints that are no known quantity by the parts that are.

    books: the reference, then whatever else makes a part known. asked: the checked quantities in their
    order, with their numbers of elements; a print of such a size is taken apart only where a block of it
    is a checked quantity, since it may be one itself, got wrong. The slots come back renumbered.
    """
    found: list[Slot] = []
    for rows in rows_of_tables(slots):
        blocks = _blocks(below_each_other(rows), books[0], asked) if len(rows) > 1 else []
        found.extend(
            blocks if len(blocks) > 1 else (part for row in rows for part in _parts(row, books, asked))
        )
    return tuple(replace(slot, order=order) for order, slot in enumerate(found))


def _parts(slot: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> list[Slot]:
    first = slot.first
    prints = [p for p in slot.prints if p is not None]
    if not first.shape or len(first.values) == 1 or any(p.elided or p.shape != first.shape for p in prints):
        return [slot]
    sizes = list(asked.values())
    if len(first.shape) == 1 and len(first.values) in sizes:
        return [slot]
    worlds = range(len(slot.prints))
    known = {view.target.quantity for book in books for view in book.lookup(slot, worlds) if view.whole}
    if known:
        return [slot] if known & asked.keys() else [slot, *_asked_slices(slot, books[0], asked)]
    if len(first.values) in sizes:
        found = _blocks(slot, books[0], asked)
        found = found if len(found) > 1 else _stacked(slot, books[0], asked)
    else:
        found = (
            _versions(slot, books, asked)
            or _joined_end_to_end(slot, books, sizes)
            or _columns_or_slices(slot, books, asked)
        )
    return found if len(found) > 1 else _lines(slot, books[0], asked)


def _versions(slot: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> list[Slot]:
    """Slices of one size of which one is a checked quantity and another the same, got wrong; else none."""
    shape = slot.first.shape
    if len(shape) > 1:
        cuts = [_along_first(slot)] if 1 < shape[0] <= _MOST else []
        if len(shape) == 2 and 1 < shape[1] <= _MOST:
            cuts.append(_cut(_flat(slot, turned=True), shape[0]))
    else:
        total = len(slot.first.values)
        cuts = [_cut(slot, n) for n in {*asked.values()} if 1 < n < total <= _MOST * n]
    for parts in cuts:
        right = {q for part in parts if any(part.first.values) for q in _shown(part, books[0], asked)}
        wrong = {q for book in books[1:] for part in parts for q in _shown(part, book, asked, zeros=False)}
        if right & wrong:
            return parts
    return []


def _columns_or_slices(slot: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> list[Slot]:
    for book in books:
        blocks = _blocks(slot, book, asked)
        if len(blocks) > 1:
            return blocks
    return _slices(slot, books, asked)


def _blocks(slot: Slot, book: Book, asked: Mapping[str, int]) -> list[Slot]:
    """Neighbouring columns of a table that are a checked quantity, and what stands between them."""
    shape = slot.first.shape
    if len(shape) != 2 or len(slot.first.values) > _LARGEST or shape[1] < 2:
        return [slot]
    flat = _flat(slot, turned=True)
    rows, columns = shape
    padded = any(p is not None and not np.isfinite(p.values).all() for p in slot.prints)
    fitting = range(1, columns) if padded else {n // rows for n in asked.values() if n % rows == 0}
    widths = sorted((w for w in fitting if w < columns), reverse=True)
    found: list[Slot] = []
    between: list[Slot] = []
    start = begun = 0
    while start < columns:
        block = next(((w, b) for w in widths if (b := _block(flat, start, w, rows, book, asked))), None)
        if block is None:
            start += 1
            continue
        if begun < start:
            between.append(_relabelled(_segment(flat, begun * rows, start * rows), ""))
        found.append(_relabelled(block[1], slot.first.label))
        start = begun = start + block[0]
    if begun < columns:
        between.append(_relabelled(_segment(flat, begun * rows, columns * rows), ""))
    if not found:
        return [slot]
    (width, *others) = {len(f.first.values) for f in found}
    if not others:  # other columns of the same width may be the same thing, got wrong
        between = [part for b in between for part in _cut(b, width)]
    twice = len(found) > len({frozenset(_shown(f, book, asked)) for f in found})
    # of the same thing side by side, what remains is their difference
    return found if twice else [*found, *between]


def _block(
    flat: Slot, start: int, width: int, rows: int, book: Book, asked: Mapping[str, int]
) -> Slot | None:
    part = _segment(flat, start * rows, (start + width) * rows)
    if len(part.first.values) < width * rows:
        return None
    part = Slot(part.order, tuple(p and _unpadded(p) for p in part.prints))
    return part if any(part.first.values) and _shown(part, book, asked) else None


def _unpadded(printed: PrintedTensor) -> PrintedTensor:
    """Columns without the nan by which a table makes them as long as others."""
    keep = [i for i, value in enumerate(printed.values) if not np.isnan(value)]
    if len(keep) == len(printed.values):
        return printed
    return replace(
        printed,
        values=tuple(printed.values[i] for i in keep),
        half_unit=tuple(printed.half_unit[i] for i in keep),
        shape=(len(keep),),
    )


def _shown(part: Slot, book: Book, asked: Mapping[str, int], *, zeros: bool = True) -> set[str]:
    """The checked quantities that a print is. zeros: also those that are nothing else, as differences are."""
    views = [v for v in book.lookup(part, range(len(part.prints))) if v.whole and v.target.quantity in asked]
    return {v.target.quantity for v in views if zeros or v.target.values[0].any()}


def _cut(flat: Slot, length: int) -> list[Slot]:
    """Pieces of one length, where they leave no rest."""
    total = len(flat.first.values)
    if total % length:
        return [flat]
    return [_segment(flat, start, start + length) for start in range(0, total, length)]


def _relabelled(slot: Slot, label: str) -> Slot:
    return Slot(slot.order, tuple(p and replace(p, label=label) for p in slot.prints))


def _slices(slot: Slot, books: Sequence[Book], asked: Mapping[str, int]) -> list[Slot]:
    """Slices along the first axis, where one of them is known."""
    shape = slot.first.shape
    if len(shape) < 2 or not 1 < shape[0] <= _MOST:
        return [slot]
    worlds = range(len(slot.prints))
    apart = _along_first(slot)
    if len(shape) > 2:
        apart = [inner for part in apart for inner in _parts(part, books, asked)]
    known = any(books[0].lookup(part, worlds) for part in apart)
    mistaken = any(v.whole for book in books[1:] for part in apart for v in book.lookup(part, worlds))
    return apart if known or mistaken else [slot]


def _along_first(slot: Slot) -> list[Slot]:
    return [
        Slot(slot.order, tuple(p and _slice(p, i) for p in slot.prints)) for i in range(slot.first.shape[0])
    ]


def _asked_slices(slot: Slot, book: Book, asked: Mapping[str, int]) -> list[Slot]:
    """Slices along the first axes of a print that is something else as a whole, where they are asked for."""
    shape = slot.first.shape
    if len(shape) < 2 or not 1 < shape[0] <= _MOST:
        return []
    found: list[Slot] = []
    for index in range(shape[0]):
        part = Slot(slot.order, tuple(p and _slice(p, index) for p in slot.prints))
        if any(part.first.values) and _shown(part, book, asked):
            found.append(part)
        else:
            found.extend(_asked_slices(part, book, asked))
    return found


def _stacked(slot: Slot, book: Book, asked: Mapping[str, int]) -> list[Slot]:
    """Slices along the first axis, where one of them is a whole checked quantity."""
    shape = slot.first.shape
    if len(shape) < 2 or not 1 < shape[0] <= _MOST:
        return [slot]
    apart = _along_first(slot)
    known = any(any(part.first.values) and _shown(part, book, asked) for part in apart)
    return apart if known else [slot]


def _lines(slot: Slot, book: Book, asked: Mapping[str, int]) -> list[Slot]:
    """Rows or columns, where one of them is a row or a column of a checked quantity that this can't be.

    Half of a matrix (`h1[:2]`), or a table for each instance with a column for each layer.
    """
    shape = slot.first.shape
    if len(shape) != 2 or min(shape) < 1 or max(shape) > _MOST:
        return [slot]
    size = len(slot.first.values)
    turned = Slot(slot.order, tuple(p and _turned(p) for p in slot.prints))
    for whole in (slot, turned):
        apart = _along_first(whole)
        for part in apart:
            views = book.lookup(part, range(len(part.prints))) if any(part.first.values) else []
            if any(
                v.layout in ("row", "column") and asked.get(v.target.quantity, size) != size for v in views
            ):
                return apart
    return [slot]


def _joined_end_to_end(slot: Slot, books: Sequence[Book], sizes: Sequence[int]) -> list[Slot]:
    """The parts of ``torch.cat([h1, h2])``, flattened or not, along either axis; empty where it is none."""
    if len(slot.first.shape) > 2 or len(slot.first.values) > 2 * sum(sizes):
        return []
    for turned in (False, True) if len(slot.first.shape) == 2 else (False,):
        flat = _flat(slot, turned=turned)
        lengths = _all_known(flat, books, sizes) or _in_order(flat, books, sizes)
        if lengths:
            return list(_segments(flat, lengths))
    return []


def _all_known(flat: Slot, books: Sequence[Book], sizes: Sequence[int]) -> tuple[int, ...]:
    """Lengths of consecutive segments that are all known quantities; empty where there are none."""
    total = len(flat.first.values)
    lengths = sorted({*sizes}, reverse=True)

    @cache
    def rest(start: int) -> tuple[int, ...] | None:
        if start == total:
            return ()
        for n in lengths:
            if start + n <= total and _known(_segment(flat, start, start + n), books):
                after = rest(start + n)
                if after is not None:
                    return (n, *after)
        return None

    found = rest(0) or ()
    return found if any(n > 1 for n in found) else ()  # single numbers alone may fit by chance


def _in_order(flat: Slot, books: Sequence[Book], sizes: Sequence[int]) -> tuple[int, ...]:
    """Lengths of the checked quantities, if some of them in order make up this print and one is known."""
    total = len(flat.first.values)
    for start in range(len(sizes)):
        for end in range(start + 2, len(sizes) + 1):
            run = tuple(sizes[start:end])
            parts = _segments(flat, run) if sum(run) == total else ()
            if any(len(part.first.values) > 1 and _known(part, books) for part in parts):
                return run
    return ()


def _known(part: Slot, books: Sequence[Book]) -> bool:
    worlds = range(len(part.prints))
    found = (view for book in books for view in book.lookup(part, worlds))
    return any(view.whole and view.target.values[0].any() for view in found)


def _flat(slot: Slot, *, turned: bool) -> Slot:
    return Slot(slot.order, tuple(p and _flattened(p, turned=turned) for p in slot.prints))


def _flattened(printed: PrintedTensor, *, turned: bool) -> PrintedTensor:
    order = np.arange(len(printed.values)).reshape(printed.shape)
    picked = (order.T if turned else order).ravel()
    return replace(
        printed,
        values=tuple(printed.values[i] for i in picked),
        half_unit=tuple(printed.half_unit[i] for i in picked),
        shape=(len(picked),),
    )


def _turned(printed: PrintedTensor) -> PrintedTensor:
    return replace(_flattened(printed, turned=True), shape=printed.shape[::-1])


def _segments(flat: Slot, lengths: Sequence[int]) -> Iterator[Slot]:
    """A print cut into consecutive segments of these lengths."""
    ends = accumulate(lengths)
    return (_segment(flat, end - length, end) for length, end in zip(lengths, ends, strict=True))


def _segment(flat: Slot, start: int, end: int) -> Slot:
    return Slot(flat.order, tuple(p and _piece(p, start, end) for p in flat.prints))


def _piece(printed: PrintedTensor, start: int, end: int) -> PrintedTensor:
    return replace(
        printed,
        values=printed.values[start:end],
        half_unit=printed.half_unit[start:end],
        shape=(end - start,),
        label=printed.label if start == 0 else "",
    )


def _slice(printed: PrintedTensor, index: int) -> PrintedTensor:
    size = len(printed.values) // printed.shape[0]
    part = slice(index * size, (index + 1) * size)
    return replace(
        printed,
        values=printed.values[part],
        half_unit=printed.half_unit[part],
        shape=printed.shape[1:],
        label=printed.label if index == 0 else "",
    )
