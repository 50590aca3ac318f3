"""Paths of the command line → submissions. The only door by which an upload comes in."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from stat import S_ISREG

from grader.folder.files import content_digest
from grader.folder.private import PrivateDirectory
from grader.intake import files, notebook, script
from grader.intake.archives import prune
from grader.intake.arrival import listed_times
from grader.intake.choose import is_script_name, refused_flags
from grader.intake.document import Refused
from grader.intake.naming import assign
from grader.intake.people import Lists, RosterRow
from grader.intake.sources import HandedIn, Options, UnopenedUpload, find
from grader.intake.tree import Leftover
from grader.models import Alternative, AttachedFile, Flag, Said, Submission

MAX_FILES = 200
MAX_FILES_BYTES = 200 * 2**20


@dataclass(frozen=True, slots=True)
class CollectedUpload:
    """An upload with its id, not yet read: a class of ten thousand fits in memory as these."""

    id: str
    upload: UnopenedUpload

    @property
    def origin(self) -> str:
        """Whose it is, the same whenever and from wherever the class is downloaded again."""
        return self.upload.origin

    def fingerprint(self) -> str:
        """Digest of all that `read` would return, without reading more than bytes."""
        upload = self.upload
        content: list[str] = [str(upload.problem or "")]
        for file in upload.notebooks:
            try:
                content.append(hashlib.sha256(files.read(file.path, file.root)).hexdigest())
            except Refused as refused:
                content.append(str(refused))
        others = [f for f in upload.files if f not in upload.notebooks]
        around = [(f.name, content_digest(f.path, MAX_FILES_BYTES)) for f in others]
        who = upload.student.model_dump(mode="json"), str(upload.received_at), str(upload.extended)
        flags = [f.model_dump() for f in upload.flags]
        names = [f.name for f in upload.notebooks], upload.together, upload.unseen
        parts = [self.id, upload.relative, content, names, around, who, flags]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def read(self) -> Submission:
        """The submission, read from disk now. Never raises for anything a student can upload."""
        upload = self.upload
        made = self.refused(upload.problem)
        if upload.problem is not None:
            return made
        opened = [_open(file, upload) for file in upload.notebooks]
        usable = [o for o in opened if o.parsed.problem is None]
        coded = [o for o in usable if any(c.kind == "code" and c.source.strip() for c in o.parsed.cells)]
        kept = usable if upload.together else coded or usable
        if not kept:
            first = opened[0]
            return made.model_copy(update={"sha256": first.sha256, "problem": first.parsed.problem})
        first, *others = kept
        attached, flags = _attach(upload, None if others else first.file)
        refused = refused_flags([(o.file.name, o.parsed.problem) for o in opened if o.parsed.problem])
        return made.model_copy(
            update={
                "path": first.path,
                "sha256": first.sha256,
                "cells": first.parsed.cells,
                "language": first.parsed.language,
                "folder": first.folder,
                "files": attached,
                "flags": (*upload.flags, *first.parsed.flags, *refused, *flags),
                "others": tuple(o.alternative() for o in others),
                "together": upload.together,
                "unseen": upload.unseen,
            }
        )

    def refused(self, problem: Said | None) -> Submission:
        """What `read` gives where something keeps it from being read."""
        upload = self.upload
        return Submission(
            id=self.id,
            path=upload.relative,
            sha256=hashlib.sha256(b"").hexdigest(),
            student=upload.student,
            received_at=upload.received_at,
            due=upload.extended if isinstance(upload.extended, datetime) else None,
            grace_s=upload.extended.total_seconds() if isinstance(upload.extended, timedelta) else 0.0,
            flags=upload.flags,
            problem=problem,
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    """One notebook of a student's, read."""

    file: HandedIn
    path: str
    sha256: str
    parsed: notebook.Notebook

    @property
    def folder(self) -> str:
        return self.file.name.rpartition("/")[0]

    def alternative(self) -> Alternative:
        return Alternative(
            path=self.path,
            name=self.file.name,
            sha256=self.sha256,
            cells=self.parsed.cells,
            folder=self.folder,
            flags=self.parsed.flags,
        )


def _open(file: HandedIn, upload: UnopenedUpload) -> _Opened:
    first = upload.notebooks[0]
    # the others' paths are told by their place in the student's own tree
    top = upload.relative.removesuffix(first.name)
    path = (
        upload.relative if file is first else f"{top or upload.relative.rpartition('/')[0] + '/'}{file.name}"
    )
    try:
        data = files.read(file.path, file.root)
    except Refused as refused:
        return _Opened(file, path, hashlib.sha256(b"").hexdigest(), notebook.Notebook(problem=refused.said))
    parsed = script.read(data) if is_script_name(file.path.name) else notebook.read(data)
    return _Opened(file, path, hashlib.sha256(data).hexdigest(), parsed)


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything found: each upload under its id, and what belongs to nobody.

    absent: who of the roster handed in nothing. keeper: holds the folder in which archives were unpacked for
    as long as the intake is in use.
    """

    entries: tuple[CollectedUpload, ...]
    leftovers: tuple[Leftover, ...]
    keeper: object = None
    absent: tuple[str, ...] = ()

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
    prefer: Sequence[str] = (),
    people: Lists | None = None,
) -> Intake:
    """Find the notebooks at `paths` (files, archives, folders with all their folders) and name them.

    exclude: folders not to enter. stage: where archives are unpacked and stay; None: a temporary folder.
    A grading worksheet of Moodle named among them says when each student handed in.
    insist, pattern: the platform whose export this is, see `recognise`. prefer: globs that name the notebook
    of somebody who handed in several. people: what the course says of them. What is found twice is taken
    once. Raises `UsageError` for a path that
    does not exist, is not what was insisted on or no upload at all, `StorageError`.
    """
    keeper = None
    if stage is None:
        keeper = PrivateDirectory()
        stage = keeper.path / "uploads"
        stage.mkdir()
    sheets = {Path(p): times for p in paths if (times := listed_times(Path(p))) is not None}
    listed = {who: when for times in sheets.values() for who, when in times.items()}
    options = Options(stage, exclude, insist, pattern, tuple(prefer), listed)
    uploads: dict[str, UnopenedUpload] = {}
    leftovers: dict[str, Leftover] = {}
    unpacked: list[Path] = []
    for path in map(Path, paths):
        if path in sheets:
            continue
        found = find(path, options)
        unpacked += found.unpacked
        leftovers |= {str(path / leftover.path): leftover for leftover in found.leftovers}
        for upload in found.uploads:
            place = _place(upload, path)
            if place not in uploads or len(upload.files) > len(uploads[place].files):
                uploads[place] = upload
    prune(stage, unpacked)
    ordered = list(uploads.values())
    ids = assign([u.named for u in ordered])
    ordered = _told_apart(ordered, ids)
    absent: Sequence[RosterRow] = ()
    if people is not None:
        ordered, absent = people.applied(ordered)
    entries = tuple(CollectedUpload(id=i, upload=u) for i, u in zip(ids, ordered, strict=True))
    return Intake(entries, tuple(leftovers.values()), keeper, tuple(p.label for p in absent))


def _told_apart(uploads: Sequence[UnopenedUpload], ids: Sequence[str]) -> list[UnopenedUpload]:
    """The uploads; of several with one origin, from different folders, each with one of its own."""
    met = Counter(u.origin for u in uploads)
    rooted = [f"{u.origin} of {u.named.root}" if met[u.origin] > 1 else u.origin for u in uploads]
    met = Counter(rooted)
    apart = [f"folder:{id}" if met[r] > 1 else r for r, id in zip(rooted, ids, strict=True)]
    return [replace(u, origin=origin) for u, origin in zip(uploads, apart, strict=True)]


def _place(upload: UnopenedUpload, named: Path) -> str:
    """Where it lies. The folder is resolved, the file is not: a link and its target are two uploads."""
    if not upload.notebooks:
        return upload.origin or f"{named.absolute()}/{upload.relative}"
    first = upload.notebooks[0].path
    return os.path.join(first.parent.resolve(), first.name)  # noqa: PTH118


def _attach(upload: UnopenedUpload, but: HandedIn | None) -> tuple[tuple[AttachedFile, ...], list[Flag]]:
    """The files that come along, nearest folders first, within bounds. but: the notebook, if it is alone."""
    attached: list[AttachedFile] = []
    left = 0
    room = MAX_FILES_BYTES
    wanted = [f for f in upload.files if f is not but]
    for file in wanted:
        try:
            stat = file.path.lstat()
            source = os.fsencode(file.path.absolute()).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            left += 1
            continue
        if not S_ISREG(stat.st_mode):  # a notebook that is a link: only read through its own door
            left += 1
            continue
        if len(attached) >= MAX_FILES or stat.st_size > room:
            left += 1
            continue
        room -= stat.st_size
        attached.append(AttachedFile(name=file.name, source=source, size=stat.st_size))
    if not left:
        return tuple(attached), []
    text = Said(
        "{count} of {all} files beside the notebook were left out: too many, too large or unreadable.",
        {"count": left, "all": len(wanted)},
    )
    return tuple(attached), [Flag.of("files_left_out", text)]
