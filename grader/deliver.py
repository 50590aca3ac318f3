"""One submission's executions → its report on disk, the same way for a run and for a rescore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grader import marks
from grader import report as reports
from grader.assignment import Assignment
from grader.grading import grade
from grader.late import penalise
from grader.marks import Mark
from grader.models import Execution, Report, Submission


def judge(
    submission: Submission, executions: Sequence[Execution], assignment: Assignment
) -> tuple[Report, Exception | None]:
    """The report, and the fault of ours that kept us from judging, if there was one.

    With a fault the report is that of a broken sandbox: no marks, and why.
    """
    try:
        return penalise(grade(submission, executions, assignment), assignment.rubric), None
    except Exception as error:
        why = " ".join(str(error).split())[:300] or "no message"
        message = f"the grader failed while judging: {type(error).__name__}: {why}"
        broken = [e.model_copy(update={"status": "sandbox_error", "message": message}) for e in executions]
        return grade(submission, broken, assignment), error


def deliver(
    report: Report,
    submission: Submission,
    executions: Sequence[Execution],
    assignment: Assignment,
    by_hand: Mapping[str, Mark],
    folder: Path,
) -> None:
    """Write the report's files, the readable ones with the marks given by hand. Raises `StorageError`."""
    rubric = assignment.rubric
    clear_torn(folder)
    ran = executions[0] if executions and report.execution.status != "unreadable" else None
    reports.write(report, submission, rubric, folder, ran)
    marked = marks.apply(report, by_hand, rubric)
    if marked is not report:
        reports.rewrite(marked, rubric, folder)


def clear_torn(folder: Path) -> None:
    """Delete what a killed run was writing beside the files it never replaced. Hold the lock first."""
    for pattern in (".report.*", ".executed.ipynb.*"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
