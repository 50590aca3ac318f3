"""A class of any size through the grader: throughput, memory, size of the output, resume, rescore.

    python -m benchmarks.scale --students 1000
    python -m benchmarks.scale --students 10000
    python -m benchmarks.scale --students 100 --runner real

The class is an export of Moodle, one zip, made of the notebooks in `submissions/`, each with a cell that is
the student's own, so that no two are alike. `replay` runs every one of these notebooks once in a real kernel
and gives back what it printed wherever it occurs: everything but the kernels is then measured as it is.
`real` runs each student's notebook. Every phase is a process of its own; `peak_mb` is its memory at most
(ru_maxrss), `peak_of_a_worker_mb` that of the largest process below it (a worker of a rescore, a kernel),
`mb_at_N` its memory when N students were through. `points` and `tolerance` are rescores after a change of
all points, and of the tolerance, which has everybody judged again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from grader import cli
from grader.assignment import loading as assignments
from grader.commands import grade as grading
from grader.commands import rescore as rescoring
from grader.execute import Job, Limits, open_runner
from grader.intake import collect
from grader.models import Execution

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "submissions"
PHASES = ("grade", "resume", "points", "tolerance")
CHANGES = {"points": ("points: 10", "points: 11"), "tolerance": ("rtol: 1.0e-5", "rtol: 1.1e-5")}
WATCHED = (500, 1_000, 2_000, 5_000, 10_000)


def make_class(path: Path, students: int) -> None:
    """Write a Moodle export of `students` uploads."""
    samples = [(p.stem, json.loads(p.read_bytes())) for p in _usable()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(students):
            name, notebook = samples[i % len(samples)]
            mark = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
            mine = {**notebook, "cells": [*notebook["cells"], mark | {"source": f"# student {i} of {name}"}]}
            folder = f"Student {i:05}_{100_000 + i}_assignsubmission_file"
            archive.writestr(f"{folder}/homework4.ipynb", json.dumps(mine))


def _usable() -> list[Path]:
    """The notebooks of format 4 that can be read: the others have no place for another cell."""
    found = [p for p in sorted(SAMPLES.glob("*.ipynb")) if b'"nbformat": 4' in p.read_bytes()]
    return [p for p in found if collect([p]).submissions[0].problem is None]


def record(path: Path) -> None:
    """Run each sample notebook once in every world, in real kernels, and keep what it printed."""
    loaded = assignments.load("hw4")

    async def run() -> dict[str, list[str]]:
        kept: dict[str, list[str]] = {}
        async with open_runner(jobs=2) as runner:
            for notebook in _usable():
                (submission,) = collect([notebook]).submissions
                jobs = [
                    Job(submission.cells, prelude=loaded.prelude_for(w), limits=Limits())
                    for w in loaded.rubric.worlds
                ]
                ran = await asyncio.gather(*(runner.run(job) for job in jobs))
                kept[notebook.stem] = [r.model_dump_json() for r in ran]
        return kept

    path.write_text(json.dumps(asyncio.run(run())))


class Replay:
    """Gives back what `record` kept. Notes the grader's memory while the class goes through."""

    def __init__(self, recorded: Path) -> None:
        self._kept = {
            name: [Execution.model_validate_json(text) for text in worlds]
            for name, worlds in json.loads(recorded.read_bytes()).items()
        }
        loaded = assignments.load_rubric(assignments.locate("hw4"))
        self._seeds = [f'"seed": {world.seed}' for world in loaded.worlds]
        self.memory: list[int] = []

    async def run(self, job: Job) -> Execution:
        await asyncio.sleep(0)
        self.memory.append(_resident())
        name = job.cells[-1].source.rpartition(" of ")[2]
        world = next(i for i, seed in enumerate(self._seeds) if seed in job.prelude)
        return self._kept[name][world]

    @asynccontextmanager
    async def open(self, **_: Any) -> AsyncIterator[Replay]:
        """In place of `grader.execute.open_runner`."""
        yield self


def phase(name: str, folder: Path, runner: str, students: int) -> dict[str, float]:
    """Measure one phase in this process."""
    replay = Replay(folder / "recorded.json") if name == "grade" and runner == "replay" else None
    if replay is not None:
        grading.open_runner = replay.open  # type: ignore[assignment]
    out, rubric = str(folder / "out"), str(folder / "rubric")
    commands = {
        "grade": ["grade", str(folder / "class.zip"), "--out", out, "--rubric", rubric],
        "resume": ["grade", str(folder / "class.zip"), "--out", out, "--rubric", rubric],
        "points": ["rescore", out, "--rubric", rubric],
        "tolerance": ["rescore", out, "--rubric", rubric],
    }
    if name in CHANGES:
        changed = folder / "rubric" / "rubric.yaml"
        before = changed.read_text()
        changed.write_text(before.replace(*CHANGES[name]))
        assert changed.read_text() != before
    assert rescoring  # imported before the clock starts, as the grade command is
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = cli.run(commands[name])
    took = time.perf_counter() - began
    if code not in (0, 1):
        raise SystemExit(f"{name} ended with {code}: {said.getvalue()[-500:]}")
    figures = {
        "seconds": took,
        "cpu_s": sum(
            sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        ),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_of_a_worker_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }
    if replay is not None:
        worlds = len(replay.memory) / max(1, students)
        for students_through in (s for s in WATCHED if s <= students):
            seen = replay.memory[: int(students_through * worlds)]
            figures[f"mb_at_{students_through}"] = max(seen[-int(200 * worlds) :]) / 2**20
    return figures


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _size(folder: Path) -> tuple[int, int]:
    sizes = [p.stat().st_size for p in folder.rglob("*") if p.is_file()]
    return len(sizes), sum(sizes)


def measure(
    students: int, runner: str, folder: Path, phases: Sequence[str] = PHASES
) -> Iterator[tuple[str, dict[str, float]]]:
    """Each phase with its figures, in a process of its own."""
    make_class(folder / "class.zip", students)
    shutil.copytree(ROOT / "rubric" / "hw4", folder / "rubric", ignore=shutil.ignore_patterns("__pycache__"))
    if runner == "replay":
        record(folder / "recorded.json")
    for name in phases:
        command = [sys.executable, "-m", "benchmarks.scale", "--phase", name, "--runner", runner]
        command += ["--students", str(students)]
        done = subprocess.run(
            [*command, "--folder", str(folder)], capture_output=True, text=True, cwd=ROOT, check=False
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}{done.stdout[-500:]}")
        yield name, json.loads(done.stdout.splitlines()[-1])
    files, size = _size(folder / "out")
    kept = _size(folder / "out" / ".grader")
    yield "output", {"files": files, "mb": size / 2**20, "of_it_kept_for_regrades_mb": kept[1] / 2**20}


def main() -> None:
    """Print one line a phase."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--runner", choices=("replay", "real"), default="replay")
    parser.add_argument("--folder", type=Path, help="where to work; deleted afterwards unless given")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.phase:
        print(json.dumps(phase(asked.phase, asked.folder, asked.runner, asked.students)))
        return
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="scale-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for name, figures in measure(asked.students, asked.runner, folder):
            rate = f" ({asked.students / figures['seconds']:.1f} a second)" if "seconds" in figures else ""
            shown = ", ".join(f"{key} {value:,.1f}" for key, value in figures.items())
            print(f"{asked.students} students, {asked.runner}, {name}: {shown}{rate}", flush=True)
    finally:
        if asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
