"""Several notebooks of one student: which of them answers (pure).

Every one is judged alone first. The one that answers all that any of them answers is graded; where two answer
different questions they are graded together, in order, as one. No check is lost to the choice: what the
notebook that counts has wrong or lacks, and another may have right, waits for a person.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.judging.late import totals
from grader.models import Cell, CheckResult, Execution, Flag, Report, Said, Status, Submission, verbatim
from rubric.schema import Rubric, TextCheck

FLAG = "several_notebooks"
_SHOWN = 4
_BETTER = frozenset({"pass", "partial", "review"})
_DIFFERENT = Said("The notebooks handed in answer this differently ({names}); a person will look at it.")
_UNSEEN = Said("Not every notebook handed in was run; a person will look at the others for this.")
_ALONE = Said(
    "{count} notebooks were handed in; graded: {graded}, which answers what any of them answers; not: {rest}."
)
_NONE = Said(
    "{count} notebooks were handed in; graded: {graded}, for none of them answers anything; not: {rest}."
)
_TOGETHER = Said("{count} notebooks were handed in; graded together: {graded}.")
_SOME = Said("{count} notebooks were handed in; graded together: {graded}; not: {rest}.")
_BROKEN = Said("{count} notebooks were handed in; {graded} could not be run.")
_WORST: tuple[Status, ...] = (
    *("sandbox_error", "unreadable", "killed", "memory_limit", "output_limit", "timeout", "error", "ok"),
)


@dataclass(frozen=True, slots=True)
class Settled:
    """Which notebooks count, by their place among those handed in, and what a person has to decide.

    said: for the student, check id → why. told: what the report says about the choice.
    """

    chosen: tuple[int, ...]
    said: Mapping[str, Said]
    told: Said


def alone(submission: Submission) -> tuple[Submission, ...]:
    """Each notebook as a submission of its own, the first one first."""
    plain = submission.model_copy(update={"others": (), "unseen": (), "together": False})
    own = ("path", "sha256", "cells", "folder", "flags")
    others = (
        plain.model_copy(update={name: getattr(other, name) for name in own}) for other in submission.others
    )
    return (plain, *others)


def settle(submission: Submission, reports: Sequence[Report], rubric: Rubric) -> Settled:
    """What counts, after every notebook was judged alone. reports: in the order of `alone`."""
    names = [n.path.rpartition("/")[2] for n in alone(submission)]

    def told(template: Said, chosen: Sequence[int]) -> Said:
        rest = [*(n for i, n in enumerate(names) if i not in chosen), *submission.unseen]
        graded = _list([names[i] for i in chosen])
        count = len(names) + len(submission.unseen)
        return replace(template, values={"count": count, "graded": graded, "rest": _list(rest)})

    broken = [i for i, r in enumerate(reports) if r.execution.status == "sandbox_error"]
    if broken:
        return Settled((broken[0],), {}, told(_BROKEN, broken[:1]))
    if submission.together:
        everyone = tuple(range(len(names)))
        return Settled(everyone, {}, told(_TOGETHER, everyone))
    verdicts = [{c.id: c for q in r.questions for c in q.checks} for r in reports]
    answered = [_answered(v, rubric) for v in verdicts]
    everything = frozenset[str]().union(*answered)
    whole = [i for i, a in enumerate(answered) if a == everything]
    if not whole:
        chosen = _cover(answered, names)
        all_count = len(chosen) == len(names) and not submission.unseen
        return Settled(chosen, {}, told(_TOGETHER if all_count else _SOME, chosen))
    first = whole[0]
    said = {
        id: replace(_DIFFERENT, values={"names": _list(differing)})
        for id in verdicts[first]
        if (differing := _differing(id, first, whole, verdicts, names))
    }
    if submission.unseen:
        lacking = (id for id, c in verdicts[first].items() if c.verdict == "missing" and id not in said)
        said |= dict.fromkeys(lacking, _UNSEEN)
    return Settled((first,), said, told(_ALONE if everything else _NONE, (first,)))


def counted(
    submission: Submission, executions: Sequence[Sequence[Execution]], settled: Settled
) -> tuple[Submission, tuple[Execution, ...]]:
    """The notebooks that count, as one. executions: notebook → one a world, as given back."""
    notebooks = [alone(submission)[i] for i in settled.chosen]
    flags = (*submission.flags, Flag.of(FLAG, settled.told))
    own = tuple(f for n in notebooks for f in n.flags if f not in submission.flags)
    ran = [executions[i] for i in settled.chosen]
    if len(notebooks) == 1:
        return notebooks[0].model_copy(update={"flags": (*flags, *own)}), tuple(ran[0])
    cells: list[Cell] = []
    starts: list[int] = []
    for notebook in notebooks:
        starts.append(cells[-1].index + 1 if cells else 0)
        cells += [c.model_copy(update={"index": c.index + starts[-1]}) for c in notebook.cells]
    digest = hashlib.sha256("".join(n.sha256 for n in notebooks).encode()).hexdigest()
    made = notebooks[0].model_copy(
        update={"cells": tuple(cells), "sha256": digest, "flags": (*flags, *dict.fromkeys(own))}
    )
    return made, tuple(_joined(world, starts) for world in zip(*ran, strict=True))


def left_open(report: Report, said: Mapping[str, Said]) -> Report:
    """The report with these checks waiting for a person."""
    if not said:
        return report

    def opened(check: CheckResult) -> CheckResult:
        if check.id not in said or check.score is None:
            return check
        why = said[check.id]
        waits = {"verdict": "review", "score": None, "message": str(why), "said": why, "hint": ""}
        return check.model_copy(update=waits)

    questions = tuple(q.model_copy(update={"checks": tuple(map(opened, q.checks))}) for q in report.questions)
    return totals(report.model_copy(update={"questions": questions}))


def _answered(verdicts: Mapping[str, CheckResult], rubric: Rubric) -> frozenset[str]:
    """What a notebook gives an answer to: a print that was read, words that were found."""
    texts = {c.id for c in rubric.checks() if isinstance(c, TextCheck)}
    return frozenset(
        id for id, c in verdicts.items() if c.verdict != "missing" and (c.evidence is not None or id in texts)
    )


def _differing(
    id: str,
    first: int,
    whole: Collection[int],
    verdicts: Sequence[Mapping[str, CheckResult]],
    names: Sequence[str],
) -> list[str]:
    """The notebooks whose answers to a check are to be compared by a person; none where all is plain.

    Of notebooks that answer alike much every difference counts; of one that answers less, only what it may
    have right and the chosen one has not.
    """
    mine = verdicts[first][id].verdict
    others = [i for i in range(len(names)) if i != first and id in verdicts[i]]
    found = [
        i
        for i in others
        if (theirs := verdicts[i][id].verdict) != mine
        and ((i in whole and theirs != "missing") or (mine in ("fail", "missing") and theirs in _BETTER))
    ]
    return [names[first], *(names[i] for i in found)] if found and mine != "review" else []


def _cover(answered: Sequence[frozenset[str]], names: Sequence[str]) -> tuple[int, ...]:
    """As few notebooks as answer everything, each adding something, in the order of their names."""
    chosen: list[int] = []
    left = frozenset[str]().union(*answered)
    while left:
        best = max(range(len(answered)), key=lambda i: (len(answered[i] & left), -i))
        chosen.append(best)
        left -= answered[best]
    return tuple(sorted(chosen, key=lambda i: (_natural(names[i]), i)))


def _natural(name: str) -> list[tuple[int, str]]:
    """`q2` before `q10`."""
    return [
        (int(piece), "") if piece.isdecimal() and len(piece) < 20 else (-1, piece)
        for piece in re.split(r"(\d+)", name.casefold())
    ]


def _joined(executions: Sequence[Execution], starts: Sequence[int]) -> Execution:
    """The executions of several notebooks in one world as one; cells are counted on."""
    worst = min(executions, key=lambda e: _WORST.index(e.status))
    pairs = list(zip(executions, starts, strict=True))

    def told(cells: Iterable[int], start: int) -> tuple[int, ...]:
        return tuple(c + start for c in cells)

    outputs = (o.model_copy(update={"cell": o.cell + start}) for e, start in pairs for o in e.outputs)
    errors = (x.model_copy(update={"cell": x.cell + start}) for e, start in pairs for x in e.errors)
    refusals = (
        r.model_copy(update={"cell": None if r.cell is None else r.cell + start, "lost": told(r.lost, start)})
        for e, start in pairs
        for r in e.refusals
    )
    return worst.model_copy(
        update={
            "outputs": tuple(outputs),
            "errors": tuple(errors),
            "refusals": tuple(refusals),
            "interrupted": tuple(c for e, start in pairs for c in told(e.interrupted, start)),
            "stopped_at": next((e.stopped_at + s for e, s in pairs if e.stopped_at is not None), None),
            "missing_packages": tuple(dict.fromkeys(p for e in executions for p in e.missing_packages)),
            "wall_s": sum(e.wall_s for e in executions),
        }
    )


def _list(names: Sequence[str]) -> Said:
    shown = tuple(name[:80] for name in names)
    if more := len(shown[_SHOWN:]):
        return Said("{names}, and {n} more", {"names": shown[:_SHOWN], "n": more})
    return verbatim(", ".join(shown))
