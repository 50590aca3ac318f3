"""What to run, and the limits under which it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from grader.models import AttachedFile, Cell, Execution, Submission

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large one notebook may get. Without isolation only the first four hold."""

    cell_s: float = 30.0
    """wall time of one cell, seconds"""
    total_s: float = 120.0
    """wall time of all cells together, seconds"""
    output_bytes: int = 16 * MIB
    """bytes that all messages of the kernel may have together, pictures included"""
    messages: int = 20_000
    """number of messages the kernel may send"""
    cpu_s: float = 240.0
    """processor time of the kernel, seconds over all threads"""
    memory_bytes: int = 2048 * MIB
    """memory the notebook may use on top of the kernel with its preloaded libraries, bytes"""
    disk_bytes: int = 256 * MIB
    """bytes the notebook may write to its working directory, on top of the files handed in"""
    files: int = 4_000
    """files and directories the notebook may create"""
    open_files: int = 160
    """descriptors the kernel may hold open; what Linux keeps for epoll, and counts for nobody, grows with
    the third power: 13 MB"""
    processes: int = 256
    """processes and threads of the kernel, all together"""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one notebook.

    cells: every cell of the notebook, in order; only the code cells run.
    files: copied below a fresh directory, their folders kept.
    folder: the notebook's own folder below it, where its kernel stands; empty where that is the directory.
    prelude: Python that runs silently in the kernel's namespace before the first cell. What it
        prints is dropped; when it fails the Execution is a `sandbox_error`, since that is our fault.
    after: Python that runs after the last cell, where that was reached; what it prints is
        `Execution.taken`, and nothing else comes of it.
    again: run the cells once more with the other answers of the machine, where they asked it.
    """

    cells: tuple[Cell, ...]
    files: tuple[AttachedFile, ...] = ()
    prelude: str = ""
    limits: Limits = Limits()
    folder: str = ""
    after: str = ""
    again: bool = True


def whole_prelude(prelude: str, submission: Submission) -> str:
    """The prelude, and for a script what it may ask for and a notebook has not: `__file__`."""
    script = any(flag.id == "script" for flag in submission.flags)
    return f"{prelude}\n__file__ = 'script.py'" if script else prelude


class Runner(Protocol):
    """Runs one notebook in a fresh kernel, on this machine or another."""

    async def run(self, job: Job) -> Execution: ...
