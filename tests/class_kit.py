"""A tiny assignment, a class of notebooks and a runner without kernels, for tests of a whole run."""

from __future__ import annotations

import asyncio
import json
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from grader import cli
from grader.assignment.loading import Assignment, load
from grader.batch import judged, keys, results
from grader.errors import GraderError
from grader.execute.job import Job
from grader.folder.files import content_digest
from grader.models import AttachedFile, Execution, Isolation, Output
from grader.pipeline import Bench, WorkError
from grader.pipeline.mark import SharedMark
from rubric.schema import Disclosure

RUBRIC = """
id: tiny
version: "1"
title: Tiny
worlds:
  - {name: handout, seed: 1}
  - {name: second, seed: 2}
vocabulary: {total: [total]}
questions:
  - id: q1
    title: Add
    checks:
      - {id: total, kind: tensor, quantity: total, title: the total, points: 10, labels: [[total]]}
"""
CANONICAL = """
import numpy as np

def quantities(world):
    return {"total": np.array([1.25, 2.5, 3.75]) * world.seed}
"""
PRELUDE = "seed = WORLD['seed']\n"
RIGHT, WRONG = [1.25, 2.5, 3.75], [9.5, 8.25, 7.125]


def make_assignment(folder: Path, rubric: str = RUBRIC) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rubric.yaml").write_text(rubric)
    (folder / "canonical.py").write_text(CANONICAL)
    (folder / "prelude.py").write_text(PRELUDE)
    return folder


def make_notebook(path: Path, numbers: list[float]) -> Path:
    """A notebook of which `FakeRunner` knows what it prints: `numbers` times the world's seed."""
    cell = {"cell_type": "code", "source": f"show({numbers!r})  # {path.stem}"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    return path


def make_class(folder: Path, **students: list[float]) -> Path:
    for name, numbers in students.items():
        make_notebook(folder / f"{name}.ipynb", numbers)
    return folder


@dataclass(frozen=True)
class Done:
    """What a command ended with and said."""

    code: int
    out: str
    err: str


def command_line(folder: Path, *words: object) -> Done:
    """A command of ours as in a terminal that stands in a folder, without another Python for it."""
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = cli.run([str(w) for w in words])
    return Done(code, out.getvalue(), err.getvalue())


class FakeRunner:
    """Runs nothing: reads the numbers off the source.

    faults: what to raise, by the stem of the notebook. broken: those for which there is no kernel. ran: the
    stems, one for each run.
    """

    def __init__(self, faults: dict[str, Exception] | None = None, seconds: float = 0.0) -> None:
        self.faults, self.seconds = faults or {}, seconds
        self.broken: set[str] = set()
        self.ran: list[str] = []
        self.files: list[tuple[AttachedFile, ...]] = []
        self.at_once = self.most_at_once = 0

    async def run(self, job: Job) -> Execution:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
            source, _, name = job.cells[0].source.partition("  # ")
            self.ran.append(name)
            self.files.append(job.files)
            if name in self.faults:
                raise self.faults[name]
            if name in self.broken:
                return Execution(status="sandbox_error", message="no kernel")
            return Execution(status="ok", outputs=_outputs(source, job), isolation=Isolation(tier="none"))
        finally:
            self.at_once -= 1

    @asynccontextmanager
    async def open(self, *_: Any, **__: Any) -> AsyncIterator[FakeRunner]:
        """In place of `grader.execute.open_runner`."""
        yield self


@cache
def _loaded(folder: Path, digests: tuple[str, ...]) -> Assignment:
    return load(str(folder))


class Here:
    """Judges without processes: the work is done in this one, where faults can be put into it."""

    def __init__(self, assignment: Assignment) -> None:
        with tempfile.TemporaryFile() as page:
            page.truncate(SharedMark.SIZE)
            self.bench = Bench(assignment, SharedMark(page.fileno()))

    at_most = 2

    async def call(self, cpu_s: float, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        try:
            return function(self.bench, *args, **kwargs)
        except GraderError:
            raise
        except Exception as error:
            raise WorkError(str(error), "".join(traceback.format_exception(error))) from error


@asynccontextmanager
async def here(folder: Path, *, telling: Disclosure | None = None, **_: Any) -> AsyncIterator[Here]:
    """In place of `grader.pipeline.open_judges`."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    assignment = _loaded(folder, tuple(content_digest(p) for p in files))
    yield Here(replace(assignment, rubric=assignment.rubric.telling(telling)))


def _outputs(source: str, job: Job) -> tuple[Output, ...]:
    seed = 1 if '"seed": 1,' in job.prelude else 2
    numbers = [x * seed for x in json.loads(source[len("show(") : -1])]
    return (Output(cell=0, index=0, kind="stdout", text=f"total = {numbers}\n"),)


def freeze_source() -> None:
    """Let runs in several processes agree on the grader's source while somebody edits the checkout."""
    for module in (keys, judged, results):
        module.code_digest = lambda *_: "frozen"  # type: ignore[attr-defined]
