"""Moodle: the grading worksheet filled in, and the feedback zip (docs.moodle.org, "Offline grading").

The worksheet is the platform's own file, in any language: only the grade and the comment change.
A row is found by the id in its identifier, and only if the name agrees; a team's by its name. The zip is
read by Moodle as `<name without _>_<participant's id>_assignsubmission_file/…`, from the left
(mod/assign/feedback/file/importziplib.php), while a team's folder in an export has the id of the group
(mod/assign/classes/downloader.php): put back as it is, its feedback could reach a stranger of that id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from grader.errors import UsageError
from grader.handback.given import Handed, NotHanded, comment, number, safe_text, same_name
from grader.handback.table import Sheet, read
from grader.intake.worksheet import Columns, can_not_be_changed, columns, identifier
from grader.text import visible
from rubric.schema import Rubric

_FOLDER = re.compile(r"^.+_\d+_assignsubmission_file_?$")
_FLAT = re.compile(r"^(.+?_\d+_assignsubmission_file_).+$")
_MARKUP = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Filled:
    """The worksheet with the grades, who has no row there, and where everybody's feedback goes.

    prefixes: submission id → what its feedback's name in the zip begins with, and the page's folder, for each
    member of a team.
    """

    sheet: Sheet
    left: list[NotHanded]
    prefixes: Mapping[str, Sequence[tuple[str, Path]]]


def fill(path: Path, given: Sequence[Handed], rubric: Rubric, scale: bool) -> Filled:
    """The worksheet at `path` with the grades.

    scale: convert to the worksheet's maximum grade. Raises `UsageError` for a file that is no worksheet,
    or whose maximum is another than the rubric's.
    """
    sheet = read(path)
    columns = _columns(sheet)
    rows = sheet.rows[1:]
    by_id: dict[str, list[list[str]]] = {}
    for row in rows:
        if found := identifier(row[columns.identifier]):
            by_id.setdefault(found, []).append(row)
    left: list[NotHanded] = []
    taken: dict[int, str] = {}
    prefixes: dict[str, list[tuple[str, Path]]] = {}
    for handed in given:
        mine = _rows(handed, by_id, rows, columns)
        if not mine:
            left.append(NotHanded(handed.id, "no row of the worksheet has this id and name"))
        for row in mine:
            if id(row) in taken:
                raise UsageError(f"{path}: {taken[id(row)]} and {handed.id} would get the same row; mark one")
            taken[id(row)] = handed.id
            own = handed.of(identifier(row[columns.identifier]))
            prefixes.setdefault(handed.id, []).append((_prefix_of_row(handed, row, columns), own.folder))
            if columns.locked is not None and can_not_be_changed(row[columns.locked]):
                left.append(NotHanded(handed.id, "the worksheet says that the grade can't be changed"))
                continue
            if own.grade is not None:
                row[columns.grade] = _grade(own, row, columns, path, scale)
            if columns.comment is not None:
                row[columns.comment] = _markup(safe_text(comment(own.report, rubric)))
        met = {identifier(row[columns.identifier]) for row in mine}
        strangers = [id for id in handed.members if mine and id not in met]
        left += [NotHanded(handed.id, f"its member {id} has no row of the worksheet") for id in strangers]
    return Filled(sheet, left, prefixes)


def feedback(given: Sequence[Handed], filled: Filled | None) -> Iterator[tuple[str, Path]]:
    """Names in the feedback zip, and the files: each in the folder, or with the prefix, of its upload.

    filled: the worksheet, which knows the members of teams; without it nobody does.
    """
    for handed in given:
        alone = [] if handed.student.id is None else [(_prefix(handed), handed.folder)]
        known = alone if filled is None else filled.prefixes.get(handed.id, ())
        for prefix, folder in known:
            if (page := folder / "report.html").is_file():
                yield prefix + "feedback.html", page


def _prefix_of_row(handed: Handed, row: Sequence[str], columns: Columns) -> str:
    found = identifier(row[columns.identifier])
    if found is None or found == handed.student.id:
        return _prefix(handed)
    return _named(_full_name(row, columns) or "Participant", found)


def _prefix(handed: Handed) -> str:
    for part in handed.report.submission.path.split("/")[:-1]:
        if _FOLDER.match(part):
            return f"{part}/"
    for part in handed.report.submission.path.split("/"):
        if found := _FLAT.match(part):
            return found[1]
    return _named(handed.student.name or "Participant", handed.student.id or "0")


def _named(name: str, id: str) -> str:
    clean = " ".join(re.sub(r"[_/\\]", " ", visible(name)).split())
    return f"{clean or 'Participant'}_{id}_assignsubmission_file/"


def _columns(sheet: Sheet) -> Columns:
    found = columns(sheet.rows)
    if found is not None and found.scaled:
        raise UsageError(
            f"{sheet.path}: the assignment is graded by the words of a scale, which points are not; set its "
            "grade type to Point and download the worksheet again"
        )
    if found is None or found.grade < 0:
        raise UsageError(
            f"{sheet.path} is no grading worksheet: expected the columns that Moodle writes, an identifier "
            "first, then names, and the grade in front of its maximum; download it again"
        )
    return found


def _rows(
    handed: Handed, by_id: Mapping[str, list[list[str]]], rows: Sequence[list[str]], columns: Columns
) -> list[list[str]]:
    name = handed.student.name
    found = by_id.get(handed.student.id or "", [])
    agreeing = [row for row in found if name is None or columns.name is None or _agrees(name, row, columns)]
    if agreeing or name is None or columns.group is None:
        return agreeing
    return [row for row in rows if row[columns.group].strip() and same_name(row[columns.group], name)]


def _agrees(name: str, row: Sequence[str], columns: Columns) -> bool:
    """Moodle puts the group in front of the name where an assignment has groups: `Group A-Ana Ruiz`."""
    full = _full_name(row, columns)
    return same_name(name, full) or (
        columns.group is not None and same_name(name, f"{row[columns.group]}{full}")
    )


def _full_name(row: Sequence[str], columns: Columns) -> str:
    """The name, without the markup in which Moodle wraps that of somebody who was suspended."""
    return unescape(_MARKUP.sub("", row[columns.name])).strip() if columns.name is not None else ""


def _markup(text: str) -> str:
    """Moodle keeps a comment from a worksheet as HTML (mod/assign/feedback/comments/locallib.php)."""
    return escape(text, quote=False).replace("\n", "<br>")


def _grade(handed: Handed, row: Sequence[str], columns: Columns, path: Path, scale: bool) -> str:
    given = row[columns.maximum].strip() if columns.maximum is not None else ""
    decimal = "," if "," in given else "."
    grade = handed.grade or 0.0
    try:
        most = float(given.replace(",", ".")) if given else handed.report.max_score
    except ValueError:
        most = handed.report.max_score
    if abs(most - handed.report.max_score) > 1e-9:
        if not scale:
            raise UsageError(
                f"{path}: the maximum grade is {given}, the rubric's {handed.report.max_score:g}; "
                "change one of them, or convert with --scale"
            )
        grade = grade * most / handed.report.max_score
    return number(grade, decimal)
