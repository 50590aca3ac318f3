"""What is noted of what people do, and words of theirs made fit to be kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from grader.models import Said, Value, verbatim
from grader.service.tables import Event

_KEPT = {"\n", "\t"}


_SAID = TypeAdapter(Said)
ROLES: Mapping[str, Said] = {
    "student": Said("a student"),
    "assistant": Said("an assistant"),
    "teacher": Said("a teacher"),
}
WHAT: Mapping[str, Said] = {
    "added": Said("added"),
    "added a way in": Said("added a way in"),
    "answered": Said("answered"),
    "asked again": Said("asked again"),
    "changed": Said("changed"),
    "chose": Said("chose"),
    "ended": Said("ended"),
    "erased": Said("erased"),
    "exported": Said("exported"),
    "extended": Said("extended the time"),
    "handed in": Said("handed in"),
    "imported": Said("imported"),
    "invited": Said("invited"),
    "joined": Said("joined"),
    "made": Said("made"),
    "made a link": Said("made a link"),
    "made a token": Said("made a token"),
    "marked": Said("marked"),
    "published": Said("published"),
    "regraded": Said("regraded"),
    "removed": Said("removed"),
    "set dates": Said("set dates"),
    "signed in": Said("signed in"),
    "took over": Said("took over"),
    "took the roster": Said("took the roster"),
    "tried again": Said("tried again"),
    "withdrew": Said("withdrew"),
}


def event(
    session: Session, course_id: int | None, by: int | None, what: str, on: Said | None, now: datetime
) -> None:
    """Note who did what. what: one of those above. on: ids and numbers, never a student's words."""
    if what not in WHAT:
        raise ValueError(f"an event of the kind {what!r}")
    noted = "" if on is None else _SAID.dump_json(on).decode("utf-8", "replace")
    session.add(Event(course_id=course_id, at=now, by=by, what=what, on=noted))


def told(noted: Event) -> tuple[Said, Said]:
    """What somebody did, and on what. An earlier version noted English."""
    what = WHAT.get(noted.what, verbatim(noted.what))
    try:
        return what, _SAID.validate_json(noted.on)
    except ValidationError:
        return what, verbatim(noted.on)


def readable(on: Said, named: Mapping[tuple[str, Value], str], when: Callable[[datetime], str]) -> Said:
    """The same with names in place of numbers, and times as people write them.

    named: (what it is, `person` or `upload`; its number) → a name, for those who are there still.
    """
    values = dict(on.values)
    for key in ("person", "upload"):
        if key in values:
            values[key] = named.get((key, values[key]), values[key])
    for key in ("opens", "due", "closes"):
        with suppress(ValueError):  # "–": there is none
            values[key] = when(datetime.fromisoformat(str(values.get(key, ""))))
    return replace(on, values=values)


def attempt(number: int, slug: str) -> Said:
    """An attempt at an assignment."""
    return Said("attempt {n}, {slug}", {"n": number, "slug": slug})


def edition(version: str, slug: str) -> Said:
    """An edition of an assignment."""
    return Said("edition {version}, {slug}", {"version": version, "slug": slug})


def person(id: int, role: str | None = None) -> Said:
    """Somebody by their number, which stays when the name is deleted. role: what they are or become."""
    if role is None:
        return Said("person {person}", {"person": id})
    return Said("person {person}: {role}", {"person": id, "role": ROLES[role]})


def by_course_link() -> Said:
    """Whoever follows the link of a course, which makes students alone."""
    return Said("students by a link of the course")


def way_in(role: str, way: str) -> Said:
    """How somebody came into a course."""
    return Said("{role}, by {way}", {"role": ROLES[role], "way": way})


def words(given: str, most: int) -> str:
    """A person's text without what no database or page takes: NUL and other controls, lone surrogates."""
    whole = given.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    kept = "".join(c for c in whole if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    return kept.strip()[:most]


def line(given: str, most: int) -> str:
    """The same on one line."""
    return " ".join(words(given, most * 4).split())[:most]
