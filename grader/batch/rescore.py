"""Judge a class again from what was kept: nothing runs, so a changed rubric regrades it in seconds."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from grader.assignment.loading import Assignment
from grader.batch.deliver import deliver
from grader.batch.judged import Bench
from grader.batch.keys import report_key, world_key
from grader.batch.results import read_light
from grader.errors import StorageError
from grader.folder.files import settle, size
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE
from grader.folder.store import executions, submissions
from grader.jail.processors import processors
from grader.judging.several import alone, left_open
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Execution, Report

_WORTH_PROCESSES = 60
_CHUNK = 8
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
class _Task:
    entry: JournalEntry
    key: str
    by_hand: dict[str, Mark]


@dataclass(frozen=True, slots=True)
class _Desk:
    assignment: Assignment
    out: Path
    bench: Bench

    def again(self, task: _Task) -> tuple[JournalEntry | None, Rescored]:
        entry, state = task.entry, self.out / STATE
        folder = self.out / entry.id
        submission = submissions(state).get(entry.fingerprint)
        if submission is None:
            return None, Rescored(entry.id, None, None, "nothing was kept of its upload")
        ran: list[list[Execution]] = []
        runs: list[list[str]] = []
        kept = {(run.notebook, run.world): run.execution for run in entry.runs}
        for notebook in range(0 if submission.problem else len(alone(submission))):
            ran.append([])
            runs.append([])
            for world in self.assignment.rubric.worlds:
                key = world_key(self.assignment.parts_of(world), self.assignment.prelude_for(world))
                found = executions(state).get(kept[notebook, key]) if (notebook, key) in kept else None
                if found is None:
                    why = f"it has not run in world {world.name} as the rubric has it now"
                    return None, Rescored(entry.id, None, None, why)
                ran[-1].append(found)
                runs[-1].append(kept[notebook, key])
        before = _light(folder)
        counts = self.bench.choose(submission, ran, entry.fingerprint, runs)
        judged = self.bench.judge(counts.submission, counts.executions, entry.fingerprint, counts.runs)
        report = left_open(judged.report, counts.open)
        if judged.fault is not None:
            return None, Rescored(entry.id, before, None, report.execution.message)
        deliver(report, counts.submission, counts.executions, self.assignment, task.by_hand, folder)
        done = entry.model_copy(
            update={
                "key": task.key,
                "state": "done",
                "message": "",
                "size": size(folder / "report.json"),
                "judged": judged.key,
            }
        )
        return done, Rescored(entry.id, before, _light(folder))


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
    tasks: list[_Task] = []
    for entry in sorted(journal.entries.values(), key=lambda e: e.id):
        disclosure = assignment.rubric.disclosure
        key = report_key(entry.fingerprint, assignment.sha256, disclosure, entry.conditions)
        present = entry.state == "done" and 0 < entry.size == size(out / entry.id / "report.json")
        if present and entry.key == key:
            kept.append(entry.id)
        else:
            tasks.append(_Task(entry, key, by_hand.of(entry.id, entry.origin, origins)))
    written: list[JournalEntry] = []
    try:
        for done, rescored in _each(_Desk(assignment, out, Bench(assignment, out / STATE)), tasks):
            if done is not None:
                written.append(done)
            if len(written) >= _NOTED_TOGETHER:
                _note(journal, out, written)
            on_done(rescored)
    finally:
        _note(journal, out, written)
    return kept


def _note(journal: Journal, out: Path, written: list[JournalEntry]) -> None:
    if written:
        settle(out)
        journal.note_all(written)
        written.clear()


_desk: _Desk | None = None
"""of a worker process, inherited when it is forked: an assignment holds functions and can't be sent"""


def _work(task: _Task) -> tuple[JournalEntry | None, Rescored]:
    assert _desk is not None
    return _desk.again(task)


def _each(desk: _Desk, tasks: Sequence[_Task]) -> Iterator[tuple[JournalEntry | None, Rescored]]:
    global _desk  # noqa: PLW0603
    workers = processors()
    if len(tasks) < _WORTH_PROCESSES or workers < 2:
        yield from map(desk.again, tasks)
        return
    yield desk.again(tasks[0])  # here: what judging prepares once is inherited by the workers
    tasks = tasks[1:]
    _desk = desk
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
            yield from pool.map(_work, tasks, chunksize=_CHUNK)
    finally:
        _desk = None


def _light(folder: Path) -> Report | None:
    try:
        return read_light(folder / "report.json")
    except StorageError:
        return None
