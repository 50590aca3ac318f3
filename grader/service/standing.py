"""A class as it stands: whose attempt counts, what came of it, with marks and lateness as of now.

The reports that workers left know no names, no lateness and no marks: all three are put in here, when
somebody looks, so that an extension or a mark needs no second run.
"""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from grader.desk.queue import QueueReader
from grader.judging.late import penalise
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Cell, Output, Report, Student, Submission
from grader.report import from_json
from grader.report.notebook import from_ipynb
from grader.service import courses, rules, runs
from grader.service.blobs import Blobs
from grader.service.rules import Dates
from grader.service.tables import (
    CourseAssignment,
    Edition,
    Event,
    MarkRow,
    Member,
    Person,
    Published,
    Run,
    Upload,
)
from rubric.schema import Rubric

State = Literal["nothing", "waits", "runs", "stuck", "unreadable", "open", "graded"]
_KEPT = 5_000
_SETTLED = 50
_NO_CHANGE = ("marked", "exported")
"""acts that leave a class without marks as it was"""
# made once: every mark asks it
_MARKS = (
    select(MarkRow.upload_id, MarkRow.mark)
    .where(MarkRow.assignment_id == bindparam("assignment"))
    .order_by(MarkRow.id)
)
_K = TypeVar("_K")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Line:
    """One student. report: of the attempt that counts, as of now; None while there is none.

    state: nothing handed in; waits or runs in the queue; stuck (our fault); unreadable; open: points wait for
    a person; graded: all of it is decided.
    """

    person: Person
    member: Member
    dates: Dates
    attempts: int
    upload: Upload | None
    run: Run | None
    check: Run | None
    report: Report | None
    state: State
    published: Published | None
    marks: int = 0

    @property
    def late(self) -> bool:
        return self.upload is not None and self.dates.late(self.upload.began)

    @property
    def after_report(self) -> bool:
        """Whether what counts is another attempt than the one whose report they have."""
        return (
            self.upload is not None
            and self.published is not None
            and self.upload.id != self.published.upload_id
        )

    @property
    def ready(self) -> bool:
        """Whether this report may be given out."""
        return self.report is not None and rules.may_publish(self.report.score, self.report.pending)

    @property
    def changed(self) -> bool:
        """Whether it says something else than what was given out last."""
        if self.report is None or self.run is None:
            return False
        return self.published is None or (
            (self.published.run_id, self.published.marks) != (self.run.id, self.marks)
            or self.published.score != self.report.score
        )


@dataclass(frozen=True, slots=True)
class Class:
    """Who has a report, by its id, before any mark. stamp: of when; read: what a desk found in them."""

    stamp: object
    lines: Mapping[str, Line]
    read: QueueReader


@dataclass(slots=True)
class Reports:
    """Reports and notebooks read from blobs, kept within bounds: a class is looked at again and again."""

    blobs: Blobs
    _reports: dict[str, Report] = field(default_factory=dict)
    _notebooks: dict[str, tuple[tuple[Cell, ...], tuple[Output, ...] | None]] = field(default_factory=dict)
    _classes: dict[tuple[int, str], Class] = field(default_factory=dict)
    _seen: dict[int, tuple[object, list[Line]]] = field(default_factory=dict)
    _presented: dict[tuple[object, ...], tuple[object, Report]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def unmarked(self, session: Session, assignment: CourseAssignment, rubric: Rubric, section: str) -> Class:
        """A class without marks, for a desk: the same until something changes; a mark is quick."""
        key, now = (assignment.id, section), stamp(session, assignment)
        held = self._classes.get(key)
        if held is None or held.stamp != now:
            every = lines(session, self, assignment, rubric, section=section, by_hand=False)
            there = [x for x in every if x.report is not None and x.upload is not None]
            held = Class(now, {x.report.submission.id: x for x in there if x.report}, QueueReader())
            with self._lock:
                self._classes[key] = held
        return held

    def seen(self, session: Session, assignment: CourseAssignment, rubric: Rubric) -> list[Line]:
        """`lines` for a page that is looked at again and again: the same until something changes."""
        marked = select(func.count(), func.max(MarkRow.id)).where(MarkRow.assignment_id == assignment.id)
        now = (*stamp(session, assignment), *session.execute(marked).one(), *_moving(session, assignment))
        held = self._seen.get(assignment.id)
        if held is None or held[0] != now:
            held = now, lines(session, self, assignment, rubric)
            with self._lock:
                self._seen[assignment.id] = held
        return held[1]

    def report(self, sha256: str) -> Report:
        """As a worker left it. Raises `StorageError`."""
        found = self._reports.get(sha256)
        if found is None:
            found = from_json(self.blobs.get(sha256).decode("utf-8", "replace"), sha256)
            self._keep(self._reports, sha256, found)
        return found

    def notebook(self, sha256: str) -> tuple[tuple[Cell, ...], tuple[Output, ...] | None]:
        """Cells and what they printed. Raises `StorageError`."""
        found = self._notebooks.get(sha256)
        if found is None:
            found = from_ipynb(self.blobs.get(sha256).decode("utf-8", "replace"), sha256)
            self._keep(self._notebooks, sha256, found)
        return found

    def presented(self, whose: tuple[object, ...], known: object, make: Callable[[], Report]) -> Report:
        """A report with all that is put in when somebody looks; the same one while nothing of it changed."""
        held = self._presented.get(whose)
        if held is None or held[0] != known:
            held = known, make()
            self._keep(self._presented, whose, held)
        return held[1]

    def forget(self) -> None:
        """Somebody's data was deleted: nothing of it stays in memory."""
        with self._lock:
            self._reports.clear()
            self._notebooks.clear()
            self._classes.clear()
            self._seen.clear()
            self._presented.clear()

    def _keep(self, kept: dict[_K, _T], key: _K, value: _T) -> None:
        with self._lock:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[key] = value
            if len(kept) % _SETTLED == 0:
                # what is kept holds no circles: looking through all of it again and again for some costs half
                # a second of everybody's time in a class of a thousand
                gc.collect(1)
                gc.freeze()


def own_rubric(rubric: Rubric, dates: Dates, began_late: bool) -> Rubric:
    """The rubric with this person's due date; none where the upload is not late, grace included."""
    return rubric.model_copy(update={"due": dates.due if began_late else None})


def present(
    report: Report, student: Student, upload: Upload, dates: Dates, given: Mapping[str, Mark], rubric: Rubric
) -> Report:
    """A worker's report with name, lateness and marks."""
    reference = report.submission.model_copy(
        update={
            "student": student,
            "received_at": upload.began,
        }
    )
    late = own_rubric(rubric, dates, dates.late(upload.began))
    named = penalise(report.model_copy(update={"submission": reference}), late)
    return marks.apply(named, given, late)


def marked(line: Line, mine: Sequence[Mark], rubric: Rubric) -> Report:
    """The report of a line that was looked up without marks, with these."""
    assert line.report is not None
    return marks.apply(line.report, standing(mine), own_rubric(rubric, line.dates, line.late))


def marks_of(session: Session, assignment_id: int) -> list[tuple[int, Mark]]:
    """All marks of an assignment with the numbers of their uploads, oldest first."""
    rows = session.execute(_MARKS, {"assignment": assignment_id})
    return [(upload_id, Mark.model_validate_json(mark)) for upload_id, mark in rows]


def standing(by_upload: Sequence[Mark]) -> dict[str, Mark]:
    """Check → the mark that counts, of one upload's marks, oldest first."""
    last = {m.check: m for m in by_upload}
    return {check: m for check, m in last.items() if m.points is not None}


def lines(
    session: Session,
    reports: Reports,
    assignment: CourseAssignment,
    rubric: Rubric,
    *,
    edition_id: int | None = None,
    section: str = "",
    by_hand: bool = True,
) -> list[Line]:
    """Every student of the course, by name. edition_id: of another edition than the current one.

    by_hand: with marks; without, reports are as the grader made them.
    """
    edition = edition_id or assignment.edition_id
    counting = courses.counting(session, assignment.id)
    extensions = courses.extensions(session, assignment.id)
    published = courses.published_to(session, assignment.id)
    common = courses.common_dates(assignment)
    ids = [u.id for u in counting.values()]
    graded = runs.runs_of(session, ids, "grade", edition)
    checks = runs.runs_of(session, ids, "check", edition)
    counts = dict(
        session.execute(
            select(Upload.person_id, func.count())
            .where(Upload.assignment_id == assignment.id)
            .group_by(Upload.person_id)
        ).all()
    )
    given: dict[int, list[Mark]] = {}
    for upload_id, mark in marks_of(session, assignment.id):
        given.setdefault(upload_id, []).append(mark)
    found = []
    for member, person in courses.roster(session, assignment.course_id):
        if member.role != "student" or not rules.sees_section(section, member.section):
            continue
        extension = extensions.get(person.id)
        dates = common.extended(extension.due if extension else None)
        upload = counting.get(person.id)
        run = graded.get(upload.id) if upload else None
        mine = given.get(upload.id, []) if upload else []
        report = None
        if upload and run and run.result and run.state in ("done", "unreadable"):
            marked = standing(mine) if by_hand else {}
            student = Student(id=member.number or str(person.id), name=person.name, attempt=upload.number)
            # marks are only ever added: how many there are says which
            known = (run.id, run.result, student, dates, len(mine))
            report = reports.presented(
                (upload.id, edition, by_hand),
                known,
                partial(present, reports.report(run.result), student, upload, dates, marked, rubric),
            )
        found.append(
            Line(
                person=person,
                member=member,
                dates=dates,
                attempts=counts.get(person.id, 0),
                upload=upload,
                run=run,
                check=checks.get(upload.id) if upload else None,
                report=report,
                state=_state(upload, run, report),
                published=published.get(person.id),
                marks=len(mine),
            )
        )
    return found


def _state(upload: Upload | None, run: Run | None, report: Report | None) -> State:
    if upload is None:
        return "nothing"
    if report is not None:
        if rules.may_publish(report.score, report.pending):
            return "graded"
        return "unreadable" if report.score is None else "open"
    if run is None or run.state == "queued":
        return "waits"
    return "stuck" if run.state == "stuck" else "runs"


def stamp(session: Session, assignment: CourseAssignment) -> tuple[object, ...]:
    """What tells that a class is as it was, marks aside: changes leave an event, workers a run."""
    changed = (
        select(Event.id)
        .where(Event.course_id == assignment.course_id, Event.what.not_in(_NO_CHANGE))
        .order_by(Event.id.desc())
        .limit(1)
    )
    ran = (
        select(func.count(), func.max(Run.finished))
        .join(Edition, Edition.id == Run.edition_id)
        .where(Edition.assignment_id == assignment.id, Run.finished.is_not(None))
    )
    return (assignment.edition_id, session.scalar(changed), *session.execute(ran).one())


def _moving(session: Session, assignment: CourseAssignment) -> Sequence[tuple[object, ...]]:
    """How many runs are in which state, while they are under way."""
    counted = (
        select(Run.state, func.count(), func.max(Run.started))
        .join(Edition, Edition.id == Run.edition_id)
        .where(Edition.assignment_id == assignment.id, Run.finished.is_(None))
        .group_by(Run.state)
        .order_by(Run.state)
    )
    return [tuple(row) for row in session.execute(counted)]


def digest(found: Sequence[Line]) -> str:
    """What a preview showed, in short: the same digest, the same reports to be given out."""
    text = "\n".join(
        f"{x.person.id} {x.upload.id if x.upload else 0} {x.run.id if x.run else 0} {x.state} "
        f"{x.report.score if x.report else None} {x.marks} {x.published.id if x.published else 0} "
        f"{x.dates.due}"
        for x in found
    )
    return hashlib.sha256(text.encode()).hexdigest()


def notebook_of(
    reports: Reports, line_report: Report, run: Run
) -> tuple[Submission, Sequence[Output] | None]:
    """The submission's cells, for pages that show them, and what they printed."""
    assert run.notebook is not None
    cells, outputs = reports.notebook(run.notebook)
    sub = line_report.submission
    made = Submission(id=sub.id, path=sub.path, sha256=sub.sha256, student=sub.student, cells=cells)
    return made, outputs


def editions(session: Session, assignment_id: int) -> Sequence[Edition]:
    """All editions, the newest first."""
    return session.scalars(
        select(Edition).where(Edition.assignment_id == assignment_id).order_by(Edition.id.desc())
    ).all()
