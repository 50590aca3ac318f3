"""`grader lookalikes`: code that is alike, side by side, for a person to judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.batch import results
from grader.commands import folder
from grader.commands.progress import say
from grader.errors import GraderError, UsageError
from grader.folder.files import write_text
from grader.folder.journal import Journal
from grader.folder.place import STATE
from grader.folder.store import submissions
from grader.lookalikes import search as lookalikes
from grader.lookalikes.search import SubmittedCode
from grader.lookalikes.table import SIDE_BY_SIDE, to_csv
from grader.report.lookalikes_page import to_page
from grader.words.speech import ENGLISH, Speech, speech


def run(out: Path, to: Path | None) -> str:
    """Write the page and the table; the line to print. Raises `UsageError`, `StorageError`."""
    folder.must_hold_reports(out)
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    found = lookalikes.find(_codes(out, journal))
    if not found.compared:
        raise UsageError(f"{out} keeps no submissions; grade them again with this version")
    page = to or out / SIDE_BY_SIDE
    table = page.with_suffix(".csv")
    write_text(page, to_page(found, _speech(out)))
    write_text(table, to_csv(found))
    if to is None:
        _list_them(out)
    return (
        f"{len(found.pairs)} pairs and {len(found.identical)} groups of identical code among "
        f"{found.compared} submissions ({found.too_short} too short to compare), for a person to read: "
        f"{page}, {table}"
    )


def _speech(out: Path) -> Speech:
    """In the language of the class's pages, English where its rubric can't be read any more."""
    try:
        return speech(folder.rubric_of(out).language)
    except GraderError:
        return ENGLISH


def _list_them(out: Path) -> None:
    """Put them on the class page; where that can't be done now, the next run does it."""
    try:
        with folder.locked(out) as journal:
            sha256 = results.graded_by(out, results.members(out, journal))
            results.write_class(out, journal, (), folder.rubric_of(out), sha256)
    except GraderError as error:
        say(f"{out / 'index.html'} does not list them yet: {error}")


def _codes(out: Path, journal: Journal) -> Iterator[SubmittedCode]:
    kept = submissions(out / STATE)
    for entry in results.members(out, journal):
        submission = kept.get(entry.fingerprint)
        if submission is not None and submission.problem is None:
            yield lookalikes.code_of(submission)
