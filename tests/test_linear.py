"""What a student hands in costs no more than its length: every pattern, every reader of their text."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType

from doubling import TooSlow, cost, grows, texts

import grader
from grader.assignment.loading import Assignment
from grader.execute.absent import missing_packages
from grader.execute.outputs import OutputLog, clean, first_line
from grader.extract import extract, extract_text
from grader.intake import notebook, script
from grader.intake.naming import safe
from grader.judging.behaviour import find_answer
from grader.judging.books import books_of
from grader.judging.in_words import in_words, shown_as_none
from grader.judging.source import Code
from grader.judging.stored import compare_stored
from grader.lookalikes.search import SubmittedCode, find
from grader.models import Cell, Output
from grader.report.html import prose
from grader.report.notebook import from_ipynb, kept_outputs, to_ipynb
from grader.text import code, excerpt, fence, markdown, one_line, paragraph, printable, spreadsheet, visible

_SIZE = 2_000  # characters of a text that a pattern is tried with
_SLOW_S = 0.009  # processor seconds that a text of this length takes no pattern whose cost is its length
_INLINE = ("compile", "search", "match", "fullmatch", "sub", "findall", "finditer", "split")


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(grader.__path__, "grader."):
        if not found.name.startswith(("grader.jail.cage", "grader.__main__")):
            yield importlib.import_module(found.name)


@cache
def _patterns() -> dict[re.Pattern[str], tuple[str, bool]]:
    """Every pattern over text: where it stands, and whether it is only asked at one place of a text."""
    where: dict[re.Pattern[str], str] = {}
    used: dict[re.Pattern[str], set[str]] = defaultdict(set)
    for module in _modules():
        tree = ast.parse(inspect.getsource(module))
        own = {n: p for n, p in vars(module).items() if isinstance(p, re.Pattern)}
        for name, pattern in own.items():
            where.setdefault(pattern, f"{module.__name__}.{name}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in own:
                used[own[node.value.id]].add(node.attr)
            elif isinstance(node, ast.Name) and node.id in own and isinstance(node.ctx, ast.Load):
                used[own[node.id]].add("")
            if inline := _inline(node):
                where.setdefault(inline[0], f"{module.__name__}, line {node.lineno}")  # type: ignore[attr-defined]
                used[inline[0]].add(inline[1])
    anchored = {"compile", "match", "fullmatch", "pattern", ""}
    return {p: (name, used[p] <= anchored) for p, name in where.items() if isinstance(p.pattern, str)}


def _inline(node: ast.AST) -> tuple[re.Pattern[str], str] | None:
    """A pattern that is written where it is used, `re.sub(r"…", …)`, and the function that it is given to."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return None
    first = node.args[0]
    if not (
        isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in _INLINE
    ):
        return None
    written = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return (re.compile(first.value), node.func.attr) if written else None  # type: ignore[attr-defined]


def test_no_pattern_costs_more_than_the_length_of_its_text() -> None:
    slow = []
    for pattern, (name, anchored) in _patterns().items():
        read: Callable[[str], object] = pattern.match if anchored else (lambda t, p=pattern: p.sub("", t))
        for text in texts(pattern):
            example = text(_SIZE)
            try:
                if cost(lambda: read(example), 2.0) < _SLOW_S:  # noqa: B023
                    continue
            except TooSlow:
                pass
            if how := grows(read, text, least_s=0.05):
                slow.append(f"{name}: {text.__doc__}: {how}")
                break
    assert not slow, "\n".join(slow)


def _cells(text: str, kind: str = "code") -> list[Cell]:
    return [Cell(index=0, kind=kind, source=text)]  # type: ignore[arg-type]


def _shown(text: str, kind: str = "stdout", html: str | None = None) -> list[Output]:
    return [Output(cell=0, index=0, kind=kind, text=text, html=html)]  # type: ignore[arg-type]


def _all_of(text: str) -> None:
    """What is asked of a notebook's code."""
    made = Code(_cells(text))
    _ = made.literals, made.numbers, made.words, made.draws, made.uses("torch.nn")
    _ = [(c.opening, c.updates_parameters) for c in made.cells]


def _notebook(text: str) -> None:
    cells = [
        {"cell_type": "code", "source": text, "outputs": [{"output_type": "stream", "text": text}]},
        {"cell_type": "markdown", "source": text},
    ]
    notebook.read(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}).encode())


def _kept(text: str) -> None:
    class Run:
        outputs = (*_shown(text), *_shown("", html=text))

    from_ipynb(to_ipynb(_cells(text), kept_outputs(Run())))  # type: ignore[arg-type]


def _alike(text: str) -> None:
    find([SubmittedCode("a", "a", "a", text), SubmittedCode("b", "b", "b", text)])


def _logged(text: str) -> None:
    log = OutputLog()
    for content in ({"name": "stdout", "text": text}, {"name": "stderr", "text": text}):
        log.take(0, {"msg_type": "stream", "content": content})
    log.take(0, {"msg_type": "error", "content": {"ename": text, "evalue": text, "traceback": [text]}})
    log.outputs()


def _texts_of_people(text: str) -> None:
    for read in (visible, one_line, excerpt, markdown, paragraph, code, fence, spreadsheet, prose, printable):
        read(text)
    clean(text)
    first_line(text)
    safe(text)


def _readers(hw4: Assignment) -> dict[str, Callable[[str], object]]:
    checks = hw4.rubric.tensor_checks()
    [written] = [c for c in hw4.rubric.checks() if c.kind == "text"]
    books = books_of(hw4)
    numbers = hw4.references[0][checks[0].quantity]

    def words(text: str) -> None:
        made = Code(_cells("x = 1"))
        in_words(checks[0], numbers.round(), _shown(text), made, books.vocabulary)
        shown_as_none(checks[0], _shown(text), made, books.vocabulary)

    return {
        "prints": extract_text,
        "html": lambda t: extract(_shown("", "display", t)),
        "code": _all_of,
        "imports": lambda t: missing_packages(tuple(_cells(t)), ()),
        "markdown": lambda t: find_answer(written, _cells(t, "markdown")),
        "comments": lambda t: find_answer(written, _cells(t)),
        "an answer": lambda t: find_answer(
            written, [*_cells("## Question 4", "markdown"), *_cells(t)], _shown(t)
        ),
        "stored outputs": lambda t: compare_stored(
            [Cell(index=0, kind="code", source="", stored=t)], extract_text(t)
        ),
        "words": words,
        "notebook": _notebook,
        "bytes": lambda t: notebook.read(t.encode("utf-8", "surrogatepass")),
        "script": lambda t: script.read(t.encode("utf-8", "surrogatepass")),
        "what is kept": _kept,
        "log": _logged,
        "people": _texts_of_people,
        "lookalikes": _alike,
        "labels": lambda t: [books.vocabulary.meaning(t, t, t), books.vocabulary.unknown(t)],
    }
