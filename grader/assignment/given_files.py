"""Data that the course gives: files of the assignment that lie beside every notebook in a world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from grader.errors import RubricError
from grader.models import AttachedFile
from rubric.schema import World

_MOST = 256 * 1024 * 1024  # bytes; every run of every notebook gets a copy


def given_files(folder: Path, worlds: Iterable[World]) -> Mapping[str, tuple[AttachedFile, ...]]:
    """Name of the world → the files of its `files` folder, below the assignment's.

    Raises `RubricError` where that is no folder of the assignment, holds no file, or too much.
    """
    return {world.name: _files(folder, world) for world in worlds}


def beside(
    handed_in: tuple[AttachedFile, ...], given: tuple[AttachedFile, ...], folder: str = ""
) -> tuple[AttachedFile, ...]:
    """What lies around a notebook: the course's files replace those of the same name that came with it.

    folder: the notebook's own, beside which the course's files belong. A file in whose place a folder is
    needed, or below what is a file of the course's, is left out.
    """
    if folder:
        given = tuple(file.model_copy(update={"name": f"{folder}/{file.name}"}) for file in given)
    fixed = {PurePosixPath(file.name) for file in given}
    paths = {file.name: PurePosixPath(file.name) for file in handed_in}
    own = {path for path in paths.values() if fixed.isdisjoint((path, *path.parents))}
    folders = {parent for path in (*fixed, *own) for parent in path.parents}
    if folder:
        folders |= {PurePosixPath(folder), *PurePosixPath(folder).parents}
    return (*(f for f in handed_in if paths[f.name] in own - folders), *given)


def _files(folder: Path, world: World) -> tuple[AttachedFile, ...]:
    if world.files is None:
        return ()
    where = f"{folder / 'rubric.yaml'}: files of world {world.name!r}"
    home = (folder / world.files).resolve()
    if folder.resolve() not in home.parents or not home.is_dir():
        raise RubricError(f"{where}: {world.files!r} is no folder within {folder}")
    paths = sorted(p for p in home.rglob("*") if p.is_file() and not p.name.startswith("."))
    found = tuple(
        AttachedFile(name=p.relative_to(home).as_posix(), source=str(p), size=p.stat().st_size) for p in paths
    )
    if not found:
        raise RubricError(f"{where}: {world.files!r} holds no file")
    size = sum(file.size for file in found)
    if size > _MOST:
        raise RubricError(f"{where}: {size:,} bytes, more than the {_MOST:,} that each run can get a copy of")
    return found
