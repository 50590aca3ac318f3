"""Where the grader keeps what is its own in an output folder."""

from __future__ import annotations

from pathlib import Path

STATE = ".grader"
"""kept runs and judgements, journal, lock: below the output folder"""


def traceback_path(out: Path, id: str) -> Path:
    """Where the traceback of a fault of ours is kept, for whoever mends it."""
    return out / STATE / "failures" / f"{id}.txt"
