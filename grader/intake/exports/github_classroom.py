"""GitHub Classroom: repositories as its command line clones them (github/gh-classroom, cmd/clone)."""

from __future__ import annotations

from collections.abc import Collection

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`<assignment>-<login>/…` in `<assignment>-submissions`, or known by the clones' hidden folders."""
    repositories = listing.folders()
    prefix = _common_prefix(repositories)
    clones = [r for r in repositories if {".git", ".github"} & set(listing.hidden.get((r,), ()))]
    rooted = listing.name.endswith("-submissions")
    if not prefix or not (insist or rooted or len(clones) > len(repositories) / 2):
        return None

    def owner(parts: Parts) -> Owner | None:
        if len(parts) < 2 or not parts[0].startswith(prefix):
            return None
        login = parts[0].removeprefix(prefix)
        return Owner(f"github:{login}", login, Student(id=login), parts[1:]) if login else None

    return owner


def _common_prefix(names: Collection[str]) -> str:
    """The assignment in front of the logins, with its dash."""
    if not names:
        return ""
    first, last = min(names), max(names)
    if first == last:
        return first[: first.rfind("-") + 1]
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind("-", 0, same) + 1]
