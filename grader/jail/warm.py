"""The grader's end of the warm fork server: start it, order kernels, notice its death."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from grader.errors import KernelStartError
from grader.jail.cage.plan import Order, Plan, pack
from grader.jail.probe import CAGE

_STILL_S = 120.0
"""so long a server that warms up may get nothing done"""


class WarmServer:
    """One running server. Made by `start_server`."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, log: Path) -> None:
        self.pid = process.pid
        self._process = process
        self._control = control
        self._log = log

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def order(self, order: Order, descriptors: list[int]) -> None:
        """Ask for a kernel; its supervisor answers on the first descriptor.

        Raises `KernelStartError` when the server is gone.
        """
        try:
            socket.send_fds(self._control, [b"o" + pack(order)], descriptors)
        except OSError as error:
            raise KernelStartError(f"the warm server is gone ({error}): {self.last_words()}") from error

    def preload(self, name: str) -> None:
        """Have it import one of its optional packages, for the kernels to come."""
        with contextlib.suppress(OSError):
            self._control.send(b"p" + name.encode())

    def last_words(self) -> str:
        """The last line it wrote to its error output."""
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it left no message"

    def spent(self) -> int:
        """The processor time that it had, in ticks of the system's; 0 when it is gone."""
        try:
            times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:
            return 0
        return sum(map(int, times))

    def stop(self) -> None:
        """End it, and with it every kernel that is left."""
        self._control.close()
        self._process.kill()
        self._process.wait()


async def _said(answer: asyncio.Task[bytes], server: WarmServer) -> bytes:
    """What it says when it is warm. On a machine that is busy it only takes longer: whoever gave it up and
    began again would never have one."""
    spent = -1
    try:
        while not (await asyncio.wait([answer], timeout=_STILL_S))[0]:
            before, spent = spent, server.spent()
            if spent <= before:
                return f"it did nothing for {_STILL_S:.0f} s".encode()
        return answer.result()
    finally:
        answer.cancel()


async def start_server(plan: Plan) -> WarmServer:
    """Start a server and wait until it is warm, some seconds. Raises `KernelStartError`."""
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    log = Path(plan.scratch, "server.log")
    with theirs, log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(CAGE), "serve", str(theirs.fileno())],
            env={},
            cwd="/",
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    server = WarmServer(process, ours, log)
    try:
        await loop.sock_sendall(ours, pack(plan))
        answer = await _said(loop.create_task(loop.sock_recv(ours, 1 << 16)), server)
    except OSError as error:
        answer = str(error).encode()
    except BaseException:
        server.stop()
        raise
    if answer != b"warm":
        server.stop()
        said = answer.decode(errors="replace") or server.last_words()
        raise KernelStartError(f"the warm server did not start: {said}")
    os.set_blocking(ours.fileno(), True)
    return server
