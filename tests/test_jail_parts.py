"""The parts of the cage that need no kernel: what is shown, how directories go, what is reported."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
import zmq
from jupyter_client.session import Session

import grader
import rubric
from grader.errors import KernelStartError
from grader.execute.absent import missing_packages
from grader.execute.outputs import OutputLog, clean
from grader.folder.private import private_directory
from grader.folder.remove import remove_tree
from grader.jail import kernels, probe, view, warm
from grader.jail.cage import application, fair, filters, landlock, plan, trial, watch
from grader.jail.cage.cgroup import KernelCgroup
from grader.jail.caged import Caged
from grader.models import AttachedFile, Cell


def test_the_view_shows_python_and_nothing_of_ours() -> None:
    shown = view.kernel_view()
    ours = [str(Path(package.__file__ or "").resolve()) for package in (grader, rubric)]
    for path in shown.read:
        assert not any(own == path or own.startswith(path + "/") for own in ours)
        assert not Path(path).name.startswith(view._OUR_NAMES)
    assert any(os.__file__.startswith(path + "/") for path in shown.read)


def test_hidden_entries_are_walked_around(tmp_path: Path) -> None:
    for name in ("site/torch", "site/grader/jail", "site/six"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "site" / "link").symlink_to(tmp_path / "site" / "grader")
    site = str(tmp_path / "site")
    hidden = frozenset({f"{site}/grader"})
    assert list(view.around(site, hidden)) == [f"{site}/six", f"{site}/torch"]
    assert list(view.around(f"{site}/six", hidden)) == [f"{site}/six"]


@pytest.mark.parametrize(
    ("version", "files", "why"),
    [
        (2, {"memory.events": "oom 0\noom_kill 0\n"}, ""),
        (2, {"memory.events": "oom 3\noom_kill 1\n"}, "memory"),
        (2, {"memory.events": "oom 0\noom_kill 1\n"}, "oom"),
        (1, {"memory.oom_control": "under_oom 0\noom_kill 1\n", "memory.failcnt": "7\n"}, "memory"),
        (1, {"memory.oom_control": "under_oom 0\noom_kill 1\n", "memory.failcnt": "0\n"}, "oom"),
        (1, {"memory.oom_control": "under_oom 0\n", "memory.failcnt": "0\n"}, ""),
    ],
)
def test_a_cgroup_tells_its_own_limit_from_the_machines(
    version: int, files: dict[str, str], why: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    group = KernelCgroup.__new__(KernelCgroup)
    group._version, group._memory = version, os.open(tmp_path, os.O_RDONLY)
    try:
        assert group.killed_for() == why
    finally:
        os.close(group._memory)


def test_a_filter_lets_a_process_signal_itself_alone() -> None:
    program = filters.build_first()
    mine = filters.for_process(program, 4711)
    assert len(program) == len(mine) and program != mine
    assert filters.OWN_PID.to_bytes(4, "little") not in mine


def test_plans_and_orders_survive_the_wire() -> None:
    groups = plan.Cgroups(1, "/a", "/b")
    first = plan.Plan(("/p",), ("/r",), "/s", namespaces=True, uids=7, cgroups=groups)
    assert plan.unpack_plan(plan.pack(first)) == first
    assert plan.unpack_plan(plan.pack(replace(first, cgroups=None))) == replace(first, cgroups=None)
    order = plan.Order(1, "key", "", plan.KernelLimits(1, 2.5, 3, 4, 5, 6))
    assert plan.unpack_order(plan.pack(order)) == order


def test_a_hostile_directory_is_removed_whatever_is_in_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("keep")
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(outside)
    (top / "up").symlink_to(tmp_path)
    here = Path.cwd()
    try:
        os.chdir(top)
        for _ in range(1500):
            Path("d" * 60).mkdir()
            os.chdir("d" * 60)
        Path("file").write_text("x")
    finally:
        os.chdir(here)
    (top / "closed").mkdir(mode=0)
    remove_tree(top)
    assert not top.exists() and outside.read_text() == "keep"


def test_no_name_stands_in_the_way_of_the_removal(tmp_path: Path) -> None:
    top = tmp_path / "top"
    for number in range(1, 40):
        (top / f".removed-{number}" / "x").mkdir(parents=True)
    (top / "deep" / "deeper" / "deepest").mkdir(parents=True)
    remove_tree(top)
    assert not top.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user to try it")
def test_closed_directories_are_removed_by_their_owner() -> None:
    """Who is not root can't move a directory that is closed to its owner."""
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o777)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.setresuid(59_871, 59_871, 59_871)
                top = Path(open_to_all, "top")
                (top / "a" / "b").mkdir(parents=True)
                (top / "a" / "b" / "closed").mkdir(mode=0)
                (top / "a" / "file").touch(0)
                (top / "a" / "b").chmod(0o500)
                remove_tree(top)
                code = 2 if top.exists() else 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_proc_that_cannot_be_mounted_has_one_reason_and_no_layer_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "mount /proc: Operation not permitted")

    monkeypatch.setattr(trial.namespaces, "mount_private", refuse)
    for name in ("enter_minimal_root", "isolate"):
        monkeypatch.setattr(trial.namespaces, name, lambda *_: None)
    spaces = replace(plan.Plan((), (), ""), namespaces=True)
    found = trial._in_child(["private_proc"], lambda: trial._private_proc(spaces))
    assert found == {"private_proc": "this container does not let a fresh /proc be mounted"}


def test_what_a_killed_grader_left_is_removed_and_a_living_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = tmp_path / "grader-dead"
    (dead / "1" / "work").mkdir(parents=True)
    (dead / "lock").touch()
    with private_directory() as first, private_directory() as second:
        assert not dead.exists()
        assert first.exists() and second.exists()
        assert second.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_where_no_kernel_starts_that_is_said_and_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit on processes lets the server start, and none of its kernels."""
    source = kernels.CagedKernels(examination(), spare=3)
    limits = plan.KernelLimits(memory_bytes=1, cpu_s=1, disk_bytes=1, files=1, open_files=1, processes=1)
    asked = 0

    async def refuse(_: object) -> Caged:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise KernelStartError("can't start new thread")

    monkeypatch.setattr(source, "_start", refuse)
    monkeypatch.setattr(source, "_warm", AsyncMock())

    async def take() -> None:
        source._prepare(limits)
        try:
            async with asyncio.timeout(5):
                await source.take(limits)
        finally:
            await source.close()

    with pytest.raises(KernelStartError, match="new thread"):
        asyncio.run(take())
    assert asked <= 8


def examination(**off: str) -> probe.Examination:
    names = (*probe._BASE, *probe._NAMESPACES, *probe._FULL)
    layers = {**dict.fromkeys(names, "on"), **off}
    return probe.Examination(layers, probe._tier(layers), plan.Plan((), (), ""))


@pytest.mark.parametrize(
    ("off", "tier", "marks"),
    [
        ({}, "full", {"PASS"}),
        ({"cgroup": "only root"}, "namespaces", {"PASS", "CAUTION"}),
        ({"net_namespace": "EPERM", "uid": "only root"}, "base", {"PASS", "CAUTION"}),
        ({"landlock": "not in this Linux"}, "none", {"PASS", "FAIL"}),
    ],
)
def test_the_tier_follows_from_the_layers_and_each_finding_has_a_fix(
    off: dict[str, str], tier: str, marks: set[str]
) -> None:
    found = examination(**off)
    assert found.tier == tier
    assert {finding.mark for finding in found.findings()} == marks
    assert all(finding.fix for finding in found.findings() if finding.mark != "PASS")


def test_the_complaint_names_layer_reason_and_fix_in_one_line() -> None:
    text = examination(seccomp="no libseccomp").complaint("base")
    assert text.startswith("isolation base needs the layer seccomp, which is off here (no libseccomp)")
    assert "apt install libseccomp2" in text and "\n" not in text


def test_this_machine_has_the_base_at_least() -> None:
    found = probe.examine()
    assert found.tier != "none", found.findings()
    assert probe.limit(found, "base").tier == "base"
    assert not probe.limit(found, "base").plan.namespaces


# --------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\rb\r\nc", "a\nb\nc"),
        ("\x1b]0;title\x07x\x00\x08y", "xy"),
        ("\ud800", "\ufffd"),
        ("μ ∂L/∂W\t1", "μ ∂L/∂W\t1"),
    ],
)
def test_text_is_cleaned(raw: str, text: str) -> None:
    assert clean(raw) == text


def test_hostile_messages_leave_no_trace() -> None:
    log = OutputLog()
    for content in (None, {"text": 5}, {"text": ["x"]}, {"data": "x"}, {"traceback": 3, "ename": []}):
        for kind in ("stream", "display_data", "execute_result", "comm_open", 7):
            log.take(0, {"msg_type": kind, "content": content})
    assert log.outputs() == () and log.errors() == ()
    log.take(0, {"msg_type": "error", "content": {"traceback": 3, "ename": [], "evalue": None}})
    assert [error.name for error in log.errors()] == ["Error"]


def test_missing_packages_are_read_from_the_sources() -> None:
    sources = (
        "import numpy as np, no_such_a\nfrom no_such_b.sub import x\n!pip install y\nhelper = 1",
        "%%time\nimport no_such_c",
        "%%writefile own.py\nimport no_such_d",
        "import own, beside, os.path\nfrom . import z",
        "import no_such_e as e\nprint 'python 2'",
        "import no_such_f as f, no_such_g.part\nimport this way, or that\nprint 'python 2'",
        "'''\nfrom here we go\nimport data carefully\n'''",
    )
    cells = tuple(Cell(index=n, kind="code", source=source) for n, source in enumerate(sources))
    files = (AttachedFile(name="beside.py", source="/x", size=1),)
    assert missing_packages(cells, files) == (
        "no_such_a",
        "no_such_b",
        "no_such_c",
        "no_such_e",
        "no_such_f",
        "no_such_g",
    )


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" + " " * 900_000 + "x",
        "import a" + " " * 900_000 + "!",
        "x = 1\n" * 150_000,
        "(" * 900_000,
        "a" * 100_000 + "?" * 100_000 + "a",
        ("import" + " " * 900 + "!\n") * 900,
        ("from" + " " * 900 + "!\n") * 900,
        "import " + "a" * 900_000 + "!",
    ],
    ids=[
        "spaces",
        "spaces after an import",
        "lines",
        "brackets",
        "question marks",
        "imports of spaces",
        "imports from spaces",
        "a long name",
    ],
)
def test_imports_of_hostile_code_are_read_in_a_moment(source: str) -> None:
    """It happens on the event loop: whatever takes long here would take the neighbours' time."""
    started = time.process_time()
    assert missing_packages((Cell(index=0, kind="code", source=source),), ()) == ()
    assert time.process_time() - started < 2


def test_imports_of_many_hostile_cells_take_no_longer() -> None:
    """The bounds are a notebook's, not a cell's; what is beyond them is read by line."""
    sources = ["f(" + ",".join(f"a{n}=1" for n in range(20_000)) + ")" for _ in range(6)]
    sources += ["".join(f"import no_such_{n}\n" for n in range(9_000)) for _ in range(4)]
    cells = tuple(Cell(index=n, kind="code", source=source) for n, source in enumerate(sources))
    started = time.process_time()
    missing = missing_packages(cells, ())
    assert time.process_time() - started < 1
    assert 0 < len(missing) <= 500 and missing[0] == "no_such_0"


@pytest.mark.parametrize("threads", [1, 2, 3, 5, 64, 300])
def test_threads_weigh_as_much_as_two_however_many(threads: int) -> None:
    nice = fair.nice_value(threads)
    weight = threads * 1.25**-nice
    assert weight <= 2 or nice == 19
    assert nice == 0 or threads * 1.25 ** -(nice - 1) > 2


@pytest.mark.skipif(not landlock.abi(), reason="needs Landlock")
@pytest.mark.parametrize("version", [2, 3])
def test_where_landlock_lets_files_be_emptied_the_filter_does_not(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before ABI 3 (Linux 6.2) Landlock has no say in truncate(2)."""
    path = tmp_path / "grades.csv"
    path.write_text("100")
    monkeypatch.setattr(landlock, "abi", lambda: version)
    program = filters.build_first()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        refused = 0
        filters.install(filters.for_process(program, os.getpid()))
        for attempt in (
            lambda: os.truncate(path, 0),
            lambda: os.open(path, os.O_RDONLY | os.O_TRUNC),
            lambda: os.open(path, os.O_ACCMODE | os.O_TRUNC),
        ):
            try:
                attempt()
            except OSError:
                refused += 1
        os.write(writer, bytes([refused]))
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 1) == bytes([3 if version < 3 else 2])
    assert path.read_text() == ("100" if version < 3 else "")


def test_who_subscribes_while_the_kernel_sends_is_greeted(tmp_path: Path) -> None:
    """ipykernel's own thread takes the subscription in with the sending and never looks at it."""
    address = f"ipc://{tmp_path}/iopub"
    with zmq.Context() as context:
        publisher, subscriber = context.socket(zmq.XPUB), context.socket(zmq.SUB)
        publisher.bind(address)

        def send_to_a_new_subscriber() -> None:
            subscriber.connect(address)
            subscriber.subscribe(b"")
            time.sleep(0.3)
            publisher.send_multipart([b"something else"])

        thread = application.CagedPublisher(publisher, pipe=False, session=Session(key=b"key"))
        thread.start()
        thread.schedule(send_to_a_new_subscriber)
        arrived = []
        while len(arrived) < 2 and subscriber.poll(5000):
            arrived.append(b"".join(subscriber.recv_multipart()))
        task = thread._event_pipe_gc_task
        thread.schedule(task.cancel)
        while not task.done():  # or asyncio complains after the suite's last line
            time.sleep(0.01)
        thread.stop()
        for socket in (publisher, subscriber):
            socket.close(0)
    assert any(b"iopub_welcome" in message for message in arrived)


def test_deleted_files_that_stay_mapped_count_whatever_others_free_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel starts ahead, when the notebook before it may still hold disk that it frees."""
    free, mapped = [100], set[int]()
    monkeypatch.setattr(watch, "_free_bytes", lambda directory: free[0])
    monkeypatch.setattr(watch.Watch, "_mapped_and_deleted", lambda self: mapped)
    seen = watch.Watch(os.getpid(), str(tmp_path))
    sizes = []
    for now, inode in ((400, 0), (390, 1), (380, 1), (430, 1), (400, 1), (300, 0)):
        free[0] = now
        mapped = {inode} if inode else set()
        sizes.append(seen.disk(10)[0])
    assert [size - sizes[0] for size in sizes] == [0, 10, 20, 0, 30, 0]


def test_a_session_of_its_own_weighs_what_its_niceness_says() -> None:
    """Linux's groups of a session would else give a kernel as much as all of the course's server."""
    program = (
        "import os; os.nice(7); os.setsid()\nfrom grader.jail.cage.fair import session_as_nice\n"
        "session_as_nice(); print(open('/proc/self/autogroup').read())"
    )
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this Linux has no groups of a session")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["nice", str(os.getpriority(os.PRIO_PROCESS, 0) + 7)]


@pytest.mark.parametrize(("does", "said"), [("while True: pass", b"warm"), ("input()", b"it did nothing")])
def test_a_server_that_is_slow_is_waited_for_while_it_gets_on(
    monkeypatch: pytest.MonkeyPatch, does: str, said: bytes
) -> None:
    """On a busy machine torch may need minutes; who began again each time would never be ready."""
    monkeypatch.setattr(warm, "_STILL_S", 0.5)

    async def answered() -> bytes:
        answer = asyncio.create_task(asyncio.sleep(2, b"warm"))
        return await warm._said(answer, warm.WarmServer(process, ours, Path("log")))

    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen([sys.executable, "-c", does], stdin=subprocess.PIPE) as process:
        assert asyncio.run(answered()).startswith(said)
        process.kill()
