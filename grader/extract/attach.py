"""Nodes + the text around them → printed tensors with label, after, above."""

from __future__ import annotations

import re
from typing import Literal

from grader.extract import labels
from grader.extract.nodes import Node
from grader.models import PrintedTensor

Channel = Literal["stdout", "stderr", "result", "display", "error"]
_LINE_END = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
_RULE = re.compile(r"[^\S\n]*+[=\-#*_~─━═]{3,}+[^\S\n]*+")
_FAR = 2 * labels.LONGEST


class _Headings:
    """The nearest heading and the one above it, below the last line of values; "" if none.

    Where there is none, words behind the value on its own line count if they announce something:
    `loss 0.5, W1:`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = self._read = 0  # of the value, and where the lines begin that were not read
        self._found = "", ""

    def above(self, end: int, line: int) -> tuple[str, str]:
        """Those between a value that ends at `end` and the line that starts at `line`, "" where none does."""
        if end != self._end:
            self._end = self._read = end
            self._found = "", ""
        if line == self._read:
            return self._found
        if not _LINE_END.match(self._text, line - 1):
            return "", ""
        first, tail, self._read = self._read, "", line
        if first == end > 0 and (match := _LINE_END.search(self._text, end, line)):
            first = match.end()
            tail = self._text[end:first][:_FAR].rstrip()
        heading, outer = labels.nearest_headings(self._text, first, line)
        if heading:
            self._found = heading, outer or self._found[0]
        elif tail.endswith((":", "=")):
            self._found = labels.tidy(tail), ""
        return self._found


def attach_labels(
    text: str, nodes: list[Node], *, cell: int, output: int, channel: Channel
) -> list[PrintedTensor]:
    """Printed tensors for nodes in the order of the text.

    A lone integer (weak node) leaves its line a heading: `Layer: 1` above a tensor is one.
    Looks back a bounded way from each value, so the cost is linear in the number of values.
    """
    found: list[PrintedTensor] = []
    above, distance = "", 0
    section = ""
    opening = ""  # what the line begins with, of all its values: `instance 1: loss 0.5, db3 [0.1 0.2]`
    banner = ""  # label of the previous value, in a line that ends as a ruled heading does
    headings = _Headings(text)
    value_end = 0  # end of the previous value
    strong_end = 0  # end of the previous value that makes its line a line of values
    for i, node in enumerate(nodes):
        line = _line_start(text, value_end, node.start)
        label, group = labels.split_label(text[line : node.start])
        heading, outer = headings.above(strong_end, _line_start(text, strong_end, node.start))
        section = outer or section
        if line > value_end or not found:
            opening = label.rpartition(":")[0]
        if heading or (banner and line > value_end):
            above, distance = heading or banner, 1
        elif distance:
            distance += 1
        if group and label:
            above, distance = group, 1
        end = _line_end(text, node.end, nodes[i + 1].start if i + 1 < len(nodes) else len(text))
        found.append(
            PrintedTensor(
                values=tuple(node.values),
                half_unit=tuple(node.halves),
                shape=node.shape,
                elided=node.elided,
                form=node.form,
                label=label,
                after=labels.tidy_after(text[node.end : end]),
                above=above,
                above_distance=distance,
                cell=cell,
                output=output,
                span=(node.start, node.end),
                channel=channel,
                section=f"{section} {opening}".strip(),
            )
        )
        banner = label if _RULE.fullmatch(text, node.end, end) else ""
        value_end = node.end
        if not node.weak or label.endswith(("]", ")")):
            strong_end = node.end
    return found


def _line_end(text: str, low: int, high: int) -> int:
    """End of the line that holds position `low`; not after `high`, nor further on than _FAR."""
    high = min(high, low + _FAR)
    match = _LINE_END.search(text, low, high)
    return match.start() if match else high


def _line_start(text: str, low: int, high: int) -> int:
    """Start of the line that holds position `high`; not before `low`, nor further back than _FAR."""
    low = max(low, high - _FAR)
    return max((match.end() for match in _LINE_END.finditer(text, low, high)), default=low)
