"""What a kernel answered after the last cell, as prints of its own (pure).

Its text is a student's like any other: whatever is malformed in it is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from grader.assignment.kept import MARKED, MOST
from grader.assignment.values import Array
from grader.judging.decision import Decision
from grader.models import Cell, CheckResult, Execution, PrintedTensor, Said
from rubric.schema import Rubric, TensorCheck

_AXES = 8
_FUNCTION = re.compile(r"^[ \t]*+(?:async[ \t]++)?def\b|\blambda\b", re.MULTILINE)
_CALLED = re.compile(r"\s*+([^\W\d]\w*+)\s*+\(")


@dataclass(frozen=True, slots=True)
class Taken:
    """prints: the values, called like their checks. failed: check → why there is no value."""

    prints: tuple[PrintedTensor, ...]
    failed: Mapping[str, str]


def taken(execution: Execution, rubric: Rubric, cells: Sequence[Cell]) -> Taken:
    """The answers of one run."""
    checks = rubric.taken_checks()
    place = max((c.index for c in cells), default=-1) + 1
    prints: list[PrintedTensor] = []
    failed: dict[str, str] = {}
    for output in execution.taken:
        for found in MARKED.finditer(output.text) if output.kind == "stdout" else ():
            said = _read(found[1])
            if said is None or not 0 <= said[0] < len(checks):
                continue
            number, key, kind, shape, values = said
            check = checks[number]
            if kind == "number" and not isinstance(values, str):
                label = f"{_called(check, rubric)} {key}".strip()
                exact = (0.0,) * len(values)
                prints.append(PrintedTensor(values, exact, shape, label=label, cell=place, output=number))
            else:
                failed[check.id] = str(values) if key == "failed" else kind
    return Taken(tuple(prints), failed)


def values_of(execution: Execution, rubric: Rubric) -> dict[str, Array]:
    """Check → the value that the kernel answered, the last where it gave several."""
    checks = rubric.taken_checks()
    return {
        checks[p.output].id: np.array(p.values).reshape(p.shape) for p in taken(execution, rubric, ()).prints
    }


def _read(text: str) -> tuple[int, str, str, tuple[int, ...], tuple[float, ...] | str] | None:
    """Number, key, kind, shape, values; None for what is none of ours."""
    try:
        number, key, kind, shape, _, data = json.loads(text)
        if kind == "text":
            return int(number), str(key), kind, (), str(data)[:200]
        if kind != "number":
            return int(number), str(key), str(kind)[:20], (), ""
        sizes = tuple(int(n) for n in shape)
        values = tuple(float(v) for v in data)
    except (ValueError, TypeError, RecursionError, OverflowError):
        return None
    fits = len(sizes) <= _AXES and min(sizes, default=1) > 0 and prod(sizes) == len(values) <= MOST
    return (int(number), str(key)[:80], kind, sizes, values) if fits else None


def _called(check: TensorCheck, rubric: Rubric) -> str:
    """Words that the rubric takes for this check."""
    return " ".join(rubric.vocabulary[word][0] for word in check.labels[0] if rubric.vocabulary.get(word))


def unanswered(
    decisions: Mapping[str, Decision], failed: Mapping[str, str], rubric: Rubric, cells: Sequence[Cell]
) -> dict[str, Decision]:
    """A call that gives no value is for a person, unless the notebook defines no function at all."""
    settled = dict(decisions)
    defines = any(c.kind == "code" and _FUNCTION.search(c.source) for c in cells)
    for check in rubric.taken_checks():
        decision = decisions[check.id]
        if check.calls is None or decision.verdict != "missing" or not failed.get(check.id):
            continue
        said = {"call": _first(check, rubric), "why": failed[check.id]}
        if defines:
            text = Said("{call} gave no numbers ({why}); a person decides.", said)
            settled[check.id] = decision.waits(text)
        else:
            text = Said("{call} gave no numbers: {why}", said)
            settled[check.id] = replace(decision, reason=text)
    return settled


def _first(check: TensorCheck, rubric: Rubric) -> str:
    return next(iter(check.asked_in(rubric.worlds[0].name)), "")


def told_where(result: CheckResult, rubric: Rubric, cells: Sequence[Cell]) -> CheckResult:
    """The same; evidence that no cell printed says what was asked, and stands where that is defined."""
    evidence = result.evidence
    if evidence is None or evidence.text or any(c.index == evidence.cell for c in cells):
        return result
    check = next((c for c in rubric.taken_checks() if c.id == result.id), None)
    asked = _first(check, rubric) if check is not None else evidence.label
    called = _CALLED.match(asked)
    name = called[1] if called else asked.partition(".")[0]
    naming = re.compile(rf"(?<!\w){re.escape(name)}\b")
    named = [c.index for c in cells if c.kind == "code" and naming.search(c.source)]
    where = named or [c.index for c in cells] or [0]
    update = {"cell": where[-1], "text": asked, "label": asked, "reasons": (*evidence.reasons, "kernel")}
    return result.model_copy(update={"evidence": evidence.model_copy(update=update)})
