"""Many submissions → reports: jobs, resume, and nothing finished is ever lost.

`OUT/<id>/report.json` and `OUT/.grader/` (kept executions and judgements, lock) are written as each
submission is finished; the journal follows some times a second, when all of it is on the disk. A run that
is killed in between finds the work done, if not the note: nothing runs twice. A submission whose
journal entry has the key that it would get now is left as it is; one that failed by our fault is tried
again.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, ParamSpec, Protocol, TypeVar

from grader import pipeline
from grader.assignment.loading import Assignment
from grader.batch import step
from grader.batch.judged import JudgingTask
from grader.batch.keys import (
    Conditions,
    conditions_digest,
    execution_key,
    files_digest,
    report_key,
    world_key,
)
from grader.errors import IsolationError, StorageError, UnusableError
from grader.execute import Runner
from grader.execute.job import Limits
from grader.folder.files import settle, size
from grader.folder.journal import Journal, JournalEntry, KeptRun
from grader.folder.place import STATE, remember, traceback_path
from grader.folder.store import Kept, executions, submissions
from grader.jail.processors import processors
from grader.marks import marks
from grader.marks.marks import Marks
from grader.models import Execution, Report, Submission
from grader.pipeline import Calls, Pipeline, WorkError, open_judges, within_limits
from grader.pipeline.one import first, one_line
from rubric.schema import World

_NOTED_EVERY_S = 0.25

_P = ParamSpec("_P")
_T = TypeVar("_T")


class TrackedUpload(pipeline.ReadableUpload, Protocol):
    """Something to grade, with what tells whether it is still the same; see `grader.intake.Entry`."""

    @property
    def origin(self) -> str: ...
    def fingerprint(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SubmissionEvent:
    """Something happened to one submission.

    kept: finished by an earlier run and unchanged. failed: our fault, message says what; no mark.
    seconds: since it was started.
    """

    kind: Literal["kept", "started", "finished", "failed"]
    id: str
    report: Report | None = None
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunPlan:
    """How one run goes. jobs: kernels at a time. force: neither reports nor executions are reused.

    judges: who read, judge and write; None for judges of this run's own, as many as pay off.
    """

    jobs: int
    conditions: Conditions
    force: bool = False
    judges: Calls | None = None

    @property
    def limits(self) -> Limits:
        return self.conditions.limits


async def grade_all(
    uploads: Sequence[TrackedUpload],
    assignment: Assignment,
    runner: Runner,
    out: Path,
    journal: Journal,
    plan: RunPlan,
    on_event: Callable[[SubmissionEvent], None],
) -> None:
    """Grade every upload, write its report and note it in the journal; `load` reads the reports back.

    One submission's failure never stops the others. Cancelling stops within seconds and keeps what is
    done. Raises `IsolationError` (no isolation, no run), `StorageError` (nowhere to write) and
    `UnusableError` (the assignment's Python has a mistake).
    """
    # One thread looks after the folder: the event loop stays free for the kernels' messages.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="grader-folder")
    queue = iter(uploads)
    async with contextlib.AsyncExitStack() as stack:
        # What still waits for the thread when a run is stopped is dropped: a large run takes seconds to keep.
        stack.callback(thread.shutdown, cancel_futures=True)
        judges = plan.judges
        if judges is None:
            telling = assignment.rubric.disclosure
            judges = await stack.enter_async_context(
                open_judges(assignment.folder, telling=telling, warm=[step.warm])
            )
        batch = _Batch(
            pipeline=Pipeline(assignment, judges, runner, plan.limits),
            out=out,
            journal=journal,
            plan=plan,
            on_event=on_event,
            thread=thread,
            conditions=conditions_digest(plan.conditions),
            executions=executions(out / STATE),
            marks=marks.read(out),
            origins=frozenset(u.origin for u in uploads),
        )
        try:
            async with batch.noting(), asyncio.TaskGroup() as group:
                # More than there are kernels: while some are judged the kernels stay busy.
                for _ in range(min(plan.jobs + processors(), len(uploads))):
                    group.create_task(batch.work(queue))
        except BaseExceptionGroup as failures:
            raise first(failures) from failures
        finally:
            batch.note()


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The runs of one submission, kept in the folder. files: digest of what lies beside its notebooks."""

    batch: _Batch
    files: str
    noted: dict[tuple[int, str], KeptRun] = field(default_factory=dict)
    """notebook and world → what the journal says of its run"""

    async def get(self, notebook: int, one: Submission, world: World) -> Execution | None:
        run = await self.batch.aside(self._run, notebook, one, world)
        self.noted[notebook, world.name] = run
        if self.batch.plan.force:
            return None
        return await self.batch.aside(self.batch.executions.get, run.execution)

    async def put(self, notebook: int, world: World, execution: Execution) -> None:
        key = self.noted[notebook, world.name].execution
        await self.batch.aside(self.batch.executions.put, key, execution)

    def _run(self, notebook: int, one: Submission, world: World) -> KeptRun:
        assignment, plan = self.batch.pipeline.assignment, self.batch.plan
        prelude, parts = assignment.prelude_for(world), assignment.parts_of(world)
        key = execution_key(one, self.files, parts, prelude, plan.conditions)
        return KeptRun(world=world_key(parts, prelude), execution=key, notebook=notebook)


@dataclass(frozen=True, slots=True)
class _Batch:
    pipeline: Pipeline
    out: Path
    journal: Journal
    plan: RunPlan
    on_event: Callable[[SubmissionEvent], None]
    thread: ThreadPoolExecutor
    conditions: str
    executions: Kept[Execution]
    marks: Marks
    origins: frozenset[str]
    written: list[JournalEntry] = field(default_factory=list)
    """finished, not noted yet"""

    @contextlib.asynccontextmanager
    async def noting(self) -> AsyncIterator[None]:
        """Notes what is finished while the context lasts. Call `note` at the very end."""
        task = asyncio.create_task(self._note_forever())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, StorageError):
                await task

    async def _note_forever(self) -> None:
        while True:
            await asyncio.sleep(_NOTED_EVERY_S)
            if ready := self.written.copy():
                await asyncio.to_thread(settle, self.out)
                await self.aside(self.journal.note_all, ready)
                del self.written[: len(ready)]

    def note(self) -> None:
        """Note what is left. Raises `StorageError`."""
        if self.written:
            settle(self.out)
            self.journal.note_all(self.written)

    async def work(self, queue: Iterator[TrackedUpload]) -> None:
        for upload in queue:
            started = time.monotonic()
            try:
                entry, kept = await self.aside(self._look, upload)
                if kept:
                    self.on_event(SubmissionEvent("kept", upload.id))
                    continue
                self.on_event(SubmissionEvent("started", upload.id))
                report = await self._one(upload, entry)
            except (IsolationError, StorageError, UnusableError):
                raise
            except Exception as error:
                await self.aside(self._could_not, upload, error)
                self._tell("failed", upload, started, message=one_line(error))
                continue
            if report.execution.status == "sandbox_error":
                self._tell("failed", upload, started, report, report.execution.message)
            else:
                self._tell("finished", upload, started, report)

    async def _one(self, upload: TrackedUpload, entry: JournalEntry) -> Report:
        read = functools.partial(step.read_and_keep, fingerprint=entry.fingerprint, state=self.out / STATE)
        taken = await self.pipeline.read(upload, read)
        submission = taken.submission
        if taken.traces:
            await self.aside(submissions(self.out / STATE).put, entry.fingerprint, submission)
        shelf = _Shelf(self, await self.aside(files_digest, submission.files))
        ran = await self.pipeline.run(submission, shelf)
        runs = tuple(shelf.noted[r.notebook, r.world.name] for of_one in ran for r in of_one)
        task = JudgingTask(
            out=self.out,
            id=upload.id,
            submission=submission,
            executions=tuple(tuple(r.execution for r in of_one) for of_one in ran),
            runs=tuple(
                tuple(shelf.noted[r.notebook, r.world.name].execution for r in of_one) for of_one in ran
            ),
            fingerprint=entry.fingerprint,
            by_hand=self.marks.of(upload.id, upload.origin, self.origins),
            force=self.plan.force or any(r.fresh for of_one in ran for r in of_one),
        )
        found = await within_limits(self.pipeline.calls, step.judge_and_write, task)
        if traces := (*taken.traces, *found.overruns, *found.value.traces):
            await self.aside(remember, self.out, upload.id, traces)
        report = found.value.report
        failed = report.execution.status == "sandbox_error"
        self.written.append(
            entry.model_copy(
                update={
                    "state": "failed" if failed else "done",
                    "size": found.value.size,
                    "message": report.execution.message if failed else "",
                    "runs": runs,
                    "judged": found.value.judged,
                }
            )
        )
        return report

    def _look(self, upload: TrackedUpload) -> tuple[JournalEntry, bool]:
        """What the journal would say of this upload, and whether an earlier run finished it so."""
        fingerprint = upload.fingerprint()
        disclosure = self.pipeline.assignment.rubric.disclosure
        key = report_key(fingerprint, self.pipeline.assignment.sha256, disclosure, self.conditions)
        entry = self.journal.entries.get(upload.id)
        usable = not self.plan.force and entry is not None and entry.state == "done" and entry.key == key
        kept = usable and entry is not None and 0 < entry.size == size(self._path(upload))
        if kept and entry is not None and self.journal.latest.get(upload.origin) != upload.id:
            self.journal.note(entry)  # it had another id meanwhile
        if not kept:
            traceback_path(self.out, upload.id).unlink(missing_ok=True)
        now = JournalEntry(
            id=upload.id,
            origin=upload.origin,
            key=key,
            state="done",
            fingerprint=fingerprint,
            conditions=self.conditions,
        )
        return now, kept

    def _could_not(self, upload: TrackedUpload, error: Exception) -> None:
        """Not even a report: the journal says so, and the next run tries again."""
        trace = error.trace if isinstance(error, WorkError) else "".join(traceback.format_exception(error))
        remember(self.out, upload.id, [trace])
        entry = JournalEntry(
            id=upload.id, origin=upload.origin, key="", state="failed", message=one_line(error)
        )
        self.written.append(entry)

    def _path(self, upload: TrackedUpload) -> Path:
        return self.out / upload.id / "report.json"

    def _tell(
        self,
        kind: Literal["finished", "failed"],
        upload: TrackedUpload,
        started: float,
        report: Report | None = None,
        message: str = "",
    ) -> None:
        self.on_event(SubmissionEvent(kind, upload.id, report, message, time.monotonic() - started))

    async def aside(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(
            self.thread, lambda: function(*args, **kwargs)
        )
