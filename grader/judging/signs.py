"""Vectors that may each be negated, laid in the signs of the known ones that they are (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from grader.assignment.values import Array
from grader.judging.book import Book, Target
from grader.judging.pairing import Slot
from grader.models import PrintedTensor

Vectors = Literal["rows", "columns"]


def signed_as(values: Array, known: Array, vectors: Vectors) -> Array:
    """The same rows or columns, each in the sign in which it lies nearer to the known one."""
    if values.shape != known.shape or values.ndim != 2:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        alike = (values * known).sum(axis=1 if vectors == "rows" else 0)
    signs = np.where(alike < 0, -1.0, 1.0)
    return values * (signs[:, None] if vectors == "rows" else signs)


def in_known_signs(
    slots: Sequence[Slot], targets: Sequence[tuple[Target, Vectors]], book: Book
) -> list[Slot]:
    """Prints of such vectors in the signs of the known ones that they then are in every world.

    targets: the known ones. book: tells what they are, within float error.
    """
    return [_in_known_signs(slot, targets, book) for slot in slots] if targets else list(slots)


def _in_known_signs(slot: Slot, targets: Sequence[tuple[Target, Vectors]], book: Book) -> Slot:
    worlds = range(len(slot.prints))
    for target, vectors in targets:
        for turned in (False, True) if not target.fixed else (False,):
            laid = _laid(slot, target, vectors, turned=turned)
            fitting = book.lookup(laid, worlds) if laid is not None else []
            if laid is not None and any(v.whole and v.target.quantity == target.quantity for v in fitting):
                return laid
    return slot


def _laid(slot: Slot, target: Target, vectors: Vectors, *, turned: bool) -> Slot | None:
    """turned: it is printed transposed."""
    if any(
        p is not None and len(p.values) != v.size for p, v in zip(slot.prints, target.values, strict=True)
    ):
        return None
    if target.values[0].ndim != 2:
        return None

    def signed(printed: PrintedTensor, known: Array) -> PrintedTensor:
        values = np.asarray(printed.values)
        shown = values.reshape(known.shape[::-1]).T if turned else values.reshape(known.shape)
        laid = signed_as(shown, known, vectors)
        return replace(printed, values=tuple((laid.T if turned else laid).ravel().tolist()))

    prints = (p and signed(p, v) for p, v in zip(slot.prints, target.values, strict=True))
    return replace(slot, prints=tuple(prints))
