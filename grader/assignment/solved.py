"""The values of a solution notebook, kept in the assignment's folder: what canonical.py computes elsewhere.

`grader rubric draft` and `grader rubric solve` write `solution.json`: they run `solution.ipynb` in the cage
in every world. It says what it was made from, so that values of an older solution are never taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from grader.assignment.solution import Known, Quantities
from grader.errors import RubricError
from grader.folder.files import content_digest
from grader.models import AttachedFile
from rubric.schema import Mistake, World

NOTEBOOK = "solution.ipynb"
VALUES = "solution.json"


class Values(BaseModel):
    """One quantity in one world: numbers in C order, and their shape."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: tuple[int, ...]
    values: tuple[float, ...]


class LikelyMistake(BaseModel):
    """A changed line of the solution that changes an answer. change: the line before and after.

    worlds: what it changes, by world and name; what is not named stays right.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    message: str
    cell: int
    change: tuple[str, str]
    worlds: Mapping[str, Mapping[str, Values]]


class SolvedValues(BaseModel):
    """All that was kept of a solution. made_from: see `made_from`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_from: str
    worlds: Mapping[str, Mapping[str, Values]]
    mistakes: tuple[LikelyMistake, ...] = ()


def made_from(
    notebook: Path, worlds: Iterable[World], prelude: str, given: Mapping[str, Sequence[AttachedFile]]
) -> str:
    """SHA-256 of all that the values of a solution depend on."""
    files = {name: [(f.name, content_digest(Path(f.source))) for f in fs] for name, fs in given.items()}
    parts = [content_digest(notebook), [w.model_dump(mode="json") for w in worlds], prelude, files]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def kept(array: Any) -> Values:
    """An array as it is kept."""
    numbers = np.asarray(array, dtype=np.float64)
    return Values(shape=numbers.shape, values=tuple(numbers.ravel().tolist()))


def read(folder: Path) -> SolvedValues | None:
    """What was kept in a folder; None where nothing was. Raises `RubricError` where it is damaged."""
    path = folder / VALUES
    try:
        return SolvedValues.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise RubricError(f"{path}: can't be read; make it again: grader rubric solve {folder}") from error


def solved_worlds(worlds: Iterable[World]) -> tuple[World, ...]:
    """Those in which a solution is run: each, and where it tells autograd apart, also without that."""
    return tuple(dict.fromkeys(v for w in worlds for v in (w, w.without_autograd)))


def key_of(world: World) -> str:
    """What a world's values are kept under."""
    return world.name if world.autograd_factor == 1 else f"{world.name}, autograd multiplied"


def references(
    folder: Path, worlds: Sequence[World], prelude: str, given: Mapping[str, Sequence[AttachedFile]]
) -> tuple[Callable[[World], Quantities], Known]:
    """The values by world, and the likely mistakes. `RubricError` where they are not there or old."""
    solved = read(folder)
    again = f"make it: grader rubric solve {folder}"
    if solved is None:
        raise RubricError(f"{folder / VALUES}: the values of {NOTEBOOK} are not there; {again}")
    if solved.made_from != made_from(folder / NOTEBOOK, worlds, prelude, given):
        raise RubricError(
            f"{folder / VALUES}: {NOTEBOOK}, a world, its files or the prelude changed since then; {again}"
        )

    def right(world: World) -> Quantities:
        return _arrays(solved.worlds[key_of(world)])

    by_id = {m.id: m for m in solved.mistakes}

    def variant(world: World, ids: tuple[str, ...]) -> Quantities | None:
        """One change of the solution alone: what two of them give together was not computed."""
        if len(ids) != 1 or ids[0] not in by_id:
            return None
        return {**right(world), **_arrays(by_id[ids[0]].worlds[key_of(world)])}

    mistakes = tuple(
        Mistake(
            id=m.id,
            message=m.message,
            detail=f"cell {m.cell + 1} of the solution with `{m.change[1]}` in place of `{m.change[0]}`",
            touches=frozenset(),
        )
        for m in solved.mistakes
    )
    return right, Known(folder / VALUES, mistakes, variant)


def _arrays(values: Mapping[str, Values]) -> Quantities:
    return {name: np.array(v.values, dtype=np.float64).reshape(v.shape) for name, v in values.items()}
