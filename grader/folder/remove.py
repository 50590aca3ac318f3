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
                count += 1
                if _move_up(inner, folder, f"{prefix}{count}", top):
                    pending.append(f"{prefix}{count}")
            os.rmdir(name, dir_fd=top)
        except OSError:
            continue
        finally:
            os.close(folder)


def _move_up(name: str, folder: int, moved: str, top: int) -> bool:
    """Move a directory to the top; anything else is removed where it is. False when nothing was moved."""
    try:
        if not _opened_up(name, folder):
            os.unlink(name, dir_fd=folder)
            return False
        os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=top)
    except OSError:
        return False
    return True


def _opened_up(name: str, folder: int) -> bool:
    """Whether it is a directory; one that was closed to its owner could be neither read nor moved."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISDIR(mode):
        return False
    if stat.S_IMODE(mode) == 0o700:
        return True
    if not hasattr(os, "O_PATH"):
        os.chmod(name, 0o700, dir_fd=folder, follow_symlinks=False)
        return True
    # through a descriptor: a kernel that is just being killed may put a link in its place
    directory = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.chmod(f"/proc/self/fd/{directory}", 0o700)
    finally:
        os.close(directory)
    return True
