"""Bytes under their SHA-256: uploaded files, reports, pages. Written once, never changed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import StorageError

_CHUNK = 1 << 20
RESERVE = 200 << 20
"""bytes that uploads leave free on the disk: for marks, sign-ins and what is graded already"""


@dataclass(frozen=True, slots=True)
class Blob:
    """What was put: its name in the store, and how many bytes."""

    sha256: str
    size: int


class Blobs:
    """A folder of blobs. What `put` has returned is on the disk, whatever happens next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: IO[bytes] | bytes) -> Blob:
        """Keep these bytes. Raises `StorageError`."""
        digest, size, temporary = hashlib.sha256(), 0, ""
        try:
            place = self.folder / "new"
            place.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=place)
            with os.fdopen(handle, "wb") as file:
                for chunk in (
                    [source] if isinstance(source, bytes) else iter(lambda: source.read(_CHUNK), b"")
                ):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(digest.hexdigest())
            if target.exists():
                Path(temporary).unlink()
            else:
                if not target.parent.is_dir():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _settle(target.parent.parent)
                Path(temporary).replace(target)
            _settle(target.parent)  # also where another put it there: it may not have got so far
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise StorageError(
                f"{self.folder} could not be written ({error.strerror or error}); free space there"
            ) from error
        return Blob(digest.hexdigest(), size)

    def refuse_full(self) -> None:
        """Raises `StorageError` where the disk is almost full: nothing new is taken then."""
        if self.free() < RESERVE:
            raise StorageError(f"{self.folder} has less than {RESERVE >> 20} MB left; free space there")

    def free(self) -> int:
        """Bytes that the disk has left."""
        return shutil.disk_usage(self.folder).free

    @contextmanager
    def held(self, *, alone: bool = False) -> Iterator[None]:
        """While bytes are put and a record comes to name them, nobody drops any. alone: drop some.

        Else what somebody has just put, and was there before, could go with another's data.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises `StorageError` where they are not there, or are not what was put."""
        try:
            data = self.path(sha256).read_bytes()
        except OSError as error:
            raise StorageError(
                f"blob {sha256} is not there ({error.strerror}); restore the backup"
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StorageError(f"blob {sha256} is damaged; restore it from the backup")
        return data

    def path(self, sha256: str) -> Path:
        """Where a blob lies, if it is there."""
        if len(sha256) != 64 or not all(c in "0123456789abcdef" for c in sha256):
            raise StorageError(f"{sha256[:80]!r} is no blob's name")
        return self.folder / sha256[:2] / sha256[2:]

    def names(self) -> Iterator[str]:
        """Every blob that is there."""
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            yield path.parent.name + path.name

    def drop(self, names: Collection[str]) -> None:
        """Delete blobs; those that are not there already are fine. Hold them alone."""
        for name in names:
            self.path(name).unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Have the folder's list of names on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
