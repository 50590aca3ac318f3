"""The reports in an output folder, as a class: with the marks given by hand, one light record a student."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pydantic import ValidationError

from grader import report as reports
from grader.batch import pages
from grader.batch.code import PAGE_CODE, code_digest
from grader.batch.keys import digest
from grader.errors import StorageError
from grader.folder.files import size, write_text
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE
from grader.lookalikes import table as alike
from grader.marks import marks
from grader.marks.marks import Mark, Marks
from grader.models import CheckResult, Isolation, Record, Report
from rubric.schema import Rubric

_MOST_SHARED = 20_000

Outcome = Literal["graded", "waits", "unreadable", "not graded"]


class ListedUpload(Protocol):
    """An upload of this run, see `grader.intake.Entry`."""

    @property
    def id(self) -> str: ...
    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Roll:
    """What came of every submission of the class. damaged: ids whose report.json can't be read."""

    outcomes: Mapping[str, Outcome]
    damaged: tuple[str, ...]


def members(out: Path, journal: Journal, uploads: Sequence[ListedUpload] = ()) -> list[JournalEntry]:
    """Whose reports make up the class: of these uploads, and of others graded into `out` before, by id.

    Left out: what has no report (it failed), and an earlier report of an upload that has another id now.
    """
    names = journal.latest | {u.origin: u.id for u in uploads}
    entries = sorted(journal.entries.values(), key=lambda e: e.id)
    present = (e for e in entries if e.size and names.get(e.origin, e.id) == e.id)
    return [e for e in present if size(out / e.id / "report.json")]


@dataclass(slots=True)
class Shared:
    """Parts of reports that are the same for many students, held once: memory grows with what differs."""

    known: dict[tuple[type[Record], str], Record] = field(default_factory=dict)

    def one(self, kind: type[Record], data: object) -> Record:
        """The record that these JSON data describe."""
        key = kind, json.dumps(data)
        found = self.known.get(key)
        if found is None:
            found = kind.model_validate(data)
            if len(self.known) < _MOST_SHARED:
                self.known[key] = found
        return found


def read_light(path: Path, shared: Shared | None = None) -> Report:
    """A report without its evidence and reference values: a tenth of the memory.

    shared: for many of them. Raises `StorageError` when there is no such report or it can't be read.
    """
    shared = shared or Shared()
    try:
        data = json.loads(path.read_bytes())
        data["execution"]["isolation"] = shared.one(Isolation, data["execution"]["isolation"])
        for question in data["questions"]:
            for check in question["checks"]:
                check["evidence"] = check["expected"] = None
            question["checks"] = [shared.one(CheckResult, check) for check in question["checks"]]
        return Report.model_validate(data)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, ValidationError) as error:
        raise StorageError(f"{path} can't be read; grade it again with --force") from error


def read_marked(
    path: Path, given: Mapping[str, Mark], rubric: Rubric, shared: Shared | None = None
) -> Report:
    """A report with its marks, light. What a mark was given for is compared with what stands there now.

    Raises `StorageError`.
    """
    if not given:
        return read_light(path, shared)
    marked = marks.apply(read_whole(path), given, rubric)
    bare = {"evidence": None, "expected": None, "answer": None}
    questions = tuple(
        q.model_copy(update={"checks": tuple(c.model_copy(update=bare) for c in q.checks)})
        for q in marked.questions
    )
    return marked.model_copy(update={"questions": questions})


def read_whole(path: Path) -> Report:
    """A report with everything in it. Raises `StorageError`."""
    try:
        return reports.from_json(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read; grade it again with --force") from error


def iterate(
    out: Path, entries: Sequence[JournalEntry], by_hand: Marks, rubric: Rubric
) -> Iterator[tuple[JournalEntry, Report | None]]:
    """Each report, light and with its marks; None where it can't be read."""
    origins = {e.origin for e in entries}
    shared = Shared()
    for entry in entries:
        given = by_hand.of(entry.id, entry.origin, origins)
        try:
            report = read_marked(out / entry.id / "report.json", given, rubric, shared)
        except StorageError:
            yield entry, None
            continue
        yield entry, report


def graded_by(out: Path, entries: Sequence[JournalEntry]) -> str:
    """Digest of the assignment that graded these; empty where no report can be read."""
    for entry in entries:
        with suppress(StorageError):
            return read_light(out / entry.id / "report.json").rubric.sha256
    return ""


def outcome(report: Report) -> Outcome:
    """What became of one submission."""
    if report.score is None:
        return "unreadable" if report.execution.status == "unreadable" else "not graded"
    return "waits" if report.needs_review else "graded"


def write_class(
    out: Path, journal: Journal, uploads: Sequence[ListedUpload], rubric: Rubric, sha256: str
) -> Roll:
    """Write index.html and grades.csv, unless they are up to date, and the pages that lag behind the marks.

    sha256: the assignment's. Hold the lock first. Raises `StorageError`.
    """
    entries = members(out, journal, uploads)
    by_hand = marks.read(out)
    given = [m.model_dump(mode="json") for m in by_hand.all]
    key = digest(
        [(e.id, e.key, e.size, e.message) for e in entries],
        given,
        sha256,
        alike.stamp(out),
        code_digest(*PAGE_CODE),
    )
    stamp = out / STATE / "class.json"
    if (known := _known(stamp, key, out)) is not None:
        return known
    for torn in (*out.glob(".index.html.*"), *out.glob(".grades.csv.*")):
        torn.unlink(missing_ok=True)  # of a killed run; we hold the lock
    pages.catch_up(out, out / STATE, entries, by_hand, rubric)
    found: list[Report] = []
    damaged: list[str] = []
    for entry, report in iterate(out, entries, by_hand, rubric):
        if report is None:
            damaged.append(entry.id)
        else:
            found.append(report)
    if found:
        reports.write_class(found, rubric, out)
    roll = Roll({r.submission.id: outcome(r) for r in found}, tuple(damaged))
    if not damaged:
        write_text(stamp, json.dumps({"key": key, "outcomes": dict(roll.outcomes)}) + "\n")
    return roll


def _known(stamp: Path, key: str, out: Path) -> Roll | None:
    try:
        data = json.loads(stamp.read_bytes())
    except (OSError, ValueError):
        return None
    written = size(out / "index.html") and size(out / "grades.csv")
    return Roll(data["outcomes"], ()) if written and data.get("key") == key else None
