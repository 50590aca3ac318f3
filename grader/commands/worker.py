"""`grader worker`: run other machines' notebooks in this machine's cage."""

from __future__ import annotations

import asyncio
import signal

from grader.cluster.worker import Worker, open_worker
from grader.commands.elsewhere import address, this_machine
from grader.commands.progress import say
from grader.execute import open_runner
from grader.jail.probe import TIERS
from grader.jail.processors import processors


def run(broker: str, jobs: int | None, until_idle: float | None) -> int:
    """Work until SIGTERM or Ctrl-C, or until nothing came for `until_idle` seconds; 0. 130: stopped at once.

    Raises `GraderError` without a broker or a cage, and when a head refuses this worker.
    """
    try:
        asyncio.run(_work(address(broker), jobs or processors(), until_idle))
    except asyncio.CancelledError:
        return 130
    return 0


async def _work(url: str, jobs: int, until_idle: float | None) -> None:
    async with open_runner(jobs) as runner:
        tier = next(t for t in TIERS if t == runner.isolation.tier)
        async with open_worker(url, this_machine(), runner, tier, jobs, say) as worker:
            _stop_on_signals(worker)
            await worker.work(until_idle)
    say(f"stopped; {worker.done} done")


def _stop_on_signals(worker: Worker) -> None:
    """The first SIGTERM or Ctrl-C lets what runs come to its end; the second one stops at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if worker.stopping and task is not None:
            task.cancel()
            return
        say("stopping when what runs is done; once more to stop at once")
        worker.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
