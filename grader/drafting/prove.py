"""An assignment's own solution, graded in many styles: what passes, what waits for a person, what is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.assignment.loading import Assignment
from grader.assignment.solved import NOTEBOOK
from grader.drafting.make import read_solution
from grader.drafting.own import graded, settings_in
from grader.drafting.solve import solve
from grader.drafting.styles import TYPED, styles
from grader.drafting.values import quantities
from grader.execute import Limits, Runner
from grader.models import CheckResult
from rubric.schema import BehaviourCheck, TensorCheck, WordCheck

_SIGNS = {"pass": "+", "partial": "-", "review": "?", "fail": "-", "missing": "-"}


@dataclass(frozen=True, slots=True)
class Proof:
    """results: check → style → what was decided, for the checks that no person decides, in their order.
    Nothing can be typed in for what is taken from the kernel.

    numbers: those of them that ask for numbers.
    """

    results: Mapping[str, Mapping[str, CheckResult]]
    styles: tuple[str, ...]
    numbers: frozenset[str]

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """Check and style where a right value was denied its points."""
        return tuple(
            (check, style)
            for check, by_style in self.results.items()
            for style, result in by_style.items()
            if style != TYPED and result.verdict not in ("pass", "review")
        )

    @property
    def accepted(self) -> tuple[str, ...]:
        """Checks of numbers that pass with the handout's typed in."""
        typed = {c: by_style[TYPED].verdict for c, by_style in self.results.items() if TYPED in by_style}
        return tuple(c for c, verdict in typed.items() if verdict == "pass" and c in self.numbers)


async def prove(assignment: Assignment, runner: Runner, limits: Limits) -> Proof:
    """Grade the solution in every style. Raises `RubricError` where it fails, `OperationError`."""
    solution = read_solution(assignment.folder / NOTEBOOK)
    settings = settings_in(assignment)
    solved = await solve(solution.cells, settings, runner, limits)
    names = [f.name for f in settings[0].files]
    shown = quantities(solved.sites, solved.kept)
    made = styles(solution.cells, solved.sites, solved.kept[0], shown, names)
    decided = TensorCheck | WordCheck | BehaviourCheck
    results: dict[str, dict[str, CheckResult]] = {
        c.id: {} for c in assignment.rubric.checks() if isinstance(c, decided)
    }
    taken = {c.id for c in assignment.rubric.taken_checks()}
    for style, cells in made.items():
        submission = solution.model_copy(update={"cells": cells, "id": style})
        for check in await graded(submission, settings, assignment, runner, limits):
            if check.id in results and not (style == TYPED and check.id in taken):
                results[check.id][style] = check
    return Proof(results, tuple(made), frozenset(c.id for c in assignment.rubric.tensor_checks()))


def table(proof: Proof) -> Iterator[str]:
    """The proof as lines of text: + passes, ? waits for a person, - lost."""
    width = max((len(c) for c in proof.results), default=5)
    yield f"  {' ' * width}  {'  '.join(proof.styles)}"
    for check, by_style in proof.results.items():
        cells = [(_SIGNS[by_style[s].verdict] if s in by_style else "").center(len(s)) for s in proof.styles]
        yield f"  {check.ljust(width)}  {'  '.join(cells)}"
    yield "  + passes, ? waits for a person, - no points"
    for name, style in proof.lost:
        yield f"note: {name}, {style}: {proof.results[name][style].message}"
    for name, by_style in proof.results.items():
        if by_style["as it is"].verdict == "review":
            yield f"note: {name}: the solution itself waits for a person: {by_style['as it is'].message}"
    for name in proof.accepted:
        yield f"note: {name}: passes with the handout's numbers typed in"
