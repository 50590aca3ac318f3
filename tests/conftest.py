"""Shared by all tests: the shipped assignment, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.assignment.loading import Assignment, load

if TYPE_CHECKING:
    from service_kit import World


@pytest.fixture(scope="session")
def hw4() -> Assignment:
    return load("hw4")


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
