"""nbgrader's `submitted/` folder (pure)."""

from __future__ import annotations

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student

_TIMESTAMP = "timestamp.txt"


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`submitted/<student>/<assignment>/<notebook>`, known by the folder or by timestamp.txt.

    Somebody who handed in for several assignments has a submission for each.
    """
    stamped = {parts[:-1] for parts in listing.files if parts[-1] == _TIMESTAMP and len(parts) >= 3}
    if not insist and not stamped and not any("submitted" in parts[:-3] for parts in listing.files):
        return None

    def student_at(parts: Parts) -> int:
        if "submitted" in parts[:-3]:
            return parts.index("submitted") + 1
        home = next((parts[:n] for n in range(2, len(parts)) if parts[:n] in stamped), None)
        return len(home) - 2 if home else (len(parts) - 3 if insist and len(parts) >= 3 else -1)

    assignments = {parts[at + 1] for parts in listing.files if (at := student_at(parts)) >= 0}

    def owner(parts: Parts) -> Owner | None:
        at = student_at(parts)
        if at < 0:
            return None
        name, assignment = parts[at : at + 2]
        label = name if len(assignments) == 1 else f"{name}-{assignment}"
        return Owner(f"nbgrader:{assignment}/{name}", label, Student(id=name), parts[at + 2 :])

    return owner
