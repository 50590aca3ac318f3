"""What a notebook prints only where there is a GPU, so that it can't be seen here (pure)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from grader.judging.source import dotted, parsed
from grader.models import Cell, Refusal

LOOKS = frozenset({"torch.cuda.is_available()", "torch.cuda.device_count()"})
"""how a kernel names it that a notebook asked whether there is one"""
_ASKS = re.compile(r"(?:^|\.)cuda\.(?:is_available|device_count)$")
_OF_THE_GPU = re.compile(r"(?i)cuda|gpu|device|^torch$|^str$|^len$|^range$|^name$")
_PRINTERS = ("print", "display")
_LARGEST = 60_000  # characters of a cell


def untaken(refusals: Sequence[Refusal], cells: Sequence[Cell]) -> Iterator[Refusal]:
    """The cells of which a branch that prints more than the GPU's name was not taken."""
    sources = {c.index: c.source[:_LARGEST] for c in cells}
    for told in refusals:
        if told.kind != "device" or told.call not in LOOKS or told.cell is None:
            continue
        tree = parsed(sources.get(told.cell, ""))
        if tree is not None and any(_prints_elsewhere(node) for node in ast.walk(tree)):
            lost = {"effect": "skipped", "lost": (told.cell,), "told_by": "grader"}
            yield told.model_copy(update=lost)


def _prints_elsewhere(node: ast.AST) -> bool:
    """Is it an `if` that asks for a GPU, of which the branch with one prints what the other does not?"""
    if not isinstance(node, ast.If):
        return False
    denied = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
    test = node.test.operand if isinstance(node.test, ast.UnaryOp) and denied else node.test
    if not (isinstance(test, ast.Call) and _ASKS.search(dotted(test.func, {}))):
        return False
    with_one, without = (node.orelse, node.body) if denied else (node.body, node.orelse)
    return _prints(with_one) and not _prints(without)


def _prints(body: Sequence[ast.stmt]) -> bool:
    """Does it print something that is not text and not the GPU's?"""
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PRINTERS:
            names = (
                n.id
                for part in (*node.args, *node.keywords)
                for n in ast.walk(part)
                if isinstance(n, ast.Name)
            )
            if any(not _OF_THE_GPU.search(name) for name in names):
                return True
    return False
