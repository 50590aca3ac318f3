"""How much memory there is for kernels, and whether Linux has killed for want of it.

The machine's memory is not all ours: a container has its limit in a cgroup, ours or one above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grader.jail.own_cgroups import CGROUPS, PROC, folders, read

RESERVE = 512 << 20
"""bytes left to the grader, the warm server and the nursery of the judges"""
LEAST = 256 << 20
"""bytes a kernel gets however little there is: with less, honest notebooks would fail"""

_NO_LIMIT = 1 << 60


def share(jobs: int, proc: Path = PROC, cgroups: Path = CGROUPS, *, beside: int = 0) -> int | None:
    """Bytes that each of `jobs` kernels may take now; None where nobody can tell.

    beside: bytes that somebody else needs meanwhile.
    """
    free = free_bytes(proc, cgroups)
    return None if free is None else max(LEAST, (free - RESERVE - beside) // jobs)


def free_bytes(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Bytes that this process and its children can take before Linux has to kill somebody."""
    found = [*_left_in_cgroups(proc, cgroups)]
    available = _entries(proc / "meminfo").get("MemAvailable")
    if available is not None:
        found.append(available << 10)
    return min(found, default=None)


def oom_kills(proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """A number that grows whenever Linux kills for want of memory, on this machine or in our cgroups."""
    kills = _entries(proc / "vmstat").get("oom_kill", 0)
    for folder in folders("memory", "memory.stat", proc, cgroups):
        for name in ("memory.events", "memory.oom_control"):
            kills += _entries(folder / name).get("oom_kill", 0)
    return kills


def _left_in_cgroups(proc: Path, cgroups: Path) -> Iterator[int]:
    for folder in folders("memory", "memory.stat", proc, cgroups):
        names = (
            ("memory.max", "memory.current", "inactive_file")
            if (folder / "memory.max").exists()
            else ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        )
        limit, used = (_number(folder / name) for name in names[:2])
        if limit is not None and used is not None and limit < _NO_LIMIT:
            yield max(0, limit - used + _entries(folder / "memory.stat").get(names[2], 0))


def _entries(path: Path) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^(\w+):?\s+(\d+)", read(path), re.MULTILINE)}


def _number(path: Path) -> int | None:
    text = read(path).strip()
    return int(text) if text.isdigit() else None
