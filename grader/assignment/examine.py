"""Whether an assignment is sound, before a class is graded with it: what is wrong, and what may surprise."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np

from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.assignment.values import Array, margin, moves
from grader.assignment.vocabulary import tokens
from grader.errors import RubricError
from rubric.schema import BehaviourCheck, ManualCheck, Rubric, TextCheck, WordCheck

_PAIRS = 500  # of mistakes that are tried
_ORDINARY = ("Imports", "## 2 Results", "A plot of it all.")  # headings that belong to no question
_PRELUDE_S = 120.0  # time that a prelude may take, torch's import included


def check(name_or_path: str) -> Iterator[str]:
    """Validate an assignment, run its solution, and give its reference values by world as text, and notes.

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


def notes(loaded: Assignment) -> Iterator[str]:
    """What is allowed and may surprise: what no world moves, what is alike, what is of no use."""
    if loaded.rubric.released:
        yield "a release for students: the values above have the right shapes and mean nothing"
    yield from _about_values(loaded)
    yield from _about_words(loaded.rubric, loaded.references[0])
    yield from _about_mistakes(loaded)


def _about_values(loaded: Assignment) -> Iterator[str]:
    rubric, references = loaded.rubric, loaded.references
    asked = list(dict.fromkeys(c.quantity for c in rubric.tensor_checks()))
    still = [q for q in asked if not moves([r[q] for r in references], rubric.tolerance)]
    if len(references) == 1:
        yield (
            "there is one world: a value typed into the notebook cannot be told from a computed one; "
            "where its numbers stand in the code a person decides"
        )
    elif still == asked and len({w.seed for w in rubric.worlds}) > 1:
        yield "nothing that is asked moves with the world: does the solution use the world's seed?"
    elif still:
        yield (
            f"{', '.join(still)}: the same in every world; "
            "where such numbers stand in the code, or have no name, a person decides"
        )
    yield from _about_bounds(loaded)
    tiny = [q for q in asked if not references[0][q].any()]
    if tiny:
        yield f"{', '.join(tiny)}: zero; only an exact zero (0, 0., 0e+00) passes, 0.0000 goes to a person"
    for one, other in combinations(references[0], 2):
        if (one in asked or other in asked) and all(_equal(r[one], r[other]) for r in references):
            yield f"{one} and {other} are the same numbers in every world; only a name tells them apart"


def _about_bounds(loaded: Assignment) -> Iterator[str]:
    """What bounds can't tell in these worlds."""
    for check in (c for c in loaded.rubric.tensor_checks() if c.bounded):
        low = -np.inf if check.at_least is None else check.at_least
        high = np.inf if check.at_most is None else check.at_most
        values = [r[check.quantity] for r in loaded.references]
        within = [bool(((v >= low) & (v <= high)).all()) for v in values]
        if not within[0]:
            yield f"check {check.id}: the solution's own {check.quantity} is outside of what is asked"
        elif not moves(values, loaded.rubric.tolerance):
            yield f"check {check.id}: the same in every world; what is right waits for a person"
        elif all(within):
            yield (
                f"check {check.id}: within the bounds in every world, so that nothing tells a number made "
                "up at random; made_with, or a world in which it can't be reached, does"
            )
    worlds = [w.name for w in loaded.rubric.worlds]
    for word in (c for c in loaded.rubric.checks() if isinstance(c, WordCheck)):
        if word.from_data and len({word.answers_in(w) for w in worlds}) == 1:
            yield f"check {word.id}: the same word in every world; where the code holds it a person decides"


def _about_words(rubric: Rubric, quantities: Iterable[str]) -> Iterator[str]:
    used = {w for c in rubric.labelled_checks() for alternative in c.labels for w in alternative}
    entries: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for word, phrases in rubric.vocabulary.items():
        silent = [phrase for phrase in phrases if not tokens(phrase)]
        if silent or not phrases:
            yield f"vocabulary.{word}: {silent or 'empty'}, without a letter or digit, is never found"
        if word not in used and word not in quantities and word != rubric.asides:
            yield f"vocabulary.{word}: no check's labels name it, and it is no quantity: nothing uses it"
        for said in dict.fromkeys(map(tokens, phrases)):
            entries[said].append(word)
    for said, words in entries.items():
        means = {named for word in words for named in _named_by(word, rubric)}
        unclear = len(means) > len({beside for _, beside in means})  # two checks by the same words
        if said and len(words) > 1 and unclear:
            yield (
                f"vocabulary: {' '.join(said)!r} stands in {' and '.join(words)}; it does not tell them apart"
            )
    for check in (c for c in rubric.checks() if isinstance(c, TextCheck | ManualCheck)):
        for heading in check.headings:
            if all(re.search(heading, text, re.IGNORECASE) for text in _ORDINARY):
                yield f"check {check.id}: the heading {heading!r} matches everything"


def _named_by(word: str, rubric: Rubric) -> set[tuple[str, frozenset[str]]]:
    """The checks that a word names, each with the words that stand beside it; itself where it is none's."""
    return {
        (check.id, frozenset(alternative) - {word})
        for check in rubric.labelled_checks()
        for alternative in check.labels
        if word in alternative
    } or {(word, frozenset())}


def _about_mistakes(loaded: Assignment) -> Iterator[str]:
    asked = {c.quantity for c in loaded.rubric.tensor_checks()}
    changed = loaded.variants((m.id,) for m in loaded.mistakes)
    for mistake in loaded.mistakes:
        worlds = changed.get((mistake.id,))
        if worlds is None:
            yield f"mistake {mistake.id}: variant() gives nothing for it alone"
        elif all(
            _equal(r[q], w[q])
            for r, w in zip(loaded.references, worlds, strict=True)
            for q in asked
            if q in w
        ):
            yield f"mistake {mistake.id}: changes nothing that is asked, in any world"
    known = {tag for m in loaded.mistakes for tag in m.touches}
    for check in loaded.rubric.checks():
        if isinstance(check, BehaviourCheck):
            for tag in check.broken_by:
                if tag not in known:
                    yield f"check {check.id}: broken_by names {tag!r}, which no mistake touches"


def _equal_but_for_rounding(one: Array, again: Array, loaded: Assignment) -> bool:
    """Threads that add float32 numbers up in another order are no fault of the solution."""
    slack = margin(one, loaded.rubric.tolerance)
    return one.shape == again.shape and bool(np.allclose(one, again, rtol=0.0, atol=slack, equal_nan=True))


def _equal(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-9, atol=0.0))


def _try_the_rest(loaded: Assignment) -> None:
    """What `load` leaves until it is needed: the prelude's syntax, the quantities of every known mistake."""
    try:
        compile(loaded.prelude, "prelude.py", "exec")
    except (SyntaxError, ValueError) as error:
        raise RubricError(f"{loaded.folder / 'prelude.py'}: {error}") from error
    if loaded.own_prelude or (loaded.folder / assignments.MORE).is_file():
        _try_prelude(loaded)
    for once, again in zip(loaded.references, assignments.load(str(loaded.folder)).references, strict=True):
        odd = [
            name for name, value in once.items() if not _equal_but_for_rounding(value, again[name], loaded)
        ]
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
        name = "prelude.py" if loaded.own_prelude else assignments.MORE
        where = f"{loaded.folder / name}: in world {world.name!r}"
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
