"""What a person sees while a class is graded: a live display on a terminal, one line each elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from grader.batch.run import SubmissionEvent
from grader.models import Report
from grader.text import line_of

_SHOWN_WORKERS = 12
AWAY = "the broker is away; waiting for it to come back"
NOBODY = "no worker yet: start `grader worker --broker URL` on machines that can grade"


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker on some machine. refused: why it gets nothing."""

    name: str
    doing: str
    refused: str = ""


class Listener(Protocol):
    """Is told what happens to submissions, and to the workers that run them, where there are some."""

    def __call__(self, event: SubmissionEvent) -> None: ...

    def workers(self, hands: Sequence[Hand] | None) -> None:
        """Every worker as it is now; None while the broker is away."""


@contextmanager
def watch(console: Console, total: int) -> Iterator[Listener]:
    """A listener for `grade_all` that shows `total` submissions on `console` while the context lasts."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(total)
        return
    display = _Display(console, total)
    with Live(display.view, console=console, transient=True, refresh_per_second=8):
        yield display


def say(text: str) -> None:
    """Print one plain line, whatever is in it; all that commands print goes through here or `Text`.

    Once nobody reads our output any more we go on without printing.
    """
    try:
        print(line_of(text), flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Lines:
    """One plain line per submission, for logs and pipes."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._hands: dict[str, str] | None = None
        self._away = False

    def workers(self, hands: Sequence[Hand] | None) -> None:
        """Say who came, who left and who is refused; what they do changes too often for a log."""
        if (hands is None) != self._away:
            self._away = hands is None
            say(AWAY if self._away else "the broker is back")
        if hands is None:
            return
        now = {hand.name: hand.refused for hand in hands}
        before = {} if self._hands is None else self._hands
        for name, refused in now.items():
            if before.get(name) != refused:
                say(f"worker {name} is refused: {refused}" if refused else f"worker {name} works")
        for name in before.keys() - now.keys():
            say(f"worker {name} is gone")
        if not now and (before or self._hands is None):
            say(NOBODY)
        self._hands = now

    def __call__(self, event: SubmissionEvent) -> None:
        if event.kind != "started":
            self._done += 1
            say(f"[{self._done}/{self._total}] {event.id}: {outcome(event)}")


class _Display:
    """A bar for the class with counts and time left; below it a clock for each student in hand."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._class = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=600,
        )
        self._bar = self._class.add_task("grading", total=total)
        self._hand = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
        )
        self._clocks: dict[str, TaskID] = {}
        self._counts = {"graded": 0, "not graded": 0, "kept": 0, "failed": 0}
        self._workers = Text(style="dim")
        self.view = Group(self._class, self._hand, self._workers)

    def workers(self, hands: Sequence[Hand] | None) -> None:
        """Show the workers below the clocks."""
        if hands is None:
            self._workers.plain = AWAY
            return
        lines = [
            line_of(f"worker {h.name}: {f'refused: {h.refused}' if h.refused else h.doing}") for h in hands
        ]
        if len(lines) > _SHOWN_WORKERS:
            lines[_SHOWN_WORKERS:] = [f"and {len(lines) - _SHOWN_WORKERS} more workers"]
        self._workers.plain = "\n".join(lines or [NOBODY])

    def __call__(self, event: SubmissionEvent) -> None:
        if event.kind == "started":
            self._clocks[event.id] = self._hand.add_task(escape(line_of(event.id)), total=None)
            return
        if (clock := self._clocks.pop(event.id, None)) is not None:
            self._hand.remove_task(clock)
        unmarked = event.report is not None and event.report.score is None
        kind = event.kind if event.kind != "finished" else "not graded" if unmarked else "graded"
        self._counts[kind] += 1
        counts = ", ".join(f"{n} {what}" for what, n in self._counts.items() if n)
        if event.kind == "kept":  # took no time: it must not count in the estimate of the time left
            self._total -= 1
            self._class.update(self._bar, total=self._total, description=counts)
        else:
            self._class.update(self._bar, advance=1, description=counts)
        if kind in ("not graded", "failed"):
            self._console.print(Text(line_of(f"{event.id}: {outcome(event)}"), style="red"))


def outcome(event: SubmissionEvent) -> str:
    """What came of one submission, in a few words."""
    if event.kind == "kept":
        return "unchanged, kept"
    if event.report is None or event.kind == "failed":
        return f"not graded, our fault: {event.message}"
    return f"{marks(event.report)} ({event.seconds:.1f} s)"


def marks(report: Report) -> str:
    """The score in words: `87.5 of 100, 10 wait for a person`."""
    if report.score is None:
        return f"not graded: {report.execution.message}"
    pending = f", {report.pending:g} wait for a person" if report.pending else ""
    status = "" if report.execution.status == "ok" else f", {report.execution.status}"
    return f"{report.score:g} of {report.max_score:g}{pending}{status}"
