"""How learning platforms name what students hand in (pure): paths in an export → who, which attempt.

A convention looks at the path of one file below the folder or archive that was named. It is recognised
when it explains most files there. Sources: the platforms' documentation and code, as of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from grader.errors import UsageError
from grader.models import Student

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is. key: the same for all files of one submission. below: its path as handed in.

    label: what the submission's id is made of. order: the larger, the newer (0: unknown).
    late: the platform says so, without saying how late.
    """

    key: str
    label: str
    student: Student
    below: Parts
    order: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What an export holds. files: paths of all its files. hidden: folder → hidden names in it."""

    files: Sequence[Parts]
    hidden: Mapping[Parts, Collection[str]] = field(default_factory=dict)


Convention = Callable[[Parts], Owner | None]


def recognise(listing: Listing, insist: str | None = None, pattern: str | None = None) -> Convention | None:
    """The convention that names these files; None for a plain folder.

    insist: a platform of `PLATFORMS`, or "folder" for none. pattern: what a file is called, for example
    `{name} - {file}`. Raises `UsageError` where what was insisted on names nothing here.
    """
    if insist == "folder":
        return None
    if pattern is not None or insist is not None:
        asked = f"--pattern {pattern!r}" if pattern is not None else f"--from {insist}"
        wanted = _by_pattern(pattern) if pattern is not None else _MAKERS[insist or ""](listing, True)
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


# ------------------------------------------------------------------ Moodle

_MOODLE_FOLDER = re.compile(r"^(?P<name>.+)_(?P<id>\d+)_assignsubmission_(file|onlinetext)_?$")
_MOODLE_FLAT = re.compile(r"^(?P<name>.+)_(?P<id>\d+)_assignsubmission_(file|onlinetext)_(?P<file>.+)$")
_BLIND = re.compile(r"^(participant|teilnehmer\S*|participante|partecipante)$", re.IGNORECASE)


def _moodle(listing: Listing, insist: bool) -> Convention:
    """`Full Name_<id>_assignsubmission_file/…`, flat, blind, teams; parsed from the right."""
    return _moodle_owner


def _moodle_owner(parts: Parts) -> Owner | None:
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        found = None if last else _MOODLE_FOLDER.match(part)
        below = parts[i + 1 :]
        if found is None and (found := _MOODLE_FLAT.match(part)) is not None:
            below = (found["file"], *parts[i + 1 :])
        if found is not None:
            blind = _BLIND.match(found["name"]) is not None
            name = " ".join(found["name"].split())
            label = f"{found['name']}_{found['id']}" if blind else name
            student = Student(id=found["id"], name=None if blind else name)
            return Owner(f"moodle:{found['id']}", label, student, below)
    return None


# ------------------------------------------------------------------ Canvas

_CANVAS = re.compile(r"^(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<id>\w+?)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_TEXT = re.compile(r"^(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_text\.html$")
_RESUBMITTED = re.compile(r"-(\d{1,3})(\.\w+)$")


def _canvas(listing: Listing, insist: bool) -> Convention:
    """`<lastfirst>[_LATE]_<user id>_<attachment id>_<original name>`, anonymous too."""
    return _canvas_owner


def _canvas_owner(parts: Parts) -> Owner | None:
    for i, part in enumerate(parts):
        anonymous = _CANVAS_ANONYMOUS.match(part)
        found = anonymous or _CANVAS.match(part) or _CANVAS_TEXT.match(part)
        if found is None:
            continue
        seen = found.groupdict()
        name = None if anonymous else seen["name"]
        file = seen.get("file") or "text.html"
        again = _RESUBMITTED.search(file)
        student = Student(id=seen["id"], name=name, attempt=int(again[1]) + 1 if again else None)
        return Owner(
            key=f"canvas:{seen['id']}",
            label=name or f"anon_{seen['id']}",
            student=student,
            below=(file, *parts[i + 1 :]),
            order=int(seen.get("file_id") or 0),
            late=seen["late"] is not None,
        )
    return None


# ------------------------------------------------------------------ ILIAS

_ILIAS_PERSON = re.compile(r"^(?P<name>.+)_(?P<login>[^_]+)_(?P<id>\d+)$")
_ILIAS_TEAM = re.compile(r"^Team[ _]\d+$", re.IGNORECASE)
_ILIAS_ROOT = re.compile(r"^(abgaben|submissions|multi_feedback_.+)$", re.IGNORECASE)


def _ilias(listing: Listing, insist: bool) -> Convention:
    """`<assignment>/Abgaben/[Team N/]first_last_login_id/…` and the folders of a feedback archive."""

    def owner(parts: Parts) -> Owner | None:
        rooted = False
        team = None
        for i, part in enumerate(parts[:-1]):
            if _ILIAS_ROOT.match(part):
                rooted = True
            elif _ILIAS_TEAM.match(part):
                team = part
            elif (rooted or team or insist) and (found := _ILIAS_PERSON.match(part)) is not None:
                name = " ".join(found["name"].split("_"))
                student = Student(
                    id=found["id"], name=name, group=team, members=(found["id"],) if team else ()
                )
                key = f"ilias:{team}" if team else f"ilias:{found['id']}"
                return Owner(key, team or name, student, parts[i + 1 :])
        return None

    return owner


# ------------------------------------------------------------------ nbgrader

_TIMESTAMP = "timestamp.txt"


def _nbgrader(listing: Listing, insist: bool) -> Convention | None:
    """`submitted/<student>/<assignment>/<notebook>`, known by the folder or by timestamp.txt."""
    stamped = {parts[:-1] for parts in listing.files if parts[-1] == _TIMESTAMP and len(parts) >= 3}
    if not insist and not stamped and not any("submitted" in parts[:-3] for parts in listing.files):
        return None

    def owner(parts: Parts) -> Owner | None:
        if "submitted" in parts[:-3]:
            at = parts.index("submitted") + 1
        else:
            home = next((parts[:n] for n in range(2, len(parts)) if parts[:n] in stamped), None)
            at = len(home) - 2 if home else (len(parts) - 3 if insist and len(parts) >= 3 else -1)
        if at < 0:
            return None
        name = parts[at]
        return Owner(f"nbgrader:{name}", name, Student(id=name), parts[at + 2 :])

    return owner


# ------------------------------------------------------------------ GitHub Classroom


def _github(listing: Listing, insist: bool) -> Convention | None:
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


# ------------------------------------------------------------------ Dropbox, and any other

_FIELDS = {
    "name": r"(?P<name>.+?)",
    "id": r"(?P<id>[^/]+?)",
    "group": r"(?P<group>.+?)",
    "attempt": r"(?P<attempt>\d+)",
    "file": r"(?P<file>.+)",
}
_DROPBOX = "{name} - {file}"


def _dropbox(listing: Listing, insist: bool) -> Convention | None:
    """A file request puts the submitter's name before the file's own: `Ana Ruiz - hw4.ipynb`."""
    convention = _by_pattern(_DROPBOX, "dropbox")
    flat = len(listing.files) > 1 and all(convention(parts) for parts in listing.files)
    return convention if insist or flat else None


def _by_pattern(pattern: str, source: str = "pattern") -> Convention:
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


# ------------------------------------------------------------------

_MAKERS: dict[str, Callable[[Listing, bool], Convention | None]] = {
    "moodle": _moodle,
    "ilias": _ilias,
    "canvas": _canvas,
    "nbgrader": _nbgrader,
    "github-classroom": _github,
    "dropbox": _dropbox,
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
