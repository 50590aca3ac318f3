"""The solution run in the cage in every world, its values kept before they are formatted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from grader.assignment.given_files import beside
from grader.assignment.kept import KEEPING, KeptValue, read_kept
from grader.drafting.sites import Site, instrument
from grader.errors import OperationError, RubricError
from grader.execute import Job, Limits, Runner
from grader.models import AttachedFile, Cell, Execution


@dataclass(frozen=True, slots=True)
class Setting:
    """One world as the kernel gets it. prelude: `Assignment.prelude_for`. files: the course's.

    after: see `grader.assignment.asking`.
    """

    name: str
    prelude: str
    files: tuple[AttachedFile, ...] = ()
    after: str = ""


@dataclass(frozen=True, slots=True)
class SolutionRun:
    """What a solution shows. kept: per world, in order. executions: the runs, one per world."""

    sites: tuple[Site, ...]
    kept: tuple[tuple[KeptValue, ...], ...]
    executions: tuple[Execution, ...]


async def solve(
    cells: Sequence[Cell],
    settings: Sequence[Setting],
    runner: Runner,
    limits: Limits,
    files: tuple[AttachedFile, ...] = (),
) -> SolutionRun:
    """Run a solution in every world. files: what lies beside the solution itself.

    Raises `RubricError` where it ends with an error, `OperationError` where it could not be run.
    """
    solved = await attempt(cells, settings, runner, limits, files)
    for setting, run in zip(settings, solved.executions, strict=True):
        if run.status == "sandbox_error":
            raise OperationError(f"the solution could not be run: {run.message}; see grader doctor")
        if run.errors:
            error = run.errors[0]
            raise RubricError(
                f"the solution fails in world {setting.name!r}, cell {error.cell + 1}: {error.told}"
            )
        if run.status != "ok":
            raise RubricError(
                f"the solution ended with {run.status} in world {setting.name!r}: {run.message}"
            )
    return solved


async def attempt(
    cells: Sequence[Cell],
    settings: Sequence[Setting],
    runner: Runner,
    limits: Limits,
    files: tuple[AttachedFile, ...] = (),
) -> SolutionRun:
    """The same for a changed solution, which may fail: then the runs say so."""
    changed, sites = instrument(cells)
    jobs = [
        Job(changed, beside(files, s.files), f"{s.prelude}\n{KEEPING}", limits, after=s.after)
        for s in settings
    ]
    runs = await asyncio.gather(*(runner.run(job) for job in jobs))
    return SolutionRun(sites, tuple(tuple(read_kept(run.outputs)) for run in runs), tuple(runs))
