"""What is noted of what people do, and words of theirs made fit to be kept."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy.orm import Session

from grader.service.tables import Event

_KEPT = {"\n", "\t"}


def event(session: Session, course_id: int | None, by: int | None, what: str, on: str, now: datetime) -> None:
    """Note who did what. on: ids and numbers, never a student's words."""
    session.add(Event(course_id=course_id, at=now, by=by, what=what, on=on))


def words(given: str, most: int) -> str:
    """A person's text without what no database or page takes: NUL and other controls, lone surrogates."""
    whole = given.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    kept = "".join(c for c in whole if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    return kept.strip()[:most]


def line(given: str, most: int) -> str:
    """The same on one line."""
    return " ".join(words(given, most * 4).split())[:most]
