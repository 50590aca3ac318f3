"""One entry a line → one tensor: `dW1[0,0] -0.0997`, `h1[0][1] = 0.5`, `W1(0,1): 0.3`."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import groupby

from grader.models import PrintedTensor

_INDEXED = re.compile(
    r"(?P<base>.*[^\W_][^\[(]*?)\s*(?P<index>(?:[\[(]\s*\d{1,4}(?:\s*,\s*\d{1,4})*\s*[\])])+)\Z"
)
_DIGITS = re.compile(r"\d+")


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
    if item.shape != () or not item.label or item.label[-1] not in "])":
        return None
    match = _INDEXED.match(item.label)
    if match is None:
        return None
    return match["base"], tuple(int(d) for d in _DIGITS.findall(match["index"]))


def _join(base: str, entries: list[tuple[tuple[int, ...], PrintedTensor]]) -> PrintedTensor | None:
    if len(entries) < 2:
        return None
    indices = [index for index, _ in entries]
    first = min(min(index) for index in indices)
    shape = tuple(max(axis) - first + 1 for axis in zip(*indices, strict=True))
    if first not in (0, 1) or math.prod(shape) != len(entries) or len(set(indices)) != len(entries):
        return None
    ordered = [item for _, item in sorted(entries, key=lambda pair: pair[0])]
    start, end = entries[0][1], entries[-1][1]
    return replace(
        start,
        values=tuple(item.values[0] for item in ordered),
        half_unit=tuple(item.half_unit[0] for item in ordered),
        shape=shape,
        form="row",
        label=base,
        after=end.after,
        span=(start.span[0], end.span[1]),
    )
