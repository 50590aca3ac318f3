"""What `grader lookalikes` left in an output folder, for the class page and the desk."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from grader.text import spreadsheet

if TYPE_CHECKING:
    from grader.lookalikes.search import Lookalikes

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


def to_csv(found: Lookalikes) -> str:
    """The table; numbers bare, so that spreadsheets count them."""
    buffer = io.StringIO()
    rows = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    rows.writerow(["kind", "first", "second", "share_of_first", "share_of_second"])
    for group in found.identical:
        rows.writerows(
            ["identical", spreadsheet(group[0].id), spreadsheet(other.id), 1, 1] for other in group[1:]
        )
    for pair in found.pairs:
        one, two = (round(s, 3) for s in pair.share)
        rows.writerow(["alike", spreadsheet(pair.first.id), spreadsheet(pair.second.id), one, two])
    return buffer.getvalue()


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
