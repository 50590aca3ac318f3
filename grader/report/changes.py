"""Two reports of one student: what changed in the marks, and why (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.models import CheckResult, Report


@dataclass(frozen=True, slots=True)
class CheckChange:
    """One check whose points or verdict changed. None: the check was not there."""

    id: str
    before: CheckResult | None
    after: CheckResult | None

    @property
    def text(self) -> str:
        """`dW1: fail 0 of 10 → pass 10 of 10 (Correct.)`"""
        why = self.after.message if self.after else "no such check any more"
        return f"{self.id}: {_check(self.before)} → {_check(self.after)}" + (f" ({why})" if why else "")


@dataclass(frozen=True, slots=True)
class Change:
    """One student whose marks changed. before or after None: only the other folder has a report."""

    id: str
    before: Report | None
    after: Report | None
    reasons: tuple[str, ...]
    checks: tuple[CheckChange, ...]

    @property
    def text(self) -> str:
        """`anna: 10 → 20 of 20: other rubric`"""
        most = self.after or self.before
        out_of = f" of {most.max_score:g}" if most else ""
        why = f": {', '.join(self.reasons)}" if self.reasons else ""
        return f"{self.id}: {_score(self.before)} → {_score(self.after)}{out_of}{why}"


def compare(id: str, before: Report | None, after: Report | None) -> Change | None:
    """The change between two reports of one submission; None when its marks are the same."""
    if before is None and after is None:
        return None
    checks = tuple(_checks(before, after))
    same = before is not None and after is not None and _marks(before) == _marks(after)
    if same and not checks:
        return None
    return Change(id, before, after, tuple(_reasons(before, after)), checks)


def _marks(report: Report) -> tuple[float | None, float, float]:
    return report.score, report.max_score, report.pending


def _checks(before: Report | None, after: Report | None) -> Iterator[CheckChange]:
    old, new = _by_id(before), _by_id(after)
    for name in dict.fromkeys((*new, *old)):
        a, b = old.get(name), new.get(name)
        if _decided(a) != _decided(b):
            yield CheckChange(name, a, b)


def _by_id(report: Report | None) -> dict[str, CheckResult]:
    return {c.id: c for q in report.questions for c in q.checks} if report else {}


def _decided(check: CheckResult | None) -> object:
    return check and (check.verdict, check.score, check.max_score)


def _reasons(before: Report | None, after: Report | None) -> Iterator[str]:
    if before is None or after is None:
        yield "no report before" if before is None else "no report after"
        return
    if before.submission.sha256 != after.submission.sha256:
        yield "another upload"
    if before.rubric.sha256 != after.rubric.sha256:
        versions = before.rubric.version, after.rubric.version
        told = f" ({versions[0]} → {versions[1]})" if versions[0] != versions[1] else ""
        yield f"another rubric{told}"
    if before.provenance.grader != after.provenance.grader:
        yield f"another grader ({before.provenance.grader} → {after.provenance.grader})"
    if before.execution.status != after.execution.status:
        yield f"the run ended with {after.execution.status}, before with {before.execution.status}"
    if _by_hand(before) != _by_hand(after):
        yield "marked by hand"
    if before.late != after.late:
        yield "lateness"


def _by_hand(report: Report) -> set[tuple[str, float | None, str]]:
    return {(c.id, c.score, c.message) for q in report.questions for c in q.checks if c.by_hand}


def _check(check: CheckResult | None) -> str:
    if check is None:
        return "none"
    if check.score is None:
        return f"{check.verdict}, {check.max_score:g} pending"
    return f"{check.verdict}, {check.score:g} of {check.max_score:g}"


def _score(report: Report | None) -> str:
    if report is None:
        return "none"
    if report.score is None:
        return "not graded"
    return f"{report.score:g}" + (f" (+{report.pending:g} pending)" if report.pending else "")
