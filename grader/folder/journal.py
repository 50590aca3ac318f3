"""What a run has finished, so that the next one goes on from there: one line per submission, appended.

A line is written after the report it speaks of is on the disk, so a run killed at any moment at worst
judges again what it finished last. A line torn by a crash is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from grader.errors import StorageError
from grader.models import Record


class KeptRun(Record):
    """One kept execution. world: `grader.batch.keys.world_key`. execution: its key in the store."""

    world: str
    execution: str
    notebook: int = Field(default=0, description="place of the notebook among the student's")


class JournalEntry(Record):
    """The last thing known about one submission, with all that judging it again needs."""

    id: str
    origin: str = Field(description="where the upload lay, absolute: tells two uploads of one id apart")
    key: str = Field(description="digest of everything the report depends on")
    state: Literal["done", "failed"] = Field(description="failed: our fault, to be tried again")
    size: int = Field(default=0, description="bytes of the report.json that was written; 0: none was")
    message: str = ""
    fingerprint: str = Field(default="", description="of the upload; the key of the kept Submission")
    conditions: str = Field(default="", description="`grader.batch.keys.conditions_digest` of its runs")
    runs: tuple[KeptRun, ...] = Field(default=(), description="kept executions, in the order of worlds")
    judged: str = Field(default="", description="key of the kept judgement; empty: none was kept")


class Journal:
    """The journal of one output folder. One process at a time: hold the lock first."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Read what is there. read_only: no lock is held, so nothing is written. Raises `StorageError`."""
        self._path = path
        self.entries: dict[str, JournalEntry] = {}
        self.latest: dict[str, str] = {}
        """origin of an upload → the id under which it was noted last"""
        lines = 0
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                for line in path.read_bytes().splitlines():
                    lines += 1
                    self._take(line)
            if not read_only and lines > 2 * len(self.entries) + 100:
                self._rewrite()
        except OSError as error:
            raise StorageError(_unwritable(path, error)) from error

    def note(self, entry: JournalEntry) -> None:
        """Append one entry, on the disk when this returns. Raises `StorageError`."""
        self.note_all([entry])

    def note_all(self, entries: Sequence[JournalEntry]) -> None:
        """Append entries, on the disk when this returns. Raises `StorageError`."""
        # A torn line of a crashed run may stand at the end: begin a line of our own.
        data = b"\n" + b"".join(e.model_dump_json().encode() + b"\n" for e in entries)
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
        for entry in entries:
            self._know(entry)

    def _take(self, line: bytes) -> None:
        try:
            entry = JournalEntry.model_validate_json(line)
        except ValidationError:
            return
        self._know(entry)

    def _know(self, entry: JournalEntry) -> None:
        self.entries.pop(entry.id, None)  # the order is that of the notes, also after a rewrite
        self.entries[entry.id] = entry
        self.latest[entry.origin] = entry.id

    def _rewrite(self) -> None:
        temporary = self._path.with_suffix(".new")
        with temporary.open("wb") as file:
            file.writelines(e.model_dump_json().encode() + b"\n" for e in self.entries.values())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path} could not be written ({error.strerror or error}); free space or name another --out"
