"""What it costs to have workers run notebooks, through a RabbitMQ that this starts for itself.

    python -m benchmarks.cluster queue --tasks 100000     # kernels replaced: the broker and the head's limit
    python -m benchmarks.cluster class --students 60      # real kernels: two workers here against in-process

`queue`: one head, two workers whose kernels cost nothing, a sample notebook as the task and a real
execution of it as the answer. `class`: the same class, all of `grader grade`, once with `--jobs 2` and
once by two workers with one job each; starting up is in it. Processor seconds are those of the processes
with all they started, by part: the head (reading, judging, writing), the workers (kernels), the broker.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.scale import make_class
from grader.cluster.head import Name, open_head
from grader.execute import Job, Limits, open_runner
from grader.intake import collect
from grader.models import Execution

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from cluster_worker import MACHINE  # noqa: E402
from rabbit_kit import PYTHON, Rabbit, running  # noqa: E402

UNDER_WAY = 128
SAMPLE = ROOT / "submissions" / "DL_hw4_Kowalczyk.ipynb"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["queue", "class"])
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--students", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "rabbit").mkdir()
        with running(folder / "rabbit") as rabbit:
            found = (
                asyncio.run(queue(rabbit, options.tasks, folder))
                if options.what == "queue"
                else whole_class(rabbit, options.students, folder)
            )
    print(json.dumps(found, indent=1))
    return 0


# --------------------------------------------------------------------------- kernels replaced


async def queue(rabbit: Rabbit, tasks: int, folder: Path) -> dict[str, Any]:
    """Tasks a second, memory of the head meanwhile, and processor milliseconds a task by part."""
    (submission,) = collect([SAMPLE]).submissions
    async with open_runner() as runner:
        execution = await runner.run(Job(submission.cells, limits=Limits()))
    (folder / "execution.json").write_text(execution.model_dump_json())
    memory: dict[int, int] = {}
    done = 0
    with workers_without_kernels(rabbit, 2, folder) as crew:
        async with open_head(rabbit.head, Name.new(), MACHINE, "base", lambda _: None) as head:
            numbers = iter(range(tasks))

            async def lane() -> None:
                nonlocal done
                for number in numbers:
                    # a task of its own: no two are alike
                    answer: Execution = await head.run(Job(submission.cells, prelude=f"# {number}"))
                    assert answer.status == "ok" and answer.outputs, answer
                    done += 1
                    if done in (1_000, tasks // 10, tasks // 2, tasks):
                        memory[done] = psutil.Process().memory_info().rss >> 20

            await head.run(Job(submission.cells, prelude="# the first one waits for the workers"))
            before, started = spent(rabbit, crew), time.perf_counter()
            await asyncio.gather(*(lane() for _ in range(UNDER_WAY)))
            seconds, after = time.perf_counter() - started, spent(rabbit, crew)
    return {
        "tasks": tasks,
        "lost": tasks - done,
        "seconds": round(seconds, 1),
        "tasks_a_second": round(tasks / seconds, 1),
        "cpu_ms_a_task": {part: round(1000 * (after[part] - before[part]) / tasks, 2) for part in after},
        "head_mb_at": memory,
        "broker_mb": sum(p.memory_info().rss for p in of_the_broker(rabbit)) >> 20,
        "task_bytes": len(json.dumps([c.source for c in submission.cells])),
        "execution_bytes": len(execution.model_dump_json()),
    }


@contextlib.contextmanager
def workers_without_kernels(rabbit: Rabbit, count: int, folder: Path) -> Iterator[list[psutil.Process]]:
    script = ROOT / "tests" / "cluster_worker.py"
    command = [sys.executable, str(script), rabbit.worker, "16", str(folder / "execution.json")]
    with (folder / "crew.txt").open("wb") as log:
        crew = [psutil.Popen(command, stdout=log, stderr=log) for _ in range(count)]
        try:
            yield crew
        finally:
            for process in crew:
                process.kill()
                process.wait()


def spent(rabbit: Rabbit, crew: Sequence[psutil.Process]) -> dict[str, float]:
    """Processor seconds so far, by part."""
    parts = {"head": [psutil.Process()], "workers": crew, "broker": of_the_broker(rabbit)}
    return {part: sum(sum(p.cpu_times()[:2]) for p in ps) for part, ps in parts.items()}


def of_the_broker(rabbit: Rabbit) -> list[psutil.Process]:
    root = psutil.Process(rabbit.pid)
    return [root, *root.children(recursive=True)]


# --------------------------------------------------------------------------- real kernels


def whole_class(rabbit: Rabbit, students: int, folder: Path) -> dict[str, Any]:
    """Wall and processor seconds of a class, in one process and by two workers."""
    make_class(folder / "class.zip", students)
    here, seconds = timed(
        [*PYTHON, "grade", str(folder / "class.zip"), "--out", str(folder / "here"), "--jobs", "2"]
    )
    rows = {"in-process, 2 jobs": row(seconds, students, {"all": here})}
    with (folder / "workers.txt").open("wb") as log:
        command = [*PYTHON, "worker", "--broker", rabbit.worker, "--jobs", "1"]
        crew = [subprocess.Popen(command, stdout=log, stderr=log) for _ in range(2)]
        while (folder / "workers.txt").read_bytes().count(b"connected to") < 2:
            time.sleep(0.1)
        broker = sum(sum(p.cpu_times()[:2]) for p in of_the_broker(rabbit))
        head, seconds = timed(
            [
                *PYTHON,
                "grade",
                str(folder / "class.zip"),
                "--out",
                str(folder / "there"),
                "--broker",
                rabbit.head,
            ]
        )
        broker = sum(sum(p.cpu_times()[:2]) for p in of_the_broker(rabbit)) - broker
        kernels = 0.0
        for process in crew:
            process.send_signal(signal.SIGTERM)
            _, _, usage = os.wait4(process.pid, 0)
            kernels += usage.ru_utime + usage.ru_stime
    rows["two workers, 1 job each"] = row(
        seconds, students, {"head": head, "workers": kernels, "broker": broker}
    )
    return rows


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Processor seconds of a command with all it started, and wall seconds."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def row(seconds: float, students: int, cpu: dict[str, float]) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 1),
        "submissions_a_minute": round(60 * students / seconds),
        "cpu_s_a_submission": {part: round(used / students, 3) for part, used in cpu.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
