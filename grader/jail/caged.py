"""One caged kernel as the grader holds it: its sockets, its directory, the line to its supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import KernelStartError
from grader.folder.remove import remove_tree
from grader.jail.cage.plan import CHANNELS, KernelLimits, Order
from grader.jail.warm import WarmServer

_START_S = 60.0
_DEATH_S = 10.0
_CLIENTS_WAITING = 16


@dataclass(frozen=True, slots=True)
class Exit:
    """How a kernel ended.

    code: exit status, or minus the signal's number. reason: the limit for which its supervisor
    killed it, "" for none, "lost" when the supervisor itself is gone. peak_bytes: memory used on
    top of what it shared with the warm server.
    """

    code: int
    reason: str
    cpu_s: float | None
    peak_bytes: int | None


_LOST = Exit(-int(signal.SIGKILL), "lost", None, None)


class Caged:
    """A kernel, from the order to its removal.

    directory: descriptor of its working directory. landlock: ABI version that confines it.
    spent: seconds that its namespaces and mounts, its confinement, and ipykernel's start took.
    """

    def __init__(self, order: Order, folder: Path, talk: socket.socket, inside: bool) -> None:
        self.order = order
        self.directory = -1
        self.landlock = 0
        self.spent: tuple[float, ...] = ()
        self._folder = folder
        self._work = None if inside else Path(order.work)
        self._talk = talk
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._exit: asyncio.Future[Exit] = self._loop.create_future()
        self._loop.add_reader(talk.fileno(), self._hear)

    def connection_info(self) -> dict[str, Any]:
        """What a Jupyter client needs to connect."""
        ports = {f"{name}_port": number for number, name in enumerate(CHANNELS, 1)}
        where = {"transport": "ipc", "ip": str(self._folder / "s" / "k"), "key": self.order.key}
        return {**where, "signature_scheme": "hmac-sha256", **ports}

    async def ready(self) -> None:
        """Wait until it serves. Raises `KernelStartError`."""
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), _START_S)
        except TimeoutError:
            raise KernelStartError(f"a kernel was not ready after {_START_S:g} s") from None

    async def exited(self) -> Exit:
        """Wait until it is gone."""
        return await asyncio.shield(self._exit)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet, as far as we heard."""
        return not self._exit.done()

    def exit_code(self) -> int | None:
        """Its exit status once it has ended."""
        return self._exit.result().code if self._exit.done() else None

    def send_signal(self, number: int) -> None:
        """Have the supervisor send it a signal: INT, TERM or KILL."""
        if self.running:
            with contextlib.suppress(OSError):
                self._talk.send(bytes([number]))

    async def kill(self) -> Exit:
        """Kill it, wait until it is gone, and remove its directory."""
        try:
            return await self.stop()
        finally:
            self.remove()

    async def stop(self) -> Exit:
        """Kill it and wait until it is gone; `remove` is still to come."""
        self.send_signal(signal.SIGKILL)
        try:
            return await asyncio.wait_for(self.exited(), _DEATH_S)
        except TimeoutError:
            return _LOST
        finally:
            self._hang_up()

    def forget(self) -> None:
        """Hang up, which kills it if it lives, and remove its directory."""
        self._hang_up()
        self.remove()

    def remove(self) -> None:
        """Remove its directory; in any thread, since that takes as long as the student had it filled."""
        if self.directory >= 0:
            os.close(self.directory)
            self.directory = -1
        remove_tree(self._folder)

    def _hang_up(self) -> None:
        if self._talk.fileno() >= 0:
            self._loop.remove_reader(self._talk.fileno())
            self._talk.close()
        if not self._exit.done():
            self._exit.set_result(_LOST)
        if not self._ready.done():
            self._ready.cancel()

    def _hear(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._talk, 1 << 16, 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if descriptors:
            self.directory = descriptors[0]
        message = json.loads(data) if data else {}
        if "ready" in message:
            self.landlock = message["ready"]["landlock"]
            self.spent = tuple(message["ready"]["spent"])
            self._resolve(self._ready, None)
            return
        if not self._ready.done():
            why = str(message.get("failed") or message or "the warm server is gone").strip().splitlines()[-1]
            self._ready.set_exception(KernelStartError(f"a kernel did not start: {why}"))
            self._ready.exception()
        if "exit" in message:
            end = message["exit"]
            self._resolve(self._exit, Exit(end["code"], end["reason"], end["cpu_s"], end["peak"]))
        elif not message:
            self._loop.remove_reader(self._talk.fileno())
            self._resolve(self._exit, _LOST)

    @staticmethod
    def _resolve(future: asyncio.Future[Any], value: Any) -> None:
        if not future.done():
            future.set_result(value)


def order_kernel(
    server: WarmServer,
    run: Path,
    number: int,
    limits: KernelLimits,
    uid: int | None,
    inside: bool,
    beat: bool,
) -> Caged:
    """Order a kernel; await its `ready` before use. Raises `KernelStartError`.

    run: directory of all kernels. inside: the kernel has a private working directory that nobody
    outside sees; otherwise it gets one below `run`.
    """
    folder = run / secrets.token_urlsafe(6)  # Landlock lets every kernel ask whether a path exists
    closed = uid is None or inside
    folder.mkdir(mode=0o700 if closed else 0o711)
    sockets = folder / "s"
    sockets.mkdir(mode=0o700)
    work = folder / "work"
    if not inside:
        work.mkdir(mode=0o700)
    order = Order(number, secrets.token_hex(16), "" if inside else str(work), limits, beat)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening = []
    try:
        for channel, name in enumerate(CHANNELS, 1):
            if name == "hb" and not beat:
                continue
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.append(listener)
            listener.bind(f"{sockets}/k-{channel}")
            listener.listen(_CLIENTS_WAITING)
        server.order(order, [theirs.fileno(), *(listener.fileno() for listener in listening)])
    except OSError as error:
        ours.close()
        remove_tree(folder)
        raise KernelStartError(f"a kernel's sockets could not be made: {error}") from error
    except KernelStartError:
        ours.close()
        remove_tree(folder)
        raise
    finally:
        theirs.close()
        for listener in listening:
            listener.close()
    return Caged(order, folder, ours, inside)
