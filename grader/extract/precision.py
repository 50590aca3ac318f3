"""How precise a print is, once its form is known: half units that the form justifies."""

from __future__ import annotations

import math
from array import array

from grader.extract.nodes import Node
from grader.extract.numbers import half_unit_at


def settle(node: Node) -> None:
    """Set form and half units of bracketed numbers, now that the whole print is known.

    torch prints whole floats as `1.` only if every element is whole: exact. numpy trims zeros and
    pads with blanks, so within one fixed-point array the longest element shows the precision of
    all; where all are whole nothing shows it, and the half unit stays 0.5 (it may have been
    rounded). Without the padding (a row of `%g` in brackets), and in a Python list, every element
    shows its own digits.
    """
    if node.form == "tensor":
        if node.dotted and not node.scientific:
            node.halves = array("d", bytes(8 * len(node.halves)))
        return
    if node.form == "list" and (node.dotted or (len(node.values) > 1 and not node.commas)):
        node.form = "array"
    if node.form == "array" and not node.scientific and node.shape:
        finest = min((h for h in node.halves if h), default=0.0)
        if finest >= half_unit_at(-node.room) * abs(node.scale):
            node.halves = array("d", (finest if math.isfinite(v) else 0.0 for v in node.values))


def soften(node: Node) -> None:
    """Widen `1` beside `0.5` in a loose row: it is what `%g` makes of 0.99996.

    `0` stays exact: `%g` makes it of nothing but zero.
    """
    if len(node.values) < 2 or not any(node.halves):
        return
    node.halves = array(
        "d",
        (
            0.5 * abs(node.scale) if h == 0.0 and v != 0.0 and math.isfinite(v) else h
            for v, h in zip(node.values, node.halves, strict=True)
        ),
    )
