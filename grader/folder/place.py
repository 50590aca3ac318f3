"""Where the grader keeps what is its own in an output folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from grader.text import visible

STATE = ".grader"
"""kept runs and judgements, journal, lock: below the output folder"""


def traceback_path(out: Path, id: str) -> Path:
    """Where the traceback of a fault of ours is kept, for whoever mends it."""
    return out / STATE / "failures" / f"{id}.txt"


def remember(out: Path, id: str, traces: Iterable[str]) -> None:
    """Keep these tracebacks, if that can be done: they only help to find a fault."""
    path = traceback_path(out, id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(visible("\n".join(traces)) + "\n", "utf-8", errors="replace")
    except OSError:
        return
