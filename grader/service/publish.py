"""Gives reports out, and withdraws them: everybody who is ready in one transaction, nobody whose points wait.

Students' pages are made before and lie in the blob store; the transaction only says whose they are, after
it has seen that nothing changed since the teacher looked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.models import Said
from grader.report import to_html
from grader.service import courses, record, shown, standing
from grader.service.blobs import Blobs
from grader.service.database import Database
from grader.service.standing import Line, Reports
from grader.service.tables import CourseAssignment, Person, Publication, Published
from rubric.schema import Rubric


class ChangedError(GraderError):
    """Something changed since the preview; nothing was done."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would get what. seen: a digest of all of it."""

    give: Sequence[Line]
    same: Sequence[Line]
    wait: Sequence[Line]
    nothing: Sequence[Line]
    seen: str


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """Who wants it published or withdrawn, and the digest of what they saw."""

    seen: str
    by: int


@dataclass(frozen=True, slots=True)
class _Made:
    line: Line
    page: str
    data: str


def preview(found: Sequence[Line]) -> Preview:
    """Sort a class by what publishing would do for each."""
    return Preview(
        give=[x for x in found if x.ready and x.changed],
        same=[x for x in found if x.ready and not x.changed],
        wait=[x for x in found if not x.ready and x.upload is not None],
        nothing=[x for x in found if x.upload is None],
        seen=standing.digest(found),
    )


def publish(
    database: Database,
    blobs: Blobs,
    reports: Reports,
    assignment: CourseAssignment,
    rubric: Rubric,
    asked: PublishRequest,
    now: datetime,
) -> int:
    """Give out what a preview showed, all or nothing; to how many. Raises `ChangedError`."""
    with database.reading() as session:
        shown_then = preview(standing.lines(session, reports, assignment, rubric))
    if shown_then.seen != asked.seen:
        raise ChangedError("Something changed meanwhile; look again.")
    with blobs.held():
        made = [_make(x, blobs, reports, rubric) for x in shown_then.give]
        return _give(database, reports, assignment, rubric, made, asked, now)


def _give(
    database: Database,
    reports: Reports,
    assignment: CourseAssignment,
    rubric: Rubric,
    made: Sequence[_Made],
    asked: PublishRequest,
    now: datetime,
) -> int:
    with database.writing() as session:
        # marks and uploads wait for this row as well, so what is compared here stays so
        held = session.scalar(
            select(CourseAssignment).where(CourseAssignment.id == assignment.id).with_for_update()
        )
        assert held is not None
        if standing.digest(standing.lines(session, reports, held, rubric)) != asked.seen:
            raise ChangedError("Something changed meanwhile; look again.")
        return _enter(session, held, made, asked.by, now)


def _make(line: Line, blobs: Blobs, reports: Reports, rubric: Rubric) -> _Made:
    assert line.report is not None and line.run is not None and line.upload is not None
    submission, outputs = standing.notebook_of(reports, line.report, line.run)
    own = standing.own_rubric(rubric, line.dates, line.late)
    page = to_html(line.report, submission, own, outputs).encode("utf-8", "replace")
    data = json.dumps(shown.graded(line.report, submission, own), ensure_ascii=True).encode()
    return _Made(line, blobs.put(page).sha256, blobs.put(data).sha256)


def _enter(
    session: Session, assignment: CourseAssignment, made: Sequence[_Made], by: int, now: datetime
) -> int:
    publication = Publication(assignment_id=assignment.id, by=by, at=now)
    session.add(publication)
    session.flush()
    for one in made:
        line = one.line
        assert line.report is not None and line.run is not None and line.upload is not None
        assert line.report.score is not None
        session.add(
            Published(
                publication_id=publication.id,
                assignment_id=assignment.id,
                person_id=line.person.id,
                upload_id=line.upload.id,
                run_id=line.run.id,
                marks=line.marks,
                score=line.report.score,
                most=line.report.max_score,
                page=one.page,
                data=one.data,
                handed_back=None,
            )
        )
    record.event(
        session,
        assignment.course_id,
        by,
        "published",
        Said("reports: {n}, {slug}", {"n": len(made), "slug": assignment.slug}),
        now,
    )
    return len(made)


@dataclass(frozen=True, slots=True)
class Out:
    """What students of an assignment have of their grades now, by name. seen: a digest of all of it."""

    reports: Sequence[tuple[Person, Published]]
    seen: str

    @property
    def at_platform(self) -> int:
        """How many of these grades a learning platform has."""
        return sum(p.handed_back is not None for _, p in self.reports)


def out(session: Session, assignment_id: int) -> Out:
    """What could be withdrawn."""
    given = courses.published_to(session, assignment_id)
    people = session.scalars(select(Person).where(Person.id.in_(list(given))))
    reports = [(p, given[p.id]) for p in sorted(people, key=lambda p: (p.name.casefold(), p.id))]
    numbers = " ".join(str(p.id) for p in sorted(given.values(), key=lambda p: p.id))
    return Out(reports, hashlib.sha256(numbers.encode()).hexdigest())


def withdraw(
    database: Database, assignment: CourseAssignment, asked: PublishRequest, whose: int | None, now: datetime
) -> int:
    """Hide again what was given out, of one student or (None) of all; of how many.

    They may get it again by a publication. What a platform has got stays there until then. Raises
    `ChangedError`.
    """
    with database.writing() as session:
        row = select(CourseAssignment.id).where(CourseAssignment.id == assignment.id)
        session.scalar(row.with_for_update())
        given = out(session, assignment.id)
        if given.seen != asked.seen:
            raise ChangedError("Something changed meanwhile; look again.")
        taken = [p for who, p in given.reports if whose in (None, who.id)]
        for one in taken:
            one.withdrawn = now
        if taken:
            on = Said("reports: {n}, {slug}", {"n": len(taken), "slug": assignment.slug})
            if whose is not None:
                on = Said("person {person}, {slug}", {"person": whose, "slug": assignment.slug})
            record.event(session, assignment.course_id, asked.by, "withdrew", on, now)
        return len(taken)
