"""Whose an error is that no sign of `grader.execute.refused` explains (pure).

It is the notebook's own where Python, numpy or torch raise it for what the notebook says: a name, a shape, a
type, a number, an index. What the system, an import or another library raises may be our environment's; so
may what a notebook itself raises once it has looked at what is here, and what comes of a value that the
machine answered: a listing, a path, a host's name. A zero rests on none of these. What a library lacks, and
may have in another version, the kernel tells (`grader.execute.habits.removed`).
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from grader.execute.absent import MAGIC
from grader.models import Cell, CellError
from grader.syntax import parse

_OF_THE_SYSTEM = (OSError, ImportError, MemoryError, EOFError, SystemError)
_OF_A_VERSION = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)
"""made errors by the notebook"""
_BUILT_IN = {n: e for n, e in vars(builtins).items() if isinstance(e, type) and issubclass(e, BaseException)}
_ARGUMENTS = (LookupError, ValueError, TypeError, ArithmeticError, AssertionError, NameError, SyntaxError)
"""what was passed to a library, or was found in what was passed, does not fit"""
_OF_TENSORS = frozenset({"numpy", "torch"})
_COMPUTING = frozenset({"", *_OF_TENSORS})
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
_LARGEST_IN_ALL = 250_000
"""characters of all cells that are read for what the machine answered"""
_OF_AN_ANSWER = (LookupError, ValueError, TypeError, AttributeError, StopIteration)
"""what comes of an answer that is shorter, other or none: `glob("*.csv")[0]`, `os.getcwd().split("/")[3]`"""
_ANSWERED = re.compile(
    r"(?:\w+\.)?(?:i?glob|rglob|iterdir|listdir|scandir|getcwd|argv|gethostname|popen|Popen|check_output|getoutput"
    r"|environ|getenv|getlocale|getdefaultlocale|get_worker_info|get_terminal_size|expanduser|getuser|_dh)"
    r"|os\.walk|Path\.cwd|Path\.home|platform\.node|shutil\.which|subprocess\.run|_from_the_shell"
)
"""names whose value is the machine's: what lies in a folder, where it is, what another program says"""
_FROM_THE_SHELL = re.compile(r"^([ \t]*+[\w, ]++=[ \t]*+)[!%].*$", re.MULTILINE)
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
        self._answered: frozenset[int] | None = None

    def raises_after_a_look(self, cell: int) -> frozenset[str]:
        """Errors that a cell itself raises or asserts once it has looked at what is here."""
        if cell not in self._raised:
            self._raised[cell] = frozenset(_raised_after_a_look(self._sources.get(cell, "")))
        return self._raised[cell]

    def uses_an_answer(self, cell: int) -> bool:
        """Whether a cell uses what the machine answered, here or in a cell above."""
        if self._answered is None:
            self._answered = frozenset(_answered(self._sources))
        return cell in self._answered


def may_be_ours(error: CellError, written: NotebookCode) -> bool:
    """Whether an error tells nothing against the notebook."""
    kind = _BUILT_IN.get(error.name)
    if kind is not None and issubclass(kind, (*_OF_THE_SYSTEM, *_OF_A_VERSION)):
        return error.name != "ModuleNotFoundError"
    if error.within in _OF_THE_MACHINE or _OF_TORCHS_SYSTEM.fullmatch(error.name.rpartition(".")[2]):
        return True
    if error.within not in _COMPUTING and (kind is None or not issubclass(kind, _ARGUMENTS)):
        return True
    if error.name in written.raises_after_a_look(error.cell):
        return True
    of_an_answer = kind is not None and issubclass(kind, _OF_AN_ANSWER)
    return of_an_answer and error.within not in _OF_TENSORS and written.uses_an_answer(error.cell)


def _nodes(source: str) -> Iterator[ast.AST]:
    """Of a cell's code; none where it is no Python."""
    plain = MAGIC.sub(r"\1pass", _FROM_THE_SHELL.sub(r"\1_from_the_shell", source))
    try:
        yield from ast.walk(parse(plain))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _answered(sources: Mapping[int, str]) -> Iterator[int]:
    """The cells that use what the machine answered. A name that it was given stands for it from there on."""
    known: set[str] = set()
    left = _LARGEST_IN_ALL
    for cell, source in sorted(sources.items()):
        left -= len(source)
        if left < 0:
            return
        nodes = [*_nodes(source)]
        if any(_is_answered(n, known) for n in nodes):
            yield cell
            for node in _outermost(nodes):
                if (given := _given(node)) and any(_is_answered(n, known) for n in ast.walk(given)):
                    known |= _bound(node)


def _outermost(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The same without functions inside functions, which the outer ones hold: each is then read once."""
    inside: set[ast.AST] = set()
    for node in nodes:
        if node not in inside:
            yield node
            if isinstance(node, ast.FunctionDef):
                inside |= {n for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}


def _given(node: ast.AST) -> ast.AST | None:
    """What a statement gives names: a value, the items of a loop, a function's body."""
    if isinstance(node, ast.For):
        return node.iter
    if isinstance(node, ast.FunctionDef):
        return node
    return node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None


def _bound(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Assign):
        return set().union(*map(_names, node.targets))
    if isinstance(node, ast.AnnAssign | ast.For):
        return _names(node.target)
    return {node.name} if isinstance(node, ast.FunctionDef) else set()


def _is_answered(node: ast.AST, known: Collection[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in known or bool(_ANSWERED.fullmatch(node.id))
    if not isinstance(node, ast.Attribute):
        return False
    base = node.value.id if isinstance(node.value, ast.Name) else ""
    return bool(_ANSWERED.fullmatch(f"{base}.{node.attr}" if base else node.attr))


def _raised_after_a_look(source: str) -> Iterator[str]:
    for node in _nodes(source):
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
