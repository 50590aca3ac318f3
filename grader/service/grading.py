"""One upload, from its bytes to a report or a self-check, by `grader.pipeline`.

Whatever reads a student's text happens in judges, processes with limits; one student's text can't hold up
another's. An edition and its release have judges of their own, and the release's hold no solution.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter

from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.assignment.release import write_release
from grader.batch.keys import Conditions, execution_key, files_digest
from grader.execute import Limits, Runner
from grader.folder.store import Kept, executions
from grader.jail.probe import Tier
from grader.judging.barrier import Cut
from grader.judging.several import alone
from grader.models import Execution, Said, Submission
from grader.pipeline import Bench, Pipeline, open_judges, warm, within_limits
from grader.pipeline.limits import limits_of
from grader.pipeline.work import rehearsal
from grader.report.selfcheck import SelfCheck, of_several, self_check
from grader.service.opening import StoredUpload
from rubric.schema import World

ISOLATION: Tier = "base"
NICE = 10
"""of kernels and judges: pages and receipts come first, and whoever holds the database's turn"""
REPORT, NOTEBOOK = "report.json", "executed.ipynb"


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run. state: done, unreadable, or failed (our fault). result, notebook: to be kept.

    traces: of what failed in our code or met a limit.
    """

    state: str
    message: str = ""
    result: bytes | None = None
    notebook: bytes | None = None
    traces: tuple[str, ...] = ()


class Editions:
    """The folder of editions: each assignment as it was, and beside it what its students may have.

    Each is read once. Its Python is not run here: judges, which hold no other assignment, do that.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: dict[Path, Assignment] = {}

    def path(self, sha256: str, *, released: bool) -> Path:
        """Where an edition lies, or its release."""
        return self._folder / (f"{sha256}.release" if released else sha256)

    def load(self, sha256: str, *, released: bool) -> Assignment:
        """The edition, or what its students may have. Raises `RubricError`."""
        folder = self.path(sha256, released=released)
        if folder not in self._loaded:
            self._loaded[folder] = assignments.outline(str(folder))
        return self._loaded[folder]


def make_release(assignment: Assignment, folder: Path) -> None:
    """Write what students may have: shapes, no values."""
    write_release(assignment, folder)


@dataclass(slots=True)
class EditionGrader:
    """What a worker grades with, one pipeline an edition. Use it as a context."""

    editions: Editions
    runner: Runner
    kept: Kept[Execution]
    limits: Limits
    _open: dict[Path, Pipeline] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def at(cls, editions: Editions, runner: Runner, state: Path, limits: Limits) -> EditionGrader:
        return cls(editions, runner, executions(state), limits)

    async def __aenter__(self) -> EditionGrader:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def pipeline(self, sha256: str, *, released: bool) -> Pipeline:
        """The pipeline of an edition, or of its release. Raises `RubricError`."""
        folder = self.editions.path(sha256, released=released)
        async with self._gate:
            if folder not in self._open:
                assignment = await asyncio.to_thread(self.editions.load, sha256, released=released)
                ready = [warm_release if released else warm]
                judges = await self._stack.enter_async_context(open_judges(folder, warm=ready, nice=NICE))
                limits = limits_of(assignment.rubric, usual=self.limits)
                self._open[folder] = Pipeline(assignment, judges, self.runner, limits)
            return self._open[folder]

    async def check(self, attempt: StoredUpload, sha256: str) -> RunResult:
        """The self-check: it runs and is compared with shapes alone; no expected value is in reach."""
        pipeline = await self.pipeline(sha256, released=True)
        read = await pipeline.read(attempt)
        if read.submission.problem is not None:
            told = {"problem": TypeAdapter(Said).dump_python(read.submission.problem, mode="json")}
            result = json.dumps(told).encode("utf-8", "replace")
            return RunResult("unreadable", str(read.submission.problem), result, traces=read.traces)
        upload = read.submission
        runs, again = await asyncio.gather(
            pipeline.run(upload, await self._shelf(pipeline, upload)), self._again(pipeline).run(upload)
        )
        notebooks = [
            (one, [r.execution for r in (*ran, *twice)])
            for one, ran, twice in zip(alone(upload), runs, again, strict=True)
        ]
        broken = next((e for _, found in notebooks for e in found if e.status == "sandbox_error"), None)
        if broken is not None:
            return RunResult("failed", str(broken.message))
        made = await within_limits(pipeline.calls, _checked, notebooks, len(upload.unseen))
        if made.value is None:
            return RunResult("failed", "the self-check met a limit", traces=made.overruns)
        return RunResult("done", result=made.value, traces=made.overruns)

    async def grade(self, attempt: StoredUpload, sha256: str) -> RunResult:
        """The report, without lateness and marks, which are put in when somebody looks."""
        pipeline = await self.pipeline(sha256, released=False)
        read = await pipeline.read(attempt)
        runs = await pipeline.run(read.submission, await self._shelf(pipeline, read.submission))
        verdict = await pipeline.judge(read.submission, [[r.execution for r in one] for one in runs])
        status = verdict.report.execution.status
        message = str(verdict.report.execution.message)
        if status == "sandbox_error":
            return RunResult("failed", message, traces=(*read.traces, *verdict.traces))
        made = await pipeline.typeset(verdict.report, verdict.counted, verdict.shown)
        return RunResult(
            "unreadable" if status == "unreadable" else "done",
            message,
            made.pages[REPORT].encode("utf-8", "replace"),
            made.pages[NOTEBOOK].encode("utf-8", "replace"),
            (*read.traces, *verdict.traces, *made.traces),
        )

    def _again(self, pipeline: Pipeline) -> Pipeline:
        """The same with the first world alone, nothing kept: a second run of it."""
        rubric = pipeline.assignment.rubric
        first = rubric.model_copy(update={"worlds": rubric.worlds[:1]})
        return replace(pipeline, assignment=replace(pipeline.assignment, rubric=first))

    async def _shelf(self, pipeline: Pipeline, submission: Submission) -> _Shelf:
        files = await asyncio.to_thread(files_digest, submission.files)
        return _Shelf(self.kept, pipeline.assignment, Conditions(pipeline.limits, ISOLATION), files)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The runs of one upload in the store. files: digest of what lies beside its notebooks."""

    kept: Kept[Execution]
    assignment: Assignment
    conditions: Conditions
    files: str
    _keys: dict[tuple[int, str], str] = field(default_factory=dict)

    async def get(self, notebook: int, one: Submission, world: World) -> Execution | None:
        key = await asyncio.to_thread(self._key, one, world)
        self._keys[notebook, world.name] = key
        return await asyncio.to_thread(self.kept.get, key)

    async def put(self, notebook: int, world: World, execution: Execution) -> None:
        await asyncio.to_thread(self.kept.put, self._keys[notebook, world.name], execution)

    def _key(self, one: Submission, world: World) -> str:
        prelude, parts = self.assignment.prelude_for(world), self.assignment.parts_of(world)
        return execution_key(one, self.files, parts, prelude, self.conditions)


def _checked(
    held: Bench, cut: Cut, notebooks: Sequence[tuple[Submission, Sequence[Execution]]], unseen: int
) -> bytes | None:
    """In a judge: what may be told, as it is kept; None where a limit leaves nothing to do it by."""
    if not cut.judged:
        return None
    held.mark.note("judging")
    looked = [(n.path, self_check(n, first, again, held.assignment)) for n, (*first, again) in notebooks]
    return told(of_several(looked, len(looked) + unseen))


def warm_release(release: Assignment) -> None:
    """Make once what every judge of a release holds: what a self-check loads, this module included."""
    nobody, ran = rehearsal()
    self_check(nobody, [ran] * len(release.rubric.worlds), ran, release)


def told(found: SelfCheck) -> bytes:
    """What of a self-check is kept: found, missing or moving; nothing of right and wrong is in it."""
    plain = replace(found, level="found")
    return json.dumps(asdict(plain), ensure_ascii=True).encode()
