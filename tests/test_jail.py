"""The cage from the inside: what a notebook can reach in the strongest tier and in the weakest.

The attack corpus tries far more; these are the promises of each layer, one sentence each.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from execute_kit import Run, cells, shared_runner, text_of

import grader
import rubric
from grader.execute import Job, Limits, open_runner
from grader.execute.runner import KernelRunner

pytestmark = pytest.mark.kernel

TRY = """
import os, sys, socket, ctypes, signal
def attempt(action):
    try:
        return action()
    except BaseException as error:
        return type(error).__name__
"""


@pytest.fixture(scope="module", params=["full", "base"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    with shared_runner("base", request.param) as run:
        yield run


def ask(run: Run, *expressions: str) -> list[str]:
    """The value of each expression inside a kernel, or the name of the error it raises."""
    done = run(TRY, *(f"print(attempt(lambda: {expression}))" for expression in expressions))
    assert done.status == "ok", done.message
    return [text_of(done, number).strip() for number in range(1, len(expressions) + 1)]


def test_our_packages_and_the_grader_are_out_of_reach(run: Run) -> None:
    paths = [str(Path(package.__file__ or "").resolve()) for package in (grader, rubric)]
    paths.append(str(Path(rubric.__file__ or "").parent / "hw4" / "canonical.py"))
    reads = ask(run, *(f"open({path!r}).read()" for path in paths), "__import__('grader').models")
    assert set(reads[:3]) <= {"FileNotFoundError", "PermissionError"}
    assert "ModuleNotFoundError" in reads[3] or "not installed" in reads[3]
    assert ask(run, "[name for name in sys.modules if name.startswith(('_cage', 'rubric'))]") == ["[]"]
    assert ask(run, "[p for p in sys.path if os.path.isdir(os.path.join(p, 'rubric'))]") == ["[]"]


def test_the_environment_is_empty_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_TEST_SECRET", "swordfish")
    with shared_runner("base") as run:
        said = ask(run, "dict(os.environ)", "open('/proc/self/environ', 'rb').read()")
    assert "swordfish" not in "".join(said) and said[1] == "b''"


def test_files_of_the_machine_and_of_siblings_are_closed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    closed = {"FileNotFoundError", "PermissionError", "OSError"}
    # past what finds a file of one's own for a path of another machine
    opened, posix = "__import__('_io').open", "__import__('posix')"
    looks = (
        f"{opened}('/etc/shadow')",
        f"{opened}({str(tmp_path / 'secret')!r})",
        f"{posix}.listdir('/var/tmp')",
    )
    assert set(ask(run, *looks)) <= closed
    to_python = "set(__import__('numpy').__file__.split('/') + sys.prefix.split('/'))"
    listings = [f"set({posix}.listdir({folder!r})) - {to_python}" for folder in ("/tmp", "/root")]
    assert set(ask(run, *listings)) <= {*closed, "set()"}
    writes = [f"{opened}({place}, 'a')" for place in ("'/tmp/x'", "'/dev/shm/x'", "os.__file__")]
    assert set(ask(run, *writes, f"{posix}.mkdir('/x')")) <= closed
    assert set(ask(run, "open(os.__file__, 'a')")) <= closed


def test_modes_of_files_outside_do_not_change(run: Run) -> None:
    import numpy

    before = Path(numpy.__file__).stat().st_mode
    ask(
        run,
        "os.chmod(__import__('numpy').__file__, 0)",
        "os.fchmod(os.open(__import__('numpy').__file__, 0), 0)",
    )
    assert Path(numpy.__file__).stat().st_mode == before


def test_no_network_of_any_family(run: Run) -> None:
    families = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET")
    assert set(ask(run, *(f"socket.socket(socket.{name})" for name in families))) == {"OSError"}
    assert ask(run, "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)") == ["OSError"]


def test_no_programs_no_forks_no_memory_files(run: Run) -> None:
    libc = "ctypes.CDLL(None)"
    raw = ask(
        run, f"{libc}.fork()", f"{libc}.system(b'true')", f"{libc}.syscall(57)", f"{libc}.syscall(435, 0, 0)"
    )
    assert raw[0] == raw[2] == raw[3] == "-1" and raw[1] != "0"
    assert set(ask(run, "os.fork()", "os.execv('/bin/true', ['x'])", "os.memfd_create('x')")) == {
        "PermissionError"
    }


def test_no_signals_out_and_nobody_is_traced(run: Run) -> None:
    mine = os.getpid()
    signals = ("os.kill(os.getppid(), 9)", "os.kill(-1, 9)", "os.killpg(0, 9)", f"os.kill({mine}, 0)")
    assert set(ask(run, *signals)) == {"PermissionError"}
    libc = "ctypes.CDLL(None)"
    assert ask(run, f"{libc}.ptrace(16, {mine}, 0, 0)", f"{libc}.unshare(0x10000000)") == ["-1", "-1"]
    assert ask(run, f"open('/proc/{mine}/environ', 'rb').read()")[0] in (
        "FileNotFoundError",
        "PermissionError",
    )


def test_no_capability_is_left(run: Run) -> None:
    lines = ask(run, "[l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')]")
    assert lines == [str(["0" * 16] * 5)]


def test_threads_stop_at_the_limit(run: Run) -> None:
    code = (
        "import threading, time\nthreading.stack_size(65536)\n"
        "try:\n while 1: threading.Thread(target=time.sleep, args=(99,)).start()\nexcept RuntimeError: pass"
    )
    done = run(code, limits=Limits(processes=64, cell_s=10))
    assert done.status in ("ok", "killed")
    assert done.status == "ok" or "more than 64 threads" in done.message


@pytest.mark.parametrize("deep", [False, True])
def test_deleted_and_hidden_files_count_as_disk(run: Run, deep: bool) -> None:
    if deep:
        code = (
            "import os\nd = 'd' * 200\n"
            "while True:\n os.mkdir(d); os.chdir(d); open('f', 'wb').write(bytes(1 << 20))"
        )
    else:
        code = (
            "import os\nkept = []\n"
            "while True:\n f = open('x', 'wb'); f.write(bytes(4 << 20)); os.unlink('x'); kept.append(f)"
        )
    done = run(code, limits=Limits(disk_bytes=24 << 20, cell_s=10))
    assert done.status in ("error", "killed")
    assert done.status == "error" or "files" in done.message


def test_no_descriptor_leaves_and_no_thread_opens_files_of_its_own(run: Run) -> None:
    """A deleted file must stay in /proc/PID/fd of the one process there is, or it counts nowhere."""
    libc = "ctypes.CDLL(None, use_errno=True)"
    said = ask(
        run,
        "socket.send_fds(socket.socketpair()[0], [b'x'], [0])",
        "socket.recv_fds(socket.socketpair()[0], 1, 1)",
        f"{libc}.syscall(436, 900, 901, 2)",
        f"{libc}.syscall(436, 900, 901, 4)",
        "[pair[0].send(b'x') + len(pair[1].recv(9)) for pair in [socket.socketpair()]]",
    )
    assert said == ["PermissionError", "PermissionError", "-1", "0", "[2]"]


LEAVE = "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ctypes.CDLL(None).syscall(60, 0)", "ended the kernel's first thread"),
        ("ctypes.CDLL(None).syscall(0x40000000 + 39)", "SIGSYS"),
    ],
)
def test_a_process_without_its_first_thread_is_killed_at_once(run: Run, code: str, said: str) -> None:
    done = run("print('before')", LEAVE + code, limits=Limits(cell_s=8))
    assert (done.status, said in done.message) == ("killed", True), done.message
    assert text_of(done, 0) == "before\n"


def test_a_kernel_that_stops_itself_or_blocks_every_signal_still_ends(run: Run) -> None:
    block = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nwhile True: pass"
    assert run(block, limits=Limits(cell_s=1)).status == "timeout"
    regex = "import re; re.match('(a+)+$', 'a' * 40 + 'b')"
    assert run(regex, limits=Limits(cell_s=1)).status == "timeout"


# --------------------------------------------------------------------------- the server


def server_of(runner: KernelRunner) -> int:
    """Process id of a runner's warm server."""
    pid: int | None = runner._source._kernels.server_pid  # type: ignore[attr-defined]
    assert pid is not None
    return pid


def test_killing_the_warm_server_costs_nobody_a_mark() -> None:
    async def batch() -> list[str]:
        async with open_runner(2) as runner:
            jobs = [Job(cells("import time; time.sleep(0.4)", f"print({n})")) for n in range(5)]
            running = [asyncio.ensure_future(runner.run(job)) for job in jobs]
            await asyncio.sleep(0.3)
            first = server_of(runner)
            os.kill(first, signal.SIGKILL)
            done = await asyncio.gather(*running)
            assert server_of(runner) != first
            return [f"{one.status} {text_of(one, 1).strip()}" for one in done]

    assert asyncio.run(batch()) == [f"ok {n}" for n in range(5)]


def test_the_server_has_an_empty_environment_and_one_thread_and_knows_nothing_of_us() -> None:
    async def look() -> None:
        async with open_runner() as runner:
            await runner.run(Job(cells("print(1)")))
            process = Path("/proc", str(server_of(runner)))
            assert (process / "environ").read_bytes() == b""
            assert "Threads:\t1\n" in (process / "status").read_text()
            assert "canonical" not in (process / "maps").read_text()

    asyncio.run(look())


def test_processes_end_with_the_grader() -> None:
    """A grader that is killed takes its server, supervisors and kernels along."""
    import subprocess
    import sys
    import time

    code = (
        "import asyncio, os\nfrom grader.execute import *\nfrom grader.models import Cell\n"
        "async def main():\n"
        "    async with open_runner() as runner:\n"
        "        print(runner._source._kernels.server_pid, flush=True)\n"
        "        await runner.run(Job((Cell(index=0, kind='code', source='while True: pass'),)))\n"
        "asyncio.run(main())\n"
    )
    grading = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert grading.stdout is not None
    server = int(grading.stdout.readline())
    time.sleep(1)
    family = descendants(server)
    assert len(family) >= 2
    grading.kill()
    grading.wait()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in (server, *family)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in (server, *family))


def descendants(pid: int) -> list[int]:
    """Every process below this one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [below for child in map(int, children) for below in (child, *descendants(child))]


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
