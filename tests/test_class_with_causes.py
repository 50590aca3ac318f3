"""A class of which half can't run here: graded with kernels, settled at the desk over HTTP, exported.

What was asked of our machine and is not there is one cause: one decision settles it for everybody, and then
every grade is final.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from class_kit import make_assignment
from fastapi.testclient import TestClient

from grader import cli
from grader.assignment.loading import load
from grader.desk.app import make_app
from grader.desk.desk import Desk
from grader.desk.folder import ReportFolder
from grader.desk.publish import Publisher

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("warm")]

RUBRIC = """
id: tiny
version: "1"
title: Tiny
worlds:
  - {name: handout, seed: 1}
  - {name: second, seed: 2}
vocabulary: {total: [total], mean: [mean]}
questions:
  - id: q1
    title: Add
    checks:
      - {id: total, kind: tensor, quantity: total, title: the total, points: 6, labels: [[total]]}
      - {id: mean, kind: tensor, quantity: mean, title: the mean, points: 4, labels: [[mean]]}
"""
CANONICAL = """
import numpy as np

def quantities(world):
    total = np.array([1.25, 2.5, 3.75]) * world.seed
    return {"total": total, "mean": total[:2] / 8}
"""
PRINTS = "x = {tensor} * seed\nprint('total =', x)\nprint('mean =', x[:2] / 8)"
PLAIN = "torch.tensor([1.25, 2.5, 3.75])"
SAVED = "total = tensor([1.2500, 2.5000, 3.7500])\nmean = tensor([0.1562, 0.3125])\n"
RUNS = {
    "ada": ("import torch", PRINTS.format(tensor=PLAIN)),
    "bob": ("import torch, math", PRINTS.format(tensor=PLAIN)),
    "cleo": ("import torch", PRINTS.format(tensor=f"{PLAIN}.cuda()") + "\nx.cpu()"),
    "dan": ("import torch\nassert torch.cuda.is_available()", PRINTS.format(tensor=PLAIN)),
    "dora": ("import torch\ndevice = 'cuda'", PRINTS.format(tensor=f"{PLAIN}.to(device)")),
}
GPU = {
    "eve": (f"import torch\nassert torch.cuda.is_available()\nx = {PLAIN}.cuda()", PRINTS.format(tensor="x")),
    "fay": (
        f"import torch\nassert torch.cuda.is_available(), 'no GPU'\nx = {PLAIN}.to('cuda')",
        PRINTS.format(tensor="x"),
    ),
    "gil": (
        "import torch\nif not torch.cuda.is_available():\n    raise SystemExit('switch to a GPU')\n"
        + PRINTS.format(tensor=PLAIN),
    ),
    "hal": (
        "import torch\nif not torch.cuda.is_available():\n    raise RuntimeError('This needs CUDA')\n"
        f"x = {PLAIN}.cuda()",
        PRINTS.format(tensor="x"),
    ),
}
PACKAGE = {
    "eve": ("import torch, no_such_course as course", PRINTS.format(tensor=f"course.ready({PLAIN})")),
    "fay": ("import torch\nfrom no_such_course import *", PRINTS.format(tensor=f"ready({PLAIN})")),
    "gil": ("import torch\nfrom no_such_course import ready\n" + PRINTS.format(tensor=f"ready({PLAIN})"),),
    "hal": (
        "import torch, importlib\ncourse = importlib.import_module('no_such_course.parts')",
        PRINTS.format(tensor=f"course.ready({PLAIN})"),
    ),
}


def write(path: Path, sources: tuple[str, ...], saved: str) -> None:
    """A notebook with what its student saw at home under its last cell."""
    cells: list[dict[str, Any]] = [{"cell_type": "code", "source": s, "outputs": []} for s in sources]
    cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": saved}]
    cells[-1]["source"] += f"  # {path.stem}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))


def exported(out: Path, into: Path) -> dict[str, tuple[str, str]]:
    """Each student's score, and the points that wait for a person."""
    assert cli.run(["export", str(out), "--to", "csv", "--into", str(into)]) == 0
    (path,) = into.glob("*.csv")
    with path.open(newline="") as file:
        return {row["id"]: (row["score"], row["pending"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("asks", "cause"), [(GPU, "device:GPU"), (PACKAGE, "package:no_such_course")], ids=["gpu", "package"]
)
def test_one_decision_settles_half_a_class(
    tmp_path: Path, asks: dict[str, tuple[str, ...]], cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    uploads, out = tmp_path / "class", tmp_path / "out"
    rubric = make_assignment(tmp_path / "tiny", RUBRIC)
    (rubric / "canonical.py").write_text(CANONICAL)
    for name, sources in (RUNS | asks).items():
        write(uploads / f"{name}.ipynb", sources, SAVED)
    assert cli.run(["grade", str(uploads), "--out", str(out), "--rubric", str(rubric)]) == 0
    before = exported(out, tmp_path / "before")
    assert before == {**dict.fromkeys(RUNS, ("10", "0")), **dict.fromkeys(asks, ("0", "10"))}

    assignment = load(str(rubric))
    desk = Desk(ReportFolder(out), assignment.rubric, "lea")
    publisher = Publisher(out, assignment.rubric)
    client = TestClient(make_app(desk, publisher, "secret", "once"), base_url="http://127.0.0.1")
    items = client.get("/secret/api/queue").json()["items"]
    waiting = [i for i in items if i["kind"] != "flag"]
    assert [i["topics"] for i in items if i["kind"] == "flag"] == []  # the cause says it, once
    assert [(i["kind"], i["topics"], sorted(i["submissions"])) for i in waiting] == [
        ("cause", ["total", "mean"], sorted(asks))
    ]
    assert "they fit" in waiting[0]["said"]
    decision = {
        "item": waiting[0]["id"],
        "seen": dict.fromkeys(asks, 0),
        "points": 10,
        "reason": "The saved outputs fit.",
    }
    assert client.post("/secret/api/mark", json=decision).status_code == 200
    publisher.close()

    assert exported(out, tmp_path / "after") == dict.fromkeys(RUNS | asks, ("10", "0"))
    assert "9 of 9 have a final grade" in capsys.readouterr().out
    page = (out / "eve" / "report.md").read_text()
    assert "The saved outputs fit." in page
