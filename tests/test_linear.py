"""What a student hands in costs no more than its length: every pattern, every reader of their text."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pieces
import pytest
from doubling import TooSlow, cost, grows, mixed, parser, texts, units

import grader
from grader.assignment.loading import Assignment
from grader.assignment.vocabulary import Vocabulary
from grader.execute.absent import missing_packages
from grader.execute.habits import removed
from grader.execute.outputs import OutputLog, clean, first_line
from grader.extract import extract, extract_text
from grader.extract import pieces as pieces_of
from grader.intake import notebook, script
from grader.intake.naming import safe
from grader.judging.answers import find_answer
from grader.judging.books import books_of
from grader.judging.decide import decide
from grader.judging.handed_in import judge_manual
from grader.judging.in_words import in_words, shown_as_none
from grader.judging.lines import Shown
from grader.judging.source import Code
from grader.judging.stored import compare_stored
from grader.judging.word import judge_word
from grader.lookalikes.search import SubmittedCode, find
from grader.models import Cell, Output
from grader.report.html import prose, python
from grader.report.notebook import from_ipynb, kept_outputs, to_ipynb
from grader.report.typeset import typeset
from grader.text import code, excerpt, fence, markdown, one_line, paragraph, printable, spreadsheet, visible
from rubric.schema import ManualCheck, WordCheck

_LONG = 8_000  # characters of a text that a pattern is tried with first
_SIZE = 2_000  # characters of a text that a reader is tried with first
_CELL = 8_000  # characters of a cell that a page shows
_UNITS = 6  # that a reader's texts take of each of its patterns
_BUDGET_S = 60e-6  # processor seconds a character that a reader may take without being asked why
_SLOW_S = 0.015  # processor seconds that a text of this length takes no pattern whose cost is its length
_ELSEWHERE = ("grader.jail.cage", "grader.execute.habits")  # in kernels
_INLINE = ("compile", "search", "match", "fullmatch", "sub", "findall", "finditer", "split")


def _modules() -> Iterator[ModuleType]:
    """Those of the grader's modules that have patterns."""
    root = Path(grader.__file__).parent
    for file in sorted(root.rglob("*.py")):
        name = ".".join(["grader", *file.relative_to(root).with_suffix("").parts])
        if "import re\n" in file.read_text(encoding="utf-8") and not name.startswith(_ELSEWHERE):
            yield importlib.import_module(name.removesuffix(".__init__"))


@cache
def _patterns() -> dict[re.Pattern[str], tuple[str, bool]]:
    """Every pattern over text: where it stands, and whether it is only asked at one place of a text."""
    where: dict[re.Pattern[str], str] = {}
    used: dict[re.Pattern[str], set[str]] = defaultdict(set)
    for module in _modules():
        tree = ast.parse(inspect.getsource(module))
        own = {n: p for n, p in vars(module).items() if isinstance(p, re.Pattern)}
        for name, value in vars(module).items():
            for pattern in _patterns_in(value):
                where.setdefault(pattern, f"{module.__name__}.{name}")
                if pattern is not value:  # how it is used is not seen
                    used[pattern].add("search")
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


def _patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    """A pattern, or those that stand in a table of them."""
    if isinstance(value, re.Pattern):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _patterns_in([getattr(value, f.name) for f in fields(value)])
    elif isinstance(value, Mapping | tuple | list | set | frozenset):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _patterns_in(part)


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


@pytest.mark.parametrize("share", [0.2, pytest.param(1.0, marks=pytest.mark.slow)])
def test_no_pattern_costs_more_than_the_length_of_its_text(share: float) -> None:
    slow = [_slow_text(pattern, name, anchored, share) for pattern, (name, anchored) in _patterns().items()]
    assert not any(slow), "\n".join(filter(None, slow))


@pytest.mark.parametrize("pattern", [r"\[[^\]]*\]\(", "-.*lr"])
def test_a_pattern_that_costs_more_than_its_length_is_found(pattern: str) -> None:
    assert _slow_text(re.compile(pattern, re.MULTILINE), pattern, anchored=False)


def test_what_a_kernel_asks_of_an_error_costs_no_more_than_its_length() -> None:
    """Else a long word in the message of an error takes a cell its time."""
    assert not _slow_text(removed._KEYWORD, "a keyword", anchored=False)


def _slow_text(pattern: re.Pattern[str], name: str, anchored: bool, share: float = 1.0) -> str:
    """The texts, and how much, that cost a pattern more than their length; "" where none do.

    share: of the texts, drawn anew for each pattern.
    """
    read: Callable[[str], object] = pattern.match if anchored else (lambda t: pattern.sub("", t))
    draw = random.Random(repr(pattern.pattern))
    for text in texts(pattern):
        if draw.random() >= share:
            continue
        example = text(_LONG)
        with contextlib.suppress(TooSlow):
            if cost(lambda: read(example), 2.0) < _SLOW_S:  # noqa: B023
                continue
        if how := grows(read, text, least_s=0.05):
            return f"{name}: {text.__doc__}: {how}"
    return ""


def _cells(text: str, kind: str = "code") -> list[Cell]:
    return [Cell(index=0, kind=kind, source=text)]  # type: ignore[arg-type]


def _shown(text: str, kind: str = "stdout", html: str | None = None) -> list[Output]:
    return [Output(cell=0, index=0, kind=kind, text=text, html=html)]  # type: ignore[arg-type]


def _all_of(text: str) -> None:
    """What is asked of a notebook's code."""
    made = Code(_cells(text))
    _ = made.writes(extract_text("0.4975 1.25")), made.words, made.uses("torch.nn"), made.reach(0)


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
        shown = Shown([_shown(text)] * 2, (), Code(_cells("x = 1")), books.vocabulary)
        in_words(checks[0], [numbers.round()] * 2, shown)
        shown_as_none(checks[0], shown)

    a_word = WordCheck(
        id="a_word", kind="word", title="t", points=1, labels=(("h1",),), answers=("relu",), wrong=()
    )
    question = hw4.rubric.questions[0].model_copy(update={"checks": (a_word,)})
    asking = hw4.rubric.model_copy(update={"questions": (question,)})
    own = Vocabulary(asking, [], words=True)
    made = Code(_cells("x = 1"))
    looked_at = ManualCheck(id="m", kind="manual", title="t", points=1, headings=(r"\bplot\b",))

    return {
        "a word": lambda t: judge_word(a_word, ["a"], Shown([_shown(t)], _cells(t), made, own)),
        "below a heading": lambda t: judge_manual(
            looked_at, 1, [*_cells("## plot", "markdown"), *_cells(t, "markdown"), *_cells(t)], ()
        ),
        "prints": extract_text,
        "loops": lambda t: list(pieces_of(_shown(t))),
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
        "labels": lambda t: books.vocabulary.meaning(t, t, t),
    }


_OF: dict[str, tuple[list[str], str]] = {
    "a word": (pieces.WORDS, "grader.judging.word"),
    "below a heading": (pieces.WORDS, "grader.judging.handed_in"),
    "prints": (pieces.PRINTS, "grader.extract"),
    "loops": (pieces.PRINTS, "grader.extract.loops"),
    "html": (pieces.HTML, "grader.extract.html"),
    "code": (pieces.CODE, "grader.judging"),
    "imports": (pieces.CODE, "grader.execute.absent"),
    "markdown": (pieces.WORDS, "grader.judging.answers"),
    "comments": (pieces.WORDS, "grader.judging.answers"),
    "an answer": (pieces.WORDS, "grader.judging.answers"),
    "stored outputs": (pieces.PRINTS, "grader.extract.entries"),
    "words": (pieces.WORDS, "grader.judging.in_words"),
    "labels": (pieces.WORDS, "grader.assignment.vocabulary"),
    "notebook": (pieces.BYTES, "grader.intake"),
    "bytes": (pieces.BYTES, "grader.intake.document"),
    "script": (pieces.BYTES, "grader.intake.script"),
    "what is kept": (pieces.HTML, "grader.report"),
    "log": (pieces.PEOPLE, "grader.execute.outputs"),
    "people": (pieces.PEOPLE, "grader.text"),
    "lookalikes": (pieces.CODE, "grader.lookalikes"),
}


@pytest.mark.parametrize("name", _OF)
def test_no_reader_costs_more_than_the_length_of_its_text(name: str, hw4: Assignment) -> None:
    slow = _slow(name, hw4, seed=1, mixes=40)
    assert not slow, "\n".join(slow)


@pytest.mark.slow
@pytest.mark.parametrize("name", _OF)
def test_no_reader_costs_more_than_the_length_of_many_texts(name: str, hw4: Assignment) -> None:
    slow = _slow(name, hw4, seed=2, mixes=4_000)
    assert not slow, "\n".join(slow)


def _slow(name: str, hw4: Assignment, seed: int, mixes: int) -> list[str]:
    read = _readers(hw4)[name]
    own, module = _OF[name]
    of_patterns = [
        unit
        for pattern, (where, _) in _patterns().items()
        if where.startswith(module)
        for unit in units(parser.parse(pattern.pattern, pattern.flags))[:_UNITS]
    ]
    made = list(dict.fromkeys([*own, *of_patterns]))
    read(made[0])  # what is made once
    slow = []
    for text in mixed(made, seed, mixes):
        example = text(_SIZE)
        with contextlib.suppress(TooSlow):
            if cost(lambda: read(example), 3.0) < _BUDGET_S * _SIZE:  # noqa: B023
                continue
        if how := grows(read, text, least_s=0.15):
            slow.append(f"{name}: {text.__doc__}: {how}")
    return slow


_LINES: dict[str, Callable[[int, int], str]] = {
    "right": lambda i, world: "h1 = tensor([[0.5, 0.25], [0.75, 0.125]])\n",
    "one of many": lambda i, world: f"h1 = tensor([[0.{world}, 0.{i}], [0.75, 0.125]])\n",
    "elided": lambda i, world: f"h1 = tensor([[0.{world}{i % 10}, ..., 0.5], [0.5, ..., 0.5]])\n",
    "other labels elsewhere": lambda i, world: f"{chr(97 + i * (5 + world) % 26)} = [{i}.5, 1.5]\n",
    "other shapes elsewhere": lambda i, world: f"{[1.5] * (1 + i * (7 + world) % 3)}\n",
    "losses": lambda i, world: f"loss {i} {0.5 + world + i / 7:.5f}\n",
    "rows": lambda i, world: f"unit{i} [{0.5 + i + world}, 0.25]\n",
    "pieces": lambda i, world: f"dW1 [{0.5 + i % 3 + world}, 0.25, 0.5]\n\n",
    "entries": lambda i, world: f"W1[{i // 2},{i % 2}] 0.{i}\n",
    "unlabelled": lambda i, world: f"[0.{i}, 0.{world}, 0.25, 0.5]\n\n",
}


@pytest.mark.parametrize("name", _LINES)
def test_judging_costs_no_more_than_the_number_of_prints(name: str, hw4: Assignment) -> None:
    def judged(lines: int) -> float:
        texts = [
            "".join(_LINES[name](i, world) for i in range(lines)) for world in range(len(hw4.references))
        ]
        cells = [Cell(index=0, kind="code", source="# mine\nx = 1", stored=texts[0])]

        def judge() -> None:
            printed = [extract(_shown(text)) for text in texts]
            compare_stored(cells, printed[0])
            decide(cells, printed, hw4, [_shown(text) for text in texts])

        return cost(judge, 30.0)

    judged(10)  # what is made once
    assert judged(1200) < 8 * judged(300) or judged(1200) < 8 * judged(300)


def test_what_a_page_shows_of_a_cell_is_typeset_in_a_moment() -> None:
    for text in mixed(pieces.WORDS, seed=3, mixes=20):
        example = text(_CELL)
        assert cost(lambda: typeset(example), 5.0) < 2.0, text.__doc__  # noqa: B023
        assert cost(lambda: python(example), 5.0) < 2.0, text.__doc__  # noqa: B023
