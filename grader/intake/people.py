"""What the course knows of its people: a roster that names them, and who has more time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from grader.csvtext import parse
from grader.errors import UsageError
from grader.intake.naming import Named
from grader.intake.sources import UnopenedUpload
from grader.models import Student

_WHO = ("id", "login", "email", "name")
_CANVAS = {"canvas_user_id": "id", "login_id": "login", "group_name": "group", "sections": "section"}
"""Canvas's own list of a group set (canvas-lms, spec/apis/v1/group_categories_api_spec.rb)"""


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A row of the roster."""

    id: str = ""
    name: str = ""
    login: str = ""
    email: str = ""
    group: str = ""
    section: str = ""

    @property
    def label(self) -> str:
        return self.name or self.login or self.id


@dataclass(frozen=True, slots=True)
class Lists:
    """The course's own lists: of everybody, and of who has longer."""

    roster: Path | None = None
    extensions: Path | None = None

    def applied(self, uploads: Sequence[UnopenedUpload]) -> tuple[list[UnopenedUpload], Sequence[RosterRow]]:
        """The uploads with what the lists say of them, and who handed in nothing. Raises `UsageError`."""
        made = list(uploads)
        absent: list[RosterRow] = []
        if self.roster is not None:
            made, absent = enrol(uploads, read_roster(self.roster))
        if self.extensions is not None:
            longer = read_extensions(self.extensions)
            made = [replace(u, extended=extended(u.student, u.named.file, longer)) for u in made]
        return made, absent


def read_roster(path: Path) -> tuple[RosterRow, ...]:
    """The people of a course, from a CSV with the columns id, name, login, email, group, section.

    Any of them may be left out, but not id, login and name all at once. Canvas's list of a group set is one,
    as it is. Raises `UsageError`.
    """
    people = []
    for line, row in _rows(path, ("id", "login", "name"), "roster"):
        person = RosterRow(**{k: row.get(k, "") for k in (*_WHO, "group", "section")})
        if not person.label:
            raise UsageError(f"{path}:{line}: nobody is named; expected an id, a login or a name")
        people.append(person)
    return tuple(people)


def read_extensions(path: Path) -> Mapping[str, datetime | timedelta]:
    """Who may hand in later: id, login or name → a due date of their own, or so much longer.

    A CSV with the columns id (or login, or name) and one of due (2026-06-12T23:59:00+02:00), days, hours.
    Raises `UsageError`.
    """
    found: dict[str, datetime | timedelta] = {}
    for line, row in _rows(path, _WHO, "list of extensions"):
        who = next((row[k] for k in _WHO if row.get(k)), "")
        given = [(k, row[k]) for k in ("due", "days", "hours") if row.get(k)]
        if not who or len(given) != 1:
            raise UsageError(f"{path}:{line}: expected who, and one of due, days or hours")
        kind, text = given[0]
        try:
            if kind == "due":
                found[_key(who)] = datetime.fromisoformat(text)
            else:
                found[_key(who)] = timedelta(**{kind: float(text.replace(",", "."))})
        except (ValueError, OverflowError):
            raise UsageError(f"{path}:{line}: {kind} is {text!r}, expected {_EXAMPLES[kind]}") from None
    return found


def extended(
    student: Student, label: str, extensions: Mapping[str, datetime | timedelta]
) -> datetime | timedelta | None:
    """The extension of one student; of a team, the longest any member has."""
    keys = (student.id, student.name, label, *student.members)
    found = [extensions[_key(k)] for k in keys if k and _key(k) in extensions]
    return max(found, key=str) if found else None


def enrol(
    uploads: Sequence[UnopenedUpload], roster: Sequence[RosterRow]
) -> tuple[list[UnopenedUpload], list[RosterRow]]:
    """The uploads with the names that the roster has for them, and who handed in nothing.

    Somebody is known by the id, the login, the address or the name that the platform, or the file, gives. A
    team is known by its name, behind which Canvas puts the id of one member. Names that two people of the
    roster share name nobody.
    """
    known: dict[str, RosterRow | None] = {}
    for person in roster:
        own = (person.id, person.login, person.email, person.name, _first_name_first(person.name))
        for key in {_key(k) for k in own if k}:
            known[key] = None if key in known else person
    groups = _groups(roster)
    seen: set[RosterRow] = set()
    made = []
    for upload in uploads:
        names = (upload.student.name, upload.named.file, *_stems(upload.named))
        found = (known.get(_key(n)) for n in (upload.student.id, *names) if n)
        somebody: RosterRow | None = next((p for p in found if p is not None), None)
        team = next((groups[_letters(n)] for n in names if n and _letters(n) in groups), ())
        if team and (somebody is None or somebody in team):
            seen.update(team)
            made.append(replace(upload, student=_team(upload.student, team)))
        elif somebody is not None:
            seen.add(somebody)
            made.append(replace(upload, student=_named(upload.student, somebody)))
        else:
            members = [known.get(_key(m)) for m in upload.student.members]
            seen.update(m for m in members if m is not None)
            made.append(upload)
    return made, [p for p in roster if p not in seen]


def _groups(roster: Sequence[RosterRow]) -> Mapping[str, Sequence[RosterRow]]:
    """The letters of a group's name → its people; of groups whose names are alike in these, none."""
    named: dict[str, dict[str, list[RosterRow]]] = {}
    for person in roster:
        if letters := _letters(person.group):
            named.setdefault(letters, {}).setdefault(_key(person.group), []).append(person)
    return {letters: next(iter(groups.values())) for letters, groups in named.items() if len(groups) == 1}


def _named(student: Student, person: RosterRow) -> Student:
    return student.model_copy(
        update={
            "id": student.id or person.id or person.login or None,
            "name": person.name or student.name,
            "group": student.group or person.group or None,
        }
    )


def _team(student: Student, team: Sequence[RosterRow]) -> Student:
    ids = tuple(p.id or p.login for p in team if p.id or p.login)
    return student.model_copy(
        update={
            "group": team[0].group,
            "members": ids if len(ids) > 1 else (),
            "id": student.id or (ids[0] if ids else None),
            "name": ", ".join(p.name for p in team if p.name) or student.name,
        }
    )


def _stems(named: Named) -> Iterator[str]:
    yield named.file.rpartition(".")[0]


def _key(text: str) -> str:
    """Case, blanks and underscores tell nobody from another, nor how a keyboard writes an accent."""
    return " ".join(unicodedata.normalize("NFKC", text).replace("_", " ").casefold().split())


def _first_name_first(name: str) -> str:
    """`Ruiz, Ana` → `Ana Ruiz`."""
    last, _, first = name.partition(",")
    return f"{first} {last}" if first.strip() else name


def _letters(text: str) -> str:
    """A group's name as Canvas writes it into names of files."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


_EXAMPLES = {"due": "for example 2026-06-12T23:59:00+02:00", "days": "a number", "hours": "a number"}


def _rows(path: Path, needed: Sequence[str], what: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        rows = parse(path.read_bytes()).rows
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}); name a {what}") from error
    except ValueError as error:
        raise UsageError(f"{path} is no {what} ({error})") from error
    header = [cell.strip().casefold() for cell in rows[0][1]] if rows else []
    if "canvas_user_id" in header:
        header = [_CANVAS.get(cell, cell) for cell in header]
    if not set(needed) & set(header):
        raise UsageError(f"{path}:1: a {what} has one of the columns {', '.join(needed)}")
    for line, row in rows[1:]:
        cells = {k: v.strip() for k, v in zip(header, row, strict=False)}
        if any(cells.values()):
            yield line, cells
