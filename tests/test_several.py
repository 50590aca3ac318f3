"""Several notebooks of one student, and trees: graded with real kernels, as somebody would hand them in."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from class_kit import PRELUDE

from grader import cli

RUBRIC = """
id: tiny
version: "1"
title: Tiny
worlds:
  - {name: handout, seed: 1}
  - {name: second, seed: 2}
vocabulary: {total: [total], middle: [middle]}
questions:
  - id: q1
    title: Add
    checks:
      - {id: total, kind: tensor, quantity: total, title: the total, points: 10, labels: [[total]]}
  - id: q2
    title: Halve
    checks:
      - {id: middle, kind: tensor, quantity: middle, title: the middle, points: 10, labels: [[middle]]}
"""
CANONICAL = """
import numpy as np

def quantities(world):
    total = np.array([1.25, 2.5, 3.75]) * world.seed
    return {"total": total, "middle": total / 2 + 7}
"""
TOTAL = "import numpy as np\nt = np.array([1.25, 2.5, 3.75]) * seed\nprint('total =', t)"
MIDDLE = "import numpy as np\nm = np.array([1.25, 2.5, 3.75]) * seed / 2 + 7\nprint('middle =', m)"
WRONG = "import numpy as np\nprint('total =', np.array([9.1, 8.2, 7.3]) * seed)"


def put(folder: Path, name: str, *cells: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for source in cells
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}
    path.write_text(json.dumps(notebook) if name.endswith(".ipynb") else "\n".join(cells))


@pytest.fixture
def assignment(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "canonical.py").write_text(CANONICAL)
    (folder / "prelude.py").write_text(PRELUDE)
    return folder


def grade(folder: Path, assignment: Path, *more: str) -> dict[str, tuple[str, str]]:
    """Id → score and pending points."""
    out = folder.parent / "out"
    assert cli.run(["grade", str(folder), "--rubric", str(assignment), "--out", str(out), *more]) == 0
    return rows(out)


def rows(out: Path) -> dict[str, tuple[str, str]]:
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {r["id"]: (r["score"], r["pending"]) for r in csv.DictReader(file)}


def told(out: Path, id: str) -> Sequence[str]:
    report = json.loads((out / id / "report.json").read_text())
    return [f["message"] for f in report["flags"] if f["id"] == "several_notebooks"]


def test_the_notebooks_that_answer_count_and_trees_stay_trees(tmp_path: Path, assignment: Path) -> None:
    uploads = tmp_path / "class"
    # a scratch notebook with a later name
    put(uploads, "Ana_1_assignsubmission_file/HW4.ipynb", TOTAL, MIDDLE)
    put(uploads, "Ana_1_assignsubmission_file/Untitled.ipynb", "print('hello')")
    # a helper that the one that answers runs
    put(uploads, "Ben_2_assignsubmission_file/hw4.ipynb", "%run net.ipynb", "print('total =', t)", MIDDLE)
    put(
        uploads,
        "Ben_2_assignsubmission_file/net.ipynb",
        "import numpy as np\nt = np.array([1.25, 2.5, 3.75]) * seed",
    )
    # two notebooks, a question in each
    put(uploads, "Cem_3_assignsubmission_file/q10.ipynb", MIDDLE)
    put(uploads, "Cem_3_assignsubmission_file/q2.ipynb", "x = 5", TOTAL)
    # two versions that answer the same, differently
    put(uploads, "Dora_4_assignsubmission_file/a.ipynb", TOTAL, MIDDLE)
    put(uploads, "Dora_4_assignsubmission_file/b.ipynb", WRONG, MIDDLE)
    # a repository
    put(
        uploads,
        "Eve_5_assignsubmission_file/notebooks/hw4.ipynb",
        "import sys; sys.path.insert(0, '..')\nfrom src.model import half",
        "print(open('../data/x.csv').read())",
        TOTAL,
        "print('middle =', half(t))",
    )
    put(uploads, "Eve_5_assignsubmission_file/src/model.py", "def half(x): return x / 2 + 7")
    put(uploads, "Eve_5_assignsubmission_file/data/x.csv", "1,2")
    found = grade(uploads, assignment)
    assert found == {
        "Ana": ("20", "0"),
        "Ben": ("20", "0"),
        "Cem": ("20", "0"),
        "Dora": ("10", "10"),
        "Eve": ("20", "0"),
    }
    out = tmp_path / "out"
    assert told(out, "Ana") == [
        "2 notebooks were handed in; graded: HW4.ipynb, which answers what any of them answers; "
        "not: Untitled.ipynb."
    ]
    assert told(out, "Cem") == ["2 notebooks were handed in; graded together: q2.ipynb, q10.ipynb."]
    dora = json.loads((out / "Dora" / "report.json").read_text())
    (total,) = dora["questions"][0]["checks"]
    assert total["verdict"] == "review"
    assert "answer this differently (b.ipynb, a.ipynb)" in total["message"]
    # a changed rubric judges all of them again, and nothing runs
    (assignment / "rubric.yaml").write_text(
        RUBRIC.replace("title: the total, points: 10", "title: T, points: 20")
    )
    assert cli.run(["rescore", str(out)]) == 0
    assert rows(out)["Cem"] == ("30", "0")
    assert rows(out)["Dora"] == ("10", "20")


def test_the_rubric_says_that_notebooks_belong_together(tmp_path: Path, assignment: Path) -> None:
    (assignment / "rubric.yaml").write_text(RUBRIC.replace("worlds:", "notebook: ['two*', 'one*']\nworlds:"))
    uploads = tmp_path / "class"
    put(uploads, "ana/one.ipynb", TOTAL)
    put(uploads, "ana/two.ipynb", MIDDLE)
    put(uploads, "ana/three.ipynb", WRONG)
    put(uploads, "ben/one.ipynb", TOTAL, MIDDLE)
    assert grade(uploads, assignment) == {"ana": ("20", "0"), "ben": ("20", "0")}
    assert told(tmp_path / "out", "ana") == [
        "2 notebooks were handed in; graded together: two.ipynb, one.ipynb."
    ]
