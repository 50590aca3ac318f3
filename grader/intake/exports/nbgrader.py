"""nbgrader: `submitted/` of a course, and `inbound/` of the exchange.

Read: nbgrader/coursedir.py, exchange/default/submit.py and collect.py (the folder's name is split from the
right, for a name of a user may hold a plus) and nbgrader/docs, "File and directory structure".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.intake.arrival import from_stamp
from grader.intake.convention import Convention, Listing, Owner, Parts, only_within, within
from grader.models import Student

_STAMP = "timestamp.txt"
_OURS = frozenset({_STAMP, "submission_secret.txt"})
_COURSE = frozenset({"source", "source_with_tests", "release", "autograded", "feedback", "solution"})
_INBOUND = re.compile(
    r"^(?P<student>.+)\+(?P<assignment>[^+]+)\+"
    r"(?P<time>\d{4}-\d\d-\d\d \d\d[:_-]?\d\d[:_-]?\d\d(?:\.\d+)?(?: \w+)?)(?:\+[^+]*)?$"
)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`<student>+<assignment>+<time>+<random>/…` or `<student>/<assignment>/…`.

    The second is known by the name `submitted`, or by a time that can be read in every student's folder. What
    lies beside `submitted` in a course's own folder is nobody's.
    Somebody who handed in for several assignments has a submission for each.
    """
    folders = listing.folders()
    if "submitted" in folders and _COURSE & set(folders):
        inner = recognise(within(listing, "submitted"), True)
        return None if inner is None else only_within("submitted", inner)
    inbound = {f: m for f in folders if (m := _INBOUND.match(f)) and from_stamp(_clock(m["time"]))}
    if folders and len(inbound) > len(listing.units()) / 2:
        return _exchange(inbound)
    homes = {parts[:2] for parts in listing.files if len(parts) > 2}
    stamps = {home: from_stamp(listing.read((*home, _STAMP))) for home in homes}
    stamped = {home[0] for home in homes if stamps[home] is not None}
    if {"submitted", "inbound"} & set(folders) or not homes:
        return None
    # somebody whose clock could not be read is still somebody beside the others
    if insist or listing.name == "submitted" or len(stamped) > len(folders) / 2:
        return _submitted(listing, stamps)
    return None


def _clock(text: str) -> str:
    """The time in a folder's name; some systems can't have a colon there."""
    return re.sub(r"(?<= \d\d)[:_-]?(\d\d)[:_-]?(\d\d)", r":\1:\2", text)


def _exchange(folders: Mapping[str, re.Match[str]]) -> Convention:
    assignments = {m["assignment"] for m in folders.values()}
    times: dict[tuple[str, str], list[str]] = {}
    for found in folders.values():
        times.setdefault((found["student"], found["assignment"]), []).append(found["time"])

    def owner(parts: Parts) -> Owner | None:
        found = folders.get(parts[0])
        if found is None or len(parts) < 2:
            return None
        name, assignment, time = found["student"], found["assignment"], found["time"]
        received = from_stamp(_clock(time))
        return Owner(
            key=f"nbgrader:{assignment}/{name}",
            label=name if len(assignments) == 1 else f"{name}-{assignment}",
            student=Student(id=name, attempt=1 + sorted(times[name, assignment]).index(time)),
            below=parts[1:],
            attempt=(time,),
            received_at=received,
            ours=len(parts) == 2 and parts[1] in _OURS,
        )

    return owner


def _submitted(listing: Listing, stamps: Mapping[Parts, object]) -> Convention:
    assignments = {home[1] for home in stamps}

    def owner(parts: Parts) -> Owner | None:
        if len(parts) < 3:
            return None
        name, assignment = parts[:2]
        return Owner(
            key=f"nbgrader:{assignment}/{name}",
            label=name if len(assignments) == 1 else f"{name}-{assignment}",
            student=Student(id=name),
            below=parts[2:],
            received_at=from_stamp(listing.read((name, assignment, _STAMP))),
            ours=len(parts) == 3 and parts[2] in _OURS,
        )

    return owner
