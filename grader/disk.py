"""When files that stay are really on the disk, and where those lie that don't stay."""

from __future__ import annotations

import ctypes
import os
import tempfile
from pathlib import Path

from grader.errors import StorageError


def settle(folder: Path) -> None:
    """Return when all that was written to a folder's file system is on the disk.

    One such call for many files costs what one `fsync` does. It stands before the line in the journal that
    says that they are done: whatever the journal believes after a power failure is really there, whole.
    Raises `StorageError` where it can't be.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:  # not Linux
        os.sync()
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(_lost(folder, error)) from error
    try:
        if syncfs(descriptor):
            number = ctypes.get_errno()
            raise StorageError(_lost(folder, OSError(number, os.strerror(number))))
    finally:
        os.close(descriptor)


def temporary() -> Path:
    """The folder for temporary files. Raises `StorageError` where none can be written."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise StorageError(
            "no folder for temporary files can be written; "
            "name one in TMPDIR, or start the container with --tmpfs /tmp"
        ) from error


def _lost(folder: Path, error: OSError) -> str:
    return f"{folder} could not be written ({error.strerror}); free space or name another --out"
