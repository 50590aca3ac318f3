"""`grader rubric`: what a teacher needs while writing an assignment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.assignment import examine
from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.assignment.release import write_release
from grader.assignment.solved import NOTEBOOK
from grader.drafting.make import Drafted, make, read_solution, solve_folder
from grader.drafting.page import PAGE
from grader.drafting.prove import prove, table
from grader.drafting.student_page import student_page
from grader.drafting.template import template, write_notebook
from grader.execute import Limits, Runner, open_runner
from grader.folder.files import write_text
from grader.pipeline.limits import limits_of

_JOBS = 2  # a solution runs in two worlds at a time


def check(name_or_path: str) -> Iterator[str]:
    """What is wrong with an assignment, as text; where it has its solution as a notebook, how that is graded.

    Raises `RubricError` with the first mistake found, `OperationError` where the solution could not be run.
    """
    yield from examine.check(name_or_path)
    loaded = assignments.load(name_or_path)
    if (loaded.folder / NOTEBOOK).is_file() and not loaded.rubric.released:
        with _kernels() as (loop, runner):
            yield from _proof(loaded, loop, runner)
    yield "no mistake found"


def release(name_or_path: str, out: Path) -> Iterator[str]:
    """Write the version for students, the notebook that they start from and a page for them, and say so.

    Raises `GraderError`.
    """
    loaded = assignments.load(name_or_path)
    write_release(loaded, out)
    notebook = ""
    if (loaded.folder / NOTEBOOK).is_file():
        notebook = f"{loaded.rubric.id}.ipynb"
        write_notebook(out / notebook, template(read_solution(loaded.folder / NOTEBOOK).cells))
        yield f"{out / notebook}: the solution without its answers; read it before you hand it out"
    files = [file.name for file in loaded.files_for(loaded.rubric.worlds[0])]
    write_text(out / "README.md", student_page(loaded.rubric, out.name, files, notebook))
    yield f"{out}: {loaded.rubric.title}, for students; grader check NOTEBOOK --rubric {out}"
    if len(loaded.rubric.worlds) > 1 and any(world.files for world in loaded.rubric.worlds):
        yield "note: the files of every world are in it, also those of worlds that students don't know"


def draft(notebook: Path, out: Path, data: Path | None) -> Iterator[str]:
    """Write an assignment from its solution, and say what was taken for granted and how it grades itself.

    Raises `UsageError`, `RubricError`, `OperationError`, `StorageError`.
    """
    with _kernels() as (loop, runner):  # they take seconds to start: once
        yield from _drafted(loop.run(make(notebook, data, out, runner, Limits())), out)
        yield from _proof(assignments.load(str(out)), loop, runner)
    yield f"{out / PAGE}: what was taken for granted, and how to say it otherwise"
    yield f"Read it and {out / 'rubric.yaml'}, change what is to be another, then: grader rubric check {out}"


def _drafted(made: Drafted, out: Path) -> Iterator[str]:
    questions = made.draft.rubric["questions"]
    checks = [c for q in questions for c in q["checks"]]
    points = sum(c["points"] for c in checks)
    yield (
        f"{out / 'rubric.yaml'}: {len(questions)} questions, {len(checks)} checks, {points:g} points, "
        f"{len(made.mistakes)} likely mistakes"
    )
    for question in questions:
        yield f"  {question['id']}: {question['title']}"
        yield from (f"    {c['id']}, {c['points']:g} points: {c['title']}" for c in question["checks"])
    yield from (f"note: {told.name}: {told.taken}" for told in made.draft.assumed)


def solve(folder: Path) -> Iterator[str]:
    """Make the values of a folder's solution again. Raises as `draft`."""
    with _kernels() as (loop, runner):
        mistakes = loop.run(solve_folder(folder, runner, Limits()))
    yield f"{folder}: the solution's values are made again, with {len(mistakes)} likely mistakes"


def _proof(loaded: Assignment, loop: asyncio.Runner, runner: Runner) -> Iterator[str]:
    yield "the solution, graded in the styles in which students print:"
    yield from table(loop.run(prove(loaded, runner, limits_of(loaded.rubric))))


@contextmanager
def _kernels() -> Iterator[tuple[asyncio.Runner, Runner]]:
    """A runner, and the event loop to use it in."""
    opened = open_runner(_JOBS)
    with asyncio.Runner() as loop:
        runner = loop.run(opened.__aenter__())
        try:
            yield loop, runner
        finally:
            loop.run(opened.__aexit__(None, None, None))
