"""The records of the service. Times are aware and in UTC; names in `Mapped` types are the columns' own.

What people decide is appended, never changed: choices, extensions, marks, publications, events. What can be
computed from it (lateness, which attempt counts, a student's score) is not stored. Reports, notebooks and
uploaded files are bytes in the blob store, named here by their SHA-256.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware time; SQLite, which knows no zones, keeps it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Moment(), str: Text(), bytes: LargeBinary()}  # noqa: RUF012


class Person(Base):
    """Somebody. erased: their data was deleted; the number stays, so that records keep their sense."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str | None]
    made: Mapped[datetime]
    erased: Mapped[datetime | None]


class Identity(Base):
    """How a person is known to a provider: `oidc:ISSUER`, `lti:ISSUER`, `proxy`."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("provider", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    provider: Mapped[str]
    subject: Mapped[str]


class Login(Base):
    """A signed-in browser. hash: SHA-256 of what its cookie holds."""

    __tablename__ = "login"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    made: Mapped[datetime]
    expires: Mapped[datetime]


class Token(Base):
    """A key for scripts, instead of a browser's cookie."""

    __tablename__ = "token"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    made: Mapped[datetime]
    expires: Mapped[datetime]
    revoked: Mapped[datetime | None]


class Course(Base):
    __tablename__ = "course"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    language: Mapped[str]
    zone: Mapped[str]
    made: Mapped[datetime]


class Member(Base):
    """What somebody is in a course: student, assistant or teacher. Those of one team hand in together."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("course_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    section: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="", doc="what the university calls this student")
    team: Mapped[str] = mapped_column(default="", server_default="")
    left: Mapped[datetime | None]


class Invitation(Base):
    """A link. person_id None: of a course, whoever follows it names themselves."""

    __tablename__ = "invitation"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    section: Mapped[str] = mapped_column(default="")
    made: Mapped[datetime]
    expires: Mapped[datetime]
    revoked: Mapped[datetime | None]


class CourseAssignment(Base):
    """What is asked for, until when. checks: self-checks an hour; most: bytes of one upload."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    opens: Mapped[datetime | None]
    due: Mapped[datetime | None]
    closes: Mapped[datetime | None]
    grace_s: Mapped[int] = mapped_column(default=0)
    checks: Mapped[int] = mapped_column(default=6)
    most: Mapped[int] = mapped_column(default=32 * 2**20)
    edition_id: Mapped[int]
    made: Mapped[datetime]


class Edition(Base):
    """An assignment's folder as it was at one time; never changed, so a run says what it was graded by."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("assignment_id", "sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[str]
    made: Mapped[datetime]


class Extension(Base):
    """A later due date for one person; the last one counts. due None: taken back."""

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_whose", "assignment_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    due: Mapped[datetime | None]
    reason: Mapped[str]
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Upload(Base):
    """One attempt that was received. name: its address. key: the sender's, so that none is counted twice.

    began: when the first byte of it came, which decides about lateness. sent_by: the number of whom of the
    team sent it; None: the person themselves. Each of a team has an upload of their own of the same files.
    """

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("assignment_id", "person_id", "number"),
        UniqueConstraint("assignment_id", "person_id", "key"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[int]
    key: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), doc="of names and contents together")
    began: Mapped[datetime]
    received: Mapped[datetime]
    sent_by: Mapped[int | None]


class File(Base):
    """A file of an upload."""

    __tablename__ = "file"
    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), index=True)
    name: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)


class CountingChoice(Base):
    """A student says which attempt counts; the last one holds. upload_id None: the last in time again."""

    __tablename__ = "choice"
    __table_args__ = (Index("ix_choice_whose", "assignment_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Run(Base):
    """Work for a worker: a self-check or a grading of one upload under one edition.

    state: queued, running, done, unreadable, stuck. priority: the lower, the sooner. tries: how often it was
    taken up. result: SHA-256 of the self-check's or the report's blob; notebook: of the executed notebook.
    score None: points wait, or it could not be graded; see pending.
    """

    __tablename__ = "run"
    __table_args__ = (
        UniqueConstraint("upload_id", "edition_id", "kind"),
        Index("ix_run_queue", "state", "priority", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), index=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    priority: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    queued: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    worker: Mapped[str | None]
    lease: Mapped[datetime | None]
    message: Mapped[str] = mapped_column(default="")
    result: Mapped[str | None] = mapped_column(String(64))
    notebook: Mapped[str | None] = mapped_column(String(64))


class MarkRow(Base):
    """A person's decision, as `grader.marks` knows it. topic: a check's id, or flag:…, ungraded."""

    __tablename__ = "mark"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), index=True)
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    mark: Mapped[bytes]


class Publication(Base):
    """One moment at which reports were given out."""

    __tablename__ = "publication"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Published(Base):
    """What one student was given: all that they see of their grade. The last one counts.

    withdrawn: since then they see nothing of it; what was handed back to a platform is there still.
    """

    __tablename__ = "published"
    __table_args__ = (Index("ix_published_whose", "assignment_id", "person_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    marks: Mapped[int] = mapped_column(doc="how many marks there were then")
    score: Mapped[float]
    most: Mapped[float]
    page: Mapped[str] = mapped_column(String(64))
    data: Mapped[str] = mapped_column(String(64))
    handed_back: Mapped[datetime | None]
    withdrawn: Mapped[datetime | None]


class Inquiry(Base):
    """A student asks for a second look at what was published; somebody answers."""

    __tablename__ = "inquiry"
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    published_id: Mapped[int] = mapped_column(ForeignKey("published.id"))
    text: Mapped[str]
    at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered: Mapped[datetime | None]


class Event(Base):
    """Who did what, when. what: a word; on: on what, in words without students' content."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("course.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
    on: Mapped[str] = mapped_column("on_what")


class Platform(Base):
    """Where a course's grades go back: an LTI line item of one assignment."""

    __tablename__ = "platform"
    __table_args__ = (UniqueConstraint("assignment_id", "issuer"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    issuer: Mapped[str]
    client: Mapped[str]
    lineitem: Mapped[str | None]
    roster: Mapped[str | None]


class SignIn(Base):
    """A way to another provider that has begun, until it comes back once. hash: of its `state`."""

    __tablename__ = "sign_in"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    provider: Mapped[str]
    nonce: Mapped[str]
    verifier: Mapped[str] = mapped_column(default="")
    target: Mapped[str] = mapped_column(default="/")
    expires: Mapped[datetime]
