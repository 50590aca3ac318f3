"""Who somebody is: browsers that are signed in, links that invite, tokens for scripts.

Only SHA-256 digests of secrets are kept; whoever reads the database can't sign in with what stands there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from grader.service import record
from grader.service.tables import Course, Identity, Invitation, Login, Member, Person, Token, Upload

LOGIN = timedelta(days=7)
PERSONAL = timedelta(days=365)
COURSE = timedelta(days=120)
TOKEN = timedelta(days=180)
# made once, as every request asks one of them
_BY_LOGIN = (
    select(Person)
    .join(Login, Login.person_id == Person.id)
    .where(Login.hash == bindparam("hash"), Login.expires > bindparam("now"), Person.erased.is_(None))
)
_BY_TOKEN = (
    select(Person)
    .join(Token, Token.person_id == Person.id)
    .where(
        Token.hash == bindparam("hash"),
        Token.revoked.is_(None),
        Token.expires > bindparam("now"),
        Person.erased.is_(None),
    )
)
_FRESH = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invited:
    """What a link leads to. person_id None: whoever follows it says their name."""

    course: Course
    person: Person | None
    role: str
    section: str


def fresh() -> str:
    """A secret that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


def of_form(key: str, number: int) -> str:
    """A link's secret that a form had in it when it was shown: the same form sent again is the same link.

    key: the form's own, from `fresh`; whatever else was sent makes a new one.
    """
    if not _FRESH.fullmatch(key):
        return fresh()
    made = hmac.new(key.encode(), str(number).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def csrf(login: str) -> str:
    """What a form of this login has in it; nobody computes it who does not have the cookie."""
    return hmac.new(login.encode("utf-8", "replace"), b"form", hashlib.sha256).hexdigest()


def person_of_login(session: Session, secret: str, now: datetime) -> Person | None:
    """Who is signed in with this cookie."""
    return session.scalar(_BY_LOGIN, {"hash": digest(secret), "now": now})


def sign_in(session: Session, person_id: int, old: str | None, now: datetime) -> str:
    """A new login's secret. old: the cookie that the browser came with, which ends here."""
    if old:
        sign_out(session, old)
    secret = fresh()
    session.execute(delete(Login).where(Login.expires <= now))
    session.add(Login(hash=digest(secret), person_id=person_id, made=now, expires=now + LOGIN))
    record.event(session, None, person_id, "signed in", None, now)
    return secret


def sign_out(session: Session, secret: str) -> None:
    """End a login."""
    session.execute(delete(Login).where(Login.hash == digest(secret)))


def add_person(session: Session, name: str, now: datetime) -> Person:
    """Somebody new; pages speak their browser's language until they choose one."""
    person = Person(name=record.line(name, 120) or "?", language=None, made=now)
    session.add(person)
    session.flush()
    return person


def enrol(
    session: Session, course_id: int, person_id: int, role: str, section: str = "", number: str = ""
) -> Member:
    """Make somebody a member, or a member again; a role that they have is kept."""
    member = session.scalar(
        select(Member).where(Member.course_id == course_id, Member.person_id == person_id)
    )
    if member is None:
        member = Member(course_id=course_id, person_id=person_id, role=role, section=section, number=number)
        session.add(member)
        session.flush()
    member.left = None
    return member


def invite(
    session: Session,
    course_id: int,
    role: str,
    now: datetime,
    *,
    person_id: int | None = None,
    section: str = "",
    secret: str | None = None,
) -> str:
    """The secret of a new link; it is not kept, so it can't be shown again. secret: one made before."""
    secret = secret or fresh()
    lasts = COURSE if person_id is None else PERSONAL
    session.add(
        Invitation(
            hash=digest(secret),
            course_id=course_id,
            person_id=person_id,
            role=role,
            section=section,
            made=now,
            expires=now + lasts,
        )
    )
    return secret


def invited(session: Session, secret: str, now: datetime, *, alone: bool = False) -> Invited | None:
    """Where a link leads; None where it leads nowhere (any more). alone: others who follow it wait."""
    found = session.get(Invitation, digest(secret), with_for_update=alone or None)
    if found is None or found.expires <= now or found.revoked is not None:
        return None
    course = session.get(Course, found.course_id)
    person = None if found.person_id is None else session.get(Person, found.person_id)
    if course is None or (person is not None and person.erased is not None):
        return None
    if person is not None:
        member = session.scalar(
            select(Member).where(Member.course_id == course.id, Member.person_id == person.id)
        )
        if member is None or member.left is not None:
            return None
    return Invited(course, person, found.role, found.section)


def revoke_links(session: Session, course_id: int, person_id: int | None, now: datetime) -> None:
    """The links of a person in a course, or (None) the course's own, lead nowhere from now on."""
    for link in session.scalars(
        select(Invitation).where(
            Invitation.course_id == course_id,
            Invitation.person_id == person_id,
            Invitation.revoked.is_(None),
        )
    ):
        link.revoked = now


def known_as(session: Session, provider: str, subject: str) -> Person | None:
    """Who has this name at this provider."""
    return session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.provider == provider, Identity.subject == subject, Person.erased.is_(None))
    )


def may_be(session: Session, person_id: int, provider: str, subject: str) -> bool:
    """Whether a provider that names this subject can mean this person: it knows them so, or not at all."""
    known = session.scalars(
        select(Identity.subject).where(Identity.person_id == person_id, Identity.provider == provider)
    ).all()
    return not known or subject in known


def link(session: Session, person_id: int, provider: str, subject: str, now: datetime) -> bool:
    """A further way to this person; False where it leads to somebody else who has been at work here.

    Who signed in with it before they followed their link has left nothing: the way is taken from that entry.
    """
    found = session.scalar(select(Identity).where(Identity.provider == provider, Identity.subject == subject))
    if found is None:
        session.add(Identity(person_id=person_id, provider=provider, subject=subject))
    elif found.person_id != person_id:
        if not _left_nothing(session, found.person_id):
            return False
        session.execute(delete(Member).where(Member.person_id == found.person_id))
        session.execute(delete(Login).where(Login.person_id == found.person_id))
        found.person_id = person_id
    record.event(session, None, person_id, "added a way in", record.person(person_id), now)
    return True


def _left_nothing(session: Session, person_id: int) -> bool:
    works = select(Member.id).where(Member.person_id == person_id, Member.role != "student")
    sent = select(Upload.id).where(Upload.person_id == person_id)
    return session.scalar(works.limit(1)) is None and session.scalar(sent.limit(1)) is None


def make_token(session: Session, person_id: int, name: str, now: datetime) -> str:
    """The secret of a new token for scripts."""
    secret = f"grader_{fresh()}"
    session.add(
        Token(
            hash=digest(secret),
            person_id=person_id,
            name=record.line(name, 80),
            made=now,
            expires=now + TOKEN,
        )
    )
    record.event(session, None, person_id, "made a token", None, now)
    return secret


def person_of_token(session: Session, secret: str, now: datetime) -> Person | None:
    """Whose token this is."""
    return session.scalar(_BY_TOKEN, {"hash": digest(secret), "now": now})
