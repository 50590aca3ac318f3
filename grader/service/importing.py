"""Takes in what `grader grade` left in a folder: people, uploads, reports, marks, as if handed in here.

Everybody or nobody, and a second time only what is new. What a worker leaves is made of each report: no name,
no lateness, no mark; those are put in when somebody looks, from what is taken in beside it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader import report as reports
from grader.batch import results
from grader.errors import StorageError, UsageError
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import STATE
from grader.folder.private import PrivateDirectory
from grader.intake import collect
from grader.judging import late
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Report, Said, Student
from grader.service import accounts, courses, record, runs
from grader.service.blobs import Blob, Blobs
from grader.service.tables import (
    CourseAssignment,
    Edition,
    Extension,
    File,
    Identity,
    MarkRow,
    Person,
    Run,
    Upload,
)
from grader.service.uploads import MAX_NAME, together


@dataclass(frozen=True, slots=True)
class ImportedSubmission:
    """One submission of the folder. files: as handed in; empty where the upload is not at hand.

    marks: all that were ever given for it, oldest first.
    """

    entry: JournalEntry
    report: Report
    notebook: bytes
    files: Sequence[tuple[str, Path]]
    marks: Sequence[Mark]


@dataclass(slots=True)
class ImportResult:
    """What came of it. without: ids whose notebook as it ran stands for the upload, which was not at hand."""

    new: int = 0
    known: int = 0
    marks: int = 0
    without: list[str] = field(default_factory=list)


def read(out: Path, named: Sequence[Path], keeper: PrivateDirectory) -> list[ImportedSubmission]:
    """What the folder holds, with the uploads that are found at `named`. Raises `UsageError`, `StorageError`.

    keeper: where archives among them are unpacked; hold it as long as the files are read.
    """
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    entries = results.members(out, journal)
    if not entries:
        raise UsageError(f"{out} holds no reports; name the --out folder of `grader grade`")
    by_hand, origins = marks.read(out), {e.origin for e in entries}
    stage = keeper.path / "uploads"
    stage.mkdir()
    found = {c.origin: c for c in collect(named, stage=stage).entries} if named else {}
    made = []
    for entry in entries:
        report = results.read_whole(out / entry.id / "report.json")
        try:
            notebook = (out / entry.id / reports.NOTEBOOK).read_bytes()
        except OSError as error:
            raise StorageError(f"{out / entry.id} can't be read; grade it again with --force") from error
        at_hand = found.get(entry.origin)
        same = at_hand is not None and at_hand.read().sha256 == report.submission.sha256
        files = [(f.name, f.path) for f in at_hand.upload.files] if at_hand is not None and same else []
        given = [
            m
            for m in by_hand.all
            if m.origin == entry.origin or (m.submission == entry.id and m.origin not in origins)
        ]
        made.append(ImportedSubmission(entry, report, notebook, files, given))
    return made


def take_in(
    session: Session,
    blobs: Blobs,
    assignment: CourseAssignment,
    graded: Sequence[ImportedSubmission],
    now: datetime,
) -> ImportResult:
    """Enter all of them in this transaction. Raises `UsageError` where another edition graded them."""
    session.scalar(select(CourseAssignment.id).where(CourseAssignment.id == assignment.id).with_for_update())
    entering = _Entering(session, blobs, assignment, now, ImportResult())
    for one in graded:
        edition = entering.edition(one.report)
        for student in _whose(one.report):
            entering.enter(one, student, edition)
    taken = entering.taken
    said = Said("uploads: {n}, {slug}", {"n": taken.new, "slug": assignment.slug})
    record.event(session, assignment.course_id, None, "imported", said, now)
    return taken


def _whose(report: Report) -> Sequence[Student]:
    """Everybody whom an upload counts for; of a group's members a platform tells ids, and names or none."""
    student = report.submission.student
    if not student.members:
        return [student]
    names: Sequence[str | None] = (student.name or "").split(", ")
    if len(names) != len(student.members):
        names = [None] * len(student.members)
    return [
        Student(id=id, name=name or None, group=student.group)
        for id, name in zip(student.members, names, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Entering:
    session: Session
    blobs: Blobs
    assignment: CourseAssignment
    now: datetime
    taken: ImportResult

    def edition(self, report: Report) -> Edition:
        """The one that graded it, so that a report says truly what it was graded by."""
        at = self.assignment
        found = self.session.scalar(
            select(Edition).where(Edition.assignment_id == at.id, Edition.sha256 == report.rubric.sha256)
        )
        if found is None:
            raise UsageError(
                f"{report.submission.id} was graded by an edition ({report.rubric.version}) that {at.slug} "
                "does not have; take it in by grader assignment add, or grade the folder again"
            )
        return found

    def enter(self, one: ImportedSubmission, student: Student, edition: Edition) -> None:
        """One person's part of one upload."""
        person = self._person(student, one.entry.id)
        what = f"{one.entry.origin} {one.report.submission.sha256}"
        key = f"import {hashlib.sha256(what.encode('utf-8', 'replace')).hexdigest()}"
        upload = self.session.scalar(
            select(Upload).where(
                Upload.assignment_id == self.assignment.id,
                Upload.person_id == person.id,
                Upload.key == key,
            )
        )
        if upload is None:
            upload = self._upload(person, one, key)
            self._run(upload, edition, one)
            self._extend(person, one.report)
            self.taken.new += 1
            if not one.files:
                self.taken.without.append(one.entry.id)
        else:
            self.taken.known += 1
        self._marks(upload, _own(one.marks, student.id))

    def _person(self, student: Student, id: str) -> Person:
        """Who it is: known from an earlier import, by number, by name, or somebody new."""
        session, course = self.session, self.assignment.course_id
        provider, subject = f"import:{course}", student.id or student.name or id
        known = accounts.known_as(session, provider, subject)
        if known is not None:
            return known
        name = record.line(student.name or "", 120)
        pairs = [(m, p) for m, p in courses.roster(session, course) if m.role == "student"]
        same = [p for m, p in pairs if student.id and m.number == record.line(student.id, 60)]
        same = same or [p for m, p in pairs if name and p.name == name and not (student.id and m.number)]
        if len(same) == 1:
            person = same[0]
        else:
            person = accounts.add_person(session, name or student.id or id.replace("_", " "), self.now)
            accounts.enrol(session, course, person.id, "student", number=record.line(student.id or "", 60))
        session.add(Identity(person_id=person.id, provider=provider, subject=subject))
        session.flush()
        return person

    def _upload(self, person: Person, one: ImportedSubmission, key: str) -> Upload:
        session, at = self.session, self.assignment
        kept: list[tuple[str, Blob]] = []
        for name, path in one.files:
            with path.open("rb") as file:
                kept.append((_short(name), self.blobs.put(file)))
        if not kept:
            name = _short(one.report.submission.path)
            kept = [(name if name.endswith(".ipynb") else f"{name}.ipynb", self.blobs.put(one.notebook))]
        last = session.scalar(
            select(func.max(Upload.number)).where(
                Upload.assignment_id == at.id, Upload.person_id == person.id
            )
        )
        upload = Upload(
            name=secrets.token_hex(8),
            assignment_id=at.id,
            person_id=person.id,
            number=(last or 0) + 1,
            key=key,
            sha256=together(kept),
            began=self._began(one.report),
            received=self.now,
        )
        session.add(upload)
        session.flush()
        session.add_all(File(upload_id=upload.id, name=n, size=b.size, sha256=b.sha256) for n, b in kept)
        return upload

    def _began(self, report: Report) -> datetime:
        """When it was handed in; where nobody knows, it was in time."""
        received, due = report.submission.received_at, self.assignment.due
        if received is None:
            return min(self.now, due) if due is not None else self.now
        return received.replace(tzinfo=UTC) if received.tzinfo is None else received

    def _run(self, upload: Upload, edition: Edition, one: ImportedSubmission) -> None:
        status = one.report.execution.status
        if status == "sandbox_error":  # ours: it is tried again here
            runs.ask_grade(self.session, [upload.id], edition.id, self.now)
            return
        self.session.add(
            Run(
                upload_id=upload.id,
                edition_id=edition.id,
                kind="grade",
                state="unreadable" if status == "unreadable" else "done",
                priority=runs.GRADE,
                tries=1,
                queued=self.now,
                started=self.now,
                finished=self.now,
                message=record.line(str(one.report.execution.message), 300),
                result=self.blobs.put(_bare(one.report, upload.name)).sha256,
                notebook=self.blobs.put(one.notebook).sha256,
            )
        )

    def _extend(self, person: Person, report: Report) -> None:
        """A due date of one's own that the platform's list told."""
        own = report.submission.due
        if own is None and report.submission.grace_s and self.assignment.due is not None:
            own = self.assignment.due + timedelta(seconds=report.submission.grace_s)
        if own is None:
            return
        self.session.add(
            Extension(
                assignment_id=self.assignment.id,
                person_id=person.id,
                due=own.replace(tzinfo=UTC) if own.tzinfo is None else own,
                reason="imported",
                by=person.id,
                at=self.now,
            )
        )

    def _marks(self, upload: Upload, given: Sequence[Mark]) -> None:
        known = set(self.session.scalars(select(MarkRow.mark).where(MarkRow.upload_id == upload.id)))
        for mark in given:
            own = mark.model_copy(update={"submission": upload.name, "origin": upload.name})
            data = own.model_dump_json().encode("utf-8", "replace")
            if data not in known:
                self.session.add(
                    MarkRow(
                        assignment_id=self.assignment.id,
                        upload_id=upload.id,
                        by=self._marker(mark.by).id,
                        at=mark.at if mark.at.tzinfo else mark.at.replace(tzinfo=UTC),
                        mark=data,
                    )
                )
                self.session.flush()  # their order is what counts
                self.taken.marks += 1

    def _marker(self, name: str) -> Person:
        """Whoever marked in the folder: one of the course who teaches by that name, or a name and no more."""
        session, course = self.session, self.assignment.course_id
        provider = f"import-marks:{course}"
        known = accounts.known_as(session, provider, name)
        if known is not None:
            return known
        same = [p for m, p in courses.roster(session, course) if m.role != "student" and p.name == name]
        person = same[0] if len(same) == 1 else accounts.add_person(session, name, self.now)
        session.add(Identity(person_id=person.id, provider=provider, subject=name))
        session.flush()
        return person


def _own(given: Sequence[Mark], id: str | None) -> list[Mark]:
    """The marks of an upload as they are one person's.

    What was given to other members of the team alone is not theirs; what was given to them alone counts on
    the whole, together with what the team got there.
    """
    found, team, alone = [], 0.0, 0.0
    for mark in given:
        if mark.check == marks.WHOLE:
            team = mark.points or 0.0
        elif mark.check == f"{marks.MEMBER}{id}":
            alone = mark.points or 0.0
        elif not mark.check.startswith(marks.MEMBER):
            found.append(mark)
            continue
        else:
            continue
        points = None if mark.points is None and not team + alone else team + alone
        found.append(mark.model_copy(update={"check": marks.WHOLE, "points": points}))
    return found


def _bare(report: Report, id: str) -> bytes:
    """As a worker leaves it: who, when and how late is put in when somebody looks."""
    reference = report.submission.model_copy(
        update={"id": id, "student": Student(id=id), "received_at": None, "due": None, "grace_s": 0.0}
    )
    flags = tuple(f for f in report.flags if f.id != late.FLAG)
    bare = report.model_copy(update={"submission": reference, "late": None, "flags": flags})
    return reports.to_json(late.totals(bare)).encode("utf-8", "replace")


def _short(name: str) -> str:
    """A file's name as uploads have them."""
    last = record.line(name.replace("\\", "/").rpartition("/")[2], MAX_NAME) or "notebook.ipynb"
    while len(last.encode()) > MAX_NAME:
        last = last[1:]
    return last
