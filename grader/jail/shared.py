"""Caged kernels for all event loops of a process: one warm server, on a thread and a loop of its own.

A Jupyter client may start a kernel on one event loop, wait for it on another, and open many loops.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from grader.errors import IsolationError
from grader.jail.cage.plan import KernelLimits
from grader.jail.caged import Caged
from grader.jail.kernels import CagedKernels
from grader.jail.probe import examine

_T = TypeVar("_T")
_CLOSE_S = 10.0


class SharedKernels:
    """The kernels of a process. Made by `shared_kernels`; whatever touches one runs by `run` or `soon`."""

    def __init__(self) -> None:
        examination = examine()
        if examination.tier == "none":
            raise IsolationError(examination.complaint("base"))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="caged kernels", daemon=True)
        self._thread.start()
        self._kernels = CagedKernels(examination, spare=0, heartbeat=True)
        atexit.register(self._close)

    async def take(self, limits: KernelLimits) -> Caged:
        """A kernel that serves. Raises `KernelStartError`."""
        return await self.run(self._kernels.take(limits))

    async def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Wait, on whatever loop this is called, for work to be done where the kernels are."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._kernels.close(), self._loop).result(_CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_S)


_made: dict[int, SharedKernels] = {}
_making = threading.Lock()


def shared_kernels() -> SharedKernels:
    """The kernels of this process; a process that was forked has its own.

    Raises `IsolationError` without a cage.
    """
    with _making:
        found = _made.get(os.getpid())
        if found is None:
            found = _made[os.getpid()] = SharedKernels()
        return found
