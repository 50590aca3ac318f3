"""ILIAS, exercise, "Download all submissions" (Modules/Exercise/classes/class.ilExSubmission.php)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, apart, tidy
from grader.models import Student

_PERSON = re.compile(r"^(?P<name>.+)_(?P<login>[^_]+)_(?P<id>\d+)$")
_TEAM = re.compile(r"^Team[ _]\d+$", re.IGNORECASE)
_ROOT = re.compile(r"^(abgaben|submissions|multi_feedback_.+)$", re.IGNORECASE)
_LATE = re.compile(r"^(late submission|versp(ä|ae?)tete abgabe) - ", re.IGNORECASE)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`[Team N/]last_first_login_id/…` in `<assignment>/Abgaben`, in a feedback archive, or at the top."""
    if not (insist or _ROOT.match(listing.name) or any(map(_TEAM.match, listing.folders()))):
        return _owner if _only_persons(listing) else None
    return _owner


def _owner(parts: Parts) -> Owner | None:
    team = parts[0] if _TEAM.match(parts[0]) else None
    at = 1 if team else 0
    found = _PERSON.match(parts[at]) if len(parts) > at + 1 else None
    if found is None:
        return None
    name = tidy(found["name"].replace("_", " "))
    student = Student(id=found["id"], name=name, group=team, members=(found["id"],) if team else ())
    key = f"ilias:{team}" if team else f"ilias:{found['id']}"
    late = _LATE.match(parts[at + 1]) is not None
    return Owner(key, team or name, student, parts[at + 1 :], late=late)


def _only_persons(listing: Listing) -> bool:
    """Older versions put the persons' folders at the top: there are several, of different people."""
    folders = listing.folders()
    found = [m for folder in folders if (m := _PERSON.match(folder))]
    return (
        len(found) == len(folders) > 1
        and apart([m["id"] for m in found])
        and len({m["name"] for m in found}) > 1
    )
