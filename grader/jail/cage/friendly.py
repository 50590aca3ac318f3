"""Inside the kernel: what the cage forbids says so in words, and what can be done another way is.

Not protection: the filters are that. Programs and forks raise an error that names the reason, a
DataLoader loads in the notebook's own process, and a signal to itself ends the kernel in every tier.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

_NO_PROCESSES = "other processes can't be started in the grading environment"


def explain_refusals() -> None:
    """Replace what would fail with a bare errno."""
    import subprocess

    def refuse(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        raise PermissionError(1, _NO_PROCESSES)

    # so that no traceback of a student's names a path of ours
    refuse.__code__ = refuse.__code__.replace(co_filename="<grading environment>")
    started: Any = subprocess.Popen
    started.__init__ = refuse
    started.__del__ = lambda self: None
    os.fork = os.system = os.popen = refuse
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp", "forkpty"):
        setattr(os, name, refuse)
    import multiprocessing.context
    import multiprocessing.heap
    import multiprocessing.process
    import multiprocessing.synchronize

    multiprocessing.process.BaseProcess.start = refuse  # type: ignore[method-assign]
    multiprocessing.context.BaseContext.Pool = refuse  # type: ignore[method-assign]
    multiprocessing.synchronize.SemLock.__init__ = refuse  # type: ignore[method-assign]
    multiprocessing.heap.Arena._dir_candidates = []  # type: ignore[attr-defined]  # a RawArray is a file of ours
    _load_in_process()


def die_when_told() -> None:
    """A signal to itself ends a kernel as it ends any process.

    The first process of a namespace would survive it, and the supervisor ignores some for itself.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if os.getpid() != 1:
        return
    kill = os.kill
    harmless = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
    stopping = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    fatal = set(signal.Signals) - harmless - stopping

    def kill_or_die(pid: int, number: int, /) -> None:
        if pid == 1 and number in fatal and signal.getsignal(number) in (signal.SIG_DFL, None):
            os._exit(128 + number)
        kill(pid, number)

    os.kill = kill_or_die
    signal.raise_signal = lambda number, /: kill_or_die(1, number)


def _load_in_process() -> None:
    """A DataLoader with workers becomes one without: same batches, same order."""
    loading = sys.modules.get("torch.utils.data.dataloader")
    if loading is None:
        return
    original = loading.DataLoader.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        arguments = list(args)
        if len(arguments) > 5:
            arguments[5] = 0
        kwargs.pop("num_workers", None)
        for name in ("prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
            kwargs.pop(name, None)
        original(self, *arguments, **kwargs)

    init.__dict__["__wrapped__"] = original
    loading.DataLoader.__init__ = init
