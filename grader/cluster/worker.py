"""A worker: takes tasks from the broker, runs them in this machine's cage, sends back what came out.

It knows nothing of assignments, and asks for nothing but the files that a task names. A task is
acknowledged when its answer is safe with the broker, not before: what a worker has when it is killed
goes to another. What it holds runs, but for a task that has to run alone and what came after it: those
wait until nothing else runs, so that what was merely handed out together is never counted against it
where it matters, see `head`.

Whoever fails is free again at once, and would soon have failed at all there is: after a failure a place rests
before it takes the next task, longer the more failed in a row.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from aio_pika.exceptions import DeliveryError, PublishError
from faststream.rabbit import Channel, RabbitBroker
from faststream.rabbit.message import RabbitMessage

from grader.cluster import broker as brokers
from grader.cluster.broker import LOST, WORKERS, executions_exchange, jobs_queue, until_done
from grader.cluster.files import FileCache
from grader.cluster.handshake import Machine, fits
from grader.cluster.messages import (
    CHUNK_BYTES,
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
from grader.errors import OperationError
from grader.execute import Job, Runner
from grader.jail.probe import Tier
from grader.models import Execution

_HELLO_S = 2.0
_REPLY_S = 5.0
_PATIENCE_S = 60.0
"""so long a worker asks for a file that nobody sends"""

_REST_S = 30.0
"""the longest rest after a failure"""

Say = Callable[[str], None]
Outcome = Literal["ran", "returned", "failed"]


class _Turns:
    """Who may run: many beside each other, or one that must be alone."""

    def __init__(self) -> None:
        self._running = self._lonely = 0
        self._changed = asyncio.Condition()

    @property
    def lonely(self) -> bool:
        """Whether somebody runs alone, or waits to."""
        return self._lonely > 0

    @asynccontextmanager
    async def turn(self, alone: bool) -> AsyncIterator[None]:
        """Wait for a turn, and have it while the context lasts."""
        self._lonely += alone
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not (self._running if alone else self._lonely))
                self._running += 1
            try:
                yield
            finally:
                self._running -= 1
        finally:
            self._lonely -= alone
            async with self._changed:
                self._changed.notify_all()


def rest_s(failed: int) -> float:
    """Seconds before the next task after so many failures in a row."""
    return min(_REST_S, 0.1 * 2 ** min(failed, 20)) if failed else 0.0


@dataclass(slots=True)
class Worker:
    """One worker on one broker. Call `work`; `stop` makes it finish what runs and come back."""

    broker: RabbitBroker
    machine: Machine
    runner: Runner
    tier: Tier
    jobs: int
    folder: Path
    say: Say
    name: str = field(default_factory=lambda: f"{socket.gethostname()[:60]}:{os.getpid()}")
    done: int = 0
    _me: MachineIdentity = field(init=False)
    _shelf: FileCache = field(init=False)
    _failed: int = 0
    """in a row"""
    _held: dict[str, RabbitMessage] = field(default_factory=dict)
    """by task: the last delivery of it"""
    _turns: _Turns = field(default_factory=_Turns)
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _busy_at: float = field(default_factory=time.monotonic)
    _refused: str = ""

    def __post_init__(self) -> None:
        self._me = self.machine.identity(self.tier)
        self._shelf = FileCache(self.folder)

    @property
    def stopping(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Take nothing new; what runs is finished, the rest goes back."""
        self._stopped.set()

    async def work(self, until_idle: float | None = None) -> None:
        """Work until `stop`, or until nothing came for `until_idle` seconds.

        Raises `OperationError` when a head refuses this worker.
        """
        consuming = False
        while not self._stopped.is_set():
            welcome = await self._hello()
            if welcome is not None and welcome.refused:
                self._refuse(welcome.refused)
                break
            if welcome is not None and not consuming:
                self.say(f"a head takes this worker; waiting for work ({self.jobs} at a time)")
                await self._consume()
                consuming = True
            idle = time.monotonic() - self._busy_at
            if until_idle is not None and not self._held and idle >= until_idle:
                self.say(f"nothing to do for {until_idle:g} s")
                break
            left = until_idle - idle if until_idle is not None and not self._held else _HELLO_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_HELLO_S, max(left, 0.05))):
                    await self._stopped.wait()
        self._stopped.set()
        async with self._turns.turn(alone=True):
            pass  # nothing runs any more; what did not start is still the broker's, who hands it on
        await self._hello()
        if self._refused:
            raise OperationError(f"this worker is refused: {self._refused}")

    def _refuse(self, why: str) -> None:
        self._refused = why
        self._stopped.set()

    async def _hello(self) -> Welcome | None:
        """Say who we are; what a head answers, None where there is none."""
        hello = Hello(
            worker=self.name,
            identity=self._me,
            interpreter=self.machine.interpreter[:400],
            packages=tuple(package[:120] for package in self.machine.packages[:5000]),
            jobs=self.jobs,
            held=tuple(self._held),
            done=self.done,
            stopping=self._stopped.is_set(),
        )
        body = await self._ask(WORKERS, write(hello))
        try:
            return None if body is None else read(Welcome, body, SMALL_BYTES)
        except Malformed as error:
            return Welcome(refused=f"the head speaks another language ({error}): install the same grader")

    async def _ask(self, routing_key: str, question: bytes) -> bytes | None:
        async with self._asking:
            try:
                answer = await self.broker.request(
                    question, exchange=executions_exchange, routing_key=routing_key, timeout=_REPLY_S
                )
            except (DeliveryError, PublishError):
                return None
            except LOST:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                return None
        return answer.body

    async def _consume(self) -> None:
        # As many as run at a time: nothing is held that another could run.
        subscriber = self.broker.subscriber(
            jobs_queue(declare=False),
            brokers.jobs_exchange,
            channel=Channel(prefetch_count=self.jobs),
            decoder=brokers.whole,
            no_reply=True,
        )
        subscriber(self._take)
        await until_done(subscriber.start)

    async def _take(self, message: RabbitMessage) -> None:
        """Run one task, answer, and only then say that it is done."""
        if self._stopped.is_set():
            return
        try:
            task = await asyncio.to_thread(read, Task, message.body)
        except Malformed as error:
            self.say(f"a message that is no task: {error}")
            with contextlib.suppress(*LOST):
                await message.reject()  # it goes back to its head, which knows what it has sent
            return
        if not fits(task.wanted, self._me):
            await self._answer(task, "returned", text="it came to a worker that may not run it")
            await self._acknowledge(message)
            self._refuse("a task asks for another environment, version or isolation than this worker's")
            return
        if task.alone and self._turns.lonely:
            await self._answer(task, "returned", text="another one has to run alone here")
            await self._acknowledge(message)
            return
        known = task.id in self._held
        self._held[task.id] = message
        failed = False
        if known:  # the connection was lost meanwhile: this one is acknowledged in place of the first
            return
        try:
            async with self._turns.turn(task.alone):
                if self._stopped.is_set():
                    return
                outcome, execution, text = await self._run(task)
                failed = execution is None or execution.status == "sandbox_error"
                if failed:
                    self.say(f"a task could not be run here: {text or (execution and execution.message)}")
                    message = self._held.pop(task.id)  # sent again it may come here, and is another try
                self._failed = self._failed + 1 if failed else 0
                await self._answer(task, outcome, execution, text)
                self.done += 1
            await self._rest()
            await self._acknowledge(message if failed else self._held[task.id])
        finally:
            if not failed:
                self._held.pop(task.id, None)
            self._busy_at = time.monotonic()

    async def _rest(self) -> None:
        """After failures; what was answered is not acknowledged meanwhile, so that nothing new comes."""
        if seconds := rest_s(self._failed):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopped.wait()

    async def _run(self, task: Task) -> tuple[Outcome, Execution | None, str]:
        self._busy_at = time.monotonic()

        async def fetch(sha256: str, offset: int) -> bytes:
            return await self._chunk(task.head, FileWanted(sha256=sha256, offset=offset))

        try:
            async with self._shelf.hold(task.files, fetch) as files:
                job = Job(
                    cells=task.cells,
                    files=files,
                    folder=task.folder,
                    prelude=task.prelude,
                    after=task.after,
                    again=task.again,
                    limits=task.limits,
                )
                return "ran", await self.runner.run(job), ""
        except OperationError as error:
            return "failed", None, str(error)[:2000]
        except Exception as error:
            return "failed", None, f"a fault of the worker: {type(error).__name__}: {error}"[:2000]

    async def _chunk(self, head: str, wanted: FileWanted) -> bytes:
        deadline = time.monotonic() + _PATIENCE_S
        while (body := await self._ask(f"{head}.files", write(wanted))) is None:
            if time.monotonic() > deadline or self._stopped.is_set():
                raise OperationError("the head did not send a file that its task names")
            await asyncio.sleep(1)
        return body if len(body) <= CHUNK_BYTES else b""

    async def _answer(
        self,
        task: Task,
        outcome: Outcome,
        execution: Execution | None = None,
        text: str = "",
    ) -> None:
        answer = WorkerReply(
            id=task.id,
            worker=self.name,
            identity=self._me,
            outcome=outcome,
            execution=execution,
            message=text,
        )
        try:
            body = await asyncio.to_thread(write, answer)
        except Malformed as error:
            answer = answer.model_copy(
                update={"outcome": "failed", "execution": None, "message": str(error)[:2000]}
            )
            body = write(answer)

        async def send() -> None:
            await self.broker.publish(
                body,
                exchange=executions_exchange,
                routing_key=task.head,
                correlation_id=task.id,
                content_type="application/json",
                content_encoding="gzip",
                persist=True,
            )

        try:
            await until_done(send, unless=(DeliveryError, PublishError))
        except (DeliveryError, PublishError):
            self.say("the head of a task is gone; what came out of it is dropped")

    async def _acknowledge(self, message: RabbitMessage) -> None:
        with contextlib.suppress(*LOST):  # the broker forgot that we have it, and hands it out once more
            await message.ack()


@asynccontextmanager
async def open_worker(
    url: str, machine: Machine, runner: Runner, tier: Tier, jobs: int, say: Say
) -> AsyncIterator[Worker]:
    """A worker, connected while the context lasts. tier: the runner's isolation.

    Raises `OperationError` without a broker.
    """
    made = brokers.make(url)
    with tempfile.TemporaryDirectory(prefix="grader-worker-") as folder:
        async with brokers.connected(made, url):
            await made.start()
            say(f"connected to {brokers.shown(url)}, isolation {tier}")
            yield Worker(made, machine, runner, tier, jobs, Path(folder), say)
