"""What a platform's way of naming files says of one file (records, and what all platforms share)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

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


def tidy(name: str) -> str:
    """A name as people write it: one kind of ü, one blank between words."""
    return " ".join(unicodedata.normalize("NFC", name).split())
