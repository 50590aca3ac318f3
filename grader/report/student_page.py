"""A student's report as one HTML file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.models import Output, Report, Submission
from grader.report.html import page, python
from grader.report.typeset import typeset
from grader.report.view import QuestionView, keeps_back, student_view
from grader.text import one_line, visible
from grader.words.speech import Speech
from grader.words.terms import MARKS, VERDICTS, verdicts
from rubric.schema import Rubric

if TYPE_CHECKING:
    from markupsafe import Markup

_CELL = 8_000  # characters of one cell
_CELLS = 400
_SHOWN = 4_000  # characters of one output, answers beyond them apart
_LEAD = 200  # characters before such an answer
_TYPESET = 200_000  # characters of Markdown in all; a hostile cell of 8,000 takes a tenth of a second
_PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}")
_OBJECT = re.compile(r"<([^<>\n]{1,200})>")  # what Python says of an object that has no text


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A stretch of an output. check: the id of the check it answers; "" where it answers none."""

    text: str
    check: str = ""
    title: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """What one output said, with the prints that answer a check set apart.

    image: a PNG as base64, "" where the output shows none; alt: what it is, in words.
    """

    kind: str
    pieces: tuple[ShownPiece, ...]
    cut: bool
    image: Markup | str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class SourceCell:
    """A cell as handed in, and what it printed, cut to a length that keeps the page light.

    typeset: `source` is Markdown made HTML. left_out: tells of pictures that are not shown.
    """

    number: int
    code: bool
    source: Markup | str
    cut: bool
    outputs: tuple[ShownOutput, ...]
    typeset: bool = False
    left_out: str = ""


def to_html(
    report: Report, submission: Submission, rubric: Rubric, outputs: Sequence[Output] | None = None
) -> str:
    """The report as one page without scripts: what the Markdown says, matrices coloured by agreement.

    outputs: what the notebook printed in the handout's world, to be shown below its cells; None
    where that is not known.
    """
    view = student_view(report, submission, rubric)
    cells = tuple(_cells(report, submission, rubric, outputs or (), view.speak))
    return page(
        "student.html",
        ("style.css", "notebook.css"),
        view=view,
        speak=view.speak,
        around=view.speak.around,
        verdicts=verdicts(view.speak),
        marks=MARKS,
        bars={q.id: _bar(q) for q in view.questions},
        percent=_percent(report),
        score="" if report.score is None else view.speak.points(report.score),
        most=view.speak.points(report.max_score),
        cells=cells,
        ran=outputs is not None,
        linked={c.number for c in cells},
    )


def _cells(
    report: Report, submission: Submission, rubric: Rubric, outputs: Sequence[Output], speak: Speech
) -> Iterator[SourceCell]:
    answers = _answers(report, rubric, speak)
    by_cell: dict[int, list[Output]] = {}
    for output in outputs:
        by_cell.setdefault(output.cell, []).append(output)
    room = _TYPESET
    for cell in submission.cells[:_CELLS]:
        source = visible(cell.source[:_CELL]).strip("\n")
        printed = by_cell.get(cell.index, [])
        number = cell.index + 1
        words = None
        if cell.kind == "markdown" and len(source) <= room:
            room -= len(source)
            words = typeset(source)
        below, missing = _below(printed, answers, speak)
        yield SourceCell(
            number=number,
            code=cell.kind == "code",
            source=python(source) if cell.kind == "code" else source if words is None else words,
            cut=len(cell.source) > _CELL,
            outputs=below,
            typeset=words is not None,
            left_out=speak.counted(
                missing,
                "{n} picture of this cell is not shown here: it is too large, or no PNG.",
                "{n} pictures of this cell are not shown here: they are too many, too large, or no PNGs.",
            )
            if missing
            else "",
        )


Answer = tuple[int, int, ShownPiece]


def _below(
    printed: Sequence[Output], answers: Mapping[tuple[int, int], Sequence[Answer]], speak: Speech
) -> tuple[tuple[ShownOutput, ...], int]:
    """What stands below a cell, and how many of its pictures do not.

    Beside a picture, text that only names the object drawn is the picture's description.
    """
    from markupsafe import Markup

    below: list[ShownOutput] = []
    missing = pictures = 0
    for output in printed:
        shown = _shown(output, answers.get((output.cell, output.index), []))
        name = _OBJECT.fullmatch(output.text.strip())
        if name and output.image is not None:
            shown = replace(shown, pieces=tuple(p for p in shown.pieces if p.check))
        if _PNG.fullmatch(output.image or ""):
            pictures += 1
            called = speak("Picture {n} shown by cell {cell}", n=pictures, cell=output.cell + 1)
            alt = f"{called}: {one_line(name[1])}" if name else called
            # no student's text: _PNG has seen all of it, and a million characters need no escaping
            shown = replace(shown, image=Markup(output.image), alt=alt)
        else:
            missing += output.image is not None
        if shown.pieces or shown.image:
            below.append(shown)
    return tuple(below), missing


def _answers(report: Report, rubric: Rubric, speak: Speech) -> dict[tuple[int, int], list[Answer]]:
    """By cell and output: which stretch answers which check, where that is told."""
    found: dict[tuple[int, int], list[Answer]] = {}
    for question in report.questions:
        for check in question.checks:
            if check.evidence is not None and not keeps_back(check, rubric):
                title = f"{check.title}: {speak.of(VERDICTS[check.verdict])}"
                piece = ShownPiece("", check.id, title, check.verdict)
                place = (check.evidence.cell, check.evidence.output)
                found.setdefault(place, []).append((*check.evidence.span, piece))
    return found


def _shown(output: Output, answers: Sequence[Answer]) -> ShownOutput:
    """The beginning of an output, and every answer in it, however far down it stands."""
    text = output.text.rstrip()
    if not text:
        return ShownOutput(output.kind, (), False)
    pieces: list[ShownPiece] = []
    at = 0
    for start, end, piece in sorted(answers, key=lambda a: a[:2]):
        if at <= start < end <= len(text):
            pieces += [*_between(text, at, start), replace(piece, text=text[start:end])]
            at = end
    rest = text[at : max(at, _SHOWN)]
    pieces.append(ShownPiece(rest))
    return ShownOutput(output.kind, tuple(p for p in pieces if p.text), at + len(rest) < len(text))


def _between(text: str, at: int, start: int) -> tuple[ShownPiece, ...]:
    """What stands before an answer: all of it near the beginning, else its own line."""
    if start <= _SHOWN:
        return (ShownPiece(text[at:start]),)
    line = max(at, text.rfind("\n", at, start) + 1, start - _LEAD)
    head = text[at : max(at, _SHOWN)].rstrip()
    gap = "\n…\n" if line > at + len(head) else ""
    return ShownPiece(head), ShownPiece(gap), ShownPiece(text[line:start])


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
