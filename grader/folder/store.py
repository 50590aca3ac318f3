"""Records kept on disk by what they depend on, so that a change of the rubric needs no second run."""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ConfigDict, ValidationError

from grader.errors import StorageError
from grader.models import Execution, Record, Report, Submission

R = TypeVar("R", bound=Record)

_SUFFIX = ".json.gz"


class Kept(Generic[R]):
    """A folder of gzipped JSON, one file per key. Writing is atomic; a damaged file counts as absent."""

    def __init__(self, folder: Path, kind: type[R]) -> None:
        self._folder, self._kind = folder, kind

    def get(self, key: str) -> R | None:
        """The record kept under `key`, if there is a whole one."""
        try:
            return self._kind.model_validate_json(gzip.decompress(self._path(key).read_bytes()))
        except (OSError, EOFError, zlib.error, ValidationError):
            return None

    def put(self, key: str, record: R) -> None:
        """Keep `record`. Not forced to the disk: what a crash loses is made again. Raises `StorageError`."""
        path = self._path(key)
        data = gzip.compress(record.model_dump_json().encode("utf-8", "replace"), compresslevel=5, mtime=0)
        temporary = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).replace(path)
        except OSError as error:
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            raise StorageError(
                f"{path} could not be written ({error.strerror or error}); free space or name another --out"
            ) from error

    def lend(self, key: str, other: Kept[R]) -> None:
        """Give `other` the record under `key` too, by a link where the disk can. Raises `StorageError`."""
        source, target = self._path(key), other._path(key)
        if target.exists():
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(source)
        except OSError:
            if (record := self.get(key)) is not None:
                other.put(key, record)

    def prune(self, wanted: Collection[str]) -> int:
        """Delete every record that nobody refers to; how many there were."""
        wanted = frozenset(wanted)
        gone = 0
        for path in self._folder.glob("??/*"):
            if path.parent.name + path.name.removesuffix(_SUFFIX) not in wanted:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}{_SUFFIX}"


class Judgement(Report):
    """A report before points and wording, see `grader.batch.judged`. nan and ±inf survive."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def executions(state: Path) -> Kept[Execution]:
    """The runs kept in an output folder, by `grader.batch.keys.execution_key`."""
    return Kept(state / "executions", Execution)


def submissions(state: Path) -> Kept[Submission]:
    """The uploads as they were read, by their fingerprint."""
    return Kept(state / "submissions", Submission)


def judgements(state: Path) -> Kept[Judgement]:
    """What was judged, by `grader.batch.judged.Judged.key`."""
    return Kept(state / "judged", Judgement)
