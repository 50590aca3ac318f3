"""Texts that cost a pattern or a reader the most, and how their cost grows with their length.

A pattern's worst texts are made of what it is made of: the shortest texts that each part of it matches,
and each beginning of it, repeated, one after the other, with and without an end that lets it fail.
"""

from __future__ import annotations

import itertools
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_MOST_UNITS = 8
_MOST_SAMPLES = 4
_CATEGORIES = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_SPACE: " \n\u3000",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_WORD: "a1_",
    op.CATEGORY_NOT_WORD: " -",
}
_ENDS = ("", "\x00", "a", "\n")
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


class TooSlow(Exception):  # noqa: N818 - an answer, not a fault
    """A call was stopped at its limit."""


def cost(call: Callable[[], object], limit_s: float) -> float:
    """Processor seconds of one call. Raises `TooSlow` at the limit, also out of one long match."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    start = time.process_time()
    try:
        call()
        return time.process_time() - start
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def grows(
    read: Callable[[str], object], text: Callable[[int], str], *, least_s: float, limit_s: float = 4.0
) -> str:
    """How a reader's cost grows faster than the text, "" where it does not.

    text: about so many characters of one kind. Lengths are doubled until a call takes `least_s`; then two
    more doublings tell: eight times the cost or more is no line. Measured again before it is said, since
    other programs' use of the caches counts, too.
    """
    size = 256
    try:
        while size < 1 << 17 and cost(lambda: read(text(size)), limit_s) < least_s:  # noqa: B023
            size *= 2
        if size >= 1 << 17:
            return ""
        ratios = []
        for _ in range(2):
            short = min(cost(lambda: read(text(size)), limit_s) for _ in range(3))
            ratios.append(cost(lambda: read(text(4 * size)), 20 * limit_s) / max(short, 1e-6))
            if ratios[-1] < 8:
                return ""
    except TooSlow:
        return f"stopped at {size} characters"
    return f"×{min(ratios):.1f} from {size} to {4 * size} characters"


def texts(pattern: re.Pattern[str], seed: int = 0) -> Iterator[Callable[[int], str]]:
    """Families of texts that may cost a pattern more than their length."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    yield from families(units(tree), seed)


def families(units: list[str], seed: int = 0, mixes: int = 12) -> Iterator[Callable[[int], str]]:
    """Each unit repeated; two of them in turn, or one many times after the other; mixes of them."""
    for unit, end in itertools.product(units, _ENDS):
        yield _repeated("", unit, "", end)
    for first, second in itertools.permutations(units, 2):
        yield _repeated("", first + second, "", "\x00")
        yield _repeated("", first, second, "\x00")
        yield _repeated(first, second, "", "\x00")
        yield _repeated(first, second, "", "a")
    draw = random.Random(seed)
    for _ in range(mixes if units else 0):
        unit = "".join(draw.choices(units, k=draw.randint(2, 6)))
        yield _repeated("", unit, draw.choice(units), draw.choice(_ENDS))


def mixed(units: list[str], seed: int, mixes: int) -> Iterator[Callable[[int], str]]:
    """Each unit repeated, with two ends, and mixes of two to four behind one or before many of another."""
    for unit, end in itertools.product(units, ("", "\x00")):
        yield _repeated("", unit, "", end)
    draw = random.Random(seed)
    for _ in range(mixes):
        unit = "".join(draw.choices(units, k=draw.randint(2, 4)))
        start, then = (draw.choice(["", "", draw.choice(units)]) for _ in "ab")
        yield _repeated(start, unit, then, draw.choice(_ENDS))


def _repeated(start: str, unit: str, then: str, end: str) -> Callable[[int], str]:
    def text(size: int) -> str:
        room = size // 2 if then else size
        return start + _times(unit, room) + (_times(then, room) if then else "") + end

    text.__doc__ = f"{start[:20]!r} + {unit[:40]!r} * n + {then[:20]!r} * n + {end!r}"
    return text


def _times(unit: str, size: int) -> str:
    """A unit over and over; `{i}` in it counts."""
    if "{i}" not in unit:
        return unit * max(1, size // len(unit))
    made: list[str] = []
    while size > 0:
        made.append(unit.replace("{i}", str(len(made))))
        size -= len(made[-1])
    return "".join(made)


def units(tree: Any) -> list[str]:
    """Short texts that parts of a pattern match, whole and up to each of their places; none twice."""
    found: dict[str, None] = {}
    for part in _parts(tree):
        for sample in _samples(part):
            if 0 < len(sample) <= 60:
                found[sample] = None
    for part in _parts(tree):
        for end in range(1, len(part)):
            for sample in _samples(list(part)[:end])[:2]:
                if 0 < len(sample) <= 60:
                    found[sample] = None
    ordered = sorted(found, key=len)
    if len(ordered) > _MOST_UNITS:  # the shortest, and some of the longer ones
        step = max(1, (len(ordered) - _MOST_UNITS // 2) // (_MOST_UNITS // 2))
        ordered = [*ordered[: _MOST_UNITS // 2], *ordered[_MOST_UNITS // 2 :: step][: _MOST_UNITS // 2]]
    return ordered


def _parts(tree: Any) -> Iterator[list[Any]]:
    items = list(tree)
    yield items
    for kind, value in items:
        if kind not in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.AT, op.GROUPREF):
            yield [(kind, value)]
        for inner in _inner(kind, value):
            yield from _parts(inner)


def _inner(kind: Any, value: Any) -> list[Any]:
    if kind in _REPEATS:
        return [value[2]]
    if kind is op.BRANCH:
        return list(value[1])
    if kind is op.SUBPATTERN:
        return [value[3]]
    if kind is op.ATOMIC_GROUP:
        return [value]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return [value[1]]
    return []


def _samples(items: list[Any]) -> list[str]:
    """A few short texts that these items match one after the other (look-arounds and places aside)."""
    found = [""]
    for kind, value in items:
        choices = _choices(kind, value)
        found = [a + b for a, b in itertools.product(found, choices)][:_MOST_SAMPLES] if choices else found
    return list(dict.fromkeys(found))


def _choices(kind: Any, value: Any) -> list[str]:
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.NOT_LITERAL:
        return ["a" if value != ord("a") else "b"]
    if kind is op.ANY:
        return ["x"]
    if kind is op.IN:
        return _members(value)
    if kind in _REPEATS:
        least, _, sub = value
        return list(dict.fromkeys(s * n for s in _samples(list(sub)) for n in (max(1, least), least)))
    if kind is op.BRANCH:
        firsts = [_samples(list(branch)) for branch in value[1]]
        return list(dict.fromkeys(s[0] for s in firsts if s)) + [s[1] for s in firsts if len(s) > 1]
    inner = _inner(kind, value)
    if inner and kind in (op.SUBPATTERN, op.ATOMIC_GROUP):
        return _samples(list(inner[0]))
    return []


def _members(value: Any) -> list[str]:
    kinds = [kind for kind, _ in value]
    if op.NEGATE in kinds:
        out = {chr(v) for k, v in value if k is op.LITERAL}
        return [c for c in "a1 -<[\"'\n" if c not in out][:_MOST_SAMPLES]
    found: list[str] = []
    for kind, inner in value:
        if kind is op.LITERAL:
            found.append(chr(inner))
        elif kind is op.RANGE:
            found.append(next((c for c in "1aA" if inner[0] <= ord(c) <= inner[1]), chr(inner[0])))
        elif kind is op.CATEGORY:
            found.extend(_CATEGORIES.get(inner, "a"))
    return list(dict.fromkeys(found))[:6]
