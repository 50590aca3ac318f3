"""Numbers outside brackets: which of them are values, which belong to the words around them."""

from __future__ import annotations

import math
import re

from grader.extract.nodes import Node, node_of
from grader.extract.numbers import BARS, NUMBER, Parsed, decimal_comma_literals, parse_loose_row

_LITERAL = re.compile(NUMBER)
_SEPARATORS = frozenset(":=→>≈⇒~")
_BEFORE_A_VALUE = _SEPARATORS | frozenset(")]}")
_IS = frozenset({"is", "are", "ist", "sind", "est", "equals", "beträgt", "von", "to", "was"})
_REST_OF_LINE = re.compile(rf"[ \t{BARS}]*+(?:\\\\[ \t]*+)?(?:[\r\n]|\Z)")
_KEY_BEHIND = re.compile(r":|\)\s+[A-Za-z]")
_GAP = re.compile(r"[ \t]{2}")
_ROW_NUMBER = re.compile(r"[0-9]{1,4}[ \t]*+[;|][ \t]*+(?=[^;|]*+\Z)")
_PART_OF_A_COUNT = re.compile(r"[ ]?/[ ]?\w|-\d")


def read_run(text: str, start: int, end: int, before: str, scale: float, *, collection: bool) -> Node | None:
    """The run of numbers text[start:end] as a node, or None where it is part of the words.

    before: the token in front of it on the same line, "" at the start of a line.
    scale: common factor printed in front of it.
    collection: it stands in an open bracket that holds words too.

    Lone integers in prose (`Layer 1`, `Epoch 10/100`) are no values; they are behind a separator,
    or alone on their line, or behind an index (`b1[0] 0`), or in a column at the end of it.
    """
    body = text[start:end]
    at_end = _REST_OF_LINE.match(text, end) is not None
    column = at_end and _GAP.match(text, start - 2, start) is not None
    if (
        before
        and before[-1] not in _BEFORE_A_VALUE
        and before not in _IS
        and _is_integer(body)
        and not column
    ):
        return None
    behind = text[end : end + 12]
    if (_KEY_BEHIND.match(behind) and not (collection and behind[0] == ")")) or (
        _PART_OF_A_COUNT.match(behind) and _is_integer(body.rsplit(None, 1)[-1])
    ):
        literals = list(_LITERAL.finditer(body))
        if len(literals) < 2 or decimal_comma_literals(body):
            return None
        end = start + literals[-2].end()
        body = text[start:end]
    separated = before[-1:] in _SEPARATORS or before in _IS
    parsed = parse_loose_row(body)
    if before and not separated and _names_by_number(before) and len(parsed.values) > 1:
        first = _LITERAL.match(text, start)
        if first and _is_integer(first[0]) and not all(_is_integer(m) for m in _LITERAL.findall(body)):
            following = _LITERAL.search(text, first.end(), end)
            if following:
                start = following.start()
                parsed = parse_loose_row(text[start:end])
    if before and len(parsed.values) > 2 and not parsed.integers:
        number = _ROW_NUMBER.match(text[start:end])  # `h1;0;0.5,0.25`
        if number:
            start += number.end()
            parsed = parse_loose_row(text[start:end])
    if before and not separated:
        parsed = _without_padding(parsed, body)
    count = len(parsed.values)
    if count == 0:
        return None
    whole = parsed.integers or parsed.dotted or not any(parsed.half_units)
    if count == 1 and whole and not parsed.scientific and not parsed.elided:
        alone = not before and at_end
        indexed = before[-1:] in ")]}" and before[-1:] != ""
        special = not math.isfinite(parsed.values[0])
        if not (alone or separated or column or (at_end and (indexed or special))):
            return None
    return loose_node(parsed, start, end, scale)


def _without_padding(parsed: Parsed, body: str) -> Parsed:
    """A named row without the `NaN` that makes it as long as others; nobody but pandas spells it so."""
    words = body.split()
    padded = next((i for i, word in enumerate(reversed(words)) if word != "NaN"), 0)
    if not padded or len(words) != len(parsed.values):
        return parsed
    return parsed._replace(
        values=parsed.values[:-padded], half_units=parsed.half_units[:-padded], whole=parsed.whole[:-padded]
    )


def loose_node(parsed: Parsed, start: int, end: int, scale: float = 1.0) -> Node:
    """Numbers outside brackets, `np.float64(0.5)` among them."""
    node = node_of(parsed, start, end, "row", scale=scale)
    node.weak, node.loose = parsed.integers, True
    if len(parsed.values) == 1 and not parsed.elided:
        node.shape, node.form = (), "number"
    return node


def _names_by_number(word: str) -> bool:
    """`Layer` in `Layer 1 0.5 0.6`: a plain word, not already numbered as `h1` or `W[0]`."""
    return word.isalpha() and word not in _IS


def _is_integer(literal: str) -> bool:
    return literal.lstrip("+-−–").isdigit()
