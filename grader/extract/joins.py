"""Numbers outside brackets → rows → one node per block of rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.extract import grid, tables
from grader.extract.nodes import MAX_VALUES_PER_TENSOR, Node
from grader.extract.numbers import BARS
from grader.extract.precision import softened

# A rule inside a table: it begins with a bar or a tee, since `────` alone parts what is no table.
_TEE = rf"+{BARS}├-┣┼-╋╞-╠╪-╬╶"
_RULE = rf"(?:[ \t]*+(?:[{_TEE}][+|\u2500-\u257f:= \t-]*+|\\(?:hline|midrule)[ \t]*+)(?:\r\n|\n|\r))?+"
_DOTS = r"(?:[ \t|]*+\.\.[. \t|]*+(?:\r\n|\n|\r))?+"
_NEXT_ROW = re.compile(
    rf"[ \t{BARS}&,;]*+[#■█▉▊▋▌▍▎▏]*+(?:\\\\)?+[ \t]*+(?:\r\n|\n|\r){_RULE}{_DOTS}[ \t{BARS}&]*+\Z"
    r"|[ \t]*+\\\\[ \t]*+\Z"
)
_DOTS_LINE = re.compile(r"[\r\n][ \t|]*+\.\.")
_HEADER_GAP = re.compile(
    rf"[ \t{BARS}]*+\\{{0,2}}+[ \t]*+(?:\r\n|\n|\r){_RULE}[ \t{BARS}]*+(?:[^\W\d]\S{{0,60}}+)?+"
    rf"[ \t{BARS}]*+\Z"
)
_SAME_LINE = re.compile(r"[ \t]++\Z")
_LONGEST_GAP = 400


class RowJoiner:
    """Takes nodes in the order of the text and passes them on, consecutive equal rows joined.

    Two loose rows join when they have as many numbers and nothing but one line end (and table
    lines) between them. A first column that counts 0, 1, 2, … beside fractions is an index and
    goes; so does a line of column numbers above that is aligned with the columns (DataFrames).
    Scalars `tensor(…)` with only blanks between them are a row, too.
    """

    def __init__(self, text: str, emit: Callable[[Node], None]) -> None:
        self._text = text
        self._emit = emit
        self._line: Node | None = None
        self._open: Node | None = None
        self._header: Node | None = None
        self._held: Node | None = None
        self._rows = 0
        self._columns = 0

    def add(self, node: Node) -> None:
        """The next node."""
        line = self._line
        if line is not None:
            gap = self._text[line.end : node.start] if node.start - line.end < _LONGEST_GAP else ""
            if node.loose and node.form == "tensor" and _SAME_LINE.match(gap):
                line.values.extend(node.values)
                line.halves.extend(node.halves)
                line.end = node.end
                line.shape = (len(line.values),)
                return
            self._end_line()
        if node.loose and node.form == "tensor":
            self._line = node
        elif node.loose:
            self._add_row(node)
        else:
            self._end_rows()
            self._release()
            self._emit(node)

    def finish(self) -> None:
        """No node follows."""
        self._end_line()
        self._end_rows()
        self._release()

    def _end_line(self) -> None:
        line, self._line = self._line, None
        if line is None:
            return
        if line.shape:
            line.form = "row"
            self._add_row(line)
        else:
            self._end_rows()
            self._release()
            self._emit(line)

    def _add_row(self, node: Node) -> None:
        last = self._open
        columns = len(node.values)
        if last is not None:
            gap = self._text[last.end : node.start] if node.start - last.end < _LONGEST_GAP else ""
            if columns < self._columns and _NEXT_ROW.match(gap) and grid.fill_in(last, node, self._columns):
                columns = self._columns
            heads = self._rows == 1 and columns - self._columns in (0, 1)
            near = heads and _HEADER_GAP.match(gap)
            ruled = heads and tables.is_ruled_header(last, node, gap)
            if ruled or (near and tables.counts_columns(last, node)):
                self._header = last
                self._open, self._rows, self._columns = node, 1, columns
                return
            if columns == self._columns and _NEXT_ROW.match(gap) and self._may_join(last, node, gap):
                self._extend(last, node, _DOTS_LINE.search(gap) is not None)
                return
            self._open = None
            if near and tables.is_column_header(self._text, last, node, self._columns):
                self._header = last
            else:
                self._seal(last)
        self._open, self._rows, self._columns = node, 1, columns

    def _may_join(self, last: Node, node: Node, gap: str) -> bool:
        r"""Numbers one a line below a labelled one belong to it if they stand under it, or behind `\\`.

        A row 0, 1, 2, … below fractions numbers the columns of the next table.
        """
        if node.integers and not last.integers and self._columns > 1 and tables.counts(node.values, (0.0,)):
            return False
        if self._columns > 1 or self._rows > 1 or "\\\\" in gap:
            return True
        line = self._text.rfind("\n", max(0, last.start - _LONGEST_GAP), last.start) + 1
        if not self._text[line : last.start].strip(f" \t{BARS}"):
            return True
        return node.start - (self._text.rfind("\n", last.end, node.start) + 1) == last.start - line

    def _extend(self, last: Node, node: Node, elided: bool) -> None:
        last.elided |= node.elided or elided
        last.end = node.end
        last.weak = False
        if MAX_VALUES_PER_TENSOR - len(last.values) < len(node.values):
            last.elided = True
            return
        last.integers &= node.integers
        last.scientific |= node.scientific
        last.values.extend(v * last.scale for v in node.values)
        last.halves.extend(h * abs(last.scale) for h in node.halves)
        last.whole = tuple(a and b for a, b in zip(last.whole, node.whole, strict=False))
        self._rows += 1
        last.shape = (self._rows, self._columns)
        last.form = "row"

    def _end_rows(self) -> None:
        last, self._open = self._open, None
        if last is not None:
            self._seal(last)

    def _seal(self, node: Node) -> None:
        header, self._header = self._header, None
        columns = self._columns
        numbered = header is not None and len(header.values) == columns - 1
        folded = self._rows > 1 and not numbered and grid.fold(node, columns)
        if folded:
            node.form = "table"
        elif columns > 1 and tables.counts(node.values[0::columns], (0.0, 1.0), gaps=node.elided):
            self._take_index(node, header)
        elif header is not None and len(header.values) == columns:
            node.form = "table"
        if any(node.halves):
            by_column = node.form == "table" and not folded and len(node.shape) > 1
            beside = node.shape[-1] if by_column else 1
            node.halves = softened(node.values, node.halves, beside, node.scale)
        if node.form == "table" and self._held is not None and tables.continues(self._text, self._held, node):
            again = tables.is_continued(self._text, node)
            tables.beside(self._held, node)
            if not again:
                self._release()
            return
        self._release()
        if node.form == "table" and tables.is_continued(self._text, node):
            self._held = node
        else:
            for part in tables.column_groups(self._text, node):
                self._emit(part)

    def _take_index(self, node: Node, header: Node | None) -> None:
        """Take off a first column of integers if something proves that it is an index."""
        columns, rows = self._columns, self._rows
        if any(node.halves[0::columns]) or not all(node.whole[:1]):
            return
        table = header is not None and len(header.values) == columns - 1
        named = not table and tables.has_named_columns(self._text, node, columns)
        series = columns == 2 and tables.ends_a_series(self._text, node)
        fractions = rows > 1 and tables.is_fractional(node, columns)
        if table or named or series or fractions:
            tables.drop_index(node, rows, columns, table=table or named)
        if table or named or series:
            node.form = "table"
        if table and header is not None:
            node.start = header.start

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._emit(held)
