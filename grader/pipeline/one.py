"""One submission, start to end; see `grader.pipeline`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from grader.assignment.asking import questions
from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.errors import IsolationError, OperationError
from grader.execute.job import Job, Limits, Runner, whole_prelude
from grader.execute.picture import without
from grader.judging.several import alone
from grader.models import Execution, Report, Said, Submission
from grader.pipeline import work
from grader.pipeline.judges import OverrunError, WorkError
from grader.pipeline.nursery import Bench
from grader.pipeline.within import FIRST_S, Calls, within_limits
from grader.pipeline.work import ReadableUpload, Typeset, Verdict
from rubric.schema import World

UNREADABLE = Said("it could not be read within the grader's limits; a person looks at it")
FAILED = Said("the grader failed while reading it; a person looks at it")


class Shelf(Protocol):
    """Where the runs of one submission are kept between one grading and the next.

    notebook: which of those handed in; one: that notebook as a submission of its own.
    """

    async def get(self, notebook: int, one: Submission, world: World) -> Execution | None: ...
    async def put(self, notebook: int, world: World, execution: Execution) -> None: ...


class NoShelf:
    """Keeps nothing."""

    async def get(self, notebook: int, one: Submission, world: World) -> Execution | None:
        return None

    async def put(self, notebook: int, world: World, execution: Execution) -> None: ...


@dataclass(frozen=True, slots=True)
class ReadSubmission:
    """A submission as it was read. traces: of our faults and limits meanwhile; it then has a problem."""

    submission: Submission
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """One run. notebook: which of those handed in. fresh: just now; else it came from the shelf."""

    notebook: int
    world: World
    execution: Execution
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """All that is known of one submission. runs: notebook → one for each world.

    pages: file name → text, report.json among them. traces: what failed in our code, or met a limit: for
    whoever mends it.
    """

    submission: Submission
    runs: tuple[tuple[Ran, ...], ...]
    report: Report
    pages: dict[str, str]
    traces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps of one submission of one assignment. limits: of every run."""

    assignment: Assignment
    calls: Calls
    runner: Runner
    limits: Limits

    async def read(
        self, upload: ReadableUpload, step: Callable[[Bench, ReadableUpload], Submission] = work.read
    ) -> ReadSubmission:
        """The submission; where it can't be read, its problem says why.

        step: what a judge does, for one who wants it to do more. Raises what the step raises on purpose.
        """
        try:
            return ReadSubmission(await self.calls.call(FIRST_S, step, upload))
        except OverrunError as over:
            return ReadSubmission(upload.refused(UNREADABLE), (str(over),))
        except WorkError as error:
            return ReadSubmission(upload.refused(FAILED), (error.trace,))

    async def run(self, submission: Submission, shelf: Shelf | None = None) -> tuple[tuple[Ran, ...], ...]:
        """Notebook → one run in each world, in the rubric's order; none where the submission has a problem.

        Most hand in one notebook; of several each is run. What we fail at is an Execution of status
        `sandbox_error`. Raises `IsolationError`, and what the shelf raises.
        """
        if submission.problem is not None:
            return ()
        worlds, keeper = self.assignment.rubric.worlds, shelf or NoShelf()
        ran = []
        for notebook, one in enumerate(alone(submission)):
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(self._in_world(notebook, one, world, keeper)) for world in worlds
                    ]
            except BaseExceptionGroup as failures:
                raise first(failures) from failures
            ran.append(tuple(t.result() for t in tasks))
        return tuple(ran)

    async def judge(self, submission: Submission, executions: Sequence[Sequence[Execution]]) -> Verdict:
        """The report, and what failed or met a limit on the way. Final: the same again gives the same.

        executions: notebook → one for each world.
        """
        found = await within_limits(self.calls, work.judge, submission, executions)
        return replace(found.value, traces=(*found.overruns, *found.value.traces))

    async def typeset(self, report: Report, submission: Submission, execution: Execution | None) -> Typeset:
        """All that is written for a submission. execution: in the handout's world."""
        found = await within_limits(self.calls, work.typeset, report, submission, execution)
        return Typeset(found.value.pages, (*found.overruns, *found.value.traces))

    async def grade(self, upload: ReadableUpload, shelf: Shelf | None = None) -> SubmissionResult:
        """Read, run, judge and typeset."""
        taken = await self.read(upload)
        runs = await self.run(taken.submission, shelf)
        verdict = await self.judge(taken.submission, [[r.execution for r in of_one] for of_one in runs])
        made = await self.typeset(verdict.report, verdict.counted, verdict.shown)
        traces = (*taken.traces, *verdict.traces, *made.traces)
        return SubmissionResult(taken.submission, runs, verdict.report, made.pages, traces)

    async def _in_world(self, notebook: int, one: Submission, world: World, shelf: Shelf) -> Ran:
        if (kept := await shelf.get(notebook, one, world)) is not None:
            return Ran(notebook, world, kept, fresh=False)
        job = Job(
            cells=one.cells,
            files=beside(one.files, self.assignment.files_for(world), one.folder),
            prelude=whole_prelude(self.assignment.prelude_for(world), one),
            limits=self.limits,
            folder=one.folder,
            after=questions(self.assignment.rubric, world),
            again=world == self.assignment.rubric.worlds[0],  # nobody asks the others' second look
        )
        try:
            execution = await self.runner.run(job)
        except IsolationError:
            raise
        except OperationError as error:
            return Ran(notebook, world, Execution(status="sandbox_error", message=one_line(error)))
        if world != self.assignment.rubric.worlds[0]:
            execution = without(execution)  # nobody looks at the other worlds' plots
        if execution.status != "sandbox_error":
            await shelf.put(notebook, world, execution)
        return Ran(notebook, world, execution)


def one_line(error: BaseException) -> str:
    """What an error says, for a person; with its kind where it is not one of ours."""
    text = " ".join(str(error).split()) or "no message"
    return text if isinstance(error, OperationError) else f"{type(error).__name__}: {text}"[:300]


def first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The exception that ended a group of tasks."""
    inner = failures.exceptions[0]
    return first(inner) if isinstance(inner, BaseExceptionGroup) else inner
