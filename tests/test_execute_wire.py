"""The bounded wire against peers that lie, flood, or hang up; no kernel needed."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from queue import Empty
from typing import cast

import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import Session

from grader.execute.channels import BoundedClient, Channel
from grader.execute.session import _subscribed
from grader.execute.weigh import too_costly
from grader.execute.wire import _GREETING, _MORE, Meter, Wire, WireError, _frame, connect

READY = b"\x04\x06\x05READY"

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(
    tmp_path: Path, said: bytes, use: Callable[[Wire, Meter], Awaitable[None]], budget: int = 10_000
) -> None:
    """Connect to a peer that says these bytes after the greeting, and use the wire."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()
        writer.close()

    async def run() -> None:
        path = str(tmp_path / "peer")
        server = await asyncio.start_unix_server(peer, path)
        meter = Meter(budget, 10)
        try:
            wire = await connect(path, "SUB", b"", meter)
            try:
                await use(wire, meter)
            finally:
                wire.close()
        finally:
            server.close()

    asyncio.run(run())


def test_it_speaks_to_real_zeromq(tmp_path: Path) -> None:
    async def run() -> None:
        context = zmq.asyncio.Context()
        router, publisher = context.socket(zmq.ROUTER), context.socket(zmq.XPUB)
        router.bind(f"ipc://{tmp_path}/router")
        publisher.bind(f"ipc://{tmp_path}/pub")
        meter = Meter(1 << 20, 100)
        dealer = await connect(f"{tmp_path}/router", "DEALER", b"me", meter)
        subscriber = await connect(f"{tmp_path}/pub", "SUB", b"", meter)
        try:
            dealer.send([b"a", b"", b"x" * 1000])
            assert await router.recv_multipart() == [b"me", b"a", b"", b"x" * 1000]
            await router.send_multipart([b"me", b"y" * 70_000, b""])
            assert await dealer.receive() == [b"y" * 70_000, b""]
            assert await publisher.recv() == b"\x01"
            await publisher.send_multipart([b"topic", b"text"])
            assert await subscriber.receive() == [b"topic", b"text"]
        finally:
            dealer.close()
            subscriber.close()
            context.destroy(linger=0)

    asyncio.run(asyncio.wait_for(run(), 10))


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n" * 10,
        _GREETING[:10] + b"\x01" + _GREETING[11:] + READY,
        _GREETING.replace(b"NULL", b"PLAIN"[:4]) + READY,
        _GREETING + b"\x04\x06\x05ERROR",
        _GREETING + b"\x00\x01x",
        _GREETING + b"\x02" + struct.pack(">Q", 1 << 62),
    ],
)
def test_whoever_does_not_greet_properly_is_refused(tmp_path: Path, said: bytes) -> None:
    async def never(wire: Wire, meter: Meter) -> None:
        raise AssertionError("connected")

    with pytest.raises((WireError, TimeoutError)):

        async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(said)
            writer.write_eof()

        async def run() -> None:
            server = await asyncio.start_unix_server(peer, str(tmp_path / "peer"))
            try:
                meter = Meter(1000, 10)
                await asyncio.wait_for(connect(str(tmp_path / "peer"), "SUB", b"", meter), 0.5)
            finally:
                server.close()

        asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\x02" + struct.pack(">Q", 1 << 62), "more than 10 KiB of output"),
        (b"\x02" + struct.pack(">Q", 20_000) + bytes(20_000), "more than 10 KiB of output"),
        ((b"\x01\xc8" + bytes(200)) * 1000, "more than 10 KiB of output"),
        (b"\x01\x00" * 10_000, "more than 10 KiB of output"),
        (b"\x00\x00" * 11, "more than 10 messages"),
    ],
)
def test_floods_trip_the_meter_and_nothing_more_is_read(tmp_path: Path, said: bytes, reason: str) -> None:
    async def use(wire: Wire, meter: Meter) -> None:
        async def read_on() -> None:
            while True:
                await wire.receive()

        reading = asyncio.ensure_future(read_on())
        assert str(await asyncio.wait_for(meter.tripped, 5)) == reason
        await asyncio.sleep(0.05)
        assert not reading.done()
        reading.cancel()

    talk(tmp_path, _GREETING + READY + said, use)


def test_a_message_cut_short_is_an_end(tmp_path: Path) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_GREETING + READY + b"\x01\x03abc\x00\x09abc")
        writer.write_eof()

    async def run() -> None:
        server = await asyncio.start_unix_server(peer, str(tmp_path / "peer"))
        wire = await connect(str(tmp_path / "peer"), "DEALER", b"x", Meter(1000, 10))
        with pytest.raises(WireError, match="the connection ended"):
            await wire.receive()
        wire.close()
        server.close()

    asyncio.run(asyncio.wait_for(run(), 5))


def test_commands_between_messages_are_passed_over(tmp_path: Path) -> None:
    async def use(wire: Wire, meter: Meter) -> None:
        assert await wire.receive() == [b"hi"]

    talk(tmp_path, _GREETING + READY + b"\x04\x05\x04PING" + b"\x00\x02hi", use)


def test_dates_stay_text_and_only_what_is_signed_is_a_message(tmp_path: Path) -> None:
    """A header may hold thousands of dates, and making one takes longer than reading all the rest."""
    session = Session(key=b"the kernel's")
    header = {"msg_type": "status", "msg_id": "1", "dates": ["2026-01-01T00:00:00"] * 2000}
    message = {"header": header, "parent_header": header, "metadata": {}, "content": {"good": True}}
    signed = session.serialize(message)[1:]
    forged = Session(key=b"somebody's").serialize(message)[1:]
    unsigned, short = [b"", *signed[1:]], signed[:4]
    said = b""
    for parts in (forged, unsigned, short, signed):
        frames = [b"topic", b"<IDS|MSG>", *parts]
        said += b"".join(_frame(_MORE if part is not frames[-1] else 0, part) for part in frames)

    async def use(wire: Wire, meter: Meter) -> None:
        channel = Channel(wire, session, meter)
        got = await channel.get_msg(5)
        assert (got["msg_type"], got["header"], got["parent_header"]) == ("status", header, header)
        assert got["content"] == {"good": True}
        with pytest.raises(Empty):
            await channel.get_msg(0.1)

    talk(tmp_path, _GREETING + READY + said, use, 1 << 20)


# ------------------------------------------------------------------ what a message would cost


@pytest.mark.parametrize(
    ("text", "costly"),
    [
        (b"[" + b"[]," * 300_000 + b"1]", True),
        (b"[" + b"1," * 300_000 + b"1]", True),
        (b'{"x": "\\\\", "j": [' + b'"",' * 300_000 + b"1]}", True),
        (b'{"x": "\\\\\\"", "j": [' + b"{}," * 300_000 + b"1]}", True),
        (b'{"text": "' + b"[0.1, 0.2], " * 300_000 + b'"}', False),
        (b'{"text": "' + b'{\\"a\\": [\\\\, ' * 300_000 + b'"}', False),
        (b'{"image/png": "' + b"iVBORw0KGgo" * 300_000 + b'"}', False),
        (b'{"x": [' + b"0.25," * 100_000 + b"1]}", False),
    ],
)
def test_values_are_counted_before_they_are_parsed(text: bytes, costly: bool) -> None:
    json.loads(text)
    assert bool(too_costly([b"signature", b"{}", b"{}", b"{}", text])) == costly


def test_headers_are_small() -> None:
    cost = too_costly([b"", b"{}", b"{" + b" " * 99_999 + b"}", b"{}", b"{}"])
    assert str(cost).endswith("more than 64 KiB")


def test_counting_is_quick_whatever_the_text() -> None:
    for piece in (b'"', b"\\", b'\\"', b"[", b'",'):
        start = time.process_time()
        too_costly([b"", b"", b"", b"", piece * ((16 << 20) // len(piece))])
        assert time.process_time() - start < 3


def test_a_kernel_that_keeps_its_greeting_back_is_asked_something() -> None:
    class SilentUntilAsked:
        """A client whose kernel publishes nothing before the first request."""

        asked = 0

        @property
        def iopub_channel(self) -> SilentUntilAsked:
            return self

        async def get_msg(self, timeout: float) -> dict[str, str]:
            if not self.asked:
                raise Empty
            return {"msg_type": "status"}

        def execute(self, code: str, silent: bool, allow_stdin: bool) -> None:
            assert (code, silent, allow_stdin) == ("", True, False)
            self.asked += 1

    client = SilentUntilAsked()
    asyncio.run(_subscribed(cast(BoundedClient, client)))
    assert client.asked == 1
