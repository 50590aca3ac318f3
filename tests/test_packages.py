"""What is installed: the tool, without a solution; the assignments beside it for those who grade."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).parents[1]


def built(project: Path, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return wheel.namelist()


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return built(HOME, tmp_path_factory.mktemp("tool"))


@pytest.fixture(scope="module")
def assignments(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return built(HOME / "rubric", tmp_path_factory.mktemp("assignments"))


def test_what_a_student_installs_holds_no_assignment(tool: list[str]) -> None:
    assert "grader/cli.py" in tool and "rubric/schema.py" in tool and "rubric/prelude.py" in tool
    assert not [n for n in tool if n.startswith("rubric/") and n.count("/") > 1]
    assert "rubric/default.txt" not in tool
    assert not [n for n in tool if "canonical" in n or "mistake" in n]


def test_the_tool_has_its_templates_styles_languages_and_types(tool: list[str]) -> None:
    shipped = {
        str(p.relative_to(HOME))
        for p in (HOME / "grader").rglob("*")
        if p.suffix in {".html", ".css", ".js", ".po"}
    }
    assert shipped <= set(tool)
    assert "grader/py.typed" in tool


def test_every_assignment_is_in_the_other_package(assignments: list[str]) -> None:
    for folder in (p.parent for p in (HOME / "rubric").glob("*/rubric.yaml")):
        files = {f"rubric/{folder.name}/{p.name}" for p in folder.iterdir() if p.is_file()}
        assert files <= set(assignments), folder.name
        assert yaml.safe_load((folder / "rubric.yaml").read_text("utf-8"))["id"]
    assert not [n for n in assignments if n.startswith("grader/")]
    assert {"rubric/default.txt", "rubric/pca/data/second/birds.csv"} <= set(assignments)
