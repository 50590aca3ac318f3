"""Long loops: of what is printed over and over, the first and the last turns are read (pure, linear).

A training loop may print more lines than a run's bounds hold, and what stands before, between and after its
lines must not be lost for them. Lines are alike where they differ in numbers, signs and blanks alone; a turn
is the lines after which all are alike again. The turns in the middle become blanks, so that every other
character stays in its place. Lines within brackets begin no turn: a long tensor is left whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.models import Output

KEPT_LINES = 1000
"""of a loop, at least so many lines are read at its beginning and at its end"""
_LONGEST_TURN = 1000  # lines
_ALIKE = 8  # lines that have to come again in the same order before a loop is seen in them
_REMEMBERED = 4 * _LONGEST_TURN
_NUMBER = re.compile(r"\d[\d.]*+(?:[eE]\d++)?+")
_NOTHING = str.maketrans("", "", "+-− \t")
_READ, _EXAMPLE, _LEFT_OUT = range(3)


@dataclass(frozen=True, slots=True)
class Shortened:
    """outputs: with blanks for what is left out. examples: output (cell, index) → where a turn stands
    that is like those left out behind it.
    """

    outputs: tuple[Output, ...]
    examples: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)


def shortened(outputs: Sequence[Output]) -> Shortened:
    """Outputs of a run without the turns in the middle of long loops.

    A loop may go on through several outputs of a cell, as where a progress bar is drawn between them.
    """
    streams: dict[tuple[int, str], list[int]] = defaultdict(list)
    for at, output in enumerate(outputs):
        streams[output.cell, output.kind].append(at)
    made = list(outputs)
    examples: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for places in streams.values():
        if sum(outputs[at].text.count("\n") + 1 for at in places) <= 2 * KEPT_LINES:
            continue
        lines = [line for at in places for line in outputs[at].text.split("\n")]
        marks = bytearray(len(lines))
        for first, last, turn in _middles(lines):
            marks[first - turn : first] = bytes([_EXAMPLE]) * turn
            marks[first:last] = bytes([_LEFT_OUT]) * (last - first)
        begin = 0
        for at in places:
            output = outputs[at]
            end = begin + output.text.count("\n") + 1
            if any(marks[begin:end]):
                text, found = _without(lines[begin:end], marks[begin:end])
                made[at] = output.model_copy(update={"text": text})
                examples[output.cell, output.index] = found
            begin = end
    return Shortened(tuple(made), examples)


def touches(span: tuple[int, int], places: Sequence[tuple[int, int]]) -> bool:
    """Does a span reach into one of these places, which are in order?"""
    at = bisect_left(places, span[1], key=lambda place: place[0])
    return at > 0 and places[at - 1][1] > span[0]


def _without(lines: Sequence[str], marks: bytearray) -> tuple[str, list[tuple[int, int]]]:
    """The text with blanks for lines left out, and where the examples stand."""
    parts: list[str] = []
    examples: list[tuple[int, int]] = []
    at = begun = 0
    for line, mark, following in zip(lines, marks, [*marks[1:], _READ], strict=True):
        left_out = mark == _LEFT_OUT
        parts += (" " * len(line) if left_out else line, " " if left_out and following == _LEFT_OUT else "\n")
        if mark != _EXAMPLE:
            begun = at + len(line) + 1
        elif following != _EXAMPLE:
            examples.append((begun, at + len(line)))
        at += len(line) + 1
    return "".join(parts[:-1]), examples


def _middles(lines: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """First line, end and length of a turn of what is left out of each long loop."""
    depths: list[int] = []
    alike = [hash(_NUMBER.sub("#", line.translate(_NOTHING))) for line in lines]
    for start, end, turn in _loops(alike):
        if end - start <= 2 * KEPT_LINES + 2 * turn:
            continue
        depths = depths or _depths(lines)
        first = next((n for n in range(start + KEPT_LINES, start + KEPT_LINES + turn) if not depths[n]), end)
        last = first + (end - KEPT_LINES - first) // turn * turn
        if first < last and not depths[last] and not depths[first - turn]:
            yield first, last, turn


def _loops(alike: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where a loop begins, where it ends, and how many lines a turn has.

    alike: the same number for lines that are alike.
    """
    seen: dict[tuple[int, ...], int] = {}
    start = turn = 0
    for n, line in enumerate(alike):
        if turn and line == alike[n - turn]:
            continue
        if turn:
            yield start, n, turn
            turn = 0
        recent = tuple(alike[max(0, n + 1 - _ALIKE) : n + 1])
        last = seen.get(recent)
        if last is not None and n - last <= _LONGEST_TURN and len(recent) == _ALIKE:
            start, turn = max(0, last + 1 - _ALIKE), n - last
        if len(seen) >= _REMEMBERED:
            seen.clear()
        seen[recent] = n
    if turn:
        yield start, len(alike), turn


def _depths(lines: Sequence[str]) -> list[int]:
    """How many brackets are open at the beginning of each line, and at the end."""
    found = [0]
    for line in lines:
        opened = line.count("[") + line.count("(") + line.count("{")
        closed = line.count("]") + line.count(")") + line.count("}")
        found.append(max(0, found[-1] + opened - closed))
    return found
