"""What a run has finished, so that the next one goes on from there: one line per submission, appended.

A line is written after the report it speaks of, so a run killed at any moment at worst repeats the
submission it was at. A line torn by a crash is skipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from grader.errors import StorageError
from grader.models import Record


class Entry(Record):
    """The last thing known about one submission."""

    id: str
    origin: str = Field(description="where the upload lay, absolute: tells two uploads of one id apart")
    key: str = Field(description="digest of everything the report depends on")
    state: Literal["done", "failed"] = Field(description="failed: our fault, to be tried again")
    size: int = Field(default=0, description="bytes of the report.json that was written; 0: none was")
    message: str = ""


class Journal:
    """The journal of one output folder. One process at a time: hold the lock first."""

    def __init__(self, path: Path) -> None:
        """Read what is there. Raises `StorageError`."""
        self._path = path
        self.entries: dict[str, Entry] = {}
        lines = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                for line in path.read_bytes().splitlines():
                    lines += 1
                    self._take(line)
            if lines > 2 * len(self.entries) + 100:
                self._rewrite()
        except OSError as error:
            raise StorageError(_unwritable(path, error)) from error

    def note(self, entry: Entry) -> None:
        """Append one entry, on the disk when this returns. Raises `StorageError`."""
        # A torn line of a crashed run may stand at the end: begin a line of our own.
        data = b"\n" + entry.model_dump_json().encode() + b"\n"
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                if os.write(descriptor, data) != len(data):
                    raise OSError(28, "No space left on device")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StorageError(_unwritable(self._path, error)) from error
        self.entries[entry.id] = entry

    def _take(self, line: bytes) -> None:
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError:
            return
        self.entries[entry.id] = entry

    def _rewrite(self) -> None:
        temporary = self._path.with_suffix(".new")
        temporary.write_text("".join(f"{e.model_dump_json()}\n" for e in self.entries.values()), "utf-8")
        temporary.replace(self._path)


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path} could not be written ({error.strerror or error}); free space or name another --out"
