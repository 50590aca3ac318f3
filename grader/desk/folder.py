"""An output folder as the desk reads it: reports, notebooks, look-alikes. It never writes here."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, field_validator

from grader import report as reports
from grader import results
from grader.batch import STATE
from grader.desk.queue import Lookalike
from grader.errors import StorageError
from grader.journal import Entry, Journal
from grader.models import Cell, Output, Report

LOOKALIKES = "lookalikes.csv"
SIDE_BY_SIDE = "lookalikes.html"


@dataclass(frozen=True, slots=True)
class Student:
    """A report, where its upload came from, and its notebook (empty where it is not kept)."""

    report: Report
    origin: str
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class Folder:
    """Reads each report once, and again when its file has changed."""

    out: Path
    _known: dict[str, tuple[tuple[int, int], Student]] = field(default_factory=dict)

    def students(self) -> dict[str, Student]:
        """By submission id; reports that can't be read are left out (`grader grade` names them)."""
        found: dict[str, Student] = {}
        for entry in self.entries():
            path = self.out / entry.id / "report.json"
            try:
                stat = path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                held = self._known.get(entry.id)
                if held is None or held[0] != stamp or held[1].origin != entry.origin:
                    report = reports.from_json(path.read_text("utf-8"), str(path))
                    held = stamp, Student(report, entry.origin, self._cells(entry.id))
                    self._known[entry.id] = held
                found[entry.id] = held[1]
            except (OSError, UnicodeDecodeError, StorageError):
                continue
        return found

    def entries(self) -> list[Entry]:
        """Whose reports make up the class, without taking the lock of a run that may be writing."""
        journal = Journal(self.out / STATE / "journal.jsonl", read_only=True)
        return results.members(self.out, journal)

    def notebook(self, id: str) -> tuple[tuple[Cell, ...], tuple[Output, ...]]:
        """Cells and what they printed; nothing where the executed notebook is missing."""
        try:
            cells, outputs = reports.read_notebook(self.out / id)
        except StorageError:
            return (), ()
        return cells, outputs or ()

    def lookalikes(self) -> Sequence[Lookalike]:
        """What `grader lookalikes` left; nothing where it was not run or its table can't be read."""
        try:
            text = (self.out / LOOKALIKES).read_text("utf-8")
            rows = [_Row.model_validate(row) for row in csv.DictReader(io.StringIO(text))]
        except (OSError, ValueError, csv.Error):
            return []
        groups: dict[str, list[str]] = {}
        for row in rows:
            if row.kind == "identical":
                groups.setdefault(row.first, [row.first]).append(row.second)
        said = "The same code, but for names and comments."
        found = [Lookalike(tuple(group), said) for group in groups.values()]
        for row in rows:
            if row.kind == "alike":
                found.append(Lookalike((row.first, row.second), _alike(row)))
        return found

    def _cells(self, id: str) -> tuple[Cell, ...]:
        return self.notebook(id)[0]


class _Row(BaseModel):
    """A line of lookalikes.csv; an id loses the quote that kept spreadsheets calm."""

    kind: str
    first: str
    second: str
    share_of_first: float
    share_of_second: float

    @field_validator("first", "second")
    @classmethod
    def _id(cls, text: str) -> str:
        return text.removeprefix("'")


def _alike(row: _Row) -> str:
    return (
        f"{row.share_of_first:.0%} of the first's own code is in the second, "
        f"{row.share_of_second:.0%} the other way round. That proves nothing: read both."
    )
