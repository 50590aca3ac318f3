"""The documents build as a site, every command in them is one that there is, and the guides' commands run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from class_kit import RUBRIC, command_line, make_assignment

from benchmarks.drafts import as_notebook
from grader.assignment.loading import load_rubric
from grader.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
SAMPLES = ("DL_hw4_Kowalczyk.ipynb",)
_TABLE = re.compile(r"^`([a-z]+\.csv)`.*?^```csv\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[list[str]]:
    """Every call of `grader` in the page's shell blocks, as words."""
    text = page.read_text("utf-8")
    lines = [line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for line in lines:
        for part in re.split(r"&&|\|\||;|\|", line):
            words = shlex.split(part, comments=True)
            if words and "=" not in words[0] and Path(words[0]).name == "grader":
                yield [w for w in words[1:] if not w.startswith(("$", "<"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_what_is_installed_is_a_folder_that_is_here(page: Path) -> None:
    """No index has us: a name in place of a folder is found nowhere, or is somebody else's."""
    blocks = "\n".join(_BLOCK.findall(page.read_text("utf-8")))
    for line in re.findall(r"\bpip install (.*)", blocks):
        words = [w for w in shlex.split(line.rstrip("&| "), comments=True) if not w.startswith("-")]
        assert words.pop(0) == "constraints.txt", line
        assert all((ROOT / w.partition("[")[0]).is_dir() for w in words), line


def parsed(words: list[str]) -> None:
    """Raises what a wrong command or option raises; files need not be there."""
    command: Any = typer.main.get_command(app)
    context: Any = command.make_context("grader", list(words), resilient_parsing=True)
    rest = list(words)
    while hasattr(command, "commands"):
        assert rest, f"{words}: no command"
        name = rest.pop(0)
        assert name in command.commands, f"{words}: there is no {name}"
        command = command.commands[name]
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    asked = {w.partition("=")[0] for w in rest if w.startswith("--")}
    assert asked <= known, f"{words}: {asked - known}"
    assert context is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_in_the_documents_is_one(page: Path) -> None:
    for words in commands(page):
        parsed(words)


def test_the_lines_of_a_rubric_in_the_teachers_guide_are_such_lines(tmp_path: Path) -> None:
    lines = _YAML.findall((ROOT / "docs" / "teachers.md").read_text("utf-8"))
    read = load_rubric(make_assignment(tmp_path, RUBRIC + "\n".join(lines)))
    assert (read.rounding, read.late_penalty_per_day, read.due is not None) == (0.5, 0.1, True)


def test_a_command_that_is_none_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\ngrader grade x --out y && grader grade --to z\n```\n")
    first, second = commands(page)
    parsed(first)
    with pytest.raises(AssertionError, match="--to"):
        parsed(second)


def test_the_documents_build_as_a_site_without_a_warning(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(tmp_path / "site"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "students.html").is_file()


def test_every_page_is_in_the_table_of_contents() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [p.name for p in (ROOT / "docs").glob("*.md") if p.name not in nav] == []


@pytest.mark.kernel
@pytest.mark.usefixtures("warm")
def test_the_guides_commands_run_one_after_another(tmp_path: Path) -> None:
    """What the teachers', assistants' and students' pages say, on a class of two, in a folder of its own."""
    (tmp_path / "submissions").mkdir()
    versions = tmp_path / "archive" / "Ana Ruiz" / "Homework 4" / "Version 1"
    versions.mkdir(parents=True)
    for name in (
        "submissions/ana",
        "submissions/group_1",
        "hw4",
        "archive/Ana Ruiz/Homework 4/Version 1/hw4",
    ):
        shutil.copy(ROOT / "submissions" / SAMPLES[0], tmp_path / f"{name}.ipynb")
    for name, table in _TABLE.findall((ROOT / "docs" / "teachers.md").read_text("utf-8")):
        (tmp_path / name).write_text(table, "utf-8")
    done = command_line(tmp_path, "rubric", "release", "hw4", "--out", "FOLDER")
    assert done.code == 0, done.err
    told = ("teachers.md", "assistants.md", "students.md")
    skipped = {"review", "doctor"}  # a page to look at; what the machine can do
    ran = []
    for page in told:
        for words in commands(ROOT / "docs" / page):
            if words[0] in skipped or any(
                w.startswith(("Homework4.zip", "moodle", "solution")) for w in words
            ):
                continue
            done = command_line(tmp_path, *words)
            assert done.code in (0, 1), f"{words}: {done.out}{done.err}"
            assert "Traceback" not in done.err
            ran.append(words[0])
    assert {"grade", "export", "rescore", "diff", "show", "mark", "sheet", "check"} <= set(ran)


@pytest.mark.kernel
@pytest.mark.usefixtures("warm")
def test_the_guide_to_a_new_assignment_runs_command_by_command(tmp_path: Path) -> None:
    """A solution notebook, one command, a graded class; then the release, and the example made by hand."""
    data = ROOT / "tests" / "data"
    as_notebook(data / "solutions" / "values.percent", tmp_path / "solution.ipynb")
    (tmp_path / "submissions").mkdir()
    for name in ("english_words", "typed_in"):
        other = ROOT / "benchmarks" / "drafts" / "values" / f"{name}.percent"
        as_notebook(other, tmp_path / "submissions" / f"{name}.ipynb")
    shutil.copytree(data / "softmax", tmp_path / "softmax")
    said = {}
    for words in commands(ROOT / "docs" / "new-assignment.md"):
        if words[:2] == ["grade", "samples/pca"]:
            continue  # what `test_shipped` does
        done = command_line(tmp_path, *(words[: words.index(">")] if ">" in words else words))
        assert done.code == (words[0] == "check"), f"{words}: {done.out}{done.err}"
        assert "Traceback" not in done.err
        said[" ".join(words[:2])] = done.out
    assert (tmp_path / "sheet6" / "questions.md").read_text("utf-8").count("| taken | otherwise |") >= 2
    assert "likely mistakes" in said["rubric draft"] and "no mistake found" in said["rubric check"]
    assert [said[c] for c in ("rubric draft", "rubric check", "rubric release", "grade submissions")]
    reports = {p.parent.name: json.loads(p.read_text("utf-8")) for p in tmp_path.glob("out/*/report.json")}
    assert reports["english_words"]["score"] == 35.0 and reports["english_words"]["pending"] == 10.0
    assert reports["typed_in"]["score"] == 0.0
    assert (tmp_path / "for-students" / "sheet6.ipynb").is_file()
