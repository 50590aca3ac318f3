"""Whose an error is that no sign of `grader.execute.refused` explains (pure).

It is the notebook's own where Python, numpy or torch raise it for what the notebook says: a name, a shape, a
type, a number, an index. What the system, an import or another library raises may be our environment's; so
may a keyword that a function does not know, and what a notebook itself raises once it has looked at what is
here. A zero rests on none of these.
"""

from __future__ import annotations

import ast
import builtins
import re

from grader.models import CellError
from grader.syntax import parse

_OF_THE_SYSTEM = (OSError, ImportError, MemoryError, EOFError, SystemError)
_BUILT_IN = {n: e for n, e in vars(builtins).items() if isinstance(e, type) and issubclass(e, BaseException)}
_ARGUMENTS = (LookupError, ValueError, TypeError, ArithmeticError, AssertionError, NameError, SyntaxError)
"""what was passed to a library, or was found in what was passed, does not fit"""
_COMPUTING = frozenset({"", "numpy", "torch"})
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
_KEYWORD = re.compile(r"(?:(\w{1,80})\.)?(\w{1,80})\(\) got an unexpected keyword argument")
_FRAME = re.compile(
    r"^(?:File (?P<file>[^\n]*?):\d+(?:, in (?P<function>[\w.<>]*))?|Cell In\s?\[\d+\])", re.MULTILINE
)
_PACKAGE = re.compile(
    r"(?:site|dist)-packages/(\w+)|/lib(?:64)?/python3\.\d+/(?!site-|dist-)(\w+)|<frozen (\w+)"
)
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


def may_be_ours(error: CellError, source: str = "") -> bool:
    """Whether an error tells nothing against the notebook. source: of the cell that raised it."""
    kind = _BUILT_IN.get(error.name)
    if kind is not None and issubclass(kind, _OF_THE_SYSTEM):
        return error.name != "ModuleNotFoundError"
    if called := _KEYWORD.search(error.message):
        names = [name for name in called.groups() if name]
        return not any(re.search(rf"\b(?:def|class)\s+{name}\b", source) for name in names)
    if error.within in _OF_THE_MACHINE:
        return True
    if error.within not in _COMPUTING:
        return kind is None or not issubclass(kind, _ARGUMENTS)
    return _looks_first(source, error.name)


def _looks_first(source: str, raised: str) -> bool:
    """Does a cell look at what is here before it raises or asserts?"""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found = raised == "AssertionError" and _looks(node.test)
        elif isinstance(node, ast.If):
            found = _looks(node.test) and any(
                isinstance(inner, ast.Raise) and raised in _names(inner) for inner in ast.walk(node)
            )
        else:
            found = False
        if found:
            return True
    return False


def _looks(test: ast.expr) -> bool:
    return any(map(_LOOKS.fullmatch, _names(test)))


def _names(node: ast.AST) -> set[str]:
    nodes = [*ast.walk(node)]
    return {n.id for n in nodes if isinstance(n, ast.Name)} | {
        n.attr for n in nodes if isinstance(n, ast.Attribute)
    }
