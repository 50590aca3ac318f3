"""A solution notebook → an assignment's folder, and its values made again when it changed."""

from __future__ import annotations

import ast
import asyncio
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import yaml

from grader.assignment import solved as kept_values
from grader.assignment.asking import questions
from grader.assignment.given_files import given_files
from grader.assignment.loading import Assignment, load, outline, prelude_of, prelude_text
from grader.assignment.rubric_file import common_words, load_rubric
from grader.assignment.solved import LikelyMistake, SolvedValues
from grader.assignment.values import near
from grader.drafting.edits import Edit, likely
from grader.drafting.infer import Draft, FolderFacts, draft
from grader.drafting.measure import Measured, in_first, measure, settings_of, where_it_moves
from grader.drafting.own import judged, runs_of, settings_in
from grader.drafting.page import PAGE, page
from grader.drafting.sites import python
from grader.drafting.solve import Setting, SolutionRun, attempt, solve
from grader.drafting.taken import NotShown, find
from grader.drafting.values import ShownQuantity, quantities
from grader.drafting.words import ShownWord, words
from grader.errors import RubricError, StorageError, UsageError
from grader.execute import Limits, Runner
from grader.folder.files import write_text
from grader.intake import collect
from grader.judging.taken import values_of
from grader.models import Execution, Submission
from rubric.schema import Rubric, Tolerance, WordCheck, World

_ALWAYS = ("numpy", "torch", "IPython")  # in every kernel
_ROOM = 4  # times as long as the solution a notebook may take
_KEPT_MISTAKES = 25
_TOGETHER = 2  # edits that run at a time
_HEAD = """\
# Drafted from solution.ipynb. Everything here is yours to change; `grader rubric check` says what is wrong.
# After a change of the notebook, of worlds or of data: grader rubric solve FOLDER
"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was drafted. mistakes: ids of the likely ones that change an answer."""

    folder: Path
    draft: Draft
    mistakes: tuple[str, ...]


async def make(notebook: Path, data: Path | None, out: Path, runner: Runner, limits: Limits) -> Drafted:
    """Write the assignment of a solution notebook into a new folder.

    data: the folder of the course's files; None takes the files beside the notebook that its code names.

    Raises `UsageError` for a notebook that can't be read or a folder that is not empty, `RubricError` where
    the solution fails or shows nothing, `StorageError`, `OperationError`.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already; name a new folder")
    submission = read_solution(notebook)
    try:
        files = data_files(submission, notebook, data)
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, out / kept_values.NOTEBOOK)
        measured = await measure(submission, files, out, runner, limits)
    except OSError as error:
        raise StorageError(f"{out} could not be written ({error.strerror or error})") from error
    taken = await _not_shown(submission, measured, out, runner, limits)
    if not taken:  # what is taken is tried otherwise in the second world
        measured = where_it_moves(measured)
    frame = FolderFacts(
        id=out.resolve().name,
        worlds=[_plain(w) for w in measured.worlds],
        common=common_words(),
        pictures=_pictures(measured.solved),
        words=_said(measured),
        limits=_limits(submission, [name for name, _ in files], measured.solved, limits),
        turned=measured.turned,
        tolerances={s.name: measured.tolerance_of(s.name) for s in measured.shown},
        taken=taken,
    )
    drafted = await _that_passes(submission, measured, frame, out, runner, limits)
    if not drafted.rubric["questions"]:
        raise RubricError(f"{notebook}: shows no number and answers no question; print what is to be asked")
    mistakes = await solve_folder(out, runner, limits)
    write_text(out / PAGE, page(drafted, len(mistakes)))
    return Drafted(out, drafted, mistakes)


async def _that_passes(
    submission: Submission, measured: Measured, frame: FolderFacts, out: Path, runner: Runner, limits: Limits
) -> Draft:
    """Write what the solution suggests, without what it does not itself pass: then nobody could.

    What is left out takes its words with it, so the rest is judged again, of the same runs.
    """
    settings: list[Setting] = []
    runs: Sequence[Execution] = ()
    while True:
        drafted = draft(submission.cells, measured.shown, frame)
        if not drafted.rubric["questions"]:
            return drafted
        write_text(out / "rubric.yaml", _HEAD + _yaml(drafted.rubric))
        asked = settings_in(outline(str(out)))
        if asked != settings:
            await solve_folder(out, runner, limits, mistakes=False)
            settings, runs = asked, await runs_of(submission, asked, runner, limits)
        waiting = _waiting(submission, runs, load(str(out)))
        if not waiting.keys() - frame.waits.keys():
            return drafted
        frame = replace(frame, waits={**frame.waits, **waiting})


async def _not_shown(
    submission: Submission, measured: Measured, folder: Path, runner: Runner, limits: Limits
) -> dict[str, NotShown]:
    cells = {s.cell for s in measured.shown} | {w.cell for w in _said(measured)}
    showing = frozenset(cells) | _pictures(measured.solved)
    return await find(submission.cells, showing, settings_of(measured.worlds, folder), runner, limits)


def _waiting(solution: Submission, runs: Sequence[Execution], assignment: Assignment) -> dict[str, str]:
    """What the solution itself does not pass, by quantity or label, and why."""
    named = {c.id: c.quantity for c in assignment.rubric.tensor_checks()}
    named |= {c.id: c.title for c in assignment.rubric.checks() if isinstance(c, WordCheck)}
    results = judged(solution, runs, assignment)
    return {named[r.id]: r.message for r in results if r.id in named and r.verdict != "pass"}


async def solve_folder(
    folder: Path, runner: Runner, limits: Limits, *, mistakes: bool = True
) -> tuple[str, ...]:
    """Run a folder's solution and its likely mistakes in every world, keep their values; the mistakes' ids.

    Raises `RubricError`, `OperationError`, `StorageError`.
    """
    rubric = load_rubric(folder)
    notebook = folder / kept_values.NOTEBOOK
    given = given_files(folder, rubric.worlds)
    own = (folder / "prelude.py").is_file()
    prelude = prelude_of(folder, own)
    worlds = kept_values.solved_worlds(rubric.worlds)
    settings = [
        Setting(
            w.name, prelude_text(rubric, w, prelude, own=own), given.get(w.name, ()), questions(rubric, w)
        )
        for w in worlds
    ]
    submission = read_solution(notebook)
    solved = await solve(submission.cells, settings, runner, limits)
    shown = shown_and_taken(solved, rubric, submission)
    asked = {c.quantity for c in rubric.tensor_checks()}
    kept: list[LikelyMistake] = []
    seen = [_answers(shown, asked)]
    patience = 3.0 + 4 * max(run.wall_s for run in solved.executions)  # a mistake can loop for ever
    shorter = replace(limits, cell_s=min(patience, limits.cell_s), total_s=min(patience, limits.total_s))

    async def what_it_changes(edit: Edit) -> Answers:
        """Nothing where it changes nothing in the first world: most of them."""
        changed = await attempt(edit.cells, settings[:1], runner, shorter)
        if not _wrong(in_first(shown), changed, asked, rubric, submission):
            return {}
        others = await attempt(edit.cells, settings[1:], runner, shorter)
        both = SolutionRun(changed.sites, changed.kept + others.kept, changed.executions + others.executions)
        return _wrong(shown, both, asked, rubric, submission)

    tried = list(likely(submission.cells)) if mistakes else []
    while tried and len(kept) < _KEPT_MISTAKES:
        edits, tried = tried[:_TOGETHER], tried[_TOGETHER:]
        for edit, wrong in zip(edits, await asyncio.gather(*map(what_it_changes, edits)), strict=True):
            answers = {**seen[0], **wrong}
            if wrong and not any(_alike(answers, s, rubric.tolerance) for s in seen):
                seen.append(answers)
                kept.append(_mistake(edit, wrong, worlds))
    values = SolvedValues(
        made_from=kept_values.made_from(notebook, rubric.worlds, prelude, given),
        worlds={
            kept_values.key_of(w): {s.name: kept_values.kept(s.values[i]) for s in shown}
            for i, w in enumerate(worlds)
        },
        mistakes=tuple(kept[:_KEPT_MISTAKES]),
    )
    write_text(folder / kept_values.VALUES, values.model_dump_json(indent=1) + "\n")
    return tuple(m.id for m in values.mistakes)


def shown_and_taken(solved: SolutionRun, rubric: Rubric, submission: Submission) -> tuple[ShownQuantity, ...]:
    """What a solution shows, and what its kernel answered to the rubric's questions."""
    shown = {s.name: s for s in quantities(solved.sites, solved.kept)}
    answers = [values_of(run, rubric) for run in solved.executions]
    for check in rubric.taken_checks():
        found = [a[check.id] for a in answers if check.id in a]
        if len(found) == len(answers) and len({v.shape for v in found}) == 1:
            name = check.quantity
            shown[name] = ShownQuantity(name, submission.cells[-1].index, 1, "", name, tuple(found))
    return tuple(shown.values())


def read_solution(notebook: Path) -> Submission:
    """The solution's cells. Raises `UsageError` where there is no notebook that can be read."""
    entries = collect([notebook]).entries if notebook.is_file() else []
    if len(entries) != 1:
        raise UsageError(f"{notebook}: no notebook, expected the solution as .ipynb")
    submission = entries[0].read()
    if submission.problem is not None:
        raise UsageError(f"{notebook}: {submission.problem}")
    return submission


Answers = Mapping[str, tuple[Any, ...]]


def _answers(shown: Sequence[ShownQuantity], asked: Iterable[str]) -> Answers:
    return {s.name: s.values for s in shown if s.name in asked}


def _wrong(
    shown: Sequence[ShownQuantity],
    changed: SolutionRun,
    asked: set[str],
    rubric: Rubric,
    submission: Submission,
) -> Answers:
    """What an edit changes of what is asked; nothing where the notebook fails with it."""
    if any(run.status != "ok" or run.errors for run in changed.executions):
        return {}
    right, wrong = _answers(shown, asked), _answers(shown_and_taken(changed, rubric, submission), asked)
    return {
        name: wrong[name]
        for name in right
        if name in wrong and not _near(right[name], wrong[name], rubric.tolerance_of(name))
    }


def _near(one: Sequence[Any], other: Sequence[Any], tolerance: Tolerance) -> bool:
    return all(near(a, b, tolerance) for a, b in zip(one, other, strict=True))


def _alike(one: Answers, other: Answers, tolerance: Tolerance) -> bool:
    return one.keys() == other.keys() and all(_near(one[n], other[n], tolerance) for n in one)


def _mistake(edit: Edit, wrong: Answers, worlds: Sequence[World]) -> LikelyMistake:
    return LikelyMistake(
        id=edit.id,
        message=edit.message,
        cell=edit.cell,
        change=(edit.before, edit.after),
        worlds={
            kept_values.key_of(w): {name: kept_values.kept(values[i]) for name, values in wrong.items()}
            for i, w in enumerate(worlds)
        },
    )


def data_files(submission: Submission, notebook: Path, data: Path | None) -> list[tuple[str, bytes]]:
    """Path and content of each file of the course's; beside the notebook, of those that its code names."""
    if data is not None:
        if not data.is_dir():
            raise UsageError(f"{data} is no folder")
        top, found = data, data.rglob("*")
    else:
        code = "\n".join(c.source for c in submission.cells if c.kind == "code")
        top, near = notebook.parent, (p for depth in ("*", "*/*") for p in notebook.parent.glob(depth))
        found = (p for p in near if p.name in code and not p.samefile(notebook))
    paths = sorted(p for p in found if p.is_file() and not p.name.startswith("."))
    return [(p.relative_to(top).as_posix(), p.read_bytes()) for p in paths]


def _limits(
    submission: Submission, files: Sequence[str], solved: SolutionRun, usual: Limits
) -> dict[str, Any]:
    """What the class's notebooks need: packages besides those of every kernel, and time if it is much."""
    found: dict[str, Any] = {}
    trees = [tree for c in submission.cells if c.kind == "code" and (tree := python(c.source)) is not None]
    nodes = [n for tree in trees for n in ast.walk(tree)]
    modules = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    modules |= {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level}
    beside = {PurePath(name).stem for name in files}
    tops = {m.partition(".")[0] for m in modules} - {*sys.stdlib_module_names, *_ALWAYS, *beside}
    if tops:
        found["packages"] = sorted(tops)
    longest = max(run.wall_s for run in solved.executions)
    if longest > usual.total_s / _ROOM:
        found["notebook_s"] = float(round(_ROOM * longest))
    return found


def _said(measured: Measured) -> tuple[ShownWord, ...]:
    return words(measured.solved.sites, measured.solved.kept[: len(measured.worlds)])


def _pictures(solved: SolutionRun) -> frozenset[int]:
    return frozenset(o.cell for o in solved.executions[0].outputs if o.image is not None)


def _plain(world: World) -> dict[str, Any]:
    return {k: v for k, v in world.model_dump(exclude_defaults=True).items() if v is not None}


def _yaml(data: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, width=110)
