"""Likely mistakes: one changed line of the solution each (pure). Those that change an answer are kept."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from grader.drafting.sites import python
from grader.models import Cell

_MOST = 60  # edits that are tried; each runs in every world
_SHORT = 160


@dataclass(frozen=True, slots=True)
class Edit:
    """One changed line.

    cells: the changed solution. cell: the one that changed. before, after: its line. message: for students.
    """

    id: str
    message: str
    cell: int
    before: str
    after: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """name: part of the id. message: teaches, without the answer. change: the node's new form, or None."""

    name: str
    message: str
    change: Callable[[ast.AST], ast.AST | None]


def likely(cells: Sequence[Cell]) -> Iterator[Edit]:
    """Every edit of every cell, the likeliest kinds first, at most some dozens."""
    trees = [(c, tree) for c in cells if c.kind == "code" and (tree := python(c.source)) is not None]
    made = 0
    used: dict[str, int] = {}
    for kind in _KINDS:
        for cell, tree in trees:
            for index, node in enumerate(ast.walk(tree)):
                if made >= _MOST or kind.change(copy.deepcopy(node)) is None:
                    continue
                changed, before, after = _changed(tree, index, kind)
                if before == after:
                    continue
                made += 1
                used[kind.name] = used.get(kind.name, 0) + 1
                again = tuple(c.model_copy(update={"source": changed}) if c is cell else c for c in cells)
                yield Edit(f"{kind.name}_{used[kind.name]}", kind.message, cell.index, before, after, again)


def _changed(tree: ast.Module, index: int, kind: _Kind) -> tuple[str, str, str]:
    """The cell with its node number `index` changed, and that node's line before and after."""
    new = copy.deepcopy(tree)
    target = list(ast.walk(new))[index]
    made = kind.change(target)
    assert made is not None
    replacement = made

    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return replacement if node is target else self.generic_visit(node)

    old_lines = ast.unparse(tree).split("\n")
    source = ast.unparse(ast.fix_missing_locations(Put().visit(new)))
    lines = source.split("\n")
    first = next((i for i, (a, b) in enumerate(zip(old_lines, lines, strict=False)) if a != b), 0)
    return source, old_lines[first].strip()[:_SHORT], lines[first].strip()[:_SHORT]


def _method(swap: dict[str, str]) -> Callable[[ast.AST], ast.AST | None]:
    """Another function or method of the same arguments."""

    def change(node: ast.AST) -> ast.AST | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in swap:
            node.func.attr = swap[node.func.attr]
            return node
        return None

    return change


def _factor(node: ast.AST) -> ast.AST | None:
    """A product or quotient with a number loses it."""
    match node:
        case ast.BinOp(left=ast.Constant(value=int() | float()), op=ast.Mult(), right=kept):
            return kept
        case ast.BinOp(left=kept, op=ast.Mult() | ast.Div(), right=ast.Constant(value=int() | float())):
            return kept
    return None


def _count(node: ast.AST) -> ast.AST | None:
    """A division by a count (`len(x)`, `n`, `x.shape[0]`, `n - 1`) is left out."""
    match node:
        case ast.BinOp(left=kept, op=ast.Div(), right=by) if re.search(
            r"len\(|shape\[|\.size\b|^\(?[nNmM](\s*-\s*1)?\)?$|numel\(", ast.unparse(by)
        ):
            return kept
    return None


def _minus_one(node: ast.AST) -> ast.AST | None:
    """`n - 1` is `n`."""
    match node:
        case ast.BinOp(left=kept, op=ast.Sub(), right=ast.Constant(value=1)):
            return kept
    return None


def _transpose(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Attribute(value=kept, attr="T"):
            return kept
    return None


def _axis(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if (
                keyword.arg in ("axis", "dim")
                and isinstance(keyword.value, ast.Constant)
                and keyword.value.value in (0, 1)
            ):
                keyword.value = ast.Constant(1 - keyword.value.value)
                return node
    return None


def _ddof(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Call(func=ast.Attribute(attr="var" | "std" | "cov" as name)):
            if any(k.arg in ("ddof", "unbiased", "correction") for k in node.keywords):
                node.keywords = [k for k in node.keywords if k.arg not in ("ddof", "unbiased", "correction")]
            else:
                node.keywords = [
                    *node.keywords,
                    ast.keyword("ddof", ast.Constant(0 if name == "cov" else 1)),
                ]
            return node
    return None


def _seed(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="seed" | "manual_seed"))):
            return ast.Pass()
    return None


def _one_turn_less(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(turns))]) if turns > 1:
            node.args = [ast.Constant(turns - 1)]
            return node
    return None


def _bias(node: ast.AST) -> ast.AST | None:
    """`W @ x + b` loses its `b`."""
    match node:
        case ast.BinOp(left=ast.BinOp(op=ast.MatMult()) as kept, op=ast.Add()):
            return kept
    return None


def _sign(node: ast.AST) -> ast.AST | None:
    """`out - y` the other way round."""
    match node:
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Name() as right) if not isinstance(
            left, ast.Constant
        ):
            return ast.BinOp(right, ast.Sub(), left)
    return None


_KINDS = (
    _Kind("mean_for_sum", "You average where the values have to be added up.", _method({"sum": "mean"})),
    _Kind("sum_for_mean", "You add up where the values have to be averaged.", _method({"mean": "sum"})),
    _Kind("factor_left_out", "A constant factor is missing: look at the formula again.", _factor),
    _Kind("count_left_out", "You don't divide by the number of examples.", _count),
    _Kind("one_more", "You divide by n where the handout asks for n - 1, or count one too many.", _minus_one),
    _Kind("other_axis", "You go along the other axis: look at what a row and what a column is.", _axis),
    _Kind(
        "other_ddof",
        "Variance and standard deviation divide by n or by n - 1: look which one is asked.",
        _ddof,
    ),
    _Kind("transposed", "A matrix is transposed where it should not be, or the other way round.", _transpose),
    _Kind(
        "other_activation",
        "You use another activation function than the one that is asked for.",
        _method(
            {
                "relu": "tanh",
                "tanh": "relu",
                "sigmoid": "tanh",
                "ReLU": "Tanh",
                "Tanh": "ReLU",
                "Sigmoid": "Tanh",
            }
        ),
    ),
    _Kind(
        "other_logarithm",
        "You take a logarithm with another base.",
        _method({"log": "log2", "log2": "log", "log10": "log"}),
    ),
    _Kind(
        "max_for_min",
        "You take the largest where the smallest is asked for, or the other way round.",
        _method({"max": "min", "min": "max", "argmax": "argmin", "argmin": "argmax"}),
    ),
    _Kind("bias_left_out", "You leave the bias out.", _bias),
    _Kind("sign_turned", "A difference is taken the other way round.", _sign),
    _Kind("one_turn_less", "Your loop runs one turn too few.", _one_turn_less),
    _Kind("seed_left_out", "You don't set the random seed that the handout gives.", _seed),
)
