"""Bracketed rows printed one a line below one label → the matrix that they are."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.extract.nodes import MAX_VALUES_PER_TENSOR, Node

_NEXT_LINE = re.compile(r"[ \t]*(?:\r\n|\n)([ \t]*)\Z")
_LONGEST_LINE = 400


class RowStacker:
    """Takes nodes in the order of the text and passes them on, rows below one label joined.

    A row joins the one above if it is as long, stands alone on the very next line and as far to the right,
    and if the first of them stands alone below a line that ends with a colon or an equals sign: rows that
    nothing announces as one thing may be several.
    """

    def __init__(self, text: str, emit: Callable[[Node], None]) -> None:
        self._text = text
        self._emit = emit
        self._open: Node | None = None
        self._indent = ""

    def add(self, node: Node) -> None:
        """The next node."""
        if self._open is not None and self._continues(self._open, node):
            _stack(self._open, node)
            return
        self.finish()
        indent = self._announced(node)
        if indent is None:
            self._emit(node)
        else:
            self._open, self._indent = node, indent

    def finish(self) -> None:
        """Whatever is open is complete."""
        if self._open is not None:
            self._emit(self._open)
            self._open = None

    def _announced(self, node: Node) -> str | None:
        """How far right the node stands alone below a label; None if it does not."""
        if len(node.shape) != 1 or node.loose or node.elided:
            return None
        line = self._text.rfind("\n", max(0, node.start - _LONGEST_LINE), node.start)
        if line < 0:
            return None
        indent = self._text[line + 1 : node.start]
        above = self._text.rfind("\n", max(0, line - _LONGEST_LINE), line) + 1
        label = self._text[max(above, line - _LONGEST_LINE) : line].rstrip()
        return indent if not indent.strip(" \t") and label.endswith((":", "=")) else None

    def _continues(self, last: Node, node: Node) -> bool:
        if node.shape != last.shape[-1:] or node.form != last.form or node.loose or node.elided:
            return False
        if len(last.values) + len(node.values) > MAX_VALUES_PER_TENSOR:
            return False
        gap = _NEXT_LINE.match(self._text, last.end, min(node.start, last.end + _LONGEST_LINE))
        return gap is not None and gap.end() == node.start and gap[1] == self._indent


def _stack(above: Node, row: Node) -> None:
    above.values.extend(row.values)
    above.halves.extend(row.halves)
    above.end = row.end
    above.scientific |= row.scientific
    above.integers &= row.integers
    above.commas |= row.commas
    above.dotted |= row.dotted
    columns = above.shape[-1]
    above.shape = (len(above.values) // columns, columns)
