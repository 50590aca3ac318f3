"""Lines that belong to one tensor by their names.

- One entry a line: `dW1[0,0] -0.0997`, `h1[0][1] = 0.5`, `W1(0,1): 0.3`, `h1;0;1;0.5`.
- One entry a line with several values of it, beside each other to be compared: `W1 (0, 0)  0.5  0.5  1e-17`.
- One numbered row a line, as in CSV: `h1,0,0.5,0.25` above `h1,1,0.125,0.5`.
- One row a line, all of one name: `0  W1  0.5  0.25` above `1  W1  0.75  0.5`.
- One bracketed row a line, below the name of them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile
from typing import NamedTuple, TypeVar

from grader.extract.grid import grid_shape, index_of
from grader.models import PrintedTensor

_INDEX = re.compile(r"[\[(]\s*+\d{1,4}(?:\s*+,\s*+\d{1,4})*+\s*+,?\s*+[\])]")
_NAME = re.compile(r"[^\W_]")
_MARGIN = 60  # characters beside its name between a row and the one above it
_FEW = 3  # values that may stand beside each other for one entry of a vector
_NEXT_LINE = re.compile(r"[ \t]*\r?\n([ \t]*)")
_ANNOUNCED = re.compile(r"[:=][^\S\n]*\n([ \t]*)\Z")
_LONGEST_LINE = 400
T = TypeVar("T")
_DIGITS = re.compile(r"\d+")
_LINE_NUMBER = re.compile(r"\d{1,5}[\s|,;]+(?=\D)")
_NUMBERED = re.compile(r"(\d{1,5})[\s|,;]+(?=\D)(.*)\Z", re.DOTALL)


def join_entries(found: list[PrintedTensor]) -> list[PrintedTensor]:
    """Replace neighbours that name the entries of one tensor, each once, by that tensor.

    Joined only where the indices, from 0 or 1, fill a grid without gaps; else left as they are. Several
    values an entry become a table with a row per entry, in the order of the grid.
    """
    joined: list[PrintedTensor] = []
    named = [(_entry(item), item) for item in found]
    for _, group in groupby(
        named, key=lambda pair: pair[0] and (pair[0].base, len(pair[0].at), pair[0].width)
    ):
        items = list(group)
        entries = [(entry, item) for entry, item in items if entry]
        shape = grid_shape([entry.at for entry, _ in entries]) if len(entries) > 1 else None
        joined.extend([_grid(entries, shape)] if shape else [item for _, item in items])
    return joined


class _Entry(NamedTuple):
    """base: what the tensor is called. width: how many values it has, those behind its indices."""

    base: str
    at: tuple[int, ...]
    width: int


def _grid(entries: Sequence[tuple[_Entry, PrintedTensor]], shape: tuple[int, ...]) -> PrintedTensor:
    (entry, start), (_, end) = entries[0], entries[-1]
    width = entry.width
    ordered = [item for _, item in sorted(entries, key=lambda pair: pair[0].at)]
    return replace(
        start,
        values=tuple(v for item in ordered for v in item.values[-width:]),
        half_unit=tuple(h for item in ordered for h in item.half_unit[-width:]),
        shape=(len(ordered), width) if width > 1 else shape,
        form="table" if width > 1 else "row",
        label=entry.base,
        after=end.after,
        span=(start.span[0], end.span[1]),
    )


def _entry(item: PrintedTensor) -> _Entry | None:
    """The tensor and the indices that a print says it is the entry of; None: it says none."""
    if not item.label:
        return None
    base, index = _indexed(item.label)
    if index and len(item.shape) <= 1:
        at = tuple(int(d) for d in _DIGITS.findall(index))
        if item.shape == ():
            return _Entry(base, at, 1)
        if len(at) == 1 and index[-2] != "," and len(item.values) > _FEW:
            return None  # `h1[0] 0.5 0.25 0.75 0.5` is a row of a matrix
        return _Entry(_LINE_NUMBER.sub("", base, count=1), at, len(item.values))
    if item.form not in ("row", "table") or len(item.shape) != 1 or len(item.values) < 3:
        return None
    base = _LINE_NUMBER.sub("", item.label, count=1)
    found = index_of(item.values, item.half_unit)
    if found is not None:
        return _Entry(base, found, 1)
    counting = zip(item.values, item.half_unit, strict=True)
    at = tuple(
        int(v) for v, _ in takewhile(lambda pair: pair[0].is_integer() and pair[1] in (0.0, 0.5), counting)
    )
    width = len(item.values) - len(at)
    return _Entry(base, at, width) if len(at) > 1 and min(at) >= 0 and 1 < width <= _FEW else None


def _indexed(label: str) -> tuple[str, str]:
    """A name and the index behind it: `dW1[0][1]` → ("dW1[0]", "[1]"); both "" where it ends with none."""
    if label[-1] not in "])":
        return "", ""
    at = max(label.rfind("["), label.rfind("("))
    before = max(label.rfind("[", 0, max(at, 0)), label.rfind("(", 0, max(at, 0)))
    named = at > 0 and _INDEX.fullmatch(label, at) and _NAME.search(label, before + 1, at)
    return (label[:at].rstrip(), label[at:]) if named else ("", "")


def in_runs(items: Iterable[T], follows: Callable[[T, T, T], bool]) -> Iterator[list[T]]:
    """Items one after the other, those together of which each follows: the first of its run, the last, it."""
    run: list[T] = []
    for item in items:
        if run and not follows(run[0], run[-1], item):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def stacked(prints: Sequence[PrintedTensor]) -> PrintedTensor:
    """Prints one below the other as one; a single one as it is."""
    first, last = prints[0], prints[-1]
    if len(prints) == 1:
        return first
    return replace(
        first,
        values=tuple(v for p in prints for v in p.values),
        half_unit=tuple(h for p in prints for h in p.half_unit),
        shape=(len(prints), *first.shape),
        elided=any(p.elided for p in prints),
        after=last.after,
        span=(first.span[0], last.span[1]) if last.output == first.output else first.span,
    )


def stack_rows(text: str, found: Sequence[PrintedTensor]) -> list[PrintedTensor]:
    """Replace bracketed rows on lines one after the other by the matrix that they are.

    Each is as long and stands alone as far to the right as the first of them, which stands below a line that
    ends with a colon or an equals sign: rows that nothing announces as one thing may be several.
    """

    def follows(first: PrintedTensor, above: PrintedTensor, item: PrintedTensor) -> bool:
        if item.shape != above.shape or len(item.shape) != 1 or item.form != above.form:
            return False
        if item.form not in ("tensor", "array", "list") or item.elided or above.elided:
            return False
        start = first.span[0]
        gap = _NEXT_LINE.fullmatch(text, above.span[1], min(item.span[0], above.span[1] + _LONGEST_LINE))
        announced = _ANNOUNCED.search(text[max(0, start - _LONGEST_LINE) : start]) if gap else None
        return bool(gap and announced and gap[1] == announced[1] and gap.end() == item.span[0])

    return [stacked(rows) for rows in in_runs(found, follows)]


def join_lines(found: Sequence[PrintedTensor]) -> list[PrintedTensor]:
    """Replace rows of one name and size on lines one after the other by the table that they are.

    Where lines are numbered, their numbers have to count on.
    """
    return [_table(rows) if len(rows) > 1 else rows[0] for rows in in_runs(found, _follows)]


def _follows(_: PrintedTensor, above: PrintedTensor, item: PrintedTensor) -> bool:
    if not item.label or item.shape != above.shape or len(item.shape) != 1 or len(item.values) < 2:
        return False
    if {above.form, item.form} - {"row", "table"} or item.elided or above.elided:
        return False
    if not -_MARGIN <= item.span[0] - above.span[1] - len(item.label) <= _MARGIN:
        return item.span == above.span and item.label == above.label  # of HTML
    before, here = _NUMBERED.match(above.label), _NUMBERED.match(item.label)
    if before and here:
        return int(here[1]) == int(before[1]) + 1 and here[2] == before[2]
    return item.label == above.label


def _table(rows: Sequence[PrintedTensor]) -> PrintedTensor:
    label = _LINE_NUMBER.sub("", rows[0].label, count=1)
    return replace(stacked(rows), form="table", label=label)


def drop_row_numbers(found: list[PrintedTensor]) -> list[PrintedTensor]:
    """Take the first number off rows of one name where it counts them from 0 or 1.

    Fractions must follow it. What holds for one name holds for a name with a single row, too.
    """
    groups = [list(group) for _, group in groupby(found, key=lambda item: (item.label, item.shape))]
    starts = {group[0].values[0] for group in groups if len(group) > 1 and _is_counted(group)}
    if not starts:
        return found
    kept: list[PrintedTensor] = []
    for group in groups:
        counted = group[0].values[:1] in {(start,) for start in starts} and _is_counted(group)
        kept.extend(map(_without_first, group) if counted else group)
    return kept


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
