"""Copies of the files handed in beside a notebook."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from grader.errors import KernelStartError
from grader.models import AttachedFile


def copy_files(files: Iterable[AttachedFile], folder: Path) -> None:
    """Copy regular files below `folder`; a name that leads out of it, or a link, is refused.

    Raises `KernelStartError`: a file that intake listed and that can't be read is our fault.
    """
    for file in files:
        parts = PurePosixPath(file.name).parts
        if not parts or PurePosixPath(file.name).is_absolute() or ".." in parts:
            raise KernelStartError(f"attached file {file.name!r}: the name leads out of the folder")
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source = os.open(file.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(source, "rb") as reader, target.open("wb") as writer:
                shutil.copyfileobj(reader, writer)
        except OSError as error:
            raise KernelStartError(f"attached file {file.name!r} can't be copied: {error}") from error
