"""Brightspace (D2L), assignments, "Download": `<id>-<id> - <name> - <Jun 9, 2026 225 PM>/…` or `… - <file>`.

No source is public; as read by the parsers that teachers published (kodiak, parse_submission_file_name).
"""

from __future__ import annotations

import re
from datetime import datetime

from grader.intake.convention import NOBODYS, Convention, Listing, Owner, Parts, apart, tidy
from grader.intake.worksheet import when
from grader.models import Student

_OWN = re.compile(
    r"^(?P<user>\d+)-(?P<folder>\d+) - (?P<name>.+?) - "
    r"(?P<time>[^\W\d_]{3,}\.? \d{1,2}, \d{4} \d{3,4} ?[AP]M"
    r"|\d{1,2} [^\W\d_]{3,}\.?,? \d{4} \d{3,4}(?: ?[AP]M)?)"
    r"(?: - (?P<file>.+))?$",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(r"^([^\W\d_]{3,})\.? (\d{1,2}), (\d{4})")
_CLOCK = re.compile(r"(\d{1,2})(\d\d)( ?[AP]M)?$", re.IGNORECASE)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """The first number is the user's; the second the assignment's, the same for everybody."""
    seen = {top: m for top in listing.units() if (m := _OWN.match(top)) and _time(m["time"])}
    if not seen or (not insist and len({m["folder"] for m in seen.values()}) > 1):
        return None
    attempts: dict[str, list[datetime]] = {}
    for m in seen.values():
        attempts.setdefault(m["user"], []).append(_time(m["time"]) or datetime.min)
    names = {(m["user"], m["name"]) for m in seen.values()}
    if not insist and not apart([user for user, _ in names]):
        return None

    def owner(parts: Parts) -> Owner | None:
        if parts == ("index.html",):
            return NOBODYS
        found = seen.get(parts[0])
        if found is None or (not found["file"] and len(parts) == 1):
            return None
        time = _time(found["time"])
        times = sorted(set(attempts[found["user"]]))
        name = tidy(found["name"])
        return Owner(
            key=f"brightspace:{found['user']}",
            label=name,
            student=Student(id=found["user"], name=name, attempt=1 + times.index(time or datetime.min)),
            below=(found["file"], *parts[1:]) if found["file"] else parts[1:],
            attempt=(time,),
            received_at=time,
        )

    return owner


def _time(text: str) -> datetime | None:
    """`Jun 9, 2026 225 PM`, `9 June, 2026 1425`: no colon, for it can't stand in a file's name."""
    plain = _MONTH_FIRST.sub(r"\2 \1 \3", text)
    return when(_CLOCK.sub(r"\1:\2\3", plain))
