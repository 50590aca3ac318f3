"""Tensors of a report as grids of short texts, with the departing elements marked (pure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

_SIDE = 12  # rows or columns shown before the middle is left out
_BLOCKS = 6  # matrices of a tensor of three or more dimensions
_PAGE = 96  # characters that fit side by side

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `agrees` is None where nobody judged it; `off` grows with the distance, 0 to 3."""

    text: str
    agrees: bool | None = None
    worst: bool = False
    off: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """A matrix (a vector is one row) to show.

    title: the index in front of the matrix, "" if there is none. row_names, column_names: indices
    from 0, "…" where some are left out; row_names is empty for a vector or a single number.
    """

    title: str
    rows: tuple[tuple[Element, ...], ...]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worst:
    """The departing element furthest from its reference."""

    index: Index
    actual: str
    expected: str


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """Printed values and reference, formatted alike; either may be absent."""

    actual: tuple[Block, ...]
    expected: tuple[Block, ...]
    departing: int
    total: int
    worst: Worst | None


def compare(actual: Any, expected: Any, agrees: Any) -> ComparisonTable | None:
    """Both tensors as grids in the reference's layout.

    actual, expected: nested lists of numbers, "nan"/"inf" strings or null; either may be None.
    agrees: nested lists of booleans in the layout of actual, or None.
    None when neither tensor can be shown.
    """
    mine, theirs, judged = _elements(actual), _elements(expected), _elements(agrees)
    if not mine and not theirs:
        return None
    same = set(mine) == set(theirs)
    wrong = {i for i, ok in judged.items() if ok is False and i in mine}
    scale = _spread([v for v in map(_number, theirs.values()) if v is not None and math.isfinite(v)])
    distance = {i: _distance(_number(mine[i]), _number(theirs[i])) for i in wrong} if same else {}
    known = sorted(i for i, d in distance.items() if d >= 0)
    worst_at = max(known, key=lambda i: distance[i], default=None)
    spell = _formatter(
        [_number(v) for v in mine.values()],
        [_number(v) for v in theirs.values()],
        [(_number(mine[i]), _number(theirs[i])) for i in distance],
    )

    def own(index: Index) -> Element:
        ok = judged.get(index)
        return Element(
            spell(_number(mine[index])),
            agrees=ok if isinstance(ok, bool) else None,
            worst=index == worst_at,
            off=_level(distance.get(index, math.inf), scale) if index in wrong else 0,
        )

    def right(index: Index) -> Element:
        return Element(spell(_number(theirs[index])))

    worst = None
    if worst_at is not None:
        worst = Worst(worst_at, spell(_number(mine[worst_at])), spell(_number(theirs[worst_at])))
    return ComparisonTable(_blocks(mine, own), _blocks(theirs, right), len(wrong), len(mine), worst)


def drawn(blocks: Sequence[Block]) -> str:
    """The grid as monospaced text; ✗ stands behind every departing element."""
    parts = []
    marked = any(e.agrees is False for b in blocks for row in b.rows for e in row)
    for block in blocks:
        columns = max((len(row) for row in block.rows), default=0)
        widths = [max((len(r[c].text) for r in block.rows if c < len(r)), default=0) for c in range(columns)]
        lines = [block.title] if block.title else []
        for row in block.rows:
            cells = [
                entry.text.rjust(width) + ((" ✗" if entry.agrees is False else "  ") if marked else "")
                for entry, width in zip(row, widths, strict=False)
            ]
            lines.append("  ".join(cells).rstrip())
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def beside(left: str, right: str, titles: tuple[str, str]) -> str:
    """Two drawings side by side under their titles, or below one another where the page is too narrow."""
    first, second = left.split("\n"), right.split("\n")
    width = max(map(len, [titles[0], *first])) + 4
    if width + max(map(len, [titles[1], *second])) > _PAGE:
        return f"{titles[0]}\n{left}\n\n{titles[1]}\n{right}"
    rows = max(len(first), len(second))
    first = [titles[0], *first, *[""] * (rows - len(first))]
    second = [titles[1], *second, *[""] * (rows - len(second))]
    return "\n".join((a.ljust(width) + b).rstrip() for a, b in zip(first, second, strict=True))


def _elements(nested: Any, at: Index = ()) -> dict[Index, Any]:
    if isinstance(nested, list | tuple):
        return {i: v for k, item in enumerate(nested) for i, v in _elements(item, (*at, k)).items()}
    return {} if nested is None and not at else {at: nested}


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _distance(actual: float | None, expected: float | None) -> float:
    if actual is None or expected is None:
        return -1.0
    if math.isnan(actual) or math.isnan(expected):
        return math.inf
    return abs(actual - expected)


def _spread(values: Sequence[float]) -> float:
    """By how much the reference's elements differ: a distance of that size is a large one."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    return high - low or abs(high)


def _level(distance: float, scale: float) -> int:
    if distance < 0:
        return 3
    relative = distance / scale if scale else math.inf
    return 1 if relative < 0.02 else 2 if relative < 0.3 else 3


def _formatter(
    mine: Sequence[float | None],
    theirs: Sequence[float | None],
    wrong: Sequence[tuple[float | None, float | None]],
) -> Callable[[float | None], str]:
    """One format for both tensors: enough digits that departing elements look different, at most nine."""
    sizes = [
        max((abs(v) for v in tensor if v is not None and math.isfinite(v)), default=0.0)
        for tensor in (mine, theirs)
    ]
    seen = [size for size in sizes if size > 0]
    numbers = [v for v in (*mine, *theirs) if v is not None and math.isfinite(v)]
    whole = all(v.is_integer() and abs(v) < 1e6 for v in numbers)
    spell = _spelling(0, 1.0, False)
    for digits in range(1 if whole else 4, 10):
        low = min(seen, default=1.0)
        scientific = max(seen, default=1.0) >= 1e6 or low < 1e-3
        decimals = digits - 1 if scientific else max(0, digits - 1 - math.floor(math.log10(low)))
        spell = _spelling(0 if whole else decimals, low, scientific and not whole)
        if all(spell(a) != spell(b) for a, b in wrong if a != b):
            break
    return spell


def _spelling(decimals: int, low: float, scientific: bool) -> Callable[[float | None], str]:
    def spell(value: float | None) -> str:
        if value is None:
            return "…"
        if not math.isfinite(value):
            return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
        if value == 0:
            return "0"
        return f"{value:.{decimals}{'e' if scientific else 'f'}}"

    return spell


def _blocks(elements: dict[Index, Any], entry: Callable[[Index], Element]) -> tuple[Block, ...]:
    if not elements:
        return ()
    rank = max(map(len, elements))
    shape = [1 + max((i[d] for i in elements if len(i) > d), default=0) for d in range(rank)]
    blocks = []
    for outer in list(product(*map(range, shape[:-2])))[:_BLOCKS]:
        rows = [
            tuple(
                Element("…") if None in (*row, *column) else entry((*outer, *row, *column))  # type: ignore[arg-type]
                for column in _shown(shape[-1:])
                if None in (*row, *column) or (*outer, *row, *column) in elements
            )
            for row in _shown(shape[-2:-1])
        ]
        blocks.append(
            Block(
                f"[{', '.join(map(str, outer))}]" if outer else "",
                tuple(rows),
                tuple(_name(row) for row in _shown(shape[-2:-1]) if row),
                tuple(_name(column) for column in _shown(shape[-1:]) if column),
            )
        )
    return tuple(blocks)


def _name(at: tuple[int | None, ...]) -> str:
    return "…" if at[0] is None else str(at[0])


def _shown(side: Sequence[int]) -> Iterator[tuple[int | None, ...]]:
    """The indices along one side to show; (None,) stands for those left out, () for no such side."""
    if not side:
        yield ()
        return
    half = _SIDE // 2
    for k in range(side[0]):
        if side[0] <= _SIDE or k < half or k >= side[0] - half + 1:
            yield (k,)
        elif k == half:
            yield (None,)
