"""What judges do with one submission; the first argument is always what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from grader import report as reports
from grader.assignment import Assignment
from grader.grading import Graded, books, grade_within
from grader.judging.barrier import Cut
from grader.late import penalise
from grader.models import Cell, Execution, Report, Submission
from grader.pipeline.nursery import Bench

_NOT_SHOWN = "This notebook could not be shown within the grader's limits."


class Upload(Protocol):
    """Something to grade, read only when its turn comes; see `grader.intake.Entry`. It must pickle."""

    @property
    def id(self) -> str: ...
    def read(self) -> Submission: ...
    def refused(self, problem: str) -> Submission: ...


def warm(assignment: Assignment) -> None:
    """Make once what every judge of an assignment holds."""
    books(assignment)


def read(bench: Bench, upload: Upload) -> Submission:
    """The submission, from its upload."""
    return upload.read()


def judge(bench: Bench, cut: Cut, submission: Submission, executions: Sequence[Execution]) -> Graded:
    """The report, its lateness included."""
    graded = grade_within(submission, executions, bench.assignment, cut, bench.mark.note)
    return Graded(penalise(graded.report, bench.assignment.rubric), graded.traces)


def typeset(
    bench: Bench, cut: Cut, report: Report, submission: Submission, execution: Execution | None
) -> dict[str, str]:
    """File name → text of all that is written for one submission, report.json included."""
    bench.mark.note("showing")
    if not cut.shown:
        submission, execution = bare(submission), None
    return reports.typeset(report, submission, bench.assignment.rubric, execution)


def bare(submission: Submission) -> Submission:
    """A submission of which nothing is shown."""
    return submission.model_copy(update={"cells": (Cell(index=0, kind="markdown", source=_NOT_SHOWN),)})
