"""ZMTP 3.0, as far as a Jupyter client needs it, with a bound on what the other side may send.

Theory of operation. The kernel's side of the connection is hostile. libzmq limits the size of one
message part and the number of messages, but not the parts of one message: a kernel that never ends
its message fills the client's memory. Here every byte is counted before it is kept: a frame whose
announced size exceeds what is left of the budget is not read, and nothing after it. So everything
that a kernel ever has us hold is bounded by one number, whatever it sends.

Source: ZeroMQ RFC 23, ZMTP 3.0 (NULL mechanism; DEALER and SUB sockets, connecting).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

from grader.models import Said

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
_MORE, _LONG, _COMMAND = 1, 2, 4
_PER_FRAME = 64
"""bytes charged for a frame on top of its content, so that empty ones are not free"""


class WireError(Exception):
    """The other side does not speak ZMTP 3, or hung up."""


class Meter:
    """Counts what one kernel sent. `tripped` resolves with the reason once a limit is passed."""

    def __init__(self, output_bytes: int, messages: int) -> None:
        self._bytes_left = output_bytes
        self._messages_left = messages
        self._output_bytes = output_bytes
        self._messages = messages
        self.tripped: asyncio.Future[Said] = asyncio.get_running_loop().create_future()

    def frame(self, size: int) -> bool:
        """A frame of `size` bytes is announced; False when it must not be read."""
        self._bytes_left -= size + _PER_FRAME
        if self._bytes_left < 0:
            self.trip(Said("more than {size} of output", {"size": describe_bytes(self._output_bytes)}))
        return self._bytes_left >= 0

    def message(self) -> bool:
        """A message is complete; False when it was one too many."""
        self._messages_left -= 1
        if self._messages_left < 0:
            self.trip(Said("more than {count} messages", {"count": self._messages}))
        return self._messages_left >= 0

    def trip(self, reason: Said) -> None:
        """Whatever else is too much to take. reason: what was printed."""
        if not self.tripped.done():
            self.tripped.set_result(reason)


def describe_bytes(size: float) -> str:
    """A size for people: 16 MiB."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.3g} GiB"


class Wire:
    """One connection. Made by `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, meter: Meter) -> None:
        self._reader = reader
        self._writer = writer
        self._meter = meter

    def send(self, frames: Sequence[bytes]) -> None:
        """Send one message."""
        last = len(frames) - 1
        # in one piece: each write is a system call, after which this thread waits for its turn in Python
        self._writer.write(b"".join(_frame(_MORE if n < last else 0, body) for n, body in enumerate(frames)))

    async def receive(self) -> list[bytes]:
        """The frames of the next message. Never returns once the meter has tripped.

        Raises `WireError` when the connection ends.
        """
        frames: list[bytes] = []
        while True:
            flags, body = await self._read_frame()
            if flags & _COMMAND:
                continue
            frames.append(body)
            if flags & _MORE:
                continue
            if not self._meter.message():
                await asyncio.get_running_loop().create_future()
            return frames

    def close(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()

    async def _greet(self, kind: str, identity: bytes) -> None:
        self._writer.write(_GREETING)
        theirs = await self._reader.readexactly(len(_GREETING))
        if theirs[0] != 0xFF or theirs[9] != 0x7F or theirs[10] < 3 or not theirs[12:].startswith(b"NULL\0"):
            raise WireError("the other side does not speak ZMTP 3 without encryption")
        ready = b"\x05READY" + _property(b"Socket-Type", kind.encode()) + _property(b"Identity", identity)
        self._writer.write(_frame(_COMMAND, ready))
        flags, body = await self._read_frame()
        if not flags & _COMMAND or not body.startswith(b"\x05READY"):
            raise WireError("the other side refused the connection")

    async def _read_frame(self) -> tuple[int, bytes]:
        try:
            flags = (await self._reader.readexactly(1))[0]
            if flags & _LONG:
                (size,) = struct.unpack(">Q", await self._reader.readexactly(8))
            else:
                size = (await self._reader.readexactly(1))[0]
            if not self._meter.frame(size):
                await asyncio.get_running_loop().create_future()
            return flags, await self._reader.readexactly(size)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise WireError("the connection ended") from error


def _frame(flags: int, body: bytes) -> bytes:
    if len(body) > 255:
        return struct.pack(">BQ", flags | _LONG, len(body)) + body
    return struct.pack(">BB", flags, len(body)) + body


def _property(name: bytes, value: bytes) -> bytes:
    return struct.pack(">B", len(name)) + name + struct.pack(">I", len(value)) + value


async def connect(path: str, kind: str, identity: bytes, meter: Meter) -> Wire:
    """Connect to a unix socket as a DEALER, or as a SUB that takes everything.

    Raises `WireError`.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError as error:
        raise WireError(f"{path}: {error}") from error
    wire = Wire(reader, writer, meter)
    try:
        await wire._greet(kind, identity)
    except (OSError, asyncio.IncompleteReadError) as error:
        wire.close()
        raise WireError("the connection ended during the greeting") from error
    except BaseException:
        wire.close()
        raise
    if kind == "SUB":
        wire.send([b"\x01"])
    return wire
