"""A Jupyter client whose memory stays bounded, whatever the kernel sends.

Theory of operation: libzmq holds at most `_QUEUE` messages of at most the output limit each and
drops the connection of a peer that sends a larger one. Every frame that gets through is counted
before it is parsed; past the limit the `Meter` trips, nothing more is read, and the session kills
the kernel. Only shell and iopub are connected: what a kernel sends on stdin, control or heartbeat
reaches nobody. A message that is not well formed is counted and dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

_QUEUE = 4
_ENVELOPE = 1 << 16
_FUNERAL_S = 0.5


class Meter:
    """Counts what one kernel sent. `tripped` resolves with the reason once a limit is passed."""

    def __init__(self, output_bytes: int, messages: int) -> None:
        self._bytes_left = output_bytes
        self._messages_left = messages
        self._output_bytes = output_bytes
        self._messages = messages
        self.tripped: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def count(self, size: int) -> None:
        """One message of `size` bytes arrived."""
        self._bytes_left -= size
        self._messages_left -= 1
        if self._bytes_left < 0:
            self.trip(f"more than {describe_bytes(self._output_bytes)} of output")
        elif self._messages_left < 0:
            self.trip(f"more than {self._messages} messages")

    def trip(self, reason: str) -> None:
        """Pass the limit now."""
        if not self.tripped.done():
            self.tripped.set_result(reason)

    def too_large(self) -> None:
        """The kernel sent one message above the limit and lost its connection for it."""
        self.trip(f"more than {describe_bytes(self._output_bytes)} of output at once")


def describe_bytes(size: float) -> str:
    """A size for people: 16 MiB."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"


class MeteredChannel(AsyncZMQSocketChannel):
    """A channel that counts, and hands out only well-formed messages."""

    meter: Meter | None = None

    async def get_msg(  # type: ignore[override]
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        """Next well-formed message. Never returns once the meter has tripped."""
        while True:
            message: dict[str, Any] | None = await super().get_msg(timeout)
            if message is not None:
                return message

    async def _recv(self, **kwargs: Any) -> Any:  # type: ignore[override]
        assert self.socket is not None
        frames = await self.socket.recv_multipart(**kwargs)
        if self.meter is not None:
            self.meter.count(sum(len(frame) for frame in frames))
            if self.meter.tripped.done():
                await asyncio.get_running_loop().create_future()
        try:
            _, parts = self.session.feed_identities(frames)
            message = self.session.deserialize(parts)
        except Exception:  # garbage and forgeries raise whatever they manage to
            return None
        finally:
            self.session.digest_history.clear()
        if not _well_formed(message):
            return None
        return message


def _well_formed(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and isinstance(message.get("msg_type"), str)
        and all(isinstance(message.get(part), dict) for part in ("header", "parent_header", "content"))
        and (message["msg_type"] != "execute_reply" or isinstance(message["content"].get("status"), str))
    )


class BoundedClient(AsyncKernelClient):
    """AsyncKernelClient over shell and iopub alone."""

    shell_channel_class = Type(MeteredChannel)
    iopub_channel_class = Type(MeteredChannel)
    _guard: asyncio.Task[None] | None = None

    def open(self, meter: Meter, ended: Callable[[], Awaitable[object]]) -> None:
        """Connect. Reading begins when somebody asks for a message.

        ended: waits for the kernel's end. A connection lost before that was cut by libzmq for a
        message above the limit, and trips the meter.
        """
        self.allow_stdin = False
        self.shell_channel.meter = self.iopub_channel.meter = meter
        monitor = self.iopub_channel.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._guard = asyncio.ensure_future(_guard(monitor, meter, ended))

    def close(self) -> None:
        """Close the sockets; what was queued is dropped."""
        if self._guard is not None:
            self._guard.cancel()
            self.iopub_channel.socket.disable_monitor()
        for channel in (self._shell_channel, self._iopub_channel):
            if channel is not None:
                channel.stop()


async def _guard(monitor: zmq.asyncio.Socket, meter: Meter, ended: Callable[[], Awaitable[object]]) -> None:
    await monitor.recv_multipart()
    try:
        await asyncio.wait_for(ended(), _FUNERAL_S)
    except TimeoutError:
        meter.too_large()


def bounded_context(output_bytes: int) -> zmq.asyncio.Context:
    """A context whose sockets keep at most a few messages of at most `output_bytes` each."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.RCVHWM, _QUEUE)
    context.setsockopt(zmq.MAXMSGSIZE, output_bytes + _ENVELOPE)
    context.setsockopt(zmq.LINGER, 0)
    return context
