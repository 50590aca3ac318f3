"""Shared by all tests: the shipped assignment, the sample class graded once, judges within this process."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from class_kit import here

from grader.assignment.loading import Assignment, load
from grader.batch import rescore, run
from grader.commands import check

if TYPE_CHECKING:
    from service_kit import World

SUBMISSIONS = Path(__file__).parents[1] / "submissions"


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return load("hw4")


@pytest.fixture(autouse=True)
def judges_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nursery takes seconds to start: only tests marked `judges` have real ones."""
    if request.node.get_closest_marker("judges"):
        return
    for module in (run, rescore, check):
        monkeypatch.setattr(module, "open_judges", here)


@pytest.fixture(scope="session")
def graded_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The sample class's reports as this machine alone makes them, by student; see `rabbit_kit.reports`.

    Made once, also for several processes that share the tests.
    """
    from rabbit_kit import reports

    base = tmp_path_factory.getbasetemp()
    out = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "graded_here"
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second finds every report, and keeps them
        command = [sys.executable, "-m", "grader", "grade", str(SUBMISSIONS), "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert "17 of 17 graded" in done.stdout, done.stdout + done.stderr
    return reports(out)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    from service_kit import postgres

    with postgres() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A course of the service, in each database."""
    from service_kit import fresh_database, make_world

    address = None
    if request.param == "postgresql":
        address = fresh_database(request.getfixturevalue("postgres_address"))
    made = make_world(tmp_path / "data", address)
    yield made
    made.database.close()
