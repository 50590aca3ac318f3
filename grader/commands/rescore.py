"""`grader rescore`: a changed rubric on the runs that were kept."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from grader.assignment import loading as assignments
from grader.batch import results
from grader.batch.rescore import Rescored, rescore
from grader.commands import folder
from grader.commands.grade import SHOWN_LEFTOVERS, print_class
from grader.commands.progress import say
from grader.errors import StorageError, UsageError
from grader.folder import about
from grader.folder.journal import Journal
from grader.folder.lock import hold
from grader.folder.place import STATE
from grader.folder.store import executions, judgements, submissions
from grader.marks import marks
from grader.report.changes import compare


def run(out: Path, rubric: str | None, to: Path | None) -> int:
    """Judge the class again; 0 when all of it was, 1 when some have to run again.

    to: a folder for the new reports; None replaces those in `out`. Raises `GraderError`.
    """
    folder.must_hold_reports(out)
    assignment = assignments.outline(str(folder.home(out, rubric)))
    assignments.refuse_release(assignment.folder, assignment.rubric)
    with folder.locked(out) as journal:
        if to is None:
            return _rescore(out, journal, assignment)
        if (to / STATE).exists() or to.resolve() == out.resolve():
            raise UsageError(f"{to} holds reports already; name a new folder with --to")
        with hold(to, to / STATE):
            return _rescore(to, _copy(out, journal, to), assignment)


def _copy(out: Path, journal: Journal, to: Path) -> Journal:
    """What a rescore needs, and the marks, in a folder of its own."""
    copied = Journal(to / STATE / "journal.jsonl")
    here, there = out / STATE, to / STATE
    try:
        for name in (marks.FILE, "not_assigned.csv"):
            if (out / name).exists():
                shutil.copy2(out / name, to / name)
    except OSError as error:
        raise StorageError(f"{to}: the marks could not be copied ({error.strerror})") from error
    for entry in journal.entries.values():
        submissions(here).lend(entry.fingerprint, submissions(there))
        for kept in entry.runs:
            executions(here).lend(kept.execution, executions(there))
        if entry.judged:
            judgements(here).lend(entry.judged, judgements(there))
    copied.note_all([e.model_copy(update={"size": 0, "key": ""}) for e in journal.entries.values()])
    return copied


def _rescore(out: Path, journal: Journal, assignment: assignments.Assignment) -> int:
    rubric = assignment.rubric
    about.claim(out, out / STATE, assignments.about(assignment))
    judged, changed = 0, 0
    left: list[Rescored] = []

    def done(one: Rescored) -> None:
        nonlocal judged, changed
        if one.problem:
            left.append(one)
            return
        judged += 1
        if one.before is not None and (change := compare(one.id, one.before, one.after)) is not None:
            changed += 1
            say(change.text)

    kept = rescore(out, journal, assignment, done)
    results.write_class(out, journal, (), rubric, assignment.sha256)
    print_class(out, journal, (), rubric, Console())
    folder.tell_open_marks(out, journal, rubric)
    _complain(left)
    again = f"; {len(left)} must run again: grader grade" if left else ""
    say(
        f"{judged} judged again, {changed} changed, {len(kept)} up to date{again}. "
        f"Nothing was run. Reports: {out}"
    )
    return 1 if left else 0


def _complain(left: Sequence[Rescored]) -> None:
    for one in left[:SHOWN_LEFTOVERS]:
        say(f"not judged again: {one.id}: {one.problem}")
    if len(left) > SHOWN_LEFTOVERS:
        say(f"not judged again: {len(left) - SHOWN_LEFTOVERS} more")
