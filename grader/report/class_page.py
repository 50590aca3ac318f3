"""The class as one HTML file for the assistants, in English."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from grader.models import Report, VerdictName
from grader.report.html import page
from grader.report.statistics import ClassStatistics, Misconception, statistics
from grader.report.table import decided, ordered
from grader.report.text import one_line
from grader.report.words import EN, MARKS, points
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row is about. The alias says nothing of the name or its place in the alphabet."""

    alias: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """One submission in the table. groups: what the filter knows it by."""

    person: Person
    find: str
    groups: str
    report: Report
    totals: tuple[float | None, ...]
    verdicts: tuple[VerdictName | None, ...]
    flags: tuple[str, ...]


def to_index(reports: Sequence[Report], rubric: Rubric) -> str:
    """Figures, misconceptions, what waits for a person, failures, and a table to sort and filter.

    Links lead to `<submission id>/report.html` beside the page.
    """
    reports = ordered(reports)
    figures = statistics(reports, rubric)
    known = people(reports)
    groups = _groups(reports, figures)
    questions = [q.id for q in rubric.questions]
    checks = [c.id for c in rubric.checks()]
    rows = []
    for report in reports:
        totals = {q.id: decided(q) for q in report.questions}
        verdicts = {c.id: c.verdict for q in report.questions for c in q.checks}
        person = known[report.submission.id]
        rows.append(
            Row(
                person=person,
                find=_find(report, person),
                groups=" ".join(name for name, members in groups.items() if report.submission.id in members),
                report=report,
                totals=tuple(totals.get(name) for name in questions),
                verdicts=tuple(verdicts.get(name) if report.score is not None else None for name in checks),
                flags=tuple(dict.fromkeys(one_line(flag.id, 40) for flag in report.flags)),
            )
        )
    return page(
        "class.html",
        ("style.css", "class.css"),
        "class.js",
        rubric=rubric,
        figures=figures,
        people=known,
        rows=rows,
        filters=_filters(figures, groups),
        checks=list(rubric.checks()),
        marks=MARKS,
        verdicts=EN.verdicts,
        statuses=EN.statuses,
        points=points,
        line=one_line,
        broken=sum(len(f.reports) for f in figures.failures),
    )


def people(reports: Sequence[Report]) -> dict[str, Person]:
    """Name and alias of each student, by submission id; links as from the class page."""
    shuffled = sorted(
        reports, key=lambda r: hashlib.sha256(r.submission.id.encode(errors="replace")).digest()
    )
    numbers = {r.submission.id: n for n, r in enumerate(shuffled, 1)}
    width = max(2, len(str(len(reports))))
    return {
        r.submission.id: Person(
            alias=f"Student {numbers[r.submission.id]:0{width}}",
            name=one_line(r.submission.student.name or r.submission.id, 60),
            href=quote(r.submission.id, safe="", errors="replace") + "/report.html",
        )
        for r in reports
    }


def _find(report: Report, person: Person) -> str:
    student = report.submission.student
    parts = [person.name, report.submission.id, student.id, student.group]
    return one_line(" ".join(part for part in parts if part), 400).lower()


def _groups(reports: Sequence[Report], figures: ClassStatistics) -> dict[str, frozenset[str]]:
    def those(found: Sequence[Report]) -> frozenset[str]:
        return frozenset(r.submission.id for r in found)

    return {
        "review": those([r for r in reports if r.needs_review]),
        "ungraded": those([r for r in reports if r.score is None]),
        "failed": those([r for f in figures.failures for r in f.reports]),
        "crashed": those(figures.crashed),
        "flagged": those([r for r in reports if r.flags]),
        "below": frozenset(figures.below_advice),
        **{f"m{n}": frozenset(m.submissions) for n, m in enumerate(figures.misconceptions)},
    }


def _filters(figures: ClassStatistics, groups: dict[str, frozenset[str]]) -> list[tuple[str, str, int]]:
    """(group, what the menu calls it, how many)."""
    titles = {
        "review": "waits for a person",
        "ungraded": "not graded",
        "failed": "did not run to its end",
        "crashed": "a cell raised an error",
        "flagged": "flagged",
        "below": "below the advised participation",
        **{f"m{n}": f"mistake: {_short(m)}" for n, m in enumerate(figures.misconceptions)},
    }
    return [(name, titles[name], len(members)) for name, members in groups.items() if members]


def _short(mistake: Misconception) -> str:
    return " + ".join(mistake.ids)
