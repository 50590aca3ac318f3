"""An assignment's own solution, or the same printed otherwise, run and graded as a student's notebook is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from grader.assignment.asking import questions
from grader.assignment.given_files import beside
from grader.assignment.loading import Assignment
from grader.drafting.solve import Setting
from grader.errors import OperationError
from grader.execute import Job, Limits, Runner
from grader.judging.grade import grade
from grader.models import CheckResult, Execution, Submission


def settings_in(assignment: Assignment) -> list[Setting]:
    """The worlds as students' kernels get them."""
    rubric = assignment.rubric
    return [
        Setting(w.name, assignment.prelude_for(w), assignment.files_for(w), questions(rubric, w))
        for w in rubric.worlds
    ]


async def graded(
    submission: Submission,
    settings: Sequence[Setting],
    assignment: Assignment,
    runner: Runner,
    limits: Limits,
) -> Iterator[CheckResult]:
    """What is decided of every check. Raises `OperationError` where it could not be run."""
    return judged(submission, await runs_of(submission, settings, runner, limits), assignment)


async def runs_of(
    submission: Submission, settings: Sequence[Setting], runner: Runner, limits: Limits
) -> Sequence[Execution]:
    """The notebook in every world. Raises `OperationError` where it could not be run."""
    jobs = [Job(submission.cells, beside((), s.files), s.prelude, limits, after=s.after) for s in settings]
    runs = await asyncio.gather(*(runner.run(job) for job in jobs))
    broken = next((r for r in runs if r.status == "sandbox_error"), None)
    if broken is not None:
        raise OperationError(f"the solution could not be run: {broken.message}; see grader doctor")
    return runs


def judged(
    submission: Submission, runs: Sequence[Execution], assignment: Assignment
) -> Iterator[CheckResult]:
    """What is decided of every check."""
    report = grade(submission, runs, assignment)
    return (check for question in report.questions for check in question.checks)
