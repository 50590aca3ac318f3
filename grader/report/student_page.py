"""A student's report as one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.models import Output, Report, Submission
from grader.report.html import page, python
from grader.report.text import visible
from grader.report.view import QuestionView, student_view
from grader.report.words import MARKS, Words, points
from rubric.schema import Rubric

if TYPE_CHECKING:
    from markupsafe import Markup

_CELL = 8_000  # characters of one cell
_CELLS = 400
_SHOWN = 4_000  # characters of one output, answers beyond them apart
_LEAD = 200  # characters before such an answer


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an output. check: the id of the check it answers; "" where it answers none."""

    text: str
    check: str = ""
    title: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """What one output said, with the prints that answer a check set apart."""

    kind: str
    pieces: tuple[Piece, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell as handed in, and what it printed, cut to a length that keeps the page light."""

    number: int
    code: bool
    source: Markup | str
    cut: bool
    outputs: tuple[ShownOutput, ...]


def to_html(
    report: Report, submission: Submission, rubric: Rubric, outputs: Sequence[Output] | None = None
) -> str:
    """The report as one page without scripts: what the Markdown says, matrices coloured by agreement.

    outputs: what the notebook printed in the handout's world, to be shown below its cells; None
    where that is not known.
    """
    view = student_view(report, submission, rubric)
    cells = tuple(_cells(report, submission, outputs or (), view.words))
    return page(
        "student.html",
        ("style.css", "notebook.css"),
        view=view,
        words=view.words,
        marks=MARKS,
        bars={q.id: _bar(q) for q in view.questions},
        percent=_percent(report),
        score="" if report.score is None else points(report.score, view.words),
        most=points(report.max_score, view.words),
        cells=cells,
        ran=outputs is not None,
        linked={c.number for c in cells},
    )


def _cells(
    report: Report, submission: Submission, outputs: Sequence[Output], spoken: Words
) -> Iterator[SourceCell]:
    answers = _answers(report, spoken)
    by_cell: dict[int, list[Output]] = {}
    for output in outputs:
        by_cell.setdefault(output.cell, []).append(output)
    for cell in submission.cells[:_CELLS]:
        source = visible(cell.source[:_CELL]).strip("\n")
        printed = by_cell.get(cell.index, [])
        yield SourceCell(
            number=cell.index + 1,
            code=cell.kind == "code",
            source=python(source) if cell.kind == "code" else source,
            cut=len(cell.source) > _CELL,
            outputs=tuple(_shown(o, answers.get((o.cell, o.index), [])) for o in printed if o.text.strip()),
        )


Answer = tuple[int, int, Piece]


def _answers(report: Report, spoken: Words) -> dict[tuple[int, int], list[Answer]]:
    """By cell and output: which stretch answers which check."""
    found: dict[tuple[int, int], list[Answer]] = {}
    for question in report.questions:
        for check in question.checks:
            if check.evidence is not None:
                title = f"{check.title}: {spoken.verdicts[check.verdict]}"
                piece = Piece("", check.id, title, check.verdict)
                place = (check.evidence.cell, check.evidence.output)
                found.setdefault(place, []).append((*check.evidence.span, piece))
    return found


def _shown(output: Output, answers: Sequence[Answer]) -> ShownOutput:
    """The beginning of an output, and every answer in it, however far down it stands."""
    text = output.text.rstrip()
    pieces: list[Piece] = []
    at = 0
    for start, end, piece in sorted(answers, key=lambda a: a[:2]):
        if at <= start < end <= len(text):
            pieces += [*_between(text, at, start), replace(piece, text=text[start:end])]
            at = end
    rest = text[at : max(at, _SHOWN)]
    pieces.append(Piece(rest))
    return ShownOutput(output.kind, tuple(p for p in pieces if p.text), at + len(rest) < len(text))


def _between(text: str, at: int, start: int) -> tuple[Piece, ...]:
    """What stands before an answer: all of it near the beginning, else its own line."""
    if start <= _SHOWN:
        return (Piece(text[at:start]),)
    line = max(at, text.rfind("\n", at, start) + 1, start - _LEAD)
    head = text[at : max(at, _SHOWN)].rstrip()
    gap = "\n…\n" if line > at + len(head) else ""
    return Piece(head), Piece(gap), Piece(text[line:start])


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
