"""The source of caged kernels: one warm server, one kernel ready ahead of need.

A server that died is started anew; the kernels it took along count as lost, which is our fault
and makes their jobs run again.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import deque
from dataclasses import replace
from pathlib import Path

from grader.errors import KernelStartError
from grader.jail import cgroups
from grader.jail.cage.plan import KernelLimits
from grader.jail.cage.preload import ON_DEMAND
from grader.jail.caged import Caged, order_kernel
from grader.jail.probe import Examination
from grader.jail.rundir import private_directory
from grader.jail.warm import WarmServer, start_server


class CagedKernels:
    """Starts kernels; keeps `spare` of them ready for the limits that were last asked for.

    setup: Python that defines `install(shell)`, called in every kernel before it is ready.
    """

    def __init__(
        self, examination: Examination, spare: int = 1, heartbeat: bool = False, setup: str = ""
    ) -> None:
        self.layers = examination.layers
        self.tier = examination.tier
        self._stack = contextlib.ExitStack()
        self._run = self._stack.enter_context(private_directory())
        plan = replace(examination.plan, setup=setup)
        if plan.uids is not None and not plan.namespaces:
            self._run.chmod(0o711)
        if plan.cgroups is not None:
            plan = replace(plan, cgroups=self._stack.enter_context(cgroups.made()))
        self._plan = plan
        self._spare = spare
        self._heartbeat = heartbeat
        self._server: WarmServer | None = None
        self._starting = asyncio.Lock()
        self._ready: deque[Caged] = deque()
        self._refill: asyncio.Task[None] | None = None
        self._loaded: set[str] = set()
        self._number = 0

    async def take(self, limits: KernelLimits, code: str = "") -> Caged:
        """A kernel that serves, and nobody used. Raises `KernelStartError`.

        code: what is going to run. Words in it tell which libraries are worth importing once, in
        the server, for this kernel and those to come.
        """
        server = await self._warm()
        wanted = {word for word in ON_DEMAND if word in code} - self._loaded
        for word in sorted(wanted):
            self._loaded.add(word)
            server.preload(word)
        while self._ready:
            kernel = self._ready.popleft()
            if not wanted and kernel.running and kernel.order.limits == limits:
                self._refill_soon(limits)
                return kernel
            kernel.forget()
        kernel = await self._start(limits)
        self._refill_soon(limits)
        return kernel

    async def warm_up(self, limits: KernelLimits | None = None) -> None:
        """Start the server now, and a kernel ahead when the limits are known."""
        await self._warm()
        if limits is not None:
            self._refill_soon(limits)

    @property
    def server_pid(self) -> int | None:
        """The warm server's process, for tests that kill it."""
        return self._server.pid if self._server is not None else None

    async def close(self) -> None:
        """Kill everything that is left and remove every trace."""
        if self._refill is not None:
            self._refill.cancel()
            await asyncio.gather(self._refill, return_exceptions=True)
        self.abandon()

    def abandon(self) -> None:
        """Close at the end of the process, when no event loop runs any more."""
        while self._ready:
            self._ready.popleft().forget()
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._stack.close()

    async def _warm(self) -> WarmServer:
        async with self._starting:
            if self._server is not None and self._server.alive:
                return self._server
            if self._server is not None:
                # what it had imported on demand is not tried again: that may be what killed it
                self._server.stop()
                while self._ready:
                    self._ready.popleft().forget()
            scratch = Path(tempfile.mkdtemp(prefix="server-", dir=self._run))
            if self._plan.uids is not None and not self._plan.namespaces:
                scratch.chmod(0o755)
            self._server = await start_server(replace(self._plan, scratch=str(scratch)))
            return self._server

    async def _start(self, limits: KernelLimits) -> Caged:
        server = await self._warm()
        self._number += 1
        plan = self._plan
        kernel = order_kernel(
            server, self._run, self._number, limits, plan.uids, plan.namespaces, self._heartbeat
        )
        try:
            await kernel.ready()
        except BaseException:
            kernel.forget()
            raise
        return kernel

    def _refill_soon(self, limits: KernelLimits) -> None:
        if self._refill is None or self._refill.done():
            self._refill = asyncio.ensure_future(self._fill(limits))

    async def _fill(self, limits: KernelLimits) -> None:
        with contextlib.suppress(KernelStartError):
            while len(self._ready) < self._spare:
                self._ready.append(await self._start(limits))
