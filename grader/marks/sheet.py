"""The sheet in which a person marks in bulk: CSV out, CSV as any spreadsheet saves it back in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.csvtext import parse
from grader.errors import UsageError
from grader.text import spreadsheet

_COLUMNS = (
    *("submission", "student_name", "check", "title", "verdict", "score", "max_score"),
    *("points", "reason"),
)
_NEEDED = ("submission", "check", "points", "reason")
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)", re.ASCII)
TAKE_BACK = "-"
"""in the column points: the automatic verdict counts again"""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One check of one student. score: the automatic one. points, reason: the person's."""

    submission: str
    check: str
    points: float | None
    reason: str
    student_name: str = ""
    title: str = ""
    verdict: str = ""
    score: float | None = None
    max_score: float | None = None
    line: int = 0


def to_sheet(rows: Sequence[SheetRow]) -> str:
    """The sheet, with a byte-order mark: it is made to be opened in a spreadsheet."""
    buffer = io.StringIO()
    table = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    table.writerow(_COLUMNS)
    for row in rows:
        texts = [
            spreadsheet(t) for t in (row.submission, row.student_name, row.check, row.title, row.verdict)
        ]
        table.writerow([*texts, row.score, row.max_score, row.points, spreadsheet(row.reason)])
    return "\ufeff" + buffer.getvalue()


def read_rows(path: Path) -> Iterator[SheetRow]:
    """The rows whose points are filled in; `-` there gives None.

    Reads what any spreadsheet saves (see `grader.csvtext`), and a comma as the decimal mark. Raises
    `UsageError` with file and line.
    """
    rows = _rows(path)
    names = [name.strip().casefold() for name in rows[0][1]] if rows else []
    absent = [name for name in _NEEDED if name not in names]
    if absent:
        raise UsageError(f"{path}:1: lacks the column {absent[0]}, expected {', '.join(_NEEDED)}")
    for line, row in rows[1:]:
        cells = dict(zip(names, row, strict=False))
        given = cells.get("points", "").strip()
        if not given:
            continue
        yield SheetRow(
            submission=_plain(cells["submission"]),
            check=_plain(cells["check"]),
            points=None if given == TAKE_BACK else number(given, f"{path}:{line}: "),
            reason=_plain(cells.get("reason", "")),
            line=line,
        )


def _rows(path: Path) -> Sequence[tuple[int, list[str]]]:
    try:
        return parse(path.read_bytes()).rows
    except OSError as error:
        raise UsageError(
            f"{path} can't be read ({error.strerror}); name a sheet of `grader sheet`"
        ) from error
    except ValueError as error:
        raise UsageError(f"{path} is no CSV ({error}); name a sheet of `grader sheet`") from error


def _plain(cell: str) -> str:
    """Without the apostrophe that kept a spreadsheet from taking the cell for a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and spreadsheet(text[1:]) == text else text


def number(text: str, where: str) -> float:
    """Points as people write them, also with a comma. Raises `UsageError`, which begins with `where`."""
    if not _NUMBER.fullmatch(text.strip()):
        or_back = f", or {TAKE_BACK} to take a mark back" if where else ""
        raise UsageError(f"{where}points is {text!r}, expected a number{or_back}")
    return float(text.strip().replace(",", "."))
