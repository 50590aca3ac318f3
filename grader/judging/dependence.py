"""Which cells use what other cells make, told from the code (pure).

More than what is so, never less, as far as names go: whatever a cell binds or has changed by a method is
made by it, and a cell that uses one thing of that makes all its own from it. Imported modules and defined
functions are used, not changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.models import Cell
from grader.syntax import parse

_MAGIC = re.compile(r"^([ \t]*+)(?:[%!?].*|.*\?)$", re.MULTILINE)
_SHELL = re.compile(r"^[ \t]*+(?:!|%%?(?:bash|sh|run|sx|system|script)\b)", re.MULTILINE)
_LARGEST = 200_000
"""characters of a cell that are parsed"""


@dataclass(frozen=True, slots=True)
class _Facts:
    """makes: names. may_print: something in it may put out something. known: it could be read."""

    makes: frozenset[str]
    uses: frozenset[str]
    may_print: bool
    known: bool = True


_UNKNOWN = _Facts(frozenset(), frozenset(), may_print=True, known=False)


def may_print(source: str) -> bool:
    """Whether code may put out anything: it calls something, names a value, or hands a line to a shell."""
    return bool(_SHELL.search(source)) or _facts(source).may_print


def depends(cell: int, on: Collection[int], cells: Sequence[Cell]) -> bool:
    """Whether a cell may print something else if other cells before it, or it, had done something else."""
    spoiled: set[str] = set()
    for one in sorted(cells, key=lambda c: c.index):
        if one.kind != "code" or one.index > cell:
            continue
        facts = _facts(one.source)
        if one.index in on or not spoiled.isdisjoint(facts.uses) or (spoiled and not facts.known):
            if one.index == cell:
                return True
            spoiled |= facts.makes
    return False


@lru_cache(512)
def _facts(source: str) -> _Facts:
    if len(source) > _LARGEST:
        return _UNKNOWN
    try:
        tree = parse(_MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _UNKNOWN
    makes: set[str] = set()
    uses: set[str] = set()
    modules: set[str] = set()
    prints = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (uses if isinstance(node.ctx, ast.Load) else makes).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            makes.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            modules |= names
            makes |= names
        elif isinstance(node, ast.Call):
            prints = True
            makes |= _changed(node)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            makes |= _base(node)
    last = tree.body[-1] if tree.body else None
    prints = prints or (isinstance(last, ast.Expr) and not isinstance(last.value, ast.Constant))
    return _Facts(frozenset(makes), frozenset(uses), prints)


def _changed(call: ast.Call) -> set[str]:
    """What a call may change: the thing whose method it is."""
    return _base(call.func) if isinstance(call.func, ast.Attribute) else set()


def _base(node: ast.expr) -> set[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()
