"""The class as one HTML file for the assistants, in the rubric's language."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from grader.lookalikes.table import SIDE_BY_SIDE, TABLE, Alike
from grader.models import Report, Said, VerdictName
from grader.report.html import page
from grader.report.pictures import histogram
from grader.report.statistics import Bin, ClassStatistics, Misconception, statistics
from grader.report.table import decided, ordered
from grader.text import one_line
from grader.words.speech import ENGLISH, Speech, speech
from grader.words.terms import MARKS, statuses, verdicts
from rubric.schema import Rubric

_FILTERS = {
    "review": Said("waits for a person"),
    "ungraded": Said("not graded"),
    "failed": Said("did not run to its end"),
    "crashed": Said("a cell raised an error"),
    "flagged": Said("flagged"),
    "alike": Said("looks like another"),
    "below": Said("below the advised participation"),
}
_ROOM = 7  # characters below a column of ten
_PAIRS = 200  # listed on the page; the rest stands in the table


@dataclass(frozen=True, slots=True)
class RowPerson:
    """Who a row is about. The alias says nothing of the name or its place in the alphabet."""

    alias: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One submission in the table. groups: what the filter knows it by."""

    person: RowPerson
    find: str
    groups: str
    report: Report
    totals: tuple[float | None, ...]
    verdicts: tuple[VerdictName | None, ...]
    flags: tuple[str, ...]


def to_index(reports: Sequence[Report], rubric: Rubric, alike: Sequence[Alike] | None = None) -> str:
    """Figures, misconceptions, look-alikes, what waits, failures, and a table to sort and filter.

    alike: what `grader lookalikes` found; None where nobody has looked. Links lead to
    `<submission id>/report.html` and to the side-by-side page beside this one.
    """
    reports = ordered(reports)
    figures = statistics(reports, rubric)
    speak = speech(rubric.language)
    known = people(reports, speak)
    if alike is not None:
        alike = [a for a in alike if known.keys() >= set(a.submissions)]
    groups = _groups(reports, figures, alike or ())
    questions = [q.id for q in rubric.questions]
    checks = [c.id for c in rubric.checks()]
    rows = []
    for report in reports:
        totals = {q.id: decided(q) for q in report.questions}
        reached = {c.id: c.verdict for q in report.questions for c in q.checks}
        person = known[report.submission.id]
        rows.append(
            ClassRow(
                person=person,
                find=_find(report, person),
                groups=" ".join(name for name, members in groups.items() if report.submission.id in members),
                report=report,
                totals=tuple(totals.get(name) for name in questions),
                verdicts=tuple(reached.get(name) if report.score is not None else None for name in checks),
                flags=tuple(dict.fromkeys(one_line(flag.id, 40) for flag in report.flags)),
            )
        )
    return page(
        "class.html",
        ("style.css", "class.css"),
        "class.js",
        rubric=rubric,
        speak=speak,
        counted=speak.counted,
        figures=figures,
        scores=_picture(figures.scores, speak("Submissions by decided points"), speak),
        times=_times(figures.times, speak),
        people=known,
        rows=rows,
        alike=alike,
        pairs=_PAIRS,
        files={"page": SIDE_BY_SIDE, "table": TABLE},
        filters=_filters(figures, groups, speak),
        checks=list(rubric.checks()),
        marks=MARKS,
        verdicts=verdicts(speak),
        statuses=statuses(speak),
        points=speak.points,
        number=lambda value, digits: _number(value, digits, speak),
        line=one_line,
        broken=sum(len(f.reports) for f in figures.failures),
    )


def _times(bins: Sequence[Bin], speak: Speech) -> str:
    if bins[-1].high > 1:
        return _picture(bins, speak("Submissions by {unit} of running", unit=speak("seconds")), speak)
    short = [Bin(1000 * b.low, 1000 * b.high, b.count) for b in bins]
    return _picture(short, speak("Submissions by {unit} of running", unit=speak("milliseconds")), speak)


def _picture(bins: Sequence[Bin], label: str, speak: Speech) -> str:
    """A histogram with its numbers in words for those who can't see it."""
    width = bins[0].high - bins[0].low
    digits = next((d for d in range(3) if abs(round(width, d) - width) < 1e-6), 3)
    edges = [(_number(b.low, digits, speak), _number(b.high, digits, speak)) for b in bins]
    counts = [
        speak("{count} from {low} to {high}", count=b.count, low=low, high=high)
        for b, (low, high) in zip(bins, edges, strict=True)
        if b.count
    ]
    below = [f"{low}–{high}" for low, high in edges]
    if max(map(len, below)) > _ROOM:
        below = [f"≥ {low}" for low, _ in edges]
    return histogram(bins, below, f"{label}: {', '.join(counts)}")


def _number(value: float, digits: int, speak: Speech) -> str:
    return f"{value:.{digits}f}".replace(".", speak.decimal)


def people(reports: Sequence[Report], speak: Speech = ENGLISH) -> dict[str, RowPerson]:
    """Name and alias of each student, by submission id; links as from the class page."""
    shuffled = sorted(
        reports, key=lambda r: hashlib.sha256(r.submission.id.encode(errors="replace")).digest()
    )
    numbers = {r.submission.id: n for n, r in enumerate(shuffled, 1)}
    width = max(2, len(str(len(reports))))
    return {
        r.submission.id: RowPerson(
            alias=speak("Student {n}", n=f"{numbers[r.submission.id]:0{width}}"),
            name=one_line(r.submission.student.name or r.submission.id, 60),
            href=quote(r.submission.id, safe="", errors="replace") + "/report.html",
        )
        for r in reports
    }


def _find(report: Report, person: RowPerson) -> str:
    student = report.submission.student
    parts = [person.name, report.submission.id, student.id, student.group]
    return one_line(" ".join(part for part in parts if part), 400).lower()


def _groups(
    reports: Sequence[Report], figures: ClassStatistics, alike: Sequence[Alike]
) -> dict[str, frozenset[str]]:
    def those(found: Sequence[Report]) -> frozenset[str]:
        return frozenset(r.submission.id for r in found)

    return {
        "review": those([r for r in reports if r.needs_review]),
        "ungraded": those([r for r in reports if r.score is None]),
        "failed": those([r for f in figures.failures for r in f.reports]),
        "crashed": those(figures.crashed),
        "flagged": those([r for r in reports if r.flags]),
        "alike": frozenset(name for a in alike for name in a.submissions),
        "below": frozenset(figures.below_advice),
        **{f"m{n}": frozenset(m.submissions) for n, m in enumerate(figures.misconceptions)},
    }


def _filters(
    figures: ClassStatistics, groups: dict[str, frozenset[str]], speak: Speech
) -> list[tuple[str, str, int]]:
    """(group, what the menu calls it, how many)."""
    titles = {name: speak.of(title) for name, title in _FILTERS.items()}
    titles |= {
        f"m{n}": speak("mistake: {name}", name=_short(m)) for n, m in enumerate(figures.misconceptions)
    }
    return [(name, titles[name], len(members)) for name, members in groups.items() if members]


def _short(mistake: Misconception) -> str:
    return " + ".join(mistake.diagnosis.ids)
