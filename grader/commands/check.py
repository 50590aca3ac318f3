"""`grader check`: a student's own look at a notebook before handing it in."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.assignment import loading as assignments
from grader.assignment.asking import questions
from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.commands.progress import say
from grader.errors import IsolationError, OperationError, UsageError
from grader.execute import Job, open_runner
from grader.intake import collect
from grader.jail.probe import Tier
from grader.jail.processors import processors
from grader.judging.several import alone
from grader.models import Execution, Submission
from grader.pipeline import MEMORY_BYTES, OverrunError, WorkError, open_judges, warm, work
from grader.pipeline.limits import limits_of
from grader.pipeline.within import FIRST_S
from grader.report.selfcheck import SelfCheck, lines
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
    """What the student is told. complete: everything asked for is there and reproducible."""

    lines: tuple[str, ...]
    complete: bool


def run(request: CheckRequest) -> int:
    """Print what was found; 0: everything asked for is there and reproducible, 1: not.

    Raises `UsageError` unless there is one notebook, `OperationError` when it could not be run by our fault.
    """
    submission = _read(request.notebook)
    assignment = assignments.load(request.rubric)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    try:
        looked = look(submission, request.notebook.name, assignment, request.allow_unsafe, columns)
    except IsolationError as error:
        raise IsolationError(f"{error}; to run your own notebook unprotected: --allow-unsafe") from error
    for line in looked.lines:
        say(line)
    return 0 if looked.complete else 1


def look(
    submission: Submission,
    name: str,
    assignment: Assignment,
    allow_unsafe: bool = False,
    columns: int | None = None,
) -> Looked:
    """Run a notebook and say what is found in it. name: what the student calls it. columns: fold at them.

    Raises `OperationError` when it could not be run by our fault.
    """
    name = printable(name)
    speak = speech(assignment.rubric.language)
    if submission.problem is not None:
        return Looked((f"{name}: {speak.of(submission.problem)}",), complete=False)
    try:
        found = asyncio.run(_check(submission, name, assignment, allow_unsafe))
    except OverrunError:
        why = speak("more is printed here than can be read; print less")
        return Looked((f"{name}: {why}",), complete=False)
    except WorkError as error:
        raise OperationError(f"{name} could not be checked by a fault of the grader: {error}") from error
    return Looked(tuple(lines(found, name, columns)), found.complete)


async def _check(submission: Submission, name: str, assignment: Assignment, allow_unsafe: bool) -> SelfCheck:
    telling = assignment.rubric.disclosure
    async with open_judges(assignment.folder, at_most=1, telling=telling, warm=[warm]) as judges:
        executions = await _run(submission, assignment, allow_unsafe)
        broken = next((e for e in executions if e.status == "sandbox_error"), None)
        if broken is not None:
            raise OperationError(f"{name} could not be run: {broken.message}; see grader doctor")
        return await judges.call(FIRST_S, work.check, submission, executions)


def _read(path: Path) -> Submission:
    entries = collect([path]).entries
    if len(entries) != 1:
        many = f"{len(entries)} notebooks" if entries else "no notebook"
        raise UsageError(f"{printable(str(path))} holds {many}; name one")
    submission = entries[0].read()
    if submission.others:
        names = [one.path.rpartition("/")[2] for one in alone(submission)]
        raise UsageError(f"{printable(str(path))} holds {printable(', '.join(names))}; name one")
    return submission


async def _run(submission: Submission, assignment: Assignment, allow_unsafe: bool) -> list[Execution]:
    """One run per world, in the rubric's order, then the first world once more."""
    worlds = assignment.rubric.worlds
    limits = limits_of(assignment.rubric)
    jobs = [
        Job(
            submission.cells,
            beside(submission.files, assignment.files_for(world), submission.folder),
            assignment.prelude_for(world),
            limits,
            submission.folder,
            questions(assignment.rubric, world),
        )
        for world in (*worlds, worlds[0])
    ]
    at_once = min(len(jobs), processors())
    tier: Tier = "none" if allow_unsafe else "base"
    async with open_runner(
        at_once, tier, allow_unsafe=allow_unsafe, limits=limits, beside=MEMORY_BYTES
    ) as runner:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(runner.run(job)) for job in jobs]
        return [t.result() for t in tasks]
