"""Files on the disk: written whole or not at all, settled, digested; and where those lie that don't stay."""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from grader.errors import StorageError

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace `path` by `text` in UTF-8; a reader sees the old file or the new one, never half.

    durable: on the disk when this returns; else call `settle` before anybody relies on it, and
    a file that has this very text already is left alone.

    Raises:
        StorageError: the folder can't be made or the file can't be written.
    """
    data = text.encode("utf-8", errors="replace")
    if not durable and _holds(path, data):
        return
    with _replacing(path, durable=durable) as file:
        file.write(data)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, whole or not at all. Raises `StorageError`."""
    with _replacing(path) as file:
        file.write(data)


def write_zip(path: Path, files: Iterable[tuple[str, Path]]) -> int:
    """Write these files under these names, reproducibly; how many. Raises `StorageError`."""
    count = 0
    with _replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, source.read_bytes())
            count += 1
    return count


def content_digest(path: Path, most: int | None = None) -> str:
    """SHA-256 of a file's bytes, in hexadecimal, or the reason why it can't be read.

    most: bytes of a file that is read; a sparse one may have a terabyte.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if most is not None and size > most:
                return f"unreadable: {size} bytes"
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def size(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


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


@contextmanager
def _replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the context ends well. Raises `StorageError`."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise StorageError(_lost(path, error)) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _lost(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{path} could not be written ({reason}); free space or name another --out"
