"""Caged kernels, as a session wants them."""

from __future__ import annotations

import asyncio
import signal
from pathlib import PurePosixPath
from typing import cast

from jupyter_client.connect import KernelConnectionInfo

from grader.execute.channels import BoundedClient
from grader.execute.job import Job
from grader.execute.kernel import Ending, Reason
from grader.execute.workdir import copy_files
from grader.jail.cage.plan import KernelLimits
from grader.jail.caged import Caged, Exit
from grader.jail.kernels import CagedKernels
from grader.models import AttachedFile, Isolation, Usage

_REASONS: dict[str, Reason] = {
    name: name for name in ("memory", "disk", "files", "processes", "cpu", "leader", "oom", "lost")
}


class CagedKernel:
    """A kernel in the cage."""

    setup = ""

    def __init__(
        self, caged: Caged, client: BoundedClient, isolation: Isolation, removals: set[asyncio.Future[None]]
    ) -> None:
        self.client = client
        self.isolation = isolation
        self._caged = caged
        self._removals = removals

    def place(self, files: tuple[AttachedFile, ...], folder: str) -> None:
        """Copy files below the working directory, through the descriptor that the kernel sent out."""
        copy_files(files, self._caged.directory, folder)

    async def interrupt(self) -> None:
        """As Ctrl-C."""
        self._caged.send_signal(signal.SIGINT)

    async def ended(self) -> Ending:
        """Wait until the supervisor says that the kernel is gone."""
        return _ending(await self._caged.exited())

    async def kill(self) -> Ending:
        """Kill, wait for the supervisor's last word; a thread removes the directory meanwhile."""
        self.client.close()
        try:
            return _ending(await self._caged.stop())
        finally:
            removal = asyncio.get_running_loop().run_in_executor(None, self._caged.remove)
            self._removals.add(removal)
            removal.add_done_callback(self._removals.discard)


class CagedSource:
    """Starts `CagedKernel`s."""

    def __init__(self, kernels: CagedKernels) -> None:
        self._kernels = kernels
        self._removals: set[asyncio.Future[None]] = set()
        self._isolation = Isolation(tier=kernels.tier, layers=kernels.layers)

    async def start(self, job: Job) -> CagedKernel:
        """A fresh kernel. Raises `KernelStartError`."""
        code = "\n".join(cell.source for cell in job.cells if cell.kind == "code")
        caged = await self._kernels.take(kernel_limits(job), code)
        try:
            client = BoundedClient()
            client.load_connection_info(cast(KernelConnectionInfo, caged.connection_info()))
        except BaseException:
            caged.forget()
            raise
        return CagedKernel(caged, client, self._isolation, self._removals)

    async def close(self) -> None:
        """Stop the warm server and everything it started; nothing of them is left on the disk."""
        try:
            await asyncio.gather(*self._removals, return_exceptions=True)
        finally:
            await self._kernels.close()


def kernel_limits(job: Job) -> KernelLimits:
    """The limits that the cage enforces. Files handed in count little, or get room of their own."""
    limits = job.limits
    size = sum(file.size for file in job.files)
    paths = (PurePosixPath(file.name) for file in job.files)
    entries = len({entry for path in paths for entry in (path, *path.parents[:-1])})
    return KernelLimits(
        memory_bytes=limits.memory_bytes,
        cpu_s=limits.cpu_s,
        disk_bytes=limits.disk_bytes + (size if size > limits.disk_bytes // 4 else 0),
        files=limits.files + (entries if entries > limits.files // 4 else 0),
        open_files=limits.open_files,
        processes=limits.processes,
    )


def _ending(end: Exit) -> Ending:
    usage = Usage(cpu_s=end.cpu_s, peak_memory_bytes=end.peak_bytes)
    return Ending(end.code, _REASONS.get(end.reason, ""), usage)
