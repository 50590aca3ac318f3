"""An upload's files, laid out so that the grader's intake reads them as one student's."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.intake import collect
from grader.intake.archives import is_archive_name
from grader.intake.choose import is_script_name
from grader.intake.files import holds_a_notebook
from grader.models import Said, Student, Submission
from grader.service.blobs import Blobs

_SAFE = "attempt"


@dataclass(frozen=True, slots=True)
class StoredFile:
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


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """An upload, to be read when its turn comes; its files are laid out in `folder` and stay there.

    prefer: the rubric's globs for the notebook among several. Who handed in, and when, is not said here: what
    runs and what is judged knows no names, and lateness is computed when somebody looks.
    """

    id: str
    files: Sequence[StoredFile]
    blobs: Path
    folder: Path
    prefer: tuple[str, ...]

    def read(self) -> Submission:
        """The submission. Never raises for what a student sends."""
        uploads, stage = self.folder / "upload", self.folder / "stage"
        uploads.mkdir(parents=True, exist_ok=True)
        store = Blobs(self.blobs)
        if len(self.files) == 1:
            _lay(store.path(self.files[0].sha256), uploads / _name(self.files[0].name))
        else:
            # files of one student: an archive says so
            with zipfile.ZipFile(uploads / f"{_SAFE}.zip", "w", zipfile.ZIP_STORED) as archive:
                for file in self.files:
                    archive.write(store.path(file.sha256), _name(file.name))
        found = collect([uploads], stage=stage, prefer=self.prefer).entries
        if len(found) != 1:
            several = Said("it holds the notebooks of several people")
            return self.refused(several if found else Said("there is no notebook in it"))
        read = found[0].read()
        if read.problem is not None:
            return read.model_copy(update=self._about())
        others = tuple(o.model_copy(update={"path": _last(o.path)}) for o in read.others)
        return read.model_copy(update={**self._about(), "path": _last(read.path), "others": others})

    def refused(self, problem: Said) -> Submission:
        """What is read where something keeps it from being read."""
        empty = hashlib.sha256(b"").hexdigest()
        made = Submission(id=self.id, path="", sha256=empty, problem=problem)
        return made.model_copy(update=self._about())

    def _about(self) -> dict[str, object]:
        return {
            "id": self.id,
            "path": self.files[0].name,
            "student": Student(id=self.id),
            "received_at": None,
        }


def _last(path: str) -> str:
    """A notebook's own name: folders of a student's archive must not say whose it is to a platform."""
    return path.rpartition("/")[2]


def _name(name: str) -> str:
    """The file's own name, unless the disk would not take it."""
    safe = name.replace("/", "_").replace("\0", "_")
    return safe if safe not in ("", ".", "..") and not safe.startswith(".") else f"_{safe}"


def _lay(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        target.write_bytes(source.read_bytes())
