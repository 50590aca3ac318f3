"""`grader rubric`: what a teacher needs while writing an assignment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grader import assignment as assignments
from grader.assignment import Assignment
from grader.errors import RubricError


def check(name_or_path: str) -> Iterator[str]:
    """Validate an assignment, run its solution, and give its reference values by world as text.

    Raises `RubricError` with the first mistake found.
    """
    loaded = assignments.load(name_or_path)
    _try_the_rest(loaded)
    rubric = loaded.rubric
    yield f"{loaded.folder}: {rubric.title} (version {rubric.version}, sha256 {loaded.sha256[:12]})"
    for question in rubric.questions:
        names = ", ".join(f"{c.id} {c.points:g}" for c in question.checks)
        yield f"  {question.id}: {question.points:g} points ({names})"
    yield f"  {rubric.points:g} points in all, {len(loaded.mistakes)} known mistakes"
    with np.printoptions(precision=8, suppress=False, threshold=200, linewidth=100):
        for world, reference in zip(rubric.worlds, loaded.references, strict=True):
            yield f"world {world.name}: seed {world.seed}, scale {world.scale:g}"
            for name, value in reference.items():
                yield f"  {name}, shape {value.shape}"
                yield from (f"    {line}" for line in str(value).split("\n"))
    yield "no mistake found"


def _try_the_rest(loaded: Assignment) -> None:
    """What `load` leaves until it is needed: the prelude's syntax, the quantities of every known mistake."""
    try:
        compile(loaded.prelude, "prelude.py", "exec")
    except (SyntaxError, ValueError) as error:
        raise RubricError(f"{loaded.folder / 'prelude.py'}: {error}") from error
    try:
        known = loaded.variants((m.id,) for m in loaded.mistakes)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise RubricError(f"{loaded.folder / 'mistakes.py'}: variant() failed: {problem}") from error
    for (name,), worlds in known.items():
        for expected, wrong in zip(loaded.references, worlds, strict=True):
            absent = expected.keys() - wrong.keys()
            if absent:
                raise RubricError(
                    f"{loaded.folder / 'mistakes.py'}: variant() of {name!r} lacks "
                    f"{', '.join(sorted(absent))}, expected every quantity of canonical.py"
                )
