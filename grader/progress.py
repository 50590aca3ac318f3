"""What a person sees while a class is graded: a live display on a terminal, one line each elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
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

from grader.batch import Event
from grader.models import Report

Listener = Callable[[Event], None]


@contextmanager
def watch(console: Console, total: int) -> Iterator[Listener]:
    """A listener for `grade_all` that shows `total` submissions on `console` while the context lasts."""
    if not console.is_terminal:
        yield _Lines(console, total)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Live(progress, total)


class _Lines:
    """One plain line per submission, for logs and pipes."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total, self._done = console, total, 0

    def __call__(self, event: Event) -> None:
        if event.kind == "started":
            return
        self._done += 1
        self._console.print(
            f"[{self._done}/{self._total}] {event.id}: {outcome(event)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


class _Live:
    """A bar for the class, and a line with a clock for each student in hand."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._class = progress.add_task("class", total=total)
        self._in_hand: dict[str, TaskID] = {}
        self._counts = {"graded": 0, "kept": 0, "failed": 0}

    def __call__(self, event: Event) -> None:
        if event.kind == "started":
            description = f"  {event.id}".replace("[", r"\[")
            self._in_hand[event.id] = self._progress.add_task(description, total=None)
            return
        if (task := self._in_hand.pop(event.id, None)) is not None:
            self._progress.remove_task(task)
        self._counts["graded" if event.kind == "finished" else event.kind] += 1
        counts = ", ".join(f"{n} {what}" for what, n in self._counts.items() if n)
        self._progress.update(self._class, advance=1, description=counts)
        if event.kind == "failed" or (event.report is not None and event.report.score is None):
            self._progress.console.print(Text(f"{event.id}: {outcome(event)}", style="red"))


def outcome(event: Event) -> str:
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
