"""What one assistant does at the desk: look, mark, undo. Safe beside other desks on the same class."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from grader.desk.queue import Item, QueueReader, queue
from grader.desk.second import Entry, entries
from grader.desk.store import Store, StoredReport
from grader.errors import UsageError
from grader.marks import marks
from grader.marks.ledger import TAKEN_BACK, CurrentMark, Key, Ledger, check, check_undo, replay
from grader.marks.marks import Mark, Marks
from grader.models import CheckResult
from grader.words.desk import Reason, reasons
from grader.words.speech import Speech, speech
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class DeskView:
    """Everything that the page shows, at one moment."""

    items: tuple[Item, ...]
    students: Mapping[str, StoredReport]
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class SeenByUser:
    """What was on the page when somebody decided: an `Entry`'s digest, and the version of what stands."""

    look: str
    version: int


@dataclass(slots=True)
class Desk:
    """One assistant at one class. author: written into every mark. read: what is known of its reports."""

    store: Store
    rubric: Rubric
    author: str
    read: QueueReader = field(default_factory=QueueReader)
    _gate: threading.Lock = field(default_factory=threading.Lock)

    @property
    def speak(self) -> Speech:
        """In the rubric's language."""
        return speech(self.rubric.language)

    def look(self) -> DeskView:
        """What waits and what was decided, as it is now. Raises `StorageError`."""
        with self._gate:
            students = self.store.students()
            every = self.store.given()
            given = Marks(every)
            origins = frozenset(s.origin for s in students.values())
            again = {
                name: marks.reopened(s.report, given.of(name, s.origin, origins), self.rubric)
                for name, s in students.items()
            }
            items = queue(
                [report for report, _ in again.values()],
                self.rubric,
                self.store.lookalikes(),
                self.read,
            )
        ledger = _ledger(every, students)
        for key in [(name, topic) for name, (_, open_again) in again.items() for topic in open_again]:
            ledger.standing[key] = replace(ledger.of(key), points=None)  # another thing stands there now
        return DeskView(items, students, ledger)

    def mark(self, id: str, seen: Mapping[str, int], points: float, reason: str) -> None:
        """Give these submissions (id → version on the page) points for one `Item` (id), all or none.

        An item's id says what was read: after another upload or another verdict nothing is marked that
        nobody has seen. Raises `ConflictError` when somebody was faster, `UsageError` for what can't be
        marked so.
        """
        view = self.look()
        item = next((i for i in view.items if i.id == id and set(seen) <= set(i.submissions)), None)
        if item is None or not seen:
            raise UsageError(self.speak("that is no longer in the queue; reload the page"))
        topic = item.topic
        most = item.max_score or 0.0
        self._refuse_points(points, topic, most)
        reason = self._reason(reason)
        share = points / most if most else 0.0
        with self.store.writing() as held:
            ledger = _ledger(held.given(), view.students)
            for name, version in seen.items():
                refuse_if_newer(item, name, version, ledger, _names(view.students), self.speak)
            now = datetime.now(UTC)
            new = []
            for name in seen:
                for topic in item.topics:
                    given = _most(view.students[name], topic) if item.checks else most
                    part = round(share * given, 2) if item.checks else points
                    new.append(self._made(view.students[name], topic, part, given, reason, now))
            held.enter(new)

    def second_look(self, id: str) -> tuple[Entry, ...]:
        """All that a person can change of one student's, also what the grader has decided; () for nobody."""
        view = self.look()
        student = view.students.get(id)
        return () if student is None else entries(student, self.rubric, view.ledger, self.speak)

    def change(self, id: str, topic: str, seen: SeenByUser, points: float | None, reason: str) -> None:
        """Give one student points, or a comment, for something that `second_look` showed; None takes it back.

        Raises `ConflictError` when somebody was faster, `UsageError` for what can't be or nobody has seen.
        """
        view = self.look()
        student = view.students.get(id)
        shown = () if student is None else entries(student, self.rubric, view.ledger, self.speak)
        entry = next(
            (e for e in shown if topic and topic in (e.topic, e.words) and e.look == seen.look), None
        )
        if student is None or entry is None:
            raise UsageError(self.speak("another thing stands there now; look at the student again"))
        most = 0.0 if topic == entry.words else entry.most
        if points is not None and most is not None:
            self._refuse_points(points, topic, most)
        reason = TAKEN_BACK if points is None else self._reason(reason)
        with self.store.writing() as held:
            check(
                _ledger(held.given(), view.students),
                {(id, topic): seen.version},
                _names(view.students),
                self.speak,
            )
            given = self.rubric.points if entry.most is None else entry.most
            held.enter([self._made(student, topic, points, given, reason, datetime.now(UTC))])

    def undo(self) -> tuple[Key, ...]:
        """Bring back what stood before this person's last decision; the keys concerned, () for none.

        Works across restarts. Raises `ConflictError` when somebody else decided the same since.
        """
        students = self.look().students
        with self.store.writing() as held:
            ledger = _ledger(held.given(), students)
            steps = ledger.steps.get(self.author, [])
            if not steps:
                return ()
            last = steps[-1]
            check_undo(ledger, last, _names(students), self.speak)
            now = datetime.now(UTC)
            new = []
            for (name, topic), before in last.before.items():
                given = _most(students[name], topic)
                points, reason = before.points, before.reason or TAKEN_BACK
                new.append(self._made(students[name], topic, points, given, reason, now))
            held.enter(new)
        return tuple(last.before)

    def _refuse_points(self, points: float, topic: str, most: float) -> None:
        if not 0 <= points <= most:
            raise UsageError(
                self.speak(
                    "{points:g} points for {what}, expected 0 to {most:g}",
                    points=points,
                    what=topic,
                    most=most,
                )
            )

    def _reason(self, text: str) -> str:
        if not text.strip():
            raise UsageError(self.speak("a mark needs a reason; the student reads it"))
        return " ".join(text.split())

    def settled(self, item: Item, view: DeskView) -> bool:
        """Has every submission of this item been decided?"""
        return all(current(item, name, view.ledger).settled for name in item.submissions)

    def undoable(self, ledger: Ledger) -> int:
        """How many decisions `undo` could take back, one after the other."""
        return len(ledger.steps.get(self.author, []))

    def _made(
        self, student: StoredReport, topic: str, points: float | None, most: float, reason: str, now: datetime
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
            seen=marks.seen_in(found) if found else "",
        )


def current(item: Item, name: str, ledger: Ledger) -> CurrentMark:
    """What counts for one submission of an item now; of several checks together, once all are settled."""
    marks_now = [ledger.of((name, topic)) for topic in item.topics]
    if len(marks_now) == 1:
        return marks_now[0]
    settled = [m for m in marks_now if m.points is not None]
    return replace(
        marks_now[0],
        version=sum(m.version for m in marks_now),
        points=round(sum(m.points or 0.0 for m in settled), 2) if len(settled) == len(marks_now) else None,
    )


def refuse_if_newer(
    item: Item, name: str, version: int, ledger: Ledger, names: Mapping[str, str], speak: Speech
) -> None:
    """Raises `ConflictError` where a submission of an item was marked since this version of it."""
    if current(item, name, ledger).version == version:
        return
    seen = {(name, topic): -1 for topic in item.topics if ledger.of((name, topic)).version}
    check(ledger, seen or {(name, item.topics[0]): -1}, names, speak)


def palette(item: Item, rubric: Rubric, used: Iterable[CurrentMark]) -> tuple[Reason, ...]:
    """Reasons to choose from: those given for this topic before, the most frequent first, then ours."""
    ours = reasons(item.kind, bool(item.text), speech(rubric.language))
    most = item.max_score or 0.0
    given = Counter(
        Reason(round(s.points / most, 6) if most else 0.0, s.reason) for s in used if s.points is not None
    )
    own = [reason for reason, _ in given.most_common() if reason not in ours]
    return (*ours, *own)[:9]


def _ledger(given: Sequence[Mark], students: Mapping[str, StoredReport]) -> Ledger:
    by_origin = {s.origin: name for name, s in students.items() if s.origin}

    def key_of(mark: Mark) -> Key | None:
        name = by_origin.get(mark.origin) if mark.origin else None
        if name is None and mark.submission in students:
            name = mark.submission
        return None if name is None else (name, mark.check)

    return replay(given, key_of)


def _check(student: StoredReport, topic: str) -> CheckResult | None:
    return next((c for q in student.report.questions for c in q.checks if c.id == topic), None)


def _most(student: StoredReport, topic: str) -> float:
    found = _check(student, topic)
    return found.max_score if found else 0.0


def _names(students: Mapping[str, StoredReport]) -> dict[str, str]:
    return {name: s.report.submission.student.name or name for name, s in students.items()}
