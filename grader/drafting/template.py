"""A solution notebook → the notebook that students start from: the solution without solutions (pure)."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from pathlib import Path

from grader.drafting.notes import without_notes
from grader.drafting.sections import sections
from grader.drafting.sites import SHOWS, python
from grader.folder.files import write_text
from grader.models import Cell

_HERE = "# your code here"
_ANSWER = "*Your answer here.*"
_BEGIN = re.compile(r"^(\s*)#+\s*(?:BEGIN|START)\s+(?:SOLUTION|LÖSUNG)\b.*$", re.IGNORECASE)
_END = re.compile(r"^\s*#+\s*(?:END|STOP)\s+(?:SOLUTION|LÖSUNG)\b.*$", re.IGNORECASE)
_BELOW = re.compile(
    r"^(\s*)#+\s*(?:solution|lösung|your (?:code|solution).*|hier .*lösung.*)\s*:?\s*$", re.IGNORECASE
)
_NAMES = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant)


def template(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The notebook for students.

    Between `# BEGIN SOLUTION` and `# END SOLUTION`, or below a line `# solution`, code is left out. A cell of
    a question without such lines keeps its imports and what it shows, by name. What stands above the first
    question stays. So does text, but not below the code of a question, or alone below its heading: that is an
    answer.
    """
    asked: set[int] = set()
    answers: set[int] = set()
    for section in sections(cells):
        if section.title:
            asked |= set(section.code)
            code_from = min(section.code, default=-1)
            answers |= {i for i in section.prose if i > code_from}
    return tuple(
        cell.model_copy(update={"source": _emptied(cell, cell.index in asked, cell.index in answers)})
        for cell in cells
    )


def write_notebook(path: Path, cells: Sequence[Cell]) -> None:
    """The cells as a notebook of format 4.5. Raises `StorageError`."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {
        "cells": [_as_json(cell) for cell in cells],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    write_text(path, json.dumps(made, ensure_ascii=False, indent=1) + "\n")


def _as_json(cell: Cell) -> dict[str, object]:
    common = {"id": f"cell{cell.index}", "metadata": {}, "source": cell.source}
    if cell.kind == "code":
        return {"cell_type": "code", "execution_count": None, "outputs": [], **common}
    return {"cell_type": "markdown", **common}


def _emptied(cell: Cell, asked: bool, answer: bool) -> str:
    source = without_notes(cell.source)
    if cell.kind != "code":
        return _ANSWER if answer else source
    marked = _without_marked(source)
    return marked if marked is not None else _what_it_shows(source) if asked else source


def _without_marked(source: str) -> str | None:
    """None where no line marks a solution."""
    kept: list[str] = []
    inside = found = False
    for line in source.split("\n"):
        if begins := _BEGIN.match(line) or (None if inside else _BELOW.match(line)):
            inside = found = True
            kept.append(f"{begins[1]}{_HERE}")
        elif _END.match(line):
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept) if found else None


def _what_it_shows(source: str) -> str:
    tree = python(source)
    if tree is None:
        return _HERE
    imports = [ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    shows = [ast.unparse(_by_name(n)) for n in tree.body if _shows(n)]
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and isinstance(last.value, _NAMES[:2]):
        shows.append(ast.unparse(last))
    return "\n".join([*imports, _HERE, *shows])


def _shows(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in SHOWS
    return False


def _by_name(node: ast.stmt) -> ast.stmt:
    """The statement with `...` in place of whatever is computed in it."""
    assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    node.value.args = [_named(argument) for argument in node.value.args]
    return ast.fix_missing_locations(node)


def _named(value: ast.expr) -> ast.expr:
    if isinstance(value, ast.JoinedStr):
        dots = ast.Constant("...")
        value.values = [
            dots if isinstance(part, ast.FormattedValue) and _computed(part.value) else part
            for part in value.values
        ]
        return value
    return ast.Constant(...) if _computed(value) else value


def _computed(value: ast.expr) -> bool:
    return not isinstance(value, _NAMES) or any(isinstance(n, ast.Call | ast.BinOp) for n in ast.walk(value))
