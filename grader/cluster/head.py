"""The head: hands jobs to workers through the broker, and takes back what came out of them.

The head keeps the truth. A task is done when a sound answer of a fitting worker is here; until then it
is somewhere, and wherever it got lost it is sent again:

- its worker was killed: the broker hands it out again, three times in all, and then gives it back here.
  Then it is sent once more, to run alone, one at a time; what ends its workers there three times more is
  `sandbox_error`. What was merely held beside it never is: it gets those tries alone as well.
- it failed, or its answer can't be read or can't have come from it: it is sent again, three times in all.
  One broken worker says nothing about a task: tries go on while there is one that has not tried it.
- nobody has it, neither the queue nor a worker that says hello: it is sent again.

Ids make this safe: of two answers to a task the first one counts. They are made from the task's content
and a secret of the output folder, so that a head that was killed finds the answers of its last tasks,
and that nobody can answer a task that he was not handed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from faststream.rabbit import Channel, RabbitBroker
from faststream.rabbit.message import RabbitMessage

from grader.cluster import broker as brokers
from grader.cluster.broker import (
    EXECUTIONS,
    JOBS,
    LOST,
    REPLY,
    WORKERS,
    answers_queue,
    executions_exchange,
    jobs_exchange,
    jobs_queue,
    passing_queue,
    until_done,
)
from grader.cluster.files import Lent
from grader.cluster.handshake import Machine, fits, refusal
from grader.cluster.messages import (
    SMALL_BYTES,
    FileWanted,
    Hello,
    MachineIdentity,
    Malformed,
    Task,
    Welcome,
    WorkerReply,
    read,
    write,
)
from grader.cluster.received import sound
from grader.errors import OperationError
from grader.execute import Job
from grader.execute.outputs import first_line
from grader.jail.probe import Tier
from grader.models import Cell, Execution, Isolation, Record, Said, verbatim
from grader.text import printable

_TRIES = 3
"""of a task that fails, or whose answer can't be read, where all workers tried it"""
_MOST_TRIES = 30
"""of any: whoever has a worker's login can make up workers that never try"""
_RETURNED_S = 0.2
"""before a task that a worker gave back is sent again: the same worker may be the next to get it"""
_REST_S = 10.0
"""the longest between two tries beyond the first three"""
_SEEN_S = 10.0
"""a worker that has not said hello for so long is gone"""
_MOST_WORKERS = 2000
"""that are shown: whoever has a worker's login can make up more"""
_LOOK_S = 2.0
_MISSING_S = 15.0
"""so long nobody must have a task before it is sent again"""
_LARGE_BYTES = 1 << 18
_EARLY_BYTES = 64 << 20
_EARLY = 1000


class Name(Record):
    """Who a head is, over its restarts. id: names its queue. secret: makes the ids of its tasks."""

    id: str
    secret: str

    @classmethod
    def new(cls) -> Name:
        """Of a head that nobody has seen before."""
        return cls(id=secrets.token_hex(16), secret=secrets.token_hex(32))


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as it last said hello. refused: why it gets nothing; "" when it works for us."""

    worker: str
    jobs: int
    held: int
    done: int
    tier: str
    refused: str
    stopping: bool
    at: float
    tasks: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """What a person wants to know meanwhile.

    waiting: tasks that no worker has yet; None while the broker is away.
    """

    workers: tuple[KnownWorker, ...]
    waiting: int | None


Watch = Callable[[State], None]


@dataclass(slots=True)
class _Pending:
    """A task on its way. seen: when somebody was last known to have it."""

    task: Task
    answer: asyncio.Future[Execution]
    seen: float
    failures: int = 0
    failed_by: set[str] = field(default_factory=set)
    losses: int = 0
    lonely: bool = False


@dataclass(slots=True)
class Head:
    """A `Runner` on a broker. machine, tier: what its workers have to be. `watch_over` runs meanwhile."""

    broker: RabbitBroker
    name: Name
    machine: Machine
    tier: Tier
    on_state: Watch
    wanted: MachineIdentity = field(init=False)
    _pending: dict[str, _Pending] = field(default_factory=dict)
    _early: OrderedDict[str, tuple[bytes, WorkerReply]] = field(default_factory=OrderedDict)
    _workers: dict[str, KnownWorker] = field(default_factory=dict)
    _lent: Lent = field(default_factory=Lent)
    _one_alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _aside: set[asyncio.Task[None]] = field(default_factory=set)
    _waiting: int | None = 0

    def __post_init__(self) -> None:
        self.wanted = self.machine.identity(self.tier)
        me, here = self.name.id, secrets.token_hex(8)
        for queue, handler, most in (
            (answers_queue(me), self._on_answer, 8),
            (passing_queue(f"{WORKERS}.{me}.{here}", WORKERS), self._on_hello, 100),
            (passing_queue(f"files.{me}.{here}", f"{me}.files"), self._on_file, 8),
        ):
            subscriber = self.broker.subscriber(
                queue,
                executions_exchange,
                channel=Channel(prefetch_count=most),
                decoder=brokers.whole,
                no_reply=True,
            )
            subscriber(handler)

    @property
    def isolation(self) -> Isolation:
        """What is asked of every worker; each execution says what it had."""
        return Isolation(tier=self.wanted.tier)

    async def prepare(self) -> None:
        """Make what stands on the broker, where it does not stand yet."""
        await self.broker.declare_exchange(executions_exchange)
        exchange = await self.broker.declare_exchange(jobs_exchange)
        queue = await self.broker.declare_queue(jobs_queue(declare=True))
        await queue.bind(exchange, routing_key="")

    async def run(self, job: Job) -> Execution:
        """Run one notebook in a fresh kernel on some worker. Never raises for what the notebook does.

        `sandbox_error`: it ended its workers, alone too, or none could run it; the message says what
        happened. Raises `OperationError` where a file beside it can't be sent.
        """
        task = self._named(*await asyncio.to_thread(self._task, job))
        pending = _Pending(task, asyncio.get_running_loop().create_future(), time.monotonic())
        self._pending[task.id] = pending
        try:
            if (early := self._early.pop(task.id, None)) is not None:
                self._settle(pending, early[1])
            else:
                await self._send(task)
            return await pending.answer
        finally:
            del self._pending[task.id]
            pending.answer.cancel()  # whoever waits for its turn alone need not wait for this one

    def _task(self, job: Job) -> tuple[Task, bytes]:
        """The task, still without a name of its own, and the digest of what it says."""
        # Of a cell that does not run a worker needs the place; what it prints is numbered by it.
        cells = tuple(
            Cell(index=c.index, kind=c.kind, source=c.source if c.kind == "code" else "") for c in job.cells
        )
        task = Task(
            id="0" * 64,
            head=self.name.id,
            wanted=self.wanted,
            cells=cells,
            files=self._lent.offer(job.files),
            folder=job.folder,
            prelude=job.prelude,
            after=job.after,
            again=job.again,
            limits=job.limits,
        )
        content = task.model_dump_json().encode("utf-8", "replace")
        return task, hashlib.sha256(content).digest()

    def _named(self, task: Task, content: bytes) -> Task:
        key = bytes.fromhex(self.name.secret)
        ids = (hmac.digest(key, b"%d " % number + content, "sha256").hex() for number in count())
        # two students can hand in the same notebook
        return task.model_copy(update={"id": next(id for id in ids if id not in self._pending)})

    async def _send(self, task: Task) -> None:
        try:
            body = await asyncio.to_thread(write, task)
        except Malformed as error:
            if (pending := self._pending.get(task.id)) is not None:
                self._give_up(pending, verbatim(str(error)))
            return

        async def send() -> None:
            await self.broker.publish(
                body,
                exchange=jobs_exchange,
                routing_key=self.name.id,
                correlation_id=task.id,
                content_type="application/json",
                content_encoding="gzip",
                persist=True,
            )

        await until_done(send)
        if (pending := self._pending.get(task.id)) is not None:
            pending.seen = time.monotonic()

    # ----------------------------------------------------------------- what comes back

    async def _on_answer(self, message: RabbitMessage) -> None:
        try:
            if "x-death" in message.headers:
                await self._on_dead(message)
            else:
                await self._on_executed(message)
        finally:
            # What is lost between here and the disk is asked for again: see `run`.
            with contextlib.suppress(*LOST):
                await message.ack()

    async def _on_dead(self, message: RabbitMessage) -> None:
        """A task of ours that ended its workers, or one that no worker could read."""
        pending = self._pending.get(message.correlation_id)
        if pending is None or pending.answer.done():
            return
        if message.headers.get("x-first-death-reason") != "delivery_limit":
            self._again(pending, "a worker could not read the task: install the same grader on both")
        elif not pending.lonely:
            pending.lonely = True
            self._start(self._alone(pending))
        else:
            ends_workers = Said(
                "its worker ended each time it was tried, {count} times beside others and {count} times "
                "alone; look at the workers' logs",
                {"count": brokers.DELIVERIES},
            )
            self._give_up(pending, ends_workers)

    async def _alone(self, pending: _Pending) -> None:
        """Send a task that must run alone, when no other one of ours does."""
        async with self._one_alone:
            pending.task = pending.task.model_copy(update={"alone": True})
            await self._send(pending.task)
            await asyncio.wait([pending.answer])

    async def _on_executed(self, message: RabbitMessage) -> None:
        large = len(message.body) > _LARGE_BYTES
        try:
            answer = (
                await asyncio.to_thread(read, WorkerReply, message.body)
                if large
                else read(WorkerReply, message.body)
            )
        except Malformed as error:
            if (pending := self._pending.get(message.correlation_id)) is not None:
                self._again(pending, f"a worker's answer can't be read: {error}")
            return
        if (pending := self._pending.get(answer.id)) is None:
            self._keep(message.body, answer)
        else:
            self._settle(pending, answer)

    def _keep(self, body: bytes, answer: WorkerReply) -> None:
        """Keep what came before it is asked for: a head that was killed asks for the same again."""
        self._early[answer.id] = (body, answer)
        while sum(len(body) for body, _ in self._early.values()) > _EARLY_BYTES or len(self._early) > _EARLY:
            self._early.popitem(last=False)

    def _settle(self, pending: _Pending, answer: WorkerReply) -> None:
        if pending.answer.done():
            return
        worker = printable(first_line(answer.worker))
        if answer.outcome == "returned" or not fits(self.wanted, answer.identity):
            self._start(self._send_later(pending, _RETURNED_S))
        elif answer.execution is None or answer.outcome == "failed":
            self._again(
                pending, f"worker {worker}: {first_line(answer.message) or 'no reason given'}", worker
            )
        elif answer.execution.status == "sandbox_error":
            self._again(pending, f"worker {worker}: {first_line(answer.execution.message)}", worker)
        else:
            try:
                pending.answer.set_result(sound(answer.execution, pending.task))
            except Malformed as error:
                self._again(pending, f"worker {worker} sent {error}", worker)

    def _again(self, pending: _Pending, why: str, worker: str = "") -> None:
        """It failed through no fault of its own: another worker may do better."""
        if pending.answer.done():
            return
        pending.failures += 1
        pending.failed_by.add(worker)
        why = f"worker {worker}: {why}" if worker else why
        beyond = pending.failures - _TRIES
        if beyond < 0 or (self._untried(pending) and pending.failures < _MOST_TRIES):
            self._start(self._send_later(pending, min(_REST_S, 0.1 * 2**beyond) if beyond >= 0 else 0.0))
        else:
            tried = Said("tried {count} times; the last: {fault}", {"count": pending.failures, "fault": why})
            self._give_up(pending, tried)

    def _untried(self, pending: _Pending) -> bool:
        """Whether a worker is here that has not failed at it."""
        since = time.monotonic() - _SEEN_S
        return any(
            not (w.refused or w.stopping or w.worker in pending.failed_by) and w.at > since
            for w in self._workers.values()
        )

    async def _send_later(self, pending: _Pending, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not pending.answer.done():
            await self._send(pending.task)

    def _give_up(self, pending: _Pending, why: Said) -> None:
        if not pending.answer.done():
            failed = Execution(status="sandbox_error", message=str(why), said=why, isolation=self.isolation)
            pending.answer.set_result(failed)

    def _start(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)

    # ----------------------------------------------------------------- workers

    async def _on_hello(self, message: RabbitMessage) -> bytes:
        """Judge a worker, note what it does, and tell it whether it may."""
        try:
            hello = read(Hello, message.body, SMALL_BYTES)
        except Malformed as error:
            welcome = Welcome(refused=f"{error}: install the same grader on both")
            return await self._reply(message, welcome)
        why = refusal(self.wanted, hello, self.machine)
        seen = KnownWorker(
            worker=printable(first_line(hello.worker)),
            jobs=hello.jobs,
            held=len(hello.held),
            done=hello.done,
            tier=hello.identity.tier,
            refused=why,
            stopping=hello.stopping,
            at=time.monotonic(),
            tasks=frozenset(hello.held),
        )
        before = self._workers.get(seen.worker)
        if before is not None or len(self._workers) < _MOST_WORKERS:
            self._workers[seen.worker] = seen
        if before is None or before.refused != seen.refused:  # not only when we look next
            self.on_state(State(tuple(self._workers.values()), self._waiting))
        for id in hello.held if not why else ():
            if (pending := self._pending.get(id)) is not None:
                pending.seen = seen.at
        return await self._reply(message, Welcome(refused=why))

    async def _on_file(self, message: RabbitMessage) -> bytes:
        try:
            wanted = read(FileWanted, message.body, SMALL_BYTES)
        except Malformed:
            chunk = b""
        else:
            chunk = await asyncio.to_thread(self._lent.chunk, wanted.sha256, wanted.offset)
        return await self._reply(message, chunk)

    async def _reply(self, message: RabbitMessage, reply: Record | bytes) -> bytes:
        """Answer who asks, and nobody else: a worker must not make us write to a queue that he names."""
        body = reply if isinstance(reply, bytes) else write(reply)
        with contextlib.suppress(*LOST):
            if message.reply_to.startswith(f"{REPLY}."):
                await self.broker.publish(
                    body, routing_key=message.reply_to, correlation_id=message.correlation_id
                )
            await message.ack()
        return body

    # ----------------------------------------------------------------- what nobody has

    async def watch_over(self) -> None:
        """Tell what the workers do, and send again what nobody has any more; for ever."""
        while True:
            await asyncio.sleep(_LOOK_S)
            waiting, now = await self._depth(), time.monotonic()
            self._waiting = waiting
            if waiting is not None:
                self._workers = {n: w for n, w in self._workers.items() if now - w.at < _SEEN_S}
            self.on_state(State(tuple(self._workers.values()), waiting))
            if waiting == 0:
                self._send_what_is_missing(now)
            else:  # what is in the queue, or with a broker that is away, is not missing
                for pending in self._pending.values():
                    pending.seen = now

    async def _depth(self) -> int | None:
        """Tasks in the queue that nobody has yet; None when the broker is away."""
        try:
            async with asyncio.timeout(_LOOK_S):
                queue = await self.broker.declare_queue(jobs_queue(declare=True))
                return (await queue.declare()).message_count
        except LOST:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return None

    def _send_what_is_missing(self, now: float) -> None:
        for pending in self._pending.values():
            waits_for_its_turn = pending.lonely and not pending.task.alone
            if now - pending.seen > _MISSING_S and not pending.answer.done() and not waits_for_its_turn:
                pending.seen, pending.losses = now, pending.losses + 1
                self._start(self._send(pending.task))

    async def close(self) -> None:
        """Stop what goes on beside `run`."""
        for task in self._aside:
            task.cancel()
        await asyncio.gather(*self._aside, return_exceptions=True)


@asynccontextmanager
async def open_head(
    url: str, name: Name, machine: Machine, tier: Tier, on_state: Watch
) -> AsyncIterator[Head]:
    """A runner whose kernels are the workers' of a broker. machine, tier: what they have to be.

    Raises `OperationError` without a broker.
    """
    made = brokers.make(url)
    head = Head(made, name, machine, tier, on_state)
    async with brokers.connected(made, url):
        try:
            await head.prepare()
            await made.start()
        except LOST as error:
            what = " ".join(str(error).split())
            raise OperationError(
                f"{brokers.shown(url)}: this login can't make the queues of a head ({what}); "
                f"use the head's login, not a worker's (exchanges {JOBS} and {EXECUTIONS})"
            ) from error
        over = asyncio.create_task(head.watch_over())
        try:
            yield head
        finally:
            over.cancel()
            await asyncio.gather(over, return_exceptions=True)
            await head.close()
