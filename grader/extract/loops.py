"""Long loops: of what is printed over and over, the first and the last turns are read (pure, linear).

A training loop may print more lines than a run's bounds hold, and what stands before, between and after its
lines must not be lost for them. Lines are alike where they differ in numbers, signs and blanks alone; a turn
is the lines after which all are alike again. The turns in the middle are left out. Lines within brackets
begin no turn: a long tensor is left whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from grader.models import Output

KEPT_LINES = 1000
"""of a loop, at least so many lines are read at its beginning and at its end"""
_LONGEST_TURN = 1000  # lines
_ALIKE = 8  # lines that have to come again in the same order before a loop is seen in them
_REMEMBERED = 4 * _LONGEST_TURN
_MOST_LINES = 1_000_000  # lines of a cell; only empty ones are more within a run's limits
_NUMBER = re.compile(r"\d[\d.]*+(?:[eE]\d++)?+")
_NOTHING = str.maketrans("", "", "+-− \t")
_READ, _EXAMPLE, _LEFT_OUT = range(3)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an output that is read. offset: where it begins in the output's text.

    examples: where turns stand in the output that are like those left out behind them.
    """

    output: Output
    offset: int = 0
    examples: tuple[tuple[int, int], ...] = ()

    def is_example(self, span: tuple[int, int]) -> bool:
        """Is what stands there, in the output's text, part of such a turn?"""
        at = bisect_left(self.examples, span[1], key=lambda place: place[0])
        return at > 0 and self.examples[at - 1][1] > span[0]


def pieces(outputs: Sequence[Output]) -> Iterator[Piece]:
    """Outputs of a run without the turns in the middle of long loops, in order.

    A loop may go on through several outputs of a cell, as where a progress bar is drawn between them.
    """
    streams: dict[tuple[int, str], list[int]] = defaultdict(list)
    for at, output in enumerate(outputs):
        if output.html is None:
            streams[output.cell, output.kind].append(at)
    marked: dict[int, bytearray] = {}
    for places in streams.values():
        counts = [outputs[at].text.count("\n") + 1 for at in places]
        if not 2 * KEPT_LINES < sum(counts) <= _MOST_LINES:
            continue
        marks = _marks([line for at in places for line in _skeletons(outputs[at].text)])
        for at, end, count in zip(places, accumulate(counts), counts, strict=True):
            if any(marks[end - count : end]):
                marked[at] = marks[end - count : end]
    for at, output in enumerate(outputs):
        yield from _pieces(output, marked[at]) if at in marked else (Piece(output),)


def _skeletons(text: str) -> list[str]:
    """Its lines, alike where they differ in numbers, signs and blanks alone."""
    return _NUMBER.sub("#", text.translate(_NOTHING)).split("\n")


def _pieces(output: Output, marks: bytearray) -> Iterator[Piece]:
    ends = list(accumulate(len(line) + 1 for line in output.text.split("\n")))

    def stretches(of: set[int]) -> Iterator[tuple[int, int]]:
        begun = None
        for n, mark in enumerate((*marks, -1)):
            if mark in of and begun is None:
                begun = n
            elif mark not in of and begun is not None:
                yield ends[begun - 1] if begun else 0, ends[n - 1]
                begun = None

    examples = tuple(stretches({_EXAMPLE}))
    for start, end in stretches({_READ, _EXAMPLE}):
        yield Piece(output.model_copy(update={"text": output.text[start:end]}), start, examples)


def _marks(lines: Sequence[str]) -> bytearray:
    """For each line whether it is read, an example, or left out."""
    marks = bytearray(len(lines))
    depths: list[int] = []
    for start, end, turn in _loops([hash(line) for line in lines]):
        if end - start <= 2 * KEPT_LINES + 2 * turn:
            continue
        depths = depths or _depths(lines)
        first = next((n for n in range(start + KEPT_LINES, start + KEPT_LINES + turn) if not depths[n]), end)
        last = first + (end - KEPT_LINES - first) // turn * turn
        if first < last and not depths[last] and not depths[first - turn]:
            marks[first - turn : first] = bytes([_EXAMPLE]) * turn
            marks[first:last] = bytes([_LEFT_OUT]) * (last - first)
    return marks


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
    known: dict[str, int] = {}
    for line in lines:
        more = known.get(line)
        if more is None:
            more = sum(map(line.count, "[({")) - sum(map(line.count, "])}"))
            if len(known) < _REMEMBERED:
                known[line] = more
        found.append(max(0, found[-1] + more))
    return found
