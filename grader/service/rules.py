"""Who may see or do what, and when (pure). Every route asks here; nothing else decides.

Times are aware. Lateness and what counts are computed from records when they are needed, and never stored.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Role = Literal["student", "assistant", "teacher"]
Action = Literal[
    "hand in",
    "see own",
    "ask again",
    "mark",
    "answer",
    "see class",
    "see roster",
    "set dates",
    "extend",
    "invite",
    "publish",
    "regrade",
    "export",
    "audit",
    "erase",
]
Phase = Literal["before", "open", "grace", "late", "closed"]

ROLES: tuple[Role, ...] = ("student", "assistant", "teacher")
_STUDENT: frozenset[Action] = frozenset({"hand in", "see own", "ask again"})
_ASSISTANT: frozenset[Action] = frozenset({"mark", "answer"})
_TEACHER: frozenset[Action] = _ASSISTANT | {
    "see class",
    "see roster",
    "set dates",
    "extend",
    "invite",
    "publish",
    "regrade",
    "export",
    "audit",
    "erase",
}
_MAY: Mapping[Role, frozenset[Action]] = {
    "student": _STUDENT,
    "assistant": _ASSISTANT,
    "teacher": _TEACHER,
}
HOUR = timedelta(hours=1)


def may(role: str | None, action: Action) -> bool:
    """Whether somebody with this role in the course may do this; None: no member of it."""
    return any(role == known and action in _MAY[known] for known in ROLES)


def sees_section(own: str, other: str) -> bool:
    """Whether an assistant of section `own` works with students of `other`; "" works with all."""
    return own in ("", other)


@dataclass(frozen=True, slots=True)
class Dates:
    """When one person may hand in. None: no such bound. grace: after due, in which nothing is late yet."""

    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    grace: timedelta = timedelta()

    def extended(self, due: datetime | None) -> Dates:
        """With a later due date of one's own; it never takes time away."""
        if due is None or self.due is None or due <= self.due:
            return self
        closes = None if self.closes is None else max(self.closes, due + self.grace)
        return replace(self, due=due, closes=closes)

    def phase(self, now: datetime) -> Phase:
        """Where in an assignment's life a moment lies."""
        if self.opens is not None and now < self.opens:
            return "before"
        if self.closes is not None and now > self.closes:
            return "closed"
        if self.due is None or now <= self.due:
            return "open"
        return "grace" if now <= self.due + self.grace else "late"

    def takes(self, began: datetime) -> bool:
        """Whether an upload that began to arrive then is taken."""
        return self.phase(began) not in ("before", "closed")

    def late(self, began: datetime) -> bool:
        """Whether an upload that began to arrive then is late."""
        return self.due is not None and began > self.due + self.grace


@dataclass(frozen=True, slots=True)
class Attempt:
    """An upload, as far as it matters which one counts."""

    id: int
    number: int


def counting(attempts: Collection[Attempt], chosen: int | None) -> int | None:
    """The attempt that counts: the one chosen, else the last one; by number, for clocks may jump."""
    if any(a.id == chosen for a in attempts):
        return chosen
    return max(attempts, key=lambda a: a.number).id if attempts else None


def may_choose(dates: Dates, now: datetime, published: bool) -> bool:
    """Whether a student may still say which attempt counts."""
    return not published and dates.phase(now) not in ("before", "closed")


def next_check(per_hour: int, earlier: Sequence[datetime], now: datetime) -> datetime | None:
    """When a person may have the next self-check: None for now.

    earlier: when those were asked for that did not fail by our fault.
    """
    if per_hour <= 0:
        return datetime.max.replace(tzinfo=now.tzinfo)
    recent = sorted(t for t in earlier if t > now - HOUR)
    return None if len(recent) < per_hour else recent[-per_hour] + HOUR


def may_publish(score: float | None, pending: float) -> bool:
    """Whether a report may be given out: never while points wait, nor where nothing could be graded."""
    return score is not None and math.isfinite(score) and pending == 0
