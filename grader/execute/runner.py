"""The way in: a runner that takes jobs, several at a time, and gives Executions.

Law 2 at work: what a notebook does ends in the Execution's status; what we fail at is tried three
times and then becomes `sandbox_error`, which scores null.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from grader.errors import IsolationError, KernelStartError
from grader.execute.channels import bounded_context
from grader.execute.cold import ColdKernels
from grader.execute.job import Job, Limits
from grader.execute.kernel import KernelSource
from grader.execute.session import PreludeError, execute
from grader.models import Execution, Isolation

Tier = Literal["none", "base", "namespaces", "full"]

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
                except KernelStartError as error:
                    problem = f"{_ATTEMPTS} kernels failed to start; the last: {error}"
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
    limits: Limits | None = None,
) -> AsyncIterator[Runner]:
    """A `Runner` for as long as the context lasts; afterwards nothing of it is left.

    jobs: notebooks at a time. isolation: the least that is acceptable; the strongest that the
    machine has is used. "none" runs without a cage and needs `allow_unsafe`.
    limits: the largest output limit of any job to come (default: `Limits()`).

    Raises `IsolationError` when the machine can't give the isolation asked for.
    """
    if isolation == "none" and not allow_unsafe:
        raise IsolationError("isolation none runs student code unprotected: accept that with --allow-unsafe")
    if isolation != "none":
        raise IsolationError(f"isolation {isolation} is not available yet")
    context = bounded_context((limits or Limits()).output_bytes)
    source = ColdKernels(context)
    try:
        yield Runner(source, Isolation(tier="none", layers={"isolation": "off"}), jobs)
    finally:
        await source.close()
        context.destroy(linger=0)
