"""Zip archives → folders, whatever is in them: what can't be unpacked safely is refused, one file at a time.

The standard library reads the archive and never gives more bytes than an entry announces, so what is
announced is added up first. Names are checked here; nothing is ever written outside the folder.
"""

from __future__ import annotations

import calendar
import contextlib
import errno
import hashlib
import json
import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from grader.errors import StorageError
from grader.intake.directory import count_entries

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
    """The file can't be opened as a zip archive at all; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something in an archive that was not unpacked. parts: where it would lie; reason: one line."""

    parts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive as a folder. Archives within are folders of their own name in it."""

    folder: Path
    refused: tuple[Refusal, ...]


def is_archive_name(name: str) -> bool:
    """`x.zip`, in any case."""
    return name.lower().endswith(_ARCHIVE)


def other_archive(name: str) -> str:
    """Why an archive of another kind is not opened; empty for what is none."""
    ending = next((e for e in _OTHER_ARCHIVES if name.lower().endswith(e)), "")
    return f"a {ending} archive; hand in the notebook itself or a .zip" if ending else ""


def unpack(archive: Path, stage: Path, *, shared: bool) -> Unpacked:
    """Unpack `archive` into a folder below `stage` that is named by its content, unless it is there already.

    shared: it may hold a whole class; else it is one student's, and so are its limits.

    Raises `NotAnArchiveError`, and `StorageError` where the disk can't take it.
    """
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NotAnArchiveError(f"could not be read: {error.strerror or error}") from None
    home = stage / f"{digest[:32]}-{'class' if shared else 'one'}"
    if (known := _known(home)) is not None:
        return known
    partial = home.with_suffix(".part")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "files").mkdir(parents=True)
        refused = tuple(_unpack(archive, partial / "files", (), 0, None if shared else _Budget()))
        text = json.dumps([asdict(r) for r in refused])
        (partial / "refused.json").write_text(text, "utf-8", errors="replace")
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
        refused = json.loads((home / "refused.json").read_bytes())
    except (OSError, ValueError):
        return None
    return Unpacked(home / "files", tuple(Refusal(tuple(r["parts"]), r["reason"]) for r in refused))


@dataclass(slots=True)
class _Budget:
    """What one student may still unpack, over all archives within archives."""

    size: int = MAX_OWNER_BYTES
    files: int = MAX_OWNER_ENTRIES

    def take(self, sizes: Sequence[int]) -> str:
        """Take these files off; empty, or why they are too much."""
        self.size -= sum(sizes)
        self.files -= len(sizes)
        if self.files < 0:
            return f"more than {MAX_OWNER_ENTRIES:,} files"
        if self.size < 0:
            return f"more than {MAX_OWNER_BYTES // 2**20} MB when unpacked, with all that lies beside it"
        return ""


def _unpack(
    archive: Path, folder: Path, above: tuple[str, ...], nesting: int, budget: _Budget | None
) -> Iterator[Refusal]:
    """budget: what is left of one student's; None: the archive may hold a class, each with their own."""
    most = MAX_ENTRIES if budget is None else MAX_OWNER_ENTRIES
    try:
        if count_entries(archive, most) > most:
            raise NotAnArchiveError(f"holds more than {most:,} files")
        opened = zipfile.ZipFile(archive)
    except (*_DAMAGED, NotImplementedError, OSError) as error:
        raise NotAnArchiveError(f"a damaged or cut-off zip archive ({error})") from None
    with opened:
        files: list[_File] = []
        for found in _sorted_out(opened.infolist(), above):
            if isinstance(found, Refusal):
                yield found
            else:
                files.append(found)
        for parts in _empty_folders(opened.infolist(), files):
            with contextlib.suppress(OSError):  # a name that no file system takes
                folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        _must_fit(folder, sum(info.file_size for _, info in files) if budget is None else 0)
        for owned, room in _by_owner(files, budget):
            if why := room.take([info.file_size for _, info in owned]):
                yield from (Refusal((*above, *parts), why) for parts, _ in owned)
                continue
            for parts, info in owned:
                if reason := _write(opened, info, folder.joinpath(*parts)):
                    yield Refusal((*above, *parts), reason)
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


def _open_up(inner: Path, parts: tuple[str, ...], nesting: int, budget: _Budget) -> Iterator[Refusal]:
    """Put a folder of its content in the place of an archive within an archive."""
    aside = inner.with_name(f".{hashlib.sha256(inner.name.encode()).hexdigest()[:16]}.zip")
    try:
        inner.rename(aside)
        inner.mkdir()
    except OSError as error:  # the path is too long, or somebody made a folder where the archive goes
        if error.errno not in _NAME_FAULTS:
            raise
        yield Refusal(parts, f"can't be opened under its name ({error.strerror})")
        return
    try:
        if nesting > MAX_NESTING:
            raise NotAnArchiveError(f"an archive {nesting} archives deep, more than {MAX_NESTING}")
        yield from _unpack(aside, inner, parts, nesting, budget)
    except NotAnArchiveError as fault:
        yield Refusal(parts, str(fault))
    finally:
        aside.unlink(missing_ok=True)


def _sorted_out(infos: Sequence[zipfile.ZipInfo], above: tuple[str, ...]) -> Iterator[Refusal | _File]:
    """The files to unpack with their paths, and what is refused by its name or kind."""
    seen: set[tuple[str, ...]] = set()
    for info in infos:
        name = _name(info)
        parts = tuple(p for p in name.replace("\\", "/").split("/") if p not in ("", "."))
        if not parts or _is_folder(name) or "__MACOSX" in parts:
            continue
        reason = _bad_name(name, parts) or _bad_kind(info)
        if not reason and parts in seen:
            reason = "the archive holds two files of this name; the first was taken"
        if reason:
            yield Refusal((*above, *_harmless(parts)), reason)
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


def _bad_name(name: str, parts: tuple[str, ...]) -> str:
    if name.startswith(("/", "\\")) or ".." in parts or parts[0][1:2] == ":":
        return "its name leads out of the archive"
    if len(parts) > MAX_DEPTH:
        return f"more than {MAX_DEPTH} folders deep"
    if any(len(p.encode("utf-8", "replace")) > MAX_NAME_BYTES for p in parts):
        return f"its name is longer than {MAX_NAME_BYTES} bytes"
    return ""


def _bad_kind(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "a link"
    if kind not in (0, stat.S_IFREG):
        return "a device, pipe or socket, not a file"
    if info.flag_bits & 0x1:
        return "protected by a password"
    if info.file_size > MAX_ENTRY_BYTES:
        return f"larger than {MAX_ENTRY_BYTES // 2**20} MB when unpacked"
    return ""


def _harmless(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Where to list something with a bad name: its owner's folder still counts, `..` does not."""
    kept = tuple(p[:100] for p in parts if p != "..") or ("?",)
    return (*kept[: MAX_DEPTH - 1], kept[-1]) if len(kept) > MAX_DEPTH else kept


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> str:
    """Unpack one file; empty, or why it was refused. Raises `OSError` for faults of the disk."""
    try:
        with _opened(archive, info) as source:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                shutil.copyfileobj(source, file, _CHUNK)
    except (*_DAMAGED, NotImplementedError, RuntimeError) as error:
        target.unlink(missing_ok=True)
        return f"damaged in the archive ({error})" if str(error) else "damaged in the archive"
    except OSError as error:
        if error.errno in _NAME_FAULTS:
            return f"can't be stored under its name ({error.strerror})"
        raise
    try:
        when = calendar.timegm((*info.date_time, 0, 0, 0))
        os.utime(target, (when, when))
    except (ValueError, OverflowError, OSError):
        os.utime(target, (0, 0))
    return ""


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(info)
    except OSError as error:  # the directory points where no file can be
        raise zipfile.BadZipFile(error.strerror or str(error)) from None


def _must_fit(folder: Path, size: int) -> None:
    """Raises `OSError` before half a class is unpacked onto a disk that is too small."""
    if size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, f"needs {size / 2**30:.1f} GiB, more than is free")
