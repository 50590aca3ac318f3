"""Paths → uploads found there, and what was left over. Reads names, never contents.

Folders are walked here; other kinds of source (archives, exports of learning platforms) become further
functions that yield the same `Upload` and `Leftover` records.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.intake.naming import Named, is_notebook_name, printable

MAX_DEPTH = 30
MAX_ENTRIES = 500_000
OUTPUT_MARK = ".grader"

_SKIPPED = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Beside:
    """A file in the notebook's own folder. name: POSIX path below that folder."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One thing handed in as a notebook, not yet opened.

    root: a link may not lead out of it; None: the path was named by hand and is followed wherever it leads.
    relative: POSIX path below the folder that was named.
    """

    path: Path
    root: Path | None
    relative: str
    named: Named
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something found that no submission owns, and why: listed, never dropped."""

    path: str
    reason: str


@dataclass(slots=True)
class _Folder:
    path: Path
    parts: tuple[str, ...]
    notebooks: list[os.DirEntry[str]]
    files: list[os.DirEntry[str]]
    folders: list[_Folder]

    def count(self) -> int:
        return len(self.notebooks) + sum(f.count() for f in self.folders)

    def everything(self) -> Iterator[tuple[tuple[str, ...], os.DirEntry[str]]]:
        for entry in self.files:
            yield self.parts, entry
        for folder in self.folders:
            yield from folder.everything()


def find(path: Path, exclude: Collection[Path] = ()) -> Iterator[Upload | Leftover]:
    """What lies at one path of the command line, in the order of names.

    Files beside a notebook belong to it when it is the only notebook in its folder and below; in a
    folder that several notebooks share, whose they are can't be told, so nobody gets them. A notebook
    named directly comes alone. exclude: folders not to enter (the output folder). Raises `UsageError`.
    """
    if not os.path.lexists(path):
        raise UsageError(f"{printable(str(path))} does not exist; name a notebook or a folder of notebooks")
    if not path.is_dir():
        name = text(path.name)
        folders = (text(path.resolve().parent.name),)
        yield Upload(path=path, root=None, relative=name, named=Named(folders=folders, file=name))
        return
    root = path.resolve()
    leftovers: list[Leftover] = []
    walk = _Walk(root=root, exclude={p.resolve() for p in exclude}, leftovers=leftovers)
    tree = walk.enter(root, ())
    yield from _uploads(tree, root)
    yield from leftovers


def text(name: str) -> str:
    """A file name as text that can be written anywhere: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


@dataclass(slots=True)
class _Walk:
    root: Path
    exclude: set[Path]
    leftovers: list[Leftover]
    seen: int = 0

    def enter(self, folder: Path, parts: tuple[str, ...]) -> _Folder:
        result = _Folder(path=folder, parts=parts, notebooks=[], files=[], folders=[])
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

    def _sort(self, entry: os.DirEntry[str], into: _Folder) -> None:
        name, parts = entry.name, (*into.parts, entry.name)
        is_folder = entry.is_dir(follow_symlinks=False)
        if name in _SKIPPED or name.startswith(("._", "~")):
            return
        if name.startswith("."):
            if is_notebook_name(name) and not is_folder:
                self._leave(parts, "hidden file")
            return
        if is_folder:
            self._descend(entry, into, parts)
        elif is_notebook_name(name):
            into.notebooks.append(entry)
        elif entry.is_file(follow_symlinks=False):
            into.files.append(entry)
        else:
            self._leave(parts, "a link" if entry.is_symlink() else "a device, pipe or socket")

    def _descend(self, entry: os.DirEntry[str], into: _Folder, parts: tuple[str, ...]) -> None:
        path = into.path / entry.name
        if path in self.exclude:
            return
        if (path / OUTPUT_MARK).is_dir():
            self._leave(parts, "an output folder of an earlier run")
        elif len(parts) > MAX_DEPTH:
            self._leave(parts, f"more than {MAX_DEPTH} folders deep")
        else:
            folder = self.enter(path, parts)
            if is_notebook_name(entry.name) and not folder.count():
                into.notebooks.append(entry)  # a folder with the name of a notebook: refused when opened
            else:
                into.folders.append(folder)

    def _leave(self, parts: tuple[str, ...], reason: str) -> None:
        self.leftovers.append(Leftover(path="/".join(map(text, parts)) or ".", reason=reason))


def _uploads(folder: _Folder, root: Path) -> Iterator[Upload | Leftover]:
    own = len(folder.notebooks) == 1 and folder.count() == 1
    beside: tuple[Beside, ...] = ()
    if own:
        found = sorted(folder.everything(), key=lambda f: (len(f[0]), f[0], f[1].name))
        depth = len(folder.parts)
        beside = tuple(
            Beside(path=Path(e.path), name="/".join((*map(text, parts[depth:]), text(e.name))))
            for parts, e in found
        )
    for entry in folder.notebooks:
        parts = tuple(map(text, folder.parts))
        name = text(entry.name)
        yield Upload(
            path=Path(entry.path),
            root=root,
            relative="/".join((*parts, name)),
            named=Named(folders=(text(root.name), *parts), file=name),
            beside=beside,
        )
    if own:
        return
    shared = folder.count() > 0
    for entry in folder.files:
        reason = "beside several notebooks: whose it is can't be told" if shared else "no notebook beside it"
        yield Leftover(path="/".join(map(text, (*folder.parts, entry.name))), reason=reason)
    for below in folder.folders:
        yield from _uploads(below, root)
