"""What assistants do: the desk over the network, and answers to those who ask for a second look.

The desk is the one of `grader review`; only its store is another: the course's database, in which marks of
several people never overwrite each other, and an assistant of a section has that section before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from grader.desk.app import Seat, routes
from grader.desk.desk import Desk
from grader.desk.store import StoredReport, Writing
from grader.lookalikes import table
from grader.lookalikes.table import SIDE_BY_SIDE, Alike
from grader.marks.marks import Mark
from grader.models import Cell, Output, Said
from grader.report import to_html
from grader.service import record, rules, standing
from grader.service.alike import folder, of_section
from grader.service.courses import Attendee
from grader.service.standing import Class, Line
from grader.service.student import Csrf, at_assignment
from grader.service.tables import (
    CourseAssignment,
    Edition,
    Inquiry,
    MarkRow,
    Member,
    Person,
    Published,
    Upload,
)
from grader.service.web import RowId, Service, Viewer, guard_form, not_found, page, service_of, signed_in, to
from rubric.schema import Rubric

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Held:
    """Marks of an assignment while its row is locked: others wait, and then see what was written."""

    session: Session
    store: CourseStore
    uploads: Mapping[str, Upload]

    def given(self) -> Sequence[Mark]:
        return [m for _, m in standing.marks_of(self.session, self.store.at.assignment.id)]

    def enter(self, new: Sequence[Mark]) -> None:
        at, now = self.store.at, self.store.now
        for mark in new:
            self.session.add(
                MarkRow(
                    assignment_id=at.assignment.id,
                    upload_id=self.uploads[mark.submission].id,
                    by=at.member.person_id,
                    at=now,
                    mark=mark.model_dump_json().encode("utf-8", "replace"),
                )
            )
            on = {"check": mark.check, "upload": mark.submission}
            gave = Said("{points:g} points for {check}, {upload}", {**on, "points": mark.points or 0.0})
            record.event(
                self.session,
                at.course.id,
                at.member.person_id,
                "marked",
                Said("taken back: {check}, {upload}", on) if mark.points is None else gave,
                now,
            )


@dataclass(slots=True)
class CourseStore:
    """The database as a desk's store, for one request."""

    held: Service
    at: Attendee
    rubric: Rubric
    now: datetime
    _members: Class | None = None

    @property
    def problem(self) -> str:
        """Marks are in the database at once: there is nothing that could lag."""
        return ""

    def later(self, *submissions: str) -> None:
        """Nothing follows a mark: whoever looks next sees it."""

    @property
    def members(self) -> Class:
        """The students whom this assistant works with, who have a report."""
        if self._members is None:
            section = self.at.member.section if self.at.member.role == "assistant" else ""
            with self.held.database.reading() as session:
                self._members = self.held.reports.unmarked(session, self.at.assignment, self.rubric, section)
        return self._members

    def students(self) -> Mapping[str, StoredReport]:
        return {id: StoredReport(x.report, id) for id, x in self.members.lines.items() if x.report}

    def _line(self, id: str) -> Line | None:
        return self.members.lines.get(id)

    def notebook(self, id: str) -> tuple[tuple[Cell, ...], tuple[Output, ...]]:
        line = self._line(id)
        if line is None or line.run is None or line.run.notebook is None:
            return (), ()
        cells, outputs = self.held.reports.notebook(line.run.notebook)
        return cells, outputs or ()

    def lookalikes(self) -> Sequence[Alike]:
        """What was found when a teacher last had the class compared, of those who are here still."""
        return table.read(self._alike()) or ()

    def _alike(self) -> Path:
        own = self.at.member.section if self.at.member.role == "assistant" else ""
        return of_section(folder(self.held.place, self.at.assignment.id), own)

    def given(self) -> Sequence[Mark]:
        with self.held.database.reading() as session:
            return [m for _, m in standing.marks_of(session, self.at.assignment.id)]

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        uploads = {x.upload.name: x.upload for x in self.members.lines.values() if x.upload is not None}
        with self.held.database.writing() as session:
            session.scalar(
                select(CourseAssignment.id)
                .where(CourseAssignment.id == self.at.assignment.id)
                .with_for_update()
            )
            yield _Held(session, self, uploads)

    def report_page(self, id: str) -> str | None:
        """The student's page as it would be published now."""
        line = self._line(id)
        if line is None or line.upload is None or line.run is None or line.report is None:
            return None
        with self.held.database.reading() as session:
            given = standing.marks_of(session, self.at.assignment.id)
        mine = [mark for upload_id, mark in given if upload_id == line.upload.id]
        marked = standing.marked(line, mine, self.rubric)
        submission, outputs = standing.notebook_of(self.held.reports, marked, line.run)
        return to_html(marked, submission, standing.own_rubric(self.rubric, line.dates, line.late), outputs)

    def lookalikes_page(self) -> str | None:
        try:
            return (self._alike() / SIDE_BY_SIDE).read_text("utf-8")
        except OSError:
            return None


def store_of(request: Request, slug: str, me: Viewer, action: rules.Action = "mark") -> CourseStore:
    """The desk's store of an assignment for somebody who may mark there; else 404."""
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, action)
        edition = session.get(Edition, at.assignment.edition_id)
        assert edition is not None
    return CourseStore(held, at, held.rubric(edition.sha256), held.now())


def _seat(request: Request) -> Seat:
    me = signed_in(request)
    store = store_of(request, str(request.path_params["slug"]), me)
    home = f"/teach/{store.at.assignment.slug}" if store.at.member.role == "teacher" else "/"
    return Seat(Desk(store, store.rubric, _author(store, me), store.members.read), store, home)


def _author(store: CourseStore, me: Viewer) -> str:
    """The name that marks bear; with the number where two who mark have the same name."""
    with store.held.database.reading() as session:
        same = session.scalar(
            select(Person.id)
            .join(Member, Member.person_id == Person.id)
            .where(Member.course_id == store.at.course.id, Member.role != "student", Member.left.is_(None))
            .where(Person.name == me.person.name, Person.id != me.id)
            .limit(1)
        )
    return me.person.name if same is None else f"{me.person.name} ({me.id})"


router.include_router(routes(_seat), prefix="/desk/{slug}")


@router.get("/inquiries/{slug}")
def inquiries(request: Request, slug: str) -> Response:
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "answer")
        asked = _asked(session, at)
    return page(
        request,
        "inquiries.html",
        me,
        course=at.course,
        assignment=at.assignment,
        asked=asked,
        teacher=rules.may(at.member.role, "see class"),
    )


def _asked(session: Session, at: Attendee) -> list[tuple[Inquiry, str, str, float]]:
    """What was asked by the students whom this person works with, the open ones first."""
    rows = session.execute(
        select(Inquiry, Person.name, Upload.name, Published.score, Member.section)
        .join(Person, Person.id == Inquiry.person_id)
        .join(Published, Published.id == Inquiry.published_id)
        .join(Upload, Upload.id == Published.upload_id)
        .join(Member, (Member.person_id == Inquiry.person_id) & (Member.course_id == at.course.id))
        .where(Inquiry.assignment_id == at.assignment.id)
        .order_by(Inquiry.answer.is_not(None), Inquiry.id)
    )
    own = at.member.section if at.member.role == "assistant" else ""
    return [(i, n, u, s) for i, n, u, s, section in rows if rules.sees_section(own, section)]


@router.post("/inquiries/{slug}/{id}")
def answer(
    request: Request, slug: str, id: RowId, answer: Annotated[str, Form(max_length=20_000)], csrf: Csrf = ""
) -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    said = record.words(answer, 4000)
    with held.database.writing() as session:
        at = at_assignment(session, slug, me.id, "answer")
        if id not in {i.id for i, *_ in _asked(session, at)}:
            raise not_found()
        found = session.get(Inquiry, id, with_for_update=True, populate_existing=True)
        assert found is not None
        if not said:
            raise HTTPException(422, Said("Write an answer."))
        if found.answer is not None:
            raise HTTPException(
                409, Said("Somebody has just answered this; your answer was not kept. Read theirs.")
            )
        found.answer, found.answered_by, found.answered = said, me.id, held.now()
        record.event(
            session,
            at.course.id,
            me.id,
            "answered",
            Said("question {id}, {slug}", {"id": id, "slug": slug}),
            held.now(),
        )
    return to(f"/inquiries/{slug}#inquiry-{id}")
