"""One cgroup per kernel: memory and number of tasks, exact and for everything it starts.

The server opens the parent directories before it moves into its minimal root; everything here
works relative to those descriptors. Version 1 keeps memory and pids apart, version 2 together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .plan import Cgroups, KernelLimits

_SLACK = 64 << 20
"""bytes above the limit that Python itself enforces, so that a MemoryError comes before the kill"""


@dataclass(frozen=True)
class Parents:
    """Open directories below which the kernels' cgroups are made."""

    version: int
    memory: int
    pids: int


def open_parents(groups: Cgroups) -> Parents:
    """Open the directories that the grader made. Raises OSError."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    return Parents(groups.version, os.open(groups.memory, flags), os.open(groups.pids, flags))


class KernelCgroup:
    """The cgroup of one kernel, held by its supervisor."""

    def __init__(self, parents: Parents, number: int, limits: KernelLimits) -> None:
        self._name = f"kernel-{number}"
        self._parents = parents
        self._version = parents.version
        self._directories = []
        for parent in sorted({parents.memory, parents.pids}):
            os.mkdir(self._name, 0o755, dir_fd=parent)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self._directories.append((parent, os.open(self._name, flags, dir_fd=parent)))
        opened = dict(self._directories)
        self._memory, self._pids = opened[parents.memory], opened[parents.pids]
        names = ("memory.max", "memory.swap.max") if self._version == 2 else ("memory.limit_in_bytes",)
        self._write(self._memory, names[0], str(limits.memory_bytes + _SLACK))
        for name, value in (*((name, "0") for name in names[1:]), ("memory.oom.group", "1")):
            if self._exists(name):
                self._write(self._memory, name, value)
        self._write(self._pids, "pids.max", str(limits.processes))

    def enter(self) -> None:
        """Move the calling process in."""
        for _, directory in self._directories:
            self._write(directory, "cgroup.procs", "0")

    def killed_for(self) -> str:
        """Why Linux killed in it: "memory" for its own limit, "oom" for the machine's, "" if it did not."""
        name = "memory.events" if self._version == 2 else "memory.oom_control"
        events = dict(line.split(maxsplit=1) for line in self._read(name).splitlines())
        if int(events.get("oom_kill", 0)) == 0:
            return ""
        met = events.get("oom", "1") if self._version == 2 else self._read("memory.failcnt").strip() or "1"
        return "memory" if met != "0" else "oom"

    def peak(self) -> int | None:
        """The most memory it ever held, bytes."""
        text = self._read("memory.peak" if self._version == 2 else "memory.max_usage_in_bytes")
        return int(text) if text.strip().isdigit() else None

    def remove(self) -> None:
        """Remove the empty cgroup."""
        for parent, directory in self._directories:
            os.close(directory)
            try:
                os.rmdir(self._name, dir_fd=parent)
            except OSError:
                pass  # the grader removes the parent with all that is left in it

    def _exists(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self._memory)
        except OSError:
            return False
        return True

    def _write(self, directory: int, name: str, text: str) -> None:
        file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)

    def _read(self, name: str) -> str:
        try:
            file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._memory)
        except OSError:
            return ""
        try:
            return os.read(file, 4096).decode()
        finally:
            os.close(file)
