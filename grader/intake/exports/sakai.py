"""Sakai, assignments, "Download All" (AssignmentServiceImpl.java, zipSubmissions).

`<title>/grades.csv` and `<title>/<last>, <first>(<login>)/`, in which `Submission attachment(s)/` holds what
was handed in and `timestamp.txt` the time; the rest there is Sakai's own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from grader.intake.convention import NOBODYS, Convention, Listing, Owner, Parts, apart, tidy
from grader.models import Student

_PERSON = re.compile(r"^(?P<name>.+)\((?P<login>[^()]+)\)$")
_HANDED_IN = "Submission attachment(s)"
_LIST = re.compile(r"^grades\.(?:csv|xlsx?)$")
_TIME = re.compile(r"^(\d{14})(\d{3})?$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the folder of attachments, in everybody's folder, and by logins that differ."""
    folders = listing.folders()
    people = [m for f in folders if (m := _PERSON.match(f))]
    holds = {parts[0] for parts in listing.files if len(parts) > 2 and parts[1] == _HANDED_IN}
    own = {parts[0] for parts in listing.files if len(parts) == 2 and parts[1] == "timestamp.txt"}
    if not people or not (insist or holds) or not apart([m["login"] for m in people]):
        return None
    if not insist and len(holds | own) < len(people):
        return None

    def owner(parts: Parts) -> Owner | None:
        if len(parts) == 1 and _LIST.match(parts[0]):
            return NOBODYS
        found = _PERSON.match(parts[0]) if len(parts) > 1 else None
        if found is None:
            return None
        handed_in = len(parts) > 2 and parts[1] == _HANDED_IN
        last, _, first = found["name"].partition(",")
        login = found["login"]
        return Owner(
            key=f"sakai:{login}",
            label=login,
            student=Student(id=login, name=tidy(f"{first} {last}")),
            below=parts[2:] if handed_in else parts[1:],
            received_at=_time(listing.read((parts[0], "timestamp.txt"))),
            ours=not handed_in,
        )

    return owner


def _time(text: str) -> datetime | None:
    """`20260609142500000`, in UTC."""
    found = _TIME.match(text.strip()[:40])
    try:
        return datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None
