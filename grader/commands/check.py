"""`grader check`: a student's own look at a notebook before handing it in."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.assignment import loading as assignments
from grader.assignment.asking import questions
from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.commands.progress import say
from grader.errors import IsolationError, OperationError, UsageError
from grader.execute import Job, Runner, open_runner
from grader.execute.job import whole_prelude
from grader.intake import collect
from grader.jail.probe import Tier
from grader.jail.processors import processors
from grader.judging.several import alone
from grader.models import Execution, Submission
from grader.pipeline import (
    MEMORY_BYTES,
    Judges,
    OverrunError,
    Pipeline,
    ReadableUpload,
    WorkError,
    open_judges,
    warm,
    work,
)
from grader.pipeline.limits import limits_of
from grader.pipeline.within import FIRST_S
from grader.report.selfcheck import lines
from grader.text import printable
from grader.words.speech import speech


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """`grader check` as it was asked for."""

    notebook: Path
    rubric: str | None
    allow_unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What the student is told. complete: everything asked for is there and reproducible.

    fault: what of ours kept it from being checked; "" if nothing did.
    """

    lines: tuple[str, ...]
    complete: bool = False
    fault: str = ""


def run(request: CheckRequest) -> int:
    """Print what was found; 0: everything asked for is there and reproducible, 1: not.

    Raises `UsageError` unless there is one notebook, `OperationError` when it could not be run by our fault.
    """
    upload = _one(request.notebook)
    assignment = assignments.load(request.rubric)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    try:
        looked = asyncio.run(_look(upload, request, assignment, columns))
    except IsolationError as error:
        raise IsolationError(f"{error}; to run your own notebook unprotected: --allow-unsafe") from error
    if looked.fault:
        raise OperationError(looked.fault)
    for line in looked.lines:
        say(line)
    return 0 if looked.complete else 1


async def _look(
    upload: ReadableUpload, request: CheckRequest, assignment: Assignment, columns: int | None
) -> Looked:
    async with open_checker(assignment, allow_unsafe=request.allow_unsafe) as checker:
        submission = await checker.read(upload)
        if submission.others:
            names = ", ".join(one.path.rpartition("/")[2] for one in alone(submission))
            raise UsageError(f"{printable(str(request.notebook))} holds {printable(names)}; name one")
        return await checker.look(submission, request.notebook.name, columns)


def _one(path: Path) -> ReadableUpload:
    entries = collect([path]).entries
    if len(entries) != 1:
        many = f"{len(entries)} notebooks" if entries else "no notebook"
        raise UsageError(f"{printable(str(path))} holds {many}; name one")
    return entries[0]


@dataclass(frozen=True, slots=True)
class Checker:
    """Looks at notebooks, one after the other. Made by `open_checker`."""

    assignment: Assignment
    judges: Judges
    runner: Runner

    async def read(self, upload: ReadableUpload) -> Submission:
        """The upload, read in a judge; its problem says why it can't be."""
        limits = limits_of(self.assignment.rubric)
        return (await Pipeline(self.assignment, self.judges, self.runner, limits).read(upload)).submission

    async def look(self, submission: Submission, name: str, columns: int | None = None) -> Looked:
        """Run a notebook and say what is found in it. name: as the student calls it. columns: fold there."""
        name = printable(name)
        speak = speech(self.assignment.rubric.language)
        if submission.problem is not None:
            return Looked((f"{name}: {speak.of(submission.problem)}",))
        executions = await self._run(submission)
        broken = next((e for e in executions if e.status == "sandbox_error"), None)
        if broken is not None:
            return _fault(f"{name} could not be run: {broken.message}; see grader doctor")
        try:
            found = await self.judges.call(FIRST_S, work.check, submission, executions)
        except OverrunError:
            why = speak("more is printed here than can be read; print less")
            return Looked((f"{name}: {why}",))
        except WorkError as error:
            return _fault(f"{name} could not be checked by a fault of the grader: {error}")
        return Looked(tuple(lines(found, name, columns)), found.complete)

    async def _run(self, submission: Submission) -> list[Execution]:
        """One run per world, in the rubric's order, then the first world once more."""
        worlds = self.assignment.rubric.worlds
        jobs = [
            Job(
                submission.cells,
                beside(submission.files, self.assignment.files_for(world), submission.folder),
                whole_prelude(self.assignment.prelude_for(world), submission),
                limits_of(self.assignment.rubric),
                submission.folder,
                questions(self.assignment.rubric, world),
            )
            for world in (*worlds, worlds[0])
        ]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.runner.run(job)) for job in jobs]
        return [t.result() for t in tasks]


@asynccontextmanager
async def open_checker(assignment: Assignment, *, allow_unsafe: bool = False) -> AsyncIterator[Checker]:
    """A `Checker`, as long as the context lasts. Raises `IsolationError` where nothing can be caged."""
    rubric = assignment.rubric
    at_once = min(len(rubric.worlds) + 1, processors())
    tier: Tier = "none" if allow_unsafe else "base"
    async with (
        open_judges(assignment.folder, at_most=1, telling=rubric.disclosure, warm=[warm]) as judges,
        open_runner(
            at_once, tier, allow_unsafe=allow_unsafe, limits=limits_of(rubric), beside=MEMORY_BYTES
        ) as runner,
    ):
        yield Checker(assignment, judges, runner)


def _fault(said: str) -> Looked:
    return Looked((said,), fault=said)
