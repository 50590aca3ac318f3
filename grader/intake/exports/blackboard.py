"""Blackboard Learn, grade center, "Assignment File Download".

`<assignment>_<user name>_attempt_<time>_<file>`, flat, and `<…>_attempt_<time>.txt` for each attempt, which
Blackboard writes (as read by kwurst/bb-file-cleanup, BbCleanup.py, and CodeGrade's blackboard reader).
"""

from __future__ import annotations

import re
from datetime import datetime

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_FILE = re.compile(
    r"^(?P<before>.+?)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\.txt)$"
)
_NAME = re.compile(r"^\ufeff?Name:(?P<name>[^\n]*)\((?P<login>[^()\n]+)\)[ \t\r]*$", re.MULTILINE)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """The assignment's name is what stands in front for everybody, up to an underscore."""
    seen = {top: m for top in listing.units() if (m := _FILE.match(top)) and _time(m["time"])}
    if not seen:
        return None
    before = sorted({m["before"] for m in seen.values()})
    first, last = before[0], before[-1]
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    common = first[:same]
    own = {m["before"]: who for top, m in seen.items() if not m["file"] and (who := _said(listing, top))}
    assignment = common[: common.rfind("_") + 1]
    if len(before) == 1 and not own:
        assignment = before[0][: before[0].rfind("_") + 1]
    attempts: dict[str, list[str]] = {}
    for m in seen.values():
        attempts.setdefault(m["before"], []).append(m["time"])

    def owner(parts: Parts) -> Owner | None:
        found = seen.get(parts[0])
        if found is None:
            return None
        name, login = own.get(found["before"], ("", found["before"].removeprefix(assignment)))
        if not found["before"].endswith(f"_{login}"):
            name, login = "", found["before"].removeprefix(assignment)
        times = sorted(set(attempts[found["before"]]))
        return Owner(
            key=f"blackboard:{login}",
            label=login,
            student=Student(id=login, name=name or None, attempt=1 + times.index(found["time"])),
            below=(found["file"] or "attempt.txt", *parts[1:]),
            attempt=(found["time"],),
            received_at=_time(found["time"]),
            ours=not found["file"],
        )

    return owner


def _said(listing: Listing, top: str) -> tuple[str, str] | None:
    """Name and user name as Blackboard's own text has them."""
    found = _NAME.search(listing.read((top,))[:2000])
    return (tidy(found["name"]), found["login"].strip()) if found else None


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S")
    except ValueError:
        return None
