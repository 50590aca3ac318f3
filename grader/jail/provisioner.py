"""Caged kernels for any Jupyter client: the kernel provisioner ``caged-provisioner``.

A kernelspec asks for it with::

    {"argv": ["caged"], "display_name": "Python (caged)", "language": "python",
     "metadata": {"kernel_provisioner": {"provisioner_name": "caged-provisioner"}}}

One warm server serves all kernels of a process. What differs from an ordinary kernel, and why
tests of ipykernel, nbclient and jupyter_client that ask for it fail:

- it works in a private directory of its own that vanishes with it: `cwd` is ignored, and files beside
  the notebook are not there unless the client's own code writes them;
- it takes nothing of the client's environment: `env` is ignored; arguments on the kernelspec's command
  line too;
- it starts no process (multiprocessing, `subprocess`, `!command`) and reaches no network; it opens no
  window, also not with a display at hand; without processes `torch.compile` leaves models as they are,
  and joblib and DataLoader work in the kernel's own;
- it maps no anonymous memory as shared (`mmap.mmap(-1, n)` without `MAP_PRIVATE`); locks of files and options
  of sockets seem to work and do nothing;
- it keeps no history, so that `history_request` gives nothing; has no debugger and no subshells, and
  announces neither; of signals from outside only INT, TERM and KILL reach it;
- it speaks over unix sockets, whatever `transport` and `ip` the manager was given.
"""

from __future__ import annotations

import signal
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase
from traitlets import Float, Int

from grader.jail.cage.plan import KernelLimits
from grader.jail.caged import Caged, Exit
from grader.jail.shared import shared_kernels

_PASSED_ON = {
    signal.SIGINT: signal.SIGINT,
    signal.SIGTERM: signal.SIGKILL,  # the first process of a namespace would survive the other
    signal.SIGKILL: signal.SIGKILL,
}


class CagedProvisioner(KernelProvisionerBase):
    """Starts, signals and ends one caged kernel."""

    memory_bytes = Int(2 << 30, config=True, help="memory of a kernel, bytes")
    cpu_s = Float(3600.0, config=True, help="processor time of a kernel, seconds")
    disk_bytes = Int(256 << 20, config=True, help="size of its working directory, bytes")
    files = Int(4000, config=True, help="files in its working directory")
    open_files = Int(160, config=True, help="descriptors it may hold open")
    processes = Int(256, config=True, help="its threads")

    _caged: Caged | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel to speak of."""
        return self._caged is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """There is no command line: the kernel is forked."""
        return await super().pre_launch(cmd=["caged"], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel; returns when it serves. Raises `KernelStartError`, `IsolationError`."""
        limits = KernelLimits(
            memory_bytes=self.memory_bytes,
            cpu_s=self.cpu_s,
            disk_bytes=self.disk_bytes,
            files=self.files,
            open_files=self.open_files,
            processes=self.processes,
        )
        await self.kill()  # of a client that starts it again without a shutdown
        await self._drop()
        self._caged = await shared_kernels().take(limits)
        info = {**self._caged.connection_info(), "key": self._caged.order.key.encode()}
        self.connection_info = cast(KernelConnectionInfo, info)
        return self.connection_info

    async def poll(self) -> int | None:
        """None while it runs, then its exit code; 0 when there is none."""
        return 0 if self._caged is None else self._caged.exit_code()

    async def wait(self) -> int | None:
        """Wait until it is gone."""
        if self._caged is None:
            return 0
        end: Exit = await shared_kernels().run(self._caged.exited())
        await self._drop()
        return end.code

    async def send_signal(self, signum: int) -> None:
        """Pass on an interrupt, a termination or a kill; other signals reach no caged kernel."""
        if self._caged is not None and signum in _PASSED_ON:
            await shared_kernels().run(_signal(self._caged, _PASSED_ON[signal.Signals(signum)]))

    async def kill(self, restart: bool = False) -> None:
        """Kill it, and wait until it is gone."""
        if self._caged is not None:
            await shared_kernels().run(self._caged.kill())

    async def terminate(self, restart: bool = False) -> None:
        """The same as kill: a caged kernel has nothing worth saving."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove its directory."""
        await self._drop()

    async def _drop(self) -> None:
        if self._caged is not None:
            caged, self._caged = self._caged, None
            await shared_kernels().run(_forget(caged))


async def _signal(caged: Caged, number: int) -> None:
    caged.send_signal(number)


async def _forget(caged: Caged) -> None:
    caged.forget()
