"""Whose export a folder is, and at which depth it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.errors import UsageError
from grader.intake.choose import is_script_name
from grader.intake.convention import Convention, Listing, Maker, Owner, Parts
from grader.intake.exports import (
    autolab,
    blackboard,
    brightspace,
    canvas,
    cocalc,
    dropbox,
    github_classroom,
    gradescope,
    ilias,
    moodle,
    nbgrader,
    prairielearn,
    sakai,
    submitty,
    teams,
)
from grader.intake.patterns import by_pattern
from grader.intake.tree import TreeFolder
from grader.models import Student

_DEEPEST = 5

Read = Callable[[Parts], str]

MAKERS: dict[str, Maker] = {
    "moodle": moodle.recognise,
    "gradescope": gradescope.recognise,
    "blackboard": blackboard.recognise,
    "brightspace": brightspace.recognise,
    "sakai": sakai.recognise,
    "submitty": submitty.recognise,
    "cocalc": cocalc.recognise,
    "prairielearn": prairielearn.recognise,
    "autolab": autolab.recognise,
    "ilias": ilias.recognise,
    "teams": teams.recognise,
    "canvas": canvas.recognise,
    "nbgrader": nbgrader.recognise,
    "github-classroom": github_classroom.recognise,
    "dropbox": dropbox.recognise,
}
"""in the order in which they are tried: those whose names can be nothing else come first"""

PLATFORMS = (*MAKERS, "folder")
"""what `--from` takes"""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The folders in which the platform's names begin, each with its convention."""

    homes: Sequence[tuple[Parts, Convention]]

    def owner(self, parts: Parts) -> tuple[Owner, Parts] | None:
        """Whose file lies at a path below what was named, and where its home begins."""
        for home, convention in self.homes:
            if parts[: len(home)] == home and len(parts) > len(home):
                found = convention(parts[len(home) :])
                return None if found is None else (found, home)
        return None


def recognise(top: TreeFolder, read: Read, insist: str | None, pattern: str | None) -> Recognised | None:
    """The convention that names what lies below `top`; None for a plain folder.

    A folder with nothing but folders may be one around the export: then what lies in it is looked at, and
    the export's names must show in every one of those. insist: a platform of `MAKERS`, or "folder" for none.
    pattern: what files are called, for example `{name} - {file}`. Raises `UsageError` where what was insisted
    on names nothing here.
    """
    if insist == "folder":
        return None
    levels = _levels(top, read)
    if pattern is not None or insist is not None:
        asked = f"--pattern {pattern!r}" if pattern is not None else f"--from {insist}"
        maker = _always(by_pattern(pattern)) if pattern is not None else MAKERS[insist or ""]
        for homes in levels:
            made = [(parts, x, c) for parts, x in homes if (c := maker(x, True)) is not None]
            if any(_share(c, listing) > 0 for _, listing, c in made):
                return Recognised([(parts, c) for parts, _, c in made])
        first = next((f for f in top.everything()), None)
        example = f"for example {'/'.join(first.parts)}" if first is not None else "there is none"
        raise UsageError(f"{asked} fits no file here, {example}; leave it out or say --from folder")
    for homes in levels:
        for maker in MAKERS.values():
            made = [
                (parts, x, c)
                for parts, x in homes
                if (c := maker(x, False)) is not None and _share(c, x) > 0.5
            ]
            if made and len(made) == len(homes):
                return Recognised([(parts, c) for parts, _, c in made])
    return None


def _levels(top: TreeFolder, read: Read) -> Sequence[Sequence[tuple[Parts, Listing]]]:
    """What lies in the folders at each depth at which an export can begin, outermost first."""
    found: list[list[TreeFolder]] = [[top]]
    while len(found) < _DEEPEST:
        inner: list[TreeFolder] = []
        for folder in found[-1]:
            if any(f.is_notebook or is_script_name(f.name) or f.refused for f in folder.files):
                inner = []
                break
            inner += [f for f in folder.folders if any(f.everything())]
        if not inner:
            break
        found.append(inner)
    return [[(home.parts, _listing(home, read)) for home in homes] for homes in found]


def _listing(home: TreeFolder, read: Read) -> Listing:
    depth = len(home.parts)
    return Listing(
        files=[f.parts[depth:] for f in home.everything()],
        hidden={f.parts[depth:]: f.hidden for f in home.all_folders() if f.hidden},
        name=home.name,
        read=lambda parts: read((*home.parts, *parts)),
    )


def _share(convention: Convention, listing: Listing) -> float:
    """The part of what lies directly there that the convention names: one vote each, however large."""
    units = listing.units()
    named = sum(any(convention(parts) is not None for parts in files) for files in units.values())
    return named / len(units) if units else 0.0


def _always(convention: Convention) -> Maker:
    return lambda _listing, _insist: convention


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
