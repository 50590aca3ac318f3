"""One run at a time on an output folder. The kernel of the machine drops the lock when we die."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import StorageError, UsageError
from grader.folder.place import STATE

_ASKED_EVERY_S = 0.05


@contextmanager
def hold(out: Path, state: Path, patience_s: float = 0.0) -> Iterator[None]:
    """Hold `state`/lock while the context lasts, making the folder if need be.

    patience_s: how long to wait for whoever holds it. Raises `UsageError` when another run still does,
    `StorageError` when the folder can't be written.
    """
    path = state / "lock"
    try:
        state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{out}: the output folder can't be written ({_why(out, error)}") from error
    try:
        if not _taken(descriptor, time.monotonic() + patience_s):
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
            raise UsageError(
                f"{out}: another run (process {holder}) is writing there; wait for it or name another --out"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """One writer of marks at a time; held for the blink between looking and writing.

    Raises `StorageError` when the folder can't be written.
    """
    path = out / STATE / "marks.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{path} could not be written ({error.strerror}); nothing is marked") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _why(out: Path, error: OSError) -> str:
    """What stands in the way, and what to do: mostly the folder is another user's, or was not mounted."""
    whole = out.absolute()
    if error.errno == errno.EROFS:
        return f"{error.strerror}); name another with --out, or mount one there: --volume FOLDER:{whole}"
    there = next(path for path in (whole, *whole.parents) if os.path.lexists(path))
    owner = there.lstat().st_uid
    if error.errno != errno.EACCES or owner == os.geteuid():
        return f"{error.strerror}); name another with --out"
    return (
        f"{error.strerror}: {there} belongs to user {owner}, and this is user {os.geteuid()}); "
        "name another with --out, or run as that user"
    )


def _taken(descriptor: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(_ASKED_EVERY_S)
