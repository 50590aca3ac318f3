"""Shared by all tests: the shipped assignment, the sample class graded once, judges within this process."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from class_kit import here

from grader.assignment.loading import Assignment, load
from grader.batch import rescore, run
from grader.commands import check, grade, rubric

if TYPE_CHECKING:
    from kernels_kit import Kernels
    from rabbit_kit import Graded
    from service_kit import World


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
def kernels() -> Iterator[Kernels]:
    from kernels_kit import Kernels

    with closing(Kernels()) as found:
        yield found


@pytest.fixture
def warm(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands that a test calls share kernels, which each would start for itself."""
    for module in (check, grade, rubric):
        monkeypatch.setattr(module, "open_runner", kernels.open)


@pytest.fixture(scope="session")
def graded_here(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Some of the sample class, and what this machine alone makes of them.

    Made once, also for several processes that share the tests.
    """
    from rabbit_kit import FEW, SUBMISSIONS, Graded, alone, reports

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "graded_here"
    uploads, out = folder / "class", folder / "out"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second finds every report
        if not folder.exists():
            uploads.mkdir(parents=True)
            for name in FEW:
                shutil.copy(SUBMISSIONS / f"{name}.ipynb", uploads)
            alone(uploads, out)
    return Graded(uploads, reports(out))


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
