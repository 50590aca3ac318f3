"""What a class of reports says together (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from grader.models import CheckResult, Diagnosis, Flag, Report, Status, VerdictName
from rubric.schema import Rubric

BINS = 10
_BROKEN = ("timeout", "killed", "output_limit", "memory_limit", "unreadable", "sandbox_error")


@dataclass(frozen=True, slots=True)
class Bin:
    """Reports whose value lies in [low, high); the last bin holds its upper end too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class CheckRate:
    """How the class did on one check. counts: graded reports by verdict. total: graded reports."""

    id: str
    title: str
    question: str
    counts: dict[VerdictName, int]
    total: int

    @property
    def passed(self) -> float:
        """Share that passed, 0 to 1, of those decided; 0 where none is."""
        decided = self.total - self.counts["review"]
        return self.counts["pass"] / decided if decided else 0.0


@dataclass(frozen=True, slots=True)
class Misconception:
    """A diagnosed mistake, or a combination, with the submission ids that made it."""

    diagnosis: Diagnosis
    checks: tuple[str, ...]
    submissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One check that a person has to decide, for these submissions."""

    check: str
    title: str
    max_score: float
    submissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagGroup:
    """Submissions with one flag; the messages are in their order."""

    id: str
    entries: tuple[tuple[str, Flag], ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """Submissions whose run ended with one status, or that could not be graded after it."""

    status: Status
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """Figures of the class. Scores in points, times in seconds; None where nobody was graded."""

    count: int
    graded: int
    mean: float | None
    median: float | None
    needs_review: int
    pending: float
    scores: tuple[Bin, ...]
    checks: tuple[CheckRate, ...]
    misconceptions: tuple[Misconception, ...]
    waiting: tuple[Waiting, ...]
    failures: tuple[Failures, ...]
    crashed: tuple[Report, ...]
    flags: tuple[FlagGroup, ...]
    addressed: tuple[int, ...]
    below_advice: tuple[str, ...]
    time_median: float
    time_p95: float
    time_total: float
    times: tuple[Bin, ...]
    slowest: tuple[Report, ...]


def statistics(reports: Sequence[Report], rubric: Rubric) -> ClassStatistics:
    """The figures of these reports, graded ones only wherever marks are counted.

    addressed[n] is the number of graded submissions that addressed n questions.
    """
    graded = [r for r in reports if r.score is not None]
    scores = sorted(r.score for r in graded if r.score is not None)
    walls = sorted(r.execution.wall_s for r in reports)
    counts = [sum(q.addressed for q in r.questions) for r in graded]
    return ClassStatistics(
        count=len(reports),
        graded=len(graded),
        mean=sum(scores) / len(scores) if scores else None,
        median=_quantile(scores, 0.5) if scores else None,
        needs_review=sum(r.needs_review for r in reports),
        pending=sum(r.pending for r in graded),
        scores=_bins(scores, max((r.max_score for r in reports), default=rubric.points)),
        checks=tuple(_rates(graded, rubric)),
        misconceptions=tuple(_misconceptions(graded)),
        waiting=tuple(_waiting(graded, rubric)),
        failures=tuple(_failures(reports)),
        crashed=tuple(r for r in graded if r.execution.status == "error"),
        flags=tuple(_flags(reports)),
        addressed=tuple(counts.count(n) for n in range(len(rubric.questions) + 1)),
        below_advice=tuple(r.submission.id for r in graded if r.participation < rubric.participation),
        time_median=_quantile(walls, 0.5),
        time_p95=_quantile(walls, 0.95),
        time_total=sum(walls),
        times=_bins(walls, _ceiling(walls[-1] if walls else 1.0)),
        slowest=tuple(sorted(reports, key=lambda r: -r.execution.wall_s)[:5]),
    )


def _bins(values: Sequence[float], top: float) -> tuple[Bin, ...]:
    width = (top or 1.0) / BINS
    counts = [0] * BINS
    for value in values:
        counts[max(0, min(BINS - 1, int(value / width + 1e-9)))] += 1
    return tuple(Bin(i * width, (i + 1) * width, n) for i, n in enumerate(counts))


def _ceiling(value: float) -> float:
    """The next round number above: 1, 2 or 5 times a power of ten."""
    step = 0.1
    while True:
        for factor in (1, 2, 5):
            if value <= step * factor:
                return step * factor
        step *= 10


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The median between two middle values, else the nearest rank; 0 of nothing."""
    if not ordered:
        return 0.0
    if share == 0.5 and len(ordered) % 2 == 0:
        return (ordered[len(ordered) // 2 - 1] + ordered[len(ordered) // 2]) / 2
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _all_checks(reports: Iterable[Report]) -> Iterable[tuple[str, CheckResult]]:
    for report in reports:
        for question in report.questions:
            for check in question.checks:
                yield report.submission.id, check


def _rates(graded: Sequence[Report], rubric: Rubric) -> Iterable[CheckRate]:
    found: dict[str, list[VerdictName]] = {}
    for _, check in _all_checks(graded):
        found.setdefault(check.id, []).append(check.verdict)
    names: tuple[VerdictName, ...] = ("pass", "partial", "fail", "missing", "review")
    for question in rubric.questions:
        for asked in question.checks:
            verdicts = found.get(asked.id, [])
            counts = {name: verdicts.count(name) for name in names}
            yield CheckRate(asked.id, asked.title, question.title, counts, len(verdicts))


def _misconceptions(graded: Sequence[Report]) -> Iterable[Misconception]:
    """Most frequent first; one student counts once, however many checks show it."""
    groups: dict[tuple[str, ...], list[tuple[str, CheckResult]]] = {}
    for who, check in _all_checks(graded):
        if check.diagnosis is not None and check.verdict != "pass":
            groups.setdefault(check.diagnosis.ids, []).append((who, check))
    made = []
    for cases in groups.values():
        diagnosis = cases[0][1].diagnosis
        assert diagnosis is not None
        makers = tuple(dict.fromkeys(name for name, _ in cases))
        checks = tuple(dict.fromkeys(check.id for _, check in cases))
        made.append(Misconception(diagnosis, checks, makers))
    return sorted(made, key=lambda m: (-len(m.submissions), m.diagnosis.ids))


def _waiting(graded: Sequence[Report], rubric: Rubric) -> Iterable[Waiting]:
    """Rarest first: a single odd print is sooner settled than a text of the whole class."""
    groups: dict[str, list[tuple[str, CheckResult]]] = {}
    for who, check in _all_checks(graded):
        if check.score is None:
            groups.setdefault(check.id, []).append((who, check))
    made = [
        Waiting(name, cases[0][1].title, cases[0][1].max_score, tuple(who for who, _ in cases))
        for name, cases in groups.items()
    ]
    order = [c.id for c in rubric.checks()]
    return sorted(made, key=lambda w: (len(w.submissions), order.index(w.check) if w.check in order else 0))


def _failures(reports: Sequence[Report]) -> Iterable[Failures]:
    groups: dict[Status, list[Report]] = {}
    for report in reports:
        if report.execution.status in _BROKEN or report.score is None:
            groups.setdefault(report.execution.status, []).append(report)
    return [Failures(status, tuple(found)) for status, found in sorted(groups.items())]


def _flags(reports: Sequence[Report]) -> Iterable[FlagGroup]:
    groups: dict[str, list[tuple[str, Flag]]] = {}
    for report in reports:
        for flag in report.flags:
            groups.setdefault(flag.id, []).append((report.submission.id, flag))
    return [FlagGroup(name, tuple(entries)) for name, entries in sorted(groups.items())]
