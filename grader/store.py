"""Executions kept on disk by what they depend on, so that a change of the rubric needs no second run."""

from __future__ import annotations

import gzip
import os
import tempfile
import zlib
from pathlib import Path

from pydantic import ValidationError

from grader.errors import StorageError
from grader.models import Execution


class Executions:
    """A folder of gzipped JSON, one file per key. Writing is atomic; a damaged file counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Execution | None:
        """The execution kept under `key`, if there is a whole one."""
        try:
            return Execution.model_validate_json(gzip.decompress(self._path(key).read_bytes()))
        except (OSError, EOFError, zlib.error, ValidationError):
            return None

    def put(self, key: str, execution: Execution) -> None:
        """Keep `execution`. Raises `StorageError`."""
        path = self._path(key)
        data = gzip.compress(execution.model_dump_json().encode("utf-8", "replace"), compresslevel=5, mtime=0)
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

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key[2:]}.json.gz"
