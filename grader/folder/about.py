"""What an output folder is about: the assignment whose reports it holds."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from grader.errors import UsageError
from grader.folder.files import write_text
from grader.models import Record


class About(Record):
    """rubric: its id. folder: where the assignment lay at the last run, absolute. digest: of its files."""

    rubric: str
    folder: str
    digest: str = ""


def read(state: Path) -> About | None:
    """What an earlier run wrote into the folder's `state`; None when there was none."""
    try:
        return About.model_validate_json((state / "about.json").read_bytes())
    except (OSError, ValidationError):
        return None


def claim(out: Path, state: Path, about: About) -> None:
    """Say that `out` holds reports of this assignment.

    Raises `UsageError` when it holds those of another, which would be overwritten.
    """
    earlier = read(state)
    if earlier is not None and earlier.rubric != about.rubric:
        raise UsageError(
            f"{out} holds reports of {earlier.rubric}, not of {about.rubric}; name another folder with --out"
        )
    if earlier != about:
        write_text(state / "about.json", about.model_dump_json() + "\n")
