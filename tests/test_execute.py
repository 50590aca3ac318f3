"""Running notebooks: what comes back, what survives a fault, and where each limit stops."""

from __future__ import annotations

import asyncio
import os
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from execute_kit import Run, attached, cells, shared_runner, text_of
from png import b64, png

from grader.errors import IsolationError, KernelStartError
from grader.execute import Job, Limits, open_runner
from grader.execute.picture import picture
from grader.execute.workdir import copy_files
from grader.jail.probe import Tier
from grader.models import AttachedFile, Execution

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with shared_runner("base") as run:
        yield run


def test_outputs_come_back_by_cell_and_kind(run: Run) -> None:
    done = run("print(1); print(2)", "# markdown", "import sys; print('e', file=sys.stderr)", "3 + 4")
    assert [(out.cell, out.index, out.kind, out.text) for out in done.outputs] == [
        (0, 0, "stdout", "1\n2\n"),
        (2, 0, "stderr", "e\n"),
        (3, 0, "result", "7"),
    ]
    assert (done.status, done.message, done.errors, done.stopped_at) == ("ok", "", (), None)
    assert done.isolation.tier in ("base", "namespaces", "full")
    assert done.usage.cpu_s is not None and done.usage.cpu_s > 0


def test_cells_after_an_error_still_run(run: Run) -> None:
    done = run("x = 1", "1 / 0", "print(x)", "syntax error")
    assert done.status == "error"
    assert [(error.cell, error.name) for error in done.errors] == [
        (1, "ZeroDivisionError"),
        (3, "SyntaxError"),
    ]
    assert text_of(done, 2) == "1\n"
    assert done.message == "cell 2 raised ZeroDivisionError, and 1 more cell raised; all cells ran"
    assert "\x1b" not in text_of(done, 1, "error")


def test_every_run_is_fresh(run: Run) -> None:
    run("leftover = 1; open('note.txt', 'w').write('x')")
    done = run("print('leftover' in globals())", "import os; print(os.path.exists('note.txt'))")
    assert text_of(done, 0) + text_of(done, 1) == "False\nFalse\n"


def test_no_output_is_lost_or_filed_elsewhere(run: Run) -> None:
    """Also not what a library writes to the descriptor, as the last thing, a letter in two halves."""
    threads = (
        "import threading\nmany = [threading.Thread(target=print, args=(f'[{i}]',)) for i in range(9)]\n"
        "for one in many: one.start()\nfor one in many: one.join()"
    )
    writes = [
        f"import os, sys\nos.write(2, b'<e{i}>')\nprint('<p{i}>', end='')\n"
        f"os.write(1, '<ü{i}>'.encode()[:2]); os.write(1, '<ü{i}>'.encode()[2:])"
        for i in range(30)
    ]
    done = run(*writes, threads)
    assert [text_of(done, i, "stderr") for i in range(30)] == [f"<e{i}>" for i in range(30)]
    for i in range(30):
        assert f"<p{i}>" in text_of(done, i) and f"<ü{i}>" in text_of(done, i)
    assert sorted(text_of(done, 30).replace("\n", "")) == sorted("[0][1][2][3][4][5][6][7][8]")


def test_a_cell_is_not_over_before_what_a_timer_is_sending(run: Run) -> None:
    """The kernel sends by itself 0.2 s after a print; the cell may end while it does."""
    slowly = (
        "import sys, threading, time\nsend = sys.stdout.session.send\n"
        "def slow(*args, **more):\n"
        "    if threading.current_thread().name == 'IOPub': time.sleep(0.3)\n"
        "    return send(*args, **more)\n"
        "sys.stdout.session.send = slow"
    )
    done = run(slowly, "print('first'); time.sleep(0.25)", "print('last'); time.sleep(0.25)")
    assert (done.status, text_of(done, 1), text_of(done, 2)) == ("ok", "first\n", "last\n")


@pytest.mark.parametrize("isolation", ["base", "none"])
def test_no_output_is_lost_while_nobody_reads(isolation: Tier) -> None:
    """On a busy machine the grader may come to read seconds later, thousands of messages behind."""
    many = (
        "import sys\nfor i in range(4000):\n    print(i, '.' * 200)\n    sys.stdout.flush()\n    display(i)"
    )

    async def busy() -> Execution:
        async with open_runner(1, isolation, allow_unsafe=isolation == "none") as runner:
            running = asyncio.ensure_future(runner.run(Job(cells("1", many, "print('end')"))))
            while not running.done():
                await asyncio.sleep(0.2)
                time.sleep(2)  # as if the machine gave us no processor
            return running.result()

    done = asyncio.run(busy())
    assert done.status == "ok"
    assert text_of(done, 1) == "".join(f"{i} {'.' * 200}\n" for i in range(4000))
    assert [out.text for out in done.outputs if out.kind == "display"] == [str(i) for i in range(4000)]
    assert text_of(done, 2) == "end\n"


def test_what_an_earlier_cell_left_running_prints_is_kept(run: Run) -> None:
    thread = (
        "import threading, time\ndef late(): time.sleep(0.2); print('thread')\n"
        "threading.Thread(target=late).start()"
    )
    task = (
        "import asyncio\nasync def late(): await asyncio.sleep(0.2); print('task')\n"
        "t = asyncio.create_task(late())"
    )
    done = run(thread, "time.sleep(0.6)", task, "await asyncio.sleep(0.6)")
    assert (text_of(done, 1), text_of(done, 3)) == ("thread\n", "task\n")


def test_a_shell_made_ahead_belongs_to_its_kernel(run: Run) -> None:
    """The server makes it, before there is a kernel, a directory or a student."""
    places = "ip.ipython_dir, ip.profile_dir.location, ip.starting_dir, ip.home_dir, os.environ['HOME']"
    done = run(
        "import os, sys\nip = get_ipython()",
        f"here = os.getcwd()\nprint([path for path in ({places}) if not path.startswith(here)])",
        "print(ip.kernel.shell is ip, ip.parent is ip.kernel, sys.modules['__main__'].__dict__ is globals())",
        "print(len(ip.user_ns['In']), ip.user_ns['Out'], os.environ['TERM'])",
        "%who",
        "%reset -f",
        "import numpy, torch\nprint(sorted(name for name in globals() if 'ip' in name), torch.ones(1))",
    )
    assert [text_of(done, cell) for cell in (1, 2, 3)] == ["[]\n", "True True True\n", "5 {} xterm-color\n"]
    assert text_of(done, 4).split() == ["here", "ip", "os", "sys"]
    assert text_of(done, 6) == "['get_ipython'] tensor([1.])\n"


def test_the_prelude_is_silent_and_shares_the_namespace(run: Run) -> None:
    done = run("print(WORLD['seed'])", prelude="WORLD = {'seed': 7}\nprint('secret')\nWORLD")
    assert [out.text for out in done.outputs] == ["7\n"]
    assert text_of(run("_ih[-1]", prelude="WORLD = 1"), 0, "result") == "'_ih[-1]'"


def test_a_prelude_that_fails_is_our_fault(run: Run) -> None:
    done = run("print(1)", prelude="1 / 0")
    assert done.status == "sandbox_error"
    assert "prelude failed in the kernel: ZeroDivisionError" in done.message
    assert done.outputs == ()


def test_attached_files_are_beside_the_notebook(run: Run, tmp_path: Path) -> None:
    files = (attached(tmp_path, "data/x.csv", "1,2\n"), attached(tmp_path, "helper.py", "def f(): return 5"))
    done = run("import helper; print(helper.f(), open('data/x.csv').read())", files=files)
    assert text_of(done, 0) == "5 1,2\n\n"
    assert done.missing_packages == ()


def test_a_pipe_handed_in_is_refused_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    target = tmp_path / "work"
    target.mkdir()
    directory = os.open(target, os.O_RDONLY)
    try:
        with pytest.raises(KernelStartError, match=r"'x\.csv' can't be copied: it is not a regular file"):
            copy_files([AttachedFile(name="x.csv", source=str(tmp_path / "pipe"), size=0)], directory)
    finally:
        os.close(directory)
    assert list(target.iterdir()) == []


def test_a_tree_keeps_its_folders_and_the_kernel_stands_in_the_notebooks(run: Run, tmp_path: Path) -> None:
    files = (
        attached(tmp_path, "data/x.csv", "1,2\n"),
        attached(tmp_path, "src/model.py", "def go(): return 5"),
        attached(tmp_path, "notebooks/beside.py", "near = 6"),
    )
    done = run(
        "import sys; sys.path.insert(0, '..')\nfrom src.model import go\nimport beside",
        "print(open('../data/x.csv').read(), go(), beside.near)",
        files=files,
        folder="notebooks",
    )
    assert (done.status, text_of(done, 1)) == ("ok", "1,2\n 5 6\n")
    assert done.missing_packages == ()
    assert text_of(run("import os; print(os.path.basename(os.getcwd()))", folder="a/b"), 0) == "b\n"


def test_the_folders_of_attached_files_have_room_of_their_own(run: Run, tmp_path: Path) -> None:
    paths = ("/".join(f"{number}-{depth}" for depth in range(40)) for number in range(5))
    files = tuple(attached(tmp_path, path, "x") for path in paths)
    done = run("for n in range(90): open(f'own-{n}', 'w')", files=files, limits=Limits(files=100))
    assert (done.status, done.message) == ("ok", "")


def test_time_that_the_grader_itself_was_held_up_is_not_the_students() -> None:
    async def run() -> Execution:
        async with open_runner() as runner:
            await runner.run(Job(cells("1")))
            asyncio.get_running_loop().call_later(0.5, time.sleep, 2)
            slow = cells("import time; time.sleep(1); print('done')", "print('next')")
            return await runner.run(Job(slow, limits=Limits(cell_s=1.8)))

    done = asyncio.run(run())
    assert (done.status, text_of(done, 0), text_of(done, 1)) == ("ok", "done\n", "next\n")


def test_what_was_printed_before_a_crash_is_read_however_busy_the_grader_is() -> None:
    prints = "import os, time\ntime.sleep(0.5)\nfor n in range(60): print(n, flush=True)"

    async def run() -> Execution:
        async with open_runner() as runner:
            await runner.run(Job(cells("1")))
            busy = asyncio.ensure_future(be_busy())
            done = await runner.run(Job(cells(f"{prints}\ntime.sleep(0.2)\nos._exit(3)")))
            busy.cancel()
            return done

    async def be_busy() -> None:
        await asyncio.sleep(0.3)
        while True:
            time.sleep(0.05)
            await asyncio.sleep(0)

    done = asyncio.run(run())
    assert text_of(done, 0) == "".join(f"{n}\n" for n in range(60))
    assert done.message.startswith("cell 1 ended the kernel (exit status 3)")


def test_where_no_kernel_can_start_the_grader_does_not_try_for_ever(run: Run) -> None:
    done = run("1", limits=Limits(open_files=8))
    assert (done.status, done.outputs) == ("sandbox_error", ())
    assert done.message.startswith("3 kernels failed; the last: a kernel did not start: ")


def test_an_attached_module_does_not_stand_in_the_way_of_the_prelude(run: Run, tmp_path: Path) -> None:
    files = (attached(tmp_path, "colorsys.py", "raise RuntimeError('shadowed')"),)
    assert run("print('ran')", files=files, prelude="import colorsys").status == "ok"


def test_a_later_cell_cannot_rewrite_an_earlier_one(run: Run) -> None:
    done = run(
        "from IPython.display import display, clear_output\nh = display('first', display_id=True)",
        "h.update('second')",
        "print('kept'); clear_output(); print('too')",
    )
    assert text_of(done, 0, "display") == "'first'"
    assert text_of(done, 1, "display") == "'second'"
    assert text_of(done, 2) == "kept\ntoo\n"


def test_forged_and_malformed_messages_are_harmless(run: Run) -> None:
    done = run(
        "k = get_ipython().kernel\n"
        "for part in ([b'x'], [b'<IDS|MSG>', b'', b'{', b'[', b'1', b'2'], [b''] * 50):\n"
        "    k.iopub_socket.send_multipart(part)\n"
        "k.session.send(k.iopub_socket, 'stream', {'name': 5, 'text': ['x']}, parent=k.get_parent())\n"
        "k.session.send(k.iopub_socket, 'display_data', {'data': 'x'}, parent=k.get_parent())\n"
        "print('mine')",
        "print('next')",
    )
    assert (done.status, text_of(done, 0), text_of(done, 1)) == ("ok", "mine\n", "next\n")


def test_a_redrawn_line_hides_nothing_and_escapes_are_gone(run: Run) -> None:
    done = run("print('10%\\r100%\\r\\n\\x1b[31mred\\x1b[0m \\x07bell')")
    assert text_of(done, 0) == "10%\n100%\nred bell\n"


def test_half_a_surrogate_pair_takes_nothing_with_it(run: Run) -> None:
    done = run("import sys\nprint('h1 = 1.5')\nsys.stdout.write('\\ud800')\nprint(' after')")
    assert (done.status, text_of(done, 0)) == ("ok", "h1 = 1.5\n? after\n")


# ------------------------------------------------------------------------- leaving early


def test_exit_costs_nothing_but_sys_exit_ends_its_cell(run: Run) -> None:
    done = run("exit(); print('on')", "quit()", "import sys; sys.exit(); print('never')", "print('last')")
    assert (text_of(done, 0), text_of(done, 2), text_of(done, 3)) == ("on\n", "", "last\n")
    assert [error.name for error in done.errors] == ["SystemExit"]


def test_a_runtime_restarted_as_at_colab_and_a_forgotten_breakpoint_cost_nothing(run: Run) -> None:
    done = run(
        "import os, signal; os.kill(os.getpid(), 9); print('on')",
        "os.kill(os.getpid(), signal.SIGTERM); print('on')",
        "x = 2; breakpoint(); print('after', x)",
        "import pdb; pdb.set_trace(); print('traced')",
        "%debug",
    )
    assert (done.status, done.errors) == ("ok", ())
    assert [text_of(done, cell) for cell in range(5)] == ["on\n", "on\n", "after 2\n", "traced\n", ""]
    assert "The kernel can't be restarted" in text_of(done, 0, "stderr")
    assert all("A debugger can't be used" in text_of(done, cell, "stderr") for cell in (2, 3, 4))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(3)", "ended the kernel (exit status 3)"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_a_dead_kernel_keeps_what_was_printed(run: Run, code: str, said: str) -> None:
    done = run("print('before')", code, "print('after')")
    assert (done.status, done.stopped_at) == ("killed", 1)
    assert said in done.message and done.message.startswith("cell 2 ")
    assert [out.text for out in done.outputs] == ["before\n"]


# ------------------------------------------------------------------------------- limits


def test_time_per_cell_holds_against_a_cell_that_swallows_interrupts(run: Run) -> None:
    code = (
        "import time\nprint('partial', flush=True)\n"
        "while True:\n try:\n  time.sleep(99)\n except BaseException: pass"
    )
    done = run("print(1)", code, "print(2)", limits=Limits(cell_s=1))
    assert (done.status, done.stopped_at) == ("timeout", 1)
    assert done.message == "cell 2 exceeded 1 s; the cells before it were graded"
    assert [out.text for out in done.outputs] == ["1\n", "partial\n"]
    assert done.wall_s < 6


def test_a_cell_that_does_not_end_is_interrupted_and_the_next_ones_run(run: Run) -> None:
    done = run(
        "while True: pass", "# markdown", "import time; time.sleep(99)", "print(2)", limits=Limits(cell_s=1)
    )
    assert (done.status, done.stopped_at, done.interrupted) == ("timeout", None, (0, 2))
    assert done.message == "cells 1, 3 exceeded 1 s and were interrupted; the cells after them ran"
    assert [error.name for error in done.errors] == ["KeyboardInterrupt"] * 2
    assert text_of(done, 3) == "2\n" and done.wall_s < 6
    assert [(r.kind, r.effect, r.cell, r.lost) for r in done.refusals] == [
        ("time", "ended", 0, (0,)),
        ("time", "ended", 2, (2,)),
    ]


def test_what_never_ran_is_said(run: Run) -> None:
    done = run("print(1)", "import os; os._exit(1)", "# markdown", "", "print(2)")
    assert [(r.kind, r.effect, r.cell, r.lost) for r in done.refusals] == [("kernel", "ended", 1, (1, 4))]


def test_what_a_kernel_says_was_refused_is_bounded_text_and_ends_nothing(run: Run) -> None:
    send = (
        "def tell(**content):\n kernel = get_ipython().kernel\n"
        " kernel.session.send(kernel.iopub_socket, 'refusal', content, parent=kernel.get_parent('shell'))\n"
    )
    done = run(
        send
        + "tell(kind='device', about='x' * 999, call='a\\x1b[0mb\\nc', effect='instead', lost=[1], cell=7)",
        "tell(kind='time', about='', call='', effect='ended')\n"
        "tell(kind='nonsense', about='', call='', effect='raised')\n"
        "tell(kind=['device'], about=3, call={}, effect=None)\ntell()",
        "for i in range(999): tell(kind='file', about=str(i), call='', effect='raised')\nprint('on')",
    )
    assert text_of(done, 2) == "on\n" and done.status == "ok"
    first = done.refusals[0]
    assert (first.cell, first.lost, len(first.about), first.call) == (0, (), 80, "ab")
    assert len(done.refusals) == 100 and {r.told_by for r in done.refusals} == {"kernel"}
    assert not any(r.lost for r in done.refusals), "no cell failed: nothing was lost"


def test_time_of_the_whole_notebook(run: Run) -> None:
    sleep = "import time; time.sleep(0.7)"
    done = run(sleep, sleep, "print(1)", limits=Limits(total_s=1))
    assert (done.status, done.stopped_at) == ("timeout", 1)
    assert done.message == "cell 2 exceeded the 1 s of the whole notebook; the cells before it were graded"


def test_processor_time(run: Run) -> None:
    done = run("while True: pass", limits=Limits(cpu_s=1))
    assert (done.status, done.stopped_at) == ("timeout", 0)
    assert "more than 1 s of processor time" in done.message


@pytest.mark.parametrize(
    "code",
    [
        "while True: print('x' * 1000)",
        "print('x' * 100_000_000)",
        "import os\nwhile True: os.write(1, b'x' * 100_000)",
        "from IPython.display import display\nwhile True: display({'text/plain': 'y' * 9999}, raw=True)",
        "get_ipython().kernel.iopub_socket.send_multipart([b'x' * (60 << 20)])\nimport time; time.sleep(99)",
        "s = get_ipython().kernel.iopub_socket; s.send_multipart([b'x' * (1 << 20)] * 900)\n"
        "import time; time.sleep(99)",
        "s = get_ipython().kernel.iopub_socket; s.send_multipart([b''] * 10**5)\nimport time; time.sleep(99)",
    ],
)
def test_output_floods_stop_and_our_memory_stays_flat(run: Run, code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = run("print('before')", code, limits=Limits(output_bytes=2 << 20))
    assert (done.status, done.stopped_at) == ("output_limit", 1)
    assert text_of(done, 0) == "before\n"
    assert sum(len(out.text) for out in done.outputs) < 4 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 << 10


def test_number_of_messages(run: Run) -> None:
    code = "from IPython.display import display\nfor i in range(300): display(i)"
    done = run(code, limits=Limits(messages=100))
    assert (done.status, "100 messages" in done.message) == ("output_limit", True)


def test_memory_beyond_the_limit_is_an_error_in_the_cell(run: Run) -> None:
    done = run("x = bytearray(3 << 30)", "import torch; torch.ones(10**9)", "print('on')")
    assert [error.name for error in done.errors] == ["MemoryError", "RuntimeError"]
    assert text_of(done, 2) == "on\n"


def test_memory_that_no_limit_could_see_is_refused(run: Run) -> None:
    """Shared memory stays while one page of it is mapped; what belongs to the process alone is metered."""
    done = run(
        "import mmap\nmmap.mmap(-1, 1 << 20)",
        "x = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE); x[9] = 1; print(x[9])",
        "import numpy as np; y = np.memmap('f', 'u1', 'w+', shape=9); y[:] = 2; print(y.sum())",
        "from multiprocessing import RawArray; z = RawArray('d', 9); z[2] = 3; print(sum(z))",
    )
    assert [error.name for error in done.errors] == ["PermissionError"]
    assert [text_of(done, n) for n in (1, 2, 3)] == ["1\n", "18\n", "3.0\n"]


@pytest.mark.parametrize(
    "code",
    [
        "f = open('x', 'wb')\nwhile True: f.write(bytes(1 << 20))",
        "for i in range(9999): open(str(i), 'w').close()",
    ],
)
def test_disk_fills_and_the_rest_runs_or_the_kernel_dies(run: Run, code: str) -> None:
    done = run(code, limits=Limits(disk_bytes=8 << 20, files=500))
    assert done.status in ("error", "killed")
    assert done.status == "killed" or done.errors[0].name == "OSError"


def test_descriptors_that_are_used_up_are_an_error_and_the_rest_runs(run: Run) -> None:
    done = run(
        "print(1)\nfs = []\nfor i in range(999): fs.append(open('x', 'a'))",
        "print(2)",
        "1/0",
        "print(3)",
        limits=Limits(cell_s=9),
    )
    assert [error.name for error in done.errors] == ["OSError", "ZeroDivisionError"]
    assert [text_of(done, n).splitlines()[0] for n in (0, 1, 3)] == ["1", "2", "3"]


# ------------------------------------------------------------- what honest notebooks need


def test_what_the_cage_refuses_says_so_and_the_rest_runs(run: Run) -> None:
    done = run(
        "!./train\nprint('on')",
        "import os; os.fork()",
        "import urllib.request; urllib.request.urlopen('http://example.com')",
        "print('end')",
    )
    assert text_of(done, 0) == "on\n"
    assert "can't be started in the grading environment" in text_of(done, 0, "stderr")
    assert [(error.cell, error.name) for error in done.errors] == [(1, "PermissionError"), (2, "URLError")]
    assert "other processes can't be started" in done.errors[0].message
    assert text_of(done, 3) == "end\n"


def test_an_unused_import_of_an_absent_package_passes(run: Run) -> None:
    done = run(
        "import no_such_vision\nfrom no_such_vision import datasets as d, transforms\n"
        "import no_such.deep as z\nprint('on')",
        "try:\n    import absent_too\nexcept ImportError:\n    print('caught')",
        "no_such_vision.models.resnet18()",
        "import importlib.util; print(importlib.util.find_spec('no_such_extra'))",
    )
    assert text_of(done, 0) == "on\n" and text_of(done, 1) == "caught\n" and text_of(done, 3) == "None\n"
    assert done.errors[0].name == "ModuleNotFoundError"
    assert "'no_such_vision' is not installed in the grading environment" in done.errors[0].message
    assert done.missing_packages == ("no_such_vision", "no_such", "absent_too")
    assert [(r.kind, r.about, r.lost) for r in done.refusals if r.kind != "answer"] == [
        ("package", "no_such_vision", (2,))
    ]


def test_the_usual_libraries_and_notebook_habits(run: Run) -> None:
    done = run(
        "%matplotlib inline\nimport matplotlib.pyplot as plt, numpy as np, pandas as pd, torch\n"
        "plt.plot([1, 2]); plt.show()",
        "pd.DataFrame({'a': [1.5]})",
        "import asyncio\nawait asyncio.sleep(0)\nprint('awaited')",
        "from tqdm import tqdm\nfor i in tqdm(range(3)): pass\nprint(i)",
        "%timeit -n1 -r1 1 + 1",
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "d = TensorDataset(torch.arange(4.))\n"
        "data = DataLoader(d, batch_size=2, num_workers=2, persistent_workers=True)\n"
        "print([batch[0].tolist() for batch in data])",
        "torch.save(torch.ones(2), 'w.pt'); print(torch.load('w.pt'))",
        "import sklearn.linear_model as m, scipy.stats\n"
        "print(m.LinearRegression().fit([[0.], [1.]], [0., 2.]).coef_, scipy.stats.norm.cdf(0))",
        "import threading\nt = threading.Thread(target=lambda: print('thread')); t.start(); t.join()",
        "w = torch.ones(2, requires_grad=True); o = torch.optim.Adam([w])\n"
        "(w * w).sum().backward(); o.step(); print(w.grad)",
    )
    assert done.errors == () and done.status == "ok"
    assert text_of(done, 0, "display").startswith("<Figure size")
    figure = next(out for out in done.outputs if out.cell == 0 and out.kind == "display")
    assert figure.image is not None and picture(figure.image) is not None
    assert any(out.html for out in done.outputs if out.cell == 1)
    assert not any(out.image for out in done.outputs if out.cell > 0)
    assert text_of(done, 2) == "awaited\n" and text_of(done, 3) == "2\n"
    assert text_of(done, 5) == "[[0.0, 1.0], [2.0, 3.0]]\n"
    assert text_of(done, 6) == "tensor([1., 1.])\n"
    assert text_of(done, 7) == "[2.] 0.5\n" and text_of(done, 8) == "thread\n"
    assert text_of(done, 9) == "tensor([2., 2.])\n"


def test_unseeded_random_numbers_differ_from_run_to_run(run: Run) -> None:
    code = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
    first, second = (text_of(run(code), 0).split() for _ in range(2))
    assert not set(first) & set(second) and len(first) == 3


HABITS = {
    "import pandas as pd\nprint(pd.DataFrame({'W': [0.5]}).to_markdown())": "|  0 | 0.5 |\n",
    "import pandas as pd\nprint('...' in str(pd.DataFrame([[0.123456789] * 15])))": "False\n",
    "import seaborn as sns\nprint(len(sns.heatmap([[0.5, 1], [2, 3]], annot=True).texts))": "4\n",
    "from einops import rearrange\nprint(rearrange(__import__('torch').eye(2), 'a b -> (a b)'))": "tensor([",
    "from prettytable import PrettyTable\nt = PrettyTable(['W'])\nt.add_row([0.5])\nprint(t)": "| 0.5 |\n",
    "from termcolor import colored\nprint(colored('h1', 'green', force_color=True))": "h1",
    "from torchinfo import summary\nimport torch\nprint(summary(torch.nn.Linear(3, 4)).total_params)": "16\n",
    "from tqdm.notebook import tqdm, trange\nprint(sum(tqdm([1, 2])) + sum(trange(2)))": "4\n",
    "from tqdm import tqdm_notebook\nprint(sum(tqdm_notebook([1, 2])))": "3\n",
    "help(abs)": "Help on built-in function abs",
    "import torch\nprint(torch.compile(torch.nn.Linear(2, 1))(torch.ones(3, 2)).shape)": "Size([3, 1])",
    "from joblib import Parallel, delayed as d\nprint(Parallel(2)(d(abs)(i) for i in (-1, 2)))": "[1, 2]",
    "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import cross_val_score\n"
    "print(len(cross_val_score(Ridge(), [[i] for i in range(9)], range(9), cv=3, n_jobs=-1)))": "3\n",
    "%cd no_such_folder\nimport os\nprint(str(_dh[-1]) == os.getcwd())": "True\n",
    "%load_ext autoreload\n%autoreload 2\nimport sys; print('loaded')": "loaded\n",
    "print([m for m in sys.modules.values() if '/cage/' in (getattr(m, '__file__', 0) or '')])": "[]",
}


@pytest.mark.parametrize("most", ["base", "full"])
def test_habits_of_public_notebooks_in_the_weakest_tier_and_the_strongest(most: Tier) -> None:
    """Each of these failed in a caged kernel, in one tier or in all, and works in an ordinary one."""
    with shared_runner("base", most) as run:
        done = run(*HABITS)
    for cell, (code, said) in enumerate(HABITS.items()):
        assert said in text_of(done, cell), code
    assert done.errors == ()
    assert not any("/cage/" in out.text for out in done.outputs)


def test_of_hostile_pictures_only_sound_ones_come_back(run: Run) -> None:
    done = run(
        "from IPython.display import Image, display\n"
        f"good = {b64(png())!r}\n"
        "for said in (good, '<script>', good + '\" onload=\"x', 7, ['x']):\n"
        "    display({'text/plain': 'shown', 'image/png': said}, raw=True)\n"
        f"display(Image({png(60_000, 60_000, data=b'x')!r}))",
        "for n in range(100): display({'text/plain': 'n', 'image/png': good}, raw=True)",
        "raise ValueError(good)",
    )
    assert [out.image for out in done.outputs if out.cell == 0] == [b64(png())] + [""] * 5
    assert [out.image for out in done.outputs if out.cell == 1] == [""] * 92 + [b64(png())] * 8
    assert [out.image for out in done.outputs if out.cell == 2] == [None]
    assert done.status == "error"


# ---------------------------------------------------------------------- opening and closing


def test_no_isolation_is_refused_unless_asked_for_by_name() -> None:
    async def open_it() -> None:
        async with open_runner(isolation="none"):
            pass

    with pytest.raises(IsolationError, match="--allow-unsafe"):
        asyncio.run(open_it())


def test_more_than_the_machine_has_is_refused_in_one_line() -> None:
    async def open_it() -> None:
        async with open_runner(isolation="full", at_most="base"):
            pass

    with pytest.raises(IsolationError, match="isolation full needs the layer mount_namespace") as caught:
        asyncio.run(open_it())
    assert "\n" not in str(caught.value)


def test_without_isolation_notebooks_run_and_are_marked() -> None:
    with shared_runner("none") as run:
        done = run("print('hi')", "1 / 0", "exit()", "import os; os._exit(1)", prelude="W = 1")
    assert (done.status, done.stopped_at, done.isolation.tier) == ("killed", 3, "none")
    assert text_of(done, 0) == "hi\n" and done.errors[0].name == "ZeroDivisionError"


def test_nothing_is_left_behind_when_a_batch_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = threading.active_count()

    async def batch() -> None:
        async with open_runner(2) as runner:
            loop = "import time\nwhile True: time.sleep(1)"
            running = [asyncio.ensure_future(runner.run(Job(cells(loop)))) for _ in range(3)]
            await asyncio.sleep(1)
            for task in running:
                task.cancel()
            assert all(
                isinstance(end, asyncio.CancelledError)
                for end in await asyncio.gather(*running, return_exceptions=True)
            )
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(batch())
    assert threading.active_count() <= threads
    assert list(tmp_path.iterdir()) == []
