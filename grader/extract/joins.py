"""Rows printed line by line → one node; index columns and header lines of tables taken off."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable

from grader.extract.nodes import MAX_VALUES_PER_TENSOR, Node
from grader.extract.numbers import NUMBER

_LITERAL = re.compile(NUMBER)
_NEXT_LINE = re.compile(r"[ \t|\\&,;]*(?:\r\n|\n|\r)(?:[ \t|]*\.\.[. \t|]*(?:\r\n|\n|\r))?[ \t|&]*\Z")
_ELIDED_LINE = re.compile(r"\n[ \t|]*\.\.")
_CONTINUED = re.compile(r"[ \t]*\\[ \t]*\n")
_SERIES_END = re.compile(r"[ \t]*\n(?:Name:|Length:|dtype:|Freq:)")
_LONGEST_GAP = 400


def _soften(node: Node) -> None:
    """Widen `1` beside `0.5`: it is what `%g` makes of 0.99996. It makes 0 of nothing but zero."""
    if node.scientific or len(node.values) < 2 or not any(node.halves):
        return
    node.halves = array(
        "d",
        (
            0.5 * abs(node.scale) if h == 0.0 and v != 0.0 and math.isfinite(v) else h
            for v, h in zip(node.values, node.halves, strict=True)
        ),
    )


class RowJoiner:
    """Takes nodes in the order of the text and passes them on, consecutive equal rows joined.

    Two loose rows join when they have as many numbers and nothing but one line end (and table
    bars) between them. A first column that counts 0, 1, 2, … beside fractions is an index and
    goes; so does a line of column numbers above that is aligned with the columns (DataFrames).
    """

    def __init__(self, text: str, emit: Callable[[Node], None]) -> None:
        self._text = text
        self._emit = emit
        self._open: Node | None = None
        self._header: Node | None = None
        self._rows = 0
        self._columns = 0
        self._first_end = 0

    def add(self, node: Node) -> None:
        """The next node."""
        last = self._open
        if not node.loose:
            self.finish()
            self._emit(node)
            return
        columns = len(node.values)
        if last is not None:
            gap = self._text[last.end : node.start] if node.start - last.end < _LONGEST_GAP else ""
            below = _NEXT_LINE.match(gap) is not None
            if below and columns == self._columns:
                self._extend(last, node, _ELIDED_LINE.search(gap) is not None)
                return
            is_header = (
                (below or _CONTINUED.fullmatch(gap.rstrip(" \t")) is not None)
                and self._rows == 1
                and columns == self._columns + 1
                and self._counts(last.values, {0.0})
                and self._aligned(last, node)
            )
            self._open = None
            if is_header:
                self._flush_header()
                self._header = last
            else:
                self._seal(last)
        self._open, self._rows, self._columns, self._first_end = node, 1, columns, node.end

    def finish(self) -> None:
        """No loose row follows."""
        last, self._open = self._open, None
        if last is not None:
            self._seal(last)

    # ---------------------------------------------------------------- helpers

    def _extend(self, last: Node, node: Node, elided: bool) -> None:
        room = MAX_VALUES_PER_TENSOR - len(last.values)
        last.elided |= node.elided or elided
        last.end = node.end
        last.integers &= node.integers
        last.weak = False
        if room < len(node.values):
            last.elided = True
            return
        last.values.extend(v * last.scale for v in node.values)
        last.halves.extend(h * abs(last.scale) for h in node.halves)
        last.scientific |= node.scientific
        self._rows += 1
        last.shape = (self._rows, self._columns)
        last.form = "row"

    def _seal(self, node: Node) -> None:
        header, self._header = self._header, None
        columns = self._columns
        table = header is not None
        if columns > 1 and (table or self._rows > 1):
            first = node.values[0::columns]
            whole = not any(node.halves[0::columns])
            others = [h for i, h in enumerate(node.halves) if i % columns]
            series = columns == 2 and _SERIES_END.match(self._text, node.end) is not None
            if (
                whole
                and self._counts(first, {0.0, 1.0}, gaps=node.elided)
                and (table or series or all(others))
            ):
                keep = [i for i in range(len(node.values)) if i % columns]
                node.values = array("d", (node.values[i] for i in keep))
                node.halves = array("d", (node.halves[i] for i in keep))
                node.shape = (self._rows, columns - 1) if columns > 2 or table else (self._rows,)
                if header is not None:
                    node.start, header = header.start, None
                    node.form = "table"
                elif series:
                    node.form = "table"
        if header is not None:
            self._emit(header)
        if node.form != "table":
            _soften(node)
        self._emit(node)

    def _flush_header(self) -> None:
        header, self._header = self._header, None
        if header is not None:
            self._emit(header)

    @staticmethod
    def _counts(values: array[float], starts: set[float], gaps: bool = False) -> bool:
        if not values or values[0] not in starts:
            return False
        steps = [values[i + 1] - values[i] for i in range(len(values) - 1)]
        return all(step >= 1.0 for step in steps) if gaps else all(step == 1.0 for step in steps)

    def _aligned(self, header: Node, row: Node) -> bool:
        """Every column number ends where a number of the row below ends."""
        above, below = self._ends(header), self._ends(row)
        return len(below) == len(above) + 1 and below[1:] == above

    def _ends(self, node: Node) -> list[int]:
        line = self._text.rfind("\n", max(0, node.start - 4000), node.start) + 1
        return [m.end() - line for m in _LITERAL.finditer(self._text, node.start, node.end)]
