"""Report → files and text. JSON is the contract; everything else is rendered from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.models import Report, Submission
from grader.report.class_page import to_index
from grader.report.files import write_text
from grader.report.markdown import to_markdown
from grader.report.serial import from_json, json_schema, to_json
from grader.report.show import show
from grader.report.student_page import to_html
from grader.report.table import class_lines, class_table, to_csv
from rubric.schema import Rubric

__all__ = [
    "class_lines",
    "class_table",
    "from_json",
    "json_schema",
    "show",
    "to_csv",
    "to_html",
    "to_index",
    "to_json",
    "to_markdown",
    "write",
    "write_class",
]


def write(report: Report, submission: Submission, rubric: Rubric, folder: Path) -> None:
    """Write report.html, report.md and report.json into `folder`, each whole or not at all.

    report.json comes last: where it exists, the rest does too.

    Raises:
        StorageError: a file can't be written.
    """
    write_text(folder / "report.html", to_html(report, submission, rubric))
    write_text(folder / "report.md", to_markdown(report, submission, rubric))
    write_text(folder / "report.json", to_json(report))


def write_class(reports: Sequence[Report], rubric: Rubric, out: Path) -> None:
    """Write index.html and grades.csv into `out`, one row per report, by submission id.

    Raises:
        StorageError: a file can't be written.
    """
    write_text(out / "index.html", to_index(reports, rubric))
    write_text(out / "grades.csv", to_csv(reports, rubric))
