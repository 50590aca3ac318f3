"""Who may do what, and when: pure, so every edge is a line here."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.service import rules
from grader.service.rules import Attempt, Dates

T = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def test_a_date_is_kept_to_the_second() -> None:
    dates = Dates(T - HOUR, T, T + HOUR, timedelta(minutes=5))
    moments = [
        T - HOUR - SECOND,
        T - HOUR,
        T,
        T + SECOND,
        T + timedelta(minutes=5),
        T + timedelta(minutes=5, seconds=1),
        T + HOUR,
        T + HOUR + SECOND,
    ]
    assert [dates.phase(t) for t in moments] == [
        "before",
        "open",
        "open",
        "grace",
        "grace",
        "late",
        "late",
        "closed",
    ]
    assert [dates.late(t) for t in moments] == [False] * 5 + [True] * 3


def test_an_extension_never_takes_time_away_and_opens_what_is_closed() -> None:
    dates = Dates(None, T, T + HOUR)
    assert dates.extended(T - HOUR) == dates
    longer = dates.extended(T + 5 * HOUR)
    assert longer.takes(T + 5 * HOUR)
    assert not longer.late(T + 5 * HOUR)
    assert not longer.takes(T + 5 * HOUR + SECOND)
    assert Dates().extended(T) == Dates()


@given(st.lists(st.integers(1, 50), unique=True), st.integers(0, 60))
def test_the_attempt_that_counts_is_the_chosen_one_or_the_last_by_number(
    numbers: list[int], chosen: int
) -> None:
    attempts = [Attempt(id=n, number=n) for n in numbers]
    expected = chosen if chosen in numbers else max(numbers, default=None)
    assert rules.counting(attempts, chosen) == expected


def test_self_checks_of_an_hour() -> None:
    times = [T - timedelta(minutes=m) for m in (90, 50, 40, 10)]
    assert rules.next_check(4, times, T) is None
    assert rules.next_check(3, times, T) == T + timedelta(minutes=10)
    assert rules.next_check(1, times, T) == T + timedelta(minutes=50)
    assert rules.next_check(0, [], T) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("score", "pending", "given"),
    [(10.0, 0, True), (0.0, 0, True), (None, 0, False), (10.0, 0.5, False), (math.nan, 0, False)],
)
def test_nothing_is_given_out_while_points_wait(score: float | None, pending: float, given: bool) -> None:
    assert rules.may_publish(score, pending) is given


def test_roles() -> None:
    assert rules.may("student", "hand in")
    assert not rules.may("student", "mark")
    assert rules.may("assistant", "mark")
    assert not rules.may("assistant", "publish")
    assert rules.may("teacher", "publish")
    assert not rules.may(None, "see own")
    assert not rules.may("root", "see own")
    assert rules.sees_section("", "a") and rules.sees_section("a", "a") and not rules.sees_section("a", "b")
