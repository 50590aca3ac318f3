"""Reading one upload from disk without being led astray: regular files only, bounded, links kept inside."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

from grader.intake.document import MAX_BYTES, Refused
from grader.models import Said

_HEAD = 65_536


def read(path: Path, root: Path | None) -> bytes:
    """The bytes at `path`, at most one more than the largest notebook that is read.

    root: the folder that a link may not leave; None follows links anywhere. Raises `Refused`.
    """
    try:
        path = _inside(path, root)
        # O_NONBLOCK: opening a pipe would wait for its writer. O_NOFOLLOW: the link was resolved above.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            kind = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(kind):
                raise Refused(_what(kind))
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            raise Refused(_what(path.lstat().st_mode)) from None
        why = str(error.strerror or error)
        raise Refused(Said("could not be read: {why}", {"why": why})) from None


def holds_a_notebook(path: Path, name: str) -> bool:
    """Whether a file without a notebook's name is one by what it begins and ends with.

    Browsers, mail programs and platforms rename: `hw.json`, `hw.txt`, `hw.ipynb (1)`, `hw`.
    """
    stem, _, ending = name.rpartition(".")
    if stem and ending.lower() not in ("json", "txt") and ".ipynb" not in name.lower():
        return False
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _HEAD))
            tail = file.read(_HEAD)
    except OSError:
        return False
    plain = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return plain.startswith(b"{") and b'"cells"' in plain and b'"nbformat"' in plain + tail


def _inside(path: Path, root: Path | None) -> Path:
    if not path.is_symlink() and root is not None:
        return path
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise Refused(Said("a link that leads nowhere")) from None
    if root is not None and not target.is_relative_to(root):
        raise Refused(Said("a link that leads out of the student's own files; hand in the notebook itself"))
    return target


def _what(mode: int) -> Said:
    if stat.S_ISDIR(mode):
        return Said("a folder with the name of a notebook")
    if stat.S_ISLNK(mode):
        return Said("a link")
    return Said("a device, pipe or socket, not a file")
