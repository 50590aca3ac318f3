"""Carries marks into the files that people read: students' pages, the class page, grades.csv.

The marks themselves are on the disk before; this follows in the background, so that a key press does
not wait for a class of a thousand. What a crash leaves undone, the next desk or run makes good.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch import pages, results
from grader.errors import GraderError
from grader.folder.journal import Journal
from grader.folder.lock import hold
from grader.folder.place import STATE
from grader.marks import marks
from rubric.schema import Rubric

_PAUSE = 1.5  # seconds in which further marks are collected
_RETRY = 3.0


@dataclass(slots=True)
class Publisher:
    """Rewrites what was marked, one batch at a time. problem: why the last try failed, "" if it did not."""

    out: Path
    rubric: Rubric
    problem: str = ""
    _due: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin with what an earlier desk may have left undone."""
        self._wake.set()
        self._thread = threading.Thread(target=self._work, name="desk-publisher", daemon=True)
        self._thread.start()

    def later(self, *submissions: str) -> None:
        """These students' pages and the class are to be written again soon."""
        with self._lock:
            self._due.update(submissions)
        self._wake.set()

    @property
    def due(self) -> int:
        """How many students' pages are still to be written."""
        return len(self._due)

    def close(self) -> None:
        """Write what is still due, now."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        if not self._try():
            self._try()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            if self._stop.wait(_PAUSE):
                return
            self._wake.clear()
            if not self._try():
                self._stop.wait(_RETRY)
                self._wake.set()

    def _try(self) -> bool:
        with self._lock:
            left, self._due = self._due, set()
        try:
            left = publish(self.out, self.rubric)
            names = ", ".join(sorted(left))
            self.problem = f"{names}: the report or the executed notebook is damaged" if left else ""
        except (GraderError, OSError) as error:
            self.problem = str(error)
        with self._lock:
            self._due |= left
        return not self.problem


def publish(out: Path, rubric: Rubric) -> set[str]:
    """Write the pages that lag behind the marks, index.html and grades.csv again.

    Returns whose pages could not be made: one damaged folder keeps nobody else's page waiting.
    Raises `UsageError` while a run is writing to the folder, `StorageError` where nothing can be written.
    """
    state = out / STATE
    with hold(out, state):
        journal = Journal(state / "journal.jsonl")
        entries = results.members(out, journal)
        results.write_class(out, journal, (), rubric, results.graded_by(out, entries))
        return set(pages.lagging(state, entries, marks.read(out)))
