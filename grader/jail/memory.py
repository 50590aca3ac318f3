"""How much memory there is for kernels, and whether Linux has killed for want of it.

The machine's memory is not all ours: a container has its limit in a cgroup, ours or one above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

RESERVE = 512 << 20
"""bytes left to the grader and the warm server"""
LEAST = 256 << 20
"""bytes a kernel gets however little there is: with less, honest notebooks would fail"""

_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60


def share(jobs: int, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """Bytes that each of `jobs` kernels may take now; None where nobody can tell."""
    free = free_bytes(proc, cgroups)
    return None if free is None else max(LEAST, (free - RESERVE) // jobs)


def free_bytes(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int | None:
    """Bytes that this process and its children can take before Linux has to kill somebody."""
    found = [*_left_in_cgroups(proc, cgroups)]
    available = _entries(proc / "meminfo").get("MemAvailable")
    if available is not None:
        found.append(available << 10)
    return min(found, default=None)


def oom_kills(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """A number that grows whenever Linux kills for want of memory, on this machine or in our cgroups."""
    kills = _entries(proc / "vmstat").get("oom_kill", 0)
    for folder in _folders(proc, cgroups):
        for name in ("memory.events", "memory.oom_control"):
            kills += _entries(folder / name).get("oom_kill", 0)
    return kills


def _left_in_cgroups(proc: Path, cgroups: Path) -> Iterator[int]:
    for folder in _folders(proc, cgroups):
        names = (
            ("memory.max", "memory.current", "inactive_file")
            if (folder / "memory.max").exists()
            else ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        )
        limit, used = (_number(folder / name) for name in names[:2])
        if limit is not None and used is not None and limit < _NO_LIMIT:
            yield max(0, limit - used + _entries(folder / "memory.stat").get(names[2], 0))


def _folders(proc: Path, cgroups: Path) -> Iterator[Path]:
    """The directories of our memory cgroup and of those above it, as far as they can be seen here."""
    for line in _read(proc / "self" / "cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        # a container may see its own cgroup as the root, but be told the name it has outside
        inner = PurePosixPath(path.lstrip("/"))
        parts = () if ".." in inner.parts else inner.parts
        for depth in range(len(parts), -1, -1):
            folder = root.joinpath(*parts[:depth])
            if (folder / "memory.stat").exists():
                yield folder


def _entries(path: Path) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^(\w+):?\s+(\d+)", _read(path), re.MULTILINE)}


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
