"""Head and workers through a real RabbitMQ: what users have."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.exceptions import AMQPError
from class_kit import command_line
from cluster_worker import MACHINE
from rabbit_kit import PYTHON, SUBMISSIONS, Graded, Rabbit, reports, running, worker

from grader.cluster.head import Name, open_head
from grader.cluster.messages import Hello, read
from grader.execute import Job
from grader.models import Cell, Execution

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    with running(tmp_path_factory.mktemp("rabbit")) as found:
        yield found


def grade(uploads: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*PYTHON, "grade", str(uploads), "--out", str(out), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


# --------------------------------------------------------------------------- the logins


async def _refused(url: str, action: Callable[[Any], Awaitable[Any]]) -> bool:
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=False)
        try:
            await action(channel)
        except AMQPError as error:
            assert "ACCESS_REFUSED" in str(error), error
            return True
        return False


MESSAGE = aio_pika.Message(b"x")


async def _publish(channel: Any, exchange: str, key: str) -> None:
    where = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    await where.publish(MESSAGE, key)


async def _queue(channel: Any, name: str) -> Any:
    return await channel.get_queue(name, ensure=False)


FORBIDDEN: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "a queue of its own": lambda c: c.declare_queue("mine"),
    "a queue without a name": lambda c: c.declare_queue("", exclusive=True),
    "an exchange of its own": lambda c: c.declare_exchange("mine"),
    "writing to any queue by name": lambda c: _publish(c, "", "jobs"),
    "writing tasks": lambda c: _publish(c, "jobs", ""),
    "writing elsewhere": lambda c: _publish(c, "amq.topic", "x"),
    "reading what others sent": lambda c: _then(_queue(c, "executions.h"), lambda q: q.get(fail=False)),
    "listening to what others send": lambda c: _then(_queue(c, "executions.h"), lambda q: q.consume(print)),
    "emptying what others sent": lambda c: _then(_queue(c, "executions.h"), lambda q: q.purge()),
    "a copy of the tasks": lambda c: _then(_queue(c, "executions.h"), lambda q: q.bind("jobs", "")),
    "a copy of the answers": lambda c: _then(_queue(c, "jobs"), lambda q: q.bind("executions", "#")),
    "deleting the tasks": lambda c: c.queue_delete("jobs"),
    "deleting the exchange": lambda c: c.exchange_delete("executions"),
}


async def _then(first: Awaitable[Any], action: Callable[[Any], Awaitable[Any]]) -> Any:
    return await action(await first)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_a_workers_login_is_refused_everywhere_else(rabbit: Rabbit, what: str) -> None:
    async def run() -> bool:
        async with await aio_pika.connect(rabbit.head) as connection:
            channel = await connection.channel()
            await channel.declare_queue("executions.h", auto_delete=True)
            return await _refused(rabbit.worker, FORBIDDEN[what])

    assert asyncio.run(run())


def test_a_workers_login_may_read_tasks_and_write_answers(rabbit: Rabbit) -> None:
    async def both(channel: Any) -> None:
        await (await _queue(channel, "jobs")).get(fail=False)
        await _publish(channel, "executions", "nobody")

    assert not asyncio.run(_refused(rabbit.worker, both))


@pytest.mark.parametrize("login", ["guest:guest", "worker:wrong", "head:"])
def test_nobody_else_comes_in(rabbit: Rabbit, login: str) -> None:
    url = f"amqp://{login}@127.0.0.1:{rabbit.port}/grader"
    done = command_line(Path.cwd(), "worker", "--broker", url)
    assert done.code == 3
    assert "refuses this login" in done.err
    assert "wrong" not in done.err


def test_a_worker_can_not_be_a_head(rabbit: Rabbit, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command_line(
        tmp_path, "grade", SUBMISSIONS, "--out", out, "--broker", rabbit.worker, "--only", "li_wei*"
    )
    assert done.code == 3
    assert "use the head's login" in done.out + done.err


# --------------------------------------------------------------------------- a class


def test_two_workers_grade_a_class_as_this_machine_does(
    rabbit: Rabbit, tmp_path: Path, graded_here: Graded
) -> None:
    logs = [tmp_path / "1.txt", tmp_path / "2.txt"]
    with (
        worker(rabbit.worker, logs[0], "--jobs", "1"),
        worker(rabbit.worker, logs[1], "--jobs", "1"),
    ):
        deadline = time.monotonic() + 120
        while not all("connected to" in log.read_text() for log in logs) and time.monotonic() < deadline:
            time.sleep(0.1)
        done = grade(graded_here.uploads, tmp_path / "out", "--broker", rabbit.head)
    assert "8 of 8 graded" in done.stdout, done.stdout + done.stderr
    assert len(graded_here.reports) == 8
    assert reports(tmp_path / "out") == graded_here.reports
    assert done.stdout.count(" works") == 2
    for log in logs:
        assert "stopped; " in log.read_text()
        assert "stopped; 0 done" not in log.read_text()


def test_a_worker_leaves_when_nothing_comes(rabbit: Rabbit, tmp_path: Path) -> None:
    started = time.monotonic()
    with worker(rabbit.worker, tmp_path / "w.txt", "--until-idle", "1") as process:
        assert process.wait(60) == 0
    assert time.monotonic() - started < 60
    assert "nothing to do for 1 s" in (tmp_path / "w.txt").read_text()


def test_a_stopped_worker_finishes_what_runs(rabbit: Rabbit, tmp_path: Path) -> None:
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {
                "cell_type": "code",
                "id": "a",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": "import time; time.sleep(4); print(1)",
            }
        ],
    }
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "slow.ipynb").write_text(json.dumps(notebook))
    command = [*PYTHON, "grade", str(uploads), "--out", str(tmp_path / "out"), "--broker", rabbit.head]
    log = tmp_path / "w.txt"
    head = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        with worker(rabbit.worker, log, "--jobs", "2") as process:
            asyncio.run(_holds(rabbit, 2))
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        out, _ = head.communicate(timeout=120)
    finally:
        head.kill()
        head.wait()
    assert "1 of 1 graded" in out
    assert "stopped; 2 done" in log.read_text()


async def _holds(rabbit: Rabbit, tasks: int) -> None:
    """Wait until a worker says that it has so many tasks."""
    async with asyncio.timeout(120), await aio_pika.connect(rabbit.head) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("workers.test", auto_delete=True)
        await channel.declare_exchange("executions", "topic", durable=True)
        await queue.bind("executions", "workers")
        async with queue.iterator() as messages:
            async for message in messages:
                if len(read(Hello, message.body).held) == tasks:
                    return


# --------------------------------------------------------------------------- what ends its worker


class Crew:
    """Workers without kernels; each that ends is followed by another."""

    def __init__(self, rabbit: Rabbit, folder: Path, count: int, jobs: int) -> None:
        self._command = [
            sys.executable,
            str(Path(__file__).with_name("cluster_worker.py")),
            rabbit.worker,
            str(jobs),
        ]
        self._log = (folder / "crew.txt").open("ab")
        self._processes = [self._start() for _ in range(count)]
        self.ended = 0

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=self._log, stderr=self._log)

    async def keep(self) -> None:
        while True:
            for place, process in enumerate(self._processes):
                if process.poll() is not None:
                    self.ended += 1
                    self._processes[place] = self._start()
            await asyncio.sleep(0.05)

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()


def test_what_ends_its_workers_is_named_and_nobody_beside_it(rabbit: Rabbit, tmp_path: Path) -> None:
    """Two that end their workers among forty that do not, four at a time on each of two workers."""
    deadly = {7, 23}

    def job(number: int) -> Job:
        source = f"# {number}" if number not in deadly else "end the worker"
        cells = (Cell(index=0, kind="code", source=source), Cell(index=1, kind="code", source="sleep 0.2"))
        return Job(cells if number not in deadly else (cells[1], cells[0]))

    async def run(crew: Crew) -> list[Execution]:
        async with open_head(rabbit.head, Name.new(), MACHINE, "base", lambda _: None) as head:
            keeping = asyncio.create_task(crew.keep())
            try:
                async with asyncio.timeout(120):
                    return await asyncio.gather(*(head.run(job(n)) for n in range(40)))
            finally:
                keeping.cancel()

    crew = Crew(rabbit, tmp_path, count=2, jobs=4)
    try:
        done = asyncio.run(run(crew))
    finally:
        crew.close()
    statuses = {n: e.status for n, e in enumerate(done)}
    assert statuses == {n: "sandbox_error" if n in deadly else "ok" for n in range(40)}
    assert all(done[n].outputs[0].text == f"# {n}" for n in range(40) if n not in deadly)
    assert "3 times beside others and 3 times alone" in done[7].message
    assert crew.ended <= 12, "each was tried six times at most"


def test_the_queue_may_be_emptied_and_nothing_is_lost(rabbit: Rabbit, tmp_path: Path) -> None:
    async def run() -> list[Execution]:
        async with open_head(rabbit.head, Name.new(), MACHINE, "base", lambda _: None) as head:
            jobs = [Job((Cell(index=0, kind="code", source=f"# {n}"),)) for n in range(10)]
            waiting = asyncio.gather(*(head.run(job) for job in jobs))
            await asyncio.sleep(1)
            async with await aio_pika.connect(rabbit.worker) as connection:
                queue = await (await connection.channel()).get_queue("jobs", ensure=False)
                assert (await queue.purge()).message_count == 10
            crew = Crew(rabbit, tmp_path, count=1, jobs=4)
            try:
                async with asyncio.timeout(90):
                    return list(await waiting)
            finally:
                crew.close()

    assert [e.outputs[0].text for e in asyncio.run(run())] == [f"# {n}" for n in range(10)]
