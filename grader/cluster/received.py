"""Whether what a worker sent can be what came out of a notebook (pure).

A worker runs hostile code; one that was taken over can send anything. What it says of the notebooks
it was handed can't be checked. That it says nothing that a sound worker could not have said, can:
outputs of cells that are there, text without escapes, pictures that are pictures, numbers.
"""

from __future__ import annotations

import math

from grader.cluster.messages import Malformed, Task
from grader.execute.outputs import clean, first_line
from grader.execute.picture import choose, picture
from grader.jail.probe import TIERS
from grader.models import Execution

_MOST_MESSAGE = 2000
_STATUSES = {"ok", "error", "timeout", "killed", "output_limit", "memory_limit", "sandbox_error"}


def sound(execution: Execution, task: Task) -> Execution:
    """The same execution. Raises `Malformed` where it can't have come from this task's notebook."""
    code = {cell.index for cell in task.cells if cell.kind == "code"}
    named = {
        *(output.cell for output in execution.outputs),
        *(error.cell for error in execution.errors),
        *(cell for refusal in execution.refusals for cell in (refusal.cell, *refusal.lost)),
        *execution.interrupted,
        execution.stopped_at,
    } - {None}
    numbers = (execution.wall_s, execution.usage.cpu_s or 0.0, execution.usage.peak_memory_bytes or 0)
    shown = [(o.cell, picture(o.image)) for o in execution.outputs if o.image is not None]
    tier = execution.isolation.tier
    problems = {
        "its status is none of a run": execution.status not in _STATUSES,
        "it speaks of cells that the notebook has not": not named <= code,
        "its numbers are none": not all(math.isfinite(n) and n >= 0 for n in numbers),
        "its message is not what it says": execution.message != str(execution.said or ""),
        "its text was not cleaned": any(clean(o.text) != o.text for o in execution.outputs)
        or not all(map(_printable, (execution.message, *execution.missing_packages)))
        or not all(first_line(text) == text for e in execution.errors for text in (e.name, e.message)),
        "its pictures are none of ours": choose(shown)
        != [o.image for o in execution.outputs if o.image is not None],
        "it was less isolated than asked for": execution.status != "sandbox_error"
        and (tier not in TIERS or TIERS.index(tier) < TIERS.index(task.wanted.tier)),
    }
    for problem, holds in problems.items():
        if holds:
            raise Malformed(f"an execution that can't be one: {problem}")
    return execution


def _printable(text: str) -> bool:
    return len(text) <= _MOST_MESSAGE and clean(text) == text
