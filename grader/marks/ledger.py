"""The marks as the desk sees them: what stands, what may be undone, who was first (pure but for `enter`).

A key is (submission, topic); a topic is a check's id, or "flag:…", "lookalike:…", "ungraded" for what
carries no points. Everything is written through `grader.marks.marks`, appended, never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from grader.errors import GraderError
from grader.marks import marks
from grader.marks.marks import Mark
from grader.words.speech import Speech

TAKEN_BACK = "taken back"

Key = tuple[str, str]


class ConflictError(GraderError):
    """Somebody else marked the same thing since it was looked at."""


@dataclass(frozen=True, slots=True)
class CurrentMark:
    """What counts for one key now. version: how many marks were ever given for it."""

    version: int = 0
    points: float | None = None
    reason: str = ""
    by: str = ""
    at: str = ""

    @property
    def settled(self) -> bool:
        return self.points is not None


NOTHING = CurrentMark()


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of a person, for one or several submissions: what stood before, and after."""

    before: Mapping[Key, CurrentMark]
    after: Mapping[Key, CurrentMark]


@dataclass(slots=True)
class Ledger:
    """All marks of a folder, replayed. steps: what each person could undo, oldest first."""

    standing: dict[Key, CurrentMark] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)

    def of(self, key: Key) -> CurrentMark:
        return self.standing.get(key, NOTHING)


def replay(given: Iterable[Mark], key_of: Callable[[Mark], Key | None]) -> Ledger:
    """The ledger after these marks, oldest first. key_of: None for marks of uploads that are gone.

    Marks in a row by one person at one moment are one step; a step that brings back what stood
    before that person's last one undoes it.
    """
    ledger = Ledger()
    for (by, _), group in groupby(given, key=lambda m: (m.by, m.at)):
        before: dict[Key, CurrentMark] = {}
        after: dict[Key, CurrentMark] = {}
        for mark in group:
            key = key_of(mark)
            if key is None:
                continue
            held = ledger.of(key)
            before.setdefault(key, held)
            ledger.standing[key] = after[key] = CurrentMark(
                version=held.version + 1,
                points=mark.points,
                reason=mark.reason if mark.points is not None else "",
                by=mark.by,
                at=mark.at.isoformat(),
            )
        if after:
            steps = ledger.steps.setdefault(by, [])
            if steps and _undoes(after, steps[-1]):
                steps.pop()
            else:
                steps.append(Step(before, after))
    return ledger


def _undoes(after: Mapping[Key, CurrentMark], last: Step) -> bool:
    return after.keys() == last.before.keys() and all(
        (s.points, s.reason) == (last.before[k].points, last.before[k].reason) for k, s in after.items()
    )


def check(ledger: Ledger, seen: Mapping[Key, int], names: Mapping[str, str], speak: Speech) -> None:
    """Make sure that nothing was marked since it was seen. seen: the version on the page, by key.

    Raises `ConflictError` naming whom and what.
    """
    for key, version in seen.items():
        if ledger.of(key).version != version:
            raise _conflict(key, ledger.of(key), names, speak)


def check_undo(ledger: Ledger, last: Step, names: Mapping[str, str], speak: Speech) -> None:
    """Make sure that what a step decided still stands. Raises `ConflictError`."""
    for key, then in last.after.items():
        now = ledger.of(key)
        if (now.points, now.reason) != (then.points, then.reason):
            raise _conflict(key, now, names, speak)


def _conflict(key: Key, now: CurrentMark, names: Mapping[str, str], speak: Speech) -> ConflictError:
    who = names.get(key[0], key[0])
    if now.points is None:
        return ConflictError(
            speak("{by} has just marked {who}, {what}: took a mark back", by=now.by, who=who, what=key[1])
        )
    return ConflictError(
        speak(
            "{by} has just marked {who}, {what}: gave {points:g} points: {reason}",
            by=now.by,
            who=who,
            what=key[1],
            points=now.points,
            reason=now.reason,
        )
    )


def enter(out: Path, new: Sequence[Mark]) -> None:
    """Append marks; hold `locked` meanwhile. Raises `StorageError`."""
    marks.append(out, new)
