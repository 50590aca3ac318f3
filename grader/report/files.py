"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from grader.errors import StorageError


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8; a reader sees the old file or the new one, never half.

    Raises:
        StorageError: the folder can't be made or the file can't be written.
    """
    data = text.encode("utf-8", errors="replace")
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise StorageError(
            f"{path} could not be written ({reason}); free space or name another --out"
        ) from error
