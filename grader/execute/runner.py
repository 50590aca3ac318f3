"""The way in: a runner that takes jobs, several at a time, and gives Executions.

Law 2 at work: what a notebook does ends in the Execution's status; what we fail at is tried three
times and then becomes `sandbox_error`, which scores null.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from grader.errors import IsolationError, KernelStartError
from grader.execute.caged import CagedSource, kernel_limits
from grader.execute.cold import ColdKernels
from grader.execute.job import Job, Limits
from grader.execute.kernel import KernelSource
from grader.execute.session import KernelLostError, PreludeError, execute
from grader.jail.kernels import CagedKernels
from grader.jail.probe import TIERS, Tier, examine, limit
from grader.models import Execution, Isolation

_ATTEMPTS = 3


class Runner:
    """Runs jobs, at most `jobs` at a time; more wait their turn. Made by `open_runner`."""

    def __init__(self, source: KernelSource, isolation: Isolation, jobs: int) -> None:
        self.isolation = isolation
        self._source = source
        self._slots = asyncio.Semaphore(jobs)

    async def run(self, job: Job) -> Execution:
        """Run one notebook in a fresh kernel.

        Never raises for what the notebook does. `sandbox_error`: three kernels in a row did not
        get as far as the first cell, or the prelude failed; the message says what happened.
        """
        async with self._slots:
            started = time.monotonic()
            problem = ""
            for _ in range(_ATTEMPTS):
                try:
                    kernel = await self._source.start(job)
                    return await execute(kernel, job, started)
                except PreludeError as error:
                    problem = str(error)
                    break
                except (KernelStartError, KernelLostError) as error:
                    problem = f"{_ATTEMPTS} kernels failed; the last: {error}"
            return Execution(
                status="sandbox_error",
                message=problem,
                isolation=self.isolation,
                wall_s=time.monotonic() - started,
            )


@asynccontextmanager
async def open_runner(
    jobs: int = 1,
    isolation: Tier = "base",
    *,
    allow_unsafe: bool = False,
    at_most: Tier = "full",
    limits: Limits | None = None,
) -> AsyncIterator[Runner]:
    """A `Runner` for as long as the context lasts; afterwards nothing of it is left.

    jobs: notebooks at a time. isolation: the least that is acceptable; the strongest that the
    machine has is used. "none" runs without a cage and needs `allow_unsafe`.
    at_most: leave the layers above this tier out, to test a weaker one.
    limits: those that jobs will have, as far as known: the kernel kept ready has them.

    Raises `IsolationError` when the machine can't give the isolation asked for, and
    `KernelStartError` when the warm server does not start.
    """
    if isolation == "none":
        source, found = _open_cold(allow_unsafe)
    else:
        source, found = await _open_caged(jobs, isolation, at_most, limits or Limits())
    try:
        yield Runner(source, found, jobs)
    finally:
        await source.close()


def _open_cold(allow_unsafe: bool) -> tuple[KernelSource, Isolation]:
    if not allow_unsafe:
        raise IsolationError("isolation none runs student code unprotected: accept that with --allow-unsafe")
    return ColdKernels(), Isolation(tier="none", layers={"isolation": "off: --allow-unsafe"})


async def _open_caged(jobs: int, least: Tier, most: Tier, limits: Limits) -> tuple[KernelSource, Isolation]:
    examination = limit(examine(), most)
    if TIERS.index(examination.tier) < TIERS.index(least):
        raise IsolationError(examination.complaint(least))
    kernels = CagedKernels(examination, spare=jobs)
    try:
        await kernels.warm_up(kernel_limits(Job((), limits=limits)))
    except BaseException:
        await kernels.close()
        raise
    return CagedSource(kernels), Isolation(tier=examination.tier, layers=examination.layers)
