"""An output folder as the desk reads it: reports, notebooks, look-alikes. It never writes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader import report as reports
from grader.batch import results
from grader.errors import StorageError
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE
from grader.lookalikes import table as alike
from grader.lookalikes.table import Alike
from grader.models import Cell, Output, Report


@dataclass(frozen=True, slots=True)
class Student:
    """A report, and where its upload came from."""

    report: Report
    origin: str


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
                    held = stamp, Student(report, entry.origin)
                    self._known[entry.id] = held
                found[entry.id] = held[1]
            except (OSError, UnicodeDecodeError, StorageError):
                continue
        return found

    def entries(self) -> list[JournalEntry]:
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

    def lookalikes(self) -> Sequence[Alike]:
        """What `grader lookalikes` left; nothing where it was not run or its table can't be read."""
        return alike.read(self.out) or ()
