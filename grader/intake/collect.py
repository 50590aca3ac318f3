"""Paths of the command line → submissions. The only door by which an upload comes in."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.intake import files, notebook
from grader.intake.document import Refused
from grader.intake.naming import assign
from grader.intake.sources import Beside, Leftover, Upload, find
from grader.models import AttachedFile, Flag, Submission

MAX_FILES = 200
MAX_FILES_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """An upload with its id, not yet read: a class of ten thousand fits in memory as these."""

    id: str
    upload: Upload

    @property
    def origin(self) -> str:
        """Absolute path of the upload: tells it from another of the same id in a later run."""
        return str(self.upload.path.absolute())

    def fingerprint(self) -> str:
        """Digest of all that `read` would return, without reading more than bytes."""
        upload = self.upload
        try:
            content = hashlib.sha256(files.read(upload.path, upload.root)).hexdigest()
        except Refused as refused:
            content = str(refused)
        beside = [(b.name, files.content_digest(b.path)) for b in upload.beside]
        return hashlib.sha256(json.dumps([self.id, upload.relative, content, beside]).encode()).hexdigest()

    def read(self) -> Submission:
        """The submission, read from disk now. Never raises for anything a student can upload."""
        upload = self.upload
        try:
            data = files.read(upload.path, upload.root)
        except Refused as refused:
            empty = hashlib.sha256(b"").hexdigest()
            return Submission(id=self.id, path=upload.relative, sha256=empty, problem=str(refused))
        parsed = notebook.read(data)
        attached, flags = _attach(upload.beside)
        return Submission(
            id=self.id,
            path=upload.relative,
            sha256=hashlib.sha256(data).hexdigest(),
            cells=parsed.cells,
            files=attached if parsed.problem is None else (),
            problem=parsed.problem,
            flags=(*parsed.flags, *flags),
        )


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything found: each upload under its id, and what belongs to nobody."""

    entries: tuple[Entry, ...]
    leftovers: tuple[Leftover, ...]

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """All of them, read at once. For a large class iterate over `entries` instead."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Submission]:
        for entry in self.entries:
            yield entry.read()


def collect(paths: Sequence[Path | str], *, exclude: Collection[Path] = ()) -> Intake:
    """Find the notebooks at `paths` (files, folders with all their folders) and name them.

    exclude: folders not to enter. What is found twice is taken once. Raises `UsageError` for a path
    that does not exist.
    """
    uploads: dict[str, Upload] = {}
    leftovers: dict[str, Leftover] = {}
    for path in map(Path, paths):
        for found in find(path, exclude):
            if isinstance(found, Upload):
                # The folder is resolved, the file is not: a link and its target are two uploads.
                place = os.path.join(found.path.parent.resolve(), found.path.name)  # noqa: PTH118
                if place not in uploads or len(found.beside) > len(uploads[place].beside):
                    uploads[place] = found
            else:
                leftovers[str(path / found.path)] = found
    ordered = list(uploads.values())
    ids = assign([u.named for u in ordered])
    entries = tuple(Entry(id=i, upload=u) for i, u in zip(ids, ordered, strict=True))
    return Intake(entries=entries, leftovers=tuple(leftovers.values()))


def _attach(beside: Sequence[Beside]) -> tuple[tuple[AttachedFile, ...], list[Flag]]:
    """The files that come along, nearest folders first, within bounds."""
    attached: list[AttachedFile] = []
    left = 0
    room = MAX_FILES_BYTES
    for file in beside:
        try:
            size = file.path.lstat().st_size
            source = os.fsencode(file.path.absolute()).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            left += 1
            continue
        if len(attached) >= MAX_FILES or size > room:
            left += 1
            continue
        room -= size
        attached.append(AttachedFile(name=file.name, source=source, size=size))
    if not left:
        return tuple(attached), []
    message = (
        f"{left} of {len(beside)} files beside the notebook were left out: too many, too large or unreadable."
    )
    return tuple(attached), [Flag(id="files_left_out", message=message)]
