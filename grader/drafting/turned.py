"""Which of a solution's values have a free sign: it runs again with its eigenvectors the other way round.

An eigenvector, a singular vector or a principal component is as right with all of it negated. What follows
from that is measured, not guessed: where a shown value comes out negated, its sign is free.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.assignment.values import Array, near
from grader.drafting.sites import python
from grader.drafting.values import ShownQuantity
from grader.judging.free import SIGNS, laid_as
from grader.models import Cell
from rubric.schema import Tolerance

_MAKES = frozenset({"eig", "eigh", "svd", "PCA", "TruncatedSVD"})

TURNING = r"""
def _install_turning(every):
    import importlib

    def turned(array, axis):
        array = array.clone() if hasattr(array, "clone") else array.copy()
        at = [slice(None)] * array.ndim
        at[axis] = slice(None, None, every)
        array[tuple(at)] *= -1
        return array

    def like(found, parts):
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)

    def eigen(function):
        def changed(*args, **kwargs):
            found = function(*args, **kwargs)
            if not isinstance(found, tuple):
                return found
            return like(found, [found[0], turned(found[1], -1), *found[2:]])

        return changed

    def singular(function):
        def changed(*args, **kwargs):
            found = function(*args, **kwargs)
            if not isinstance(found, tuple):
                return found
            left, values, right = found
            k = values.shape[-1]
            left, right = left.copy() if hasattr(left, "copy") else left.clone(), turned(right, -2)
            left[..., :, :k] = turned(left[..., :, :k], -1)
            return like(found, [left, values, right])

        return changed

    def flipped(function):
        def changed(*args, **kwargs):
            left, right = function(*args, **kwargs)
            return None if left is None else turned(left, -1), turned(right, -2)

        return changed

    places = [
        ("numpy.linalg", ("eig", "eigh"), eigen),
        ("scipy.linalg", ("eig", "eigh"), eigen),
        ("torch.linalg", ("eig", "eigh"), eigen),
        ("numpy.linalg", ("svd",), singular),
        ("scipy.linalg", ("svd",), singular),
        ("torch.linalg", ("svd",), singular),
        ("sklearn.decomposition._pca", ("svd_flip",), flipped),
        ("sklearn.decomposition._truncated_svd", ("svd_flip",), flipped),
    ]
    loaded = []
    for module, names, change in places:
        try:
            loaded.append((importlib.import_module(module), names, change))
        except ImportError:
            pass
    for module, names, change in loaded:
        for name in names:
            if hasattr(module, name):
                setattr(module, name, change(getattr(module, name)))


_install_turning(EVERY)
del _install_turning
"""

How = Literal["free", "rows", "columns", "else"]
ALL, SOME = (TURNING.replace("EVERY", str(every)) for every in (1, 2))
"""preludes: all vectors the other way round; every second one"""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a value follows its vectors. free: all of it is negated. rows, columns: each of them by itself.
    else: it changes in another way."""

    name: str
    how: How


def may_turn(cells: Sequence[Cell]) -> bool:
    """Does the code compute such vectors?"""
    trees = (python(c.source) for c in cells if c.kind == "code")
    return any(
        (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in _MAKES
        for tree in trees
        if tree is not None
        for node in ast.walk(tree)
    )


def turns(
    shown: Sequence[ShownQuantity], all_turned: Sequence[ShownQuantity], some_turned: Sequence[ShownQuantity]
) -> tuple[Turn, ...]:
    """What follows the vectors, of the handout's world; a value that is not there in all runs is left out."""
    alls, somes = ({s.name: s.values[0] for s in run} for run in (all_turned, some_turned))
    return tuple(
        Turn(s.name, how)
        for s in shown
        if s.name in alls and s.name in somes
        if (how := _how(s.values[0], alls[s.name], somes[s.name])) is not None
    )


def _how(value: Array, all_turned: Array, some_turned: Array) -> How | None:
    if _near(value, all_turned) and _near(value, some_turned):
        return None
    if not _near(-value, all_turned):
        return "else"
    if _near(value, some_turned) or _near(-value, some_turned):
        return "free"
    ways: tuple[How, ...] = ("columns", "rows")
    return next((way for way in ways if _near(laid_as(some_turned, value, SIGNS[way]), value)), "else")


def _near(one: Array, other: Array) -> bool:
    return near(one, other, Tolerance())
