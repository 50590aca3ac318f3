"""The broker: where it is, what stands there, and how to reach it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from grader.errors import OperationError, UsageError

try:
    from aio_pika.exceptions import AMQPError, AuthenticationError, ProbableAuthenticationError
    from faststream.message import StreamMessage
    from faststream.middlewares import AckPolicy
    from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
    from faststream.rabbit.schemas.queue import ClassicQueueArgs, QueueType, QuorumQueueArgs
except ImportError as error:
    raise UsageError(
        f"work on other machines needs the extra cluster ({error.name} is missing): "
        "pip install -c constraints.txt '.[cluster]'"
    ) from error

JOBS = "jobs"
"""the queue that workers read, and the exchange that heads write to"""
EXECUTIONS = "executions"
"""the exchange that workers write to; heads bind queues of their own to it"""
WORKERS = "workers"
"""the routing key under which workers say hello to every head"""
REPLY = "amq.rabbitmq.reply-to"
"""RabbitMQ's direct reply: reaches who asked, needs no queue and no permission"""

DELIVERIES = 3
"""so often a task is handed out before it comes back to its head as one that ends its workers"""
_KEPT_MS = 24 * 3600 * 1000
_PATIENCE_S = 30.0
_AGAIN_S = 1.0

LOST = (AMQPError, ConnectionError, OSError, RuntimeError, asyncio.TimeoutError, asyncio.CancelledError)
"""what aio-pika raises while there is no connection"""

T = TypeVar("T")

jobs_exchange = RabbitExchange(JOBS, type=ExchangeType.FANOUT, durable=True)
executions_exchange = RabbitExchange(EXECUTIONS, type=ExchangeType.TOPIC, durable=True)


def jobs_queue(*, declare: bool) -> RabbitQueue:
    """The one queue of tasks. What ends its workers goes, by its routing key, back to its head."""
    if not declare:
        return RabbitQueue(JOBS, declare=False)
    return RabbitQueue(
        JOBS,
        queue_type=QueueType.QUORUM,
        arguments={"x-delivery-limit": DELIVERIES - 1, "x-dead-letter-exchange": EXECUTIONS},
    )


def answers_queue(head: str) -> RabbitQueue:
    """What came of a head's tasks. It waits a day for a head that was killed and comes again."""
    name = f"{EXECUTIONS}.{head}"
    kept: QuorumQueueArgs = {"x-expires": _KEPT_MS}
    return RabbitQueue(name, queue_type=QueueType.QUORUM, routing_key=head, arguments=kept)


def passing_queue(name: str, routing_key: str) -> RabbitQueue:
    """A queue that is gone with who reads it, for what is asked again when nobody answers."""
    bounds: ClassicQueueArgs = {"x-expires": 60_000, "x-max-length": 1000, "x-message-ttl": 20_000}
    return RabbitQueue(name, routing_key=routing_key, arguments=bounds)


def make(url: str) -> RabbitBroker:
    """A broker to subscribe to, not connected yet."""
    logging.getLogger("aio_pika").setLevel(logging.CRITICAL)  # it tells every lost connection, at length
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    return RabbitBroker(
        url,
        logger=None,
        apply_types=False,
        reconnect_interval=_AGAIN_S,
        graceful_timeout=None,
        ack_policy=AckPolicy.MANUAL,
        default_channel=Channel(on_return_raises=True),
    )


async def whole(message: StreamMessage[Any]) -> StreamMessage[Any]:
    """In place of FastStream's decoder: a handler gets the message, and unpacks it within bounds."""
    return message


def address(given: str) -> str:
    """The URL of a broker: as given, or the first line of the file that is named. Raises `UsageError`."""
    if "://" not in given:
        file = Path(given)
        try:
            given = _beside(file, file.read_text("utf-8").strip())
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--broker {given}: neither a URL (amqp://…, amqps://…) nor a file that holds one ({error})"
            ) from error
    parts = urlsplit(given)
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        raise UsageError("--broker: expected amqp://LOGIN:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS")
    return given


def _beside(file: Path, url: str) -> str:
    """The URL, with the certificate's authority that it names looked for beside the file."""
    parts = urlsplit(url)
    query = [
        (name, str(file.parent.resolve() / value) if name == "cafile" else value)
        for name, value in parse_qsl(parts.query)
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def shown(url: str) -> str:
    """A broker's URL for people: without its password."""
    parts = urlsplit(url)
    where = parts.hostname or ""
    return f"{parts.scheme}://{where}" + (f":{parts.port}" if parts.port else "") + parts.path


@asynccontextmanager
async def connected(broker: RabbitBroker, url: str) -> AsyncIterator[None]:
    """Connected while the context lasts; lost connections come back by themselves.

    Raises `OperationError` when there is no broker, or it refuses the login.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            await broker.connect()
            break
        except (AuthenticationError, ProbableAuthenticationError) as error:
            raise OperationError(f"the broker {shown(url)} refuses this login: check its password") from error
        except LOST as error:
            if isinstance(error, asyncio.CancelledError) and _cancelled():
                raise
            if time.monotonic() > deadline:
                what = " ".join(str(error).split()) or type(error).__name__
                raise OperationError(
                    f"the broker {shown(url)} can't be reached ({what}); is it running, and may it be "
                    "reached from this machine?"
                ) from error
            await asyncio.sleep(_AGAIN_S)
    try:
        yield
    finally:
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(5):
                await broker.stop()


async def until_done(action: Callable[[], Awaitable[T]], *, unless: tuple[type[Exception], ...] = ()) -> T:
    """Do it, again for as long as the broker is away. unless: errors that mean something else."""
    while True:
        try:
            return await action()
        except unless:
            raise
        except LOST:
            if _cancelled():
                raise
            await asyncio.sleep(_AGAIN_S)


def _cancelled() -> bool:
    """Whether it is our task that was cancelled: aio-pika also cancels what waits on a lost connection."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
