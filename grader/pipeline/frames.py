"""What goes between the grader and its judges: our own objects, each after its length.

Both ends are processes of ours that run our code; text of students is in them as text within our records.
Nothing that came out of a kernel is ever taken for a frame.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("<Q")


def pack(value: Any) -> bytes:
    """One frame."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(data)) + data


def receive(end: socket.socket) -> Any:
    """Wait for the next frame. Raises `EOFError` when the other end is gone."""
    (length,) = _LENGTH.unpack(_exactly(end, _LENGTH.size))
    return pickle.loads(_exactly(end, length))


async def receive_soon(end: socket.socket) -> Any:
    """`receive` on the running event loop; the socket does not block."""
    (length,) = _LENGTH.unpack(await _exactly_soon(end, _LENGTH.size))
    return pickle.loads(await _exactly_soon(end, length))


def _exactly(end: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = end.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data


async def _exactly_soon(end: socket.socket, size: int) -> bytearray:
    loop = asyncio.get_running_loop()
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = await loop.sock_recv_into(end, view)
        if not count:
            raise EOFError
        view = view[count:]
    return data
