"""`grader rubric release`: the notebook that students start from, their page, and systems without a cage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from class_kit import RUBRIC, make_assignment, make_notebook

from grader import cli
from grader.drafting.student_page import student_page
from grader.drafting.template import template
from grader.models import Cell
from rubric.schema import Rubric

DARWIN = """
import os, sys, types
import typer, yaml, pydantic, numpy, asyncio, subprocess, socket, ctypes, zmq, jupyter_client
sys.modules["_scproxy"], sys.modules["pyseccomp"] = types.ModuleType("_scproxy"), None
for name in ("sched_getaffinity", "memfd_create", "unshare", "setns", "pidfd_open"):
    if hasattr(os, name):
        delattr(os, name)
sys.platform = "darwin"
from grader import cli
sys.exit(cli.run(sys.argv[1:]))
"""


def emptied(*cells: tuple[str, str]) -> list[str]:
    made = [
        Cell(index=i, kind="markdown" if k == "md" else "code", source=s) for i, (k, s) in enumerate(cells)
    ]
    return [cell.source for cell in template(made)]


QUESTION = ("md", "## Question 1 <!-- grade: 5 points -->\nPrint the mean.")


def test_a_question_keeps_its_imports_and_what_it_shows_by_name() -> None:
    code = (
        "import math\nm = sum(x) / 3\nprint('mean:', m)  # grade: 5 points\nprint('root:', math.sqrt(m))\nm"
    )
    title, setup, question, answer = emptied(
        ("md", "# Sheet"), ("code", "x = [1, 2, 4]"), QUESTION, ("code", code)
    )
    assert (title, setup) == ("# Sheet", "x = [1, 2, 4]")
    assert question.rstrip() == "## Question 1 \nPrint the mean."
    assert answer == "import math\n# your code here\nprint('mean:', m)\nprint('root:', ...)\nm"


def test_nothing_computed_is_left_in_a_print() -> None:
    code = "print(f'mean {m:.2f}, twice {2 * m}', x.mean().item(), y[0], [v * 2 for v in x])"
    assert (
        emptied(QUESTION, ("code", code))[1]
        == "# your code here\nprint(f'mean {m:.2f}, twice ...', ..., y[0], ...)"
    )


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("a = 1\n# BEGIN SOLUTION\nb = a + 1\n# END SOLUTION\nprint(b)", "a = 1\n# your code here\nprint(b)"),
        ("def f(x):\n    # solution\n    return x * 2", "def f(x):\n    # your code here"),
    ],
)
def test_a_teacher_may_mark_the_solution(code: str, left: str) -> None:
    assert emptied(("code", code))[0] == left
    assert emptied(QUESTION, ("code", code))[1] == left


def test_an_answer_in_words_is_left_out_and_a_description_is_not() -> None:
    cells = (
        QUESTION,
        ("md", "The mean is the sum by n."),
        ("code", "print(m)"),
        ("md", "It is 7/3, since …"),
    )
    assert emptied(*cells)[1] == "The mean is the sum by n."
    assert emptied(*cells)[3] == "*Your answer here.*"
    assert emptied(("md", "## Question 2: why?"), ("md", "Because."))[1] == "*Your answer here.*"


def test_the_students_page_says_how_to_check_and_hand_in() -> None:
    rubric = Rubric.model_validate(
        {
            "id": "hw",
            "version": "1",
            "title": "Blatt 5",
            "language": "de",
            "due": "2026-06-09T14:25:00+02:00",
            "worlds": [{"name": "w", "seed": 1, "files": "data/handout"}],
            "vocabulary": {"a": ["a"]},
            "questions": [
                {
                    "id": "q",
                    "title": "q",
                    "checks": [
                        {"id": "t", "kind": "text", "title": "t", "points": 1, "headings": ["x"]},
                    ],
                }
            ],
        }
    )
    page = student_page(rubric, "blatt5", ["birds.csv"], "hw.ipynb")
    assert "grader check hw.ipynb --rubric blatt5" in page
    assert "`blatt5/data/handout` neben Ihr Notebook: birds.csv" in page
    assert "9. Juni 2026" in page
    assert "| gefunden | nichts zu tun |" in page
    english = student_page(rubric.model_copy(update={"language": "en", "due": None}), "hw", [], "")
    assert "1. Print each answer whole" in english and "Copy the files" not in english


def test_a_release_has_the_notebook_and_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["rubric", "release", "pca", "--out", str(tmp_path / "pca")]) == 0
    assert "pca.ipynb: the solution without its answers; read it" in capsys.readouterr().out
    notebook = json.loads((tmp_path / "pca" / "pca.ipynb").read_text())
    text = "\n".join(c["source"] for c in notebook["cells"])
    assert "print('eigenvalues:', eigenvalues)" in text and "linalg" not in text
    page = (tmp_path / "pca" / "README.md").read_text()
    assert "grader check pca.ipynb --rubric pca" in page and "birds.csv, nests.csv" in page
    folder = make_assignment(tmp_path / "tiny")
    assert cli.run(["rubric", "release", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert not list((tmp_path / "out").glob("*.ipynb"))


# ------------------------------------------------------------------------------- systems without a cage


@pytest.mark.parametrize(
    "command",
    [["check", "a.ipynb"], ["grade", "a.ipynb", "--out", "o"], ["rubric", "draft", "a.ipynb", "--out", "d"]],
)
def test_on_windows_every_command_says_what_to_do(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert cli.run(command) == 2
    said = capsys.readouterr().err
    assert said.startswith("grader: this needs Linux") and "wsl --install" in said and said.count("\n") == 1


@pytest.mark.kernel
def test_on_macos_a_check_says_what_to_do_and_does_it(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path / "tiny", RUBRIC)
    notebook = make_notebook(tmp_path / "a.ipynb", [1.25])
    notebook.write_text(notebook.read_text().replace("show([1.25])", "print('total:', [1.25, 2.5, 3.75])"))
    asked = [sys.executable, "-c", DARWIN, "check", str(notebook), "--rubric", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert "needs Linux" in done.stderr and "--allow-unsafe" in done.stderr and "Traceback" not in done.stderr
    done = subprocess.run(
        [*asked, "--allow-unsafe"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (0, 1) and "found" in done.stdout, done.stderr
