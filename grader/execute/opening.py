"""The way in: kernels for as long as they are needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from grader.execute.job import Job, Limits
from grader.jail.memory import share
from grader.jail.probe import Tier

if TYPE_CHECKING:
    from grader.execute.runner import KernelRunner


@asynccontextmanager
async def open_runner(
    jobs: int = 1,
    isolation: Tier = "base",
    *,
    allow_unsafe: bool = False,
    at_most: Tier = "full",
    limits: Limits | None = None,
    beside: int = 0,
    nice: int = 0,
) -> AsyncIterator[KernelRunner]:
    """A `Runner` for as long as the context lasts; afterwards nothing of it is left.

    jobs: notebooks at a time. isolation: the least that is acceptable; the strongest that the
    machine has is used. "none" runs without a cage and needs `allow_unsafe`.
    at_most: leave the layers above this tier out, to test a weaker one.
    limits: those that jobs will have, as far as known: the kernel kept ready has them. Where the
    memory they allow is not there for all jobs at once, each gets its share; one that needs more
    runs again alone. beside: bytes that are left to others, who judge meanwhile.
    nice: how much nicer than this process the kernels of a cage are.

    Raises `IsolationError` when the machine can't give the isolation asked for, and
    `KernelStartError` when the warm server does not start.
    """
    # Jupyter's client takes as long to import as all else: only where notebooks run, nowhere else
    from grader.execute.runner import KernelRunner, fitted, open_caged, open_cold

    memory = share(jobs, beside=beside), share(1, beside=beside)
    if isolation == "none":
        source, found = open_cold(allow_unsafe)
    else:
        first = fitted(Job((), limits=limits or Limits()), memory[0])
        source, found = await open_caged(jobs, isolation, at_most, first, nice)
    try:
        yield KernelRunner(source, found, jobs, memory)
    finally:
        await source.close()
