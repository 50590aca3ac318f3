"""Shared by all tests: the shipped assignment, loaded once."""

from __future__ import annotations

import pytest

from grader.assignment.loading import Assignment, load


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return load("hw4")
