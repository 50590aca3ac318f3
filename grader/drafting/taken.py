"""What a solution makes and does not show, though its heading asks for it: functions and variables.

A function is tried on inputs that it is called with in the solution, or on plain ones, those first for which
it gives numbers; other inputs in the second world tell what was typed in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.assignment.asking import ask
from grader.assignment.kept import read_kept
from grader.drafting.sections import Section, sections
from grader.drafting.sites import python
from grader.drafting.solve import Setting, attempt
from grader.execute import Limits, Runner
from grader.models import Cell

_NUMBERS = (
    ("[-1.5, 0.25, 2.0]", "[0.5, -2.0, 1.25]"),
    ("[[1.0, -2.0], [0.5, 3.0]]", "[[2.0, 0.5], [-1.5, 1.0]]"),
)
_PLAIN = (("0.75", "-1.25"), ("3", "5"))
_MOST = 3  # required arguments of a function that is tried
_CODE = re.compile(r"`([A-Za-z_]\w*)\s*(?:\([^`]*\))?`|\b([A-Za-z_]\w*)\(")


@dataclass(frozen=True, slots=True)
class NotShown:
    """What a check takes from the kernel. cell: where the solution makes it. fields: of the check."""

    name: str
    cell: int
    title: str
    fields: Mapping[str, Any]
    told: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Calls, or names, in each world: the first is taken for which the solution gives numbers."""

    name: str
    cell: int
    calls: Sequence[tuple[str, ...]] = field(default_factory=tuple)


async def find(
    cells: Sequence[Cell],
    showing: frozenset[int],
    settings: Sequence[Setting],
    runner: Runner,
    limits: Limits,
) -> dict[str, NotShown]:
    """What the headings ask for and no cell of their sections shows, by name. showing: cells that show."""
    wanted = list(_wanted(cells, showing, len(settings)))
    asked = [(w, texts) for w in wanted for texts in w.calls or [(w.name,) * len(settings)]]
    if not asked:
        return {}
    after = [ask([(n, (texts[i],)) for n, (_, texts) in enumerate(asked)]) for i in range(len(settings))]
    run = await attempt(
        cells, [replace(s, after=a) for s, a in zip(settings, after, strict=True)], runner, limits
    )
    answers = [{k.site: k for k in read_kept(e.taken) if not k.key} for e in run.executions]
    found: dict[str, NotShown] = {}
    for number, (one, texts) in enumerate(asked):
        values = [a[number].values if number in a else None for a in answers]
        if one.name in found or any(v is None or not v.size or not np.isfinite(v).all() for v in values):
            continue
        if len({v.shape for v in values if v is not None}) > 1:
            continue
        names = [s.name for s in settings]
        if one.calls:
            fields: dict[str, Any] = {"calls": dict(zip(names, texts, strict=True))}
            told = f"tried as {texts[0]}, since its heading asks for it and nothing is shown"
        else:
            fields = {"of": "variable", "names": [one.name]}
            told = "taken from the kernel, since its heading asks for it and it is not printed"
        found[one.name] = NotShown(one.name, one.cell, one.name + "()" * bool(one.calls), fields, told)
    return found


def _wanted(cells: Sequence[Cell], showing: frozenset[int], worlds: int) -> Iterator[_Wanted]:
    sources = {c.index: c.source for c in cells}
    trees = {c.index: tree for c in cells if c.kind == "code" and (tree := python(c.source)) is not None}
    for section in sections(cells):
        if not section.title or showing & set(section.code):
            continue
        asked = _named(section, sources)
        for cell in (i for i in section.code if i in trees):
            for node in trees[cell].body:
                if isinstance(node, ast.FunctionDef) and node.name in asked:
                    calls = [*_called(node.name, trees.values()), *_plain(node, sources[cell])]
                    yield _Wanted(node.name, cell, [tuple((c * worlds)[:worlds]) for c in calls])
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    names = (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
                    yield from (_Wanted(name, cell) for name in names if name in asked)


def _named(section: Section, sources: Mapping[int, str]) -> frozenset[str]:
    """The names of code in the words of a question."""
    text = "\n".join(sources[i] for i in (section.cells[0], *section.prose))
    return frozenset(a or b for a, b in _CODE.findall(text))


def _called(name: str, trees: Iterator[ast.Module] | Any) -> Iterator[tuple[str, ...]]:
    """Calls in the solution of which every argument is written out, and the same with other numbers."""
    for call in (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)):
        given = [*call.args, *(k.value for k in call.keywords)]
        if isinstance(call.func, ast.Name) and call.func.id == name and given and all(map(_written, given)):
            yield ast.unparse(call), ast.unparse(_Other().visit(ast.parse(ast.unparse(call), mode="eval")))


def _written(node: ast.expr) -> bool:
    return all(
        isinstance(n, ast.Constant | ast.List | ast.Tuple | ast.UnaryOp | ast.USub | ast.Load)
        for n in ast.walk(node)
    )


class _Other(ast.NodeTransformer):
    """Other numbers of the same kind."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        return ast.Constant(node.value + 1 if isinstance(node.value, int) else node.value * 0.75 + 0.125)


def _plain(function: ast.FunctionDef, source: str) -> Iterator[tuple[str, ...]]:
    """The same kind of input for every argument that it needs: arrays of the solution's library, numbers."""
    given = function.args
    needs = len(given.posonlyargs) + len(given.args) - len(given.defaults)
    if not 1 <= needs <= _MOST or any(d is None for d in given.kw_defaults):
        return
    torch = "__import__('torch').tensor({})"
    numpy = "__import__('numpy').array({})"
    forms = (torch, numpy) if re.search(r"\b(torch|F|nn)\.", source) else (numpy, torch)
    inputs = [tuple(form.format(text) for text in pair) for form in forms for pair in _NUMBERS]
    for pair in (*inputs, *_PLAIN):
        yield tuple(f"{function.name}({', '.join([text] * needs)})" for text in pair)
