"""What a person sees while a class is graded."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from grader.batch.run import SubmissionEvent
from grader.commands.progress import _Display, watch
from grader.models import ExecutionSummary, Isolation, Provenance, Report, RubricRef, SubmissionRef


def report(score: float | None, status: str = "ok", message: str = "", pending: float = 0.0) -> Report:
    execution = {"status": status, "message": message, "isolation": Isolation(tier="full")}
    return Report(
        submission=SubmissionRef(id="x", path="x.ipynb", sha256=""),
        rubric=RubricRef(id="tiny", version="1", sha256="", title="Tiny"),
        execution=ExecutionSummary.model_validate({**execution, "wall_s": 1.0, "errors": ()}),
        score=score,
        max_score=100,
        pending=pending,
        needs_review=pending > 0,
        participation=1.0,
        flags=(),
        questions=(),
        provenance=Provenance(grader="", torch="", python="", worlds=()),
    )


EVENTS = [
    SubmissionEvent("kept", "old"),
    SubmissionEvent("started", "anna"),
    SubmissionEvent("started", "ben"),
    SubmissionEvent("finished", "anna", report(87.5, pending=10), seconds=1.25),
    SubmissionEvent("finished", "ben", report(40, "timeout"), seconds=60),
    SubmissionEvent("started", "cut"),
    SubmissionEvent("finished", "cut", report(None, "unreadable", "the file is cut off")),
    SubmissionEvent("failed", "dora", message="no kernel"),
]


def test_plain_lines_where_the_output_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with watch(Console(file=io.StringIO()), 5) as listener:
        for event in EVENTS:
            listener(event)
    assert capsys.readouterr().out.splitlines() == [
        "[1/5] old: unchanged, kept",
        "[2/5] anna: 87.5 of 100, 10 wait for a person (1.2 s)",
        "[3/5] ben: 40 of 100, timeout (60.0 s)",
        "[4/5] cut: not graded: the file is cut off (0.0 s)",
        "[5/5] dora: not graded, our fault: no kernel",
    ]


def test_a_terminal_shows_the_students_in_hand_counts_and_what_went_wrong() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    display = _Display(console, 6)

    def seen() -> str:
        with console.capture() as captured:
            console.print(display.view)
        return captured.get()

    for event in EVENTS[:3]:
        display(event)
    assert "anna" in seen() and "ben" in seen()
    assert "1 kept" in seen() and "0/5" in seen()  # what was kept took no time and is not counted
    for event in EVENTS[3:]:
        display(event)
    assert "anna" not in seen()
    assert "2 graded, 1 not graded, 1 kept, 1 failed" in seen() and "4/5" in seen()
    assert "cut: not graded: the file is cut off" in screen.getvalue()
    assert "dora: not graded, our fault: no kernel" in screen.getvalue()
