"""Paths of the command line → uploads found there, and what was left over. Reads names, never contents."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from grader.errors import UsageError
from grader.intake.archives import is_archive_name
from grader.intake.arrival import listed_times, received_at
from grader.intake.choose import NOTHING, Choice, ChoiceItem, choose, is_script_name, refused_flags
from grader.intake.convention import Convention, Listing, Owner
from grader.intake.naming import Named
from grader.intake.platforms import recognise, together
from grader.intake.tree import File, Folder, Leftover, Parts, Tree, text, walk
from grader.models import Flag, Said, Student
from grader.text import printable

_LATE = Said("The platform says it came late, not how late; no penalty is applied.")
_NO_STUDENT = Said("Its name does not say whose it is, as those of the others do.")


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that comes along. name: POSIX path below the notebook's folder."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Upload:
    """One thing handed in as a notebook, not yet opened.

    root: a link may not lead out of it; None: the path was named by hand and is followed wherever it leads.
    relative: POSIX path below the folder that was named. origin: what tells it from any other upload,
    today and when the class is downloaded again. problem: why there is nothing to read.
    """

    path: Path
    root: Path | None
    relative: str
    named: Named
    origin: str
    beside: tuple[Beside, ...] = ()
    student: Student = field(default_factory=Student)
    received_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    problem: Said | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to read what was named. stage: where archives are unpacked. prefer: the rubric's `notebook` glob.

    times: platform id → time of arrival, from a worksheet named beside the export.

    exclude: folders not to enter (the output folder). insist, pattern: see `platforms.recognise`.
    """

    stage: Path
    exclude: Sequence[Path] = ()
    insist: str | None = None
    pattern: str | None = None
    prefer: str | None = None
    times: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at one path. unpacked: folders in the stage that are in use."""

    uploads: tuple[Upload, ...]
    leftovers: tuple[Leftover, ...]
    unpacked: tuple[Path, ...] = ()


def find(path: Path, options: Options) -> Found:
    """What lies at one path of the command line, in the order of names.

    A notebook named directly comes alone. In a plain folder, files beside a notebook belong to it when it
    is the only one in its folder and below; in a folder that several share, whose they are can't be told,
    so nobody gets them; an archive is one student's. In a platform's export all files of a student's belong
    together. Raises `UsageError`, `StorageError`.
    """
    if not os.path.lexists(path):
        raise UsageError(f"{printable(str(path))} does not exist; name a notebook or a folder of notebooks")
    if not path.is_dir() and not is_archive_name(path.name):
        name = text(path.name)
        named = Named(folders=(text(path.resolve().parent.name),), file=name)
        return Found((Upload(path, None, name, named, str(path.absolute())),), ())
    tree = walk(path, options.exclude, options.stage)
    listing = Listing(
        files=[f.parts for f in tree.top.everything()],
        hidden={f.parts: f.hidden for f in tree.top.all_folders() if f.hidden},
    )
    convention = recognise(listing, options.insist, options.pattern)
    reader = _Reader(tree, str(path.absolute()), options.prefer, options.times)
    found = list(reader.plain(tree.top) if convention is None else reader.export(convention))
    uploads = tuple(f for f in found if isinstance(f, Upload))
    leftovers = tuple(f for f in found if isinstance(f, Leftover))
    return Found(uploads, (*leftovers, *tree.leftovers), tree.unpacked)


@dataclass(frozen=True, slots=True)
class _Reader:
    tree: Tree
    place: str
    prefer: str | None
    times: Mapping[str, datetime]

    def plain(self, folder: Folder) -> Iterator[Upload | Leftover]:
        if folder.archive and folder is not self.tree.top:
            depth = len(folder.parts)
            items = [ChoiceItem(f, f.parts[depth:]) for f in folder.everything()]
            yield self._chosen(choose(items, self.prefer), folder.parts)
            return
        count = folder.notebooks()
        mine = [f for f in folder.files if f.is_notebook]
        rivals = count
        if not count:
            mine = [f for f in folder.files if is_script_name(f.name)]
            rivals = sum(is_script_name(f.name) for f in folder.everything())
        archives = any(f.archive for f in folder.all_folders() if f is not folder)
        if len(mine) == rivals == 1 and not archives:
            yield self._alone(mine[0], folder)
            return
        for file in folder.files:
            if file in mine or file.refused:
                yield self._upload(file)
            else:
                shared = bool(count or mine)
                why = "beside several notebooks: whose it is can't be told"
                yield Leftover("/".join(file.parts), why if shared else "no notebook beside it")
        for below in folder.folders:
            yield from self.plain(below)

    def export(self, convention: Convention) -> Iterator[Upload | Leftover]:
        groups: dict[str, list[tuple[ChoiceItem, Owner]]] = {}
        times = dict(self.times)
        for file in self.tree.top.everything():
            owner = convention(file.parts)
            if owner is not None:
                groups.setdefault(owner.key, []).append((ChoiceItem(file, owner.below, owner.order), owner))
            elif file.is_notebook:
                yield self._upload(file, (Flag.of("no_student", _NO_STUDENT),))
            elif not file.refused and (listed := listed_times(file.path)) is not None:
                times |= listed
            else:
                yield Leftover("/".join(file.parts), "its name does not say whose it is")
        yield from self._empty(convention, groups)
        for key, files in groups.items():
            owners = [o for _, o in files]
            choice = choose([i for i, _ in files], self.prefer)
            made = self._chosen(choice, files[0][0].file.parts[:-1])
            graded = next((o for i, o in files if i is choice.notebook), owners[-1])
            late = (Flag.of("late", _LATE),) if graded.late else ()
            yield replace(
                made,
                named=Named(folders=(owners[0].student.id or "",), file=owners[0].label),
                origin=key,
                student=together(owners),
                received_at=received_at([i for i, _ in files]) or times.get(owners[0].student.id or ""),
                flags=(*made.flags, *late),
            )

    def _empty(self, convention: Convention, known: Collection[str]) -> Iterator[Upload]:
        """Whoever has a folder in the export with nothing in it that can be looked at."""
        seen = set(known)
        for folder in self.tree.top.all_folders():
            owner = convention((*folder.parts, ""))
            if owner is None or owner.key in seen:
                continue
            seen.add(owner.key)
            hidden = [name for below in folder.all_folders() for name in below.hidden]
            nothing = (
                Said("nothing was handed in but hidden files ({names})", {"names": tuple(hidden[:3])})
                if hidden
                else NOTHING
            )
            yield Upload(
                path=self.tree.root.joinpath(*folder.parts),
                root=self.tree.root,
                relative="/".join(folder.parts),
                named=Named(folders=(owner.student.id or "",), file=owner.label),
                origin=owner.key,
                student=owner.student,
                problem=nothing,
            )

    def _alone(self, file: File, folder: Folder) -> Upload:
        depth = len(folder.parts)
        others = sorted(
            (f for f in folder.everything() if f is not file), key=lambda f: (len(f.parts), f.parts)
        )
        flags = tuple(refused_flags([(f.name, f.refused) for f in others if f.refused is not None]))
        beside = tuple(Beside(f.path, "/".join(f.parts[depth:])) for f in others if not f.refused)
        return replace(self._upload(file, flags), beside=beside)

    def _upload(self, file: File, flags: tuple[Flag, ...] = ()) -> Upload:
        folders, relative = self._folders(file.parts[:-1]), "/".join(file.parts)
        return Upload(
            path=file.path,
            root=self.tree.root if file.path.is_relative_to(self.tree.root) else file.path.parent,
            relative=relative,
            named=Named(folders=folders, file=_without_zip(file.name)),
            origin=f"{self.place}/{relative}",
            flags=flags,
            problem=file.refused,
        )

    def _chosen(self, choice: Choice, home: Parts) -> Upload:
        """The upload of one student. home: where its files lie, to be named if there is no notebook."""
        if choice.notebook is None:
            where = "/".join(home) or self.tree.name
            named = Named(folders=self._folders(home[:-1]), file=_without_zip(home[-1] if home else where))
            path = self.tree.root.joinpath(*home)
            return Upload(path, self.tree.root, where, named, f"{self.place}/{where}", problem=choice.problem)
        folder = choice.notebook.below[:-1]
        beside: dict[str, Beside] = {}
        for item in sorted(choice.others, key=lambda i: (len(i.below), i.below)):
            inside = item.below[: len(folder)] == folder
            name = "/".join(item.below[len(folder) :]) if inside else item.name
            beside.setdefault(name, Beside(item.file.path, name))
        made = self._upload(choice.notebook.file, choice.flags)
        named = Named(folders=self._folders(home), file=choice.notebook.name)
        return replace(made, named=named, beside=tuple(beside.values()))

    def _folders(self, parts: Parts) -> tuple[str, ...]:
        return (self.tree.name, *map(_without_zip, parts))


def _without_zip(name: str) -> str:
    return name[: -len(".zip")] if is_archive_name(name) else name
