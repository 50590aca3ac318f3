"""Paths of the command line → submissions. The only door by which an upload comes in."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.folder.files import content_digest, temporary
from grader.intake import files, notebook, script
from grader.intake.archives import prune
from grader.intake.arrival import listed_times
from grader.intake.choose import is_script_name
from grader.intake.document import Refused
from grader.intake.naming import assign
from grader.intake.sources import Beside, Options, Upload, find
from grader.intake.tree import Leftover
from grader.models import AttachedFile, Flag, Said, Submission

MAX_FILES = 200
MAX_FILES_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class CollectedUpload:
    """An upload with its id, not yet read: a class of ten thousand fits in memory as these."""

    id: str
    upload: Upload

    @property
    def origin(self) -> str:
        """What tells it from another upload of the same id in a later run: path, or platform and student."""
        return self.upload.origin

    def fingerprint(self) -> str:
        """Digest of all that `read` would return, without reading more than bytes."""
        upload = self.upload
        try:
            content = hashlib.sha256(self._bytes()).hexdigest()
        except Refused as refused:
            content = str(refused)
        beside = [(b.name, content_digest(b.path)) for b in upload.beside]
        who = upload.student.model_dump(mode="json"), str(upload.received_at)
        flags = [f.model_dump() for f in upload.flags]
        parts = [self.id, upload.relative, content, beside, who, flags]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def read(self) -> Submission:
        """The submission, read from disk now. Never raises for anything a student can upload."""
        upload = self.upload
        made = Submission(
            id=self.id,
            path=upload.relative,
            sha256=hashlib.sha256(b"").hexdigest(),
            student=upload.student,
            received_at=upload.received_at,
            flags=upload.flags,
        )
        try:
            data = self._bytes()
        except Refused as refused:
            return made.model_copy(update={"problem": refused.said})
        parsed = script.read(data) if is_script_name(upload.path.name) else notebook.read(data)
        attached, flags = _attach(upload.beside)
        return made.model_copy(
            update={
                "sha256": hashlib.sha256(data).hexdigest(),
                "cells": parsed.cells,
                "files": attached if parsed.problem is None else (),
                "problem": parsed.problem,
                "language": parsed.language,
                "flags": (*upload.flags, *parsed.flags, *flags),
            }
        )

    def _bytes(self) -> bytes:
        if self.upload.problem is not None:
            raise Refused(self.upload.problem)
        return files.read(self.upload.path, self.upload.root)


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything found: each upload under its id, and what belongs to nobody.

    keeper: holds the folder in which archives were unpacked for as long as the intake is in use.
    """

    entries: tuple[CollectedUpload, ...]
    leftovers: tuple[Leftover, ...]
    keeper: object = None

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """All of them, read at once. For a large class iterate over `entries` instead."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Submission]:
        for entry in self.entries:
            yield entry.read()


def collect(
    paths: Sequence[Path | str],
    *,
    exclude: Sequence[Path] = (),
    stage: Path | None = None,
    insist: str | None = None,
    pattern: str | None = None,
    prefer: str | None = None,
) -> Intake:
    """Find the notebooks at `paths` (files, archives, folders with all their folders) and name them.

    exclude: folders not to enter. stage: where archives are unpacked and stay; None: a temporary folder.
    A grading worksheet of Moodle named among them says when each student handed in.
    insist, pattern: the platform whose export this is, see `platforms.recognise`. prefer: a glob that
    names the notebook of somebody who handed in several. What is found twice is taken once. Raises
    `UsageError` for a path that does not exist or is not what was insisted on, `StorageError`.
    """
    keeper = None
    if stage is None:
        keeper = tempfile.TemporaryDirectory(prefix="grader-uploads-", dir=temporary())
        stage = Path(keeper.name)
    sheets = {Path(p): times for p in paths if (times := listed_times(Path(p))) is not None}
    listed = {who: when for times in sheets.values() for who, when in times.items()}
    options = Options(stage, exclude, insist, pattern, prefer, listed)
    uploads: dict[str, Upload] = {}
    leftovers: dict[str, Leftover] = {}
    unpacked: list[Path] = []
    for path in map(Path, paths):
        if path in sheets:
            continue
        found = find(path, options)
        unpacked += found.unpacked
        leftovers |= {str(path / leftover.path): leftover for leftover in found.leftovers}
        for upload in found.uploads:
            # The folder is resolved, the file is not: a link and its target are two uploads.
            place = os.path.join(upload.path.parent.resolve(), upload.path.name)  # noqa: PTH118
            if upload.problem:
                place = upload.origin
            if place not in uploads or len(upload.beside) > len(uploads[place].beside):
                uploads[place] = upload
    prune(stage, unpacked)
    ordered = list(uploads.values())
    ids = assign([u.named for u in ordered])
    entries = tuple(CollectedUpload(id=i, upload=u) for i, u in zip(ids, ordered, strict=True))
    return Intake(entries, tuple(leftovers.values()), keeper)


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
    text = Said(
        "{count} of {all} files beside the notebook were left out: too many, too large or unreadable.",
        {"count": left, "all": len(beside)},
    )
    return tuple(attached), [Flag.of("files_left_out", text)]
