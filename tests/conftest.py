"""Shared by all tests: the shipped assignment, loaded once; judges within this process, for speed."""

from __future__ import annotations

import pytest
from class_kit import here

from grader.assignment.loading import Assignment, load
from grader.batch import rescore, run


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return load("hw4")


@pytest.fixture(autouse=True)
def judges_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nursery takes a second to start: only tests marked `judges` or `kernel` have real ones."""
    if any(request.node.get_closest_marker(name) for name in ("judges", "kernel")):
        return
    for module in (run, rescore):
        monkeypatch.setattr(module, "open_judges", here)
