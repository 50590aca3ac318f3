"""What judges do with one submission; the first argument is always what they hold."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from grader import report as reports
from grader.assignment.loading import Assignment
from grader.errors import GraderError
from grader.judging.barrier import Cut
from grader.judging.books import books_of
from grader.judging.grade import grade_within
from grader.judging.late import penalise
from grader.judging.several import alone, counted, left_open, settle
from grader.models import Cell, Execution, Isolation, Output, Report, Said, Submission
from grader.pipeline.nursery import Bench
from grader.report.selfcheck import SelfCheck, self_check
from rubric.schema import Rubric

_NOT_SHOWN = "The grader could not show this notebook; open the file that was handed in."

_T = TypeVar("_T")


class ReadableUpload(Protocol):
    """Something to grade, read only when its turn comes; see `grader.intake.Entry`. It must pickle."""

    @property
    def id(self) -> str: ...
    def read(self) -> Submission: ...
    def refused(self, problem: Said) -> Submission: ...


def warm(assignment: Assignment) -> None:
    """Make once what every judge of an assignment holds."""
    rehearse(assignment, assignment.rubric)


def rehearse(assignment: Assignment, rubric: Rubric) -> None:
    """Judge and show a notebook that nobody handed in: what that loads and keeps, no judge has to.

    rubric: with the words of the pages. What fails here fails for a student as well, and is told there.
    """
    books_of(assignment)
    nobody, ran = rehearsal()
    report = grade_within(nobody, [ran] * len(assignment.rubric.worlds), assignment).report
    with contextlib.suppress(Exception):
        reports.pages(report, nobody, rubric, ran)


def rehearsal() -> tuple[Submission, Execution]:
    """A notebook that nobody handed in, and its run in any world."""
    cells = (
        Cell(index=0, kind="markdown", source="# A *title*\n\n1. a `word`, $x$"),
        Cell(index=1, kind="code", source="for word in ['done']:  # a comment\n    print(f'{word}')"),
    )
    said = Output(cell=1, index=0, kind="stdout", text="done")
    ran = Execution(status="ok", outputs=(said,), isolation=Isolation(tier="not run"))
    return Submission(id="nobody", path="", sha256="", cells=cells), ran


def read(bench: Bench, upload: ReadableUpload) -> Submission:
    """The submission, from its upload."""
    return upload.read()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A report. counted: what of the submission counts; shown: its run in the handout's world.

    traces: of what failed in our code; those checks wait for a person.
    """

    report: Report
    counted: Submission
    shown: Execution | None
    traces: tuple[str, ...] = ()


def judge(
    bench: Bench, cut: Cut, submission: Submission, executions: Sequence[Sequence[Execution]]
) -> Verdict:
    """The report, its lateness included. executions: notebook → one for each world."""
    rubric = bench.assignment.rubric
    chosen, ran, opened, traces = _choose(bench, cut, submission, executions)
    graded = grade_within(chosen, ran, bench.assignment, cut, bench.mark.note)
    report = left_open(penalise(graded.report, rubric), opened)
    return Verdict(report, chosen, ran[0] if ran else None, (*traces, *graded.traces))


def _choose(
    bench: Bench, cut: Cut, submission: Submission, executions: Sequence[Sequence[Execution]]
) -> tuple[Submission, Sequence[Execution], Mapping[str, Said], tuple[str, ...]]:
    """Which notebooks count, what of them is open and why; the first where nothing is judged."""
    if len(executions) < 2 or not cut.judged:
        return submission, executions[0] if executions else (), {}, ()
    bench.mark.note("judging")
    graded = [
        grade_within(one, ran, bench.assignment, cut)
        for one, ran in zip(alone(submission), executions, strict=True)
    ]
    settled = settle(submission, [g.report for g in graded], bench.assignment.rubric)
    made, ran = counted(submission, executions, settled)
    return made, ran, settled.said, tuple(t for g in graded for t in g.traces)


def check(bench: Bench, submission: Submission, executions: Sequence[Execution]) -> SelfCheck:
    """What a student may know before the deadline. executions: one a world, then the first world again."""
    *worlds, again = executions
    return self_check(submission, worlds, again, bench.assignment)


def typeset(
    bench: Bench, cut: Cut, report: Report, submission: Submission, execution: Execution | None
) -> Typeset:
    """All that is written for one submission, report.json included."""
    bench.mark.note("showing")
    rubric = bench.assignment.rubric

    def pages(shown: ToTypeset) -> dict[str, str]:
        return reports.pages(shown.report, shown.submission, rubric, shown.execution)

    made, traces = as_far_as_can_be(pages, cut, ToTypeset(report, submission, execution))
    return Typeset(made, traces)


@dataclass(frozen=True, slots=True)
class Typeset:
    """pages: file name → text. traces: of what failed in our code; less is shown then."""

    pages: dict[str, str]
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToTypeset:
    """What is to be shown of a submission. execution: in the handout's world; None where it did not run."""

    report: Report
    submission: Submission
    execution: Execution | None


def as_far_as_can_be(
    show: Callable[[ToTypeset], _T], cut: Cut, whole: ToTypeset
) -> tuple[_T, tuple[str, ...]]:
    """`show` of all, or of less where our code fails on that; and the tracebacks of these failures.

    Raises what `grader.errors` has, and the last failure where nothing can be shown at all.
    """
    bare = _bare(whole)
    steps = [bare, _without_evidence(bare)]
    traces: list[str] = []
    for shown in [whole, *steps] if cut.shown else steps:
        try:
            return show(shown), tuple(traces)
        except (GraderError, MemoryError):
            raise
        except Exception as error:
            traces.append("".join(traceback.format_exception(error)))
            if shown is steps[-1]:
                raise
    raise AssertionError("the last step shows or raises")


def _bare(shown: ToTypeset) -> ToTypeset:
    """Nothing of the notebook."""
    cells = (Cell(index=0, kind="markdown", source=_NOT_SHOWN),)
    return ToTypeset(shown.report, shown.submission.model_copy(update={"cells": cells}), None)


def _without_evidence(shown: ToTypeset) -> ToTypeset:
    """Nothing that the notebook printed either."""
    questions = tuple(
        q.model_copy(update={"checks": tuple(c.model_copy(update={"evidence": None}) for c in q.checks)})
        for q in shown.report.questions
    )
    return replace(shown, report=shown.report.model_copy(update={"questions": questions}))
