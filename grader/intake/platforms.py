"""How learning platforms name what students hand in (pure): paths in an export → who, which attempt.

A convention looks at the path of one file below the folder or archive that was named. It is recognised
when it explains most files there. Sources: the platforms' documentation and code, as of 2026.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence

from grader.errors import UsageError
from grader.intake.convention import Convention, Listing, Owner, Parts
from grader.intake.naming import is_notebook_name
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


# ------------------------------------------------------------------ Moodle

_MOODLE = r"^(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?:file|onlinetext)"
_MOODLE_FOLDER = re.compile(f"{_MOODLE}_?$")
_MOODLE_FLAT = re.compile(f"{_MOODLE}_(?P<file>.+)$")
_BLIND = re.compile(r"^(participant|teilnehmer\S*|participante|partecipante)$", re.IGNORECASE)


def _moodle(listing: Listing, insist: bool) -> Convention:
    """`Full Name_<id>_assignsubmission_file/…`, flat, blind, teams.

    Whoever is in no team hands in for the default group, which has no id. Moodle's own mark is looked for
    from the left: a student may hand in a file that was downloaded from Moodle before.
    """
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
            name = _tidy(found["name"])
            label = f"{found['name']}_{found['id']}" if blind else name
            student = Student(id=found["id"], name=None if blind else name)
            return Owner(f"moodle:{found['id'] or name}", label, student, below)
    return None


# ------------------------------------------------------------------ Canvas

_CANVAS = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<id>\w+?)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_PAGE = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>(?:text|link)\.html)$")
_RESUBMITTED = re.compile(r"-(\d{1,3})(\.\w+)$")


def _canvas(listing: Listing, insist: bool) -> Convention | None:
    """`<lastfirst>[_LATE]_<user id>_<attachment id>_<original name>`, anonymous too.

    `hw_4_1234_anna.ipynb` looks the same, but there one name or one id has the notebooks of many, or one file
    id is given twice: then the numbers are not Canvas's.
    """
    if insist:
        return _canvas_owner
    tops = {part: m for parts in listing.files for part in parts if (m := _CANVAS.match(part))}
    seen = [m for part, m in tops.items() if not _CANVAS_ANONYMOUS.match(part)]
    ids, names = {m["id"] for m in seen}, {m["name"] for m in seen}
    notebooks = sum(is_notebook_name(m["file"]) for m in seen)
    constant = min(len(names), len(ids)) == 1 and len(ids) < notebooks
    reused = len({m["file_id"] for m in seen}) < len(seen)
    return None if constant or reused else _canvas_owner


def _canvas_owner(parts: Parts) -> Owner | None:
    for i, part in enumerate(parts):
        anonymous = _CANVAS_ANONYMOUS.match(part)
        found = anonymous or _CANVAS.match(part) or _CANVAS_PAGE.match(part)
        if found is None:
            continue
        seen = found.groupdict()
        name = None if anonymous else _tidy(seen["name"])
        again = _RESUBMITTED.search(seen["file"])
        student = Student(id=seen["id"], name=name, attempt=int(again[1]) + 1 if again else None)
        return Owner(
            key=f"canvas:{seen['id']}",
            label=name or f"anon_{seen['id']}",
            student=student,
            below=(seen["file"], *parts[i + 1 :]),
            order=int(seen.get("file_id") or 0),
            late=seen["late"] is not None,
        )
    return None


# ------------------------------------------------------------------ ILIAS

_ILIAS_PERSON = re.compile(r"^(?P<name>.+)_(?P<login>[^_]+)_(?P<id>\d+)$")
_ILIAS_TEAM = re.compile(r"^Team[ _]\d+$", re.IGNORECASE)
_ILIAS_ROOT = re.compile(r"^(abgaben|submissions|multi_feedback_.+)$", re.IGNORECASE)
_ILIAS_LATE = re.compile(r"^(late submission|versp(ä|ae?)tete abgabe) - ", re.IGNORECASE)


def _ilias(listing: Listing, insist: bool) -> Convention:
    """`[<assignment>/Abgaben/][Team N/]last_first_login_id/…` and the folders of a feedback archive."""
    everywhere = insist or _only_ilias_persons(listing)

    def owner(parts: Parts) -> Owner | None:
        rooted = False
        team = None
        for i, part in enumerate(parts[:-1]):
            if _ILIAS_ROOT.match(part):
                rooted = True
            elif _ILIAS_TEAM.match(part):
                team = part
            elif (rooted or team or everywhere) and (found := _ILIAS_PERSON.match(part)) is not None:
                name = _tidy(found["name"].replace("_", " "))
                student = Student(
                    id=found["id"], name=name, group=team, members=(found["id"],) if team else ()
                )
                key = f"ilias:{team}" if team else f"ilias:{found['id']}"
                late = _ILIAS_LATE.match(parts[i + 1]) is not None
                return Owner(key, team or name, student, parts[i + 1 :], late=late)
        return None

    return owner


def _only_ilias_persons(listing: Listing) -> bool:
    """Older versions put the persons' folders at the top: there are several, of different people."""
    first, last = min(listing.files, default=()), max(listing.files, default=())
    depth = next((i for i, (a, b) in enumerate(zip(first[:-1], last[:-1], strict=False)) if a != b), None)
    if depth is None:
        return False
    folders = {parts[depth] for parts in listing.files if len(parts) > depth + 1}
    found = [m for folder in folders if (m := _ILIAS_PERSON.match(folder))]
    apart = len({m["id"] for m in found}) == len(folders) and len({m["name"] for m in found}) > 1
    return len(found) == len(folders) and apart


# ------------------------------------------------------------------ nbgrader

_TIMESTAMP = "timestamp.txt"


def _nbgrader(listing: Listing, insist: bool) -> Convention | None:
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


# ------------------------------------------------------------------

_MAKERS: dict[str, Callable[[Listing, bool], Convention | None]] = {
    "moodle": _moodle,
    "ilias": _ilias,
    "canvas": _canvas,
    "nbgrader": _nbgrader,
    "github-classroom": _github,
    "dropbox": dropbox,
}
PLATFORMS = (*_MAKERS, "folder")
"""what `--from` takes"""


def _tidy(name: str) -> str:
    """A name as people write it: one kind of ü, one blank between words."""
    return " ".join(unicodedata.normalize("NFC", name).split())


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
