"""CoCalc, a course's collected assignment: `<student's id>/…`, with `STUDENT - <name>.txt` in each.

Read: sagemathinc/cocalc, src/packages/frontend/course/assignments/actions.ts (copy_assignment_from_student
writes that file after the student's own). A student can hand in such a file too, so where there are two
nobody is named by them; the id, which is CoCalc's, stays.
"""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.models import Student

_ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
_NAME = re.compile(r"^STUDENT - (?P<name>.+)\.txt$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the ids of all folders."""
    folders = listing.folders()
    if not folders or not all(map(_ID.match, folders)):
        return None
    named: dict[str, list[str]] = {}
    for parts in listing.files:
        if len(parts) == 2 and (found := _NAME.match(parts[1])):
            named.setdefault(parts[0], []).append(tidy(found["name"]))

    def owner(parts: Parts) -> Owner | None:
        if len(parts) < 2 or not _ID.match(parts[0]):
            return None
        names = named.get(parts[0], [])
        name = names[0] if len(names) == 1 else None
        return Owner(
            key=f"cocalc:{parts[0]}",
            label=name or parts[0],
            student=Student(id=parts[0], name=name),
            below=parts[1:],
            ours=len(parts) == 2 and _NAME.match(parts[1]) is not None and len(names) == 1,
        )

    return owner
