"""Whose an error is that no sign of `grader.execute.refused` explains (pure).

It is the notebook's own where Python, numpy or torch raise it for what the notebook says: a name, a shape, a
type, a number, an index. What the system, an import or another library raises may be our environment's; so
may what a notebook itself raises once it has looked at what is here. A zero rests on none of these. What a
library lacks, and may have in another version, the kernel tells (`grader.execute.habits.removed`).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator

from grader.execute.absent import MAGIC
from grader.models import Cell, CellError
from grader.syntax import parse

_OF_THE_SYSTEM = (OSError, ImportError, MemoryError, EOFError, SystemError)
_OF_A_VERSION = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)
"""made errors by the notebook"""
_BUILT_IN = {n: e for n, e in vars(builtins).items() if isinstance(e, type) and issubclass(e, BaseException)}
_ARGUMENTS = (LookupError, ValueError, TypeError, ArithmeticError, AssertionError, NameError, SyntaxError)
"""what was passed to a library, or was found in what was passed, does not fit"""
_COMPUTING = frozenset({"", "numpy", "torch"})
_OF_TORCHS_SYSTEM = re.compile(r"Dist\w*Error|OutOfMemoryError|AcceleratorError")
"""sockets, memory and devices, of which torch says what the system says"""
_OF_THE_MACHINE = frozenset(
    {
        "asyncio",
        "ctypes",
        "getpass",
        "multiprocessing",
        "os",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "subprocess",
    }
)
_FRAME = re.compile(
    r"^(?:File (?P<file>[^\n]*?):\d+(?:, in (?P<function>[\w.<>]*))?|Cell In\s?\[\d+\])", re.MULTILINE
)
_PACKAGE = re.compile(
    r"(?:site|dist)-packages/(\w+)|/lib(?:64)?/python3\.\d+/(?!site-|dist-)(\w+)|<frozen (\w+)"
)
_ENDS = frozenset({"exit", "quit", "_exit"})
_LARGEST = 60_000
"""characters of one cell that are read"""
_LOOKS = re.compile(
    r"__version__|version_info|hexversion|modules|platform|system|machine|python_version|environ|getenv"
    r"|is_available|device_count|cpu_count|exists|isfile|isdir|find_spec|get_ipython"
)
"""names by which a notebook looks at what is here"""


def within(traceback: str) -> str:
    """The package in whose code an error was raised; "" for the notebook's own.

    A library that is asked for a name it lacks (`__getattr__`) answers for who asked.
    """
    for frame in reversed([*_FRAME.finditer(traceback)]):
        if (frame["function"] or "").rpartition(".")[2] in ("__getattr__", "__getattribute__"):
            continue
        package = _PACKAGE.search(frame["file"] or "")
        return next(filter(None, package.groups()), "") if package else ""
    return ""


class NotebookCode:
    """What the code of a notebook says about the errors that it may raise. cells: all of them.

    Read once, however many errors there are: others' kernels wait meanwhile.
    """

    def __init__(self, cells: Iterable[Cell] = ()) -> None:
        self._sources = {c.index: c.source[:_LARGEST] for c in cells if c.kind == "code"}
        self._raised: dict[int, frozenset[str]] = {}

    def raises_after_a_look(self, cell: int) -> frozenset[str]:
        """Errors that a cell itself raises or asserts once it has looked at what is here."""
        if cell not in self._raised:
            self._raised[cell] = frozenset(_raised_after_a_look(self._sources.get(cell, "")))
        return self._raised[cell]


def may_be_ours(error: CellError, written: NotebookCode) -> bool:
    """Whether an error tells nothing against the notebook."""
    kind = _BUILT_IN.get(error.name)
    if kind is not None and issubclass(kind, (*_OF_THE_SYSTEM, *_OF_A_VERSION)):
        return error.name != "ModuleNotFoundError"
    if error.within in _OF_THE_MACHINE or _OF_TORCHS_SYSTEM.fullmatch(error.name.rpartition(".")[2]):
        return True
    if error.within not in _COMPUTING:
        return kind is None or not issubclass(kind, _ARGUMENTS)
    return error.name in written.raises_after_a_look(error.cell)


def _raised_after_a_look(source: str) -> Iterator[str]:
    try:
        tree = parse(MAGIC.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and _looks(node.test):
            yield "AssertionError"
        elif isinstance(node, ast.If) and _looks(node.test):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Raise):
                    yield from _names(inner)
                elif isinstance(inner, ast.Call) and not _ENDS.isdisjoint(_names(inner.func)):
                    yield "SystemExit"


def _looks(test: ast.expr) -> bool:
    return any(map(_LOOKS.fullmatch, _names(test)))


def _names(node: ast.AST) -> set[str]:
    nodes = [*ast.walk(node)]
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.attr for n in nodes if isinstance(n, ast.Attribute)
    }
