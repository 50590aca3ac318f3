"""Clones of GitHub Classroom's repositories (pure)."""

from __future__ import annotations

from collections.abc import Collection

from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.models import Student


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`[<assignment>-submissions/]<assignment>-<login>/…`, known by the clones' hidden folders."""
    depth = 0
    tops = {parts[0] for parts in listing.files if len(parts) > 1}
    if len(tops) == 1 and next(iter(tops)).endswith("-submissions"):
        depth = 1
    repositories = {parts[depth] for parts in listing.files if len(parts) > depth + 1}
    prefix = _common_prefix(repositories)
    clones = any(
        hidden & {".git", ".github"}
        for folder, names in listing.hidden.items()
        if len(folder) == depth + 1 and (hidden := set(names))
    )
    if not prefix or not (insist or clones or depth):
        return None

    def owner(parts: Parts) -> Owner | None:
        if len(parts) <= depth + 1 or not parts[depth].startswith(prefix):
            return None
        login = parts[depth].removeprefix(prefix)
        return Owner(f"github:{login}", login, Student(id=login), parts[depth + 1 :])

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
