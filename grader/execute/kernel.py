"""What a session needs of a kernel, however it was started."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from grader.execute.channels import BoundedClient
from grader.execute.job import Job
from grader.models import AttachedFile, Isolation, Usage

Reason = Literal["", "memory", "disk", "files", "processes", "cpu", "leader", "oom", "lost"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a kernel ended.

    code: exit status, or minus the signal's number. reason: the limit it was killed for, "" if none,
    "leader" when it went on without its first thread, so that nobody could watch it any more,
    "oom" when Linux killed it because memory had run out outside of its own limit,
    "lost" when what watched it is gone, which is our fault.
    """

    code: int
    reason: Reason = ""
    usage: Usage = field(default_factory=Usage)


class Kernel(Protocol):
    """One running kernel with its own working directory."""

    client: BoundedClient
    isolation: Isolation
    setup: str
    """code that makes it behave as `grader.execute.habits` describes; empty where that is done"""

    def place(self, files: tuple[AttachedFile, ...], folder: str) -> None:
        """Copy files below the working directory, and make `folder` there. Raises `KernelStartError`."""

    async def interrupt(self) -> None:
        """Have what runs raise KeyboardInterrupt; it may not."""

    async def ended(self) -> Ending:
        """Wait until the kernel is gone, with everything it started."""

    async def kill(self) -> Ending:
        """Kill it, wait until it is gone; what it left on disk goes before its source is closed."""


class KernelSource(Protocol):
    """Where kernels come from."""

    async def start(self, job: Job) -> Kernel:
        """A fresh kernel, fit for this job, in a fresh and empty directory. Raises `KernelStartError`."""

    async def close(self) -> None:
        """Kill what is left and remove every trace."""
