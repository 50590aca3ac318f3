"""`grader grade`: uploads in, a report for each out."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from rich.console import Console

from grader import report
from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.batch import results
from grader.batch import run as batch
from grader.batch.keys import Conditions
from grader.batch.results import Roll
from grader.commands import elsewhere
from grader.commands.folder import tell_open_marks
from grader.commands.progress import Listener, say, watch
from grader.errors import IsolationError, OperationError, UsageError
from grader.execute import Job, Limits, Runner, open_runner
from grader.folder import about
from grader.folder.files import write_text
from grader.folder.journal import Journal
from grader.folder.lock import hold
from grader.folder.place import STATE, traceback_path
from grader.folder.store import executions, judgements, submissions
from grader.intake import CollectedUpload, Intake, Leftover, collect
from grader.intake.people import Lists
from grader.jail.probe import Tier
from grader.jail.processors import processors
from grader.marks import marks
from grader.models import Execution
from grader.pipeline import MEMORY_BYTES, how_many
from grader.pipeline.limits import limits_of, refuse_without_packages
from grader.text import printable, spreadsheet
from rubric.schema import Disclosure, Rubric

SHOWN_LEFTOVERS = 5
MOST_PRINTED = 300
NOT_ASSIGNED = "not_assigned.csv"

_A_CLASS = 3
_NEXT_TO_NOTHING = 0.1
INTERRUPTED = 130
"""exit code after Ctrl-C, as shells have it"""


@dataclass(frozen=True, slots=True)
class GradeRequest:
    """`grader grade` as it was asked for. isolation None: the strongest there is, at least base.

    disclosure: the most that the students' pages tell, whatever the rubric allows.
    broker: of the workers that run the notebooks; None runs them here.
    """

    paths: Sequence[Path]
    out: Path
    rubric: str | None
    jobs: int | None = None
    total_s: float | None = None
    cell_s: float | None = None
    isolation: Tier | None = None
    allow_unsafe: bool = False
    force: bool = False
    only: Sequence[str] = ()
    source: str | None = None
    pattern: str | None = None
    roster: Path | None = None
    extensions: Path | None = None
    disclosure: Disclosure | None = None
    broker: str | None = None


@dataclass(slots=True)
class _OnDemand:
    """Starts the real runner with the first job: a run with nothing to do needs no kernels."""

    request: GradeRequest
    jobs: int
    limits: Limits
    stack: AsyncExitStack
    listener: Listener
    runner: Runner | None = None
    refused: OperationError | None = None
    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    opening: asyncio.Task[None] | None = None

    async def run(self, job: Job) -> Execution:
        await self._ready()
        if self.refused is not None:
            raise self.refused
        assert self.runner is not None
        return await self.runner.run(job)

    def soon(self) -> None:
        """Begin to start kernels while the first job is still read; a broker is there at once."""
        if self.opening is None and self.request.broker is None:
            self.opening = asyncio.create_task(self._ready())
            self.stack.push_async_callback(_cancelled, self.opening)

    async def _ready(self) -> None:
        async with self.gate:
            if self.runner is None and self.refused is None:
                try:
                    self.runner = await self._open()
                except OperationError as error:
                    self.refused = error

    async def _open(self) -> Runner:
        if self.request.broker is not None:
            return await self._elsewhere(self.request.broker)
        asked, unsafe = self.request.isolation, self.request.allow_unsafe
        try:
            return await self._enter(asked or "base")
        except IsolationError:
            if asked is not None or not unsafe:
                raise
        return await self._enter("none")

    async def _elsewhere(self, broker: str) -> Runner:
        url, least = elsewhere.address(broker), self.request.isolation or "base"
        state, anew = self.request.out / STATE, self.request.force
        return await self.stack.enter_async_context(
            elsewhere.open_workers(url, least, state, anew, self.listener.workers)
        )

    async def _enter(self, tier: Tier) -> Runner:
        return await self.stack.enter_async_context(
            open_runner(
                jobs=self.jobs,
                isolation=tier,
                allow_unsafe=self.request.allow_unsafe,
                limits=self.limits,
                beside=how_many() * MEMORY_BYTES,
            )
        )


@dataclass(frozen=True, slots=True)
class Done:
    """A run that came to its end. code: its exit code. ids: the uploads it was asked to grade."""

    code: int
    ids: frozenset[str]


def run(request: GradeRequest) -> int:
    """Grade and report; the exit code: 0 all graded, 1 some could not be, 3 something of ours failed.

    Raises `GraderError` for what stops the whole run.
    """
    return perform(request).code


def perform(request: GradeRequest) -> Done:
    """`run`, which also says whose uploads they were: the folder may hold others from earlier."""
    _refuse_unsafe_workers(request)
    home = assignments.locate(request.rubric)
    _refuse_mixed_folders(request, home)
    asked = assignments.load_rubric(home)
    assignments.refuse_release(home, asked)
    console = Console()
    state = request.out / STATE
    with _leaves_nothing(request.out), hold(request.out, state):
        intake = collect(
            request.paths,
            exclude=[request.out, home],
            stage=state / "uploads",
            insist=request.source,
            pattern=request.pattern,
            prefer=asked.notebooks,
            people=Lists(request.roster, request.extensions),
        )
        if not intake.entries:
            where = ", ".join(printable(str(p)) for p in request.paths)
            raise UsageError(
                f"no notebook found in {where}; name .ipynb files, a folder or a zip that holds some"
            )
        say(f"{asked.title} ({asked.id}, version {asked.version}, {home})")
        chosen = _only(intake, request.only)
        assignment = assignments.outline(request.rubric)
        refuse_without_packages(assignment.rubric)  # of this machine: workers with others are refused
        assignment = replace(assignment, rubric=assignment.rubric.telling(request.disclosure))
        about.claim(request.out, state, assignments.about(assignment))
        journal = Journal(state / "journal.jsonl")
        interrupted = False
        try:
            asyncio.run(_grade(request, chosen, assignment, journal, console))
        except (KeyboardInterrupt, asyncio.CancelledError):
            interrupted = True
        except OperationError:
            with contextlib.suppress(OperationError):
                _write_class(request, intake, assignment, journal)  # what is done stands there all the same
            raise
        roll = _write_class(request, intake, assignment, journal)
        _list_leftovers(intake.leftovers, request.out)
        print_class(request.out, journal, intake.entries, assignment.rubric, console)
        _list_absent(intake.absent, request.out)
        _doubt_the_rubric(request.out, journal, intake, assignment.rubric)
        _name_earlier(request.out, journal, intake)
        tell_open_marks(request.out, journal, assignment.rubric)
        if not interrupted and not request.only:
            prune(state, journal)
    return Done(_close(chosen, journal, roll, request, interrupted), frozenset(e.id for e in chosen))


@contextmanager
def _leaves_nothing(out: Path) -> Iterator[None]:
    """A mistake in the command makes no output folder."""
    fresh = not os.path.lexists(out)  # false also where nobody may look
    try:
        yield
    except UsageError:
        if fresh:
            shutil.rmtree(out, ignore_errors=True)
        raise


def _write_class(request: GradeRequest, intake: Intake, assignment: Assignment, journal: Journal) -> Roll:
    roll = results.write_class(request.out, journal, intake.entries, assignment.rubric, assignment.sha256)
    for name in roll.damaged:
        say(f"left out of the class: {name}: its report.json can't be read; grade it again with --force")
    return roll


async def _grade(
    request: GradeRequest,
    chosen: Sequence[CollectedUpload],
    assignment: Assignment,
    journal: Journal,
    console: Console,
) -> None:
    jobs = request.jobs or (elsewhere.UNDER_WAY if request.broker else processors())
    limits = limits_of(assignment.rubric, cell_s=request.cell_s, total_s=request.total_s)
    unsafe = "/unsafe" if request.allow_unsafe else ""
    plan = batch.RunPlan(jobs, Conditions(limits, (request.isolation or "base") + unsafe), request.force)
    async with AsyncExitStack() as stack, _stops_on_terminate():
        with watch(console, len(chosen)) as listener:
            runner = _OnDemand(request, jobs, limits, stack, listener)

            def heard(event: batch.SubmissionEvent) -> None:
                if event.kind == "started" and event.id not in journal.entries:
                    runner.soon()  # it has never run: there will be a job
                listener(event)

            await batch.grade_all(chosen, assignment, runner, request.out, journal, plan, heard)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _stops_on_terminate() -> AsyncIterator[None]:
    """SIGTERM stops as gently as Ctrl-C, which asyncio.run takes care of."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    before = signal.getsignal(signal.SIGTERM)
    if task is not None:
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)


def _refuse_unsafe_workers(request: GradeRequest) -> None:
    """A mistake about the broker is told before anything is read."""
    if request.broker is None:
        return
    if request.allow_unsafe or request.isolation == "none":
        raise UsageError("workers always run notebooks in a cage; leave --allow-unsafe out with --broker")
    elsewhere.address(request.broker)


def _refuse_mixed_folders(request: GradeRequest, home: Path) -> None:
    """Files beside a notebook are handed to its kernel: reports and solution must not lie there."""
    out = request.out.resolve()
    for path in request.paths:
        if path.is_dir() and path.resolve().is_relative_to(out):
            raise UsageError(
                f"--out {printable(str(request.out))} holds the uploads of {printable(str(path))}; "
                "name another folder for the reports"
            )
        if path.is_dir() and path.resolve() == home:
            raise UsageError(
                f"{printable(str(path))} holds the rubric with its solution; "
                "move the uploads to a folder of their own"
            )


def _only(intake: Intake, patterns: Sequence[str]) -> list[CollectedUpload]:
    if not patterns:
        return list(intake.entries)
    ids = [e.id for e in intake.entries]
    for pattern in patterns:
        if not any(fnmatchcase(i, pattern) for i in ids):
            near = get_close_matches(pattern, ids, n=3, cutoff=0.4)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise UsageError(f"--only {printable(pattern)} names no submission{hint}")
    return [e for e in intake.entries if any(fnmatchcase(e.id, p) for p in patterns)]


def _list_leftovers(leftovers: Sequence[Leftover], out: Path) -> None:
    path = out / NOT_ASSIGNED
    if not leftovers:
        path.unlink(missing_ok=True)
        return
    buffer = io.StringIO()
    rows = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    rows.writerow(["path", "reason"])
    rows.writerows([spreadsheet(x.path), spreadsheet(x.reason)] for x in leftovers)
    write_text(path, buffer.getvalue())
    for leftover in leftovers[:SHOWN_LEFTOVERS]:
        say(f"not assigned: {printable(leftover.path)}: {leftover.reason}")
    if len(leftovers) > SHOWN_LEFTOVERS:
        say(f"not assigned: {len(leftovers) - SHOWN_LEFTOVERS} more, listed in {path}")


def _list_absent(absent: Sequence[str], out: Path) -> None:
    """Who of the roster handed in nothing."""
    path = out / "handed_in_nothing.csv"
    if not absent:
        path.unlink(missing_ok=True)
        return
    write_text(path, "".join(f'"{_cell(name)}"\n' for name in ("name", *absent)))
    shown = ", ".join(printable(name) for name in absent[:SHOWN_LEFTOVERS])
    more = f", and {len(absent) - SHOWN_LEFTOVERS} more" if len(absent) > SHOWN_LEFTOVERS else ""
    say(f"{len(absent)} of the roster handed in nothing: {shown}{more}; see {path}")


def _cell(text: str) -> str:
    return spreadsheet(text).replace('"', '""')


def _doubt_the_rubric(out: Path, journal: Journal, intake: Intake, rubric: Rubric) -> None:
    """Whoever forgot --rubric grades a whole class by another assignment: then next to nothing is found."""
    here = {e.id for e in intake.entries}
    mine = [e for e in results.members(out, journal, intake.entries) if e.id in here][:MOST_PRINTED]
    asked = {c.id for c in rubric.tensor_checks()}
    checks = [
        check.verdict
        for _, report in results.iterate(out, mine, marks.Marks(), rubric)
        if report is not None
        for question in report.questions
        for check in question.checks
        if check.id in asked
    ]
    answered = sum(verdict != "missing" for verdict in checks)
    if len(mine) >= _A_CLASS and checks and answered < _NEXT_TO_NOTHING * len(checks):
        say(
            f"!!! {len(mine)} uploads answer next to nothing of {rubric.title!r}: "
            f"{answered} of {len(checks)} values were found. Is it another assignment? "
            "Name it with --rubric, and another --out."
        )


def _name_earlier(out: Path, journal: Journal, intake: Intake) -> None:
    """Whoever was graded into the folder before and is not among these uploads is still in the class."""
    here = {e.id for e in intake.entries}
    others = [e.id for e in results.members(out, journal, intake.entries) if e.id not in here]
    if others:
        names = ", ".join(others[:SHOWN_LEFTOVERS])
        more = f", and {len(others) - SHOWN_LEFTOVERS} more" if len(others) > SHOWN_LEFTOVERS else ""
        say(f"{len(others)} in the class from earlier runs, not among these uploads: {names}{more}")


def print_class(
    out: Path, journal: Journal, uploads: Sequence[CollectedUpload], rubric: Rubric, console: Console
) -> None:
    """The class on the terminal, or as plain lines; a very large one has its page for that."""
    entries = results.members(out, journal, uploads)
    if not entries:
        return
    if len(entries) > MOST_PRINTED:
        say(f"{len(entries)} submissions: see {out / 'index.html'} and {out / 'grades.csv'}")
        return
    found = [r for _, r in results.iterate(out, entries, marks.read(out), rubric) if r is not None]
    if console.is_terminal:
        console.print(report.class_table(found, rubric))
    else:
        for line in report.class_lines(found):
            say(line)


def prune(state: Path, journal: Journal) -> None:
    """Delete what was kept for a regrade and can't serve for one any more."""
    entries = journal.entries.values()
    executions(state).prune({run.execution for e in entries for run in e.runs})
    submissions(state).prune({e.fingerprint for e in entries})
    judgements(state).prune({e.judged for e in entries})


def _close(
    chosen: Sequence[CollectedUpload],
    journal: Journal,
    roll: Roll,
    request: GradeRequest,
    interrupted: bool,
) -> int:
    """The last line, and the exit code."""
    mine = [roll.outcomes.get(e.id) for e in chosen]
    waiting = mine.count("waits")
    graded = mine.count("graded") + waiting
    entries = [journal.entries.get(e.id) for e in chosen]
    failed = [e for e in entries if e is not None and e.state == "failed"]
    parts = [f"{graded} of {len(chosen)} graded"]
    if unreadable := mine.count("unreadable"):
        parts.append(f"{unreadable} could not be read")
    if failed:
        parts.append(f"{len(failed)} failed by our fault, run the same command again")
    parts.append(f"{waiting} {'waits' if waiting == 1 else 'wait'} for a person")
    for entry in failed[:SHOWN_LEFTOVERS]:
        details = traceback_path(request.out, entry.id)
        say(f"not graded: {entry.id}: {entry.message}" + (f" ({details})" if details.exists() else ""))
    _name_limited([e.id for e in entries if e is not None and e.state == "done"], request.out)
    if interrupted:
        parts.insert(0, "stopped; the same command goes on from here")
    say(f"{'; '.join(parts)}. Reports: {request.out}")
    if interrupted:
        return INTERRUPTED
    if failed:
        return 3
    return 0 if graded == len(chosen) else 1


def _name_limited(ids: Sequence[str], out: Path) -> None:
    """Whose report is there, but not of all that was handed in: the reason is kept for whoever mends it."""
    found = [id for id in ids if traceback_path(out, id).exists()]
    for id in found[:SHOWN_LEFTOVERS]:
        say(f"not judged in full, a person decides: {id} ({traceback_path(out, id)})")
    if len(found) > SHOWN_LEFTOVERS:
        say(f"not judged in full: {len(found) - SHOWN_LEFTOVERS} more")
