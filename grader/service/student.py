"""What students do: hand in, read what was found, choose an attempt, read the report, ask again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from grader.models import Said, verbatim
from grader.service import courses, record, rules, runs, shown, uploads
from grader.service.accounts import fresh
from grader.service.courses import Attendee
from grader.service.refusal import RefusedError
from grader.service.rules import Dates
from grader.service.shown import ShownAttempt
from grader.service.tables import Course, CourseAssignment, Edition, Inquiry, Member, Published, Upload
from grader.service.uploads import Expected, Receipt, Sent
from grader.service.web import (
    SANDBOX,
    TOO_LONG,
    Service,
    Viewer,
    began_at,
    guard_form,
    not_found,
    page,
    service_of,
    signed_in,
    to,
    tongue,
)
from grader.words.speech import speech

router = APIRouter(include_in_schema=False)
Csrf = Annotated[str, Form(max_length=200)]
SLOWEST = timedelta(minutes=15)
"""so long an upload may be on its way, and counts from when it began"""
_AROUND = 2**20
"""bytes of a request beside its files, at most"""
OPEN_QUESTIONS = 5
"""of one person about one report"""
AT_ONCE = 20
"""uploads of one person on their way"""


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do at an assignment for whoever teaches it. asked: open questions."""

    students: int
    handed_in: int
    waiting: int
    asked: int


@dataclass(frozen=True, slots=True)
class Row:
    """An assignment on the first page."""

    assignment: CourseAssignment
    dates: Dates
    phase: rules.Phase
    attempts: int
    published: Published | None
    work: Work | None = None


@router.get("/")
def home(request: Request) -> Response:
    held, me = service_of(request), signed_in(request)
    shown_courses: list[tuple[Course, Member, list[Row]]] = []
    with held.database.reading() as session:
        now = held.now()
        for course, member in courses.memberships(session, me.id):
            rows = []
            for assignment in courses.assignments(session, course.id):
                dates = courses.dates_of(session, assignment, me.id)
                rows.append(
                    Row(
                        assignment,
                        dates,
                        dates.phase(now),
                        len(courses.uploads_of(session, assignment.id, me.id)),
                        courses.published_of(session, assignment.id, me.id),
                        _work(session, held, assignment, member),
                    )
                )
            shown_courses.append((course, member, rows))
    first = shown_courses[0][0] if shown_courses else None
    return page(request, "home.html", me, course=first, courses=shown_courses, may=rules.may, now=now)


def _work(session: Session, held: Service, assignment: CourseAssignment, member: Member) -> Work | None:
    if not rules.may(member.role, "mark"):
        return None
    edition = session.get(Edition, assignment.edition_id)
    assert edition is not None
    own = member.section if member.role == "assistant" else ""
    found = [
        x
        for x in held.reports.seen(session, assignment, held.rubric(edition.sha256))
        if rules.sees_section(own, x.member.section)
    ]
    asking = session.scalars(
        select(Inquiry.person_id).where(Inquiry.assignment_id == assignment.id, Inquiry.answer.is_(None))
    ).all()
    theirs = {x.person.id for x in found}
    return Work(
        students=len(found),
        handed_in=sum(x.upload is not None for x in found),
        waiting=sum(x.state == "open" for x in found),
        asked=sum(p in theirs for p in asking),
    )


def at_assignment(session: Session, slug: str, person_id: int, action: rules.Action) -> Attendee:
    """Where this person stands at an assignment. 404 for whoever has nothing to do there."""
    return _allowed(courses.standing(session, slug, person_id), action)


def _allowed(found: Attendee | None, action: rules.Action) -> Attendee:
    if found is None or not rules.may(found.member.role, action):
        raise not_found()
    return found


def own_upload(session: Session, name: str, person_id: int) -> tuple[Upload, Attendee]:
    """An upload of this person's; 404 for anybody else's."""
    upload = session.scalar(select(Upload).where(Upload.name == name, Upload.person_id == person_id))
    assignment = None if upload is None else session.get(CourseAssignment, upload.assignment_id)
    if upload is None or assignment is None:
        raise not_found()
    return upload, at_assignment(session, assignment.slug, person_id, "see own")


def attempts(session: Session, held: Service, at: Attendee, person_id: int) -> list[ShownAttempt]:
    """All attempts of one person as they see them, the newest first."""
    every = courses.uploads_of(session, at.assignment.id, person_id)
    counts = courses.counts_of(session, at.assignment.id, every)
    dates = courses.dates_of(session, at.assignment, person_id)
    return [attempt(session, held, at, u, dates, counts) for u in every]


def attempt(
    session: Session, held: Service, at: Attendee, upload: Upload, dates: Dates, counts: int | None
) -> ShownAttempt:
    run = runs.latest_check(session, upload.id)
    result = held.blobs.get(run.result) if run is not None and run.result else None
    return shown.attempt(
        upload,
        uploads.files_of(session, upload),
        late=dates.late(upload.began),
        counts=upload.id == counts,
        check=shown.check(run, result),
    )


@router.get("/a/{slug}")
def assignment_page(request: Request, slug: str) -> Response:
    """What students see; whoever teaches comes to their own page by the link that students have."""
    return _assignment(request, slug)


def _assignment(request: Request, slug: str, status: int = 200, problem: Said | None = None) -> Response:
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        now = held.now()
        found = courses.standing(session, slug, me.id)
        if problem is None and found is not None and rules.may(found.member.role, "see class"):
            return to(f"/teach/{slug}")
        if problem is None and found is not None and rules.may(found.member.role, "mark"):
            return to(f"/desk/{slug}/")
        at = _allowed(found, "see own")
        dates = courses.dates_of(session, at.assignment, me.id)
        mine = attempts(session, held, at, me.id)
        given = courses.given_last(session, at.assignment.id, me.id)
        published = None if given is None or given.withdrawn is not None else given
        asked = session.scalars(
            select(Inquiry)
            .where(Inquiry.assignment_id == at.assignment.id, Inquiry.person_id == me.id)
            .order_by(Inquiry.id)
        ).all()
        check_at = runs.next_check(session, at.assignment, me.id, now)
    return page(
        request,
        "assignment.html",
        me,
        status=status,
        course=at.course,
        assignment=at.assignment,
        dates=dates,
        phase=dates.phase(now),
        now=now,
        extended=dates.due != at.assignment.due,
        attempts=mine,
        published=published,
        withdrawn=given.withdrawn if given else None,
        inquiries=asked,
        may_choose=rules.may_choose(dates, now, published is not None),
        check_at=check_at,
        key=fresh(),
        problem=problem,
        waits=bool(mine) and mine[0].check.state in ("waits", "runs"),
    )


@router.post("/a/{slug}/uploads")
async def hand_in(request: Request, slug: str) -> Response:
    """Take an upload from the page's form; who sends the same form again gets the same receipt."""
    try:
        receipt = await take(request, slug, signed_in, form=True)
    except RefusedError as refused:
        if refused.status == 403:
            raise
        return await run_in_threadpool(_refused, request, slug, refused)
    return to(f"/u/{receipt.upload.name}")


def _refused(request: Request, slug: str, refused: RefusedError) -> Response:
    return _assignment(request, slug, refused.status, refused.said)


async def take(
    request: Request, slug: str, who: Callable[[Request], Viewer], *, form: bool, key: str = ""
) -> Receipt:
    """Read the files of a request and receive them. who: tells who sends it. form: it must be our own."""
    held = service_of(request)
    me, whose = await run_in_threadpool(_expected, request, held, slug, who)
    if held.sending[me.id] >= AT_ONCE:
        raise HTTPException(429, Said("You are sending too many uploads at once; wait for those to end."))
    held.sending[me.id] += 1
    try:
        return await _taken(request, whose, me, form=form, key=key)
    finally:
        held.sending[me.id] -= 1


async def _taken(request: Request, whose: Expected, me: Viewer, *, form: bool, key: str) -> Receipt:
    held = service_of(request)
    try:
        async with asyncio.timeout(SLOWEST.total_seconds()):
            sent = await request.form(max_files=uploads.MAX_FILES + 1, max_fields=20, max_part_size=64 * 1024)
    except TimeoutError:
        raise HTTPException(408, TOO_LONG) from None
    except ClientDisconnect:
        raise HTTPException(
            400, Said("The connection ended before all of it was here; send it again.")
        ) from None
    except StarletteHTTPException as error:
        if error.status_code != 400:
            raise
        raise RefusedError(
            Said(
                "What came could not be read: a file’s name is too long, there are too many files, or the "
                "connection broke."
            ),
            400,
        ) from error
    try:
        if form:
            guard_form(me, str(sent.get("csrf", "")))
        given = str(sent.get("key", ""))
        files = [f for _, f in sent.multi_items() if isinstance(f, UploadFile)]  # whatever a script calls it
        return await run_in_threadpool(_receive, request, held, whose, files, key or given)
    finally:
        await sent.close()


def _expected(
    request: Request, held: Service, slug: str, who: Callable[[Request], Viewer]
) -> tuple[Viewer, Expected]:
    """Whose upload it is; what can't be taken is said at once, before any of it lies on the disk."""
    me = who(request)
    with held.database.reading() as session:
        whose = uploads.expected(session, at_assignment(session, slug, me.id, "hand in"), held.now())
    length, most = request.headers.get("content-length", ""), whose.at.assignment.most
    if length.isdecimal() and int(length) > most + _AROUND:
        raise uploads.too_large(most)
    return me, whose


def _receive(
    request: Request, held: Service, whose: Expected, files: Sequence[UploadFile], key: str
) -> Receipt:
    now = held.now()
    began = min(now, max(began_at(request), now - SLOWEST))
    sent = []
    for file in files:
        with suppress(OSError):
            file.file.seek(0, os.SEEK_END)
        size = file.file.tell()
        file.file.seek(0)
        sent.append(Sent(file.filename or "", file.file, size))
    return uploads.receive(held.database, held.blobs, whose, sent, key, began, now)


@router.get("/u/{name}")
def receipt(request: Request, name: str) -> Response:
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        now = held.now()
        upload, at = own_upload(session, name, me.id)
        dates = courses.dates_of(session, at.assignment, me.id)
        every = courses.uploads_of(session, at.assignment.id, me.id)
        counts = courses.counts_of(session, at.assignment.id, every)
        one = attempt(session, held, at, upload, dates, counts)
        same = next((u.number for u in every if u.sha256 == upload.sha256 and u.number < upload.number), None)
        check_at = runs.next_check(session, at.assignment, me.id, now)
        published = courses.published_of(session, at.assignment.id, me.id)
        sender = courses.names_of(session, [upload.sent_by] if upload.sent_by else [])
        mates = courses.names_of(session, uploads.also_for(session, upload))
    return page(
        request,
        "receipt.html",
        me,
        course=at.course,
        assignment=at.assignment,
        attempt=one,
        same_as=same,
        sender=sender[0] if sender else "",
        mates=mates,
        dates=dates,
        check_at=check_at,
        may_choose=rules.may_choose(dates, now, published is not None),
        chosen=next((u.number for u in every if u.id == counts), None),
        waits=one.check.state in ("waits", "runs"),
        phase=dates.phase(now),
    )


@router.get("/u/{name}/files/{number}")
def own_file(request: Request, name: str, number: int) -> Response:
    """A file as it was handed in, to be kept and not shown: what is in it must not run here."""
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        upload, _ = own_upload(session, name, me.id)
        files = uploads.files_of(session, upload)
    if not 0 <= number < len(files):
        raise not_found()
    return download(held, files[number].sha256, files[number].name)


def download(held: Service, sha256: str, name: str) -> Response:
    """Bytes that a student made, to be kept and not shown."""
    return Response(
        held.blobs.get(sha256),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'))}",
            "Content-Security-Policy": SANDBOX,
        },
    )


@router.post("/u/{name}/choose")
def choose(request: Request, name: str, csrf: Csrf = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        now = held.now()
        upload, at = own_upload(session, name, me.id)
        dates = courses.dates_of(session, at.assignment, me.id)
        published = courses.published_of(session, at.assignment.id, me.id)
        if not rules.may_choose(dates, now, published is not None):
            raise HTTPException(403, Said("Which attempt counts can't be changed any more."))
        courses.choose(session, at, upload, me.id, me.id, now)
        runs.hurry(session, upload.id, at.assignment, now)
    return to(f"/a/{at.assignment.slug}")


@router.post("/u/{name}/check")
def ask_check(request: Request, name: str, csrf: Csrf = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        upload, at = own_upload(session, name, me.id)
        if not runs.ask_check(session, upload, at.assignment, held.now()):
            raise HTTPException(429, Said("You have had this hour’s self-checks; ask again later."))
    return to(f"/u/{name}")


@router.get("/a/{slug}/report")
def report(request: Request, slug: str) -> Response:
    """The published report: a page that was made then, shown without scripts and as nobody's origin."""
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "see own")
        published = courses.published_of(session, at.assignment.id, me.id)
    if published is None:
        raise not_found()
    back = speech(tongue(request, me, at.course.language))("Back to the assignment")
    link = f'<p class="tools"><a href="/a/{quote(slug)}">← {back}</a></p>'
    # only here: the same page also goes to platforms, from which this address leads nowhere
    made = held.blobs.get(published.page).replace(b"<header>", b"<header>" + link.encode(), 1)
    return Response(made, media_type="text/html", headers={"Content-Security-Policy": SANDBOX})


@router.post("/a/{slug}/inquiries")
def ask_again(
    request: Request, slug: str, text: Annotated[str, Form(max_length=20_000)], csrf: Csrf = ""
) -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    said = record.words(text, 4000)
    with held.database.writing() as session:
        at = at_assignment(session, slug, me.id, "ask again")
        published = courses.published_of(session, at.assignment.id, me.id)
        if published is None:
            raise not_found()
        if not said:
            raise HTTPException(422, Said("Say what should be looked at again."))
        enter_inquiry(session, at, published, said, held.now())
    return to(f"/a/{slug}#inquiries")


def enter_inquiry(session: Session, at: Attendee, published: Published, said: str, now: datetime) -> None:
    """Note a question about a report; the same words twice, as of a form sent twice, are one."""
    whose = at.member.person_id
    known = session.scalar(
        select(Inquiry).where(
            Inquiry.published_id == published.id, Inquiry.text == said, Inquiry.answer.is_(None)
        )
    )
    if known is not None:
        return
    open_ones = select(func.count()).where(Inquiry.published_id == published.id, Inquiry.answer.is_(None))
    if (session.scalar(open_ones) or 0) >= OPEN_QUESTIONS:
        raise RefusedError(Said("Wait until your questions are answered, then ask further ones."), 409)
    session.add(
        Inquiry(
            assignment_id=at.assignment.id,
            person_id=whose,
            published_id=published.id,
            text=said,
            at=now,
            answer=None,
            answered=None,
            answered_by=None,
        )
    )
    record.event(session, at.course.id, whose, "asked again", verbatim(at.assignment.slug), now)
