"""An output folder as a desk's store: it reads reports, notebooks and look-alikes, and adds marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader import report as reports
from grader.batch import results
from grader.desk.store import StoredReport
from grader.errors import StorageError
from grader.folder.journal import Journal, JournalEntry
from grader.folder.lock import locked
from grader.folder.place import STATE
from grader.lookalikes import table as alike
from grader.lookalikes.table import SIDE_BY_SIDE, Alike
from grader.marks import ledger, marks
from grader.marks.marks import Mark
from grader.models import Cell, Output


@dataclass(slots=True)
class ReportFolder:
    """Reads each report once, and again when its file has changed."""

    out: Path
    _known: dict[str, tuple[tuple[int, int], StoredReport]] = field(default_factory=dict)

    def students(self) -> dict[str, StoredReport]:
        """By submission id; reports that can't be read are left out (`grader grade` names them)."""
        found: dict[str, StoredReport] = {}
        for entry in self.entries():
            path = self.out / entry.id / "report.json"
            try:
                stat = path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
                held = self._known.get(entry.id)
                if held is None or held[0] != stamp or held[1].origin != entry.origin:
                    report = reports.from_json(path.read_text("utf-8"), str(path))
                    held = stamp, StoredReport(report, entry.origin)
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

    def given(self) -> Sequence[Mark]:
        """The marks in the folder's file."""
        return marks.read(self.out).all

    @contextmanager
    def writing(self) -> Iterator[ReportFolder]:
        """While no other desk or command adds marks to this folder."""
        with locked(self.out):
            yield self

    def enter(self, new: Sequence[Mark]) -> None:
        """Add to the folder's file; within `writing`."""
        ledger.enter(self.out, new)

    def report_page(self, id: str) -> str | None:
        """As the last run or the publisher wrote it."""
        return _text(self.out / id / "report.html")

    def lookalikes_page(self) -> str | None:
        """What `grader lookalikes` wrote."""
        return _text(self.out / SIDE_BY_SIDE)


def _text(path: Path) -> str | None:
    return path.read_text("utf-8", errors="replace") if path.is_file() else None
