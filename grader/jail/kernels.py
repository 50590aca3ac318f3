"""The source of caged kernels: one warm server, some kernels ready ahead of need.

A server that died is started anew; the kernels it took along count as lost, which is our fault
and makes their jobs run again.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import KernelStartError
from grader.folder.private import private_directory
from grader.jail import cgroups
from grader.jail.cage.plan import KernelLimits
from grader.jail.cage.preload import ON_DEMAND
from grader.jail.caged import Caged, order_kernel
from grader.jail.probe import Examination
from grader.jail.warm import WarmServer, start_server


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A kernel that nobody has asked for yet, on its way or ready."""

    limits: KernelLimits
    start: asyncio.Task[Caged]

    def drop(self) -> None:
        if not self.drop_if_done():
            self.start.cancel()

    def drop_if_done(self) -> bool:
        """Forget it, if its start has ended one way or the other."""
        if not self.start.done():
            return False
        if not self.start.cancelled() and self.start.exception() is None:
            self.start.result().forget()
        return True


class CagedKernels:
    """Starts kernels; keeps `spare` of them ready for the limits that were last asked for.

    setup: Python that defines `install(shell)`, called in every kernel before it is ready.
    nice: how much nicer than this process they are.
    """

    def __init__(
        self,
        examination: Examination,
        spare: int = 1,
        heartbeat: bool = False,
        setup: str = "",
        nice: int = 0,
    ) -> None:
        self.layers = examination.layers
        self.tier = examination.tier
        self._stack = contextlib.ExitStack()
        self._run = self._stack.enter_context(private_directory())
        plan = replace(examination.plan, setup=setup, nice=nice)
        if plan.uids is not None and not plan.namespaces:
            self._run.chmod(0o711)
        if plan.cgroups is not None:
            plan = replace(plan, cgroups=self._stack.enter_context(cgroups.made()))
        self._plan = plan
        self._spare = spare
        self._heartbeat = heartbeat
        self._server: WarmServer | None = None
        self._starting = asyncio.Lock()
        self._ahead: deque[_Ahead] = deque()
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
        for _ in range(len(self._ahead)):  # not those made meanwhile: where none starts, that would never end
            if not self._ahead:
                break
            ahead = self._ahead.popleft()
            if wanted or ahead.limits != limits:
                ahead.drop()
                continue
            self._prepare(limits)
            with contextlib.suppress(KernelStartError):
                kernel = await ahead.start  # what is on its way is there before another would be
                if kernel.running:
                    return kernel
                kernel.forget()
        start = asyncio.create_task(self._start(limits))
        self._prepare(limits)
        return await start

    async def warm_up(self, limits: KernelLimits | None = None) -> None:
        """Start the server now, and a kernel ahead when the limits are known."""
        await self._warm()
        if limits is not None:
            self._prepare(limits)

    @property
    def server_pid(self) -> int | None:
        """The warm server's process, for tests that kill it."""
        return self._server.pid if self._server is not None else None

    async def close(self) -> None:
        """Kill everything that is left and remove every trace."""
        starts = [ahead.start for ahead in self._ahead]
        self._drop_ahead()
        await asyncio.gather(*starts, return_exceptions=True)
        self.abandon()

    def abandon(self) -> None:
        """Close at the end of the process, when no event loop runs any more."""
        self._drop_ahead()
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
                self._ahead = deque(ahead for ahead in self._ahead if not ahead.drop_if_done())
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

    def _prepare(self, limits: KernelLimits) -> None:
        while len(self._ahead) < self._spare:
            self._ahead.append(_Ahead(limits, asyncio.create_task(self._start(limits))))

    def _drop_ahead(self) -> None:
        while self._ahead:
            self._ahead.popleft().drop()
