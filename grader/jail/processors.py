"""How many processors there are for kernels.

Those of the machine are not all ours: a process may be bound to some, and a container has its share of
their time in a cgroup, which no count of processors shows. More kernels at once than that would only
run each other into their time limits.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from grader.jail.own_cgroups import CGROUPS, PROC, folders, read


def processors(proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """Notebooks that can run at once without waiting for each other, at least 1."""
    return max(1, min([_bound(), *(math.ceil(share) for share in _shares(proc, cgroups))]))


def _bound() -> int:
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _shares(proc: Path, cgroups: Path) -> Iterator[float]:
    """Processors' worth of time that each of our cgroups grants."""
    for folder in folders("cpu", "cpu.max", proc, cgroups):
        quota, _, period = read(folder / "cpu.max").strip().partition(" ")
        yield from _share(quota, period)
    for folder in folders("cpu", "cpu.cfs_quota_us", proc, cgroups):
        yield from _share(read(folder / "cpu.cfs_quota_us"), read(folder / "cpu.cfs_period_us"))


def _share(quota: str, period: str) -> Iterator[float]:
    """Nothing where there is no limit: `max`, or a negative quota."""
    if quota.strip().isdecimal() and period.strip().isdecimal() and int(period):
        yield int(quota) / int(period)
