"""Names after a pattern that somebody wrote: `--pattern '{name} - {file}'`, and Dropbox's own (pure)."""

from __future__ import annotations

import re

from grader.errors import UsageError
from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.intake.naming import is_notebook_name
from grader.models import Student

_FIELDS = {
    "name": r"(?P<name>.+?)",
    "id": r"(?P<id>[^/]+?)",
    "group": r"(?P<group>.+?)",
    "attempt": r"(?P<attempt>\d+)",
    "file": r"(?P<file>.+)",
}
_DROPBOX = "{name} - {file}"


def dropbox(listing: Listing, insist: bool) -> Convention | None:
    """A file request puts the submitter's name before the file's own: `Ana Ruiz - hw4.ipynb`.

    Where it is the other way round (`hw4 - Ana Ruiz.ipynb`), what stands in front varies less than what
    stands behind: then it names nobody.
    """
    convention = by_pattern(_DROPBOX, "dropbox")
    owners = [convention(parts) for parts in listing.files]
    if insist:
        return convention
    known = [o for o in owners if o is not None]
    notebooks = [o for o in known if is_notebook_name(o.below[-1])]
    people, files = {o.key for o in notebooks}, {o.below for o in notebooks}
    fits = len(known) == len(owners) > 1 and len(people) >= len(files) and len(people) > 1
    return convention if fits else None


def by_pattern(pattern: str, source: str = "pattern") -> Convention:
    """The fields of `_FIELDS` in braces in a file's or folder's name, the rest as it stands."""
    pieces = re.split(r"\{(\w+)\}", pattern)
    unknown = [f for f in pieces[1::2] if f not in _FIELDS]
    if (
        unknown
        or not {"name", "id", "group"} & set(pieces[1::2])
        or len(set(pieces[1::2])) < len(pieces) // 2
    ):
        raise UsageError(
            f"--pattern {pattern!r}: expected {{name}}, {{id}} or {{group}}, each once, "
            f"and nothing else in braces but {{attempt}} and {{file}}"
        )
    expression = re.compile(
        "^" + "".join(_FIELDS[p] if i % 2 else re.escape(p) for i, p in enumerate(pieces)) + "$"
    )

    def owner(parts: Parts) -> Owner | None:
        for i, part in enumerate(parts):
            if (found := expression.match(part)) is None:
                continue
            seen = found.groupdict()
            who = seen.get("id") or seen.get("name") or seen.get("group") or ""
            student = Student(
                id=seen.get("id"),
                name=seen.get("name"),
                group=seen.get("group"),
                attempt=int(seen["attempt"]) if seen.get("attempt") else None,
            )
            below = (
                (seen.get("file") or part, *parts[i + 1 :]) if "file" in seen or i + 1 == len(parts) else ()
            )
            label = seen.get("name") or who
            order = student.attempt or 0
            return Owner(f"{source}:{who}", label, student, below or parts[i + 1 :], order)
        return None

    return owner
