"""Private directories below /tmp; what a killed grader left is removed by the next that starts.

The owner holds a lock on a file inside for as long as it lives, so that nobody has to guess from
process ids, which mean something else in another container.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.folder.files import temporary
from grader.folder.remove import remove_tree

_PREFIX = "grader-"
_LOCK = "lock"
_UNHELD = "lock.unheld"


class PrivateDirectory:
    """A fresh directory that only this user can enter; removed with all below it when it is closed, or
    nobody holds this any more. Raises `StorageError` where there is no place for one.
    """

    def __init__(self) -> None:
        sweep_directories(temporary())
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        # who sweeps meanwhile finds no lock, or one that is held
        lock = os.open(self.path / _UNHELD, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (self.path / _UNHELD).rename(self.path / _LOCK)
        self._end = weakref.finalize(self, _end, self.path, lock)

    def close(self) -> None:
        """Remove it; a second time does nothing."""
        self._end()


@contextmanager
def private_directory() -> Iterator[Path]:
    """A `PrivateDirectory` for as long as the context lasts."""
    directory = PrivateDirectory()
    try:
        yield directory.path
    finally:
        directory.close()


def sweep_directories(folder: Path) -> None:
    """Remove what graders of this user that are dead have left in the folder for temporary files."""
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


def _end(path: Path, lock: int) -> None:
    remove_tree(path)
    os.close(lock)
