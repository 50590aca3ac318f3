"""Text tables (DataFrames, Series, tabulate): header lines, index columns, blocks side by side."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import replace

from grader.extract.nodes import Node
from grader.extract.numbers import BARS, NUMBER

_LITERAL = re.compile(NUMBER)
_FRACTION = re.compile(r"(?<![\w.])[0-9]*+\.[0-9]++(?:[eE][+\-−]?[0-9]++)?+(?![\w.])")
_SERIES_END = re.compile(r"[ \t]*+\r?\n(?:Name:|Length:|dtype:|Freq:)")
_BAR = re.compile(rf"[{BARS}]")
_BETWEEN_BLOCKS = re.compile(r"[ \t]*\r?\n[ \t]*\r?\n([^\r\n]{1,400}\r?\n){0,2}[ \t]*\Z")
_INDEX_NAME = re.compile(r"[^\W\d]\S*(?: \S+)*[ \t]{2,}\Z")
_DRAWN = r"[+|:=\u2500-\u257f \t-]"  # what rules are drawn with; two strokes at least
_RULE = rf"(?:(?={_DRAWN}*?[─━═=-]{{2}}){_DRAWN}*+|[ \t]*+\\(?:hline|midrule)[ \t]*+)"
_RULE_LINE = re.compile(rf"{_RULE}\r?\Z")
_RULED = re.compile(rf"[ \t{BARS}]*+(?:\\\\)?+[ \t]*+\r?\n{_RULE}\r?\n[ \t{BARS}]*+\Z")
_WIDEST = 4000
_MOST_GROUPS = 8


def counts(values: array[float], starts: tuple[float, ...] | None, *, gaps: bool = False) -> bool:
    """Integers one after the other, from one of `starts` (None: from anywhere); gaps: rising."""
    if not values or (starts is not None and values[0] not in starts):
        return False
    steps = (values[i + 1] - values[i] for i in range(len(values) - 1))
    return all(step >= 1.0 if gaps else step == 1.0 for step in steps)


def is_column_header(text: str, header: Node, row: Node, columns: int) -> bool:
    """A line of rising integers, each of which ends where a number of the row below ends."""
    if len(header.values) != columns or not header.integers or columns == 0:
        return False
    if not counts(header.values, None, gaps=header.elided):
        return False
    if columns == 1 and text[_line_start(text, header.start) : header.start].strip():
        return False  # a row, with its name
    names, numbers = _ends(text, header), _ends(text, row)[-columns:]
    # pandas shifts the header of an abridged table by one.
    shifts = {b - a for a, b in zip(names, numbers, strict=False)}
    return len(names) == len(numbers) and shifts <= {0, 1}


def is_ruled_header(header: Node, row: Node, gap: str) -> bool:
    """A line that counts the columns from 0 or 1, ruled off from what is below it.

    Below it are fractions, or an index that begins as the line does.
    """
    if not header.integers or not counts(header.values, (0.0, 1.0)):
        return False
    indexed = len(row.values) == len(header.values) + 1 and row.values[0] == header.values[0]
    if row.integers and not indexed:
        return False
    return _RULED.match(gap) is not None and (len(header.values) > 1 or any(bar in gap for bar in BARS))


def counts_columns(header: Node, row: Node) -> bool:
    """A line 0, 1, 2, … above nothing but fractions, or above an index of 0 and fractions."""
    if not header.integers or len(header.values) < 2 or not counts(header.values, (0.0,)):
        return False
    if len(row.values) == len(header.values):
        return bool(row.whole) and not any(row.whole)
    return row.whole[:1] == (True,) and row.values[0] == 0.0 and not any(row.whole[1:])


def has_named_columns(text: str, node: Node, columns: int) -> bool:
    """The line above consists of words, no values, that end where the numbers of the first row end."""
    line = _line_start(text, node.start)
    if line == 0:
        return False
    names = _header(text, line)
    if _RULE_LINE.match(names):
        above = _line_start(text, line - 1)
        names = text[_line_start(text, above - 1) : above - 1].rstrip("\r") if above else ""
    if _numbers_rows(names, columns):
        return True
    ends = _ends(text, node)[:columns]
    if len(ends) < 2 or names[: text.find(" ", node.start) - line].strip() or _FRACTION.search(names):
        return False
    return any(
        all(
            end - shift <= len(names)
            and names[end - shift - 1 : end - shift].strip()
            and not names[end - shift : end - shift + 1].strip()
            for end in ends[1:]
        )
        for shift in (0, 1)
    )


def is_fractional(node: Node, columns: int) -> bool:
    """Behind the first column, fractions and zeros, and not only zeros that are spelled as integers."""
    if all(node.whole[1:]):
        return False
    return all(
        half or value == 0.0 or not math.isfinite(value)
        for i in range(0, len(node.values), columns)
        for half, value in zip(
            node.halves[i + 1 : i + columns], node.values[i + 1 : i + columns], strict=True
        )
    )


def ends_a_series(text: str, node: Node) -> bool:
    """`Name: x, dtype: float64` follows."""
    return _SERIES_END.match(text, node.end) is not None


def drop_index(node: Node, rows: int, columns: int, *, table: bool) -> None:
    """Take the first column off."""
    keep = [i for i in range(len(node.values)) if i % columns]
    node.values = array("d", (node.values[i] for i in keep))
    node.halves = array("d", (node.halves[i] for i in keep))
    node.shape = (rows, columns - 1) if columns > 2 or table else (rows,)


def column_groups(text: str, node: Node) -> list[Node]:
    """The node, or its parts where bars part its columns into groups of several: `0.5 0.2 | 1.5`.

    One row alone proves no columns; a bar behind every number parts nothing.
    """
    if len(node.shape) != 2 or node.shape[0] < 2:
        return [node]
    rows, columns = node.shape
    line = text[node.start : min(node.end, node.start + _WIDEST)].split("\n", 1)[0]
    widths = [len(_LITERAL.findall(part)) for part in _BAR.split(line)]
    widths[0] -= sum(widths) - columns  # an index that was taken off
    widths = [width for width in widths if width]
    if not 2 <= len(widths) <= _MOST_GROUPS or max(widths) == 1 or min(widths) < 0 or sum(widths) != columns:
        return [node]
    parts = []
    first = 0
    for width in widths:
        keep = [i for i in range(rows * columns) if first <= i % columns < first + width]
        first += width
        values = array("d", (node.values[i] for i in keep))
        halves = array("d", (node.halves[i] for i in keep))
        parts.append(replace(node, values=values, halves=halves, shape=(rows, width)))
    return parts


def is_continued(text: str, node: Node) -> bool:
    """The header line of this table ends in a backslash: more columns follow below."""
    line = _line_start(text, node.start)
    if node.form == "table" and "\\" in text[node.start : node.start + _WIDEST].split("\n", 1)[0]:
        return True
    return line > 0 and _header(text, line).rstrip().endswith("\\")


def continues(text: str, left: Node, right: Node) -> bool:
    """`right` holds further columns of `left`: as many rows, below a blank line and a header."""
    if len(left.shape) != 2 or len(right.shape) != 2 or left.shape[0] != right.shape[0]:
        return False
    return right.start - left.end < _WIDEST and bool(_BETWEEN_BLOCKS.match(text[left.end : right.start]))


def beside(left: Node, right: Node) -> None:
    """Append the columns of `right` to `left`."""
    rows, a = left.shape
    b = right.shape[1]
    values, halves = array("d"), array("d")
    for i in range(rows):
        values += left.values[i * a : (i + 1) * a] + right.values[i * b : (i + 1) * b]
        halves += left.halves[i * a : (i + 1) * a] + right.halves[i * b : (i + 1) * b]
    left.values, left.halves, left.shape = values, halves, (rows, a + b)
    left.end = right.end
    left.elided |= right.elided


def _numbers_rows(names: str, columns: int) -> bool:
    """A header whose first column has no name, or `#`: its bars show the others; or `#` and words."""
    if not _BAR.search(names):
        words = names.split()
        return words[:1] == ["#"] and len(words) == columns
    cells = [cell.strip() for cell in _BAR.split(names.strip())]
    cells = cells[1:-1] if not cells[0] and not cells[-1] else cells
    return len(cells) == columns and cells[0] in ("", "#") and all(cells[1:])


def _header(text: str, line: int) -> str:
    """The line above; the one above that where pandas put the name of the index between."""
    start = _line_start(text, line - 1)
    if start and _INDEX_NAME.match(text[start : line - 1].rstrip("\r")):
        line, start = start, _line_start(text, start - 1)
    return text[start : line - 1].rstrip("\r")


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", max(0, position - _WIDEST), position) + 1


def _ends(text: str, node: Node) -> list[int]:
    """Columns in which the numbers of the node's first line end."""
    line = _line_start(text, node.start)
    stop = text.find("\n", node.start, node.end)
    stop = node.end if stop < 0 else stop
    return [m.end() - line for m in _LITERAL.finditer(text, node.start, min(stop, node.start + _WIDEST))]
