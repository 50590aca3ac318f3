"""Submitty, "Download Submissions": `submissions/<user>/<version>/…`, or without the version the active one.

Read: Submitty/Submitty, site/app/controllers/MiscController.php (downloadAssignedZips) and
student/SubmissionController.php (`user_assignment_settings.json` names the active version and
`.submit.timestamp` the time; both are Submitty's own).
"""

from __future__ import annotations

import json
import re

from grader.intake.arrival import from_stamp
from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student

_SETTINGS = "user_assignment_settings.json"
_STAMP = ".submit.timestamp"
_VERSION = re.compile(r"^[1-9]\d{0,4}$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """Known by Submitty's own files in most users' folders."""
    folders = listing.folders()
    settings = {f: _active(listing.read((f, _SETTINGS))) for f in folders}
    stamped = {
        home[0]
        for home, names in listing.hidden.items()
        if _STAMP in names and 1 <= len(home) <= 2 and (len(home) == 1 or _VERSION.match(home[1]))
    }
    known = {f for f in folders if settings[f] is not None} | stamped
    if not folders or (not insist and 2 * len(known) <= len(folders)):
        return None
    flat = {f for f in folders if _STAMP in listing.hidden.get((f,), ())}

    def owner(parts: Parts) -> Owner | None:
        if len(parts) < 2:
            return None
        user = parts[0]
        versioned = user not in flat and len(parts) > 2 and _VERSION.match(parts[1]) is not None
        version = int(parts[1]) if versioned else 0
        home = parts[:2] if versioned else parts[:1]
        return Owner(
            key=f"submitty:{user}",
            label=user,
            student=Student(id=user, attempt=version or None),
            below=parts[2:] if versioned else parts[1:],
            attempt=(version == settings[user], version) if versioned else (),
            received_at=from_stamp(listing.read((*home, _STAMP))),
            ours=len(parts) == 2 and parts[1] == _SETTINGS,
        )

    return owner


def _active(text: str) -> int | None:
    try:
        found = json.loads(text)["active_version"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int) else None
