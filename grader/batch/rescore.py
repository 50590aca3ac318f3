"""Judge a class again from what was kept: nothing runs, so a changed rubric regrades it in seconds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from grader.assignment.loading import Assignment
from grader.batch import step
from grader.batch.judged import JudgingTask
from grader.batch.keys import report_key, world_key
from grader.batch.results import read_light
from grader.errors import JudgeError, StorageError
from grader.folder.files import settle, size
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE, remember, traceback_path
from grader.folder.store import executions, submissions
from grader.judging.several import alone
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Execution, Report
from grader.pipeline import Bench, Calls, Cut, WorkError, open_judges, within_limits

_NOTED_TOGETHER = 100
"""a rescore that is killed does at most so many again"""


@dataclass(frozen=True, slots=True)
class Rescored:
    """What came of one submission. problem: why it could not be judged; its report stayed as it was."""

    id: str
    before: Report | None
    after: Report | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Again:
    """A submission to be judged again. key: what its entry in the journal gets."""

    out: Path
    entry: JournalEntry
    key: str
    by_hand: dict[str, Mark]


@dataclass(frozen=True, slots=True)
class _Done:
    """entry: for the journal; None where nothing was judged. traces: of what failed in our code."""

    entry: JournalEntry | None
    rescored: Rescored
    traces: tuple[str, ...] = ()


def _judge_again(bench: Bench, cut: Cut, again: _Again) -> _Done:
    entry, out, assignment = again.entry, again.out, bench.assignment
    submission = submissions(out / STATE).get(entry.fingerprint)
    if submission is None:
        return _Done(None, Rescored(entry.id, None, None, "nothing was kept of its upload"))
    kept = {(run.notebook, run.world): run.execution for run in entry.runs}
    ran: list[list[Execution]] = []
    runs: list[list[str]] = []
    for notebook in range(0 if submission.problem else len(alone(submission))):
        ran.append([])
        runs.append([])
        for world in assignment.rubric.worlds:
            key = world_key(assignment.parts_of(world), assignment.prelude_for(world))
            found = executions(out / STATE).get(kept[notebook, key]) if (notebook, key) in kept else None
            if found is None:
                why = f"it has not run in world {world.name} as the rubric has it now"
                return _Done(None, Rescored(entry.id, None, None, why))
            ran[-1].append(found)
            runs[-1].append(kept[notebook, key])
    before = _light(out / entry.id)
    task = JudgingTask(
        out=out,
        id=entry.id,
        submission=submission,
        executions=tuple(map(tuple, ran)),
        runs=tuple(map(tuple, runs)),
        fingerprint=entry.fingerprint,
        by_hand=again.by_hand,
        force=False,
    )
    written = step.judge_and_write(bench, cut, task)
    done = entry.model_copy(
        update={
            "key": again.key,
            "state": "done",
            "message": "",
            "size": written.size,
            "judged": written.judged,
        }
    )
    return _Done(done, Rescored(entry.id, before, _light(out / entry.id)), written.traces)


def rescore(
    out: Path, journal: Journal, assignment: Assignment, on_done: Callable[[Rescored], None]
) -> Sequence[str]:
    """Judge again every submission in `out` that this assignment would judge differently; nothing runs.

    on_done: called for each one judged, and for each that can't be (it has to run again). The ids of
    those whose report is up to date already are returned. Raises `StorageError`.
    """
    by_hand = marks.read(out)
    origins = {e.origin for e in journal.entries.values()}
    kept: list[str] = []
    tasks: list[_Again] = []
    for entry in sorted(journal.entries.values(), key=lambda e: e.id):
        disclosure = assignment.rubric.disclosure
        key = report_key(entry.fingerprint, assignment.sha256, disclosure, entry.conditions)
        present = entry.state == "done" and 0 < entry.size == size(out / entry.id / "report.json")
        if present and entry.key == key:
            kept.append(entry.id)
        else:
            tasks.append(_Again(out, entry, key, by_hand.of(entry.id, entry.origin, origins)))
    asyncio.run(_judge_all(out, journal, assignment, tasks, on_done))
    return kept


async def _judge_all(
    out: Path,
    journal: Journal,
    assignment: Assignment,
    tasks: Sequence[_Again],
    on_done: Callable[[Rescored], None],
) -> None:
    """Judge all of them, as many at a time as there are judges; told in their order."""
    written: list[JournalEntry] = []
    telling = assignment.rubric.disclosure
    waiting: deque[asyncio.Task[_Done]] = deque()
    try:
        async with (
            open_judges(assignment.folder, telling=telling, warm=[step.warm]) as judges,
            _ending(waiting),
        ):
            todo = iter(tasks)
            while True:
                for again in islice(todo, 2 * judges.at_most - len(waiting)):
                    waiting.append(asyncio.create_task(_one(judges, again)))
                if not waiting:
                    return
                done = await waiting.popleft()
                if done.entry is not None:
                    written.append(done.entry)
                if len(written) >= _NOTED_TOGETHER:
                    _note(journal, out, written)
                on_done(done.rescored)
    finally:
        _note(journal, out, written)


@asynccontextmanager
async def _ending(waiting: deque[asyncio.Task[_Done]]) -> AsyncIterator[None]:
    """Leave none of these tasks behind."""
    try:
        yield
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _one(calls: Calls, again: _Again) -> _Done:
    try:
        found = await within_limits(calls, _judge_again, again)
    except (WorkError, JudgeError) as error:
        trace = error.trace if isinstance(error, WorkError) else str(error)
        remember(again.out, again.entry.id, [trace])
        return _Done(None, Rescored(again.entry.id, None, None, f"the grader failed: {error}"))
    traceback_path(again.out, again.entry.id).unlink(missing_ok=True)
    if traces := (*found.overruns, *found.value.traces):
        remember(again.out, again.entry.id, traces)
    return found.value


def _note(journal: Journal, out: Path, written: list[JournalEntry]) -> None:
    if written:
        settle(out)
        journal.note_all(written)
        written.clear()


def _light(folder: Path) -> Report | None:
    try:
        return read_light(folder / "report.json")
    except StorageError:
        return None
