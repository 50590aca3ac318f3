"""Remove a directory that hostile code has filled: any depth, any names, no links followed."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove a directory with all below it; what can't be removed is left.

    Works without recursion and without long paths: subdirectories are moved up before they are
    emptied, so depth costs neither stack nor PATH_MAX.
    """
    try:
        top = os.open(path, _OPEN)
    except OSError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    try:
        os.rmdir(path)
    except OSError:
        return


def _empty(top: int) -> None:
    # whoever filled the directory can't know this name, so nothing stands in the way of a move
    prefix = f".removed-{secrets.token_hex(16)}-"
    pending = os.listdir(top)
    count = 0
    while pending:
        name = pending.pop()
        try:
            if not _opened_up(name, top):
                os.unlink(name, dir_fd=top)
                continue
            folder = os.open(name, _OPEN, dir_fd=top)
        except OSError:
            continue
        try:
            for inner in os.listdir(folder):
                if not _opened_up(inner, folder):
                    os.unlink(inner, dir_fd=folder)
                    continue
                count += 1
                moved = f"{prefix}{count}"
                os.rename(inner, moved, src_dir_fd=folder, dst_dir_fd=top)
                pending.append(moved)
            os.rmdir(name, dir_fd=top)
        except OSError:
            continue
        finally:
            os.close(folder)


def _opened_up(name: str, folder: int) -> bool:
    """Whether it is a directory; one that was closed to its owner could be neither read nor moved."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISDIR(mode):
        return False
    if stat.S_IMODE(mode) != 0o700:
        os.chmod(name, 0o700, dir_fd=folder)
    return True
