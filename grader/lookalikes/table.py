"""What `grader lookalikes` left in an output folder, for the class page and the desk."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

TABLE = "lookalikes.csv"
SIDE_BY_SIDE = "lookalikes.html"


@dataclass(frozen=True, slots=True)
class Alike:
    """Submissions (ids) whose code is alike.

    shares: how much of the first's own code is in the second and the other way round, 0 to 1; None for a
    group with the same code but for names and comments. place: where the side-by-side page shows them.
    """

    submissions: tuple[str, ...]
    shares: tuple[float, float] | None
    place: str


def read(out: Path) -> tuple[Alike, ...] | None:
    """Groups, then pairs, the most alike first; None where nobody has looked or the table can't be read."""
    try:
        text = (out / TABLE).read_text("utf-8")
        rows = [_Row.model_validate(row) for row in csv.DictReader(io.StringIO(text))]
    except (OSError, ValueError, csv.Error):
        return None
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.kind == "identical":
            groups.setdefault(row.first, [row.first]).append(row.second)
    pairs = [row for row in rows if row.kind == "alike"]
    return (
        *(Alike(tuple(group), None, f"group-{n}") for n, group in enumerate(groups.values(), 1)),
        *(
            Alike((r.first, r.second), (r.share_of_first, r.share_of_second), f"pair-{n}")
            for n, r in enumerate(pairs, 1)
        ),
    )


def stamp(out: Path) -> str:
    """Changes with what `read` gives; "" where nobody has looked."""
    try:
        return hashlib.sha256((out / TABLE).read_bytes()).hexdigest()
    except OSError:
        return ""


class _Row(BaseModel):
    """A line of the table; an id loses the quote that kept spreadsheets calm."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["identical", "alike"]
    first: str
    second: str
    share_of_first: float = Field(ge=0, le=1)
    share_of_second: float = Field(ge=0, le=1)

    @field_validator("first", "second")
    @classmethod
    def _id(cls, text: str) -> str:
        return text.removeprefix("'")
