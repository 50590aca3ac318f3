"""Whether an assignment is sound, before a class is graded with it: what is wrong, and what may surprise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.assignment.values import Array, moves
from grader.assignment.vocabulary import tokens
from grader.errors import RubricError
from rubric.schema import BehaviourCheck

_PAIRS = 500  # of mistakes that are tried
_PRELUDE_S = 120.0  # time that a prelude may take, torch's import included


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
            if given := loaded.files_for(world):
                yield f"  beside the notebook: {', '.join(f.name for f in given)}"
            for name, value in reference.items():
                yield f"  {name}, shape {value.shape}"
                yield from (f"    {line}" for line in str(value).split("\n"))
    yield from (f"note: {note}" for note in notes(loaded))
    yield "no mistake found"


def notes(loaded: Assignment) -> Iterator[str]:
    """What is allowed and may surprise: what no world moves, what looks alike, mistakes without effect."""
    rubric, references = loaded.rubric, loaded.references
    if rubric.released:
        yield "a release for students: the values above have the right shapes and mean nothing"
    asked = list(dict.fromkeys(c.quantity for c in rubric.tensor_checks()))
    still = [q for q in asked if not moves([r[q] for r in references], rubric.tolerance)]
    if len(references) == 1:
        yield (
            "there is one world: a value typed into the notebook cannot be told from a computed one; "
            "where its numbers stand in the code a person decides"
        )
    elif still == asked and len({w.seed for w in rubric.worlds}) > 1:
        yield "nothing that is asked moves with the world: does canonical.py use world.seed?"
    elif still:
        yield (
            f"{', '.join(still)}: the same in every world; "
            "where such numbers stand in the code, or have no name, a person decides"
        )
    for word, phrases in rubric.vocabulary.items():
        silent = [phrase for phrase in phrases if not tokens(phrase)]
        if silent or not phrases:
            yield f"vocabulary.{word}: {silent or 'empty'}, without a letter or digit, is never found"
    tiny = [q for q in asked if not references[0][q].any()]
    if tiny:
        yield f"{', '.join(tiny)}: zero; only an exact zero (0, 0., 0e+00) passes, 0.0000 goes to a person"
    for one, other in combinations(references[0], 2):
        if (one in asked or other in asked) and all(_equal(r[one], r[other]) for r in references):
            yield f"{one} and {other} are the same numbers in every world; only a name tells them apart"
    changed = loaded.variants((m.id,) for m in loaded.mistakes)
    for mistake in loaded.mistakes:
        worlds = changed.get((mistake.id,))
        if worlds is None:
            yield f"mistake {mistake.id}: variant() gives nothing for it alone"
        elif all(
            _equal(r[q], w[q]) for r, w in zip(references, worlds, strict=True) for q in asked if q in w
        ):
            yield f"mistake {mistake.id}: changes nothing that is asked, in any world"
    known = {tag for m in loaded.mistakes for tag in m.touches}
    for check in rubric.checks():
        if isinstance(check, BehaviourCheck):
            for tag in check.broken_by:
                if tag not in known:
                    yield f"check {check.id}: broken_by names {tag!r}, which no mistake touches"


def _equal(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, atol=0.0))


def _try_the_rest(loaded: Assignment) -> None:
    """What `load` leaves until it is needed: the prelude's syntax, the quantities of every known mistake."""
    try:
        compile(loaded.prelude, "prelude.py", "exec")
    except (SyntaxError, ValueError) as error:
        raise RubricError(f"{loaded.folder / 'prelude.py'}: {error}") from error
    if loaded.own_prelude:
        _try_prelude(loaded)
    for once, again in zip(loaded.references, assignments.load(str(loaded.folder)).references, strict=True):
        odd = [name for name, value in once.items() if not np.array_equal(value, again[name], equal_nan=True)]
        if odd:
            raise RubricError(
                f"{loaded.folder / 'canonical.py'}: {_list(odd)} is another in every run, "
                "expected what follows from world.seed alone"
            )
    known = loaded.variants((m.id,) for m in loaded.mistakes)
    loaded.variants(list(combinations([m.id for m in loaded.mistakes], 2))[:_PAIRS], worlds=1)
    loaded.candidates(frozenset())
    asked = {c.quantity for c in loaded.rubric.tensor_checks()}
    for (name,), worlds in known.items():
        for expected, wrong in zip(loaded.references, worlds, strict=True):
            unknown = wrong.keys() - expected.keys()
            if unknown or not asked & wrong.keys():
                problem = f"gives unknown {_list(unknown)}" if unknown else f"lacks {_list(asked)}"
                raise RubricError(
                    f"{loaded.folder / 'mistakes.py'}: variant() of {name!r} {problem}, expected quantities "
                    f"of canonical.py: {_list(expected.keys())}"
                )


def _try_prelude(loaded: Assignment) -> None:
    """Run the folder's own prelude in every world, each in a process of its own, since it changes numpy."""
    for world in loaded.rubric.worlds:
        where = f"{loaded.folder / 'prelude.py'}: in world {world.name!r}"
        try:
            done = subprocess.run(
                [sys.executable, "-c", loaded.prelude_for(world)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PRELUDE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RubricError(f"{where} it did not end within {_PRELUDE_S:g} s") from error
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise RubricError(f"{where} it failed: {last[0]}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
