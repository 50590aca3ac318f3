"""Names that must not be used, read out of the code: used, perhaps used, or not (pure).

Aliases are followed: `import numpy.linalg as la`, `from numpy.linalg import inv as f`, `g = np.linalg.inv`.
What can't be followed (`eval`, a star import, a module of the student's own) is doubt, and so is a use beside
the answer: who computes an inverse by hand may compare it with `np.linalg.inv`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.judging.decision import Decision
from grader.judging.source import Code, alive, dotted, imported, parsed
from grader.models import Said
from rubric.schema import BehaviourCheck

_USUAL = {
    "np": "numpy",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
}
_HIDES = {"importlib", "runpy", "eval", "exec", "compile", "__import__", "globals", "locals", "vars"}
_FETCHES = {"__dict__", "__getattribute__", "attrgetter", "methodcaller", "import_module", "run_cell"}
_RUNS = re.compile(r"^[ \t]*+%(?:run|load|loadpy|macro|rerun|recall)\b", re.MULTILINE)
_COMPARES = (
    "allclose",
    "isclose",
    "equal",
    "array_equal",
    "assert_close",
    "assert_allclose",
    "assert_array_equal",
)
_PRINTS = ("print", "display", "getattr")
_LIBRARIES = frozenset(sys.stdlib_module_names) | {
    *("numpy", "scipy", "torch", "torchvision", "pandas", "matplotlib", "sklearn", "seaborn", "sympy", "jax"),
    *("tensorflow", "keras", "IPython", "tqdm", "PIL", "networkx", "statsmodels", "tabulate", "torchinfo"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """Where a forbidden name stands. sure: it is used, and not to compare with."""

    name: str
    cell: int
    sure: bool


def keep_to(check: BehaviourCheck, decision: Decision, cells: Sequence[int], code: Code) -> Decision:
    """The same decision, unless a forbidden name was used. cells: those that printed the values."""
    if not check.forbids or decision.verdict not in ("pass", "review"):
        return decision
    found = uses(check.forbids, code)
    behind = {c.index for cell in cells for c in code.reach(cell)}
    sure = next((u for u in found if u.sure and (u.cell in behind or not behind)), None)
    if sure is not None:
        text = Said(
            "Cell {cell} uses {name}, which is not allowed here.", {"cell": sure.cell + 1, "name": sure.name}
        )
        return replace(decision, verdict="fail", credit=0.0, reason=text)
    if found and decision.verdict == "pass":
        text = Said(
            "Cell {cell} may use {name}, which is not allowed here; a person looks.",
            {"cell": found[0].cell + 1, "name": found[0].name},
        )
        return decision.waits(text)
    return decision


def uses(forbidden: Sequence[str], code: Code) -> tuple[Use, ...]:
    """Every use of a forbidden name, and every place that may hide one."""
    wanted = {_whole(name): name for name in forbidden}
    trees = [(cell, parsed(cell.source)) for cell in code.cells]
    known, unsure = _names_of([tree for _, tree in trees if tree is not None])
    reader = _Reader(wanted, known, unsure)
    found: list[Use] = []
    for cell, tree in trees:
        if _RUNS.search(cell.source):
            found += (Use(n, cell.index, False) for n in forbidden)
        if tree is None or cell.source.lstrip().startswith("%%"):
            found += (Use(n, cell.index, False) for n in forbidden if _last(n) in cell.source)
        if tree is not None:
            found += reader.read(tree, cell.index)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Reader:
    """wanted: forbidden names, whole, and as the rubric writes them. known: what names stand for.

    unsure: names that stand for several things.
    """

    wanted: Mapping[str, str]
    known: Mapping[str, str]
    unsure: frozenset[str]

    def read(self, tree: ast.Module, cell: int) -> Iterator[Use]:
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        beside = {id(n) for call in ast.walk(tree) if _compares(call) for n in ast.walk(call)}
        prints = (c for c in calls if isinstance(c.func, ast.Name) and c.func.id in _PRINTS)
        printed = {id(a) for call in prints for a in call.args}
        for node in alive(tree):
            for name, sure in self._node(node, tree, printed):
                yield Use(name, cell, sure and id(node) not in beside)

    def _node(self, node: ast.AST, tree: ast.Module, printed: set[int]) -> Iterator[tuple[str, bool]]:
        match node:
            case ast.Name() | ast.Attribute() if isinstance(node.ctx, ast.Load):
                yield from self._name(node)
            case ast.Call(func=ast.Name(id="getattr"), args=[base, ast.Constant(value=str(attribute)), *_]):
                used = f"{dotted(base, self.known)}.{attribute}"
                yield from ((name, True) for whole, name in self.wanted.items() if _is(used, whole))
            case ast.Call(func=ast.Name(id="getattr")):
                yield from ((name, False) for name in self.wanted.values())
            case ast.Constant(value=str(text)) if id(node) not in printed:  # vars(la)["inv"]
                yield from (
                    (name, False)
                    for whole, name in self.wanted.items()
                    if "." in whole and _last(whole) == _last(text)
                )
            case ast.Import() | ast.ImportFrom():
                yield from self._import(node, tree)

    def _name(self, node: ast.Name | ast.Attribute) -> Iterator[tuple[str, bool]]:
        used = dotted(node, self.known)
        head: ast.expr = node
        while isinstance(head, ast.Attribute):
            head = head.value
        doubtful = isinstance(head, ast.Name) and head.id in self.unsure
        for whole, name in self.wanted.items():
            if _is(used, whole):
                yield name, not doubtful
            elif _may_be(used, whole):
                yield name, False
        if _last(used) in _FETCHES or (isinstance(node, ast.Name) and used.partition(".")[0] in _HIDES):
            yield from ((name, False) for name in self.wanted.values())

    def _import(self, node: ast.Import | ast.ImportFrom, tree: ast.Module) -> Iterator[tuple[str, bool]]:
        """A module that is no library may hold anything; a star import gives names that are not told."""
        said = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        starred = isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        for module in said:
            strange = module.partition(".")[0] not in _LIBRARIES
            for whole, name in self.wanted.items():
                if strange or (starred and whole.startswith(f"{module}.") and _last(name) in names):
                    yield name, False


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _may_be(used: str, wanted: str) -> bool:
    """The same last name of the same library: `torch.nn.modules.linear.Linear` is `torch.nn.Linear`."""
    library, _, rest = wanted.partition(".")
    return bool(rest) and used.startswith(f"{library}.") and _last(used) == _last(wanted)


def _names_of(trees: Sequence[ast.Module]) -> tuple[dict[str, str], frozenset[str]]:
    """What names stand for in the whole notebook, and those that stand for several things."""
    known: dict[str, str] = {}
    given: Counter[str] = Counter()
    for _ in range(2):  # an alias may be given in a cell above or below
        given.clear()
        for node in (n for tree in trees for n in ast.walk(tree)):
            for name, meaning in _gives(node, known):
                given[name] += meaning is None or known.get(name, meaning) != meaning
                if meaning is not None:
                    known.setdefault(name, meaning)
    own = {name for name, times in given.items() if times}
    return {**_USUAL, **known} | {n: f"own:{n}" for n in own - known.keys()}, frozenset(own & known.keys())


def _gives(node: ast.AST, known: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """Names that a statement gives, each with the dotted name that it stands for; None for anything else."""
    yield from ((name, meaning) for name, meaning in imported(node) if name != "*")
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        stands = isinstance(node.value, ast.Name | ast.Attribute)
        meaning = dotted(node.value, {**_USUAL, **known}) if stands else None
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, meaning if meaning and meaning.partition(".")[0] in _LIBRARIES else None
    elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name, None
    elif isinstance(node, ast.arg):
        yield node.arg, None


def _whole(name: str) -> str:
    head, dot, rest = name.partition(".")
    return f"{_USUAL.get(head, head)}{dot}{rest}" if dot else name


def _is(used: str, wanted: str) -> bool:
    return used == wanted or used.startswith(f"{wanted}.") or used.endswith(f".{wanted}")


def _compares(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    return isinstance(node, ast.Call) and _last(ast.unparse(node.func)) in _COMPARES
