"""What a platform's way of naming files says of one file (records only)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from grader.models import Student

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is. key: the same for all files of one student's. below: its path as handed in.

    label: what the submission's id is made of. attempt: the larger, the newer; only the newest counts.
    order: of files within one attempt, the larger, the newer (0: unknown). received_at: as the platform
    has it. late: the platform says so, without saying how late. ours: the platform's own file, not handed in.
    """

    key: str
    label: str
    student: Student
    below: Parts
    attempt: tuple[object, ...] = ()
    order: int = 0
    received_at: datetime | None = None
    late: bool = False
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one folder of an export, as far as names tell.

    name: the folder's own. files: paths below it of all its files. hidden: folder → hidden names in it.
    read: the text at a path, for files that the platform itself wrote; empty where there is none.
    """

    files: Sequence[Parts]
    hidden: Mapping[Parts, Collection[str]] = field(default_factory=dict)
    name: str = ""
    read: Callable[[Parts], str] = lambda _: ""

    def units(self) -> Mapping[str, Sequence[Parts]]:
        """What lies directly in the folder → the files of each: one upload has one vote, however large."""
        found: dict[str, list[Parts]] = {}
        for parts in self.files:
            found.setdefault(parts[0], []).append(parts)
        return found

    def folders(self) -> Collection[str]:
        """Names of the folders that lie directly in the folder and hold files."""
        return {parts[0] for parts in self.files if len(parts) > 1}


NOBODYS = Owner(key="", label="", student=Student(), below=(), ours=True)
"""of a list that the platform itself put beside everybody's files"""

Convention = Callable[[Parts], Owner | None]
"""Reads the platform's own part of a path, from its beginning, and nothing that a student named."""

Maker = Callable[[Listing, bool], Convention | None]
"""The convention of one folder; None where it does not fit. The flag: somebody insists that it does."""


def within(listing: Listing, name: str) -> Listing:
    """What lies in one of its folders, as a listing of its own."""
    return Listing(
        files=[parts[1:] for parts in listing.files if len(parts) > 1 and parts[0] == name],
        hidden={home[1:]: names for home, names in listing.hidden.items() if home[:1] == (name,)},
        name=name,
        read=lambda parts: listing.read((name, *parts)),
    )


def only_within(name: str, convention: Convention) -> Convention:
    """The convention of one folder; what the platform itself puts beside that folder is nobody's."""
    return lambda parts: convention(parts[1:]) if parts[0] == name and len(parts) > 1 else NOBODYS


def tidy(name: str) -> str:
    """A name as people write it: one kind of ü, one blank between words."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def apart(values: Sequence[object]) -> bool:
    """Whether these differ from each other, as the ids of different uploads do."""
    return len(set(values)) == len(values)
