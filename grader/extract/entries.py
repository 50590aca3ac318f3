"""Lines that belong to one tensor by their names.

- One entry a line: `dW1[0,0] -0.0997`, `h1[0][1] = 0.5`, `W1(0,1): 0.3`, `h1;0;1;0.5`.
- One numbered row a line, as in CSV: `h1,0,0.5,0.25` above `h1,1,0.125,0.5`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from grader.extract.grid import grid_shape, index_of
from grader.models import PrintedTensor

_INDEXED = re.compile(
    r"(?P<base>.*[^\W_][^\[(]*?)\s*(?P<index>(?:[\[(]\s*\d{1,4}(?:\s*,\s*\d{1,4})*\s*[\])])+)\Z"
)
_DIGITS = re.compile(r"\d+")
_LINE_NUMBER = re.compile(r"\d{1,5}[\s|,;]+(?=\D)")


def join_entries(found: list[PrintedTensor]) -> list[PrintedTensor]:
    """Replace neighbours that name the entries of one tensor, each once, by that tensor.

    Joined only where the indices, from 0 or 1, fill a grid without gaps; else left as they are.
    """
    joined: list[PrintedTensor] = []
    for key, group in groupby(((_entry(item), item) for item in found), key=_base):
        entries = list(group)
        whole = _join(key[0], [(e[1], item) for e, item in entries if e]) if key else None
        joined.extend([whole] if whole else [item for _, item in entries])
    return joined


def _base(pair: tuple[tuple[str, tuple[int, ...]] | None, PrintedTensor]) -> tuple[str, int] | None:
    entry = pair[0]
    return (entry[0], len(entry[1])) if entry else None


def _entry(item: PrintedTensor) -> tuple[str, tuple[int, ...]] | None:
    """The name of the tensor and the indices that a print says it is the entry of; None: it says none."""
    if not item.label:
        return None
    if item.shape == ():
        match = _INDEXED.match(item.label) if item.label[-1] in "])" else None
        return (match["base"], tuple(int(d) for d in _DIGITS.findall(match["index"]))) if match else None
    if item.form not in ("row", "table") or len(item.shape) != 1 or len(item.values) < 3:
        return None
    index = index_of(item.values, item.half_unit)
    return (_LINE_NUMBER.sub("", item.label, count=1), index) if index is not None else None


def _join(base: str, entries: list[tuple[tuple[int, ...], PrintedTensor]]) -> PrintedTensor | None:
    shape = grid_shape([index for index, _ in entries]) if len(entries) > 1 else None
    if shape is None:
        return None
    ordered = [item for _, item in sorted(entries, key=lambda pair: pair[0])]
    start, end = entries[0][1], entries[-1][1]
    return replace(
        start,
        values=tuple(item.values[-1] for item in ordered),
        half_unit=tuple(item.half_unit[-1] for item in ordered),
        shape=shape,
        form="row",
        label=base,
        after=end.after,
        span=(start.span[0], end.span[1]),
    )


def drop_row_numbers(found: list[PrintedTensor]) -> list[PrintedTensor]:
    """Take the first number off rows of one name where it counts them from 0 or 1.

    Fractions must follow it. What holds for one name holds for a name with a single row, too.
    """
    groups = [list(group) for _, group in groupby(found, key=lambda item: (item.label, item.shape))]
    starts = {group[0].values[0] for group in groups if len(group) > 1 and _is_counted(group)}
    if not starts:
        return found
    return [
        _without_first(item) if group[0].values[:1] in {(s,) for s in starts} and _is_counted(group) else item
        for group in groups
        for item in group
    ]


def _is_counted(group: list[PrintedTensor]) -> bool:
    first = group[0]
    if not first.label or first.form != "row" or len(first.shape) != 1 or first.values[0] not in (0.0, 1.0):
        return False
    return all(
        item.values[0] == first.values[0] + i
        and item.half_unit[0] in (0.0, 0.5)
        and all(0.0 < half < 0.5 for half in item.half_unit[1:])
        for i, item in enumerate(group)
    )


def _without_first(item: PrintedTensor) -> PrintedTensor:
    return replace(item, values=item.values[1:], half_unit=item.half_unit[1:], shape=(len(item.values) - 1,))
