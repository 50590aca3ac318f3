"""Kernels without isolation: a plain Jupyter kernel in a subprocess, started cold.

For machines that have no cage (macOS laptops), and only when the person who grades says so. Of the
limits, those on time and output hold; memory, disk and processes are the machine's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from grader.errors import KernelStartError
from grader.execute.channels import BoundedClient
from grader.execute.habits import setup_text
from grader.execute.job import Job
from grader.execute.kernel import Ending
from grader.execute.workdir import copy_files
from grader.folder.private import private_directory
from grader.folder.remove import remove_tree
from grader.models import AttachedFile, Isolation

_POLL_S = 0.05


class _OwnSpec(KernelSpecManager):
    """Knows one kernel: ipykernel of this interpreter. Installed kernelspecs steer nothing."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        argv += ["--HistoryManager.enabled=False"]
        return KernelSpec(argv=argv, display_name="Python", language="python")


class ColdKernel:
    """A kernel in a subprocess of its own."""

    setup = (
        "s = {'__name__': '_setup', '__file__': '<setup>'}\n"
        f"exec(compile({setup_text()!r}, '<setup>', 'exec'), s)\n"
        "s.pop('install')(get_ipython())\n"
        "s = get_ipython().kernel.iopub_thread\n"
        f"s.schedule(lambda socket=s.socket: socket.setsockopt({int(zmq.XPUB_NODROP)}, 1))\ndel s"
    )
    isolation = Isolation(tier="none", layers={"isolation": "off: run with --allow-unsafe"})

    def __init__(self, manager: AsyncKernelManager, client: BoundedClient, folder: Path) -> None:
        self.client = client
        self._manager = manager
        self._folder = folder

    def place(self, files: tuple[AttachedFile, ...], folder: str) -> None:
        """Copy files below the working directory."""
        directory = os.open(self._folder / "work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            copy_files(files, directory, folder)
        finally:
            os.close(directory)

    async def interrupt(self) -> None:
        """As Ctrl-C."""
        with contextlib.suppress(RuntimeError, ProcessLookupError):
            await self._manager.interrupt_kernel()

    async def ended(self) -> Ending:
        """Poll until the process is gone: the subprocess belongs to jupyter_client."""
        provisioner = self._manager.provisioner
        while provisioner is not None and provisioner.has_process:
            code = await provisioner.poll()
            if code is not None:
                return Ending(code=code)
            await asyncio.sleep(_POLL_S)
        return Ending(code=-9)

    async def kill(self) -> Ending:
        """Kill the process and remove its directories."""
        self.client.close()
        provisioner = self._manager.provisioner
        code = await provisioner.poll() if provisioner is not None and provisioner.has_process else None
        with contextlib.suppress(RuntimeError, ProcessLookupError):
            await self._manager.shutdown_kernel(now=True)
        remove_tree(self._folder)
        return Ending(code=-9 if code is None else code)


class ColdKernels:
    """Starts `ColdKernel`s."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._root = self._stack.enter_context(private_directory())

    async def start(self, job: Job) -> ColdKernel:
        """A fresh subprocess, without the grader's environment."""
        folder = Path(tempfile.mkdtemp(dir=self._root))
        work = folder / "work"
        work.mkdir()
        manager = AsyncKernelManager(
            kernel_spec_manager=_OwnSpec(),
            transport="ipc",
            ip=str(folder / "k"),
            connection_file=str(folder / "connection.json"),
            client_factory=BoundedClient,
        )
        started = time.monotonic()
        try:
            await manager.start_kernel(cwd=str(work), env=_environment(work, folder))
        except (OSError, RuntimeError) as error:
            remove_tree(folder)
            raise KernelStartError(f"a kernel did not start: {error}") from error
        client = manager.client()
        assert isinstance(client, BoundedClient)
        kernel = ColdKernel(manager, client, folder)
        while not all(Path(f"{folder}/k-{port}").exists() for port in manager.ports):
            provisioner = manager.provisioner
            died = provisioner is None or await provisioner.poll() is not None
            if died or time.monotonic() - started > 60:
                await kernel.kill()
                raise KernelStartError("a kernel ended, or said nothing for 60 s, while it started")
            await asyncio.sleep(0.02)
        return kernel

    async def close(self) -> None:
        """Remove the directory of all kernels."""
        self._stack.close()


def _environment(work: Path, folder: Path) -> dict[str, str]:
    """What the kernel sees of the environment: nothing of the grader's but PATH."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(work),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
