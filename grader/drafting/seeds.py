"""The seed of a handout, as its solution sets it (pure)."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Sequence

from grader.drafting.sites import python
from grader.models import Cell

_SETS = re.compile(r"(manual_)?seed(_everything)?|default_rng|RandomState")


def seed_of(cells: Sequence[Cell]) -> int | None:
    """The first whole number that seeds a generator; None where none is set."""
    for cell in cells:
        tree = python(cell.source) if cell.kind == "code" else None
        for node in ast.walk(tree) if tree is not None else ():
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=name) | ast.Name(id=name),
                    args=[ast.Constant(value=int(seed)), *_],
                ):
                    if _SETS.fullmatch(name) and not isinstance(seed, bool) and 0 <= seed < 2**32:
                        return seed
    return None


def another(seed: int, text: str) -> int:
    """A seed for the second world: the same each time for the same solution."""
    made = int(hashlib.sha256(text.encode()).hexdigest()[:6], 16)
    return made if made != seed else made + 1
