"""What one assistant does at the desk: look, mark, undo. Safe beside other desks on the same class."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.desk.queue import Item, queue
from grader.desk.store import Store, Student, Writing
from grader.errors import UsageError
from grader.marks.ledger import TAKEN_BACK, CurrentMark, Key, Ledger, check, check_undo, replay
from grader.marks.marks import Mark
from grader.models import CheckResult
from grader.words.desk import DeskWords, Reason, desk_words
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the page shows, at one moment."""

    items: tuple[Item, ...]
    students: Mapping[str, Student]
    ledger: Ledger


@dataclass(slots=True)
class Desk:
    """One assistant at one class. author: written into every mark."""

    store: Store
    rubric: Rubric
    author: str
    _gate: threading.Lock = field(default_factory=threading.Lock)

    @property
    def said(self) -> DeskWords:
        """The words of the rubric's language."""
        return desk_words(self.rubric.language)

    def look(self) -> View:
        """What waits and what was decided, as it is now. Raises `StorageError`."""
        with self._gate:
            students = self.store.students()
            items = queue(
                [s.report for s in students.values()],
                {name: s.cells for name, s in students.items()},
                self.rubric,
                self.store.lookalikes(),
            )
        return View(items, students, _ledger(self.store, students))

    def mark(self, id: str, seen: Mapping[str, int], points: float, reason: str) -> None:
        """Give these submissions (id → version on the page) points for one `Item` (id), all or none.

        An item's id says what was read: after another upload or another verdict nothing is marked that
        nobody has seen. Raises `ConflictError` when somebody was faster, `UsageError` for what can't be
        marked so.
        """
        view = self.look()
        item = next((i for i in view.items if i.id == id and set(seen) <= set(i.submissions)), None)
        if item is None or not seen:
            raise UsageError(self.said.gone)
        topic = item.topic
        most = item.max_score or 0.0
        if not 0 <= points <= most:
            raise UsageError(self.said.no_points.format(points=points, what=topic, most=most))
        reason = " ".join(reason.split())
        if not reason:
            raise UsageError(self.said.no_reason)
        keys = {(name, topic): version for name, version in seen.items()}
        with self.store.writing() as held:
            check(_ledger(held, view.students), keys, _names(view.students), self.said)
            now = datetime.now(UTC)
            held.enter([self._made(view.students[n], topic, points, most, reason, now) for n in seen])

    def undo(self) -> tuple[Key, ...]:
        """Bring back what stood before this person's last decision; the keys concerned, () for none.

        Works across restarts. Raises `ConflictError` when somebody else decided the same since.
        """
        students = self.look().students
        with self.store.writing() as held:
            ledger = _ledger(held, students)
            steps = ledger.steps.get(self.author, [])
            if not steps:
                return ()
            last = steps[-1]
            check_undo(ledger, last, _names(students), self.said)
            now = datetime.now(UTC)
            new = []
            for (name, topic), before in last.before.items():
                given = _most(students[name], topic)
                points, reason = before.points, before.reason or TAKEN_BACK
                new.append(self._made(students[name], topic, points, given, reason, now))
            held.enter(new)
        return tuple(last.before)

    def settled(self, item: Item, view: View) -> bool:
        """Has every submission of this item been decided?"""
        return all(view.ledger.of((name, item.topic)).settled for name in item.submissions)

    def undoable(self, ledger: Ledger) -> int:
        """How many decisions `undo` could take back, one after the other."""
        return len(ledger.steps.get(self.author, []))

    def _made(
        self, student: Student, topic: str, points: float | None, most: float, reason: str, now: datetime
    ) -> Mark:
        found = _check(student, topic)
        sub = student.report.submission
        return Mark(
            submission=sub.id,
            origin=student.origin,
            check=topic,
            points=points,
            max_score=most,
            reason=reason,
            by=self.author,
            at=now,
            verdict=found.verdict if found else None,
            score=found.score if found else None,
            sha256=sub.sha256,
        )


def palette(item: Item, rubric: Rubric, used: Iterable[CurrentMark]) -> tuple[Reason, ...]:
    """Reasons to choose from: those given for this topic before, the most frequent first, then ours."""
    ours = desk_words(rubric.language).reasons[item.kind]
    most = item.max_score or 0.0
    given = Counter(
        Reason(round(s.points / most, 6) if most else 0.0, s.reason) for s in used if s.points is not None
    )
    own = [reason for reason, _ in given.most_common() if reason not in ours]
    return (*ours, *own)[:9]


def _ledger(store: Store | Writing, students: Mapping[str, Student]) -> Ledger:
    by_origin = {s.origin: name for name, s in students.items() if s.origin}

    def key_of(mark: Mark) -> Key | None:
        name = by_origin.get(mark.origin) if mark.origin else None
        if name is None and mark.submission in students:
            name = mark.submission
        return None if name is None else (name, mark.check)

    return replay(store.given(), key_of)


def _check(student: Student, topic: str) -> CheckResult | None:
    return next((c for q in student.report.questions for c in q.checks if c.id == topic), None)


def _most(student: Student, topic: str) -> float:
    found = _check(student, topic)
    return found.max_score if found else 0.0


def _names(students: Mapping[str, Student]) -> dict[str, str]:
    return {name: s.report.submission.student.name or name for name, s in students.items()}
