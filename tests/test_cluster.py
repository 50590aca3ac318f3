"""Head and workers on the in-memory broker: what each makes of what the other sends."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import pickle
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from faststream.rabbit import TestRabbitBroker
from hypothesis import given
from hypothesis import strategies as st

from grader.cluster import broker as brokers
from grader.cluster import head as heads
from grader.cluster import logins, messages
from grader.cluster.broker import executions_exchange, jobs_exchange
from grader.cluster.files import FileCache, Lent
from grader.cluster.handshake import Machine, fits, refusal
from grader.cluster.head import Head, Name, State
from grader.cluster.messages import (
    FileWanted,
    Hello,
    MachineIdentity,
    Malformed,
    Task,
    TaskFile,
    WorkerReply,
    read,
    write,
)
from grader.cluster.received import sound
from grader.cluster.worker import Worker, _Turns, rest_s
from grader.commands.progress import AWAY, NOBODY, Hand, _Lines
from grader.errors import OperationError, UsageError
from grader.execute import Job, Limits
from grader.models import (
    AttachedFile,
    Cell,
    CellError,
    Execution,
    Isolation,
    Output,
    Refusal,
    Usage,
    verbatim,
)

HERE = Machine("1" * 64, "2" * 64, "3.11.2 (main) x86_64", ("numpy==2.0", "torch==2.6.0"))
CELLS = (
    Cell(index=0, kind="markdown", source="I am Anna", stored=""),
    Cell(index=1, kind="code", source="print(1)", stored="2"),
)
RAN = Execution(
    status="ok",
    outputs=(Output(cell=1, index=0, kind="stdout", text="1\n"),),
    isolation=Isolation(tier="base"),
    wall_s=0.1,
)


class Kernels:
    """A runner without kernels. answers: in turn; the last one again and again."""

    def __init__(self, *answers: Execution | Exception) -> None:
        self.answers = list(answers) or [RAN]
        self.jobs: list[Job] = []
        self.contents: list[dict[str, bytes]] = []

    async def run(self, job: Job) -> Execution:
        self.jobs.append(job)
        self.contents.append({f.name: Path(f.source).read_bytes() for f in job.files})
        answer = self.answers[min(len(self.jobs), len(self.answers)) - 1]
        await asyncio.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Cluster:
    """A head and a worker. taken: tasks as they were sent. Without the worker nobody takes them."""

    head: Head
    worker: Worker
    kernels: Kernels
    said: list[str]
    states: list[State] = field(default_factory=list)
    taken: list[Task] = field(default_factory=list)

    async def answer(self, body: bytes, **properties: Any) -> None:
        """What a worker, or somebody with its login, can send."""
        await self.worker.broker.publish(
            body, exchange=executions_exchange, routing_key=self.head.name.id, **properties
        )

    async def settled(self) -> None:
        """Until nothing goes on beside `run` any more."""
        for _ in range(5):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def cluster(
    folder: Path,
    *answers: Execution | Exception,
    machine: Machine = HERE,
    name: Name | None = None,
    taking: bool = True,
) -> AsyncIterator[Cluster]:
    kernels, said, states = Kernels(*answers), [], []
    ours, theirs = brokers.make("amqp://h:p@x/v"), brokers.make("amqp://w:p@x/v")
    head = Head(ours, name or Name.new(), HERE, "base", states.append)
    folder.mkdir(parents=True, exist_ok=True)
    worker = Worker(theirs, machine, kernels, "base", 2, folder, said.append)
    found = Cluster(head, worker, kernels, said, states)

    async def note(message: Any) -> None:
        found.taken.append(read(Task, message.body))

    watcher = theirs.subscriber(
        brokers.passing_queue("watch", ""), jobs_exchange, decoder=brokers.whole, no_reply=True
    )
    watcher(note)
    async with TestRabbitBroker(ours, theirs, connect_only=False):
        if taking:
            await worker._consume()
        yield found
        await head.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


# --------------------------------------------------------------------------- a job's way


def test_a_job_runs_on_a_worker_and_its_execution_comes_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path) as c:
            job = Job(CELLS, prelude="seed = 1", limits=Limits(cell_s=3), folder="a/b")
            assert await c.head.run(job) == RAN
            (there,) = c.kernels.jobs
            assert (there.prelude, there.limits, there.folder) == (job.prelude, job.limits, job.folder)
            assert c.worker.done == 1

    run(test)


def test_nothing_travels_that_a_run_does_not_need(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path) as c:
            await c.head.run(Job(CELLS))
            assert [cell.source for cell in c.kernels.jobs[0].cells] == ["", "print(1)"]
            assert [cell.stored for cell in c.kernels.jobs[0].cells] == ["", ""]

    run(test)


def test_files_travel_once_by_what_they_hold(tmp_path: Path) -> None:
    large = bytes(range(256)) * (messages.CHUNK_BYTES // 256 * 2 + 3)
    files = []
    for name, content in (("data/large.bin", large), ("empty.txt", b""), ("same.bin", large)):
        path = tmp_path / hashlib.sha256(name.encode()).hexdigest()
        path.write_bytes(content)
        files.append(AttachedFile(name=name, source=str(path), size=len(content)))

    async def test() -> None:
        async with cluster(tmp_path / "shelf") as c:
            asked = []
            chunk = c.head._lent.chunk
            c.head._lent.chunk = lambda s, o: asked.append(o) or chunk(s, o)  # type: ignore[method-assign,func-returns-value]
            for _ in range(2):
                await c.head.run(Job(CELLS, files=tuple(files)))
            assert c.kernels.contents == [{f.name: Path(f.source).read_bytes() for f in files}] * 2
            assert asked == [0, messages.CHUNK_BYTES, 2 * messages.CHUNK_BYTES]

    run(test)


def test_a_file_that_is_gone_is_our_fault_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"1")

    async def test() -> None:
        async with cluster(tmp_path / "shelf") as c:
            with pytest.raises(OperationError, match=r"'g' can't be read"):
                await c.head.run(
                    Job(CELLS, files=(AttachedFile(name="g", source=str(tmp_path / "g"), size=1),))
                )
            c.head._lent.chunk = lambda *_: b""  # type: ignore[method-assign]
            done = await c.head.run(Job(CELLS, files=(AttachedFile(name="f", source=str(path), size=1),)))
            assert done.status == "sandbox_error"
            assert "did not come whole" in done.message
            assert not c.kernels.jobs

    run(test)


def test_a_head_lends_only_what_its_tasks_name(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"solution")
    assert Lent().chunk(hashlib.sha256(b"solution").hexdigest(), 0) == b""


def test_a_shelf_takes_no_other_content_and_makes_room(tmp_path: Path) -> None:
    contents = {hashlib.sha256(c).hexdigest(): c for c in (b"aaaa", b"bbbb")}
    (first, second) = (TaskFile(name="x", sha256=s, size=4) for s in contents)

    async def fetch(sha256: str, offset: int) -> bytes:
        return contents[sha256][offset:]

    async def wrong(sha256: str, offset: int) -> bytes:
        return b"cccc"[offset:]

    async def test() -> None:
        shelf = FileCache(tmp_path, most=5)
        with pytest.raises(OperationError, match="another content"):
            async with shelf.hold([first], wrong):
                pass
        async with shelf.hold([first], fetch), shelf.hold([second], fetch) as (file,):
            assert Path(file.source).read_bytes() == b"bbbb"
            assert len(list(tmp_path.iterdir())) == 2, "what is used stays"
        assert len(list(tmp_path.iterdir())) == 1

    run(test)


def test_two_students_may_hand_in_the_same_notebook(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path) as c:
            both = await asyncio.gather(c.head.run(Job(CELLS)), c.head.run(Job(CELLS)))
            assert both == [RAN, RAN]
            assert len({task.id for task in c.taken}) == 2

    run(test)


# --------------------------------------------------------------------------- nothing lost, nothing doubled


def test_the_first_answer_counts(tmp_path: Path) -> None:
    other = RAN.model_copy(update={"wall_s": 9.0})

    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            for execution in (RAN, other, RAN):
                await c.answer(write(_answer(c.taken[0], execution)))
            assert await waiting == RAN

    run(test)


def test_a_head_that_was_killed_finds_the_answers_to_its_last_tasks(tmp_path: Path) -> None:
    name = Name.new()

    async def test() -> None:
        async with cluster(tmp_path, name=name, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            waiting.cancel()
            (task,) = c.taken
        async with cluster(tmp_path, name=name, taking=False) as c:
            await c.answer(write(_answer(task, RAN)))
            assert await c.head.run(Job(CELLS)) == RAN
            assert not c.taken
        async with cluster(tmp_path, name=Name.new(), taking=False) as c:
            await c.answer(write(_answer(task, RAN)))
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            assert len(c.taken) == 1, "another secret, another id"
            waiting.cancel()

    run(test)


def test_what_nobody_has_any_more_is_sent_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            now = time.monotonic()
            c.head._send_what_is_missing(now + heads._MISSING_S - 1)
            await c.settled()
            assert len(c.taken) == 1
            c.worker._held[c.taken[0].id] = None  # type: ignore[assignment]
            await c.worker._hello()
            c.head._send_what_is_missing(time.monotonic() + heads._MISSING_S - 1)
            await c.settled()
            assert len(c.taken) == 1, "a worker has it"
            c.head._send_what_is_missing(now + 3 * heads._MISSING_S)
            await c.settled()
            assert [t.id for t in c.taken] == [c.taken[0].id] * 2
            await c.answer(write(_answer(c.taken[1], RAN)))
            assert await waiting == RAN

    run(test)


# --------------------------------------------------------------------------- what ends its workers


def _dead(reason: str = "delivery_limit") -> dict[str, Any]:
    return {"x-death": [{"reason": reason}], "x-first-death-reason": reason}


def test_what_ends_its_workers_runs_alone_and_only_then_is_our_fault(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            beside = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            for task in c.taken.copy():  # both were held when the worker ended
                await c.answer(write(task), correlation_id=task.id, headers=_dead())
            await c.settled()
            alone = [t for t in c.taken if t.alone]
            assert len(alone) == 1, "one at a time"
            await c.answer(write(alone[0]), correlation_id=alone[0].id, headers=_dead())
            done = await waiting
            assert done.status == "sandbox_error"
            assert "3 times alone" in done.message
            await c.settled()
            innocent = c.taken[-1]
            assert innocent.alone
            assert innocent.id != alone[0].id
            await c.answer(write(_answer(innocent, RAN)))
            assert await beside == RAN

    run(test)


def test_whoever_runs_alone_runs_beside_nobody() -> None:
    log: list[str] = []

    async def one(turns: _Turns, name: str, alone: bool) -> None:
        async with turns.turn(alone):
            log.append(f"+{name}")
            await asyncio.sleep(0.01)
            log.append(f"-{name}")

    async def test() -> None:
        turns = _Turns()
        await asyncio.gather(
            one(turns, "a", False), one(turns, "b", False), one(turns, "c", True), one(turns, "d", False)
        )
        assert log[:4] == ["+a", "+b", "-a", "-b"]
        assert log[4:] == ["+c", "-c", "+d", "-d"]

    run(test)


def test_a_second_lonely_task_goes_back_without_being_counted(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            await c.worker._consume()
            async with c.worker._turns.turn(True):
                task = _task(c.head, alone=True)
                await c.worker.broker.publish(write(task), exchange=jobs_exchange)
                assert not c.kernels.jobs
            assert c.head._early[task.id][1].outcome == "returned"

    run(test)


# --------------------------------------------------------------------------- faults, ours and others'


def test_what_fails_on_a_worker_is_tried_again_elsewhere(tmp_path: Path) -> None:
    broken = Execution(
        status="sandbox_error",
        message="no kernel",
        said=verbatim("no kernel"),
        isolation=Isolation(tier="base"),
    )

    async def test() -> None:
        async with cluster(tmp_path, broken, RuntimeError("disk full"), RAN) as c:
            assert await c.head.run(Job(CELLS)) == RAN
        async with cluster(tmp_path, RuntimeError("disk full")) as c:
            done = await c.head.run(Job(CELLS))
            assert done.status == "sandbox_error"
            assert "tried 3 times" in done.message
            assert "disk full" in done.message

    run(test)


def test_a_broken_worker_uses_up_nobodys_tries(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, *[OSError("no space left")] * 5, RAN) as c:
            await c.head._on_hello(_Message(write(_hello())))  # type: ignore[arg-type]
            assert await c.head.run(Job(CELLS)) == RAN  # at the sixth try, as it happens by the same worker
            assert len(c.kernels.jobs) == 6

    run(test)


def test_a_worker_that_fails_rests_longer_each_time_until_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests = [rest_s(n) for n in range(30)]
    assert rests[0] == 0 and rests == sorted(rests) and rests[1] < 1 and rests[-1] == rests[12] == 30
    slept: list[float] = []
    monkeypatch.setattr("grader.cluster.worker.rest_s", lambda n: slept.append(n) or 0.0)

    async def test() -> None:
        full = OSError("no space left")
        async with cluster(tmp_path, full, full, RAN, full, RAN) as c:
            for _ in range(2):
                assert await c.head.run(Job(CELLS)) == RAN
            await c.settled()

    run(test)
    assert slept == [1, 2, 0, 1, 0]


BOMB = gzip.compress(b" " * (messages.MOST_PLAIN_BYTES + 1), 9)
HOSTILE = {
    "no gzip": b"hello",
    "nothing": b"",
    "a pickle": pickle.dumps({"id": "1"}),
    "half of a message": gzip.compress(b"{}" * 100)[:-9],
    "two messages": gzip.compress(b"{}") * 2,
    "a bomb": BOMB,
    "no JSON": gzip.compress(b"\xff\x00"),
    "another record": write(FileWanted(sha256="a" * 64, offset=0)),
    "deep JSON": gzip.compress(b"[" * 100_000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_malformed_answer_costs_only_itself(tmp_path: Path, what: str) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            await c.answer(HOSTILE[what], correlation_id="unknown")
            assert len(c.taken) == 1
            await c.answer(HOSTILE[what], correlation_id=c.taken[0].id)
            await c.settled()
            assert len(c.taken) == 2, "it is tried again"
            await c.answer(write(_answer(c.taken[1], RAN)))
            assert await waiting == RAN

    run(test)


@pytest.mark.parametrize("what", HOSTILE)
def test_a_worker_hands_back_what_is_no_task(tmp_path: Path, what: str) -> None:
    async def test() -> None:
        async with cluster(tmp_path) as c:
            c.taken.append(_task(c.head))
            await c.worker._take(_Message(HOSTILE[what]))  # type: ignore[arg-type]
            assert not c.kernels.jobs
            assert "no task" in c.said[-1]

    run(test)


class _Message:
    def __init__(self, body: bytes, reply_to: str = "") -> None:
        self.body, self.reply_to, self.correlation_id = body, reply_to, ""
        self.headers: dict[str, Any] = {}
        self.rejected = self.acknowledged = False

    async def reject(self) -> None:
        self.rejected = True

    async def ack(self) -> None:
        self.acknowledged = True


def test_a_worker_can_not_make_a_head_write_where_it_likes(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path) as c:
            sent: list[str] = []

            async def publish(*_: Any, routing_key: str, **__: Any) -> None:
                sent.append(routing_key)

            c.head.broker.publish = publish  # type: ignore[method-assign,assignment]
            hello = write(_hello())
            for to in ("jobs", "executions.other", "", "amq.rabbitmq.reply-to"):
                await c.head._on_hello(_Message(hello, to))  # type: ignore[arg-type]
            assert sent == []
            await c.head._on_hello(_Message(hello, "amq.rabbitmq.reply-to.g1.x"))  # type: ignore[arg-type]
            assert sent == ["amq.rabbitmq.reply-to.g1.x"]

    run(test)


UNSOUND = {
    "a cell of nobody": {"outputs": (Output(cell=7, index=0, kind="stdout", text="1"),)},
    "an output of a text cell": {"outputs": (Output(cell=0, index=0, kind="stdout", text="1"),)},
    "terminal escapes": {"outputs": (Output(cell=1, index=0, kind="stdout", text="\x1b[2J"),)},
    "a picture that is none": {"outputs": (Output(cell=1, index=0, kind="display", image="PHN2Zz4="),)},
    "an error of two lines": {"errors": (CellError(cell=1, name="E", message="a\nb"),)},
    "a status of no run": {"status": "unreadable"},
    "no number": {"wall_s": float("inf")},
    "less than nothing": {"usage": Usage(cpu_s=-1.0)},
    "a weaker cage": {"isolation": Isolation(tier="none")},
    "a cage of its own": {"isolation": Isolation(tier="best")},
    "stopped nowhere": {"stopped_at": 0},
    "interrupted nowhere": {"interrupted": (5,)},
    "refused nowhere": {"refusals": (Refusal(kind="time", about="", cell=0, effect="ended"),)},
    "two messages": {"message": "all right", "said": verbatim("all wrong")},
}


@pytest.mark.parametrize("what", UNSOUND)
def test_an_execution_that_can_not_be_one_is_not_taken(tmp_path: Path, what: str) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            forged = RAN.model_copy(update=UNSOUND[what])
            await c.answer(write(_answer(c.taken[0], forged)), correlation_id=c.taken[0].id)
            await c.settled()
            assert not waiting.done()
            assert len(c.taken) == 2
            waiting.cancel()

    run(test)


def test_an_answer_to_a_task_that_nobody_has_seen_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "_EARLY", 10)

    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            for number in range(30):
                await c.answer(write(_answer(_task(c.head), RAN, id=f"{number:064x}")))
            assert not waiting.done()
            assert len(c.head._early) == 10
            waiting.cancel()

    run(test)


# --------------------------------------------------------------------------- handshake

DIFFERENT = {
    "another grader": (replace(HERE, execution="5" * 64), "another version"),
    "another package": (
        replace(HERE, environment="5" * 64, packages=("numpy==2.0", "torch==2.7.0")),
        "torch 2.7.0 there, 2.6.0 here",
    ),
    "a package less": (replace(HERE, environment="5" * 64, packages=("numpy==2.0",)), "torch missing there"),
    "another Python": (
        replace(HERE, environment="5" * 64, interpreter="3.12.1 (x) aarch64"),
        "Python 3.12.1 on aarch64 there, Python 3.11.2 on x86_64 here",
    ),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_worker_that_differs_is_refused_and_told_why(tmp_path: Path, what: str) -> None:
    machine, why = DIFFERENT[what]

    async def test() -> None:
        async with cluster(tmp_path, machine=machine, taking=False) as c:
            with pytest.raises(OperationError, match="refused") as refused:
                await c.worker.work()
            assert why in str(refused.value)
            assert "install the same" in str(refused.value)
            (seen,) = c.head._workers.values()
            assert why in seen.refused

    run(test)


def test_a_worker_with_a_weaker_cage_is_refused() -> None:
    wanted = HERE.identity("namespaces")
    assert "up to base" in refusal(wanted, _hello(), HERE)
    assert not fits(wanted, HERE.identity("base"))
    assert fits(wanted, HERE.identity("full"))
    assert refusal(HERE.identity("base"), _hello(), HERE) == ""


def test_a_worker_never_runs_what_asks_for_another_machine(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, machine=replace(HERE, environment="5" * 64)) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            assert not c.kernels.jobs
            assert c.worker.stopping
            assert not waiting.done()
            waiting.cancel()

    run(test)


def test_what_an_unfit_worker_ran_is_not_kept(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            waiting = asyncio.create_task(c.head.run(Job(CELLS)))
            await c.settled()
            theirs = replace(HERE, environment="5" * 64).identity("base")
            await c.answer(write(_answer(c.taken[0], RAN).model_copy(update={"identity": theirs})))
            await c.settled()
            assert not waiting.done()
            assert len(c.taken) == 1, "not at once: the same worker may be the next to get it"
            await asyncio.sleep(0.3)
            await c.settled()
            assert len(c.taken) == 2
            waiting.cancel()

    run(test)


def test_a_worker_waits_for_a_head_and_leaves_when_nothing_comes(tmp_path: Path) -> None:
    async def test() -> None:
        async with cluster(tmp_path, taking=False) as c:
            await c.worker.work(until_idle=0.1)
            assert [w.worker for w in c.states[0].workers] == [c.worker.name], "shown at once"
            assert "a head takes this worker" in c.said[0]
            assert "nothing to do" in c.said[-1]

    run(test)


# --------------------------------------------------------------------------- messages, logins, words

TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXT, st.floats(0, 1e6), TEXT)
def test_what_is_written_is_read(text: str, seconds: float, html: str) -> None:
    output = Output(cell=1, index=0, kind="display", text=text, html=html)
    execution = Execution(status="ok", outputs=(output,), wall_s=seconds)
    answer = WorkerReply(
        id="a" * 64, worker="w", identity=HERE.identity("base"), outcome="ran", execution=execution
    )
    assert read(WorkerReply, write(answer)) == answer


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    for message in (body, gzip.compress(body)):
        with pytest.raises(Malformed):
            read(WorkerReply, message)


def test_half_a_character_is_refused_where_it_is_written() -> None:
    with pytest.raises(Malformed, match="can't be written"):
        write(_task_of(Cell(index=0, kind="code", source="'\ud800'")))


def test_the_largest_honest_run_fits_into_a_message() -> None:
    text = "\x7f\u2028é\U0001f600" * (Limits().output_bytes // 10)
    assert len(text.encode()) <= Limits().output_bytes
    execution = RAN.model_copy(update={"outputs": (Output(cell=1, index=0, kind="stdout", text=text),)})
    assert read(WorkerReply, write(_answer(_task_of(*CELLS), execution))).execution == execution


def test_sound_executions_are_left_as_they_are() -> None:
    assert sound(RAN, _task_of(*CELLS)) is RAN


def test_the_broker_is_named_by_a_url_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "worker.url"
    file.write_text("amqps://w:p%2F@h:5671/grader?cafile=ca.pem\n")
    found = brokers.address(str(file))
    assert found == f"amqps://w:p%2F@h:5671/grader?cafile={str(tmp_path / 'ca.pem').replace('/', '%2F')}"
    assert brokers.shown(found) == "amqps://h:5671/grader"
    for wrong in (str(tmp_path / "nothing"), "http://h/", "amqp://"):
        with pytest.raises(UsageError, match="--broker"):
            brokers.address(wrong)


def test_logins_are_made_once_and_stay(tmp_path: Path) -> None:
    place = logins.BrokerSite("b.example", "/etc/rabbitmq")
    logins.write(tmp_path, place)
    first = {p.name: p.read_text() for p in tmp_path.glob("*.url")}
    logins.write(tmp_path, place)
    assert first == {p.name: p.read_text() for p in tmp_path.glob("*.url")}
    assert (tmp_path / "worker.url").stat().st_mode & 0o077 == 0
    made = json.loads((tmp_path / "definitions.json").read_text())
    (worker,) = (p for p in made["permissions"] if p["user"] == "worker")
    assert (worker["configure"], worker["write"], worker["read"]) == ("^$", "^executions$", "^jobs$")
    for url in first.values():
        assert url.split(":")[2].partition("@")[0] not in (tmp_path / "definitions.json").read_text()


def test_tls_needs_all_its_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="all three"):
        logins.write(tmp_path, logins.BrokerSite("b", "/x", certificate="/x/cert.pem"))
    logins.write(
        tmp_path, logins.BrokerSite("b", "/x", certificate="/x/c", key="/x/k", authority="/x/ca.pem")
    )
    assert "listeners.tcp = none" in (tmp_path / "rabbitmq.conf").read_text()
    assert (tmp_path / "head.url").read_text().endswith("@b:5671/grader?cafile=ca.pem\n")


def test_a_log_says_who_came_and_who_left(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _Lines(1)
    for hands in (
        [],
        [],
        [Hand("a", "1 of 2 running")],
        [Hand("a", "2 of 2 running"), Hand("b", "", "another version")],
        None,
        None,
        [Hand("b", "", "another version")],
        [],
    ):
        lines.workers(hands)
    assert capsys.readouterr().out.splitlines() == [
        NOBODY,
        "worker a works",
        "worker b is refused: another version",
        AWAY,
        "the broker is back",
        "worker a is gone",
        "worker b is gone",
        NOBODY,
    ]


def test_a_worker_loads_neither_torch_nor_judge_nor_rubric() -> None:
    code = "import sys, grader.cluster.worker; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    rooms = ("torch", "rubric", "grader.judging", "grader.assignment", "grader.report", "grader.batch")
    assert not [m for m in loaded if m.startswith(rooms)]


def test_without_a_broker_nothing_of_it_is_loaded() -> None:
    code = "import sys, grader.commands.grade, grader.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not [m for m in done.stdout.split() if m.startswith(("faststream", "aio_pika", "grader.cluster"))]


# --------------------------------------------------------------------------- records


def _answer(task: Task, execution: Execution, id: str = "") -> WorkerReply:
    return WorkerReply(
        id=id or task.id,
        worker="w:1",
        identity=HERE.identity("base"),
        outcome="ran",
        execution=execution,
    )


def _task(head: Head, alone: bool = False) -> Task:
    return head._named(*head._task(Job(CELLS))).model_copy(update={"alone": alone})


def _task_of(*cells: Cell) -> Task:
    wanted: MachineIdentity = HERE.identity("base")
    return Task(id="a" * 64, head="b" * 32, wanted=wanted, cells=cells, limits=Limits())


def _hello() -> Hello:
    return Hello(
        worker="w:1",
        identity=HERE.identity("base"),
        interpreter=HERE.interpreter,
        packages=HERE.packages,
        jobs=2,
    )
