"""Canvas: a gradebook CSV to import (Canvas Instructor Guide, "How do I import grades in the Gradebook?").

Students are found by their Canvas user id, in the column ID. With the gradebook exported from Canvas its
rows and columns are kept, and one column is filled or added; an unknown title makes a new assignment. What
the importer accepts (canvas-lms, lib/gradebook_importer.rb): `Student, ID, …` or, where a course shows them
apart, `LastName, FirstName, ID, …`; commas or semicolons; a comma as the decimal mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.handback.given import Handed, NotHanded, by_platform_id, number
from grader.handback.table import read
from grader.text import spreadsheet
from rubric.schema import Rubric

_FIXED = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POINTS = "    Points Possible"
_SETTLED = frozenset({"EX", "N/A"})
"""excused, and not assigned to this student: a grade would undo the one, and is ignored with the other"""
_ID = frozenset({"id"})
_HEADS = (["student", "id"], ["lastname", "firstname", "id"])


def gradebook(
    given: Sequence[Handed], rubric: Rubric, title: str | None, exported: Path | None
) -> tuple[bytes, list[NotHanded]]:
    """The CSV to import, and who is not in it.

    title: the assignment's column, `Title` or `Title (id)`. exported: the gradebook from Canvas.
    Raises `UsageError`.
    """
    if exported is not None:
        return _fill(given, rubric, title or rubric.title, exported)
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\r\n")
    table.writerow([*_FIXED, title or rubric.title])
    table.writerow([_POINTS, "", "", "", "", number(rubric.points)])
    left = []
    for handed in given:
        if handed.student.id is None:
            left.append(NotHanded(handed.id, "its Canvas user id is not known"))
        elif handed.grade is not None:
            name = spreadsheet(handed.student.name or handed.id)
            table.writerow([name, spreadsheet(handed.student.id), "", "", "", number(handed.grade)])
    return buffer.getvalue().encode(), left


def _fill(
    given: Sequence[Handed], rubric: Rubric, title: str, exported: Path
) -> tuple[bytes, list[NotHanded]]:
    sheet = read(exported)
    ids = sheet.column(_ID)
    names = [cell.strip().casefold() for cell in sheet.header]
    if ids is None or not any(names[: len(head)] == head for head in _HEADS):
        raise UsageError(f"{exported} is no gradebook of Canvas: expected the columns Student and ID")
    at = _column(sheet.header, title, exported)
    if at == len(sheet.header):
        for row in sheet.rows:
            row.append("")
        sheet.header[at] = title
    found = by_platform_id(given)
    seen = set()
    left = []
    for row in sheet.rows[1:]:
        if row[0].strip() == _POINTS.strip():
            most = row[at].strip()
            if most and _points(most) != rubric.points:
                raise UsageError(f"{exported}: {title} has {most} points, the rubric {rubric.points:g}")
            row[at] = number(rubric.points)
            continue
        handed = found.get(row[ids].strip())
        if handed is None:
            continue
        seen.add(handed.id)
        if (stands := row[at].strip()).upper() in _SETTLED:
            left.append(NotHanded(handed.id, f"the gradebook has {stands} for it, which was left as it is"))
        elif handed.grade is not None:
            row[at] = number(handed.grade)
    left += [NotHanded(h.id, "no row of the gradebook has its id") for h in given if h.id not in seen]
    return sheet.to_bytes(), left


def _points(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:  # "(read only)", under a total that Canvas computes itself
        return None


def _column(header: Sequence[str], title: str, exported: Path) -> int:
    """The column of the assignment, with or without its id in parentheses; a new one behind the last."""
    wanted = title.strip().casefold()
    exact = [i for i, name in enumerate(header) if name.strip().casefold() == wanted]
    bare = [i for i, name in enumerate(header) if re.sub(r" \(\d+\)$", "", name.strip()).casefold() == wanted]
    found = exact or bare
    if len(found) > 1:
        raise UsageError(
            f"{exported} has {len(found)} columns {title!r}; name one with its id, --title 'Title (id)'"
        )
    return found[0] if found else len(header)
