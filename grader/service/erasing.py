"""Deletes all that there is of a person, in the database and in the blob store."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime

from sqlalchemy import delete, select, union_all
from sqlalchemy.orm import Session

from grader.folder.remove import remove_tree
from grader.service import record
from grader.service.blobs import Blobs
from grader.service.database import Database
from grader.service.place import DataFolder
from grader.service.tables import (
    CountingChoice,
    Extension,
    File,
    Identity,
    Inquiry,
    Invitation,
    Login,
    MarkRow,
    Member,
    Person,
    Published,
    Run,
    SignIn,
    Token,
    Upload,
)


def erase(database: Database, place: DataFolder, person_id: int, by: int | None, now: datetime) -> None:
    """Everything of this student but their number: records, files, and the runs that are kept of anybody.

    The backups that were made before still have it; see docs/service.md.
    """
    with database.writing() as session:
        own = _records(session, person_id, by, now)
    database.settle()
    drop(database, Blobs(place.blobs), own)
    remove_tree(place.kept)  # by what was run and not by whom: all of it is made again where it is needed
    place.kept.mkdir(exist_ok=True, mode=0o700)


def drop(database: Database, blobs: Blobs, names: AbstractSet[str]) -> None:
    """Delete those of these blobs that no record names."""
    with blobs.held(alone=True):
        with database.reading() as session:
            left = names - named(session)
        blobs.drop(left)


def _records(session: Session, person_id: int, by: int | None, now: datetime) -> AbstractSet[str]:
    person = session.get(Person, person_id)
    assert person is not None
    uploads = select(Upload.id).where(Upload.person_id == person_id)
    own = _blobs(session, person_id)
    session.execute(delete(Inquiry).where(Inquiry.person_id == person_id))
    session.execute(delete(Published).where(Published.person_id == person_id))
    session.execute(delete(CountingChoice).where(CountingChoice.person_id == person_id))
    for table in (MarkRow, Run, File):
        session.execute(delete(table).where(table.upload_id.in_(uploads)))
    session.execute(delete(Upload).where(Upload.person_id == person_id))
    session.execute(delete(SignIn).where(SignIn.expires <= now))  # a launch that nobody followed has a name
    for own_table in (Extension, Identity, Invitation, Login, Token):
        session.execute(delete(own_table).where(own_table.person_id == person_id))
    for member in session.scalars(select(Member).where(Member.person_id == person_id)):
        member.left, member.number, member.section = member.left or now, "", ""
        member.team = ""
        record.event(session, member.course_id, by, "erased", record.person(person_id), now)
    person.name, person.language, person.erased = "—", None, now
    return own


def _blobs(session: Session, person_id: int) -> set[str]:
    uploads = select(Upload.id).where(Upload.person_id == person_id)
    found = session.scalars(
        union_all(
            select(File.sha256).where(File.upload_id.in_(uploads)),
            select(Run.result).where(Run.upload_id.in_(uploads)),
            select(Run.notebook).where(Run.upload_id.in_(uploads)),
            select(Published.page).where(Published.person_id == person_id),
            select(Published.data).where(Published.person_id == person_id),
        )
    )
    return {b for b in found if b}


def named(session: Session) -> set[str]:
    """Every blob that a record names."""
    found = session.scalars(
        union_all(
            select(File.sha256),
            select(Run.result),
            select(Run.notebook),
            select(Published.page),
            select(Published.data),
        )
    )
    return {b for b in found if b}
