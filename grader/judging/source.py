"""What the code of a notebook says, read without running it (pure).

Facts only: which names it uses, which expressions it prints in which order, which numbers are
written in it, where parameters are updated. Nothing here is ever evaluated.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import math
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.assignment.values import Array
from grader.judging.folding import worked_out
from grader.judging.magics import plain
from grader.models import Cell, PrintedTensor
from grader.syntax import parse

_NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?![\w.])")
_WORD = re.compile(r"[^\W\d]\w*|-=")
_NUMBER_OF = re.compile(r"\b([^\W\d]\w*+)\s*+[=(]\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)")
_CALL = re.compile(r"\.([^\W\d]\w*)\(")
_CELL_MAGIC = re.compile(
    r"\A\s*%%(?:(?:time|timeit|capture|prun)\b[^\n]*|(?:writefile|file)\s[^\n]*\.py\b[^\n]*)"
)
_COMPUTES = frozenset({"numpy", "torch", "scipy", "sklearn", "pandas", "jax", "tensorflow", "random"})
_SETS_UP = re.compile(  # calls of these that compute nothing
    r"(?:numpy|torch|pandas)\.(?:set_\w+|get_\w+|set_option|options|backends|printoptions|seterr|errstate|__version__)"
    r"|torch\.(?:manual_seed|use_deterministic_algorithms|device|cuda|mps|xpu|version|is_\w+|autograd\.set_\w+)"
    r"|(?:numpy\.)?random\.seed"
)
_PRINTERS = {"print", "display", "pprint", "pp"}
_MOST_PARTS = 20  # of a dotted name
_MOST_OF_THEM = 0.75  # share of a print's numbers
_TELLING = 100  # half units of its last digit that a number must be to count
_LARGEST = 200_000  # characters of one cell that are parsed


@dataclass(frozen=True)
class CellCode:
    """The facts of one code cell.

    names: fully dotted names used, import aliases resolved (`torch.nn.Linear`).
    printed: source of each expression handed to print or display at the top level of the cell, in order;
        text constants are left out. result: source of the last expression, "" if there is none.
    shown: source of everything that the cell prints anywhere, loops and functions included.
    does_more_than_import: something other than imports, options, constants and text.
    defines: names that it gives to something. needs: names that it uses before. changes: names of which it
        calls a method or sets a part, those of modules aside.
    may_print: it calls something or names a value, or could not be read.
    """

    index: int
    source: str
    names: frozenset[str]
    printed: tuple[str, ...]
    result: str
    result_parts: tuple[str, ...]
    shown: str
    does_more_than_import: bool
    parsed: bool
    defines: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    may_print: bool = True


class Code:
    """All code cells of a notebook, read once."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        aliases = {"np": "numpy", "pd": "pandas"}
        self.cells = tuple(_read(cell, aliases) for cell in cells if cell.kind == "code")
        self._by_index = {c.index: c for c in self.cells}

    def cell(self, index: int) -> CellCode | None:
        return self._by_index.get(index)

    def shown(self, index: int) -> str:
        """Source of everything that a cell prints; "" where it prints nothing."""
        cell = self.cell(index)
        return cell.shown if cell else ""

    def writes(self, prints: Iterable[PrintedTensor | None], *, however_few_digits: bool = False) -> bool:
        """Do most of the printed numbers stand as literals in the code, without their sign?

        A literal has three significant digits or more, and a number counts that shows two, unless few do.
        """
        literals = self._numbers if however_few_digits else self._literals
        shown = [p for p in prints if p is not None] if literals.size else []
        value = np.abs(np.array([v for p in shown for v in p.values]))
        half = np.array([h for p in shown for h in p.half_unit])
        telling = np.isfinite(value) & (value > (1 if however_few_digits else _TELLING) * half)
        value, half = value[telling], half[telling] * (1 + 1e-9) + 1e-7 * value[telling]
        low = np.searchsorted(literals, value - half, side="left")
        high = np.searchsorted(literals, value + half, side="right")
        return bool(value.size) and int((high > low).sum()) >= _MOST_OF_THEM * value.size

    @cached_property
    def _literals(self) -> Array:
        return self._written(3)

    @cached_property
    def _numbers(self) -> Array:
        return self._written(0)

    @cached_property
    def worked_out(self) -> tuple[str, ...]:
        """The source of each cell, as it stands and with its constants worked out: 148 of `100 + 48`."""
        trees = [tree for cell in self.cells if (tree := parsed(cell.source[:_LARGEST])) is not None]
        folded: list[str] = []
        with contextlib.suppress(RecursionError, ValueError, MemoryError):
            folded = worked_out(trees)
        return (*(cell.source[:_LARGEST] for cell in self.cells), *folded)

    def _written(self, digits: int) -> Array:
        """Numbers of so many significant digits that are written in the code, unsigned, sorted by value."""
        texts = [cell.source[:_LARGEST] for cell in self.cells] if digits else self.worked_out
        found = {abs(float(n)) for text in texts for n in _NUMBER.findall(text) if _significant(n) >= digits}
        return np.array(sorted(filter(math.isfinite, found)))

    @cached_property
    def words(self) -> frozenset[str]:
        """Identifiers, ``-=``, numbers (unsigned, as ``format(x, "g")`` writes them) and whose they are.

        ``lr=0.10`` and ``range(5)`` give also ``lr:0.1`` and ``range:5``, a method called in more than one
        place gives ``backward:again``.
        """
        found: set[str] = set()
        calls = Counter(name for cell in self.cells for name in _CALL.findall(cell.source[:_LARGEST]))
        found.update(f"{name}:again" for name, count in calls.items() if count > 1)
        for cell in self.cells:
            source = cell.source[:_LARGEST]
            found.update(_WORD.findall(source))
            found.update(f"{abs(float(number)):.12g}" for number in _NUMBER.findall(source))
            found.update(f"{name}:{float(number):.12g}" for name, number in _NUMBER_OF.findall(source))
        return frozenset(found)

    def reach(self, index: int) -> tuple[CellCode, ...]:
        """A cell, and those that made what it uses: the last one before it, else any, and so on."""
        waiting, found = [index], dict[int, CellCode]()
        while waiting:
            cell = self._by_index.get(waiting.pop())
            if cell is None or cell.index in found:
                continue
            found[cell.index] = cell
            for name in cell.needs:
                makers = [c.index for c in self.cells if name in c.defines and c.index != cell.index]
                earlier = [i for i in makers if i < cell.index]
                waiting += earlier[-1:] or makers[:1]
        return tuple(found[i] for i in sorted(found))

    def depends(self, index: int, on: Collection[int]) -> bool:
        """Whether a cell may print something else if other cells before it, or it, had done something else.

        More than what is so, never less, as far as names go.
        """
        spoiled: set[str] = set()
        for cell in self.cells:
            if cell.index > index:
                break
            known = cell.parsed or not spoiled
            if cell.index in on or not known or not spoiled.isdisjoint(cell.needs | cell.changes):
                if cell.index == index:
                    return True
                spoiled |= cell.defines | cell.changes
        return False

    @property
    def first_working_cell(self) -> CellCode | None:
        """The first code cell that does more than import."""
        return next((c for c in self.cells if c.does_more_than_import), None)

    def uses(self, wanted: str, cells: Sequence[CellCode] | None = None) -> bool:
        """Is a name used: `torch` (a module), `sigmoid` or `random.seed` (the end of a dotted name)?"""
        for cell in self.cells if cells is None else cells:
            for name in cell.names:
                if name == wanted or name.endswith("." + wanted) or name.startswith(wanted + "."):
                    return True
            if not cell.parsed and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", cell.source):
                return True
        return False


def _significant(number: str) -> int:
    digits = re.split("[eE]", number)[0].lstrip("-").replace(".", "").lstrip("0")
    return len(digits)


def _read(cell: Cell, aliases: dict[str, str]) -> CellCode:
    source = cell.source[:_LARGEST]
    works = bool(source.strip())
    unread = CellCode(cell.index, source, frozenset(), (), "", (), "", works, parsed=False)
    tree = parsed(source)
    if tree is None:
        return unread
    try:
        return _facts(cell, source, tree, aliases)
    except (ValueError, RecursionError):  # thousands of digits or of brackets
        return unread


def _facts(cell: Cell, source: str, tree: ast.Module, aliases: dict[str, str]) -> CellCode:
    nodes = list(ast.walk(tree))
    aliases |= {name: meaning for node in nodes for name, meaning in imported(node)}
    names = frozenset(_names(tree, aliases))
    last = tree.body[-1] if tree.body else None
    expression = last.value if isinstance(last, ast.Expr) and not source.rstrip().endswith(";") else None
    parts = expression.elts if isinstance(expression, ast.Tuple | ast.List) else []
    return CellCode(
        index=cell.index,
        source=source,
        names=names,
        printed=tuple(_printed(tree.body)),
        result=ast.unparse(expression) if expression is not None else "",
        result_parts=tuple(ast.unparse(p) for p in parts),
        shown="; ".join([*_printed(nodes), *([ast.unparse(expression)] if expression else [])])[:2000],
        does_more_than_import=any(_works(node, aliases) for node in tree.body),
        parsed=True,
        defines=frozenset(name for node in tree.body for name in _given(node)),
        needs=_needed(tree.body),
        changes=frozenset(_changed(nodes)) - aliases.keys(),
        may_print=any(isinstance(node, ast.Call) for node in nodes)
        or (isinstance(last, ast.Expr) and not isinstance(last.value, ast.Constant)),
    )


def imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that an import gives, each with the dotted name that it stands for."""
    if isinstance(node, ast.Import):
        for name in node.names:
            head = name.name.partition(".")[0]
            yield (name.asname, name.name) if name.asname else (head, head)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from ((n.asname or n.name, f"{node.module}.{n.name}") for n in node.names)


_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def _given(node: ast.AST) -> Iterator[str]:
    """Names that a statement gives to something outside of its functions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif not isinstance(node, _Scope | _Comprehension):
        for child in ast.iter_child_nodes(node):
            yield from _given(child)


def _used(node: ast.AST) -> set[str]:
    """Names that are used in a piece of code and come from outside of it."""
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return {node.target.id} | _used(node.value)
    found = set[str]().union(*(_used(child) for child in ast.iter_child_nodes(node)))
    if isinstance(node, _Scope):
        body = node.body if isinstance(node.body, list) else []
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        return found - own - {name for statement in body for name in _given(statement)}
    if isinstance(node, _Comprehension):
        return found - {name for g in node.generators for name in _given(g.target)}
    return found - set(_given(node.target)) if isinstance(node, ast.For) else found


def _needed(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Names that are used before the cell gives them to something."""
    given: set[str] = set()
    needed: set[str] = set()
    for statement in body:
        needed |= _used(statement) - given
        given.update(_given(statement))
    return frozenset(needed)


def _changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names of things whose methods are called, or of which a part is set."""
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            base: ast.expr = node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func
        else:
            continue
        while isinstance(base, ast.Attribute | ast.Subscript | ast.Call):
            base = base.func if isinstance(base, ast.Call) else base.value
        if isinstance(base, ast.Name):
            yield base.id


def parsed(source: str) -> ast.Module | None:
    """A cell as Python; None where it is none, magics taken out."""
    source = _CELL_MAGIC.sub("", source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(SyntaxError):  # plain Python is left as it is
                return parse(source)
            return parse(plain(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _works(node: ast.AST, aliases: Mapping[str, str]) -> bool:
    """Does a statement compute something, rather than import, define, set up, assert, name or print?"""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert | _Scope | ast.ClassDef):
        return False
    if isinstance(node, ast.Call) and _computes(node, aliases):
        return True
    return any(_works(child, aliases) for child in ast.iter_child_nodes(node))


def _computes(call: ast.Call, aliases: Mapping[str, str]) -> bool:
    """A library for numbers does, and what the notebook defined; other libraries and built-ins set up."""
    if isinstance(call.func, ast.Name):
        name = aliases.get(call.func.id, call.func.id)
        if "." not in name:
            return not hasattr(builtins, name) and name not in ("display", "get_ipython")
    else:
        name = dotted(call.func, aliases)
    return name.split(".")[0] in _COMPUTES and not _SETS_UP.match(name)


def dotted(node: ast.expr, aliases: Mapping[str, str]) -> str:
    """`torch.nn.Linear` of an attribute; "?" stands for what is no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < _MOST_PARTS:
        parts.append(node.attr)
        node = node.value
    head = aliases.get(node.id, node.id) if isinstance(node, ast.Name) else "?"
    return ".".join([head, *reversed(parts)])


def _names(tree: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Names that code which can run uses; an import alone uses nothing."""
    for node in alive(tree):
        if isinstance(node, ast.Attribute):
            yield dotted(node, aliases)
        elif isinstance(node, ast.Name):
            yield aliases.get(node.id, node.id)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.*" for name in node.names if name.name == "*")


def alive(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for what stands below `if False` or `while 0`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.If(test=ast.Constant(value=told)) | ast.While(test=ast.Constant(value=told)) if not told:
                waiting.extend(node.orelse)
            case _:
                waiting.extend(ast.iter_child_nodes(node))


def _printed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Arguments of the print calls among these statements, text constants left out."""
    for statement in nodes:
        if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
            continue
        call = statement.value
        if not isinstance(call.func, ast.Name) or call.func.id not in _PRINTERS:
            continue
        for argument in call.args:
            if isinstance(argument, ast.JoinedStr):
                for part in argument.values:
                    if isinstance(part, ast.FormattedValue):
                        yield ast.unparse(part.value)
            elif not isinstance(argument, ast.Constant):
                yield ast.unparse(argument)
