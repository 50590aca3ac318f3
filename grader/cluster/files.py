"""Files on their way: a head lends them by their SHA-256, a worker's shelf keeps what it has fetched."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from grader.cluster.messages import CHUNK_BYTES, MOST_FILE_BYTES, MOST_FILES_BYTES, TaskFile
from grader.errors import OperationError
from grader.models import AttachedFile

_SHELF_BYTES = 1 << 30

Fetch = Callable[[str, int], Awaitable[bytes]]
"""SHA-256 and offset → the bytes from there, at most `CHUNK_BYTES`; empty where nobody has them"""


class Lent:
    """The files that a head's tasks name. Only these are given out, never what a worker names."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._known: dict[tuple[str, int, int], str] = {}

    def offer(self, files: Sequence[AttachedFile]) -> tuple[TaskFile, ...]:
        """What a task says of these files. Raises `OperationError` where one can't be read or sent."""
        offered = []
        for file in files:
            path = Path(file.source)
            try:
                found = path.stat()
                identity = (str(path), found.st_mtime_ns, found.st_size)
                if identity not in self._known:
                    with path.open("rb") as content:
                        self._known[identity] = hashlib.file_digest(content, "sha256").hexdigest()
            except OSError as error:
                raise OperationError(f"file {file.name!r} can't be read: {error.strerror}") from error
            if found.st_size > MOST_FILE_BYTES:
                raise OperationError(f"file {file.name!r} is too large to be sent: {found.st_size:,} bytes")
            sha256 = self._known[identity]
            self._paths[sha256] = path
            offered.append(TaskFile(name=file.name, sha256=sha256, size=found.st_size))
        if sum(file.size for file in offered) > MOST_FILES_BYTES:
            raise OperationError(f"the files beside this notebook are more than {MOST_FILES_BYTES:,} bytes")
        return tuple(offered)

    def chunk(self, sha256: str, offset: int) -> bytes:
        """A part of a file that was offered; empty for any other, and at its end."""
        path = self._paths.get(sha256)
        if path is None:
            return b""
        try:
            with path.open("rb") as content:
                content.seek(offset)
                return content.read(CHUNK_BYTES)
        except OSError:
            return b""


class FileCache:
    """A worker's copies of files, by their SHA-256; the ones not used for longest make room."""

    def __init__(self, folder: Path, most: int = _SHELF_BYTES) -> None:
        self._folder, self._most = folder, most
        self._sizes: dict[str, int] = {}
        """least recently used first"""
        self._used: Counter[str] = Counter()
        self._gates: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, files: Sequence[TaskFile], fetch: Fetch) -> AsyncIterator[tuple[AttachedFile, ...]]:
        """The files, here while the context lasts. Raises `OperationError` where one can't be had."""
        wanted = {file.sha256: file.size for file in files}
        self._used.update(wanted)
        try:
            for sha256, size in wanted.items():
                async with self._gates.setdefault(sha256, asyncio.Lock()):
                    if sha256 not in self._sizes:
                        await self._fetch(sha256, size, fetch)
                    self._sizes[sha256] = self._sizes.pop(sha256)
            yield tuple(
                AttachedFile(name=f.name, source=str(self._folder / f.sha256), size=f.size) for f in files
            )
        finally:
            self._used.subtract(wanted)
            self._make_room()

    async def _fetch(self, sha256: str, size: int, fetch: Fetch) -> None:
        found, have = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                while have < size:
                    chunk = await fetch(sha256, have)
                    if not chunk or have + len(chunk) > size:
                        raise OperationError(
                            f"file {sha256[:12]}… did not come whole: {have:,} of {size:,} bytes"
                        )
                    found.update(chunk)
                    have += len(chunk)
                    file.write(chunk)
            if found.hexdigest() != sha256:
                raise OperationError(f"file {sha256[:12]}… came with another content than it was sent with")
            Path(temporary).replace(self._folder / sha256)
        except OSError as error:
            raise OperationError(f"file {sha256[:12]}… can't be kept here: {error.strerror}") from error
        finally:
            Path(temporary).unlink(missing_ok=True)
        self._sizes[sha256] = size

    def _make_room(self) -> None:
        for sha256 in [s for s in self._sizes if self._used[s] <= 0]:
            if sum(self._sizes.values()) <= self._most:
                return
            del self._sizes[sha256]
            with contextlib.suppress(OSError):
                (self._folder / sha256).unlink()
