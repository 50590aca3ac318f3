"""Which packages a notebook imports that the kernel's environment does not have.

Read from the sources, so that nothing a kernel says has to be believed. The kernel runs in the
interpreter and with the packages of the grader, so it lacks what the grader lacks.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import PurePosixPath

from grader.execute.habits.stand_ins import STAND_INS
from grader.models import AttachedFile, Cell
from grader.syntax import parse

_OURS = frozenset({"grader", "rubric"})
# possessive: a line of blanks must not be tried in every division
_STATEMENT = re.compile(
    r"\s*+(?:import\s++(?P<many>[\w., ]++)(?:$|[#;])|from\s++(?P<one>\w++)[\w.]*+\s++import\s)"
)
_ONE_OF_MANY = re.compile(r"\s*+([\w.]++)(?:\s++as\s++\w++)?+\s*+")
MAGIC = re.compile(r"^([ \t]*+)(?:[%!?].*|.*\?)$", re.MULTILINE)
_PARSED = 60_000
"""characters of a notebook that are parsed, the rest is read by line: others' kernels wait meanwhile"""
_LOOKED_UP = 500
"""names of a notebook that are looked for"""
_LONGEST_LINE = 1000
_WRITTEN = re.compile(r"^%%(?:writefile|file)\s+(?:-a\s+)?[\"']?([\w/.-]+)\.py\b", re.MULTILINE)


def missing_packages(cells: tuple[Cell, ...], files: tuple[AttachedFile, ...]) -> tuple[str, ...]:
    """Top-level names that code cells import and nobody provides, in order of first mention.

    Bounded, since it happens in the grader's own process: 0.2 s of a hostile notebook, as a rule a few ms.
    """
    own = {part.removesuffix(".py") for file in files for part in PurePosixPath(file.name).parts}
    named: dict[str, bool] = {}
    left = _PARSED
    for cell in cells:
        if cell.kind != "code":
            continue
        own.update(PurePosixPath(name).parts[0] for name in _WRITTEN.findall(cell.source))
        parsed = len(cell.source) <= left
        left -= len(cell.source) if parsed else 0
        for name in _imported(cell.source, parsed):
            if name not in named and len(named) < _LOOKED_UP:
                named[name] = name not in own and not installed(name)
    return tuple(name for name, absent in named.items() if absent)


@lru_cache(256)
def _imported(source: str, parsed: bool) -> tuple[str, ...]:
    """In every world the same cells run."""
    return tuple(dict.fromkeys(islice(_imports(source, parsed), 10 * _LOOKED_UP)))


def _imports(source: str, parsed: bool) -> Iterator[str]:
    if source.startswith("%%") and not source.startswith(("%%time", "%%capture", "%%prun")):
        return
    if not parsed:
        yield from _imported_by_line(source)
        return
    try:
        tree = parse(MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from _imported_by_line(source)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and node.args:
            yield from _called(node)


def _called(node: ast.Call) -> Iterator[str]:
    """What a call of `importlib.import_module` or `__import__` names."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    what = getattr(node.args[0], "value", None)
    if name in ("import_module", "__import__") and isinstance(what, str) and what.isascii():
        top = what.partition(".")[0]
        yield from (top,) if top.isidentifier() else ()


def _imported_by_line(source: str) -> Iterator[str]:
    for line in source.splitlines():
        match = _STATEMENT.match(line) if len(line) <= _LONGEST_LINE else None
        if match is None:
            continue
        if match["one"]:
            yield match["one"]
        else:
            found = (_ONE_OF_MANY.fullmatch(part) for part in match["many"].split(","))
            yield from (part[1].partition(".")[0] for part in found if part)


@lru_cache(4096)
def installed(name: str) -> bool:
    """Whether kernels have a module of this name."""
    if name in sys.stdlib_module_names or name in ("__main__", "__future__"):
        return True
    if name in STAND_INS:
        return True
    if name in _OURS or not name.isidentifier():
        return name not in _OURS
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return name in sys.modules
