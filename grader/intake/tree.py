"""Walks what was named on the command line: folders, and archives as if they were folders.

Reads names, and of files that a browser may have renamed how they begin (archives are unpacked aside first).
Links are not entered.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import UsageError
from grader.intake.archives import NotAnArchiveError, Unpacked, is_archive_name, other_archive, unpack
from grader.intake.files import holds_a_notebook
from grader.intake.naming import is_notebook_name
from grader.models import Said
from grader.text import printable

MAX_DEPTH = 30
MAX_ENTRIES = 500_000
OUTPUT_MARK = ".grader"

_SKIPPED = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", "Thumbs.db", "desktop.ini"}
Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something found that no submission owns, and why: listed, never dropped."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class TreeFile:
    """A regular file, or something with the name of a notebook. refused: why it must not be read.

    renamed: a notebook under another name, by what it holds.
    """

    path: Path
    parts: Parts
    refused: Said | None = None
    renamed: bool = False

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def is_notebook(self) -> bool:
        return is_notebook_name(self.name)


@dataclass(slots=True)
class TreeFolder:
    """A folder or an archive. parts: below what was named, as text that can be written anywhere.

    path: where it really lies. name: its own, without an archive's ending.
    """

    parts: Parts
    path: Path = Path()
    name: str = ""
    archive: bool = False
    files: list[TreeFile] = field(default_factory=list)
    folders: list[TreeFolder] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    def notebooks(self) -> int:
        """How many there are here and below."""
        return sum(f.is_notebook for f in self.files) + sum(f.notebooks() for f in self.folders)

    def everything(self) -> Iterator[TreeFile]:
        """Every file here and below, this folder's first."""
        yield from self.files
        for folder in self.folders:
            yield from folder.everything()

    def all_folders(self) -> Iterator[TreeFolder]:
        """This folder and all below."""
        yield self
        for folder in self.folders:
            yield from folder.all_folders()


@dataclass(frozen=True, slots=True)
class Tree:
    """What lies at one path. root: a link may not lead out of it. unpacked: where archives lie now."""

    top: TreeFolder
    root: Path
    name: str
    leftovers: tuple[Leftover, ...]
    unpacked: tuple[Path, ...]


def text(name: str) -> str:
    """A file name as text that can be written anywhere: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def walk(path: Path, exclude: Collection[Path], stage: Path) -> Tree:
    """Everything below a folder or in a zip archive, in the order of names.

    exclude: folders not to enter. stage: where archives are unpacked. Raises `UsageError` for an
    archive named by hand that is none, `StorageError`.
    """
    walker = _Walk(exclude={p.resolve() for p in exclude}, stage=stage)
    name = text(path.resolve().name)
    if path.is_dir():
        root = path.resolve()
        top = walker.enter(root, ())
    else:
        try:
            found = unpack(path, stage, shared=True)
        except NotAnArchiveError as fault:
            raise UsageError(f"{printable(str(path))}: {fault}; download it again") from None
        root = found.folder
        top = walker.graft(found, ())
        name = name[: -len(".zip")] if is_archive_name(name) else name
    top.name = name
    return Tree(top, root, name, tuple(walker.leftovers), tuple(walker.unpacked))


@dataclass(slots=True)
class _Walk:
    exclude: set[Path]
    stage: Path
    leftovers: list[Leftover] = field(default_factory=list)
    unpacked: list[Path] = field(default_factory=list)
    seen: int = 0

    def enter(self, folder: Path, parts: Parts) -> TreeFolder:
        name = parts[-1] if parts else ""
        result = TreeFolder(parts, folder, name[: -len(".zip")] if is_archive_name(name) else name)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda e: e.name)
        except OSError as error:
            self._leave(parts, f"folder could not be opened: {error.strerror}")
            return result
        for entry in entries:
            self.seen += 1
            if self.seen > MAX_ENTRIES:
                self._leave(parts, f"more than {MAX_ENTRIES:,} files and folders; the rest was not looked at")
                break
            self._sort(entry, result)
        return result

    def graft(self, archive: Unpacked, parts: Parts) -> TreeFolder:
        """An archive as a folder, with what it holds that was refused."""
        self.unpacked.append(archive.folder)
        result = self.enter(archive.folder, parts)
        result.archive = True
        for refusal in archive.refused:
            where = tuple(map(text, refusal.parts))
            home = descend_to(result, where[:-1])
            known = next((f for f in home.folders if f.parts[-1:] == where[-1:]), None)
            if known is not None and not any(known.everything()):
                home.folders.remove(known)  # what a refused archive within left
            # The path leads nowhere: it is never opened, for `refused` is looked at first.
            file = TreeFile(archive.folder / "refused", (*parts, *where), refusal.reason)
            home.files.append(file)
        return result

    def _sort(self, entry: os.DirEntry[str], into: TreeFolder) -> None:
        name, parts = entry.name, (*into.parts, text(entry.name))
        is_folder = entry.is_dir(follow_symlinks=False)
        if name in _SKIPPED or name.startswith(("._", "~")):
            into.hidden.append(text(name))
            return
        if name.startswith("."):
            into.hidden.append(text(name))
            if is_notebook_name(name) and not is_folder:
                self._leave(parts, "hidden file")
            return
        path = Path(entry.path)
        if is_folder:
            self._descend(path, into, parts)
        elif is_notebook_name(name):
            into.files.append(TreeFile(path, parts))
        elif not entry.is_file(follow_symlinks=False):
            self._leave(parts, "a link" if entry.is_symlink() else "a device, pipe or socket")
        elif is_archive_name(name):
            self._open(path, into, parts)
        else:
            into.files.append(TreeFile(path, parts, other_archive(name), holds_a_notebook(path, name)))

    def _open(self, path: Path, into: TreeFolder, parts: Parts) -> None:
        try:
            into.folders.append(self.graft(unpack(path, self.stage, shared=False), parts))
        except NotAnArchiveError as fault:
            into.files.append(TreeFile(path, parts, fault.said))

    def _descend(self, path: Path, into: TreeFolder, parts: Parts) -> None:
        if path in self.exclude:
            return
        if (path / OUTPUT_MARK).is_dir():
            self._leave(parts, "an output folder of an earlier run")
        elif len(parts) > MAX_DEPTH:
            self._leave(parts, f"more than {MAX_DEPTH} folders deep")
        else:
            folder = self.enter(path, parts)
            folder.archive = is_archive_name(parts[-1])  # one within another archive, unpacked in its place
            if is_notebook_name(path.name) and not folder.notebooks():
                into.files.append(TreeFile(path, parts))  # a folder named as a notebook: refused when opened
            else:
                into.folders.append(folder)

    def _leave(self, parts: Parts, reason: str) -> None:
        self.leftovers.append(Leftover(path="/".join(parts) or ".", reason=reason))


def descend_to(folder: TreeFolder, parts: Parts) -> TreeFolder:
    """The folder at `parts` below, or the nearest above it that exists."""
    for part in parts:
        below = next((f for f in folder.folders if f.parts[-1] == part), None)
        if below is None:
            return folder
        folder = below
    return folder
