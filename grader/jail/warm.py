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

_WARM_UP_S = 120.0


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

    def stop(self) -> None:
        """End it, and with it every kernel that is left."""
        self._control.close()
        self._process.kill()
        self._process.wait()


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
        answer = await asyncio.wait_for(loop.sock_recv(ours, 1 << 16), _WARM_UP_S)
    except (OSError, TimeoutError) as error:
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
