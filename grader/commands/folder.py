"""An output folder as commands open it: its assignment, journal and lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from grader.assignment import loading as assignments
from grader.batch.results import iterate, members, read_light
from grader.commands.progress import say
from grader.errors import StorageError, UsageError
from grader.folder import about
from grader.folder.about import About
from grader.folder.journal import Journal
from grader.folder.lock import hold
from grader.folder.place import STATE
from grader.marks import marks
from grader.marks.marks import Marks
from grader.text import printable
from rubric.schema import Rubric


def must_hold_reports(out: Path) -> None:
    """Raises `UsageError` when `out` is not a folder that `grader grade` wrote."""
    if not (out / STATE / "journal.jsonl").is_file():
        raise UsageError(f"{printable(str(out))} holds no reports; name the --out folder of `grader grade`")


def home(out: Path, rubric: str | None) -> Path:
    """The assignment's folder: the one named, or the one that graded `out`. Raises `RubricError`."""
    graded_by = about.read(out / STATE)
    if rubric is not None:
        named = assignments.locate(rubric)
        if graded_by is not None and graded_by.folder != str(named):
            _remember(out, graded_by, named)
        return named
    if graded_by is not None:
        return assignments.find(graded_by.rubric, graded_by.folder, graded_by.digest)
    first = next(iter(sorted(out.glob("*/report.json"))), None)
    if first is None:
        raise UsageError(f"{printable(str(out))} says no assignment; name it with --rubric")
    return assignments.locate(read_light(first).rubric.id)


def _remember(out: Path, graded_by: About, named: Path) -> None:
    """What was asked once: where the assignment lies now. In a folder nobody may write in it is forgotten."""
    if assignments.load_rubric(named).id == graded_by.rubric:
        with suppress(StorageError):
            about.claim(out, out / STATE, graded_by.model_copy(update={"folder": str(named)}))


def rubric_of(out: Path, rubric: str | None = None) -> Rubric:
    """The rubric that graded `out`, or the one named. Raises `UsageError`, `RubricError`."""
    must_hold_reports(out)
    return assignments.load_rubric(home(out, rubric))


def marks_of(out: Path) -> Marks:
    """The marks given by hand; says which lines of the file can't be read. Raises `StorageError`."""
    found = marks.read(out)
    for number in found.damaged:
        say(f"left out: line {number} of {out / marks.FILE} can't be read; mend it or mark again")
    return found


def tell_open_marks(out: Path, journal: Journal, rubric: Rubric) -> None:
    """Say which marks a person has to look at again, and which nobody's report shows any more."""
    by_hand = marks.read(out)
    if not by_hand.all:
        return
    entries = members(out, journal)
    said = []
    for entry, report in iterate(out, entries, by_hand, rubric):
        if report is not None:
            told = [f.message for f in report.flags if f.id in (marks.CHANGED, marks.DROPPED)]
            said += [f"{entry.id}: {message}" for message in told]
    ids, origins = {e.id for e in entries}, {e.origin for e in entries}
    lost = [m for m in by_hand.all if m.submission not in ids and m.origin not in origins]
    standing = {(m.submission, m.check): m for m in lost}
    said += [
        f"{m.submission}: {m.points:g} of {m.max_score:g} for {m.check} by {m.by}: "
        "the class has no such upload now"
        for m in standing.values()
        if m.points is not None
    ]
    for line in said[:_SHOWN]:
        say(f"a mark to look at: {printable(line)}")
    if len(said) > _SHOWN:
        say(f"a mark to look at: {len(said) - _SHOWN} more, see grader review {out}")


_SHOWN = 10
_PATIENCE_S = 10.0
"""longer than another mark, or the desk carrying marks into the pages, takes in most classes"""


@contextmanager
def locked(out: Path) -> Iterator[Journal]:
    """The journal, with the lock on `out` held. Raises `UsageError` when a run goes on writing there."""
    must_hold_reports(out)
    with hold(out, out / STATE, _PATIENCE_S):
        yield Journal(out / STATE / "journal.jsonl")
