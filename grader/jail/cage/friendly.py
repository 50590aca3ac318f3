"""Inside the kernel: what the cage forbids says so in words, and what can be done another way is.

Not protection: the filters are that. Programs and forks raise an error that names the reason, and
a DataLoader loads in the notebook's own process.
"""

from __future__ import annotations

import sys
from typing import Any

_NO_PROCESSES = "other processes can't be started in the grading environment"


def explain_refusals() -> None:
    """Replace what would fail with a bare errno."""
    import os
    import subprocess

    def refuse(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        raise PermissionError(1, _NO_PROCESSES)

    started: Any = subprocess.Popen
    started.__init__ = refuse
    started.__del__ = lambda self: None
    os.fork = os.system = os.popen = refuse
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp", "forkpty"):
        setattr(os, name, refuse)
    import multiprocessing.context
    import multiprocessing.process

    multiprocessing.process.BaseProcess.start = refuse  # type: ignore[method-assign]
    multiprocessing.context.BaseContext.Pool = refuse  # type: ignore[method-assign]
    _load_in_process()


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
