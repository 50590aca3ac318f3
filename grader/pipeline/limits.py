"""The limits of an assignment's notebooks, and what has to be installed for them."""

from __future__ import annotations

from dataclasses import replace

from grader.errors import OperationError
from grader.execute.absent import installed
from grader.execute.job import MIB, Limits
from rubric.schema import Rubric


def limits_of(
    rubric: Rubric, *, cell_s: float | None = None, total_s: float | None = None, usual: Limits | None = None
) -> Limits:
    """What the rubric sets, the usual where it sets nothing; what was asked for comes first."""
    usual, asked = usual or Limits(), rubric.limits
    total = total_s or asked.notebook_s or usual.total_s
    cell = cell_s or min(asked.cell_s or usual.cell_s, total)
    memory = asked.memory_mib * MIB if asked.memory_mib else usual.memory_bytes
    cpu = max(usual.cpu_s, 2 * total) if total > usual.total_s else usual.cpu_s
    return replace(usual, total_s=total, cell_s=cell, memory_bytes=memory, cpu_s=cpu)


def refuse_without_packages(rubric: Rubric) -> None:
    """Raises `OperationError` where packages that the rubric names are absent: every notebook would wait."""
    absent = [name for name in rubric.limits.packages if not installed(name.partition(".")[0])]
    if absent:
        names = ", ".join(absent)
        raise OperationError(
            f"this assignment's notebooks need {names} (limits.packages in rubric.yaml), "
            "which the kernels here lack: install it beside the grader"
        )
