"""When memory runs out: whose fault it is, and who may try again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from execute_kit import cells, opened, text_of

import grader.execute.runner as runner_module
from grader.execute import Job, Limits
from grader.execute.again import next_step
from grader.execute.kernel import Ending
from grader.execute.runner import KernelRunner
from grader.execute.session import Finished
from grader.jail.memory import LEAST, RESERVE, free_bytes, oom_kills, share
from grader.jail.processors import processors
from grader.models import CellError, Execution, Isolation, Status, Usage

GIB = 1 << 30
ISOLATION = Isolation(tier="base", layers={})


def machine(tmp_path: Path, files: dict[str, str]) -> tuple[Path, Path]:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "proc", tmp_path / "cgroup"


MEMINFO = {"proc/meminfo": f"MemTotal: {16 << 20} kB\nMemAvailable:    {8 << 20} kB\n"}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        (MEMINFO, 8 * GIB),
        (
            {
                **MEMINFO,
                "proc/self/cgroup": "0::/a/b\n",
                "cgroup/a/memory.max": str(4 * GIB),
                "cgroup/a/memory.current": str(2 * GIB),
                "cgroup/a/memory.stat": f"anon 5\ninactive_file {GIB}\n",
                "cgroup/a/b/memory.max": "max",
                "cgroup/a/b/memory.current": "5",
                "cgroup/a/b/memory.stat": "anon 5\n",
            },
            3 * GIB,
        ),
        (
            {
                **MEMINFO,
                "proc/self/cgroup": "5:cpu,memory:/outside/name\n1:name=systemd:/\n",
                "cgroup/cpu,memory/memory.limit_in_bytes": str(GIB),
                "cgroup/cpu,memory/memory.usage_in_bytes": str(GIB // 2),
                "cgroup/cpu,memory/memory.stat": "total_inactive_file 0\n",
            },
            GIB // 2,
        ),
        ({**MEMINFO, "proc/self/cgroup": "5:memory:/../..\n0::/\n"}, 8 * GIB),
        ({}, None),
    ],
)
def test_free_memory_is_what_machine_and_cgroups_leave(
    files: dict[str, str], free: int | None, tmp_path: Path
) -> None:
    assert free_bytes(*machine(tmp_path, files)) == free


def test_everybody_gets_a_share_and_at_least_what_a_notebook_needs(tmp_path: Path) -> None:
    where = machine(tmp_path, MEMINFO)
    assert share(4, *where) == (8 * GIB - RESERVE) // 4
    assert share(4, *where, beside=GIB) == (7 * GIB - RESERVE) // 4
    assert share(1000, *where) == LEAST
    assert share(1, tmp_path, tmp_path) is None


def test_kills_are_counted_here_and_in_our_cgroups(tmp_path: Path) -> None:
    files = {
        "proc/vmstat": "nr_free_pages 7\noom_kill 2\n",
        "proc/self/cgroup": "0::/a\n",
        "cgroup/a/memory.stat": "",
        "cgroup/a/memory.events": "oom 9\noom_kill 3\n",
    }
    assert oom_kills(*machine(tmp_path, files)) == 5


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({}, 4),
        ({"proc/self/cgroup": "0::/a/b\n", "cgroup/a/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "max 100000\n"}, 4),
        ({"proc/self/cgroup": "0::/\n", "cgroup/cpu.max": "6400000 100000\n"}, 4),
        (
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/outside/name\n0::/\n",
                "cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
                "cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            2,
        ),
        (
            {
                "proc/self/cgroup": "5:cpu:/\n",
                "cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            4,
        ),
    ],
)
def test_a_container_of_few_processors_on_a_large_machine_runs_few_notebooks_at_once(
    files: dict[str, str], count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert processors(*machine(tmp_path, files)) == count


def test_processors_are_counted_where_no_process_can_be_bound_to_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS"""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert processors(*machine(tmp_path, {})) == 8


def finished(
    status: Status = "killed", ending: Ending | None = None, peak: int = 0, error: str = ""
) -> Finished:
    errors = (CellError(cell=0, name="RuntimeError", message=error),) if error else ()
    usage = Usage(peak_memory_bytes=peak)
    execution = Execution(status=status, isolation=ISOLATION, wall_s=1, errors=errors, usage=usage)
    return Finished(execution, ending)


KILLED = Ending(-9)
REFUSED = "[enforce fail] DefaultCPUAllocator: can't allocate memory"


@pytest.mark.parametrize(
    ("run", "oom", "cut", "alone", "first", "step"),
    [
        (finished("ok"), True, True, False, True, "keep"),
        (finished(ending=Ending(-11)), True, False, False, True, "keep"),
        (finished(ending=Ending(-9, "leader")), True, False, False, True, "keep"),
        (finished(ending=KILLED), False, False, False, True, "again"),
        (finished(ending=KILLED), False, False, False, False, "keep"),
        (finished(ending=KILLED, peak=90), True, False, False, True, "alone"),
        (finished(ending=Ending(-9, "oom")), True, False, False, True, "alone"),
        (finished(ending=KILLED, peak=90), True, False, True, True, "blame"),
        (finished(ending=KILLED, peak=10), True, False, True, True, "fail"),
        (finished("memory_limit", Ending(-9, "memory")), True, False, False, True, "keep"),
        (finished("memory_limit", Ending(-9, "memory")), True, True, False, True, "alone"),
        (finished("memory_limit", Ending(-9, "memory")), True, True, True, True, "keep"),
        (finished("error", error=REFUSED), False, True, False, True, "alone"),
        (finished("error", error="mat1 and mat2"), False, True, False, True, "keep"),
    ],
)
def test_what_follows_from_how_a_run_ended(
    run: Finished, oom: bool, cut: bool, alone: bool, first: bool, step: str
) -> None:
    assert next_step(run, 100, oom=oom, cut=cut, alone=alone, first=first) == step


# ------------------------------------------------------------------------------- real kernels


async def kill_kernel(marker: str) -> None:
    """Kill the one kernel that shows a marker in the size of its working directory's file."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and (process / "cwd" / marker).exists():
                    os.kill(int(process.name), signal.SIGKILL)
                    return
            except OSError:
                continue
        await asyncio.sleep(0.05)
    raise AssertionError("no kernel showed up")


def honest(marker: str) -> Job:
    code = f"open({marker!r}, 'w').close()\nimport time; time.sleep(1)\nprint('done')"
    return Job(cells("print('first')", code), limits=Limits(cell_s=20))


Base = tuple[asyncio.Runner, KernelRunner]


@pytest.fixture(scope="module")
def base() -> Iterator[Base]:
    """Two at a time, without cgroups: nobody knows who used up the memory."""
    with opened("base", "base") as found:
        yield found


@pytest.mark.kernel
@pytest.mark.parametrize("memory_ran_out", [False, True])
def test_a_kernel_that_somebody_killed_runs_again(
    base: Base, memory_ran_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a neighbour; where memory ran out, after the neighbour is done."""
    kills = [0]
    monkeypatch.setattr(runner_module, "oom_kills", lambda: kills[0])

    loop, runner = base

    async def batch() -> list[Execution]:
        running = [asyncio.ensure_future(runner.run(honest(name))) for name in ("victim", "neighbour")]
        await kill_kernel("victim")
        kills[0] += memory_ran_out
        return list(await asyncio.gather(*running))

    done = loop.run(batch())
    assert [(one.status, text_of(one, 0), text_of(one, 1)) for one in done] == [
        ("ok", "first\n", "done\n")
    ] * 2


@pytest.mark.kernel
def test_a_kernel_that_kills_itself_every_time_is_the_students(base: Base) -> None:
    """Past os.kill, whose signals to itself are skipped: that is how Colab restarts a runtime."""
    by_libc = "import ctypes, os; ctypes.CDLL(None).kill(os.getpid(), 9)"
    loop, runner = base
    done = loop.run(runner.run(Job(cells("print(1)", by_libc))))
    assert (done.status, done.stopped_at, text_of(done, 0)) == ("killed", 1, "1\n")
    assert "SIGKILL" in done.message


@pytest.mark.kernel
def test_less_memory_for_neighbours_sake_is_made_up_for_alone(base: Base) -> None:
    """Its share is too small for it; alone it has enough. What it says is what it really had."""
    loop, ready = base

    async def both() -> list[Execution]:
        runner = KernelRunner(ready._source, ready.isolation, 2, (64 << 20, 512 << 20))
        need = Job(cells("x = bytearray(200 << 20); print(len(x) >> 20)"), limits=Limits(cell_s=20))
        more = Job(cells("x = bytearray(900 << 20)"), limits=Limits(cell_s=20))
        return list(await asyncio.gather(runner.run(need), runner.run(more)))

    need, more = loop.run(both())
    assert (need.status, text_of(need, 0)) == ("ok", "200\n")
    assert [error.name for error in more.errors] == ["MemoryError"]


OUT_OF_MEMORY = """
import asyncio, json, sys
import grader.execute.opening as module
from grader.execute import Job, Limits, open_runner
from grader.models import Cell
module.share = lambda jobs, *, beside=0: None
HOG = '''
kept = []
while True:
    kept.append(b"1" * (8 << 20))
'''
HONEST = '''
import time
x = bytes(100 << 20)
for n in range(20):
    time.sleep(0.1)
    y = x + b"1"
    del y
print("done")
'''
async def main():
    async with open_runner(2, at_most="base") as runner:
        jobs = [Job((Cell(index=0, kind="code", source=s),), limits=Limits(cell_s=25)) for s in (HOG, HONEST)]
        done = await asyncio.gather(*map(runner.run, jobs))
        print(json.dumps([[d.status, d.message, "".join(o.text for o in d.outputs)] for d in done]))
asyncio.run(main())
"""


@pytest.mark.kernel
def test_a_hog_in_a_small_container_takes_nobody_along(tmp_path: Path) -> None:
    """Linux really kills here: everything runs in a cgroup with less memory than one kernel may have."""
    root = Path("/sys/fs/cgroup")
    v2 = (root / "cgroup.controllers").exists()
    group = (root if v2 else root / "memory") / f"test-memory-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.max" if v2 else "memory.limit_in_bytes")).write_text(str(1700 << 20))
    except OSError as error:
        pytest.skip(f"no cgroup of our own: {error}")
    try:
        command = f'echo $$ > {group}/cgroup.procs && exec "$@"'
        done = subprocess.run(
            ["sh", "-c", command, "sh", sys.executable, "-c", OUT_OF_MEMORY],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-1500:]
        hog, beside = json.loads(done.stdout)
        assert hog[:2] == [
            "memory_limit",
            "cell 1 used up the memory of this machine; the cells before it were graded",
        ]
        assert beside == ["ok", "", "done\n"]
    finally:
        group.rmdir()
