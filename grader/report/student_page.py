"""A student's report as one HTML file."""

from __future__ import annotations

from dataclasses import dataclass

from grader.models import Report, Submission
from grader.report.html import page
from grader.report.text import visible
from grader.report.view import QuestionView, student_view
from grader.report.words import MARKS, points
from rubric.schema import Rubric

_CELL = 8_000  # characters of one cell
_CELLS = 400


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell as handed in, cut to a length that keeps the page light."""

    number: int
    code: bool
    source: str
    cut: bool


def to_html(report: Report, submission: Submission, rubric: Rubric) -> str:
    """The report as one page without scripts: what the Markdown says, matrices coloured by agreement."""
    view = student_view(report, submission, rubric)
    cells = [
        SourceCell(
            c.index + 1, c.kind == "code", visible(c.source[:_CELL]).strip("\n"), len(c.source) > _CELL
        )
        for c in submission.cells[:_CELLS]
    ]
    return page(
        "student.html",
        ("style.css",),
        view=view,
        words=view.words,
        marks=MARKS,
        bars={q.id: _bar(q) for q in view.questions},
        percent=_percent(report),
        score="" if report.score is None else points(report.score, view.words),
        most=points(report.max_score, view.words),
        cells=cells,
        linked={c.number for c in cells},
    )


def _bar(question: QuestionView) -> tuple[float, float]:
    """Widths of the earned and of the waiting part, in percent."""
    if not question.max_score:
        return 0.0, 0.0
    earned = max(0.0, min(1.0, question.earned / question.max_score))
    waiting = min(1.0 - earned, question.waiting / question.max_score)
    return round(100 * earned, 2), round(100 * waiting, 2)


def _percent(report: Report) -> tuple[float, float]:
    if report.score is None or not report.max_score:
        return 0.0, 0.0
    earned = max(0.0, min(1.0, report.score / report.max_score))
    return round(100 * earned, 2), round(100 * min(1.0 - earned, report.pending / report.max_score), 2)
