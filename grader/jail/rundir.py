"""The private directory of one grader's kernels; what a killed grader left is removed by the next.

The owner holds a lock on a file inside for as long as it lives, so that nobody has to guess from
process ids, which mean something else in another container.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.folder.files import temporary
from grader.jail.remove import remove_tree

_PREFIX = "grader-"
_LOCK = "lock"


@contextmanager
def private_directory() -> Iterator[Path]:
    """A fresh directory that only this user can enter, removed at the end with all below it.

    Raises `StorageError` where there is no place for one.
    """
    _remove_leftovers(temporary())
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(path / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path
    finally:
        remove_tree(path)
        os.close(lock)


def _remove_leftovers(folder: Path) -> None:
    for path in folder.glob(_PREFIX + "*"):
        try:
            if path.lstat().st_uid != os.getuid():
                continue
            lock = os.open(path / _LOCK, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # somebody else's, or just being made
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(path)
        except OSError:
            continue
        finally:
            os.close(lock)
