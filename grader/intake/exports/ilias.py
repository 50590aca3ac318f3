"""ILIAS's exercise exports, of persons and teams (pure)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_ILIAS_PERSON = re.compile(r"^(?P<name>.+)_(?P<login>[^_]+)_(?P<id>\d+)$")
_ILIAS_TEAM = re.compile(r"^Team[ _]\d+$", re.IGNORECASE)
_ILIAS_ROOT = re.compile(r"^(abgaben|submissions|multi_feedback_.+)$", re.IGNORECASE)
_ILIAS_LATE = re.compile(r"^(late submission|versp(ä|ae?)tete abgabe) - ", re.IGNORECASE)


def recognise(listing: Listing, insist: bool) -> Convention:
    """`[<assignment>/Abgaben/][Team N/]last_first_login_id/…` and the folders of a feedback archive."""
    everywhere = insist or _only_ilias_persons(listing)

    def owner(parts: Parts) -> Owner | None:
        rooted = False
        team = None
        for i, part in enumerate(parts[:-1]):
            if _ILIAS_ROOT.match(part):
                rooted = True
            elif _ILIAS_TEAM.match(part):
                team = part
            elif (rooted or team or everywhere) and (found := _ILIAS_PERSON.match(part)) is not None:
                name = tidy(found["name"].replace("_", " "))
                student = Student(
                    id=found["id"], name=name, group=team, members=(found["id"],) if team else ()
                )
                key = f"ilias:{team}" if team else f"ilias:{found['id']}"
                late = _ILIAS_LATE.match(parts[i + 1]) is not None
                return Owner(key, team or name, student, parts[i + 1 :], late=late)
        return None

    return owner


def _only_ilias_persons(listing: Listing) -> bool:
    """Older versions put the persons' folders at the top: there are several, of different people."""
    first, last = min(listing.files, default=()), max(listing.files, default=())
    depth = next((i for i, (a, b) in enumerate(zip(first[:-1], last[:-1], strict=False)) if a != b), None)
    if depth is None:
        return False
    folders = {parts[depth] for parts in listing.files if len(parts) > depth + 1}
    found = [m for folder in folders if (m := _ILIAS_PERSON.match(folder))]
    apart = len({m["id"] for m in found}) == len(folders) and len({m["name"] for m in found}) > 1
    return len(found) == len(folders) and apart
