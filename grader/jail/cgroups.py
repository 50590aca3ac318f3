"""The directory of cgroups that belongs to one grader: made at the start, removed at the end."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from grader.jail.cage.plan import Cgroups

_ROOT = Path("/sys/fs/cgroup")
_PREFIX = "notebook-grader-"


@contextlib.contextmanager
def made() -> Iterator[Cgroups | None]:
    """A cgroup for this process's kernels; None where that is not ours to make."""
    try:
        groups = _make()
    except OSError:
        groups = None
    try:
        yield groups
    finally:
        if groups is not None:
            for path in {groups.memory, groups.pids}:
                _remove(Path(path))


def _make() -> Cgroups | None:
    if os.getuid() != 0:
        return None
    name = f"{_PREFIX}{os.getpid()}-{time.monotonic_ns()}"
    if (_ROOT / "cgroup.controllers").exists():
        folder = _ROOT / name
        folder.mkdir()
        try:
            (folder / "cgroup.subtree_control").write_text("+memory +pids")
        except OSError:
            folder.rmdir()
            raise
        return Cgroups(2, str(folder), str(folder))
    memory, pids = _ROOT / "memory" / name, _ROOT / "pids" / name
    if not (memory.parent / "memory.limit_in_bytes").exists() or not pids.parent.exists():
        return None
    memory.mkdir()
    pids.mkdir(exist_ok=True)
    _remove_leftovers(memory.parent)
    _remove_leftovers(pids.parent)
    return Cgroups(1, str(memory), str(pids))


def _remove_leftovers(folder: Path) -> None:
    """What graders that were killed left behind."""
    for path in folder.glob(_PREFIX + "*"):
        owner = path.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            _remove(path)


def _remove(folder: Path) -> None:
    for path in [*(entry for entry in folder.glob("*/")), folder]:
        for _ in range(20):
            try:
                path.rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.01)
            else:
                break
