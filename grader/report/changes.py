"""Two reports of one student: what changed in the marks, and why (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grader.models import CheckResult, Report, Said, Value, verbatim
from grader.words.terms import STATUSES, VERDICTS


@dataclass(frozen=True, slots=True)
class CheckChange:
    """One check whose points or verdict changed. None: the check was not there."""

    id: str
    before: CheckResult | None
    after: CheckResult | None

    @property
    def said(self) -> Said:
        """`dW1: not correct, 0 of 10 → correct, 10 of 10 (Correct.)`"""
        values: dict[str, Value] = {
            "what": self.id,
            "before": _check(self.before),
            "after": _check(self.after),
        }
        why = Said("no such check any more")
        if self.after is not None:
            why = self.after.said or verbatim(self.after.message)
        return Said("{what}: {before} → {after} ({why})", {**values, "why": why})


@dataclass(frozen=True, slots=True)
class Change:
    """One student whose marks changed. before or after None: only the other folder has a report."""

    id: str
    before: Report | None
    after: Report | None
    reasons: tuple[Said, ...]
    checks: tuple[CheckChange, ...]

    @property
    def moves(self) -> bool:
        """Whether the marks of the whole are others, not those of single checks alone."""
        return self.before is None or self.after is None or _marks(self.before) != _marks(self.after)

    @property
    def by(self) -> float:
        """How many decided points it is more; less than 0 where it is less."""
        before, after = (r.score or 0.0 if r else 0.0 for r in (self.before, self.after))
        return round(after - before, 2)

    @property
    def said(self) -> Said:
        """`anna: 10 → 20 of 20`; the reasons stand beside it."""
        most = self.after or self.before
        values: dict[str, Value] = {
            "what": self.id,
            "before": _score(self.before),
            "after": _score(self.after),
        }
        return Said(
            "{what}: {before} → {after} of {most:g}", {**values, "most": most.max_score if most else 0}
        )

    @property
    def text(self) -> str:
        """`anna: 10 → 20 of 20: another rubric`"""
        return ": ".join([str(self.said), *([", ".join(map(str, self.reasons))] if self.reasons else [])])


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


def _reasons(before: Report | None, after: Report | None) -> Iterator[Said]:
    if before is None or after is None:
        yield Said("no report before") if before is None else Said("no report after")
        return
    if before.submission.sha256 != after.submission.sha256:
        yield Said("another upload")
    if before.rubric.sha256 != after.rubric.sha256:
        old, new = before.rubric.version, after.rubric.version
        versions: dict[str, Value] = {"old": old, "new": new}
        yield Said("another rubric ({old} → {new})", versions) if old != new else Said("another rubric")
    if before.provenance.grader != after.provenance.grader:
        yield Said(
            "another grader ({old} → {new})",
            {"old": before.provenance.grader, "new": after.provenance.grader},
        )
    if before.execution.status != after.execution.status:
        ended: dict[str, Value] = {
            "old": STATUSES[before.execution.status],
            "new": STATUSES[after.execution.status],
        }
        yield Said("how the run ended ({old} → {new})", ended)
    if _by_hand(before) != _by_hand(after):
        yield Said("marked by hand")
    if before.late != after.late:
        yield Said("lateness")


def _by_hand(report: Report) -> set[tuple[str, float | None, str]]:
    return {(c.id, c.score, c.message) for q in report.questions for c in q.checks if c.by_hand}


def _check(check: CheckResult | None) -> Said:
    if check is None:
        return Said("none")
    values: dict[str, Value] = {"verdict": VERDICTS[check.verdict], "most": check.max_score}
    if check.score is None:
        return Said("{verdict}, {most:g} pending", values)
    return Said("{verdict}, {score:g} of {most:g}", {**values, "score": check.score})


def _score(report: Report | None) -> Said:
    if report is None:
        return Said("none")
    if report.score is None:
        return Said("not graded")
    values = {"score": report.score, "pending": report.pending}
    return (
        Said("{score:g} (+{pending:g} pending)", values) if report.pending else verbatim(f"{report.score:g}")
    )
