"""Makes what is set up by command: courses, assignments from folders, people with links."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import StorageError, UsageError
from grader.models import Said
from grader.service import accounts, record, rules
from grader.service.database import Database
from grader.service.place import DataFolder
from grader.service.refusal import RefusedError
from grader.service.rules import Dates
from grader.service.tables import Course, CourseAssignment, Edition, Event, Invitation, Member, Person
from grader.words.speech import languages

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


def slug(given: str) -> str:
    """What stands in addresses. Raises `UsageError`."""
    if not _SLUG.fullmatch(given):
        raise UsageError(f"{given!r} can't stand in an address; use a-z, 0-9 and -, at most 60")
    return given


def slug_of(rubric: str) -> str:
    """An assignment's address, where nobody names another. Raises `UsageError`."""
    return slug(re.sub(r"[^a-z0-9]+", "-", rubric.lower()).strip("-"))


def add_course(session: Session, name: str, title: str, language: str, zone: str, now: datetime) -> Course:
    """A new course. Raises `UsageError` for a name that is taken or a zone that nobody knows."""
    if session.scalar(select(Course).where(Course.slug == slug(name))) is not None:
        raise UsageError(f"there is a course {name} already")
    if language not in languages():
        raise UsageError(f"{language!r} is no language of ours; use {', '.join(languages())}")
    if zone not in available_timezones():
        raise UsageError(f"{zone!r} is no time zone; use one as Europe/Berlin")
    course = Course(slug=name, title=record.line(title, 200) or name, language=language, zone=zone, made=now)
    session.add(course)
    session.flush()
    record.event(session, course.id, None, "made", Said("course {name}", {"name": name}), now)
    return course


def course_named(session: Session, name: str | None) -> Course:
    """A course by its name; None: the only one. Raises `UsageError`."""
    every = session.scalars(select(Course).order_by(Course.id)).all()
    if name is None and len(every) == 1:
        return every[0]
    found = next((c for c in every if c.slug == name), None)
    if found is None:
        names = ", ".join(c.slug for c in every) or "none; make one with grader course add"
        raise UsageError(f"name a course with --course, one of these: {names}")
    return found


@dataclass(frozen=True, slots=True)
class MemberPlace:
    """Where somebody is in a course, as it was typed. team: who has the same hands in together."""

    section: str = ""
    number: str = ""
    team: str = ""

    @classmethod
    def of(cls, section: str = "", number: str = "", team: str = "") -> MemberPlace:
        """Made fit to be kept."""
        return cls(record.line(section, 60), record.line(number, 60), record.line(team, 60))


@dataclass(frozen=True, slots=True)
class By:
    """Who invites. person_id None: a command. secret: of the link; None: a new one."""

    person_id: int | None = None
    secret: str | None = None


def add_member(
    session: Session,
    course: Course,
    name: str,
    role: str,
    place: MemberPlace,
    now: datetime,
    by: By = By(),
) -> tuple[Person, str]:
    """Somebody with a role, and the secret of their link."""
    if role not in rules.ROLES:
        raise UsageError(f"{role!r} is no role; use {', '.join(rules.ROLES)}")
    person = accounts.add_person(session, name, now)
    member = accounts.enrol(session, course.id, person.id, role)
    member.section, member.number, member.team = place.section, place.number, place.team
    secret = accounts.invite(session, course.id, role, now, person_id=person.id, secret=by.secret)
    record.event(session, course.id, by.person_id, "invited", record.person(person.id, role), now)
    return person, secret


def first_teacher(session: Session, now: datetime) -> str | None:
    """While no teacher has ever signed in: a course if there is none, and the secret of a teacher's link."""
    signed = (
        select(Member.id)
        .join(Event, Event.by == Member.person_id)
        .where(Member.role == "teacher", Event.what == "signed in")
        .limit(1)
    )
    teacher = session.scalar(select(Member).where(Member.role == "teacher").order_by(Member.id).limit(1))
    if teacher is not None and session.scalar(signed) is not None:
        return None
    if teacher is None:
        course = session.scalar(select(Course).order_by(Course.id).limit(1)) or add_course(
            session, "course", "Course", "en", "Europe/Berlin", now
        )
        _, secret = add_member(session, course, "Teacher", "teacher", MemberPlace(), now)
        return secret
    accounts.revoke_links(session, teacher.course_id, teacher.person_id, now)
    return accounts.invite(session, teacher.course_id, "teacher", now, person_id=teacher.person_id)


def links_of(session: Session, course_id: int) -> list[Invitation]:
    """The course's own links that lead somewhere."""
    return list(
        session.scalars(
            select(Invitation).where(
                Invitation.course_id == course_id,
                Invitation.person_id.is_(None),
                Invitation.revoked.is_(None),
            )
        )
    )


@dataclass(frozen=True, slots=True)
class Added:
    """An assignment with the edition that was taken in. fresh: the edition is a new one."""

    assignment: CourseAssignment
    edition: Edition
    fresh: bool
    current: bool


def add_assignment(
    database: Database,
    place: DataFolder,
    folder: str | None,
    course: str | None,
    name: str | None,
    now: datetime,
) -> Added:
    """Take an assignment's folder in: a copy that never changes, and what students may have of it.

    An assignment that is there already gets a further edition; nothing is graded by it before a teacher says
    so. Raises `RubricError`, `UsageError`, `StorageError`.
    """
    from grader.assignment import loading as assignments
    from grader.service.grading import make_release

    loaded = assignments.load(folder)
    assignments.refuse_release(loaded.folder, loaded.rubric)
    rubric = loaded.rubric
    target = place.editions / loaded.sha256
    released = place.editions / f"{loaded.sha256}.release"
    if not target.is_dir():
        _copy(loaded.folder, target)
    if not released.is_dir():
        with tempfile.TemporaryDirectory(dir=place.editions) as made:
            make_release(loaded, Path(made) / "release")
            (Path(made) / "release").rename(released)
    with database.writing() as session:
        home = course_named(session, course)
        at = slug(name) if name else slug_of(rubric.id)
        assignment = session.scalar(select(CourseAssignment).where(CourseAssignment.slug == at))
        if assignment is not None and assignment.course_id != home.id:
            raise UsageError(f"another course has an assignment {at}; give this one a name with --as")
        if assignment is None:
            assignment = CourseAssignment(
                course_id=home.id,
                slug=at,
                title=rubric.title,
                opens=None,
                due=rubric.due,
                closes=None,
                edition_id=0,
                made=now,
            )
            session.add(assignment)
            session.flush()
        edition = session.scalar(
            select(Edition).where(Edition.assignment_id == assignment.id, Edition.sha256 == loaded.sha256)
        )
        fresh = edition is None
        if edition is None:
            edition = Edition(
                assignment_id=assignment.id, sha256=loaded.sha256, version=rubric.version, made=now
            )
            session.add(edition)
            session.flush()
            record.event(session, home.id, None, "added", record.edition(rubric.version, at), now)
        if assignment.edition_id == 0:
            assignment.edition_id = edition.id
        return Added(assignment, edition, fresh, assignment.edition_id == edition.id)


def _copy(source: Path, target: Path) -> None:
    """The folder as it is, whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=target.parent))
        shutil.copytree(
            source,
            made,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".git", ".ipynb_checkpoints"),
        )
        made.chmod(0o755)
        made.rename(target)
    except OSError as error:
        raise StorageError(f"{target} could not be written ({error.strerror or error})") from error


def set_dates(
    session: Session, assignment: CourseAssignment, dates: Dates, checks: int, by: int | None, now: datetime
) -> None:
    """When it may be handed in, and how many self-checks an hour. Raises `RefusedError` for what can't be."""
    ordered: Iterable[tuple[Said, datetime | None, datetime | None]] = (
        (Said("It opens after it is due."), dates.opens, dates.due),
        (Said("It closes before it is due."), dates.due, dates.closes),
        (Said("It opens after it closes."), dates.opens, dates.closes),
    )
    for wrong, first, then in ordered:
        if first is not None and then is not None and first > then:
            raise RefusedError(wrong)
    assignment.opens, assignment.due, assignment.closes = dates.opens, dates.due, dates.closes
    assignment.grace_s = max(0, min(int(dates.grace.total_seconds()), 7 * 86_400))
    assignment.checks = max(0, min(checks, 1000))
    bounds = {"opens": dates.opens, "due": dates.due, "closes": dates.closes}
    said = {name: "–" if moment is None else moment.isoformat() for name, moment in bounds.items()}
    on = Said(
        "{slug}: opens {opens}, due {due}, closes {closes}; grace {grace} min, self-checks an hour: {checks}",
        {**said, "slug": assignment.slug, "grace": assignment.grace_s // 60, "checks": assignment.checks},
    )
    record.event(session, assignment.course_id, by, "set dates", on, now)
