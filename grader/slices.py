"""Several quantities in one print: a stack of matrices, or rows of one after rows of another (pure)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.book import Book
from grader.models import PrintedTensor
from grader.pairing import Slot

_MOST = 200  # slices of one print


def take_apart(slots: Sequence[Slot], book: Book, sizes: Collection[int]) -> tuple[Slot, ...]:
    """Replace prints that are no known quantity by their slices along the first axis.

    A print of a checked size stays whole: it may be that check, got wrong. sizes: numbers of elements
    of the checked quantities. The slots come back renumbered.
    """
    found: list[Slot] = []
    for slot in slots:
        found.extend(_slices(slot, book, sizes))
    return tuple(replace(slot, order=order) for order, slot in enumerate(found))


def _slices(slot: Slot, book: Book, sizes: Collection[int]) -> list[Slot]:
    first = slot.first
    prints = [p for p in slot.prints if p is not None]
    if len(first.shape) < 2 or not 1 < first.shape[0] <= _MOST or len(first.values) in sizes:
        return [slot]
    if any(p.elided or p.shape != first.shape for p in prints):
        return [slot]
    worlds = range(len(slot.prints))
    if any(view.whole for view in book.lookup(slot, worlds)):
        return [slot]
    apart = [Slot(slot.order, tuple(p and _slice(p, i) for p in slot.prints)) for i in range(first.shape[0])]
    if len(first.shape) > 2:
        apart = [inner for part in apart for inner in _slices(part, book, sizes)]
    return apart if any(book.lookup(part, worlds) for part in apart) else [slot]


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
