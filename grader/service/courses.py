"""Courses, assignments, members and dates as they are in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from grader.models import Said, Value
from grader.service import record, rules
from grader.service.rules import Attempt, Dates
from grader.service.tables import (
    CountingChoice,
    Course,
    CourseAssignment,
    Event,
    Extension,
    Member,
    Person,
    Publication,
    Published,
    Upload,
)

# made once, as whatever each request asks
_STANDING = (
    select(CourseAssignment, Course, Member)
    .join(Course, Course.id == CourseAssignment.course_id)
    .join(Member, Member.course_id == Course.id)
    .where(
        CourseAssignment.slug == bindparam("slug"),
        Member.person_id == bindparam("person"),
        Member.left.is_(None),
    )
)
_LAST_EXTENSION = (
    select(Extension.due)
    .where(Extension.assignment_id == bindparam("assignment"), Extension.person_id == bindparam("person"))
    .order_by(Extension.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person at an assignment."""

    assignment: CourseAssignment
    course: Course
    member: Member


def memberships(session: Session, person_id: int) -> Sequence[tuple[Course, Member]]:
    """The courses that somebody is in."""
    rows = session.execute(
        select(Course, Member)
        .join(Member, Member.course_id == Course.id)
        .where(Member.person_id == person_id, Member.left.is_(None))
        .order_by(Course.id)
    )
    return [(c, m) for c, m in rows]


def member(session: Session, course_id: int, person_id: int) -> Member | None:
    """What somebody is in a course, while they are."""
    return session.scalar(
        select(Member).where(
            Member.course_id == course_id, Member.person_id == person_id, Member.left.is_(None)
        )
    )


def mates(session: Session, of: Member) -> Sequence[Member]:
    """Who hands in together with this student, but for themselves."""
    if not of.team or of.role != "student":
        return []
    return session.scalars(
        select(Member)
        .join(Person, Person.id == Member.person_id)
        .where(
            Member.course_id == of.course_id,
            Member.team == of.team,
            Member.role == "student",
            Member.id != of.id,
            Member.left.is_(None),
            Person.erased.is_(None),
        )
        .order_by(Member.id)
    ).all()


def names_of(session: Session, people: Collection[int]) -> list[str]:
    """Their names, in order."""
    return sorted(session.scalars(select(Person.name).where(Person.id.in_(list(people)))), key=str.casefold)


def standing(session: Session, slug: str, person_id: int) -> Attendee | None:
    """An assignment of a course that this person is in; None for any other."""
    found = session.execute(_STANDING, {"slug": slug, "person": person_id}).one_or_none()
    return None if found is None else Attendee(*found)


def assignments(session: Session, course_id: int) -> Sequence[CourseAssignment]:
    """Of a course, as they are due."""
    found = session.scalars(select(CourseAssignment).where(CourseAssignment.course_id == course_id)).all()
    return sorted(found, key=lambda a: (a.due is None, a.due or a.made, a.id))


def common_dates(assignment: CourseAssignment) -> Dates:
    """The dates of everybody who has no extension."""
    return Dates(assignment.opens, assignment.due, assignment.closes, timedelta(seconds=assignment.grace_s))


def extensions(session: Session, assignment_id: int) -> Mapping[int, Extension]:
    """Person → the extension that counts."""
    rows = session.scalars(
        select(Extension).where(Extension.assignment_id == assignment_id).order_by(Extension.id)
    )
    last = {e.person_id: e for e in rows}
    return {who: e for who, e in last.items() if e.due is not None}


def dates_of(session: Session, assignment: CourseAssignment, person_id: int) -> Dates:
    """The dates of one person."""
    last = session.execute(_LAST_EXTENSION, {"assignment": assignment.id, "person": person_id}).first()
    return common_dates(assignment).extended(None if last is None else last.due)


def uploads_of(session: Session, assignment_id: int, person_id: int) -> Sequence[Upload]:
    """All attempts of one person, the newest first."""
    return session.scalars(
        select(Upload)
        .where(Upload.assignment_id == assignment_id, Upload.person_id == person_id)
        .order_by(Upload.number.desc())
    ).all()


def chosen_by(session: Session, assignment_id: int) -> Mapping[int, int | None]:
    """Person → the attempt that was chosen last."""
    rows = session.scalars(
        select(CountingChoice)
        .where(CountingChoice.assignment_id == assignment_id)
        .order_by(CountingChoice.id)
    )
    return {c.person_id: c.upload_id for c in rows}


def counting(session: Session, assignment_id: int) -> Mapping[int, Upload]:
    """Person → the attempt that counts, of everybody who handed in."""
    chosen = chosen_by(session, assignment_id)
    every: dict[int, list[Upload]] = {}
    for upload in session.scalars(select(Upload).where(Upload.assignment_id == assignment_id)):
        every.setdefault(upload.person_id, []).append(upload)
    found = {}
    for person, uploads in every.items():
        id = rules.counting([Attempt(u.id, u.number) for u in uploads], chosen.get(person))
        found[person] = next(u for u in uploads if u.id == id)
    return found


def counts_of(session: Session, assignment_id: int, uploads: Sequence[Upload]) -> int | None:
    """Which of one person's attempts counts."""
    if not uploads:
        return None
    last = session.scalar(
        select(CountingChoice)
        .where(
            CountingChoice.assignment_id == assignment_id, CountingChoice.person_id == uploads[0].person_id
        )
        .order_by(CountingChoice.id.desc())
        .limit(1)
    )
    attempts = [Attempt(u.id, u.number) for u in uploads]
    return rules.counting(attempts, None if last is None else last.upload_id)


def choose(session: Session, at: Attendee, upload: Upload | None, by: int, whose: int, now: datetime) -> None:
    """Say which attempt counts; None: the last one again."""
    session.add(
        CountingChoice(
            assignment_id=at.assignment.id,
            person_id=whose,
            upload_id=None if upload is None else upload.id,
            by=by,
            at=now,
        )
    )
    last = Said("the last attempt, {slug}", {"slug": at.assignment.slug})
    on = last if upload is None else record.attempt(upload.number, at.assignment.slug)
    record.event(session, at.course.id, by, "chose", on, now)


def published_of(session: Session, assignment_id: int, person_id: int) -> Published | None:
    """What one student was given last, unless it was withdrawn."""
    last = given_last(session, assignment_id, person_id)
    return None if last is None or last.withdrawn is not None else last


def given_last(session: Session, assignment_id: int, person_id: int) -> Published | None:
    """What one student was given last, also if it was withdrawn."""
    return session.scalar(
        select(Published)
        .where(Published.assignment_id == assignment_id, Published.person_id == person_id)
        .order_by(Published.id.desc())
        .limit(1)
    )


def published_to(session: Session, assignment_id: int) -> Mapping[int, Published]:
    """Person → what they were given last, unless it was withdrawn."""
    rows = session.scalars(
        select(Published).where(Published.assignment_id == assignment_id).order_by(Published.id)
    )
    last = {p.person_id: p for p in rows}
    return {who: p for who, p in last.items() if p.withdrawn is None}


def publication_time(session: Session, published: Published) -> datetime:
    """When it was given out."""
    found = session.get(Publication, published.publication_id)
    assert found is not None
    return found.at


def roster(session: Session, course_id: int) -> Sequence[tuple[Member, Person]]:
    """Everybody in a course, by name."""
    return _by_name(session, course_id, Member.left.is_(None))


def former(session: Session, course_id: int) -> Sequence[tuple[Member, Person]]:
    """Who was removed from a course, by name; what they handed in is still there."""
    return _by_name(session, course_id, Member.left.is_not(None))


def _by_name(session: Session, course_id: int, which: ColumnElement[bool]) -> Sequence[tuple[Member, Person]]:
    rows = session.execute(
        select(Member, Person)
        .join(Person, Person.id == Member.person_id)
        .where(Member.course_id == course_id, which, Person.erased.is_(None))
    )
    return sorted(((m, p) for m, p in rows), key=lambda r: (r[1].name.casefold(), r[1].id))


def last_seen(session: Session, people: Collection[int]) -> Mapping[int, datetime]:
    """When each last signed in, of those who ever did."""
    rows = session.execute(
        select(Event.by, func.max(Event.at))
        .where(Event.what == "signed in", Event.by.in_(people))
        .group_by(Event.by)
    )
    return {by: at for by, at in rows if by is not None}


def named_in(session: Session, told: Iterable[tuple[Said, Said]]) -> Mapping[tuple[str, Value], str]:
    """(`person` or `upload`, its number) → a name that a reader knows, for all that these sentences name."""
    values = [on.values for _, on in told]
    people = {v["person"] for v in values if isinstance(v.get("person"), int)}
    uploads = {v["upload"] for v in values if isinstance(v.get("upload"), str)}
    named: dict[tuple[str, Value], str] = {}
    for id, name in session.execute(
        select(Person.id, Person.name).where(Person.id.in_(people), Person.erased.is_(None))
    ):
        named["person", id] = f"{name} ({id})"
    for upload, name in session.execute(
        select(Upload.name, Person.name)
        .join(Person, Person.id == Upload.person_id)
        .where(Upload.name.in_(uploads), Person.erased.is_(None))
    ):
        named["upload", upload] = f"{name} ({upload})"
    return named


def extend(
    session: Session, at: Attendee, person_id: int, due: datetime | None, reason: str, by: int, now: datetime
) -> None:
    """A due date of one's own, or (None) none any more."""
    session.add(
        Extension(
            assignment_id=at.assignment.id,
            person_id=person_id,
            due=due,
            reason=record.line(reason, 300),
            by=by,
            at=now,
        )
    )
    whose: dict[str, Value] = {"person": person_id, "slug": at.assignment.slug}
    on = Said("person {person}, {slug}: taken back", whose)
    if due is not None:
        on = Said("person {person}, {slug}: until {due}", {**whose, "due": due.isoformat()})
    record.event(session, at.course.id, by, "extended", on, now)
