"""A solution run in its worlds, and run otherwise: which values there are, and how firmly they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import rubric as shipped
from grader.assignment.given_files import given_files
from grader.assignment.loading import prelude_of, prelude_text
from grader.assignment.values import moves, near
from grader.drafting.data import redrawn
from grader.drafting.nudged import NUDGING, shakes, tolerance_for
from grader.drafting.seeds import another, seed_of
from grader.drafting.solve import Setting, SolutionRun, attempt, solve
from grader.drafting.turned import ALL, SOME, Turn, may_turn, turns
from grader.drafting.values import ShownQuantity, quantities
from grader.drafting.words import words
from grader.execute import Limits, Runner
from grader.models import Submission
from rubric.schema import Rubric, Tolerance, World

_DIGITS = 10
_TRIES = (
    3  # second worlds, until all values stand as firmly as in the handout's; twice, until all of them move
)


_USUAL = Tolerance()


@dataclass(frozen=True, slots=True)
class Measured:
    """What the runs tell. shown: the quantities, in every world.

    turned: values that follow the sign of an eigenvector. shakes: how far a value moves in each world where
    its inputs are a little off. lost: quantities that are not there, or in another shape, in a further world.
    """

    worlds: tuple[World, ...]
    solved: SolutionRun
    shown: tuple[ShownQuantity, ...]
    shakes: Mapping[str, tuple[float, ...]]
    lost: int
    turned: Mapping[str, Turn] = field(default_factory=dict)

    def tolerance_of(self, name: str) -> float | None:
        """The relative tolerance that a value needs; None where no tolerance would do."""
        return tolerance_for(max(self.shakes[name]), _USUAL.rtol)

    @property
    def loose(self) -> int:
        """How much is worse in a further world than in the handout's."""
        shaky = [[tolerance_for(m, _USUAL.rtol) != _USUAL.rtol for m in ms] for ms in self.shakes.values()]
        return self.lost + sum(any(further) and not first for first, *further in shaky)

    @property
    def still(self) -> int:
        """How many values and words are the same in every world."""
        said = words(self.solved.sites, self.solved.kept)
        values = sum(not moves(list(one.values), _USUAL) for one in self.shown)
        return values + sum(len(set(one.answers)) == 1 for one in said)

    @property
    def worse(self) -> tuple[int, int]:
        """Of two second worlds, the one with less of it is taken."""
        return self.loose, self.still


async def measure(
    submission: Submission, files: Sequence[tuple[str, bytes]], folder: Path, runner: Runner, limits: Limits
) -> Measured:
    """Run a solution in every way, and write the course's files of each world below the folder.

    Raises `RubricError` where it fails, `OperationError`, and `OSError` where the folder can't be written.
    """
    seed = seed_of(submission.cells) or 0
    best: Measured | None = None
    for number in range(_TRIES):
        worlds = _worlds(seed, another(seed, f"{submission.sha256}{number or ''}"), files)
        write_files(worlds, files, folder)
        measured = await _in(worlds, submission, folder, runner, limits)
        if best is None or measured.worse < best.worse:
            best = measured
        if not best.loose and (number or not best.still):
            break
    assert best is not None
    write_files(best.worlds, files, folder)
    return replace(best, turned=await _turned(submission, best, folder, runner, limits))


def where_it_moves(measured: Measured) -> Measured:
    """The same in the handout's world alone, where another one changes nothing that is shown."""
    if any(not near(s.values[0], s.values[1], _USUAL) for s in measured.shown):
        return measured
    return replace(measured, worlds=measured.worlds[:1], shown=in_first(measured.shown))


def write_files(worlds: Sequence[World], files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    """The course's files of each world; in a further one their rows are drawn anew."""
    for world in worlds:
        for name, data in files:
            assert world.files is not None
            path = folder / world.files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if world is worlds[0] else redrawn(name, data, world.seed) or data)


def _worlds(seed: int, other: int, files: Sequence[tuple[str, bytes]]) -> tuple[World, World]:
    return (
        World(name="handout", seed=seed, files="data/handout" if files else None),
        World(name="second", seed=other, precision=_DIGITS, files="data/second" if files else None),
    )


async def _in(
    worlds: Sequence[World], submission: Submission, folder: Path, runner: Runner, limits: Limits
) -> Measured:
    settings = settings_of(worlds, folder)
    solved = await solve(submission.cells, settings, runner, limits)
    nudged = await attempt(submission.cells, _behind(settings, NUDGING), runner, limits)
    shown = quantities(solved.sites, solved.kept)
    alone = quantities(solved.sites, solved.kept[:1])
    moved = shakes(shown, quantities(nudged.sites, nudged.kept))
    return Measured(tuple(worlds), solved, shown, moved, len(alone) - len(shown))


async def _turned(
    submission: Submission, measured: Measured, folder: Path, runner: Runner, limits: Limits
) -> Mapping[str, Turn]:
    if not may_turn(submission.cells):
        return {}
    first = settings_of(measured.worlds, folder)[:1]
    settings = [setting for turning in (ALL, SOME) for setting in _behind(first, turning)]
    again = await attempt(submission.cells, settings, runner, limits)
    runs = [quantities(again.sites, [kept]) for kept in again.kept]
    return {turn.name: turn for turn in turns(measured.shown, *runs)}


def settings_of(worlds: Sequence[World], folder: Path) -> list[Setting]:
    """The worlds as the kernel gets them, before there is a rubric."""
    given = given_files(folder, worlds)
    prelude = prelude_of(Path(next(iter(shipped.__path__))), own=False)
    frame = Rubric.model_construct(worlds=tuple(worlds))
    return [
        Setting(w.name, prelude_text(frame, w, prelude, own=False), given.get(w.name, ())) for w in worlds
    ]


def _behind(settings: Sequence[Setting], more: str) -> list[Setting]:
    return [replace(setting, prelude=f"{setting.prelude}\n{more}") for setting in settings]


def in_first(shown: Sequence[ShownQuantity]) -> tuple[ShownQuantity, ...]:
    """What is shown, in the handout's world alone."""
    return tuple(replace(one, values=one.values[:1]) for one in shown)
