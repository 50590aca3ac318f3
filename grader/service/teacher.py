"""What teachers do: look at the class, set dates, extend, invite, publish, regrade, export, audit, erase."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from grader.errors import UsageError
from grader.handback.spreadsheet import to_xlsx
from grader.lookalikes.table import TABLE
from grader.models import Report, Said, verbatim
from grader.report import to_csv
from grader.report.changes import Change, compare
from grader.service import (
    accounts,
    alike,
    courses,
    erasing,
    exports,
    founding,
    pages,
    publish,
    record,
    rules,
    runs,
    standing,
)
from grader.service.courses import Attendee
from grader.service.finding import KINDS, Wanted, says
from grader.service.openid import public
from grader.service.publish import ChangedError
from grader.service.refusal import RefusedError
from grader.service.rules import Dates
from grader.service.signin import absolute
from grader.service.standing import Line
from grader.service.student import Csrf, at_assignment
from grader.service.tables import Course, CourseAssignment, Edition, Event, Inquiry, Member, Person, Run
from grader.service.web import (
    RowId,
    Service,
    Viewer,
    guard_form,
    not_found,
    page,
    service_of,
    signed_in,
    to,
    tongue,
)
from rubric.schema import Rubric

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=2000)]
Query = Annotated[str, FromQuery(max_length=100)]
_EVENTS = 500
_COLUMNS = re.compile(r"[;\t]")
_YEARS = range(2000, 2200)
_ROLES = rules.ROLES


@dataclass(frozen=True, slots=True)
class Counts:
    """The class in numbers. mean: of the final scores, None where there is none."""

    students: int
    handed_in: int
    in_work: int
    open: int
    graded: int
    unreadable: int
    stuck: int
    published: int
    mean: float | None


def count(found: Sequence[Line]) -> Counts:
    """The numbers above the table."""
    states = [x.state for x in found]
    scores = [
        x.report.score for x in found if x.state == "graded" and x.report and x.report.score is not None
    ]
    return Counts(
        students=len(found),
        handed_in=sum(x.upload is not None for x in found),
        in_work=states.count("waits") + states.count("runs"),
        open=states.count("open"),
        graded=states.count("graded"),
        unreadable=states.count("unreadable"),
        stuck=states.count("stuck"),
        published=sum(x.published is not None for x in found),
        mean=sum(scores) / len(scores) if scores else None,
    )


def rubric_of(session: Session, held: Service, edition_id: int) -> Rubric:
    """The rubric of an edition."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise not_found()
    return held.rubric(edition.sha256)


@router.get("/teach/{slug}")
def class_page(
    request: Request, slug: str, show: Query = "", section: Query = "", find: Query = ""
) -> Response:
    held, me = service_of(request), signed_in(request)
    now = held.now()
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "see class")
        rubric = rubric_of(session, held, at.assignment.edition_id)
        found = held.reports.seen(session, at.assignment, rubric)
        queue = runs.queue(session, now, at.assignment.id)
        asked = session.scalar(
            select(func.count())
            .select_from(Inquiry)
            .where(Inquiry.assignment_id == at.assignment.id, Inquiry.answer.is_(None))
        )
    wanted, due = Wanted(show, section, find), at.assignment.due
    return page(
        request,
        "class.html",
        me,
        course=at.course,
        assignment=at.assignment,
        at="class",
        address=public(request, f"/a/{slug}"),
        shown=[x for x in found if x in wanted],
        wanted=wanted,
        kinds=KINDS.items(),
        sections=sorted({x.member.section for x in found if x.member.section}),
        left=due - now if due and now < due else None,
        counts=count(found),
        queue=queue,
        asked=asked or 0,
        workers=held.workers(),
        phase=courses.common_dates(at.assignment).phase(now),
        rubric=rubric,
        compared=_compared(held, at.assignment),
        comparing=_comparing(held, at.assignment),
        platforms=exports.NAMES,
    )


def _compared(held: Service, assignment: CourseAssignment) -> datetime | None:
    """When the code of the class was last compared."""
    try:
        written = (alike.of_section(alike.folder(held.place, assignment.id), "") / TABLE).stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(written, UTC)


def _comparing(held: Service, assignment: CourseAssignment) -> bool:
    running = held.comparing.get(assignment.id)
    return running is not None and running.poll() is None


@router.post("/teach/{slug}/lookalikes")
def compare_code(request: Request, slug: str, csrf: Csrf = "") -> Response:
    """Have the code of the class compared, for people to read; it goes on while one does other things."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "see class")
        rubric = rubric_of(session, held, at.assignment.edition_id)
        found = standing.lines(session, held.reports, at.assignment, rubric, by_hand=False)
    uploads = {
        x.upload.name: alike.Coded(
            id=x.upload.name, name=x.person.name, section=x.member.section, notebook=x.run.notebook
        )
        for x in found
        if x.upload is not None and x.run is not None and x.run.notebook is not None
    }
    if not _comparing(held, at.assignment):
        held.comparing[at.assignment.id] = alike.start(
            alike.SearchRequest(
                blobs=held.place.blobs,
                to=alike.folder(held.place, at.assignment.id),
                language=rubric.language,
                uploads=tuple(uploads.values()),
            )
        )
    return to(f"/teach/{slug}#lookalikes")


@router.post("/teach/{slug}/again")
def try_again(request: Request, slug: str, csrf: Csrf = "") -> Response:
    """Queue again what is stuck."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        at = at_assignment(session, slug, me.id, "regrade")
        stuck = session.scalars(
            select(Run.id)
            .join(Edition, Edition.id == Run.edition_id)
            .where(Edition.assignment_id == at.assignment.id, Run.state == "stuck")
        ).all()
        runs.unstick(session, stuck, held.now())
        record.event(
            session,
            at.course.id,
            me.id,
            "tried again",
            Said("runs: {n}, {slug}", {"n": len(stuck), "slug": slug}),
            held.now(),
        )
    return to(f"/teach/{slug}")


# --------------------------------------------------------------------------------------------- dates


def parse_time(given: str, zone: str) -> datetime | None:
    """A time as a form gives it, in a zone; None for nothing. Raises `RefusedError`."""
    if not given.strip():
        return None
    try:
        moment = datetime.fromisoformat(given.strip())
        if moment.year not in _YEARS:
            raise ValueError("no year of a course")
    except ValueError as error:
        raise RefusedError(Said("This is no time; expected one as 2026-06-09T14:25.")) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=pages.zone(zone))).astimezone(UTC)


def _field(moment: datetime | None, zone: str) -> str:
    """A time as a form's field shows it."""
    return "" if moment is None else moment.astimezone(pages.zone(zone)).strftime("%Y-%m-%dT%H:%M")


def _typed(given: str, shown: datetime | None, zone: str) -> datetime | None:
    """A field's time. Left as it was shown it is that very moment: no field says seconds, nor which of the
    two hours of an autumn's night. Raises `RefusedError`."""
    return shown if given == _field(shown, zone) else parse_time(given, zone)


@router.get("/teach/{slug}/dates")
def dates_page(request: Request, slug: str) -> Response:
    return _dates(request, slug, signed_in(request))


def _dates(
    request: Request, slug: str, me: Viewer, wrong: Said | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "set dates")
        people = [(m, p) for m, p in courses.roster(session, at.course.id) if m.role == "student"]
        extensions = courses.extensions(session, at.assignment.id)
    return page(
        request,
        "dates.html",
        me,
        status=422 if wrong else 200,
        course=at.course,
        assignment=at.assignment,
        at="dates",
        local=lambda moment: _field(moment, at.course.zone),
        typed=typed or {},
        people=people,
        extensions=[(p, extensions[p.id]) for _, p in people if p.id in extensions],
        wrong=wrong,
    )


class DatesForm(BaseModel):
    """The form of dates. grace: minutes; checks: self-checks an hour."""

    opens: Annotated[str, Field(max_length=40)] = ""
    due: Annotated[str, Field(max_length=40)] = ""
    closes: Annotated[str, Field(max_length=40)] = ""
    grace: Annotated[int, Field(ge=0, le=10_080)] = 0
    checks: Annotated[int, Field(ge=0, le=1000)] = 6
    csrf: Annotated[str, Field(max_length=200)] = ""


@router.post("/teach/{slug}/dates")
def set_dates(
    request: Request,
    slug: str,
    sent: Annotated[DatesForm, Form()],
) -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, sent.csrf)
    try:
        with held.database.writing() as session:
            at = at_assignment(session, slug, me.id, "set dates")
            zone = at.course.zone
            dates = Dates(
                _typed(sent.opens, at.assignment.opens, zone),
                _typed(sent.due, at.assignment.due, zone),
                _typed(sent.closes, at.assignment.closes, zone),
                timedelta(minutes=sent.grace),
            )
            founding.set_dates(session, at.assignment, dates, sent.checks, me.id, held.now())
    except RefusedError as error:
        return _dates(request, slug, me, error.said, {"form": "dates", **sent.model_dump(mode="json")})
    return to(f"/teach/{slug}/dates#done")


@router.post("/teach/{slug}/extensions")
def extend(
    request: Request,
    slug: str,
    person: Annotated[RowId, Form()],
    due: Text = "",
    reason: Text = "",
    csrf: Csrf = "",
) -> Response:
    """A later due date for one person; without a date it is taken back."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    try:
        with held.database.writing() as session:
            at = at_assignment(session, slug, me.id, "extend")
            member = courses.member(session, at.course.id, person)
            if member is None or member.role != "student":
                raise not_found()
            moment = parse_time(due, at.course.zone)
            if moment is not None and (at.assignment.due is None or moment <= at.assignment.due):
                raise RefusedError(Said("An extension ends after the due date."))
            courses.extend(session, at, person, moment, reason, me.id, held.now())
    except RefusedError as error:
        typed = {"form": "extensions", "person": str(person), "until": due, "reason": reason}
        return _dates(request, slug, me, error.said, typed)
    return to(f"/teach/{slug}/dates#done")


# ----------------------------------------------------------------------------------------- publishing


@router.get("/teach/{slug}/publish")
def preview_page(request: Request, slug: str) -> Response:
    return _preview(request, slug, signed_in(request))


def _preview(request: Request, slug: str, me: Viewer, problem: Said | None = None) -> Response:
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "publish")
        rubric = rubric_of(session, held, at.assignment.edition_id)
        found = standing.lines(session, held.reports, at.assignment, rubric)
        seen, now = publish.preview(found), held.now()
        out = publish.out(session, at.assignment.id)
    if not (seen.give or seen.wait):
        problem = None  # a second click: all of it is done
    return page(
        request,
        "publish.html",
        me,
        status=409 if problem else 200,
        course=at.course,
        assignment=at.assignment,
        at="publish",
        preview=seen,
        out=len(out.reports),
        early=sum(
            x.dates.phase(now) in ("before", "open", "grace") and x.dates.due is not None for x in found
        ),
        problem=problem,
    )


@router.post("/teach/{slug}/publish")
def publish_now(
    request: Request, slug: str, seen: Annotated[str, Form(max_length=64)], csrf: Csrf = ""
) -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "publish")
        rubric = rubric_of(session, held, at.assignment.edition_id)
    try:
        publish.publish(
            held.database,
            held.blobs,
            held.reports,
            at.assignment,
            rubric,
            publish.PublishRequest(seen, me.id),
            held.now(),
        )
    except ChangedError:
        said = Said("Something changed meanwhile; nothing was given out. Look again.")
        return _preview(request, slug, me, said)
    return to(f"/teach/{slug}/publish#done")


@router.get("/teach/{slug}/withdraw")
def withdrawal_page(request: Request, slug: str) -> Response:
    return _withdrawal(request, slug, signed_in(request))


def _withdrawal(request: Request, slug: str, me: Viewer, problem: Said | None = None) -> Response:
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "publish")
        out = publish.out(session, at.assignment.id)
    if not out.reports:
        problem = None  # a second click: all of it is done
    status = 409 if problem else 200
    values = {"assignment": at.assignment, "at": "publish", "out": out, "problem": problem}
    return page(request, "withdraw.html", me, status=status, course=at.course, **values)


@router.post("/teach/{slug}/withdraw")
def withdraw(
    request: Request,
    slug: str,
    seen: Annotated[str, Form(max_length=64)],
    person: Annotated[RowId, Form()] = 0,
    csrf: Csrf = "",
) -> Response:
    """Hide reports again. person: whose; 0: everybody's."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    try:
        withdrawn(held, me, slug, seen, person or None)
    except ChangedError:
        said = Said("Something changed meanwhile; nothing was withdrawn. Look again.")
        return _withdrawal(request, slug, me, said)
    return to(f"/teach/{slug}/publish")


def withdrawn(held: Service, me: Viewer, slug: str, seen: str, person: int | None) -> int:
    """Withdraw what was given out; of how many. 404 for whoever may not. Raises `ChangedError`."""
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "publish")
    asked = publish.PublishRequest(seen, me.id)
    return publish.withdraw(held.database, at.assignment, asked, person, held.now())


# ----------------------------------------------------------------------------------------- regrading


@router.get("/teach/{slug}/regrade")
def regrade_page(request: Request, slug: str, edition: RowId = 0) -> Response:
    """What another edition would change: whose marks move, and why."""
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "regrade")
        every = standing.editions(session, at.assignment.id)
        other = next((e for e in every if e.id == edition and e.id != at.assignment.edition_id), None)
        now = standing.lines(
            session, held.reports, at.assignment, rubric_of(session, held, at.assignment.edition_id)
        )
        then: list[Line] = []
        if other is not None:
            rubric = held.rubric(other.sha256)
            then = standing.lines(session, held.reports, at.assignment, rubric, edition_id=other.id)
    asked = [x for x in then if x.upload is not None and x.run is not None]
    missing = [x for x in then if x.upload is not None and x.report is None]
    return page(
        request,
        "regrade.html",
        me,
        course=at.course,
        assignment=at.assignment,
        at="regrade",
        editions=every,
        other=other,
        asked=len(asked),
        missing=len(missing),
        handed_in=sum(x.upload is not None for x in now),
        changes=_changes(now, then),
    )


def _changes(now: Sequence[Line], then: Sequence[Line]) -> list[tuple[Line, Change]]:
    before = {x.person.id: x.report for x in now}
    found = []
    for line in then:
        if line.report is not None:
            change = compare(line.person.name, before.get(line.person.id), line.report)
            if change is not None:
                found.append((line, change))
    return found


@router.post("/teach/{slug}/regrade")
def regrade(request: Request, slug: str, edition: Annotated[RowId, Form()], csrf: Csrf = "") -> Response:
    """Grade by another edition, beside what counts."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        at = at_assignment(session, slug, me.id, "regrade")
        other = _edition(session, at, edition)
        uploads = [u.id for u in courses.counting(session, at.assignment.id).values()]
        new = runs.ask_grade(session, uploads, other.id, held.now())
        record.event(
            session,
            at.course.id,
            me.id,
            "regraded",
            Said(
                "uploads: {n}, {slug} by edition {version}",
                {"n": new, "slug": slug, "version": other.version},
            ),
            held.now(),
        )
    return to(f"/teach/{slug}/regrade?edition={edition}")


@router.post("/teach/{slug}/take-over")
def take_over(request: Request, slug: str, edition: Annotated[RowId, Form()], csrf: Csrf = "") -> Response:
    """From now on this edition counts; what was given out stays until it is published again."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        at = at_assignment(session, slug, me.id, "regrade")
        session.scalar(
            select(CourseAssignment.id).where(CourseAssignment.id == at.assignment.id).with_for_update()
        )
        other = _edition(session, at, edition)
        found = standing.lines(
            session, held.reports, at.assignment, held.rubric(other.sha256), edition_id=other.id
        )
        if any(x.upload is not None and x.report is None for x in found):
            raise HTTPException(409, Said("Not everybody is graded by this edition yet; wait for it."))
        at.assignment.edition_id = other.id
        record.event(
            session, at.course.id, me.id, "took over", record.edition(other.version, slug), held.now()
        )
    return to(f"/teach/{slug}")


def _edition(session: Session, at: Attendee, id: int) -> Edition:
    found = session.get(Edition, id)
    if found is None or found.assignment_id != at.assignment.id:
        raise not_found()
    return found


# ------------------------------------------------------------------------------------------- exports


def class_of(held: Service, me: Viewer, slug: str, what: str) -> tuple[CourseAssignment, Rubric, list[Line]]:
    """A class that leaves the service, as of now. what: in which form, for the audit."""
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "export")
        rubric = rubric_of(session, held, at.assignment.edition_id)
        found = standing.lines(session, held.reports, at.assignment, rubric)
    with held.database.writing() as session:
        on = Said("{what}, {slug}", {"what": what, "slug": slug})
        record.event(session, at.course.id, me.id, "exported", on, held.now())
    return at.assignment, rubric, found


def grades(held: Service, me: Viewer, slug: str, what: str) -> tuple[list[Report], Rubric]:
    """The reports of everybody who has one."""
    _, rubric, found = class_of(held, me, slug, what)
    return [x.report for x in found if x.report is not None], rubric


@router.get("/teach/{slug}/grades.csv")
def grades_csv(request: Request, slug: str) -> Response:
    data = to_csv(*grades(service_of(request), signed_in(request), slug, "CSV"))
    return attachment(data.encode("utf-8", "replace"), "text/csv", f"{slug}.csv")


@router.get("/teach/{slug}/grades.xlsx")
def grades_xlsx(request: Request, slug: str) -> Response:
    found, rubric = grades(service_of(request), signed_in(request), slug, "Excel")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return attachment(to_xlsx(found, rubric), kind, f"{slug}.xlsx")


@router.post("/teach/{slug}/export")
def export_for_platform(
    request: Request,
    slug: str,
    to: Text = "",
    title: Text = "",
    listing: Annotated[UploadFile | None, File()] = None,
    csrf: Csrf = "",
) -> Response:
    """What was published, for a learning platform. listing: its own file, to be filled in."""
    me = signed_in(request)
    guard_form(me, csrf)
    return made_export(request, slug, me, to, title, listing)


def made_export(
    request: Request, slug: str, me: Viewer, to: str, title: str, listing: UploadFile | None
) -> Response:
    """The archive; 422 for a platform or a listing that is none."""
    held = service_of(request)
    if to not in exports.FORMATS:
        raise HTTPException(422, Said("Choose a platform."))
    assignment, rubric, found = class_of(held, me, slug, to)
    given = None
    if listing is not None and listing.filename:
        given = exports.PlatformFile(record.line(listing.filename, 200), listing.file.read())
    try:
        data = exports.export(to, found, held.blobs, rubric, title or assignment.title, given)
    except UsageError as error:
        raise HTTPException(422, verbatim(str(error))) from error
    return attachment(data, "application/zip", f"{slug}-{to}.zip")


def attachment(data: bytes, kind: str, name: str) -> Response:
    """A file to be kept. name: ours, from the assignment's address."""
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


# -------------------------------------------------------------------------------------------- people


def at_course(session: Session, slug: str, person_id: int, action: rules.Action) -> tuple[Course, Member]:
    """A course in which this person may do this; else 404."""
    course = session.scalar(select(Course).where(Course.slug == slug))
    member = None if course is None else courses.member(session, course.id, person_id)
    if course is None or member is None or not rules.may(member.role, action):
        raise not_found()
    return course, member


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was just made; shown once."""

    name: str
    address: str


@router.get("/course/{slug}/roster")
def roster_page(request: Request, slug: str, find: Query = "") -> Response:
    return _roster(request, slug, signed_in(request), find=find)


def _roster(
    request: Request,
    slug: str,
    me: Viewer,
    links: Sequence[Link] = (),
    wrong: Said | None = None,
    find: str = "",
    there: int = 0,
) -> Response:
    held = service_of(request)
    with held.database.reading() as session:
        course, _ = at_course(session, slug, me.id, "see roster")
        people, former = courses.roster(session, course.id), courses.former(session, course.id)
        open_links = founding.links_of(session, course.id)
        seen = courses.last_seen(session, [p.id for _, p in people])
    roles = [m.role for m, _ in people]
    return page(
        request,
        "roster.html",
        me,
        status=422 if wrong else 200,
        course=course,
        people=people,
        shown=[(m, p) for m, p in people if says(find, p.name, m.number, m.section, m.team)],
        former=[(m, p) for m, p in former if says(find, p.name, m.number, m.section, m.team)],
        find=find,
        numbers={role: roles.count(role) for role in _ROLES},
        seen=seen,
        unseen=sum(p.id not in seen for _, p in people),
        links=links,
        open_links=[x for x in open_links if x.expires > held.now()],
        roles=_ROLES,
        key=accounts.fresh(),
        wrong=wrong,
        there=there,
    )


@router.post("/course/{slug}/people")
def add_people(
    request: Request,
    slug: str,
    people: Annotated[str, Form(max_length=100_000)],
    role: Text = "student",
    section: Text = "",
    csrf: Csrf = "",
    key: Text = "",
) -> Response:
    """Make a link for each line: `name`, or `name; number; section; team`. The form sent again: the same.

    A table's columns may stand there as they are pasted. Whose number is in the course is left as they are.
    """
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    wanted = [
        [record.line(p, 120) for p in _COLUMNS.split(line)] for line in people.splitlines() if line.strip()
    ]
    if not wanted or role not in _ROLES:
        return _roster(request, slug, me, wrong=Said("Write at least one name."))
    links, there = [], 0
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        session.scalar(select(Course.id).where(Course.id == course.id).with_for_update())
        numbers = {m.number for m, _ in courses.roster(session, course.id) if m.number}
        for n, (name, *rest) in enumerate(wanted):
            secret = accounts.of_form(key, n)
            known = accounts.invited(session, secret, held.now())
            if known is not None and known.person is not None:
                links.append(Link(known.person.name, absolute(request, secret)))
                continue
            number, where, team, *_ = *rest, "", "", ""
            if number in numbers:
                there += 1
                continue
            numbers |= {number} - {""}
            place = founding.MemberPlace.of(where or section, number, team)
            by = founding.By(me.id, secret)
            person, _ = founding.add_member(session, course, name, role, place, held.now(), by)
            links.append(Link(person.name, absolute(request, secret)))
    return _roster(request, slug, me, links, there=there)


@router.post("/course/{slug}/links")
def course_link(request: Request, slug: str, section: Text = "", csrf: Csrf = "") -> Response:
    """A link for everybody: whoever follows it is a student and names themselves."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        where = record.line(section, 60)
        secret = accounts.invite(session, course.id, "student", held.now(), section=where)
        record.event(session, course.id, me.id, "invited", record.by_course_link(), held.now())
    return _roster(request, slug, me, [Link("", absolute(request, secret))])


@router.post("/course/{slug}/links/end")
def end_course_links(request: Request, slug: str, csrf: Csrf = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        accounts.revoke_links(session, course.id, None, held.now())
        record.event(session, course.id, me.id, "ended", Said("the links of the course"), held.now())
    return to(f"/course/{slug}/roster")


def _other(session: Session, course: Course, person: int) -> tuple[Member, Person]:
    found = _ever(session, course, person)
    if found[0].left is not None:
        raise not_found()
    return found


def _ever(session: Session, course: Course, person: int) -> tuple[Member, Person]:
    """Somebody who is in the course, or was removed from it."""
    member = session.scalar(select(Member).where(Member.course_id == course.id, Member.person_id == person))
    found = session.get(Person, person)
    if member is None or found is None or found.erased is not None:
        raise not_found()
    return member, found


@router.post("/course/{slug}/people/{person}/link")
def new_link(request: Request, slug: str, person: RowId, csrf: Csrf = "") -> Response:
    """A new link for somebody; the ones before end."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        member, found = _other(session, course, person)
        accounts.revoke_links(session, course.id, person, held.now())
        secret = accounts.invite(session, course.id, member.role, held.now(), person_id=person)
        record.event(session, course.id, me.id, "made a link", record.person(person), held.now())
    return _roster(request, slug, me, [Link(found.name, absolute(request, secret))])


class MemberForm(BaseModel):
    """What somebody is in a course. name: "" leaves it."""

    name: Annotated[str, Field(max_length=2000)] = ""
    role: Annotated[str, Field(max_length=20)] = "student"
    section: Annotated[str, Field(max_length=2000)] = ""
    number: Annotated[str, Field(max_length=2000)] = ""
    team: Annotated[str, Field(max_length=2000)] = ""
    csrf: Annotated[str, Field(max_length=200)] = ""


@router.post("/course/{slug}/people/{person}")
def change_member(
    request: Request, slug: str, person: RowId, sent: Annotated[MemberForm, Form()]
) -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, sent.csrf)
    role = sent.role
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        member, found = _other(session, course, person)
        if role not in _ROLES or (person == me.id and role != "teacher"):
            raise HTTPException(
                409, Said("A teacher can’t make themselves something else; another teacher can.")
            )
        place = founding.MemberPlace.of(sent.section, sent.number, sent.team)
        member.role, member.section, member.number, member.team = role, *astuple(place)
        found.name = record.line(sent.name, 120) or found.name
        record.event(session, course.id, me.id, "changed", record.person(person, role), held.now())
    return to(f"/course/{slug}/roster#person-{person}")


@router.post("/course/{slug}/people/{person}/remove")
def remove_member(request: Request, slug: str, person: RowId, csrf: Csrf = "") -> Response:
    """They are not in the course any more; what they handed in stays until it is erased, or they return."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        member, _found = _other(session, course, person)
        if person == me.id:
            raise HTTPException(
                409, Said("A teacher can’t make themselves something else; another teacher can.")
            )
        member.left = held.now()
        record.event(session, course.id, me.id, "removed", record.person(person), held.now())
    return to(f"/course/{slug}/roster")


@router.post("/course/{slug}/people/{person}/return")
def take_in_again(request: Request, slug: str, person: RowId, csrf: Csrf = "") -> Response:
    """Who was removed is in the course again, with all that they had."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        course, _ = at_course(session, slug, me.id, "invite")
        member, _found = _ever(session, course, person)
        member.left = None
        record.event(session, course.id, me.id, "added", record.person(person, member.role), held.now())
    return to(f"/course/{slug}/roster#person-{person}")


@router.post("/course/{slug}/people/{person}/erase")
def erase_person(request: Request, slug: str, person: RowId, sure: Text = "", csrf: Csrf = "") -> Response:
    """Delete all that there is of somebody. sure: their name, typed."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.reading() as session:
        course, _ = at_course(session, slug, me.id, "erase")
        member, found = _ever(session, course, person)
        if member.role != "student" or record.line(sure, 200) != found.name:
            raise HTTPException(409, Said("Type the student’s name as it stands there; nothing was deleted."))
    erasing.erase(held.database, held.place, person, me.id, held.now())
    held.reports.forget()
    alike.forget(held.place)
    return to(f"/course/{slug}/roster")


@router.get("/course/{slug}/audit")
def audit_page(request: Request, slug: str, what: Query = "") -> Response:
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        course, _ = at_course(session, slug, me.id, "audit")
        members = select(Member.person_id).where(Member.course_id == course.id)
        theirs = and_(Event.by.in_(members), Event.what != "signed in")
        rows = session.execute(
            select(Event, Person.name)
            .outerjoin(Person, Person.id == Event.by)
            .where(or_(Event.course_id == course.id, and_(Event.course_id.is_(None), theirs)))
            .where(*([Event.what == what] if what else []))
            .order_by(Event.id.desc())
            .limit(_EVENTS)
        ).all()
        told = [record.told(e) for e, _ in rows]
        named = courses.named_in(session, told)
    spoken = tongue(request, me, course.language)
    events = [
        (e, name, did, record.readable(on, named, lambda t: pages.when(t, spoken, course.zone)))
        for (e, name), (did, on) in zip(rows, told, strict=True)
    ]
    return page(
        request,
        "audit.html",
        me,
        course=course,
        events=events,
        most=_EVENTS,
        kinds=record.WHAT.items(),
        wanted=what,
    )
