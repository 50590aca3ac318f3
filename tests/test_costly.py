"""Notebooks that cost the judge more than they may: a report for each, and the others notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import bombs
import psutil
import pytest
from class_kit import RIGHT, FakeRunner, make_assignment, make_notebook

from grader.assignment.loading import load
from grader.batch.keys import Conditions
from grader.batch.run import RunPlan, SubmissionEvent, grade_all
from grader.execute.job import Job, Limits
from grader.folder.journal import Journal
from grader.intake import collect
from grader.models import Execution, Output
from grader.pipeline import within

SUBMISSIONS = Path(__file__).parents[1] / "submissions"
HONEST = (
    *("Anna Müller - HW4", "Björn Lindqvist hw4 (final)", "Brandt_Hoffmann_HW4", "DL_hw4_Kowalczyk"),
    "Diallo-Amara-homework4",
)
TEN = (
    *("alternating", "thin_blanks", "labels_differ", "tables", "shotgun", "rows", "pictures", "minus"),
    *("semicolons", "stored"),
)
TEN_OTHERS = (
    *("entities", "spans", "many_tables", "colours", "letters", "dictionaries", "one_line", "updates"),
    *("lists", "cells"),
)
MOST_S, MOST_BYTES, STOPS_S = 150, 1 << 30, 5


class Flood(FakeRunner):
    """What the students called flood print takes long to read."""

    async def run(self, job: Job) -> Execution:
        ran = await super().run(job)
        if "flood" not in job.cells[0].source:
            return ran
        names = ("".join(letters) for letters in product("abcdefghij", repeat=4))  # no two turns of a loop
        text = "".join(f"{name} [{i / 7:.4f}, {i}]\n" for i, name in enumerate(names))
        return ran.model_copy(
            update={"outputs": (*ran.outputs, Output(cell=0, index=1, kind="stdout", text=text))}
        )


@pytest.mark.judges
def test_a_flood_is_a_final_report_and_its_neighbours_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(within, "FIRST_S", 0.25)
    uploads, out = tmp_path / "class", tmp_path / "out"
    for name in ("anna", "flood", "flood2", "zoe"):
        make_notebook(uploads / f"{name}.ipynb", RIGHT)
    make_notebook(uploads / "flood3.ipynb", [9.5, 8.5, 7.5])
    assignment = load(str(make_assignment(tmp_path / "tiny")))

    def grade() -> dict[str, str]:
        events: list[SubmissionEvent] = []
        plan = RunPlan(2, Conditions(Limits(), "base"))
        journal = Journal(out / ".grader" / "journal.jsonl")
        entries = collect([uploads]).entries
        asyncio.run(grade_all(entries, assignment, Flood(), out, journal, plan, events.append))
        return {e.id: e.kind for e in events if e.kind != "started"}

    def report(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((out / name / "report.json").read_text())
        return found

    names = ("anna", "flood", "flood2", "flood3", "zoe")
    assert grade() == dict.fromkeys(names, "finished")
    assert (report("anna")["score"], report("zoe")["score"]) == (10.0, 10.0)
    for name in ("flood", "flood2"):  # printed before the flood, and read
        assert (report(name)["score"], report(name)["pending"]) == (10.0, 0.0)
    assert (report("flood3")["score"], report("flood3")["pending"]) == (0.0, 10.0)
    assert "over_limit" in {f["id"] for f in report("flood3")["flags"]}
    assert "over the limit of time" in (out / ".grader" / "failures" / "flood3.txt").read_text()
    assert grade() == dict.fromkeys(names, "kept")


# ------------------------------------------------------------------ the whole, with kernels


@pytest.fixture(params=[TEN, TEN_OTHERS], ids=["ten", "ten others"])
def costly(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Ten that try to cost the most, and five honest ones."""
    folder = tmp_path / "class"
    bombs.write_bombs(folder)
    for path in folder.iterdir():
        if path.stem.removeprefix("bomb_") not in request.param:
            path.unlink()
    for name in HONEST:
        shutil.copy(SUBMISSIONS / f"{name}.ipynb", folder)
    return folder


def start(uploads: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "grader", "grade", str(uploads), "--out", str(out), "--rubric", "hw4"]
    return subprocess.Popen(
        [*command, "--jobs", "2"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def memory(head: psutil.Process) -> int:
    """Bytes of the grader and its judges; kernels and the server they come from have their own limits."""
    found, total = [head], 0
    with contextlib.suppress(psutil.NoSuchProcess):  # one that ends meanwhile
        for child in head.children():
            if any("pipeline.nursery" in part for part in child.cmdline()):
                found += [child, *child.children()]
    for process in found:
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


def scores(out: Path) -> dict[str, float]:
    reports = (json.loads(path.read_text()) for path in out.glob("*/report.json"))
    return {r["submission"]["id"]: r["score"] for r in reports}


@pytest.mark.slow
@pytest.mark.kernel
def test_ten_that_cost_the_most_among_five_honest_ones(costly: Path, tmp_path: Path) -> None:
    honest = tmp_path / "honest"
    honest.mkdir()
    for name in HONEST:
        shutil.copy(costly / f"{name}.ipynb", honest)
    with start(honest, tmp_path / "alone") as alone:
        assert alone.wait(120) in (0, 1)
    began, most = time.monotonic(), 0
    with start(costly, tmp_path / "out") as process:
        head = psutil.Process(process.pid)
        while process.poll() is None and time.monotonic() - began < 2 * MOST_S:
            most = max(most, memory(head))
            time.sleep(0.3)
        took = time.monotonic() - began
        process.kill()
        assert process.stdout is not None
        said = process.stdout.read()
    print(f"{took:.0f} s, {most / 2**20:.0f} MB\n{said}")
    found, expected = scores(tmp_path / "out"), scores(tmp_path / "alone")
    assert len(found) == 15
    assert {id: found[id] for id in expected} == expected
    assert took <= MOST_S
    assert most <= MOST_BYTES


@pytest.mark.slow
@pytest.mark.kernel
@pytest.mark.parametrize("after_s", [0.3, 2, 5, 9, 15, 25])
def test_ctrl_c_ends_it_at_any_moment(costly: Path, tmp_path: Path, after_s: float) -> None:
    with start(costly, tmp_path / "out") as process:
        time.sleep(after_s)
        family = psutil.Process(process.pid).children(recursive=True)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (130, -signal.SIGINT)  # the latter before it has begun
        assert time.monotonic() - began <= STOPS_S
    _, alive = psutil.wait_procs(family, 5)
    assert alive == []
