"""The queue in the database: order, leases, what a lost worker costs; the same in both databases."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from service_kit import World
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from grader.errors import StorageError
from grader.service import runs, worker
from grader.service.tables import CourseAssignment, Run, Upload


def take(world: World, worker: str = "w", *, busy: bool = False) -> runs.Held | None:
    with world.database.writing() as session:
        return runs.take(session, worker, world.clock(), busy=busy)


def state(world: World, id: int) -> Run:
    with world.database.reading() as session:
        found = session.get(Run, id)
        assert found is not None
        return found


def finish(world: World, worker: str, id: int, outcome: str = "done") -> bool:
    with world.database.writing() as session:
        return runs.finish(session, worker, id, runs.Outcome(outcome, "why"), world.clock())


def test_checks_come_first_and_ten_uploads_of_one_delay_others_by_two_runs(world: World) -> None:
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    for _ in range(10):
        anna.hand_in()
    bea.hand_in()
    order = world.work()
    with world.database.reading() as session:
        who = {u.id: (u.person_id, u.number) for u in session.scalars(select(Upload))}
    first = [(who[h.upload_id], h.kind) for h in order[:4]]
    assert sorted(first[:2]) == [((1, 6), "check"), ((2, 1), "check")] or first[0][1] == "check"
    assert {k for _, k in first} == {"check", "grade"}
    assert (2, 1) in {w for w, _ in first}
    assert len(order) == 6 + 10 + 2


def test_a_run_is_one_workers_however_many_look(world: World) -> None:
    for n in range(8):
        world.person("student", f"S{n}").hand_in()
    taken: list[int] = []

    def work(name: str) -> None:
        while (held := take(world, name)) is not None:
            taken.append(held.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 16


def test_a_lost_workers_run_is_anybodys_after_its_lease_or_at_once(world: World) -> None:
    world.person("student", "Anna").hand_in()
    held = take(world, "a")
    assert held
    other = take(world, "b")
    assert other and other.id != held.id and take(world, "b") is None
    world.clock.forward(seconds=15)
    with world.database.writing() as session:
        runs.renew(session, "b", [other.id], world.clock())
    world.clock.forward(seconds=10)
    again = take(world, "b")
    assert again and again.id == held.id
    assert not finish(world, "a", held.id), "what the lost one brings late does not count"
    assert finish(world, "b", held.id)
    with world.database.writing() as session:
        assert runs.release(session, ["b"], world.clock()) == 1
    assert state(world, other.id).state == "queued"


def test_the_third_time_alone_then_stuck_and_a_teacher_can_try_again(world: World) -> None:
    world.person("student", "Anna").hand_in()
    ids = set()
    for attempt in range(3):
        held = take(world, "w")
        assert held
        ids.add(held.id)
        assert held.alone is (attempt == 2)
        if attempt == 1:
            world.clock.forward(seconds=60)  # lost
        elif attempt == 0:
            finish(world, "w", held.id, "failed")
        else:
            finish(world, "w", held.id, "failed")
    assert len(ids) == 1
    (id,) = ids
    assert (state(world, id).state, state(world, id).message) == ("stuck", "why")
    with world.database.writing() as session:
        runs.unstick(session, [id], world.clock())
    assert state(world, id).state == "queued"


def test_what_failed_before_waits_for_a_worker_that_has_nothing_else(world: World) -> None:
    world.person("student", "Anna").hand_in()
    with world.database.writing() as session:
        for run in session.scalars(select(Run)):
            run.tries = 2
    assert take(world, busy=True) is None
    held = take(world, busy=False)
    assert held and held.alone


def test_three_lost_workers_stick_it(world: World) -> None:
    world.person("student", "Anna").hand_in()
    with world.database.writing() as session:
        for run in session.scalars(select(Run)):
            run.tries, run.state, run.worker = 3, "running", "gone"
            run.lease = world.clock() - timedelta(seconds=1)
    assert take(world) is None and take(world) is None
    with world.database.reading() as session:
        assert {r.state for r in session.scalars(select(Run))} == {"stuck"}
        assert runs.queue(session, world.clock()).stuck == 2


def test_given_back_in_order_costs_no_try(world: World) -> None:
    world.person("student", "Anna").hand_in()
    held = take(world)
    assert held
    with world.database.writing() as session:
        runs.give_back(session, "w", held.id, world.clock())
    assert (state(world, held.id).state, state(world, held.id).tries) == ("queued", 0)


def test_a_lease_of_a_clock_that_jumped_back_holds_nothing(world: World) -> None:
    world.person("student", "Anna").hand_in()
    held = take(world, "a")
    assert held
    world.clock.forward(seconds=-20)  # as two machines' clocks may differ
    other = take(world, "b")
    assert other and other.id != held.id and take(world, "b") is None
    world.clock.forward(hours=-1)
    assert {take(world, "c"), take(world, "c")} != {None}


def test_what_is_stuck_elsewhere_is_no_alarm_here(world: World) -> None:
    world.person("student", "Anna").hand_in()
    with world.database.writing() as session:
        for run in session.scalars(select(Run)):
            runs.stick(run, "why", world.clock())
        assignment = session.scalars(select(CourseAssignment)).one()
        assert runs.queue(session, world.clock(), assignment.id).stuck == 2
        assert runs.queue(session, world.clock(), assignment.id + 1).stuck == 0


def test_a_worker_waits_while_the_disk_is_full_and_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_AWAY_S", 0.0)
    faults: list[Exception] = [StorageError("full"), OSError("read-only"), DBAPIError("", {}, ValueError())]

    def act() -> str:
        if faults:
            raise faults.pop()
        return "kept"

    def never() -> None:
        raise OSError("away")

    async def both() -> None:
        stopping = asyncio.Event()
        assert await worker.waited_for(act, stopping) == "kept" and not faults
        asyncio.get_running_loop().call_later(0.05, stopping.set)
        with pytest.raises(worker.EndedError):
            await worker.waited_for(never, stopping)

    asyncio.run(both())
