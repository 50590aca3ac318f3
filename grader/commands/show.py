"""`grader show`: one student's report with all its evidence."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from grader import report
from grader.assignment import loading as assignments
from grader.batch import results
from grader.commands import folder
from grader.errors import UsageError
from grader.folder.journal import Journal
from grader.folder.place import STATE
from grader.marks import marks
from grader.text import printable


def run(out: Path, student: str, rubric: str | None) -> str:
    """The text to print, marks included.

    student: an id, or how a word of one begins that only one student has.
    rubric: a name or folder; None takes the one that graded it. Raises `UsageError`, `RubricError`.
    """
    entries = Journal(out / STATE / "journal.jsonl", read_only=True).entries
    id = find(out, student)
    path = out / id / "report.json"
    found = report.from_json(path.read_text("utf-8"), str(path))
    loaded = assignments.load_rubric(folder.home(out, rubric))
    origins = {e.origin for e in entries.values()}
    given = marks.read(out).of(id, entries[id].origin if id in entries else "", origins)
    return report.show(marks.apply(found, given, loaded), loaded)


def find(out: Path, student: str) -> str:
    """The id in `out` that is `student`, or the only one of which a word begins so. Raises `UsageError`.

    A report that an upload had under another id before is not looked at.
    """
    ids = [e.id for e in results.members(out, Journal(out / STATE / "journal.jsonl", read_only=True))]
    ids = ids or sorted(p.parent.name for p in out.glob("*/report.json"))
    if not ids:
        raise UsageError(f"{printable(str(out))} holds no reports; name the --out folder of `grader grade`")
    if student in ids:
        return student
    part = re.compile(rf"(?<![^\W_]){re.escape(student.casefold())}")  # anna is no part of Joanna
    fitting = [i for i in ids if student and part.search(i.casefold())]
    if len(fitting) == 1:
        return fitting[0]
    inside = [i for i in ids if student and student.casefold() in i.casefold()]
    near = fitting or inside or get_close_matches(student, ids, n=3, cutoff=0.4)
    several = f"{len(fitting)} students" if fitting else "no student"
    hint = f": {', '.join(near[:8])}{', …' if len(near) > 8 else ''}" if near else ""
    raise UsageError(f"{printable(student)} fits {several} in {printable(str(out))}{hint}")
