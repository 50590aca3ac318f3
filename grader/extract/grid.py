"""Tables in long form: a line per entry, its indices in front of its value (pure).

row col value          0  0    0.5
0   0   0.5               1    0.25
0   1   0.25           1  0    0.125
…                      …
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Sequence

from grader.extract.nodes import Node

Index = tuple[int, ...]
_LARGEST = 9999
_MOST_INDICES = 4


def grid_shape(indices: Sequence[Index]) -> tuple[int, ...] | None:
    """Shape of the grid that these indices, counted from 0 or 1, fill without gaps; else None."""
    if not indices:
        return None
    first = min(min(index) for index in indices)
    shape = tuple(max(axis) - first + 1 for axis in zip(*indices, strict=True))
    if first not in (0, 1) or math.prod(shape) != len(indices) or len(set(indices)) != len(indices):
        return None
    return shape


def index_of(values: Sequence[float], halves: Sequence[float]) -> Index | None:
    """The indices in front of the last of these numbers; None where they are none, or it is whole.

    halves: half units; a whole number beside fractions has none or 0.5.
    """
    front = zip(values[:-1], halves[:-1], strict=True)
    if not all(half in (0.0, 0.5) and value.is_integer() and 0 <= value <= _LARGEST for value, half in front):
        return None
    if halves[-1] >= 0.5 or (not halves[-1] and values[-1]):
        return None
    return tuple(int(value) for value in values[:-1])


def fold(node: Node, columns: int) -> bool:
    """Take the indices off a block of rows that begin with them; False where they begin with none.

    Rows `i j value` that fill a grid become the tensor whose entries they list. Where indices only
    count up, row by row (`layer unit value value …`), the values stay rows.
    """
    rows = range(0, len(node.values), columns)
    for width in range(min(columns - 1, _MOST_INDICES), 1, -1):
        if not all(node.whole[:width]):
            continue
        parts = [(node.values[i : i + width + 1], node.halves[i : i + width + 1]) for i in rows]
        found = [index_of(values, halves) for values, halves in parts]
        indices = [index for index in found if index is not None]
        if len(indices) < len(found) or len(found) < 2:
            continue
        shape = grid_shape(indices) if width == columns - 1 else None
        if shape is None and not _counts_up(indices):
            continue
        order = sorted(range(len(found)), key=indices.__getitem__)
        keep = [i * columns + j for i in order for j in range(width, columns)]
        node.values = array("d", (node.values[k] for k in keep))
        node.halves = array("d", (node.halves[k] for k in keep))
        node.shape = shape or (len(found), columns - width)
        return True
    return False


def _counts_up(indices: Sequence[Index]) -> bool:
    """Does each row follow the one above it: one index goes up by 1, those behind it start again?"""
    start = indices[0]
    if not set(start) <= {0, 1}:
        return False
    for above, here in itertools.pairwise(indices):
        axis = next((k for k, (a, b) in enumerate(zip(above, here, strict=True)) if a != b), None)
        if axis is None or here[axis] != above[axis] + 1 or here[axis + 1 :] != start[axis + 1 :]:
            return False
    return True


def fill_in(above: Node, node: Node, columns: int) -> bool:
    """Give a row the outer indices that pandas leaves out where they repeat; False where none are missing.

    above: the rows so far, of so many columns; node: the next, shorter row, whose first number counts on.
    """
    missing = columns - len(node.values)
    if missing < 1 or len(node.values) < 2:
        return False
    last, halves = above.values[-columns:], above.halves[-columns:]
    before, here = index_of(last, halves), index_of(node.values, node.halves)
    if before is None or here is None or here[0] != before[missing] + 1:
        return False
    node.values = last[:missing] + node.values
    node.halves = halves[:missing] + node.halves
    node.whole = (True,) * missing + node.whole
    return True
