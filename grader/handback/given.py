"""What is handed back to one student, and the words that go with the grade (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.models import Report, Student, Submission, SubmissionRef
from grader.report.view import StudentView, student_view
from grader.text import like_formula, one_line, visible
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class Handed:
    """One student's report with its marks, and the folder where its pages lie.

    grade: what the platform gets; None where there is nothing final to give. members: the same for those of a
    team, by id, whose mark is another.
    """

    report: Report
    folder: Path
    grade: float | None
    members: Mapping[str, Handed] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.report.submission.id

    @property
    def student(self) -> Student:
        return self.report.submission.student

    def of(self, id: str | None) -> Handed:
        """What goes back to one member of a team."""
        return self.members.get(id or "", self)


@dataclass(frozen=True, slots=True)
class NotHanded:
    """A student who gets nothing from this export, or no grade, and why."""

    id: str
    reason: str


def hand(report: Report, folder: Path, pending_too: bool) -> Handed:
    """pending_too: give the decided points also where others still wait for a person."""
    final = report.score is not None and (pending_too or report.pending == 0)
    return Handed(report, folder, report.score if final else None)


def not_final(given: Sequence[Handed]) -> list[NotHanded]:
    """Whose grade is left open, and why."""
    return [
        NotHanded(
            h.id,
            "not graded" if h.report.score is None else f"{h.report.pending:g} points wait for a person",
        )
        for h in given
        if h.grade is None
    ]


def view(report: Report, rubric: Rubric) -> StudentView:
    """What the student may read, in the rubric's language and with its disclosure."""
    sub = report.submission
    return student_view(report, Submission(id=sub.id, path=sub.path, sha256=sub.sha256), rubric)


def comment(report: Report, rubric: Rubric) -> str:
    """The report in a few lines, for a field that takes a comment."""
    seen = view(report, rubric)
    lines = [seen.headline, *seen.notes]
    lines += [f"{q.title}: {q.points}" for q in seen.questions]
    lines += [f"{', '.join(f.titles)}: {f.points}. {f.reason}" for f in seen.findings]
    lines += [f"{c.title}: {c.comment}" for q in seen.questions for c in q.checks if c.comment]
    return "\n".join(one_line(line, 600) for line in lines if line)


def safe_text(text: str) -> str:
    """A text cell of several lines that no spreadsheet takes for a formula."""
    shown = visible(text)
    return f"'{shown}" if like_formula(shown) else shown


def anonymous(report: Report, alias: str) -> Report:
    """The report without whose it is. What the student wrote (prints, labels) stays as it is."""
    name = re.sub(r"\W+", "_", alias)
    sub = SubmissionRef(
        id=name,
        path=f"{name}.ipynb",
        sha256="0" * 64,
        student=Student(name=alias),
        received_at=None,
    )
    flags = tuple(f.model_copy(update={"message": "", "said": None}) for f in report.flags)
    return report.model_copy(update={"submission": sub, "flags": flags})


def by_platform_id(given: Sequence[Handed]) -> Mapping[str, Handed]:
    """The platform's id → what goes back, for everybody whom an upload counts for."""
    found: dict[str, Handed] = {}
    for handed in given:
        for id in handed.student.members or ((handed.student.id,) if handed.student.id else ()):
            found[id] = handed.of(id)
    return found


def percent(report: Report, grade: float) -> float:
    """A grade as a share of the points, 0 to 1."""
    return grade / report.max_score if report.max_score else 0.0


def same_name(a: str, b: str) -> bool:
    """Platforms drop other characters of a name when they make a folder of it."""
    return _letters(a) == _letters(b)


def _letters(name: str) -> str:
    composed = unicodedata.normalize("NFKC", name)  # a Mac writes ü as u and two dots
    return "".join(c for c in composed.casefold() if c.isalnum())


def number(value: float, decimal: str = ".") -> str:
    """`87.5`, with at most two decimals and this decimal mark."""
    return f"{round(value, 2):g}".replace(".", decimal) if abs(value) < 1e6 else f"{value:.2f}"
