"""One upload, from its cells to a report or a self-check: the grader's own steps, called for the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from grader.assignment import loading as assignments
from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.assignment.release import write_release
from grader.batch.keys import Conditions, execution_key, files_digest
from grader.execute import Job, Limits, Runner
from grader.execute.picture import without
from grader.folder.store import Kept, executions
from grader.jail.probe import Tier
from grader.judging.grade import grade
from grader.judging.several import alone, counted, left_open, settle
from grader.models import Execution, Said, Submission
from grader.pipeline.limits import limits_of
from grader.report import to_json
from grader.report.notebook import kept_outputs, to_ipynb
from grader.report.selfcheck import SelfCheck, self_check
from rubric.schema import World

_T = TypeVar("_T")
ISOLATION: Tier = "base"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run. state: done, unreadable, or failed (our fault). result, notebook: to be kept."""

    state: str
    message: str = ""
    result: bytes | None = None
    notebook: bytes | None = None


class Editions:
    """The folder of editions: each assignment as it was, and beside it what its students may have.

    Each is loaded once; its Python is the teacher's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[tuple[str, str], Assignment] = {}

    def path(self, sha256: str) -> Path:
        """Where an edition lies."""
        return self._folder / sha256

    def release(self, sha256: str) -> Path:
        """Where its release lies."""
        return self._folder / f"{sha256}.release"

    def load(self, sha256: str, *, released: bool) -> Assignment:
        """The edition, or what its students may have. Raises `RubricError`."""
        folder = self.release(sha256) if released else self.path(sha256)
        key = (sha256, "release" if released else "")
        if key not in self._loaded:
            self._loaded[key] = assignments.load(str(folder))
        return self._loaded[key]


def make_release(assignment: Assignment, folder: Path) -> None:
    """Write what students may have: shapes, no values."""
    write_release(assignment, folder)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker grades with. judge: where judging is done, off the loop that talks to kernels."""

    runner: Runner
    kept: Kept[Execution]
    judge: Executor
    limits: Limits

    @classmethod
    def at(cls, runner: Runner, state: Path, judge: Executor, limits: Limits) -> Bench:
        return cls(runner, executions(state), judge, limits)

    async def check(self, submission: Submission, release: Assignment) -> Result:
        """The self-check: it runs and is compared with shapes alone; no expected value is in reach."""
        if submission.problem is not None:
            return Result("unreadable", str(submission.problem))
        worlds = release.rubric.worlds
        ran = await asyncio.gather(
            *(self._run(submission, release, w) for w in worlds),
            self._run(submission, release, worlds[0], again=True),
        )
        if broken := _broken(ran):
            return broken
        *first, again = ran
        found = await self._aside(lambda: self_check(submission, first, again, release))
        return Result("done", result=_told(found))

    async def grade(self, submission: Submission, assignment: Assignment) -> Result:
        """The report, without lateness and marks, which are put in when somebody looks."""
        ran: Sequence[Execution] = ()
        said: Mapping[str, Said] = {}
        if submission.problem is None:
            worlds = assignment.rubric.worlds
            each = [
                await asyncio.gather(*(self._run(one, assignment, w) for w in worlds))
                for one in alone(submission)
            ]
            if broken := _broken([execution for of_one in each for execution in of_one]):
                return broken
            ran = each[0]
            if submission.others:
                reports = [
                    await self._aside(partial(grade, one, of_one, assignment))
                    for one, of_one in zip(alone(submission), each, strict=True)
                ]
                settled = settle(submission, reports, assignment.rubric)
                (submission, ran), said = counted(submission, each, settled), settled.said
        report = left_open(await self._aside(partial(grade, submission, ran, assignment)), said)
        outputs = kept_outputs(ran[0]) if ran and report.execution.status != "unreadable" else None
        notebook = to_ipynb(submission.cells, outputs).encode("utf-8", "replace")
        state = "unreadable" if report.execution.status == "unreadable" else "done"
        return Result(
            state, str(report.execution.message), to_json(report).encode("utf-8", "replace"), notebook
        )

    async def _run(
        self, submission: Submission, assignment: Assignment, world: World, *, again: bool = False
    ) -> Execution:
        """One run, from the store where it is kept. again: a fresh one, whatever is kept."""
        prelude = assignment.prelude_for(world)
        limits = limits_of(assignment.rubric, usual=self.limits)
        key = await self._aside(
            lambda: execution_key(
                submission,
                files_digest(submission.files),
                assignment.parts_of(world),
                prelude,
                Conditions(limits, ISOLATION),
            )
        )
        if not again and (kept := await asyncio.to_thread(self.kept.get, key)) is not None:
            return kept
        around = beside(submission.files, assignment.files_for(world), submission.folder)
        job = Job(submission.cells, around, prelude, limits, submission.folder)
        execution = await self.runner.run(job)
        if world != assignment.rubric.worlds[0]:
            execution = without(execution)
        if not again and execution.status != "sandbox_error":
            await asyncio.to_thread(self.kept.put, key, execution)
        return execution

    async def _aside(self, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self.judge, function)


def _broken(ran: Sequence[Execution]) -> Result | None:
    found = next((e for e in ran if e.status == "sandbox_error"), None)
    return None if found is None else Result("failed", str(found.message))


def _told(found: SelfCheck) -> bytes:
    """What of a self-check is kept: found, missing or moving; nothing of right and wrong is in it."""
    plain = replace(found, level="found")
    return json.dumps(asdict(plain), ensure_ascii=True).encode()
