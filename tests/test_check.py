"""`grader check`: what a student is told before the deadline, and what not."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, make_assignment, make_notebook

from grader import cli
from grader.commands import check as command
from grader.errors import IsolationError
from grader.execute.job import Job
from grader.models import Execution, Isolation, Output, Refusal
from grader.report import selfcheck

BEHAVIOUR = """
      - id: seed
        kind: behaviour
        title: initialised
        points: 2
        shown_by: [total]
        requires: [{any_of: [random.seed], why: Set the seed.}]
        hint: Copy the snippet.
      - {id: words, kind: text, title: in words, points: 3, headings: [Answer]}
"""


Shows = Callable[[int, int], list[float] | str]


class Runner:
    """Prints what `shows` makes of the world's seed and the number of the run."""

    def __init__(self, shows: Shows, status: str = "ok") -> None:
        self.shows, self.status, self.runs = shows, status, itertools.count()
        self.refusals: tuple[Refusal, ...] = ()

    async def run(self, job: Job) -> Execution:
        seed = 2 if '"seed": 2' in job.prelude else 1
        shown = self.shows(seed, next(self.runs))
        text = shown if isinstance(shown, str) else f"total = {shown}\n"
        printed = Output(cell=0, index=0, kind="stdout", text=text)
        message = "" if self.status == "ok" else "no kernel could be started"
        return Execution(
            status=self.status,  # type: ignore[arg-type]
            message=message,
            outputs=(printed,),
            isolation=Isolation(tier="base"),
            refusals=self.refusals,
        )

    @asynccontextmanager
    async def open(self, *_: Any, **__: Any) -> AsyncIterator[Runner]:
        """In place of `grader.execute.open_runner`."""
        yield self


class Student:
    """Calls `grader check` on a notebook."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.rubric = make_assignment(folder / "tiny")
        self.notebook = make_notebook(folder / "homework.ipynb", RIGHT)
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.stdout = self.stderr = ""

    def asks(self, more: str = "", head: str = "") -> None:
        make_assignment(self.rubric, RUBRIC.replace("title: Tiny", f"title: Tiny\n{head}") + more)

    def writes(self, *cells: tuple[str, str]) -> None:
        made = [{"cell_type": kind, "source": source} for kind, source in cells]
        self.notebook.write_text(
            json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})
        )

    def check(self, shows: Shows, status: str = "ok", refusals: tuple[Refusal, ...] = ()) -> int:
        runner = Runner(shows, status)
        runner.refusals = refusals
        self._monkeypatch.setattr(command, "open_runner", runner.open)
        code = cli.run(["check", str(self.notebook), "--rubric", str(self.rubric)])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def line(self, title: str) -> str:
        (found,) = (line for line in self.stdout.splitlines() if title in line and line.startswith("  "))
        return found.strip()


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Student:
    return Student(tmp_path, monkeypatch, capsys)


def computed(numbers: list[float]) -> Callable[[int, int], list[float]]:
    return lambda seed, run: [x * seed for x in numbers]


def test_right_and_wrong_numbers_are_told_the_same(student: Student) -> None:
    assert student.check(computed(RIGHT)) == 0
    assert student.line("the total") == "found    the total, cell 1: [1.25, 2.5, 3.75]"
    right = student.stdout
    assert student.check(computed(WRONG)) == 0
    assert student.stdout == right.replace("1.25, 2.5, 3.75", "9.5, 8.25, 7.125")
    assert "1 of 1 found. This says what was found, not whether it is right." in student.stdout


@pytest.mark.parametrize(
    "prints",
    [
        pytest.param(["{}"], id="without a name"),
        pytest.param(["loss = {}"], id="under a name that is not asked for"),
        pytest.param(["[7.5, 7.25, 7.0]", "{}", "[8.5, 8.25, 8.0]"], id="among others without a name"),
        pytest.param(["total = {}", "total = [7.5, 7.25, 7.0]"], id="before others of its name"),
        pytest.param(["loss = {}", "total = [7.5, 7.25, 7.0]"], id="beside one of its name"),
        pytest.param(["{}", "a = 3.5", "b = 3.25"], id="before its parts"),
    ],
)
def test_who_asks_again_and_again_does_not_find_the_right_value(student: Student, prints: list[str]) -> None:
    told = []
    for numbers in (RIGHT, [x + 1e-5 for x in RIGHT], [2 * x for x in RIGHT], WRONG):

        def shows(seed: int, run: int, numbers: list[float] = numbers) -> str:
            return "\n".join(p.format([x * seed for x in numbers]) for p in prints) + "\n"

        code = student.check(shows)
        told.append((code, student.stdout.replace(str(numbers), "[…]")))
    assert told == told[:1] * 4


@pytest.mark.parametrize("before", ["", "loss\n", "loss = "])
def test_a_print_without_its_name_is_found_by_its_shape_and_that_is_said(
    student: Student, before: str
) -> None:
    assert student.check(lambda seed, run: f"{before}{[x * seed for x in WRONG]}\n") == 0
    assert student.line("the total") == "found    the total, cell 1: [9.5, 8.25, 7.125]"
    assert "Taken by its shape alone: print its name in front." in student.stdout


def test_the_judge_sees_no_print_where_nothing_of_right_or_wrong_is_told(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    grade = selfcheck.grade
    monkeypatch.setattr(
        selfcheck, "grade", lambda s, runs, a, only: (seen.append(only), grade(s, runs, a, only))[1]
    )
    student.check(computed(RIGHT))
    assert seen == [[[], []]]
    student.asks(head="self_check: verdicts")
    student.check(computed(RIGHT))
    assert [len(world) for world in seen[-1]] == [1, 1]


@pytest.mark.parametrize("level", ["verdicts", "hints"])
@pytest.mark.parametrize(
    ("prints", "said"),
    [
        pytest.param(
            ["total = [7.5, 7.25, 7.0]", "{}", "[8.5, 8.25, 8.0]"], "not correct", id="beside a name"
        ),
        pytest.param(["total = {}", "total = [7.5, 7.25, 7.0]"], "Several values", id="all under its name"),
        pytest.param(["[7.5, 7.25, 7.0]", "{}"], "by its shape alone", id="all without a name"),
    ],
)
def test_who_prints_many_guesses_is_not_told_that_one_of_them_is_right(
    student: Student, level: str, prints: list[str], said: str
) -> None:
    student.asks(BEHAVIOUR, head=f"self_check: {level}")
    student.writes(("code", "np.random.seed(1)\nshow()"))
    told = []
    for numbers in (RIGHT, [2 * x for x in RIGHT], WRONG):

        def shows(seed: int, run: int, numbers: list[float] = numbers) -> str:
            moved = [re.sub(r"[\d.]+", lambda m: str(float(m[0]) * seed), p) for p in prints]
            return "\n".join(p.format([x * seed for x in numbers]) for p in moved) + "\n"

        student.check(shows)
        told.append(student.stdout.replace(str(numbers), "[…]"))
    assert told == told[:1] * 3
    assert said in told[0] and "correct." not in told[0]


@pytest.mark.parametrize(
    ("numbers", "verdict"), [(RIGHT, "correct"), (WRONG, "not correct, or a person decides")]
)
def test_a_value_that_alone_has_the_name_is_judged(
    student: Student, numbers: list[float], verdict: str
) -> None:
    student.asks(head="self_check: verdicts")
    text = "total = {0}\nz = [7.5, 7.25, 7.0]\ntotal: {0}\n"
    student.check(lambda seed, run: text.format([x * seed for x in numbers]))
    lines = student.stdout.splitlines()
    assert lines[lines.index("  " + student.line("the total")) + 1].strip() == verdict


@pytest.mark.parametrize("numbers", [RIGHT, WRONG])
def test_numbers_that_do_not_move_with_the_seed_are_fixed(student: Student, numbers: list[float]) -> None:
    assert student.check(lambda seed, run: numbers) == 1
    assert student.line("the total").startswith("fixed    the total, cell 1")
    assert "stay the same under another random seed" in student.stdout


def test_numbers_that_differ_from_run_to_run_vary(student: Student) -> None:
    assert student.check(lambda seed, run: [x + run for x in WRONG]) == 1
    assert student.line("the total").startswith("varies   the total, cell 1")
    assert "set the seed before drawing" in student.stdout


def test_what_is_missing_is_named_with_the_hint(student: Student) -> None:
    assert student.check(lambda seed, run: []) == 1
    assert student.line("the total") == "missing  the total"
    assert "No print of this quantity was found." in student.stdout


def test_what_our_environment_kept_away_is_said_where_something_is_missing(student: Student) -> None:
    absent = Refusal(
        kind="file", about="a.csv", call="open('a.csv')", cell=0, effect="raised", lost=(0,), told_by="kernel"
    )
    assert student.check(lambda seed, run: [], refusals=(absent,)) == 1
    assert "! Cell 1, open('a.csv'): not done. A file is not here: a.csv." in student.stdout
    comfort = "What is missing because of this is not lost: a person looks at it."
    assert comfort in student.stdout
    student.check(computed(RIGHT), refusals=(absent,))
    assert comfort not in student.stdout


def test_code_and_words_that_were_asked_for(student: Student) -> None:
    student.asks(BEHAVIOUR)
    assert student.check(computed(WRONG)) == 1
    assert student.line("initialised") == "missing  initialised"
    assert "Set the seed." in student.stdout
    assert student.line("in words") == "missing  in words"
    student.writes(("code", "np.random.seed(1)\nshow()"), ("markdown", "# Answer\nThe same as before."))
    assert student.check(computed(WRONG)) == 0
    assert student.line("in words") == "found    in words, cell 2: The same as before."
    assert "initialised" not in student.stdout  # whether it is used rightly, only the values tell


def test_an_answer_in_words_may_be_printed(student: Student) -> None:
    student.asks(BEHAVIOUR)
    student.check(lambda seed, run: "Answer: the same results as before\n")
    assert student.line("in words") == "found    in words, cell 1: Answer: the same results as before"


def test_what_helps_to_find_a_print_is_not_said_of_code_and_words(student: Student) -> None:
    student.asks(BEHAVIOUR)
    assert student.check(computed(WRONG)) == 1
    assert "missing  in words" in student.stdout and "No print of this" not in student.stdout


@pytest.mark.parametrize("level", ["found", "verdicts"])
def test_a_name_with_two_values_is_said_so_and_the_same_value_twice_is_fine(
    student: Student, level: str
) -> None:
    student.asks(head=f"self_check: {level}")
    student.check(lambda seed, run: "".join(f"total = {[x * seed for x in n]}\n" for n in (RIGHT, WRONG)))
    assert "Several values could be meant: print one alone under its name." in student.stdout
    student.check(lambda seed, run: f"total = {[x * seed for x in WRONG]}\n" * 2)
    assert "Several values" not in student.stdout


def test_on_a_terminal_lines_are_folded_below_what_they_belong_to(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "44")
    student.check(computed(WRONG))
    lines = student.stdout.splitlines()
    at = lines.index("  found    the total, cell 1: [9.5, 8.25,")
    assert lines[at + 1] == "           7.125]"
    assert max(map(len, lines)) <= 44


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("self_check: found", False),
        ("self_check: verdicts", True),
        ("self_check: hints", True),
        ("self_check: hints\ndisclosure: none", True),
    ],
)
def test_the_rubric_says_how_much_is_told_and_never_the_expected_values(
    student: Student, head: str, told: bool
) -> None:
    hinted = RUBRIC.replace("points: 10,", "points: 10, hint: Add them.,")
    make_assignment(student.rubric, hinted.replace("title: Tiny", f"title: Tiny\n{head}"))
    student.check(computed(WRONG))
    assert ("not correct" in student.stdout) == told
    assert ("Add them." in student.stdout) == (head == "self_check: hints")
    assert not {"1.25", "2.5", "3.75"} & set(student.stdout.replace(",", " ").replace("]", " ").split())


def test_a_german_rubric_speaks_german(student: Student) -> None:
    student.asks(head="language: de")
    assert student.check(computed(RIGHT)) == 0
    assert student.line("the total").startswith("gefunden  the total, Zelle 1:")


def test_a_file_that_is_no_notebook_is_said_so(student: Student) -> None:
    student.notebook.write_text('{"cells": [')
    assert student.check(computed(RIGHT)) == 1
    assert student.stdout.startswith("homework.ipynb: the file is cut off")


def test_where_there_is_no_cage_it_is_said_how_to_go_on(
    student: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise IsolationError("isolation base needs Linux")

    monkeypatch.setattr(command, "open_runner", refuse)
    assert cli.run(["check", str(student.notebook), "--rubric", str(student.rubric)]) == 3
    assert "--allow-unsafe" in student._capsys.readouterr().err


def test_our_failure_is_not_the_students(student: Student) -> None:
    assert student.check(computed(RIGHT), status="sandbox_error") == 3
    assert student.stdout == ""
    assert "could not be run: no kernel could be started" in student.stderr


def test_a_folder_of_several_is_refused(student: Student) -> None:
    make_notebook(student.notebook.parent / "class" / "a.ipynb", RIGHT)
    make_notebook(student.notebook.parent / "class" / "b.ipynb", RIGHT)
    student.notebook = student.notebook.parent / "class"
    assert student.check(computed(RIGHT)) == 2
    assert "holds 2 notebooks; name one" in student.stderr


def told(*items: tuple[str, selfcheck.State, str]) -> selfcheck.SelfCheck:
    lines = tuple(selfcheck.CheckLine(title, state, where, (), True) for title, state, where in items)
    return selfcheck.SelfCheck("t", "found", "en", (), (selfcheck.CheckGroup("2.", lines),), "")


def test_of_several_notebooks_the_best_is_told_and_what_another_has() -> None:
    draft = told(("h1", "missing", ""), ("h2", "varies", "cell 3: 0.2"), ("output", "missing", ""))
    final = told(
        ("seed", "missing", ""),
        ("h1", "found", "cell 1: 0.5"),
        ("h2", "missing", ""),
        ("output", "missing", ""),
    )
    seen = selfcheck.of_several([("draft.ipynb", draft), ("hw4.ipynb", final)], 3)
    assert [(i.title, i.state, i.where) for g in seen.groups for i in g.items] == [
        ("h1", "found", "cell 1: 0.5"),
        ("h2", "varies", "draft.ipynb, cell 3: 0.2"),
        ("output", "missing", ""),
    ], "the draft has no line for the seed: its code is right there"
    assert "3 notebooks" in seen.troubles[0] and "hw4.ipynb" in seen.troubles[0]
    assert selfcheck.of_several([("hw4.ipynb", final)], 1) is final
