"""An upload's files, laid out so that the grader's intake reads them as one student's."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.intake import collect
from grader.intake.archives import is_archive_name
from grader.intake.choose import is_script_name
from grader.intake.files import holds_a_notebook
from grader.models import Said, Student, Submission
from grader.service.blobs import Blobs

_SAFE = "attempt"
_NONE = Said("there is no notebook in it")
_SEVERAL = Said("it holds the notebooks of several people")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an upload in the blob store."""

    name: str
    sha256: str


def may_hold_a_notebook(path: Path, name: str) -> bool:
    """Whether a file can be what is graded, or hold it: by its name, or by how it begins."""
    lower = name.lower()
    return (
        lower.endswith(".ipynb")
        or is_archive_name(name)
        or is_script_name(name)
        or holds_a_notebook(path, name)
    )


def submission(
    id: str, files: Sequence[Kept], began: datetime, blobs: Blobs, folder: Path, prefer: Sequence[str]
) -> Submission:
    """The upload as a submission; its files lie in `folder` and stay there until it has run.

    prefer: the rubric's globs for the notebook among several. Who handed in is not said here: what runs and
    what is judged knows no names. Never raises for what a student sends.
    """
    uploads, stage = folder / "upload", folder / "stage"
    uploads.mkdir(parents=True)
    if len(files) == 1:
        target = uploads / (_name(files[0].name))
        _lay(blobs.path(files[0].sha256), target)
    else:
        # files of one student: an archive says so
        with zipfile.ZipFile(uploads / f"{_SAFE}.zip", "w", zipfile.ZIP_STORED) as archive:
            for file in files:
                archive.write(blobs.path(file.sha256), _name(file.name))
    made = collect([uploads], stage=stage, prefer=prefer)
    read = made.entries[0].read() if len(made.entries) == 1 else _nothing(made.entries)
    return read.model_copy(
        update={"id": id, "path": files[0].name, "student": Student(id=id), "received_at": began}
    )


def _name(name: str) -> str:
    """The file's own name, unless the disk would not take it."""
    safe = name.replace("/", "_").replace("\0", "_")
    return safe if safe not in ("", ".", "..") and not safe.startswith(".") else f"_{safe}"


def _lay(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        target.write_bytes(source.read_bytes())


def _nothing(entries: Sequence[object]) -> Submission:
    problem = _SEVERAL if entries else _NONE
    return Submission(id=_SAFE, path="", sha256=hashlib.sha256(b"").hexdigest(), problem=problem)
