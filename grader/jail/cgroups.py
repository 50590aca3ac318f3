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
        sweep_cgroups()
        groups = _make()
    except OSError:
        groups = None
    try:
        yield groups
    finally:
        if groups is not None:
            for path in {groups.memory, groups.pids}:
                _remove(Path(path))


def sweep_cgroups(root: Path = _ROOT) -> None:
    """Remove the empty cgroups of graders that were killed, as far as their owners can be seen from here."""
    for folder in (root, root / "memory", root / "pids"):
        for path in folder.glob(_PREFIX + "*"):
            if _is_of_the_dead(path.name.removeprefix(_PREFIX)):
                _remove(path)


def _make() -> Cgroups | None:
    if os.getuid() != 0:
        return None
    name = f"{_PREFIX}{_owner(os.getpid())}-{time.monotonic_ns()}"
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
    return Cgroups(1, str(memory), str(pids))


def _owner(pid: int) -> str:
    """What tells a process from all others: where its number counts, the number, and when it started."""
    space = os.stat("/proc/self/ns/pid").st_ino
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{space}-{pid}-{started}"


def _is_of_the_dead(name: str) -> bool:
    parts = name.split("-")
    if len(parts) != 4 or not all(part.isdigit() for part in parts):
        return False
    try:
        if int(parts[0]) != os.stat("/proc/self/ns/pid").st_ino:
            return False  # of another container: nobody here can say
        return _owner(int(parts[1])) != "-".join(parts[:3])
    except FileNotFoundError:
        return True
    except OSError:
        return False


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
