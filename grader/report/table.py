"""The class as rows: grades.csv, a table for the terminal, plain lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.models import QuestionResult, Report, VerdictName
from grader.text import one_line, spreadsheet
from grader.words.speech import points
from grader.words.terms import MARKS
from rubric.schema import Rubric

if TYPE_CHECKING:
    from rich.table import Table

_STYLES: dict[VerdictName, str] = {
    "pass": "green",
    "partial": "yellow",
    "fail": "red",
    "missing": "red",
    "review": "magenta",
}


def ordered(reports: Sequence[Report]) -> list[Report]:
    """By submission id, so that a resumed run writes the same files."""
    return sorted(reports, key=lambda r: r.submission.id)


def decided(question: QuestionResult | None) -> float | None:
    """Points of a question as far as decided; None, not 0, where a person has all of it to decide."""
    if question is None or all(check.score is None for check in question.checks):
        return None
    return question.score


def to_csv(reports: Sequence[Report], rubric: Rubric) -> str:
    """One row per submission, UTF-8 without a byte-order mark, comma, lines ended by LF.

    Text is quoted and can't become a formula; numbers are bare, with a dot; a null score is an
    empty cell. Per question `<id>.total`, per check `<id>.points` and `<id>.verdict`. members: id and
    score of those in a team whose mark is another than the team's.

    No byte-order mark: a script that opens the file as UTF-8 would find it glued to the first
    column's name, while spreadsheets ask for encoding and separator when the file is imported
    (a German Excel needs that dialogue anyway, for the comma).
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    questions = [q.id for q in rubric.questions]
    checks = [c.id for c in rubric.checks()]
    writer.writerow(
        [
            *("id", "student_name", "student_id", "group", "attempt", "path", "received_at", "status"),
            *("score", "max_score", "pending", "needs_review", "participation"),
            *(f"{name}.total" for name in questions),
            *(column for name in checks for column in (f"{name}.points", f"{name}.verdict")),
            *("flags", "message", "isolation", "wall_s", "sha256", "members"),
        ]
    )
    for report in ordered(reports):
        writer.writerow(_row(report, questions, checks))
    return buffer.getvalue()


def class_table(reports: Sequence[Report], rubric: Rubric) -> Table:
    """The class for a terminal, one line a student: a mark per check, points, what waits for a person.

    Where the terminal is narrow, names and notes are cut; grades.csv and index.html have them whole.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    def cut(text: str) -> Text:
        return Text(text, no_wrap=True, overflow="ellipsis")

    table = Table(
        title=one_line(rubric.title),
        caption=_legend(),
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("submission")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("waits", justify="right", no_wrap=True)
    for question in rubric.questions:
        table.add_column(question.id, no_wrap=True)
    table.add_column("notes")
    for report in ordered(reports):
        by_id = {q.id: q for q in report.questions}
        marks = []
        for question in rubric.questions:
            shown = Text()
            found = by_id.get(question.id)
            for check in found.checks if found and report.score is not None else ():
                shown.append(MARKS[check.verdict], style=_STYLES[check.verdict])
            marks.append(shown)
        table.add_row(
            cut(one_line(report.submission.id, 60)),
            Text(_short(report.score), style="bold" if report.score is not None else "bold red"),
            Text(points(report.pending) if report.pending and report.score is not None else ""),
            *marks,
            cut(_notes(report)),
        )
    return table


def class_lines(reports: Sequence[Report]) -> list[str]:
    """The class as plain lines, for pipes and logs."""
    from rich.cells import cell_len  # Chinese letters are two columns wide

    width = max((cell_len(one_line(r.submission.id, 60)) for r in reports), default=0)
    lines = []
    for report in ordered(reports):
        name = one_line(report.submission.id, 60)
        line = name + " " * (width - cell_len(name) + 2)
        if report.score is None:
            line += "not graded"
        else:
            line += f"{points(report.score)} of {points(report.max_score)}"
            if report.pending:
                line += f", {points(report.pending)} pending"
        notes = _notes(report)
        lines.append(f"{line}  {notes}".rstrip())
    return lines


def _row(report: Report, questions: Sequence[str], checks: Sequence[str]) -> list[str | float | int | None]:
    totals = {q.id: decided(q) for q in report.questions}
    results = {c.id: c for q in report.questions for c in q.checks}
    student = report.submission.student
    received = report.submission.received_at
    cells: list[str | float | int | None] = [
        spreadsheet(report.submission.id),
        spreadsheet(student.name or ""),
        spreadsheet(student.id or ""),
        spreadsheet(student.group or ""),
        student.attempt,
        spreadsheet(report.submission.path),
        received.isoformat() if received else "",
        report.execution.status,
        _value(report.score),
        _value(report.max_score),
        _value(report.pending),
        "true" if report.needs_review else "false",
        _value(report.participation),
        *(_value(totals.get(name)) for name in questions),
    ]
    for name in checks:
        result = results.get(name)
        cells += [_value(result.score) if result else None, result.verdict if result else ""]
    return [
        *cells,
        spreadsheet("; ".join(dict.fromkeys(flag.id for flag in report.flags))),
        spreadsheet(report.execution.message),
        spreadsheet(report.execution.isolation.tier),
        _value(report.execution.wall_s),
        report.submission.sha256,
        spreadsheet("; ".join(f"{id}: {points(score)}" for id, score in report.of_members)),
    ]


def _value(number: float | None) -> float | int | None:
    if number is None:
        return None
    rounded = round(number, 4)
    return int(rounded) if rounded.is_integer() else rounded


def _short(score: float | None) -> str:
    return "–" if score is None else points(score)


def _notes(report: Report) -> str:
    notes: list[str] = [] if report.execution.status == "ok" else [report.execution.status]
    notes += [one_line(flag.id, 40) for flag in report.flags]
    return ", ".join(dict.fromkeys(notes))


def _legend() -> str:
    names = {
        "pass": "correct",
        "partial": "partly",
        "fail": "wrong",
        "missing": "missing",
        "review": "a person decides",
    }
    return "  ".join(f"{mark} {names[verdict]}" for verdict, mark in MARKS.items())
