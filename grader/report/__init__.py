"""Report → files and text. JSON is the contract; everything else is rendered from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.errors import StorageError
from grader.folder.files import write_text
from grader.lookalikes import table as alike
from grader.models import Cell, Execution, Output, Report, Submission
from grader.report.class_page import people, to_index
from grader.report.markdown import to_markdown
from grader.report.notebook import from_ipynb, kept_outputs, to_ipynb
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
    "pages",
    "people",
    "read_notebook",
    "rewrite",
    "show",
    "to_csv",
    "to_html",
    "to_index",
    "to_json",
    "to_markdown",
    "write",
    "write_class",
]


NOTEBOOK = "executed.ipynb"


def pages(
    report: Report, submission: Submission, rubric: Rubric, execution: Execution | None = None
) -> dict[str, str]:
    """File name → text of all that is written for one submission; report.json comes last.

    execution: the run in the handout's world, to be shown with its outputs; None where there was none.
    """
    outputs = None if execution is None else kept_outputs(execution)
    return {
        "report.html": to_html(report, submission, rubric, outputs),
        "report.md": to_markdown(report, submission, rubric),
        NOTEBOOK: to_ipynb(submission.cells, outputs),
        "report.json": to_json(report),
    }


def write(
    report: Report,
    submission: Submission,
    rubric: Rubric,
    folder: Path,
    execution: Execution | None = None,
) -> None:
    """Write `pages` into `folder`, each whole or not at all.

    Where report.json exists, the rest does too. Not forced to the disk, see `grader.folder.files.settle`.

    Raises:
        StorageError: a file can't be written.
    """
    for name, text in pages(report, submission, rubric, execution).items():
        write_text(folder / name, text, durable=False)


def rewrite(report: Report, rubric: Rubric, folder: Path) -> None:
    """Typeset report.html and report.md again, for a report that a person has changed since.

    The notebook comes from the executed.ipynb that `write` left. report.json stays as it is.

    Raises:
        StorageError: executed.ipynb is missing or damaged, or a file can't be written.
    """
    cells, outputs = read_notebook(folder)
    sub = report.submission
    submission = Submission(id=sub.id, path=sub.path, sha256=sub.sha256, student=sub.student, cells=cells)
    write_text(folder / "report.html", to_html(report, submission, rubric, outputs), durable=False)
    write_text(folder / "report.md", to_markdown(report, submission, rubric), durable=False)


def read_notebook(folder: Path) -> tuple[tuple[Cell, ...], tuple[Output, ...] | None]:
    """The cells that `write` left in `folder`, and what they printed (None: they never ran).

    Raises:
        StorageError: executed.ipynb is missing or damaged.
    """
    path = folder / NOTEBOOK
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} can't be read; grade it again with --force") from error
    return from_ipynb(text, str(path))


def write_class(reports: Sequence[Report], rubric: Rubric, out: Path) -> None:
    """Write index.html and grades.csv into `out`, one row per report, by submission id.

    The page lists the look-alikes that `grader lookalikes` left in `out`.

    Raises:
        StorageError: a file can't be written.
    """
    write_text(out / "index.html", to_index(reports, rubric, alike.read(out)))
    write_text(out / "grades.csv", to_csv(reports, rubric))
