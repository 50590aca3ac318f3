"""What to make of a run that may not have ended by the student's doing (pure).

A kernel that was killed, and nobody of ours did it, was killed by itself or by Linux for want of
memory; and then the one who used it up may have been a neighbour. Law 2: the run is repeated, where
memory is the question alone, before anything is told about the student.
"""

from __future__ import annotations

import re
import signal
from typing import Literal

from grader.execute.kernel import Ending
from grader.execute.session import Finished
from grader.models import Execution

Next = Literal["keep", "again", "alone", "blame", "fail"]
"""keep: it counts as it is. again: repeat. alone: repeat without neighbours. blame: it used up the
machine's memory. fail: the machine did not have what it should; our fault."""

_HOG = 0.5
_NO_MEMORY = re.compile(r"allocate|not enough memory|out of memory", re.IGNORECASE)


def unexplained(ending: Ending | None) -> bool:
    """Whether a kernel was killed without a reason that its supervisor knows."""
    return ending is not None and ending.code == -signal.SIGKILL and ending.reason in ("", "oom")


def next_step(
    finished: Finished, memory_bytes: int, *, oom: bool, cut: bool, alone: bool, first: bool
) -> Next:
    """What to do after a run.

    memory_bytes: the limit it ran under. oom: Linux killed for want of memory meanwhile. cut: its
    limit was less than it should be, for the neighbours' sake. first: nothing was repeated yet.
    """
    if unexplained(finished.ending):
        if not oom:
            return "again" if first else "keep"
        if not alone:
            return "alone"
        used = finished.execution.usage.peak_memory_bytes
        return "blame" if used is not None and used >= _HOG * memory_bytes else "fail"
    return "alone" if cut and not alone and _lacked_memory(finished.execution) else "keep"


def _lacked_memory(execution: Execution) -> bool:
    return execution.status == "memory_limit" or any(
        error.name == "MemoryError" or _NO_MEMORY.search(error.message) for error in execution.errors
    )
