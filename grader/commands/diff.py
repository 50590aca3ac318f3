"""`grader diff`: whose marks differ between two output folders, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from grader.batch import results
from grader.commands import folder
from grader.errors import StorageError
from grader.folder.files import write_text
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE
from grader.marks import marks
from grader.models import Report
from grader.report.changes import Change, compare
from grader.text import spreadsheet
from rubric.schema import Rubric


def run(old: Path, new: Path, table: Path | None) -> Iterator[str]:
    """Lines to print: each student whose marks differ, the checks, and how many there are.

    table: a CSV file to write as well. Raises `UsageError`, `StorageError`.
    """
    changes: list[Change] = []
    count = 0
    for id, before, after in _pairs(_Side(old), _Side(new)):
        count += 1
        if (change := compare(id, before, after)) is not None:
            changes.append(change)
            yield change.text
            yield from (f"    {check.said}" for check in change.checks)
    if table is not None:
        write_text(table, _csv(changes))
    yield f"{len(changes)} of {count} students have other marks in {new} than in {old}"


class _Side:
    """One output folder: its entries by id, and which of them came from the same upload."""

    def __init__(self, out: Path) -> None:
        folder.must_hold_reports(out)
        self.out = out
        entries = results.members(out, Journal(out / STATE / "journal.jsonl", read_only=True))
        self.entries = {e.id: e for e in entries}
        self.by_origin = {e.origin: e.id for e in entries}
        self.origins = frozenset(self.by_origin)
        self.marks = marks.read(out)
        self.rubric: Rubric = folder.rubric_of(out)

    def report(self, id: str | None) -> Report | None:
        if id is None:
            return None
        entry: JournalEntry = self.entries[id]
        given = self.marks.of(id, entry.origin, self.origins)
        try:
            return results.read_marked(self.out / id / "report.json", given, self.rubric)
        except StorageError:
            return None


def _pairs(old: _Side, new: _Side) -> Iterator[tuple[str, Report | None, Report | None]]:
    """By id; a submission that changed its id is found again by its upload."""
    partner = {
        id: id if id in old.entries else old.by_origin.get(entry.origin) for id, entry in new.entries.items()
    }
    used = set(partner.values())
    for id, before in partner.items():
        yield id, old.report(before), new.report(id)
    for id in old.entries.keys() - used:
        yield id, old.report(id), None


def _csv(changes: list[Change]) -> str:
    buffer = io.StringIO()
    rows = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(["id", "before", "after", "max_score", "why", "checks"])
    for change in changes:
        most = change.after or change.before
        rows.writerow(
            [
                spreadsheet(change.id),
                change.before.score if change.before else None,
                change.after.score if change.after else None,
                most.max_score if most else None,
                spreadsheet("; ".join(map(str, change.reasons))),
                spreadsheet("; ".join(str(check.said) for check in change.checks)),
            ]
        )
    return buffer.getvalue()
