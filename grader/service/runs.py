"""The queue, in the database: what is to be run, who runs it, what came of it.

An upload enters with its runs in one transaction, so none is ever without. Whoever runs one holds it by a
lease; when the lease runs out (the worker died) it is anybody's again. A run that took three workers down,
the last time alone, is stuck: our fault, no score, and a person is told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from grader.service import record, rules
from grader.service.tables import CourseAssignment, Edition, Run, Upload

Kind = Literal["check", "grade"]

LEASE = timedelta(seconds=20)
MAX_TRIES = 3
CHECK, GRADE, AGAIN, SUPERSEDED = 0, 1, 5, 9
"""priorities: the lower, the sooner"""
OWN = Upload.assignment_id == bindparam("assignment"), Upload.person_id == bindparam("person")
"""which uploads are a person's at an assignment"""
_SUPERSEDE = (
    update(Run)
    .where(Run.state == "queued", Run.priority < SUPERSEDED, Run.upload_id.in_(select(Upload.id).where(*OWN)))
    .values(priority=SUPERSEDED)
    .execution_options(synchronize_session=False)
)
# whoever takes an edition over holds the assignment's row: who comes meanwhile waits, and sees the new one
_EDITION = (
    select(CourseAssignment.edition_id)
    .where(CourseAssignment.id == bindparam("assignment"))
    .with_for_update(read=True, key_share=True)
)
_CHECKS = (
    select(Run.queued)
    .join(Upload, Upload.id == Run.upload_id)
    .where(*OWN, Run.kind == "check", Run.state != "stuck", Run.queued > bindparam("after"))
)


@dataclass(frozen=True, slots=True)
class Held:
    """A run that a worker took up. alone: it has failed before, so nothing else runs beside it."""

    id: int
    kind: str
    upload_id: int
    edition_id: int
    alone: bool


def enqueue(session: Session, upload: Upload, assignment: CourseAssignment, now: datetime) -> None:
    """The runs of a new upload: graded always, checked while the hour's checks last.

    What the same person has waiting from before goes to the end of the line.
    """
    if upload.number > 1:
        session.execute(_SUPERSEDE, {"assignment": assignment.id, "person": upload.person_id})
    edition = _edition(session, assignment)
    made = [_queued(upload.id, edition, "grade", GRADE, now)]
    if next_check(session, assignment, upload.person_id, now) is None:
        made.append(_queued(upload.id, edition, "check", CHECK, now))
    session.execute(insert(Run), made)


def _edition(session: Session, assignment: CourseAssignment) -> int:
    """The edition that counts now: an assignment that was read before may have another meanwhile."""
    return session.scalars(_EDITION, {"assignment": assignment.id}).one()


def _queued(upload_id: int, edition_id: int, kind: Kind, priority: int, now: datetime) -> dict[str, object]:
    """A row: nobody asks for the run at once, and a row costs less than an object."""
    return {
        "upload_id": upload_id,
        "edition_id": edition_id,
        "kind": kind,
        "state": "queued",
        "priority": priority,
        "tries": 0,
        "queued": now,
        "message": "",
    }


def next_check(
    session: Session, assignment: CourseAssignment, person_id: int, now: datetime
) -> datetime | None:
    """When this person may have the next self-check: None for now. Failures of ours do not count."""
    whose = {"assignment": assignment.id, "person": person_id, "after": now - rules.HOUR}
    asked = session.scalars(_CHECKS, whose).all()
    return rules.next_check(assignment.checks, asked, now)


def ask_check(session: Session, upload: Upload, assignment: CourseAssignment, now: datetime) -> bool:
    """A self-check for an upload that has none yet, if the hour's checks allow it."""
    if run_of(session, upload.id, assignment.edition_id, "check") is not None:
        return True
    if next_check(session, assignment, upload.person_id, now) is not None:
        return False
    session.execute(insert(Run), [_queued(upload.id, assignment.edition_id, "check", CHECK, now)])
    return True


def ask_grade(session: Session, upload_ids: Collection[int], edition_id: int, now: datetime) -> int:
    """Grade these uploads under an edition, those that are not yet; how many are new in the queue."""
    known = set(
        session.scalars(select(Run.upload_id).where(Run.edition_id == edition_id, Run.kind == "grade")).all()
    )
    new = [id for id in sorted(set(upload_ids)) if id not in known]
    if new:
        session.execute(insert(Run), [_queued(id, edition_id, "grade", AGAIN, now) for id in new])
    return len(new)


def run_of(session: Session, upload_id: int, edition_id: int, kind: Kind) -> Run | None:
    """The run of an upload under an edition."""
    return session.scalar(
        select(Run).where(Run.upload_id == upload_id, Run.edition_id == edition_id, Run.kind == kind)
    )


def runs_of(session: Session, upload_ids: Sequence[int], kind: Kind, edition_id: int) -> dict[int, Run]:
    """Upload → its run under an edition."""
    rows = session.scalars(
        select(Run).where(Run.kind == kind, Run.edition_id == edition_id, Run.upload_id.in_(list(upload_ids)))
    )
    return {r.upload_id: r for r in rows}


def _free(now: datetime) -> ColumnElement[bool]:
    """What anybody may take: what waits, or is held by a lease that is over or of a clock that jumped."""
    over = or_(Run.lease < now, Run.lease > now + 4 * LEASE)
    return or_(Run.state == "queued", and_(Run.state == "running", over))


def take(session: Session, worker: str, now: datetime, *, busy: bool) -> Held | None:
    """The next run for this worker, held by it from now on. busy: it has others in hand."""
    query = select(Run).where(_free(now)).order_by(Run.priority, Run.id).limit(1)
    if busy:
        query = query.where(Run.tries < MAX_TRIES - 1)
    run = session.scalar(query.with_for_update(skip_locked=True))
    if run is None:
        return None
    if run.tries >= MAX_TRIES:
        stick(run, "three workers were lost over it", now)
        return None
    run.tries += 1
    run.state, run.worker, run.lease = "running", worker, now + LEASE
    run.started = run.started or now
    return Held(run.id, run.kind, run.upload_id, run.edition_id, alone=run.tries >= MAX_TRIES)


def renew(session: Session, worker: str, held: Collection[int], now: datetime) -> None:
    """This worker is still at work on these."""
    session.execute(
        update(Run)
        .where(Run.id.in_(list(held)), Run.worker == worker, Run.state == "running")
        .values(lease=now + LEASE)
    )


def release(session: Session, workers: Collection[str] | None, now: datetime) -> int:
    """Workers are gone: what they had in hand is anybody's at once. None: every worker. How many runs."""
    query = update(Run).where(Run.state == "running").values(state="queued", worker=None, lease=None)
    if workers is not None:
        query = query.where(Run.worker.in_(list(workers)))
    found = session.execute(query)
    return int(getattr(found, "rowcount", 0))


def give_back(session: Session, worker: str, id: int, now: datetime) -> None:
    """A run that is stopped in order, by no fault of anybody: it waits again, and no try is counted."""
    run = session.get(Run, id)
    if run is not None and run.worker == worker and run.state == "running":
        run.state, run.worker, run.lease = "queued", None, None
        run.tries = max(0, run.tries - 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. state: done, unreadable, or failed (our fault). result, notebook: blobs."""

    state: str
    message: str = ""
    result: str | None = None
    notebook: str | None = None


def finish(session: Session, worker: str, id: int, outcome: Outcome, now: datetime) -> bool:
    """Note what came of a run. False where it was not this worker's any more: another's result stands."""
    run = session.get(Run, id, with_for_update=True)
    if run is None or run.worker != worker or run.state != "running":
        return False
    message = record.line(outcome.message, 300)
    if outcome.state == "failed":
        if run.tries >= MAX_TRIES:
            stick(run, message, now)
        else:
            run.state, run.worker, run.lease, run.message = "queued", None, None, message
        return True
    run.state, run.message, run.finished, run.lease = outcome.state, message, now, None
    run.result, run.notebook = outcome.result, outcome.notebook
    return True


def stick(run: Run, why: str, now: datetime) -> None:
    """Our fault, after all tries: no score, and it shows on the teacher's page and in the metrics."""
    run.state, run.finished, run.lease, run.worker = "stuck", now, None, None
    run.message = run.message or why[:300]


def unstick(session: Session, ids: Collection[int], now: datetime) -> None:
    """Try again what was stuck."""
    session.execute(
        update(Run)
        .where(Run.id.in_(list(ids)), Run.state == "stuck")
        .values(state="queued", tries=0, message="", queued=now, started=None, finished=None)
    )


@dataclass(frozen=True, slots=True)
class Queue:
    """How the queue stands. oldest: seconds that the oldest waiting run has waited."""

    queued: int
    running: int
    stuck: int
    oldest: float


def queue(session: Session, now: datetime, assignment_id: int | None = None) -> Queue:
    """How the queue stands, for all or for one assignment."""
    counts = (
        select(Run.state, func.count(), func.min(Run.queued))
        .where(Run.state.in_(("queued", "running", "stuck")))
        .group_by(Run.state)
    )
    if assignment_id is not None:
        counts = counts.join(Edition, Edition.id == Run.edition_id).where(
            Edition.assignment_id == assignment_id
        )
    rows = {state: (n, first) for state, n, first in session.execute(counts)}
    waiting = [first for state, (_, first) in rows.items() if state in ("queued", "running")]
    oldest = max((now - t).total_seconds() for t in waiting) if waiting else 0.0
    return Queue(
        rows.get("queued", (0, now))[0],
        rows.get("running", (0, now))[0],
        rows.get("stuck", (0, now))[0],
        max(0.0, oldest),
    )


def nothing_to_take(session: Session, now: datetime) -> bool:
    """Whether no run waits, as far as a look tells."""
    return session.scalar(select(Run.id).where(_free(now)).limit(1)) is None


def latest_check(session: Session, upload_id: int) -> Run | None:
    """The self-check of an upload; of a newer edition, where there are several."""
    return session.scalar(
        select(Run).where(Run.upload_id == upload_id, Run.kind == "check").order_by(Run.id.desc()).limit(1)
    )


def hurry(session: Session, upload_id: int, assignment: CourseAssignment, now: datetime) -> None:
    """What counts from now on is graded, also if it was put to the end of the line or has no run yet.

    A regrade asks for the attempts that count then, so the others have no run under its edition.
    """
    ask_grade(session, [upload_id], _edition(session, assignment), now)
    session.execute(
        update(Run)
        .where(Run.upload_id == upload_id, Run.kind == "grade", Run.priority == SUPERSEDED)
        .values(priority=GRADE)
    )
