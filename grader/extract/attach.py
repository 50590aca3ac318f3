"""Nodes + the text around them → printed tensors with label, after, above."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from grader.extract import labels
from grader.extract.nodes import Node
from grader.models import PrintedTensor

Channel = Literal["stdout", "stderr", "result", "display", "error"]
_LINE_END = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
_RULE = re.compile(r"[^\S\n]*+[=\-#*_~─━═]{3,}+[^\S\n]*+")
_FAR = 2 * labels.LONGEST


class _Seen(NamedTuple):
    """The heading that was found between a value's end and the line `top`, and the one above; "" if none."""

    end: int
    top: int
    heading: str
    section: str


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
    banner = ""  # label of the previous value, in a line that ends as a ruled heading does
    seen = _Seen(-1, -1, "", "")
    value_end = 0  # end of the previous value
    strong_end = 0  # end of the previous value that makes its line a line of values
    for i, node in enumerate(nodes):
        line = _line_start(text, value_end, node.start)
        label, group = labels.split_label(text[line : node.start])
        top = _line_start(text, strong_end, node.start)
        if seen.end == strong_end and strong_end < seen.top < top and _LINE_END.match(text, top - 1):
            heading, outer = labels.nearest_headings(text, seen.top, top)  # what is new
            if heading:
                outer = outer or seen.heading
            else:
                heading, outer = seen.heading, seen.section
        elif (seen.end, seen.top) == (strong_end, top):
            heading, outer = seen.heading, seen.section
        else:
            heading, outer = _headings_above(text, strong_end, top)
        if top <= strong_end or _LINE_END.match(text, top - 1):
            seen = _Seen(strong_end, top, heading, outer)
        section = outer or section
        if heading or (banner and line > value_end):
            above, distance = heading or banner, 1
        elif distance:
            distance += 1
        if group and label:
            above, distance = group, 1
        follower = nodes[i + 1].start if i + 1 < len(nodes) else len(text)
        found.append(
            PrintedTensor(
                values=tuple(node.values),
                half_unit=tuple(node.halves),
                shape=node.shape,
                elided=node.elided,
                form=node.form,
                label=label,
                after=_after(text, node.end, follower),
                above=above,
                above_distance=distance,
                cell=cell,
                output=output,
                span=(node.start, node.end),
                channel=channel,
                section=section,
            )
        )
        banner = label if _RULE.fullmatch(text, node.end, _line_end(text, node.end, follower)) else ""
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
    start = low
    for match in _LINE_END.finditer(text, low, high):
        start = match.end()
    return start


def _headings_above(text: str, value_end: int, line: int) -> tuple[str, str]:
    """The heading between the previous value and the line that starts at `line`, and the one above it.

    Where there is none, words behind the value on its own line count if they announce something:
    `loss 0.5, W1:`.
    """
    if line <= value_end or not _LINE_END.match(text, line - 1):
        return "", ""
    first = value_end
    if value_end:
        match = _LINE_END.search(text, value_end, line)
        if match is None:
            return "", ""
        first = match.end()
    heading, outer = labels.nearest_headings(text, first, line)
    if heading or not value_end:
        return heading, outer
    tail = text[value_end:first][:_FAR].rstrip()
    return (labels.tidy(tail) if tail.endswith((":", "=")) else ""), ""


def _after(text: str, start: int, stop: int) -> str:
    gap = text[start : min(stop, start + 2 * labels.LONGEST)]
    match = _LINE_END.search(gap)
    return labels.tidy_after(gap[: match.start()] if match else gap)
