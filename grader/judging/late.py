"""Lateness: what the rubric takes off an upload that came after its due date (pure)."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from grader.models import Flag, Late, Report, Said, counted
from rubric.schema import Rubric

FLAG = "late"
_DAY = 86_400


def penalise(report: Report, rubric: Rubric) -> Report:
    """The report with its lateness, if it is late: `Report.late`, a flag, and the score without the penalty.

    The penalty is a share of what is decided, so it grows when a person decides the rest: call
    `totals` after such a change. A time of arrival without a zone is taken to be in that of the due date.
    """
    if rubric.rounding != report.rounding:
        report = totals(report.model_copy(update={"rounding": rubric.rounding}))
    due, received = _due(report, rubric), report.submission.received_at
    if due is None or received is None:
        return report
    if received.tzinfo is None:
        received = received.replace(tzinfo=due.tzinfo)
    seconds = (received - due).total_seconds()
    if seconds <= 0:
        return report
    days = math.ceil(seconds / _DAY)
    late = Late(due=due, days=days, share=min(1.0, days * rubric.late_penalty_per_day), points=0.0)
    return totals(report.model_copy(update={"late": late}))


def _due(report: Report, rubric: Rubric) -> datetime | None:
    """When this upload was due: the student's own date, or the rubric's and what the student has longer."""
    own = report.submission.due
    if own is not None:
        zone = rubric.due.tzinfo if rubric.due is not None else UTC
        return own if own.tzinfo is not None else own.replace(tzinfo=zone)
    return None if rubric.due is None else rubric.due + timedelta(seconds=report.submission.grace_s)


def totals(report: Report) -> Report:
    """The report with score, pending points and penalty added up again from its checks."""
    if not report.questions:
        return _flagged(report)
    questions = tuple(
        q.model_copy(update={"score": _round(sum(c.score for c in q.checks if c.score is not None))})
        for q in report.questions
    )
    checks = [c for q in questions for c in q.checks]
    decided = sum(q.score or 0.0 for q in questions)
    pending = _round(sum(c.max_score for c in checks if c.score is None))
    taken = _round(decided * report.late.share) if report.late else 0.0
    changed: dict[str, object] = {
        "questions": questions,
        "score": _rounded(decided - taken + report.adjusted, report.rounding),
        "pending": pending,
        "needs_review": pending > 0,
    }
    if report.late:
        changed["late"] = report.late.model_copy(update={"points": taken})
    return _flagged(report.model_copy(update=changed))


def _flagged(report: Report) -> Report:
    if report.late is None:
        return report
    flag = Flag.of(FLAG, _sentence(report.late, report.submission.received_at))
    others = tuple(f for f in report.flags if f.id != FLAG)
    return report.model_copy(update={"flags": (*others, flag)})


def _sentence(late: Late, received: datetime | None) -> Said:
    cost = Said(
        "{share:g} % of the decided points ({points:g}) are taken off",
        {"share": 100 * late.share, "points": late.points},
    )
    return Said(
        "Handed in {when}, due {due}, {days}; {cost}.",
        {
            "when": f"{received:%Y-%m-%d %H:%M}" if received else Said("after the due date"),
            "due": f"{late.due:%Y-%m-%d %H:%M}",
            "days": counted(late.days, "{n} day begun", "{n} days begun"),
            "cost": cost if late.share else Said("no penalty"),
        },
    )


def _rounded(value: float, step: float | None) -> float:
    """To a multiple of `step`, halves up; below zero nobody falls."""
    value = max(0.0, value)
    return _round(math.floor(round(value / step, 6) + 0.5) * step) if step else _round(value)


def _round(value: float) -> float:
    return round(float(value), 2)
