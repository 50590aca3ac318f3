"""Code with its constants worked out: `100 + 48` says 148 as `148` does, and so does `n = 148` (pure).

Nothing is run. Only arithmetic on numbers that stand in the code is done, within bounds, and names that are
given one number are replaced by it.
"""

from __future__ import annotations

import ast
import operator
from collections import defaultdict
from collections.abc import Callable, Sequence

_LARGEST = 1e15  # a number that is still worked out
_LONGEST = 1000  # elements of a list that is repeated
_DEEP = 2  # times that names are put in for one another
_OF: dict[str, Callable[[list[int | float]], int | float]] = {"sum": sum, "max": max, "min": min, "len": len}
_DO: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}


def worked_out(trees: Sequence[ast.Module]) -> list[str]:
    """The source of each cell, its constants worked out. The trees are changed."""
    for _ in range(_DEEP):
        fold = _Fold(_constants(trees))
        trees = [fold.visit(tree) for tree in trees]
    return [ast.unparse(ast.fix_missing_locations(tree)) for tree in trees]


def _constants(trees: Sequence[ast.Module]) -> dict[str, ast.Constant]:
    """Names that are given one number or text, and nothing else anywhere."""
    given: dict[str, list[ast.expr | None]] = defaultdict(list)
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _pair(target, node.value, given)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            given[node.id].append(None)
    # each assignment to a name is counted as a store, too
    return {
        name: known[0]
        for name, values in given.items()
        if len(known := [v for v in values if isinstance(v, ast.Constant)]) == 1 and len(values) == 2
    }


def _pair(target: ast.expr, value: ast.expr, given: dict[str, list[ast.expr | None]]) -> None:
    if isinstance(target, ast.Name):
        given[target.id].append(value)
    elif (
        isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)
    ):
        for one, part in zip(target.elts, value.elts, strict=True):
            _pair(one, part, given)


class _Fold(ast.NodeTransformer):
    def __init__(self, constants: dict[str, ast.Constant]) -> None:
        self._constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        known = self._constants.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if known is None else ast.Constant(known.value)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        one, other, do = _value(node.left), _value(node.right), _DO.get(type(node.op))
        if isinstance(one, str) and isinstance(other, str) and isinstance(node.op, ast.Add):
            return ast.Constant(one + other)
        if isinstance(node.left, ast.List | ast.Tuple):
            return _of_lists(node, node.left, other)
        if do is None or not isinstance(one, int | float) or not isinstance(other, int | float):
            return node
        try:
            made = do(one, other)
        except (ArithmeticError, ValueError):
            return node
        return ast.Constant(made) if abs(made) <= _LARGEST else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        parts = [_value(p.value if isinstance(p, ast.FormattedValue) else p) for p in node.values]
        return node if any(p is None for p in parts) else ast.Constant("".join(map(str, parts)))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.List() | ast.Tuple() as of], keywords=[]) if (
                name in _OF
            ):
                values = [_value(e) for e in of.elts]
                numbers = [v for v in values if isinstance(v, int | float)]
                if numbers and len(numbers) == len(values):
                    return ast.Constant(_OF[name](numbers))
            case ast.Call(
                func=ast.Name(id="str" | "int" | "float"), args=[ast.Constant() as only], keywords=[]
            ):
                return only
        return node


def _of_lists(node: ast.BinOp, one: ast.List | ast.Tuple, times: object) -> ast.expr:
    """`[4] * 2` and `[4] + [2]` as one list."""
    if isinstance(node.op, ast.Add) and isinstance(node.right, ast.List | ast.Tuple):
        return ast.List([*one.elts, *node.right.elts], ast.Load())
    if isinstance(node.op, ast.Mult) and isinstance(times, int) and 0 < times * len(one.elts) <= _LONGEST:
        return ast.List(one.elts * times, ast.Load())
    return node


def _value(node: ast.expr) -> str | int | float | None:
    """What a constant holds, if it is a number or a text."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand)
        return -inner if isinstance(inner, int | float) else None
    held = node.value if isinstance(node, ast.Constant) else None
    return held if isinstance(held, str | int | float) and not isinstance(held, bool) else None
