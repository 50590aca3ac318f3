"""Microsoft Teams, assignments: the folder "Submitted files" of a class's SharePoint.

`<student>/<assignment>/Version <n>/…` (learn.microsoft.com, "Assignments in Teams: where files are stored"),
beside "Working files", which were not handed in.
"""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, only_within, tidy, within
from grader.models import Student

_OURS, _UNFINISHED = "Submitted files", "Working files"
_VERSION = re.compile(r"^Version (?P<attempt>\d{1,4})$", re.IGNORECASE)


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by the versions, in most students' folders."""
    if {_OURS, _UNFINISHED} <= set(listing.folders()):
        inner = recognise(within(listing, _OURS), insist)
        return None if inner is None else only_within(_OURS, inner)
    holds = {parts[0] for parts in listing.files if len(parts) > 3 and _VERSION.match(parts[2])}
    if not holds or (not insist and 2 * len(holds) <= len(listing.units())):
        return None
    assignments = {parts[1] for parts in listing.files if len(parts) > 3 and _VERSION.match(parts[2])}

    def owner(parts: Parts) -> Owner | None:
        found = _VERSION.match(parts[2]) if len(parts) > 3 else None
        if found is None:
            return None
        name, attempt = tidy(parts[0]), int(found["attempt"])
        return Owner(
            key=f"teams:{parts[1]}/{name}",
            label=name if len(assignments) == 1 else f"{name}-{parts[1]}",
            student=Student(name=name, attempt=attempt),
            below=parts[3:],
            attempt=(attempt,),
        )

    return owner
