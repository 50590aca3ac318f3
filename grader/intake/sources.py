"""Paths of the command line → uploads found there, and what was left over."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from grader.errors import UsageError
from grader.intake import files
from grader.intake.archives import is_archive_name
from grader.intake.arrival import listed_times
from grader.intake.choose import NOTHING, Choice, ChoiceItem, choose, is_script_name
from grader.intake.convention import NOBODYS, Owner
from grader.intake.document import Refused
from grader.intake.files import holds_a_notebook
from grader.intake.naming import Named, is_notebook_name, stem
from grader.intake.plain import works
from grader.intake.recognise import Recognised, recognise, together
from grader.intake.tree import Leftover, Parts, Tree, TreeFile, TreeFolder, descend_to, text, walk
from grader.models import Flag, Said, Student
from grader.text import printable

_LATE = Said("The platform says it came late, not how late; no penalty is applied.")
_NO_STUDENT = Said("Its name does not say whose it is, as those of the others do.")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file of a student's. name: POSIX path below the top of what was handed in.

    root: the student's own folder, which a link may not lead out of; None: the path was named by hand and is
    followed wherever it leads.
    """

    path: Path
    name: str
    root: Path | None


@dataclass(frozen=True, slots=True)
class UnopenedUpload:
    """What one student handed in, not yet opened.

    notebooks: those that may answer, the first one first. files: everything that can be read, the notebooks
    too. together: the rubric wants all notebooks graded as one. unseen: further ones that nobody looks at.
    relative: POSIX path below the folder that was named. origin: the platform's name for the student, or the
    part of the path that tells whose it is, whatever the folders around the class are called. problem: why
    there is nothing to read. extended: a due date of the student's own, or so much longer than the others'.
    """

    notebooks: tuple[HandedIn, ...]
    relative: str
    named: Named
    origin: str
    files: tuple[HandedIn, ...] = ()
    together: bool = False
    unseen: tuple[str, ...] = ()
    student: Student = field(default_factory=Student)
    received_at: datetime | None = None
    extended: datetime | timedelta | None = None
    flags: tuple[Flag, ...] = ()
    problem: Said | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to read what was named. stage: where archives are unpacked. prefer: the rubric's `notebook` globs.

    times: platform id → time of arrival, from a worksheet named beside the export.

    exclude: folders not to enter (the output folder). insist, pattern: see `recognise`.
    """

    stage: Path
    exclude: Sequence[Path] = ()
    insist: str | None = None
    pattern: str | None = None
    prefer: tuple[str, ...] = ()
    times: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at one path. unpacked: folders in the stage that are in use."""

    uploads: tuple[UnopenedUpload, ...]
    leftovers: tuple[Leftover, ...]
    unpacked: tuple[Path, ...] = ()


def find(path: Path, options: Options) -> Found:
    """What lies at one path of the command line, in the order of names.

    A notebook named directly comes alone. In a platform's export all files of a student's belong together;
    in a plain folder `plain.works` tells whose they are. Raises `UsageError`, `StorageError`.
    """
    if not os.path.lexists(path):
        raise UsageError(f"{printable(str(path))} does not exist; name a notebook or a folder of notebooks")
    if not path.is_dir() and not is_archive_name(path.name):
        name = text(path.name)
        if (reason := _no_upload(path)) is not None:
            return Found((), (Leftover(name, reason),))
        named = Named(folders=(), file=name, root=text(path.resolve().parent.name))
        own = HandedIn(path, name, None)
        return Found((UnopenedUpload((own,), name, named, f"folder:{stem(name)}", files=(own,)),), ())
    tree = walk(path, options.exclude, options.stage)
    recognised = recognise(tree.top, lambda parts: _read(tree.top, parts), options.insist, options.pattern)
    reader = _Reader(tree, options, frozenset(f.parts for f in tree.top.all_folders() if f.archive))
    found = list(reader.plain() if recognised is None else reader.export(recognised))
    uploads = tuple(f for f in found if isinstance(f, UnopenedUpload))
    leftovers = tuple(f for f in found if isinstance(f, Leftover))
    return Found(uploads, (*leftovers, *tree.leftovers), tree.unpacked)


def _no_upload(path: Path) -> str | None:
    """What a file that was named by hand is, if it is something else than a student's work."""
    if is_notebook_name(path.name) or is_script_name(path.name) or not path.is_file():
        return None
    kind = _NO_UPLOADS.get(path.suffix.lower())
    if kind is None or holds_a_notebook(path, path.stem):
        return None
    return f"{kind}, no notebook; whose work it would be nothing says"


_NO_UPLOADS = {
    ".csv": "a table of values",
    ".tsv": "a table of values",
    ".xlsx": "a spreadsheet",
    ".xls": "a spreadsheet",
    ".ods": "a spreadsheet",
    ".yaml": "a file of settings",
    ".yml": "a file of settings",
    ".md": "a text",
}


def _read(top: TreeFolder, parts: Parts) -> str:
    """A file that a platform wrote, hidden ones too; empty where there is none or it is no plain file."""
    folder = descend_to(top, parts[:-1])
    if folder.parts != parts[:-1]:
        return ""
    path = folder.path / parts[-1]
    if path.is_symlink():
        return ""
    with suppress(Refused):
        return files.read(path, folder.path).decode("utf-8", "replace")
    return ""


@dataclass(frozen=True, slots=True)
class _Reader:
    tree: Tree
    options: Options
    archives: Collection[Parts]

    def plain(self) -> Iterator[UnopenedUpload | Leftover]:
        for work in works(self.tree.top, self.options.prefer):
            if isinstance(work, Leftover):
                yield work
                continue
            depth = len(work.home)
            items = [ChoiceItem(f, f.parts[depth:]) for f in work.files]
            choice = choose(items, self.options.prefer)
            made = self._made(choice, work.home, linked=work.own)
            if not work.own and not choice.notebooks and work.files[0].refused:
                refused = work.files[0]  # somebody's only file: its reason needs no name in front
                made = replace(made, relative="/".join(refused.parts), problem=refused.refused)
            yield replace(made, named=work.named, origin=f"folder:{work.key}")

    def export(self, recognised: Recognised) -> Iterator[UnopenedUpload | Leftover]:
        groups: dict[str, list[tuple[ChoiceItem, Owner]]] = {}
        times = dict(self.options.times)
        for file in self.tree.top.everything():
            found = recognised.owner(file.parts)
            if found is not None:
                owner = found[0]
                if owner is not NOBODYS:
                    item = ChoiceItem(file, owner.below, owner.order)
                    groups.setdefault(owner.key, []).append((item, owner))
            elif file.is_notebook:
                yield self._stray(file, (Flag.of("no_student", _NO_STUDENT),))
            elif not file.refused and (listed := listed_times(file.path)) is not None:
                times |= listed
            else:
                yield Leftover("/".join(file.parts), "its name does not say whose it is")
        yield from self._empty(recognised, groups)
        for key, found_files in groups.items():
            newest = max(o.attempt for _, o in found_files)
            now = [(i, o) for i, o in found_files if o.attempt == newest]
            owners = [o for _, o in now]
            choice = choose([i for i, o in now if not o.ours], self.options.prefer)
            made = self._made(choice, now[0][0].file.parts[:-1], linked=True)
            graded = next((o for i, o in now if i in choice.notebooks[:1]), owners[-1])
            flags = [Flag.of("late", _LATE)] if graded.late else []
            attempts = len({o.attempt for _, o in found_files})
            if attempts > 1:
                text = Said("{n} attempts; graded: the newest.", {"n": attempts})
                flags.append(Flag.of("attempts", text))
            yield replace(
                made,
                named=Named(folders=(owners[0].student.id or "",), file=owners[0].label),
                origin=key,
                student=together(owners),
                received_at=times.get(owners[0].student.id or "") or graded.received_at,
                flags=(*made.flags, *flags),
            )

    def _empty(self, recognised: Recognised, known: Collection[str]) -> Iterator[UnopenedUpload]:
        """Whoever has a folder in the export with nothing in it that can be looked at."""
        seen = set(known)
        for folder in self.tree.top.all_folders():
            found = recognised.owner((*folder.parts, ""))
            if found is None or found[0] is NOBODYS or found[0].key in seen:
                continue
            owner = found[0]
            seen.add(owner.key)
            hidden = [name for below in folder.all_folders() for name in below.hidden]
            nothing = (
                Said("nothing was handed in but hidden files ({names})", {"names": tuple(hidden[:3])})
                if hidden
                else NOTHING
            )
            yield UnopenedUpload(
                notebooks=(),
                relative="/".join(folder.parts),
                named=Named(folders=(owner.student.id or "",), file=owner.label),
                origin=owner.key,
                student=owner.student,
                problem=nothing,
            )

    def _stray(self, file: TreeFile, flags: tuple[Flag, ...]) -> UnopenedUpload:
        made = self._made(choose([ChoiceItem(file, file.parts[-1:])], ()), file.parts[:-1], linked=False)
        named = Named(folders=file.parts[:-1], file=file.name, root=self.tree.name)
        return replace(
            made, named=named, origin=f"folder:{'/'.join(file.parts)}", flags=(*made.flags, *flags)
        )

    def _made(self, choice: Choice, home: Parts, *, linked: bool) -> UnopenedUpload:
        """The upload of one student. home: where its files lie, to be named if there is no notebook.

        linked: a link may lead to another file of the student's.
        """
        where = "/".join(home) or self.tree.name
        named = Named(folders=(), file=home[-1] if home else where)
        placed = self._placed(choice, linked)
        if not choice.notebooks:
            return UnopenedUpload((), where, named, "", files=tuple(placed.values()), problem=choice.problem)
        return UnopenedUpload(
            notebooks=tuple(placed[i] for i in choice.notebooks),
            relative="/".join(choice.notebooks[0].file.parts),
            named=named,
            origin="",
            files=tuple(placed.values()),
            together=choice.together,
            unseen=choice.unseen,
            flags=choice.flags,
        )

    def _placed(self, choice: Choice, linked: bool) -> dict[ChoiceItem, HandedIn]:
        """Every file under its name in the student's tree; what an archive held lies where it lay."""
        found: dict[ChoiceItem, HandedIn] = {}
        taken: set[str] = set()
        order = (*choice.notebooks, *sorted(choice.files, key=lambda i: (len(i.below), i.below)))
        for item in dict.fromkeys(order):
            parts, depth = item.file.parts, len(item.below)
            kept = [
                part
                for n, part in enumerate(item.below)
                if parts[: len(parts) - depth + n + 1] not in self.archives
            ]
            name = "/".join(kept or item.below[-1:])
            if name in taken:  # of another member of the team, or from another archive
                name = "/".join((_plain(parts[max(0, len(parts) - depth - 1)]), *item.below))
            again = 1
            while name in taken:
                again += 1
                name = f"{again}/{'/'.join(item.below)}"
            taken.add(name)
            whole = linked and parts[-depth:] == item.below and depth <= len(item.file.path.parents)
            root = item.file.path.parents[depth - 1] if whole else item.file.path
            found[item] = HandedIn(item.file.path, name, root)
        return found


def _plain(name: str) -> str:
    return name[: -len(".zip")] if is_archive_name(name) else name
