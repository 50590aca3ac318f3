"""How learning platforms name what students hand in (pure): paths in an export → who, which attempt.

A convention looks at the path of one file below the folder or archive that was named. It is recognised
when it explains most files there. Sources: the platforms' documentation and code, as of 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grader.errors import UsageError
from grader.intake.convention import Convention, Listing, Owner
from grader.intake.exports import canvas, github_classroom, ilias, moodle, nbgrader
from grader.intake.patterns import by_pattern, dropbox
from grader.models import Student


def recognise(listing: Listing, insist: str | None = None, pattern: str | None = None) -> Convention | None:
    """The convention that names these files; None for a plain folder.

    insist: a platform of `PLATFORMS`, or "folder" for none. pattern: what a file is called, for example
    `{name} - {file}`. Raises `UsageError` where what was insisted on names nothing here.
    """
    if insist == "folder":
        return None
    if pattern is not None or insist is not None:
        asked = f"--pattern {pattern!r}" if pattern is not None else f"--from {insist}"
        wanted = by_pattern(pattern) if pattern is not None else _MAKERS[insist or ""](listing, True)
        if wanted is None or not _share(wanted, listing):
            example = f"for example {'/'.join(listing.files[0])}" if listing.files else "there is none"
            raise UsageError(f"{asked} fits no file here, {example}; leave it out or say --from folder")
        return wanted
    for maker in _MAKERS.values():
        found = maker(listing, False)
        if found is not None and _share(found, listing) > 0.5:
            return found
    return None


def _share(convention: Convention, listing: Listing) -> float:
    named = sum(convention(parts) is not None for parts in listing.files)
    return named / len(listing.files) if listing.files else 0.0


_MAKERS: dict[str, Callable[[Listing, bool], Convention | None]] = {
    "moodle": moodle.recognise,
    "ilias": ilias.recognise,
    "canvas": canvas.recognise,
    "nbgrader": nbgrader.recognise,
    "github-classroom": github_classroom.recognise,
    "dropbox": dropbox,
}
PLATFORMS = (*_MAKERS, "folder")
"""what `--from` takes"""


def together(owners: Sequence[Owner]) -> Student:
    """One student for the files of one submission: the newest attempt, and everybody of a team."""
    first = max(owners, key=lambda o: o.order).student
    members = tuple(dict.fromkeys(m for o in owners for m in o.student.members))
    names = tuple(dict.fromkeys(o.student.name for o in owners if o.student.name))
    attempts = [o.student.attempt for o in owners if o.student.attempt is not None]
    return first.model_copy(
        update={
            "members": members if len(members) > 1 else (),
            "name": ", ".join(names) if len(members) > 1 else first.name,
            "attempt": max(attempts, default=None),
        }
    )
