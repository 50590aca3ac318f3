"""Backup and check of a data folder. To restore is to copy a backup back; see docs/service.md."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader.errors import StorageError, UsageError
from grader.service import erasing
from grader.service.blobs import Blobs
from grader.service.database import FILE, Database
from grader.service.place import SETTINGS, DataFolder

_KEY = "lti.key"


def backup(place: DataFolder, database: Database, target: Path) -> int:
    """Copy database and folder to `target`, which must be new or an earlier backup; how many blobs are new.

    The database first, then what it names: blobs are never changed, so the copy is whole while the service
    goes on; deletions wait for its end. With PostgreSQL its own tools copy the database; do that before.
    Raises `UsageError`, `StorageError`.
    """
    if target.resolve().is_relative_to(place.folder.resolve()):
        raise UsageError(f"{target} lies in the data folder; name a folder elsewhere, better on another disk")
    try:
        with Blobs(place.blobs).held():
            return _copied(place, database, target)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{target} could not be written ({error}); the backup is not whole") from error


def _copied(place: DataFolder, database: Database, target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    if database.sqlite:
        with (
            closing(sqlite3.connect(place.folder / FILE)) as source,
            closing(sqlite3.connect(target / f"{FILE}.new")) as copy,
        ):
            source.backup(copy)
        (target / f"{FILE}.new").replace(target / FILE)
    new = 0
    for name in Blobs(place.blobs).names():
        copied = Blobs(target / "blobs").path(name)
        if not copied.exists():
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(place.blobs / name[:2] / name[2:], f"{copied}.new")
            Path(f"{copied}.new").replace(copied)
            new += 1
    shutil.copytree(place.editions, target / "editions", dirs_exist_ok=True)
    for name in (SETTINGS, _KEY):
        if (place.folder / name).exists():
            shutil.copy2(place.folder / name, target / name)
    return new


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a data folder found. missing, damaged: blobs that records name."""

    blobs: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    unnamed: tuple[str, ...]
    """there, but named by no record: what a killed upload or deletion left"""


def check(place: DataFolder, database: Database) -> Checked:
    """Read every blob that the database names, and compare it with its name."""
    store = Blobs(place.blobs)
    with database.reading() as session:
        named = erasing.named(session)
    there = set(store.names())
    damaged = tuple(
        name
        for name in sorted(named & there)
        if hashlib.sha256(store.path(name).read_bytes()).hexdigest() != name
    )
    return Checked(len(named), tuple(sorted(named - there)), damaged, tuple(sorted(there - named)))
