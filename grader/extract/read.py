"""Text → printed tensors: tokens drive the bracket stack and the loose rows, labels come last."""

from __future__ import annotations

import re
from typing import Literal

from grader.extract import labels
from grader.extract.brackets import Brackets
from grader.extract.joins import RowJoiner
from grader.extract.loose import read_run
from grader.extract.nodes import Form, Node, Sink
from grader.extract.numbers import parse_row
from grader.extract.tokens import TOKEN
from grader.models import PrintedTensor

Channel = Literal["stdout", "stderr", "result", "display", "error"]
_LINE_END = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
_NUMBER_IN = re.compile(r"\(\s*([^)\s]+)\s*\)")


def extract_text(
    text: str, *, cell: int = 0, output: int = 0, channel: Channel = "stdout"
) -> tuple[PrintedTensor, ...]:
    """Every printed tensor in one text, in order. Never raises; linear in the length."""
    sink = Sink()
    _read(text, sink)
    return tuple(_attach(text, list(sink), cell, output, channel))


def _read(text: str, sink: Sink) -> None:
    joiner = RowJoiner(text, sink.add)
    brackets = Brackets(joiner.add)
    before = ""
    scale, scale_end = 1.0, -1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "space":
            if scale_end == match.start():
                scale_end = match.end()
            continue
        start, end = match.span()
        if kind == "newline":
            before = ""
            if scale_end == start:
                scale_end = end
            continue
        factor = scale if scale_end == start else 1.0
        top = brackets.top
        if kind == "word":
            brackets.interrupt(start)
            before = match[0][-40:]
            continue
        if kind == "row":
            body = match[0][1:-1].replace("'", " ").replace('"', " ")
            parsed = parse_row(body)
            if top is None and _is_reference(parsed.values, parsed.integers, before):
                before = "]"
                continue
            if factor != 1.0:
                parsed = parsed._replace(
                    values=[v * factor for v in parsed.values],
                    half_units=[h * abs(factor) for h in parsed.half_units],
                )
            brackets.add_row(parsed, start, end, commas="," in body)
            before = "]"
        elif kind == "comma":
            brackets.comma()
            before = ","
        elif kind == "run":
            if top is not None:
                parsed = parse_row(match[0])
                brackets.add(parsed, start, end, commas="," in match[0])
            else:
                node = read_run(text, start, end, before, factor, collection=brackets.inside_collection)
                if node is not None:
                    joiner.add(node)
            before = match[0][-40:]
        elif kind == "open":
            brackets.open(match[0], start)
            before = match[0]
        elif kind == "close":
            brackets.close(match[0], end)
            before = match[0]
        elif kind == "maker":
            brackets.open("m", start, _form(match[0]))
            before = "("
        elif kind == "scalar":
            inner = _NUMBER_IN.search(match[0])
            parsed = parse_row(inner[1] if inner else "")
            if top is not None:
                brackets.add(parsed, start, end, commas=True)
            else:
                node = read_run(text, start, end, ":", 1.0, collection=False)
                if node is not None:
                    joiner.finish()
                    node.loose = False
                    joiner.add(node)
            before = ")"
        elif kind == "option":
            if top is not None and top.bracket == "m":
                brackets.option(match[0])
            else:
                brackets.interrupt(start)
            before = ")"
        elif kind == "scale":
            scale = parse_row(match[0].rstrip("* \t")).values[0]
            scale_end = end
            if top is not None:
                brackets.scale(scale)
                scale_end = -1
            before = "*"
        elif kind == "dots":
            if top is not None:
                brackets.dots()
            before = "."
        elif kind == "other":
            if match[0] not in "'\"":
                brackets.interrupt(start)
                before = match[0] if match[0] not in "|`$" else before
        elif kind == "noise" and match[0][0] != "\x1b":
            brackets.interrupt(start)
            before = ")"
    brackets.finish(len(text))
    joiner.finish()


def _form(maker: str) -> Form:
    return "tensor" if maker[-7:].lower() == "tensor(" else "array"


def _is_reference(values: list[float], integers: bool, before: str) -> bool:
    """`[1]` behind a plain word, as in `Epoch [1]`, and `[]` hold no value."""
    return len(values) == 1 and integers and before.isalpha()


def _attach(text: str, nodes: list[Node], cell: int, output: int, channel: Channel) -> list[PrintedTensor]:
    """Labels for nodes in the order of the text. Every gap between two values is read once."""
    found: list[PrintedTensor] = []
    above, distance = "", 0
    value_end = 0  # end of the previous value
    strong_end = 0  # end of the previous value that makes its line a line of values
    for i, node in enumerate(nodes):
        if node.start < value_end:
            continue
        line_start = _line_start(text, value_end, node.start)
        on_same_line = line_start < 0
        label, group = labels.split_label(
            text[max(value_end if on_same_line else line_start, node.start - 1000) : node.start]
        )
        here = _line_start(text, strong_end, node.start)
        if here >= 0:
            first = 0 if strong_end == 0 else _next_line(text, strong_end, here)
            words = labels.nearest_heading(text, first, here)
            if not words and strong_end:
                words = _open_tail(text[strong_end:first][:1000])
            if words:
                above, distance = words, 1
            elif distance:
                distance += 1
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
            )
        )
        value_end = node.end
        if not node.weak:
            strong_end = node.end
    return found


def _line_start(text: str, low: int, high: int) -> int:
    """Start of the line that holds position `high`, looking back to `low`; -1 if no line ends there."""
    gap = text[low:high]
    last = -1
    for match in _LINE_END.finditer(gap):
        last = match.end()
    if last >= 0:
        return low + last
    return 0 if low == 0 else -1


def _next_line(text: str, low: int, high: int) -> int:
    match = _LINE_END.search(text, low, high)
    return match.end() if match else high


def _open_tail(tail: str) -> str:
    """Words behind the last value of the line above, where they announce something (`…, W1:`)."""
    tail = tail.rstrip()
    return labels.tidy(tail) if tail.endswith((":", "=")) else ""


def _after(text: str, start: int, stop: int) -> str:
    gap = text[start : min(stop, start + 2 * labels.LONGEST)]
    match = _LINE_END.search(gap)
    return (gap[: match.start()] if match else gap).strip(" \t,;|")[: labels.LONGEST]
