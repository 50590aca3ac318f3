"""A Jupyter client whose memory stays bounded, whatever the kernel sends.

It speaks to shell and iopub alone, over `grader.execute.wire`: what a kernel sends on stdin,
control or heartbeat reaches nobody. A message that is not well formed is counted and dropped; one
that would cost too much to parse ends the run. At most a few messages wait to be read; then the
kernel has to wait.
"""

from __future__ import annotations

import asyncio
import json
from hmac import compare_digest
from queue import Empty
from typing import Any, cast

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.session import Session

from grader.execute.weigh import too_costly
from grader.execute.wire import Meter, Wire, WireError, connect

_QUEUE = 4
_LOOK_S = 0.005


class Channel:
    """What nbclient and jupyter_client want of a channel.

    replies: it carries answers to execute requests and nothing else; nbclient takes whatever comes for one.
    """

    def __init__(self, wire: Wire, session: Session, meter: Meter, *, replies: bool = False) -> None:
        self._wire = wire
        self._meter = meter
        self._session = session
        self._replies = replies
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_QUEUE)
        self._pump = asyncio.ensure_future(self._read())

    def send(self, message: dict[str, Any]) -> None:
        """Send a Jupyter message."""
        self._wire.send(self._session.serialize(message))

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next well-formed message. Raises `queue.Empty` after `timeout` seconds.

        Without a timeout it waits for ever, also on a connection that has ended or was cut: the
        session sees the kernel's end, the clock and the meter.
        """
        if timeout is None:
            return await self._messages.get()
        try:
            return await asyncio.wait_for(self._messages.get(), timeout)
        except TimeoutError:
            raise Empty from None

    def is_alive(self) -> bool:
        """Whether anything can still arrive."""
        return not self._pump.done()

    async def at_end(self) -> None:
        """Wait until the connection has ended and every message that came over it was taken."""
        await asyncio.wait((self._pump,))
        while not self._messages.empty():
            await asyncio.sleep(_LOOK_S)

    def stop(self) -> None:
        """Hang up; what was queued is dropped."""
        self._pump.cancel()
        self._wire.close()

    async def _read(self) -> None:
        while True:
            try:
                frames = await self._wire.receive()
            except WireError:
                return
            message = self._parse(frames)
            if message is not None:
                await self._messages.put(message)

    def _parse(self, frames: list[bytes]) -> dict[str, Any] | None:
        try:
            _, parts = self._session.feed_identities(frames)
            cost = too_costly(cast(list[bytes], parts))
            if cost:
                self._meter.trip(cost)
                return None
            message = self._deserialize(cast(list[bytes], parts))
        except Exception:  # garbage and forgeries raise whatever they manage to
            return None
        return message if _well_formed(message, self._replies) else None

    def _deserialize(self, parts: list[bytes]) -> dict[str, Any]:
        """As `Session.deserialize`, which turns every text of a header that looks like a date into one.

        That takes more time than anything else here, and nobody asks for it.
        """
        signature, *signed = parts[:5]
        if not compare_digest(signature, self._session.sign(signed)):
            raise ValueError("the signature is not the kernel's")
        header, parent, metadata, content = (json.loads(part.decode("utf-8", "replace")) for part in signed)
        kind = header["msg_type"]
        return {
            "header": header,
            "msg_type": kind,
            "parent_header": parent,
            "metadata": metadata,
            "content": content,
        }


def _well_formed(message: Any, reply: bool) -> bool:
    return (
        isinstance(message, dict)
        and isinstance(message.get("msg_type"), str)
        and all(isinstance(message.get(part), dict) for part in ("header", "parent_header", "content"))
        and (
            not reply
            or (message["msg_type"] == "execute_reply" and isinstance(message["content"].get("status"), str))
        )
    )


class BoundedClient(AsyncKernelClient):
    """AsyncKernelClient over two `Channel`s."""

    _shell: Channel | None = None
    _iopub: Channel | None = None

    async def open(self, meter: Meter) -> None:
        """Connect; everything that arrives counts on the meter. Raises `WireError`."""
        self.allow_stdin = False
        identity = self.session.bsession
        shell = await connect(self._path("shell"), "DEALER", identity, meter)
        self._shell = Channel(shell, self.session, meter, replies=True)
        iopub = await connect(self._path("iopub"), "SUB", b"", meter)
        self._iopub = Channel(iopub, self.session, meter)

    def close(self) -> None:
        """Hang up."""
        for channel in (self._shell, self._iopub):
            if channel is not None:
                channel.stop()

    @property
    def shell_channel(self) -> Any:
        """Requests and their replies."""
        assert self._shell is not None, "open() comes first"
        return self._shell

    @property
    def iopub_channel(self) -> Any:
        """What the kernel prints."""
        assert self._iopub is not None, "open() comes first"
        return self._iopub

    def _path(self, channel: str) -> str:
        return self._make_url(channel).removeprefix("ipc://")
