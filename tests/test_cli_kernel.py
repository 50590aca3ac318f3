"""The whole way once, with real kernels: command line, intake, jail, judging, reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from class_kit import make_assignment

RIGHT = ["factors = [1.25, 2.5, 3.75]", "print('total =', [f * seed for f in factors])"]
TYPED = ["print('total =', [1.25, 2.5, 3.75])"]
ENDLESS = [
    RIGHT[0],
    RIGHT[1],
    "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass",
]
READS_A_FILE = ["factors = eval(open('data.txt').read())", RIGHT[1]]


def put(path: Path, cells: list[str], **more: object) -> None:
    listed = [{"cell_type": "code", "source": s, "metadata": {"tags": ["skip-execution"]}} for s in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": listed} | more), "utf-8-sig")


@pytest.mark.kernel
def test_a_mixed_class_is_graded_in_real_kernels(tmp_path: Path) -> None:
    uploads, out = tmp_path / "class", tmp_path / "out"
    put(uploads / "right [b]=1.ipynb", RIGHT)
    put(uploads / "typed.ipynb", TYPED)
    put(uploads / "endless.ipynb", ENDLESS)
    put(uploads / "in R.ipynb", RIGHT, metadata={"kernelspec": {"name": "ir", "language": "R"}})
    put(uploads / "own" / "hw.ipynb", READS_A_FILE)
    (uploads / "own" / "data.txt").write_text("[1.25, 2.5, 3.75]")
    (uploads / "cut.ipynb").write_text('{"cells": [')
    options = ["--out", out, "--rubric", make_assignment(tmp_path / "tiny"), "--timeout", 4]
    command = [sys.executable, "-m", "grader.cli", "grade", uploads, *options]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].startswith("5 of 6 graded; 1 could not be read; ")
    reports = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/report.json")}
    verdicts = {
        name: (r["execution"]["status"], r["score"], [q["checks"][0]["verdict"] for q in r["questions"]])
        for name, r in reports.items()
    }
    assert verdicts.pop("typed")[2] != ["pass"]
    assert verdicts == {
        "right_b_1": ("ok", 10.0, ["pass"]),
        "endless": ("timeout", 10.0, ["pass"]),
        "in_R": ("ok", 10.0, ["pass"]),
        "hw": ("ok", 10.0, ["pass"]),
        "cut": ("unreadable", None, []),
    }
    assert [f["id"] for f in reports["in_R"]["flags"]] == ["foreign_kernel"]
