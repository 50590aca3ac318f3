"""Copies of the files handed in beside a notebook."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import PurePosixPath

from grader.errors import KernelStartError
from grader.models import AttachedFile

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def copy_files(files: Iterable[AttachedFile], directory: int, folder: str = "") -> None:
    """Copy regular files below an open directory in which nobody else works yet, for its owner.

    folder: made there too, where no file makes it. A name that leads out of it, and a link, are refused.
    Raises `KernelStartError`: a file that intake listed and that can't be copied is our fault.
    """
    owner = os.fstat(directory).st_uid
    if folder:
        try:
            for parent in (*reversed(_inside(folder).parents[:-1]), _inside(folder)):
                _make_folder(str(parent), directory, owner)
        except OSError as error:
            raise KernelStartError(f"the notebook's folder {folder!r} can't be made: {error}") from error
    for file in files:
        path = _inside(file.name)
        try:
            for parent in reversed(path.parents[:-1]):
                _make_folder(str(parent), directory, owner)
            with (
                os.fdopen(_open_regular(file.source), "rb") as reader,
                os.fdopen(os.open(str(path), _WRITE, 0o600, dir_fd=directory), "wb") as writer,
            ):
                _give(writer.fileno(), owner)
                shutil.copyfileobj(reader, writer)
        except OSError as error:
            raise KernelStartError(f"attached file {file.name!r} can't be copied: {error}") from error


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise KernelStartError(f"attached file {name!r}: the name leads out of the folder")
    return path


def _open_regular(path: str) -> int:
    descriptor = os.open(path, _READ)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError("it is not a regular file")


def _make_folder(name: str, directory: int, owner: int) -> None:
    try:
        os.mkdir(name, 0o700, dir_fd=directory)
    except FileExistsError:
        return
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        _give(folder, owner)
    finally:
        os.close(folder)


def _give(descriptor: int, owner: int) -> None:
    if os.fstat(descriptor).st_uid != owner:
        os.fchown(descriptor, owner, -1)
