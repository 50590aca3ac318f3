"""Takes what a student sends. "Received" is said when it is on the disk and its runs are in the queue."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from grader.errors import StorageError
from grader.models import Said
from grader.service import courses, record, runs
from grader.service.blobs import Blob, Blobs
from grader.service.courses import Attendee
from grader.service.database import Database
from grader.service.opening import may_hold_a_notebook
from grader.service.refusal import RefusedError
from grader.service.rules import Dates
from grader.service.tables import File, Member, Upload

MAX_FILES = 50
MAX_NAME = 200
MAX_KEY = 100
A_DAY = 32
"""times the bytes of one upload: what one person may send within a day, so that nobody fills all's disk"""
# statements of an upload are made once: to make one costs more than to have it answered
_LAST = select(func.max(Upload.number)).where(*runs.OWN)
_EARLIER = select(Upload).where(
    *runs.OWN,
    or_(
        Upload.key.in_(bindparam("keys", expanding=True)),
        Upload.number == _LAST.correlate(None).scalar_subquery(),
    ),
)
_BYTES = select(func.sum(File.size)).where(
    File.upload_id.in_(
        select(Upload.id).where(*runs.OWN, Upload.received > bindparam("after"), Upload.sent_by.is_(None))
    )
)
_THERE = (
    select(Member.id)
    .where(Member.id.in_(bindparam("members", expanding=True)), Member.left.is_(None))
    .order_by(Member.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One file as it came: its name as the sender calls it, and its bytes."""

    name: str
    content: IO[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of an upload before its bytes are here. sent_today: bytes of theirs within a day."""

    at: Attendee
    dates: Dates
    sent_today: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received. again: this very sending was there already."""

    upload: Upload
    files: Sequence[File]
    again: bool


def expected(session: Session, at: Attendee, now: datetime) -> Expected:
    """What to know of an upload of theirs that begins to come now; what mates sent is theirs."""
    whose = {**_whose(at), "after": now - timedelta(days=1)}
    dates = courses.dates_of(session, at.assignment, at.member.person_id)
    return Expected(at, dates, session.scalar(_BYTES, whose) or 0)


def receive(
    database: Database,
    blobs: Blobs,
    whose: Expected,
    sent: Sequence[Sent],
    key: str,
    began: datetime,
    now: datetime,
) -> Receipt:
    """Take one upload. key: the sender's own; the same files with it are the same upload, however often.

    Other files with it are another upload: whoever goes back to a form and chooses again loses nothing.
    began: when it began to come. Raises `RefusedError` for what is not taken, `StorageError`.
    """
    came = _Arrival(record.line(key, MAX_KEY) or secrets.token_urlsafe(16), began, now)
    at = whose.at
    named = _named(sent, at.assignment.most)
    try:
        _timely(whose.dates.takes(began), whose.dates.phase(began))
        _refuse_a_flood(whose.sent_today, sum(s.size for s in named), A_DAY * at.assignment.most)
        with blobs.held():
            return _keep(database, blobs, at, named, came)
    except (RefusedError, StorageError):  # what is there already is confirmed, whatever is refused by now
        if (known := _again(database, at, named, came.key)) is None:
            raise
        return known


@dataclass(frozen=True, slots=True)
class _Arrival:
    """How an upload came: by which key, from when until when."""

    key: str
    began: datetime
    now: datetime


def _again(database: Database, at: Attendee, named: Sequence[Sent], key: str) -> Receipt | None:
    """What came with this key before, if it is these very files."""
    sha256 = together([(s.name, _read(s.content)) for s in named])
    with database.reading() as session:
        return _known(session, _earlier(session, at, key, sha256)[0], sha256)


def _keep(database: Database, blobs: Blobs, at: Attendee, named: Sequence[Sent], came: _Arrival) -> Receipt:
    blobs.refuse_full()
    kept = [(s.name, blobs.put(s.content)) for s in named]
    if not any(may_hold_a_notebook(blobs.path(b.sha256), n) for n, b in kept):
        names = ", ".join(n for n, _ in kept)[:300]
        raise RefusedError(
            Said(
                "There is no notebook among these files: {names}. Hand in the .ipynb itself, or in a zip.",
                {"names": names},
            )
        )
    with database.writing() as session:
        # one upload of a person at a time, also where the database has many writers; a team by its numbers
        mates = courses.mates(session, at.member)
        every = [at.member.id, *(m.id for m in mates)]
        here = session.scalars(_THERE, {"members": every}).all()
        if at.member.id not in here:  # removed or erased while it came
            raise RefusedError(Said("There is nothing here."), 404)
        sha256 = together(kept)
        with_it, last = _earlier(session, at, came.key, sha256)
        if (known := _known(session, with_it, sha256)) is not None:
            return known
        if any(upload.key == came.key for upload in with_it):
            came = replace(came, key=_other(came.key, sha256))
        mine = _enter(session, at, kept, came, last + 1)
        for mate in (m for m in mates if m.id in here):
            # of their own: their dates, which attempt counts, their marks and their report are theirs alone
            own = replace(at, member=mate)
            number = (session.scalar(_LAST, _whose(own)) or 0) + 1
            _enter(session, own, kept, replace(came, key=_of_team(mine.upload)), number, at.member)
        return mine


def _refuse_a_flood(so_far: int, size: int, most: int) -> None:
    if so_far + size > most:
        raise RefusedError(
            Said(
                "You have handed in {n} MB within a day; at most {most} MB are taken. All that was received "
                "is kept. Hand in smaller files, or tomorrow.",
                {"n": so_far >> 20, "most": most >> 20},
            ),
            429,
        )


def _timely(taken: bool, phase: str) -> None:
    if not taken and phase == "before":
        raise RefusedError(Said("This assignment is not open yet."), 403)
    if not taken:
        raise RefusedError(Said("This assignment is closed; nothing can be handed in any more."), 403)


def _whose(at: Attendee) -> dict[str, int]:
    return {"assignment": at.assignment.id, "person": at.member.person_id}


def _earlier(session: Session, at: Attendee, key: str, sha256: str) -> tuple[Sequence[Upload], int]:
    """What came with a key before (the first of it, and these very files); the number of the last upload."""
    keys = [key, _other(key, sha256)]
    found = session.scalars(_EARLIER, {**_whose(at), "keys": keys}).all()
    return [u for u in found if u.key in keys], max((u.number for u in found), default=0)


def _known(session: Session, with_it: Sequence[Upload], sha256: str) -> Receipt | None:
    found = next((upload for upload in with_it if upload.sha256 == sha256), None)
    return None if found is None else Receipt(found, files_of(session, found), again=True)


def _other(key: str, sha256: str) -> str:
    """What is kept as the key of further files that came with the same one."""
    return f"{key} {sha256}"


def _read(content: IO[bytes]) -> Blob:
    content.seek(0)
    digest = hashlib.sha256()
    while chunk := content.read(1 << 20):
        digest.update(chunk)
    size = content.tell()
    content.seek(0)
    return Blob(digest.hexdigest(), size)


def too_large(most: int) -> RefusedError:
    """What is said of files that are larger than they may be together."""
    return RefusedError(
        Said("These files are too large; at most {most} MB go together.", {"most": most >> 20}), 413
    )


def _named(sent: Sequence[Sent], most: int) -> Sequence[Sent]:
    """The files by the names that they are kept by."""
    sent = [s for s in sent if s.name or s.size]
    if not sent:
        raise RefusedError(Said("Choose a notebook first; no file came."))
    if len(sent) > MAX_FILES:
        raise RefusedError(
            Said("These are {n} files; at most {most} go together.", {"n": len(sent), "most": MAX_FILES})
        )
    if sum(s.size for s in sent) > most:
        raise too_large(most)
    named: dict[str, Sent] = {}
    for one in sent:
        # a browser's folder, a path of another system: the last part is the file's name
        name = record.line(one.name.replace("\\", "/").rstrip("/").rpartition("/")[2], MAX_NAME * 20)
        if name in ("", ".", ".."):
            raise RefusedError(Said("A file came without a name."))
        if len(name.encode()) > MAX_NAME:
            raise RefusedError(Said("A file's name is too long: {name}…", {"name": name[:40]}))
        if name in named:
            raise RefusedError(Said("Two files have the same name: {name}", {"name": name}))
        named[name] = replace(one, name=name)
    if not any(s.size for s in sent):
        raise RefusedError(Said("What came is empty."))
    return list(named.values())


def _enter(
    session: Session,
    at: Attendee,
    kept: Sequence[tuple[str, Blob]],
    came: _Arrival,
    number: int,
    sender: Member | None = None,
) -> Receipt:
    whose, assignment = at.member.person_id, at.assignment
    upload = Upload(
        name=secrets.token_hex(8),
        assignment_id=assignment.id,
        person_id=whose,
        number=number,
        key=came.key,
        sha256=together(kept),
        began=came.began,
        received=came.now,
        sent_by=None if sender is None else sender.person_id,
    )
    session.add(upload)
    session.flush()
    runs.enqueue(session, upload, assignment, came.now)
    files = [File(upload_id=upload.id, name=n, size=b.size, sha256=b.sha256) for n, b in kept]
    session.add_all(files)
    if sender is None:
        which = record.attempt(number, assignment.slug)
        record.event(session, at.course.id, whose, "handed in", which, came.now)
    session.flush()
    return Receipt(upload, files, again=False)


def together(kept: Sequence[tuple[str, Blob]]) -> str:
    """The digest of an upload: of one file, that file's own; of several, of their names and digests."""
    if len(kept) == 1:
        return kept[0][1].sha256
    lines = "".join(f"{b.sha256}  {n}\n" for n, b in sorted(kept))
    return hashlib.sha256(lines.encode("utf-8", "replace")).hexdigest()


def files_of(session: Session, upload: Upload) -> Sequence[File]:
    """The files of an upload, as they were named."""
    return session.scalars(select(File).where(File.upload_id == upload.id).order_by(File.id)).all()


def also_for(session: Session, upload: Upload) -> Sequence[int]:
    """For whom else of the team its sender handed it in: their numbers."""
    return session.scalars(
        select(Upload.person_id).where(
            Upload.assignment_id == upload.assignment_id,
            Upload.key == _of_team(upload),
            Upload.sent_by == upload.person_id,
        )
    ).all()


def _of_team(upload: Upload) -> str:
    """The key under which the others of a team have it."""
    return f"team {upload.name}"
