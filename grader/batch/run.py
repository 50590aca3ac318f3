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
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, ParamSpec, Protocol, TypeVar

from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.batch.deliver import deliver
from grader.batch.judged import Bench
from grader.batch.keys import (
    Conditions,
    conditions_digest,
    execution_key,
    files_digest,
    report_key,
    world_key,
)
from grader.errors import IsolationError, OperationError, StorageError
from grader.execute.job import Job, Limits
from grader.execute.picture import without
from grader.folder.files import settle, size
from grader.folder.journal import Journal, JournalEntry, Run
from grader.folder.place import STATE, traceback_path
from grader.folder.store import Kept, executions, submissions
from grader.judging.several import alone, left_open
from grader.marks import marks
from grader.marks.marks import Marks
from grader.models import Execution, Report, Submission
from rubric.schema import World

_TURN_S = 0.0005  # so long a kernel's message waits for the judging thread; Python's own 5 ms cost 5 %
_NOTED_EVERY_S = 0.25

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Runner(Protocol):
    """Runs one notebook in a fresh kernel; see `grader.execute`."""

    async def run(self, job: Job) -> Execution: ...


class Upload(Protocol):
    """Something to grade, read only when its turn comes; see `grader.intake.Entry`."""

    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...
    def fingerprint(self) -> str: ...
    def read(self) -> Submission: ...


@dataclass(frozen=True, slots=True)
class Event:
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
class Plan:
    """How one run goes. jobs: kernels at a time. force: neither reports nor executions are reused."""

    jobs: int
    conditions: Conditions
    force: bool = False

    @property
    def limits(self) -> Limits:
        return self.conditions.limits


async def grade_all(
    uploads: Sequence[Upload],
    assignment: Assignment,
    runner: Runner,
    out: Path,
    journal: Journal,
    plan: Plan,
    on_event: Callable[[Event], None],
) -> None:
    """Grade every upload, write its report and note it in the journal; `load` reads the reports back.

    One submission's failure never stops the others. Cancelling stops within seconds and keeps what is
    done. Raises `IsolationError` (no isolation, no run) and `StorageError` (nowhere to write).
    """
    # One thread reads, judges and writes: the event loop stays free for the kernels' messages, and
    # judging need not be thread-safe.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="grader-judge")
    batch = _Batch(
        assignment=assignment,
        bench=Bench(assignment, out / STATE),
        runner=runner,
        out=out,
        journal=journal,
        plan=plan,
        on_event=on_event,
        thread=thread,
        conditions=conditions_digest(plan.conditions),
        executions=executions(out / STATE),
        submissions=submissions(out / STATE),
        marks=marks.read(out),
        origins=frozenset(u.origin for u in uploads),
    )
    queue = iter(uploads)
    try:
        with thread, _threads_take_turns(_TURN_S):
            async with batch.noting(), asyncio.TaskGroup() as group:
                # One more than there are kernels: while one is judged the kernels stay busy.
                for _ in range(min(plan.jobs + 1, len(uploads))):
                    group.create_task(batch.work(queue))
    except BaseExceptionGroup as failures:
        raise _first(failures) from failures
    finally:
        batch.note()


@contextlib.contextmanager
def _threads_take_turns(seconds: float) -> Iterator[None]:
    """Have a thread that computes give way, after this time, to one that waits for its turn."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@dataclass(frozen=True, slots=True)
class _Ran:
    """One run. fresh: just now; else it was kept."""

    run: Run
    execution: Execution
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class _Batch:
    assignment: Assignment
    bench: Bench
    runner: Runner
    out: Path
    journal: Journal
    plan: Plan
    on_event: Callable[[Event], None]
    thread: ThreadPoolExecutor
    conditions: str
    executions: Kept[Execution]
    submissions: Kept[Submission]
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
                await self._aside(self.journal.note_all, ready)
                del self.written[: len(ready)]

    def note(self) -> None:
        """Note what is left. Raises `StorageError`."""
        if self.written:
            settle(self.out)
            self.journal.note_all(self.written)

    async def work(self, queue: Iterator[Upload]) -> None:
        for upload in queue:
            started = time.monotonic()
            try:
                entry, kept = await self._aside(self._look, upload)
                if kept:
                    self.on_event(Event("kept", upload.id))
                    continue
                self.on_event(Event("started", upload.id))
                report = await self._one(upload, entry)
            except (IsolationError, StorageError):
                raise
            except Exception as error:
                await self._aside(self._could_not, upload, error)
                self._tell("failed", upload, started, message=_one_line(error))
                continue
            if report.execution.status == "sandbox_error":
                self._tell("failed", upload, started, report, report.execution.message)
            else:
                self._tell("finished", upload, started, report)

    async def _one(self, upload: Upload, entry: JournalEntry) -> Report:
        submission = await self._aside(self._read, upload, entry.fingerprint)
        runs: list[list[_Ran]] = []
        if not submission.problem:
            runs = [await self._execute(one) for one in alone(submission)]
        return await self._aside(self._judge, upload, entry, submission, runs)

    def _read(self, upload: Upload, fingerprint: str) -> Submission:
        submission = upload.read()
        self.submissions.put(fingerprint, submission)
        return submission

    async def _execute(self, submission: Submission) -> list[_Ran]:
        files = await self._aside(files_digest, submission.files)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._in_world(submission, files, world))
                    for world in self.assignment.rubric.worlds
                ]
        except BaseExceptionGroup as failures:
            raise _first(failures) from failures
        return [t.result() for t in tasks]

    async def _in_world(self, submission: Submission, files: str, world: World) -> _Ran:
        prelude = self.assignment.prelude_for(world)
        parts = await self._aside(self.assignment.parts_of, world)
        key = execution_key(submission, files, parts, prelude, self.plan.conditions)
        run = Run(world=world_key(parts, prelude), execution=key)
        if not self.plan.force and (kept := await self._aside(self.executions.get, key)) is not None:
            return _Ran(run, kept, fresh=False)
        around = beside(submission.files, self.assignment.files_for(world), submission.folder)
        job = Job(
            cells=submission.cells,
            files=around,
            prelude=prelude,
            limits=self.plan.limits,
            folder=submission.folder,
        )
        try:
            execution = await self.runner.run(job)
        except IsolationError:
            raise
        except OperationError as error:
            return _Ran(run, Execution(status="sandbox_error", message=_one_line(error)))
        if world != self.assignment.rubric.worlds[0]:
            execution = without(execution)  # nobody looks at the other worlds' plots
        if execution.status != "sandbox_error":
            await self._aside(self.executions.put, key, execution)
        return _Ran(run, execution)

    def _look(self, upload: Upload) -> tuple[JournalEntry, bool]:
        """What the journal would say of this upload, and whether an earlier run finished it so."""
        fingerprint = upload.fingerprint()
        disclosure = self.assignment.rubric.disclosure
        key = report_key(fingerprint, self.assignment.sha256, disclosure, self.conditions)
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

    def _judge(
        self, upload: Upload, entry: JournalEntry, submission: Submission, runs: Sequence[Sequence[_Ran]]
    ) -> Report:
        """runs: notebook → one for each world."""
        force = self.plan.force or any(r.fresh for of_one in runs for r in of_one)
        counts = self.bench.choose(
            submission,
            [[r.execution for r in of_one] for of_one in runs],
            entry.fingerprint,
            [[r.run.execution for r in of_one] for of_one in runs],
            force=force,
        )
        ran = counts.executions
        judged = self.bench.judge(counts.submission, ran, entry.fingerprint, counts.runs, force=force)
        report = left_open(judged.report, counts.open)
        if judged.fault is not None:
            self._remember_traceback(upload, judged.fault)
        by_hand = self.marks.of(upload.id, upload.origin, self.origins)
        deliver(report, counts.submission, ran, self.assignment, by_hand, self.out / upload.id)
        failed = report.execution.status == "sandbox_error"
        self.written.append(
            entry.model_copy(
                update={
                    "state": "failed" if failed else "done",
                    "size": size(self._path(upload)),
                    "message": report.execution.message if failed else "",
                    "runs": tuple(
                        r.run.model_copy(update={"notebook": n})
                        for n, of_one in enumerate(runs)
                        for r in of_one
                    ),
                    "judged": judged.key,
                }
            )
        )
        return report

    def _could_not(self, upload: Upload, error: Exception) -> None:
        """Not even a report: the journal says so, and the next run tries again."""
        self._remember_traceback(upload, error)
        entry = JournalEntry(
            id=upload.id, origin=upload.origin, key="", state="failed", message=_one_line(error)
        )
        self.written.append(entry)

    def _remember_traceback(self, upload: Upload, error: Exception) -> None:
        path = traceback_path(self.out, upload.id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(traceback.format_exception(error)), "utf-8", errors="replace")
        except OSError:
            return  # it only helps to find the bug; the failure itself is in the journal

    def _path(self, upload: Upload) -> Path:
        return self.out / upload.id / "report.json"

    def _tell(
        self,
        kind: Literal["finished", "failed"],
        upload: Upload,
        started: float,
        report: Report | None = None,
        message: str = "",
    ) -> None:
        self.on_event(Event(kind, upload.id, report, message, time.monotonic() - started))

    async def _aside(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(
            self.thread, lambda: function(*args, **kwargs)
        )


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = failures.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or "no message"
    return text if isinstance(error, OperationError) else f"{type(error).__name__}: {text}"[:300]
