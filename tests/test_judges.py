"""Judges: bounded, killable, replaced; what one does costs no other."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import judge_work
import psutil
import pytest
from class_kit import make_assignment

from grader.errors import JudgeError, RubricError, StorageError
from grader.pipeline import Bench, Cut, Judges, OverrunError, WorkError, open_judges, within_limits
from grader.pipeline import judges as judges_module
from grader.pipeline.mark import JudgingStep

T = TypeVar("T")


def with_judges(
    folder: Path, use: Callable[[Judges], Awaitable[T]], at_most: int = 2, memory_bytes: int = 200 << 20
) -> T:
    async def main() -> T:
        async with open_judges(
            folder, at_most=at_most, warm=[judge_work.warm], memory_bytes=memory_bytes
        ) as judges:
            return await use(judges)

    return asyncio.run(main())


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_assignment(tmp_path / "tiny")


def test_judges_hold_the_assignment_and_what_was_made_warm(tiny: Path) -> None:
    async def use(judges: Judges) -> None:
        held, made, pid = await judges.call(5, judge_work.what_is_held)
        assert (held, made) == ("tiny", ["tiny"])
        assert pid != os.getpid()
        assert await judges.call(5, judge_work.double, 21) == 42
        assert (await judges.call(5, judge_work.what_is_held))[2] == pid  # one is enough for one at a time

    with_judges(tiny, use)


@pytest.mark.parametrize(
    ("work", "reason", "place"),
    [
        (judge_work.one_long_call_into_c, "time", JudgingStep("reading", 3, 1)),
        (judge_work.eat, "memory", JudgingStep("judging")),
        (judge_work.crash, "crash", JudgingStep("")),
    ],
)
def test_what_goes_over_a_limit_is_ended_and_the_next_call_is_served(
    tiny: Path, work: Callable[..., None], reason: str, place: JudgingStep
) -> None:
    async def use(judges: Judges) -> None:
        began = time.monotonic()
        with pytest.raises(OverrunError) as over:
            await judges.call(0.3, work)
        assert (over.value.reason, over.value.place) == (reason, place)
        assert await judges.call(5, judge_work.double, 1) == 2
        assert time.monotonic() - began < 30

    with_judges(tiny, use, at_most=1)


def test_what_takes_no_processor_time_ends_too(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "_PATIENCE_S", 1.0)

    async def use(judges: Judges) -> None:
        await judges.call(5, judge_work.double, 1)
        with pytest.raises(OverrunError, match="time"):
            await judges.call(0.1, judge_work.sleep)

    with_judges(tiny, use)


def test_neighbours_notice_nothing(tiny: Path) -> None:
    async def use(judges: Judges) -> list[int | BaseException]:
        await judges.call(5, judge_work.double, 0)
        bad = [judges.call(0.2, judge_work.one_long_call_into_c) for _ in range(2)]
        good = [judges.call(5, judge_work.double, n) for n in range(50)]
        return await asyncio.gather(*bad, *good, return_exceptions=True)

    first, second, *others = with_judges(tiny, use)
    assert isinstance(first, OverrunError)
    assert isinstance(second, OverrunError)
    assert others == [2 * n for n in range(50)]


def test_a_fault_of_ours_comes_back_with_its_traceback(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_here(bench: Bench) -> None: ...

    only_here.__module__, only_here.__qualname__ = "judge_work", "only_here"
    monkeypatch.setattr(judge_work, "only_here", only_here, raising=False)

    async def use(judges: Judges) -> None:
        with pytest.raises(WorkError, match="ValueError: not so") as fault:
            await judges.call(5, judge_work.fail)
        assert "judge_work.py" in fault.value.trace
        with pytest.raises(WorkError, match="only_here"):
            await judges.call(5, judge_work.only_here)
        with pytest.raises(StorageError, match="the disk is full"):
            await judges.call(5, judge_work.no_disk)

    with_judges(tiny, use)


def test_a_cancelled_call_leaves_no_judge_and_the_loop_is_free(tiny: Path) -> None:
    async def use(judges: Judges) -> None:
        _, _, pid = await judges.call(5, judge_work.what_is_held)
        call = asyncio.ensure_future(judges.call(60, judge_work.one_long_call_into_c))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert time.monotonic() - began < 1
        assert await judges.call(5, judge_work.double, 3) == 6
        assert not psutil.pid_exists(pid)

    with_judges(tiny, use, at_most=1)


def test_nothing_is_left_when_they_are_closed(tiny: Path) -> None:
    async def use(judges: Judges) -> tuple[int, asyncio.Future[None]]:
        _, _, pid = await judges.call(5, judge_work.what_is_held)
        call = asyncio.ensure_future(judges.call(60, judge_work.one_long_call_into_c))
        await asyncio.sleep(0.2)
        return pid, call

    began = time.monotonic()
    pid, _ = with_judges(tiny, use)
    assert time.monotonic() - began < 20
    assert ended(pid)


def test_judges_die_with_the_grader(tiny: Path) -> None:
    """Killed by SIGKILL, it can't tell them."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:

        async def use(judges: Judges) -> None:
            _, _, pid = await judges.call(5, judge_work.what_is_held)
            os.write(writer, str(pid).encode())
            await judges.call(600, judge_work.one_long_call_into_c)

        with_judges(tiny, use)
        os._exit(0)
    pid = int(os.read(reader, 100))
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert ended(pid)


def ended(pid: int) -> bool:
    end = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_a_judge_that_has_grown_is_replaced_and_no_other(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "_GROWN_BYTES", 4_000_000)

    async def use(judges: Judges) -> None:
        for n in range(300):
            await judges.call(5, judge_work.double, n)
            pids.append((await judges.call(5, judge_work.what_is_held))[2])
        assert len(set(pids)) == 1
        for n in range(12):
            await judges.call(5, judge_work.grow, n)
            _, made, pid = await judges.call(5, judge_work.what_is_held)
            assert len(made) <= 5
            pids.append(pid)

    pids: list[int] = []
    with_judges(tiny, use, at_most=1)
    assert len(set(pids)) > 2


def test_what_is_wrong_with_the_assignment_is_said(tiny: Path) -> None:
    (tiny / "canonical.py").write_text("1 / 0")
    with pytest.raises(RubricError, match="ZeroDivisionError"):
        with_judges(tiny, lambda judges: judges.call(5, judge_work.double, 1))


def test_a_nursery_that_does_not_start_is_our_fault(tiny: Path) -> None:
    (tiny / "canonical.py").write_text("import os\nos._exit(3)")
    with pytest.raises(JudgeError, match="no judge could be started"):
        with_judges(tiny, lambda judges: judges.call(5, judge_work.double, 1))


@pytest.mark.parametrize(
    ("at", "cut"),
    [
        ("reading", Cut(unread=(2, 5))),
        ("judging", Cut(judged=False)),
        ("comparing", Cut(compared=False)),
        ("showing", Cut(shown=False)),
        ("reading judging", Cut(unread=(2, 5), judged=False)),
        ("reading judging showing", Cut(judged=False, compared=False, shown=False)),
        ("", Cut()),
    ],
)
def test_what_met_a_limit_is_left_out_and_the_rest_done_again(tiny: Path, at: str, cut: Cut) -> None:
    found = with_judges(tiny, lambda judges: within_limits(judges, judge_work.give_up, at))
    assert found.value == cut
    assert len(found.overruns) == len(at.split())
