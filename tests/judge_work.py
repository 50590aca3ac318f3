"""What tests have judges do."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from grader.assignment.loading import Assignment
from grader.errors import StorageError
from grader.pipeline import Bench, Cut

made: list[str] = []


def warm(assignment: Assignment) -> None:
    made.append(assignment.rubric.id)


def what_is_held(bench: Bench) -> tuple[str, list[str], int]:
    return bench.assignment.rubric.id, made, os.getpid()


def double(bench: Bench, number: int) -> int:
    return 2 * number


def one_long_call_into_c(bench: Bench, seconds: float = 0.0) -> None:
    bench.mark.note("reading", 3, 1)
    re.match("(a+)+$", "a" * 60 + "b")


def sleep(bench: Bench) -> None:
    time.sleep(60)


def eat(bench: Bench) -> None:
    bench.mark.note("judging")
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))


def crash(bench: Bench) -> None:
    os.abort()


def fail(bench: Bench) -> None:
    raise ValueError("not so")


def no_disk(bench: Bench) -> None:
    raise StorageError("the disk is full")


def grow(bench: Bench, number: int) -> int:
    """Keeps memory for ever, and says how much the process has."""
    made.append("x" * 1_000_000)
    return number


def give_up(bench: Bench, cut: Cut, at: str) -> Cut:
    """Goes over the limit at every step that the cut leaves."""
    steps: dict[str, Any] = {
        "reading": cut.unread is None and cut.judged,
        "judging": cut.judged,
        "comparing": cut.compared,
        "showing": cut.shown,
    }
    for step in at.split():
        if steps[step]:
            bench.mark.note(step, 2, 5)
            os.abort()
    return cut
