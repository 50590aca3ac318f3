"""Zip archives → folders, whatever is in them: what can't be unpacked safely is refused, one file at a time.

The standard library reads the archive and never gives more bytes than an entry announces, so what is
announced is added up first. Names are checked here; nothing is ever written outside the folder.
"""

from __future__ import annotations

import calendar
import contextlib
import errno
import hashlib
import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from grader.errors import StorageError
from grader.intake.directory import count_entries
from grader.models import Said

MAX_ENTRY_BYTES = 256 * 2**20
MAX_OWNER_BYTES = 512 * 2**20
"""of everything one student handed in, unpacked"""
MAX_OWNER_ENTRIES = 4_000
MAX_ENTRIES = 500_000
MAX_DEPTH = 30
MAX_NESTING = 3
"""archives within archives"""
MAX_NAME_BYTES = 255
_CLASS_DEPTH = 4
"""how far down an export has the folders of students"""
_ARCHIVE = ".zip"
_OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_CHUNK = 1 << 20
_NAME_FAULTS = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError)


_File = tuple[tuple[str, ...], zipfile.ZipInfo]


class NotAnArchiveError(Exception):
    """The file can't be opened as a zip archive at all; `said` says why, in one line."""

    def __init__(self, said: Said) -> None:
        super().__init__(str(said))
        self.said = said


@dataclass(frozen=True, slots=True)
class NotUnpacked:
    """Something in an archive that was not unpacked. parts: where it would lie; reason: one line."""

    parts: tuple[str, ...]
    reason: Said


_KEPT = TypeAdapter(tuple[NotUnpacked, ...])
_REFUSED = "refusals.json"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive as a folder. Archives within are folders of their own name in it."""

    folder: Path
    refused: tuple[NotUnpacked, ...]


def is_archive_name(name: str) -> bool:
    """`x.zip`, in any case."""
    return name.lower().endswith(_ARCHIVE)


def other_archive(name: str) -> Said | None:
    """Why an archive of another kind is not opened; None for what is none."""
    ending = next((e for e in _OTHER_ARCHIVES if name.lower().endswith(e)), "")
    if not ending:
        return None
    return Said("a {ending} archive; hand in the notebook itself or a .zip", {"ending": ending})


def unpack(archive: Path, stage: Path, *, shared: bool) -> Unpacked:
    """Unpack `archive` into a folder below `stage` that is named by its content, unless it is there already.

    shared: it may hold a whole class; else it is one student's, and so are its limits.

    Raises `NotAnArchiveError`, and `StorageError` where the disk can't take it.
    """
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NotAnArchiveError(
            Said("could not be read: {why}", {"why": str(error.strerror or error)})
        ) from None
    home = stage / f"{digest[:32]}-{'class' if shared else 'one'}"
    if (known := _known(home)) is not None:
        return known
    partial = home.with_suffix(".part")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "files").mkdir(parents=True)
        refused = tuple(_unpack(archive, partial / "files", (), 0, None if shared else _Budget()))
        (partial / _REFUSED).write_bytes(_KEPT.dump_json(refused))
        shutil.rmtree(home, ignore_errors=True)
        partial.rename(home)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(
            f"{archive.name} could not be unpacked into {stage} ({error.strerror or error}); "
            "free space or name another --out"
        ) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return Unpacked(home / "files", refused)


def prune(stage: Path, used: Sequence[Path]) -> None:
    """Delete what was unpacked below `stage` for other archives than those of `used` folders."""
    keep = {folder.parent.name for folder in used}
    if stage.is_dir():
        for folder in stage.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def _known(home: Path) -> Unpacked | None:
    try:
        return Unpacked(home / "files", _KEPT.validate_json((home / _REFUSED).read_bytes()))
    except (OSError, ValueError):
        return None


@dataclass(slots=True)
class _Budget:
    """What one student may still unpack, over all archives within archives."""

    size: int = MAX_OWNER_BYTES
    files: int = MAX_OWNER_ENTRIES

    def take(self, sizes: Sequence[int]) -> Said | None:
        """Take these files off; None, or why they are too much."""
        self.size -= sum(sizes)
        self.files -= len(sizes)
        if self.files < 0:
            return Said("more than {count:,} files", {"count": MAX_OWNER_ENTRIES})
        if self.size < 0:
            return Said(
                "more than {size} MB when unpacked, with all that lies beside it",
                {"size": MAX_OWNER_BYTES // 2**20},
            )
        return None


def _unpack(
    archive: Path, folder: Path, above: tuple[str, ...], nesting: int, budget: _Budget | None
) -> Iterator[NotUnpacked]:
    """budget: what is left of one student's; None: the archive may hold a class, each with their own."""
    most = MAX_ENTRIES if budget is None else MAX_OWNER_ENTRIES
    try:
        if count_entries(archive, most) > most:
            raise NotAnArchiveError(Said("holds more than {count:,} files", {"count": most}))
        opened = zipfile.ZipFile(archive)
    except (*_DAMAGED, NotImplementedError, OSError) as error:
        raise NotAnArchiveError(
            Said("a damaged or cut-off zip archive ({why})", {"why": str(error)})
        ) from None
    with opened:
        files: list[_File] = []
        for found in _sorted_out(opened.infolist(), above):
            if isinstance(found, NotUnpacked):
                yield found
            else:
                files.append(found)
        for parts in _empty_folders(opened.infolist(), files):
            with contextlib.suppress(OSError):  # a name that no file system takes
                folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        _must_fit(folder, sum(info.file_size for _, info in files) if budget is None else 0)
        for owned, room in _by_owner(files, budget):
            if why := room.take([info.file_size for _, info in owned]):
                yield from (NotUnpacked((*above, *parts), why) for parts, _ in owned)
                continue
            for parts, info in owned:
                if reason := _write(opened, info, folder.joinpath(*parts)):
                    yield NotUnpacked((*above, *parts), reason)
                elif is_archive_name(parts[-1]):
                    yield from _open_up(folder.joinpath(*parts), (*above, *parts), nesting + 1, room)


def _by_owner(files: Sequence[_File], budget: _Budget | None) -> Iterator[tuple[list[_File], _Budget]]:
    """Whose limits a file counts against: those of its folder, at the first level that has several."""
    if budget is not None:
        yield list(files), budget
        return
    depth = 0
    while len({parts[depth] for parts, _ in files if len(parts) > depth + 1}) == 1:
        depth += 1  # one folder around everything, whatever lies beside it
    owners: dict[tuple[str, ...], list[_File]] = {}
    for parts, info in files:
        owners.setdefault(parts[: depth + 1], []).append((parts, info))
    yield from ((owned, _Budget()) for owned in owners.values())


def _open_up(inner: Path, parts: tuple[str, ...], nesting: int, budget: _Budget) -> Iterator[NotUnpacked]:
    """Put a folder of its content in the place of an archive within an archive."""
    aside = inner.with_name(f".{hashlib.sha256(inner.name.encode()).hexdigest()[:16]}.zip")
    try:
        inner.rename(aside)
        inner.mkdir()
    except OSError as error:  # the path is too long, or somebody made a folder where the archive goes
        if error.errno not in _NAME_FAULTS:
            raise
        yield NotUnpacked(parts, Said("can't be opened under its name ({why})", {"why": str(error.strerror)}))
        return
    try:
        if nesting > MAX_NESTING:
            raise NotAnArchiveError(
                Said(
                    "an archive {deep} archives deep, more than {most}",
                    {"deep": nesting, "most": MAX_NESTING},
                )
            )
        yield from _unpack(aside, inner, parts, nesting, budget)
    except NotAnArchiveError as fault:
        yield NotUnpacked(parts, fault.said)
    finally:
        aside.unlink(missing_ok=True)


def _sorted_out(infos: Sequence[zipfile.ZipInfo], above: tuple[str, ...]) -> Iterator[NotUnpacked | _File]:
    """The files to unpack with their paths, and what is refused by its name or kind."""
    seen: set[tuple[str, ...]] = set()
    for info in infos:
        name = _name(info)
        parts = tuple(p for p in name.replace("\\", "/").split("/") if p not in ("", "."))
        if not parts or _is_folder(name) or "__MACOSX" in parts:
            continue
        reason = _bad_name(name, parts) or _bad_kind(info)
        if not reason and parts in seen:
            reason = Said("the archive holds two files of this name; the first was taken")
        if reason:
            yield NotUnpacked((*above, *_harmless(parts)), reason)
            continue
        seen.add(parts)
        yield parts, info


def _empty_folders(infos: Sequence[zipfile.ZipInfo], files: Sequence[_File]) -> Iterator[tuple[str, ...]]:
    """Folders near the top that hold nothing: somebody's who handed in nothing, in the export of a class."""
    full = {parts[:n] for parts, _ in files for n in range(1, len(parts))}
    for info in infos:
        name = _name(info)
        parts = tuple(p for p in name.replace("\\", "/").split("/") if p not in ("", "."))
        near = 0 < len(parts) <= _CLASS_DEPTH
        if near and _is_folder(name) and parts not in full and not _bad_name(name, parts):
            yield parts


def _is_folder(name: str) -> bool:
    """The library's own question fails for an entry without a name."""
    return name.endswith(("/", "\\"))


def _name(info: zipfile.ZipInfo) -> str:
    """Archives made on a Mac or by hand often hold UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _bad_name(name: str, parts: tuple[str, ...]) -> Said | None:
    if name.startswith(("/", "\\")) or ".." in parts or parts[0][1:2] == ":":
        return Said("its name leads out of the archive")
    if len(parts) > MAX_DEPTH:
        return Said("more than {count} folders deep", {"count": MAX_DEPTH})
    if any(len(p.encode("utf-8", "replace")) > MAX_NAME_BYTES for p in parts):
        return Said("its name is longer than {count} bytes", {"count": MAX_NAME_BYTES})
    return None


def _bad_kind(info: zipfile.ZipInfo) -> Said | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return Said("a link")
    if kind not in (0, stat.S_IFREG):
        return Said("a device, pipe or socket, not a file")
    if info.flag_bits & 0x1:
        return Said("protected by a password")
    if info.file_size > MAX_ENTRY_BYTES:
        return Said("larger than {size} MB when unpacked", {"size": MAX_ENTRY_BYTES // 2**20})
    return None


def _harmless(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Where to list something with a bad name: its owner's folder still counts, `..` does not."""
    kept = tuple(p[:100] for p in parts if p != "..") or ("?",)
    return (*kept[: MAX_DEPTH - 1], kept[-1]) if len(kept) > MAX_DEPTH else kept


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> Said | None:
    """Unpack one file; None, or why it was refused. Raises `OSError` for faults of the disk."""
    try:
        with _opened(archive, info) as source:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                shutil.copyfileobj(source, file, _CHUNK)
    except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
        target.unlink(missing_ok=True)
        if not str(error):
            return Said("damaged in the archive")
        return Said("damaged in the archive ({why})", {"why": str(error)})
    except OSError as error:
        if error.errno in _NAME_FAULTS:
            return Said("can't be stored under its name ({why})", {"why": str(error.strerror)})
        raise
    try:
        when = calendar.timegm((*info.date_time, 0, 0, 0))
        os.utime(target, (when, when))
    except (ValueError, OverflowError, OSError):
        os.utime(target, (0, 0))
    return None


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(info)
    except OSError as error:  # the directory points where no file can be
        raise zipfile.BadZipFile(error.strerror or str(error)) from None


def _must_fit(folder: Path, size: int) -> None:
    """Raises `OSError` before half a class is unpacked onto a disk that is too small."""
    if size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, f"needs {size / 2**30:.1f} GiB, more than is free")
