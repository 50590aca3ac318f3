"""Shared by all tests: the shipped assignment, loaded once, and the sample class, graded once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.loading import Assignment, load

SUBMISSIONS = Path(__file__).parents[1] / "submissions"


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return load("hw4")


@pytest.fixture(scope="session")
def graded_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sample class's reports as this machine alone makes them, by student; see `rabbit_kit.reports`."""
    from rabbit_kit import reports

    out = tmp_path_factory.mktemp("here") / "out"
    command = [sys.executable, "-m", "grader", "grade", str(SUBMISSIONS), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "17 of 17 graded" in done.stdout, done.stdout + done.stderr
    return reports(out)
