"""Notebooks a minute: plain nbclient with cold kernels against ours, in one run, on the same notebooks.

    python benchmarks/throughput.py                  # the sample class, four of each kind
    python benchmarks/throughput.py --notebooks submissions/DL_hw4_Kowalczyk.ipynb  # the handout's way
    python benchmarks/throughput.py --notebooks DIR --count 40 --jobs 2
    python benchmarks/throughput.py --others         # also otter-grader and nbgrader, in a venv of their own

*plain nbclient* only executes: one cold kernel per notebook, as nbconvert does. *our execution* runs
the same notebooks once in caged kernels, warm server running. *our grading* is all of it: reading
the file, the run in every world of the rubric, judging, writing every report. *one alone* is the
median of ten from the submission to its outputs or to its report, nothing else going on; with several jobs
the worlds of one submission run at once. The machine should have nothing else to do.

Warm, for all of ours alike and before any clock runs: the server has imported what it imports on
demand, and the first notebook has been run and graded.

`--others` installs otter-grader and nbgrader, each with torch pinned to ours, below --cache the first
time; they run the same notebooks through their own command lines, with one trivial test each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.metadata
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from grader.assignment.loading import load
from grader.batch import run as batch
from grader.batch import step
from grader.batch.keys import Conditions
from grader.execute import Job, Limits, Runner, open_runner
from grader.execute.caged import kernel_limits
from grader.folder.journal import Journal
from grader.intake import collect
from grader.jail.cage.preload import ON_DEMAND
from grader.jail.kernels import CagedKernels
from grader.jail.probe import examine
from grader.models import Cell
from grader.pipeline import open_judges

ROOT = Path(__file__).resolve().parent.parent
LIMITS = Limits()
_REST_S = 0.25
_ALONE = 10


@dataclass(frozen=True, slots=True)
class Timing:
    """One line of the table. seconds: wall time of `count` notebooks; each: of one alone, median."""

    name: str
    jobs: int
    count: int
    seconds: float
    each: float | None = None

    @property
    def per_minute(self) -> float:
        return 60 * self.count / self.seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--notebooks", type=Path, default=ROOT / "submissions", help="folder of .ipynb files, or one"
    )
    parser.add_argument("--count", type=int, default=68, help="notebooks for ours; see `distinct`")
    parser.add_argument("--cold", type=int, default=4, help="notebooks for plain nbclient and the others")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rubric", default="hw4")
    parser.add_argument("--others", action="store_true", help="time otter-grader and nbgrader too")
    parser.add_argument("--cache", type=Path, default=ROOT / ".benchmarks")
    options = parser.parse_args()
    found = [options.notebooks] if options.notebooks.is_file() else sorted(options.notebooks.glob("*.ipynb"))
    paths = [path for path in found if readable(path)]
    if not paths:
        parser.error(f"no readable notebook in {options.notebooks}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "class")
        folder.mkdir()
        for number, path in zip(range(options.count), itertools.cycle(paths), strict=False):
            distinct(path, folder / f"{number:04}.ipynb")
        timings = asyncio.run(measure(options, sorted(folder.glob("*.ipynb")), Path(scratch)))
        if options.others:
            timings += time_others(options, sorted(folder.glob("*.ipynb"))[: options.cold], Path(scratch))
    print_table(timings)
    return 0


def readable(path: Path) -> bool:
    """Whether nbformat reads it: plain nbclient has nothing to do with the others."""
    try:
        return any(cell.cell_type == "code" for cell in nbformat.read(path, as_version=4).cells)
    except Exception:
        return False


def distinct(path: Path, to: Path) -> None:
    """Write the notebook with a cell more, so that no two are alike: ours runs copies once."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(f"# handed in as {to.stem}"))
    nbformat.write(notebook, to)


async def measure(options: argparse.Namespace, paths: Sequence[Path], scratch: Path) -> list[Timing]:
    """Plain nbclient first, then ours, each with one job and with several."""
    timings = []
    cold = paths[: options.cold]
    each = [await clock(run_plain(path)) for path in cold]
    timings.append(Timing("plain nbclient", 1, len(cold), sum(each), statistics.median(each)))
    for jobs in widths(options.jobs)[1:]:
        seconds = await clock(all_at_once([lambda p=path: run_plain(p) for path in cold], jobs))
        timings.append(Timing("plain nbclient", jobs, len(cold), seconds))
    submissions = [entry.read() for entry in collect([paths[0].parent]).entries]
    for jobs in widths(options.jobs):
        async with warm(jobs) as runner:
            work = [lambda s=s: runner.run(Job(s.cells, s.files, limits=LIMITS)) for s in submissions]
            alone = [await clock_rested(one) for one in work[:_ALONE]]
            seconds = await clock(all_at_once(work, jobs))
            timings.append(Timing("our execution", jobs, len(work), seconds, middle(alone)))
    for jobs in widths(options.jobs):
        async with warm(jobs) as runner:
            timings.append(await time_grading(options, paths[0].parent, runner, jobs, scratch))
    for jobs in widths(options.jobs):
        timings.append(time_command(options, paths[0].parent, len(submissions), jobs, scratch))
    await print_breakdown(submissions[0].cells)
    return timings


def widths(jobs: int) -> list[int]:
    """One job, and several where there are several."""
    return [1] if jobs == 1 else [1, jobs]


def middle(values: Sequence[float]) -> float | None:
    """The median, None of nothing."""
    return statistics.median(values) if values else None


@contextlib.asynccontextmanager
async def warm(jobs: int) -> AsyncIterator[Runner]:
    """A runner after its first notebook, and after everything that is imported on demand."""
    async with open_runner(jobs, limits=LIMITS) as runner:
        (upload, *_) = collect([ROOT / "submissions"]).entries
        every_word = Cell(index=0, kind="code", source="# " + " ".join(ON_DEMAND))
        await runner.run(Job((every_word,), limits=LIMITS))
        await runner.run(Job(upload.read().cells, limits=LIMITS))
        await asyncio.sleep(0.5)
        yield runner


async def clock(work: Awaitable[object]) -> float:
    """Wall seconds of one piece of work."""
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def clock_rested(work: Callable[[], Awaitable[object]]) -> float:
    """The same, once what the work before left behind is cleaned up and the next kernels are ready."""
    await asyncio.sleep(_REST_S)
    return await clock(work())


async def all_at_once(work: Sequence[Callable[[], Awaitable[object]]], jobs: int) -> None:
    """Every piece of work, `jobs` at a time."""
    queue = iter(work)

    async def worker() -> None:
        for one in queue:
            await one()

    await asyncio.gather(*(worker() for _ in range(jobs)))


async def run_plain(path: Path) -> None:
    """What nbconvert --execute does: a fresh cold kernel in the notebook's folder."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=120, resources=where)
    await client.async_execute(stderr=subprocess.DEVNULL)  # the kernel's word about TCP


async def time_grading(
    options: argparse.Namespace, folder: Path, runner: Runner, jobs: int, scratch: Path
) -> Timing:
    """All of grading, reports written."""
    assignment = load(options.rubric)
    uploads = collect([folder]).entries

    async with open_judges(assignment.folder, warm=[step.warm]) as judges:
        plan = batch.RunPlan(jobs, Conditions(LIMITS, "base"), True, judges)

        async def grade(some: Sequence[batch.TrackedUpload], name: str) -> None:
            out = scratch / name
            journal = Journal(out / "journal.jsonl")
            await batch.grade_all(some, assignment, runner, out, journal, plan, lambda event: None)

        await grade(uploads[: judges.at_most], f"first-{jobs}")
        some = uploads[:_ALONE]
        alone = [await clock_rested(partial(grade, [one], f"one-{jobs}-{n}")) for n, one in enumerate(some)]
        seconds = await clock(grade(uploads, f"all-{jobs}"))
    return Timing("our grading", jobs, len(uploads), seconds, middle(alone))


def time_command(options: argparse.Namespace, folder: Path, count: int, jobs: int, scratch: Path) -> Timing:
    """All of it from nothing, as a person types it."""
    command = [sys.executable, "-m", "grader", "grade", folder, "--out", scratch / f"command-{jobs}"]
    seconds = timed([*command, "--rubric", options.rubric, "--jobs", str(jobs), "--force"], ROOT)
    return Timing("our command", jobs, count, seconds)


async def print_breakdown(cells: tuple[batch.Any, ...]) -> None:
    """Where the time of one caged kernel goes, medians of ten."""
    kernels = CagedKernels(examine(), spare=0)
    limits = kernel_limits(Job((), limits=LIMITS))
    rows = []
    try:
        for _ in range(11):
            started = time.perf_counter()
            kernel = await kernels.take(limits)
            ready = time.perf_counter()
            await kernel.kill()
            rows.append((*kernel.spent, ready - started - sum(kernel.spent), time.perf_counter() - ready))
    finally:
        await kernels.close()
    spaces, confined, started_up, forks, gone = (
        statistics.median(row) * 1000 for row in zip(*rows[1:], strict=True)
    )
    print("one caged kernel, ms: two forks and the way there and back "
          f"{forks:.0f}, namespaces and mounts {spaces:.0f}, Landlock, seccomp, rlimits {confined:.0f}, "
          f"ipykernel {started_up:.0f}, kill and clean up {gone:.0f}\n"
          "(all but the last happen ahead of need, while another notebook runs)\n")  # fmt: skip


# --------------------------------------------------------------------------- the others


def time_others(options: argparse.Namespace, paths: Sequence[Path], scratch: Path) -> list[Timing]:
    """otter-grader and nbgrader on the same notebooks, one after the other, as their manuals say."""
    timings = []
    for name, command in (("otter-grader", time_otter), ("nbgrader", time_nbgrader)):
        try:
            each = list(command(environment(options.cache / name, name), paths, scratch / name))
        except (subprocess.CalledProcessError, OSError) as error:
            said = getattr(error, "stderr", None) or str(error).encode()
            print(f"{name} could not be installed or timed: {said.decode(errors='replace').splitlines()[-1]}")
            continue
        timings.append(Timing(name, 1, len(each), sum(each), middle(each)))
    return timings


def environment(folder: Path, name: str) -> Path:
    """The interpreter of a virtual environment with one of the others in it."""
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"installing {name} into {folder} (once)", flush=True)
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True
        )
        torch = importlib.metadata.version("torch").partition("+")[0]
        wanted = [name, f"torch=={torch}", "numpy", "ipykernel", "matplotlib"]
        install = [str(python), "-m", "pip", "install", "-q", *wanted]
        subprocess.run(install, check=True, capture_output=True)
        (folder / "ready").touch()
    return python


def timed(command: Sequence[str | Path], cwd: Path) -> float:
    """Wall seconds of a command that must succeed."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    started = time.perf_counter()
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True,
                   env={**os.environ, "PATH": path})  # fmt: skip
    return time.perf_counter() - started


_OTTER_TEST = """OK_FORMAT = True
test = {"name": "q", "points": 1, "suites": [
    {"cases": [{"code": ">>> 1 + 1\\n2", "hidden": False, "locked": False}], "type": "doctest"}]}
"""


def time_otter(python: Path, paths: Sequence[Path], work: Path) -> Iterator[float]:
    """`otter run` with an autograder zip of one test: executes the notebook, then tests."""
    (work / "tests").mkdir(parents=True)
    (work / "tests" / "q.py").write_text(_OTTER_TEST)
    with zipfile.ZipFile(work / "autograder.zip", "w") as archive:
        archive.write(work / "tests" / "q.py", "tests/q.py")
        archive.writestr("otter_config.json", "{}")
    for path in paths:
        yield timed([python.parent / "otter", "run", "-a", "autograder.zip", "-o", work, path], work)


def time_nbgrader(python: Path, paths: Sequence[Path], work: Path) -> Iterator[float]:
    """`nbgrader autograde` on one submission after another; the release has one autograded cell."""
    release = work / "source" / "hw"
    release.mkdir(parents=True)
    test = nbformat.v4.new_code_cell("assert 1 + 1 == 2", metadata={"nbgrader": {
        "grade": True, "grade_id": "q", "locked": True, "points": 1, "schema_version": 3, "solution": False,
        "task": False}})  # fmt: skip
    nbformat.write(nbformat.v4.new_notebook(cells=[test]), release / "hw.ipynb")
    (work / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n")
    nbgrader = python.parent / "nbgrader"
    timed([nbgrader, "generate_assignment", "hw", "--create"], work)
    for number, path in enumerate(paths):
        handed_in = work / "submitted" / f"s{number}" / "hw"
        handed_in.mkdir(parents=True)
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(test)
        nbformat.write(notebook, handed_in / "hw.ipynb")
        yield timed([nbgrader, "autograde", "hw", "--student", f"s{number}", "--create",
                     "--ExecutePreprocessor.allow_errors=True"], work)  # fmt: skip


def print_table(timings: Sequence[Timing]) -> None:
    """Notebooks a minute, and how many times plain nbclient with as many jobs."""
    plain = {timing.jobs: timing.per_minute for timing in timings if timing.name == "plain nbclient"}
    print(f"{'':16}{'jobs':>5}{'notebooks':>11}{'a minute':>10}{'× plain':>9}{'one alone':>11}")
    for timing in timings:
        ratio = timing.per_minute / plain[timing.jobs]
        each = "" if timing.each is None else f"{timing.each:9.3f} s"
        row = (
            f"{timing.name:16}{timing.jobs:5}{timing.count:11}{timing.per_minute:10.1f}{ratio:9.1f}{each:>11}"
        )
        print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
