"""One submission's report → its files on disk, the same way for a run and for a rescore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader import report as reports
from grader.assignment.loading import Assignment
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Execution, Report, Submission


def deliver(
    report: Report,
    submission: Submission,
    execution: Execution | None,
    assignment: Assignment,
    by_hand: Mapping[str, Mark],
    folder: Path,
) -> None:
    """Write the report's files, the readable ones with the marks given by hand. Raises `StorageError`.

    execution: in the handout's world, None where there was none.
    """
    rubric = assignment.rubric
    clear_torn(folder)
    ran = None if report.execution.status == "unreadable" else execution
    reports.write(report, submission, rubric, folder, ran)
    marked = marks.apply(report, by_hand, rubric)
    if marked is not report:
        reports.rewrite(marked, rubric, folder)


def clear_torn(folder: Path) -> None:
    """Delete what a killed run was writing beside the files it never replaced. Hold the lock first."""
    for pattern in (".report.*", ".executed.ipynb.*"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
