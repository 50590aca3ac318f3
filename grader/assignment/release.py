"""The version of an assignment that students may have: it checks a notebook and can't grade one.

In place of the solution stands what the self-check takes of it: every quantity's shape, and whether it moves
with the world. Known mistakes, tolerances and the seeds of further worlds stay with the teacher.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from grader.assignment.loading import MORE, Assignment
from grader.assignment.solution import module, solve
from grader.assignment.values import moves
from grader.errors import StorageError, UsageError
from rubric.schema import BehaviourCheck, Check, ManualCheck, Messages, Rubric, TextCheck, WordCheck, World

_HEAD = """\
# Written by `grader rubric release`. It checks a notebook (`grader check NOTEBOOK --rubric FOLDER`) and can't
# grade one: there is no solution in it.
"""
_SEEDS = 20  # that are tried
_SHAPES = '''\
"""Shapes in place of a solution, written by `grader rubric release`."""

import numpy as np

# name: (shape, whether it is another in every world)
QUANTITIES = {{
{lines}
}}


def quantities(world):
    draw = np.random.default_rng(world.seed)
    return {{
        name: draw.normal(size=shape) if moves else np.ones(shape)
        for name, (shape, moves) in QUANTITIES.items()
    }}
'''


def write_release(assignment: Assignment, folder: Path) -> None:
    """Write the version for students into a new folder.

    Raises `UsageError` where the assignment is one already or the folder is not empty, `StorageError` where
    it can't be written.
    """
    if assignment.rubric.released:
        raise UsageError(f"{assignment.folder} is a release already; name the assignment itself")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already; name a new folder")
    rubric = release(assignment.rubric, assignment.sha256, _all_moves(assignment))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rubric.yaml").write_text(_HEAD + _yaml(rubric), encoding="utf-8")
        (folder / "canonical.py").write_text(_shapes(assignment), encoding="utf-8")
        if assignment.own_prelude:
            (folder / "prelude.py").write_text(assignment.prelude, encoding="utf-8")
        elif (assignment.folder / MORE).is_file():
            shutil.copyfile(assignment.folder / MORE, folder / MORE)
        for world in assignment.rubric.worlds:
            for file in assignment.files_for(world):
                assert world.files is not None
                target = folder / world.files / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.source, target)
    except OSError as error:
        raise StorageError(f"{folder} could not be written ({error.strerror or error})") from error


def release(rubric: Rubric, secret: str, all_moves: Callable[[World], bool] = lambda world: True) -> Rubric:
    """What students may have of a rubric.

    secret: what nobody has who lacks the assignment. It makes the seeds of the further worlds, the same
    each time, so that those in which the class is graded are not known from here. all_moves: is every answer
    that moves between worlds another one in this world than in the handout's?
    """
    first, *others = rubric.worlds
    return Rubric(
        id=rubric.id,
        version=rubric.version,
        title=rubric.title,
        language=rubric.language,
        due=rubric.due,
        notebook=rubric.notebook,
        released=True,
        worlds=(first, *(_elsewhere(world, secret, all_moves) for world in others)),
        vocabulary=rubric.vocabulary,
        asides=rubric.asides,
        messages=Messages(missing=rubric.messages.missing),
        questions=tuple(
            q.model_copy(update={"checks": tuple(map(_without_judgement, q.checks))})
            for q in rubric.questions
        ),
    )


def _elsewhere(world: World, secret: str, all_moves: Callable[[World], bool]) -> World:
    """The world with another seed. Where a share of 0.4 is 0.4 again it would look written out."""
    made = []
    for n in range(_SEEDS):
        seed = hashlib.sha256(f"{secret} {world.name} {n}".encode()).digest()[:4]
        made.append(world.model_copy(update={"seed": int.from_bytes(seed, "big")}))
        if all_moves(made[-1]):
            return made[-1]
    return made[0]


def _all_moves(assignment: Assignment) -> Callable[[World], bool]:
    """For `release`. What a solution that is a notebook gives in further worlds is not known here."""
    canonical, tolerance = module(assignment.folder, "canonical"), assignment.rubric.tolerance
    if canonical is None:
        return lambda world: True
    first, *_ = references = assignment.references
    asked = {c.quantity for c in assignment.rubric.tensor_checks()}
    moving = [n for n in asked if moves([r[n] for r in references], tolerance)]

    def all_moves(world: World) -> bool:
        found = solve(assignment.folder, canonical.quantities, world)
        return all(moves([first[n], found[n]], tolerance) for n in moving)

    return all_moves


def _without_judgement(check: Check) -> Check:
    """A check as it is found, without what tells right from wrong."""
    if isinstance(check, BehaviourCheck):
        return check.model_copy(update={"doubted_by": (), "broken_by": (), "forbids": ()})
    if isinstance(check, TextCheck):
        return check.model_copy(update={"facts": ()})
    if isinstance(check, WordCheck):
        return check.model_copy(update={"answers": (), "wrong": ()})
    if isinstance(check, ManualCheck):
        return check
    told = {"tolerance": None, "also": (), "order": "fixed", "layout": "free", "at_least": None}
    return check.model_copy(update=told | {"at_most": None})


def _shapes(assignment: Assignment) -> str:
    tolerance, references = assignment.rubric.tolerance, assignment.references
    lines = [
        f"    {name!r}: ({value.shape}, {moves([r[name] for r in references], tolerance)}),"
        for name, value in references[0].items()
    ]
    return _SHAPES.format(lines="\n".join(lines))


def _yaml(rubric: Rubric) -> str:
    data = rubric.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)
