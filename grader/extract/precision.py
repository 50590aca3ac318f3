"""How precise a print is, once its form is known: half units that the form justifies."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

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


def softened(
    values: Sequence[float], halves: Sequence[float], columns: int, scale: float = 1.0
) -> array[float]:
    """Half units with `1` beside `0.5` widened: it is what `%g` makes of 0.99996.

    Beside: in a row of so many columns, the same column of a table; pass 1 where all are of a kind.
    `0` stays exact: `%g` makes it of nothing but zero.
    """
    rounded = [any(halves[i::columns]) for i in range(columns)]
    return array(
        "d",
        (
            0.5 * abs(scale) if h == 0.0 and v != 0.0 and rounded[i % columns] and math.isfinite(v) else h
            for i, (v, h) in enumerate(zip(values, halves, strict=True))
        ),
    )
