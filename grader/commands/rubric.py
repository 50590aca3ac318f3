"""`grader rubric`: what a teacher needs while writing an assignment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.assignment import loading as assignments
from grader.assignment.examine import check
from grader.assignment.release import write_release

__all__ = ["check", "release"]


def release(name_or_path: str, out: Path) -> Iterator[str]:
    """Write the version for students, and say how they use it. Raises `GraderError`."""
    loaded = assignments.load(name_or_path)
    write_release(loaded, out)
    yield f"{out}: {loaded.rubric.title}, for students; grader check NOTEBOOK --rubric {out}"
    if len(loaded.rubric.worlds) > 1 and any(world.files for world in loaded.rubric.worlds):
        yield "note: the files of every world are in it, also those of worlds that students don't know"
