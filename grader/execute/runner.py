"""A runner that takes jobs, several at a time, and gives Executions; `grader.execute.opening` makes it.

Law 2 at work: what a notebook does ends in the Execution's status; what we fail at is tried three
times and then becomes `sandbox_error`, which scores null. A kernel that somebody killed is not the
student's fault before it has run again, without neighbours where memory may have been short.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from grader.errors import IsolationError, KernelStartError
from grader.execute.again import next_step
from grader.execute.caged import CagedSource, kernel_limits
from grader.execute.cold import ColdKernels
from grader.execute.habits import setup_text
from grader.execute.job import Job
from grader.execute.kernel import Ending, KernelSource
from grader.execute.session import KernelLostError, PreludeError, blame_memory, execute
from grader.execute.wire import describe_bytes
from grader.jail.kernels import CagedKernels
from grader.jail.memory import oom_kills
from grader.jail.probe import TIERS, Tier, examine, limit
from grader.models import Execution, Isolation, Said, verbatim

_ATTEMPTS = 3


class KernelRunner:
    """Runs jobs, at most `jobs` at a time; more wait their turn. Made by `open_runner`.

    memory: bytes for each of `jobs` kernels, and for one that runs alone; None for no bound but the
    job's own.
    """

    def __init__(
        self,
        source: KernelSource,
        isolation: Isolation,
        jobs: int,
        memory: tuple[int | None, int | None] = (None, None),
    ) -> None:
        self.isolation = isolation
        self._source = source
        self._jobs = jobs
        self._memory = memory
        self._slots = asyncio.Semaphore(jobs)
        self._one_alone = asyncio.Lock()

    async def run(self, job: Job) -> Execution:
        """Run one notebook in a fresh kernel.

        Never raises for what the notebook does. `sandbox_error`: three kernels in a row did not
        get as far as the first cell or were taken away from us, or the prelude failed; the message
        says what happened.
        """
        async with self._slots:
            done = await self._attempt(job, alone=False)
        if done is None:
            async with self._one_alone, self._whole_machine(job.limits.total_s):
                done = await self._attempt(job, alone=True)
        assert done is not None, "whoever runs alone is not sent to run alone"
        return done

    async def _attempt(self, job: Job, *, alone: bool) -> Execution | None:
        """Run a job until it is clear what came of it; None when that takes running it alone."""
        started = time.monotonic()
        wanted = job.limits.memory_bytes
        job = fitted(job, self._memory[alone])
        limit = job.limits.memory_bytes
        problem = Said("the kernel did not start")
        for number in range(_ATTEMPTS):
            kills = oom_kills()
            try:
                kernel = await self._source.start(job)
                finished = await execute(kernel, job, started)
            except PreludeError as error:
                problem = verbatim(str(error))
                break
            except (KernelStartError, KernelLostError) as error:
                problem = Said(
                    "{count} kernels failed; the last: {fault}", {"count": _ATTEMPTS, "fault": str(error)}
                )
                if oom_kills() > kills and not alone:
                    return None
                continue
            step = next_step(
                finished,
                limit,
                oom=self._oom(finished.ending, kills),
                cut=limit < wanted,
                alone=alone,
                first=number == 0,
            )
            if step == "alone":
                return None
            if step == "keep":
                return finished.execution
            if step == "blame":
                return blame_memory(finished.execution, job)
            problem = Said(
                "memory ran out on this machine although the notebook stayed below {size}: "
                "free some, or give the container more",
                {"size": describe_bytes(limit)},
            )
        return Execution(
            status="sandbox_error",
            message=str(problem),
            said=problem,
            isolation=self.isolation,
            wall_s=time.monotonic() - started,
        )

    def _oom(self, ending: Ending | None, kills: int) -> bool:
        """Whether memory may have killed a kernel; its own cgroup, where it has one, knows."""
        if ending is None or ending.reason == "oom":
            return ending is not None
        return self.isolation.tier != "full" and oom_kills() > kills

    @asynccontextmanager
    async def _whole_machine(self, patience_s: float) -> AsyncIterator[None]:
        """Wait until no other job runs, and keep others from starting; not for ever."""
        held = 0
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    while held < self._jobs:
                        await self._slots.acquire()
                        held += 1
            yield
        finally:
            for _ in range(held):
                self._slots.release()


def fitted(job: Job, memory: int | None) -> Job:
    """The job with no more memory than there is, bytes."""
    if memory is None or job.limits.memory_bytes <= memory:
        return job
    return replace(job, limits=replace(job.limits, memory_bytes=memory))


def open_cold(allow_unsafe: bool) -> tuple[KernelSource, Isolation]:
    if not allow_unsafe:
        raise IsolationError("isolation none runs student code unprotected: accept that with --allow-unsafe")
    return ColdKernels(), Isolation(tier="none", layers={"isolation": "off: --allow-unsafe"})


async def open_caged(
    jobs: int, least: Tier, most: Tier, first: Job, nice: int
) -> tuple[KernelSource, Isolation]:
    examination = limit(examine(), most)
    if TIERS.index(examination.tier) < TIERS.index(least):
        raise IsolationError(examination.complaint(least))
    kernels = CagedKernels(examination, spare=jobs + 1, setup=setup_text(), nice=nice)
    try:
        await kernels.warm_up(kernel_limits(first))
    except BaseException:
        await kernels.close()
        raise
    return CagedSource(kernels), Isolation(tier=examination.tier, layers=examination.layers)
