"""An output folder stays usable: it finds its assignment wherever that lies now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from class_kit import RIGHT, FakeRunner, make_assignment, make_class

import rubric
from grader import cli
from grader.assignment import loading
from grader.commands import grade as command

SHIPPED = Path(rubric.__file__).parent.resolve()


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    make_assignment(tmp_path / "here" / "tiny")
    make_class(tmp_path / "class", ana=RIGHT)
    arguments = ["--out", tmp_path / "out", "--rubric", tmp_path / "here" / "tiny"]
    assert cli.run(["grade", str(tmp_path / "class"), *map(str, arguments)]) == 0
    return tmp_path / "out"


def test_a_shipped_assignment_is_found_by_its_id(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = out.parent / "site-packages"
    elsewhere.mkdir()
    shutil.move(out.parent / "here" / "tiny", elsewhere / "tiny")
    monkeypatch.setattr(loading.shipped, "__path__", [str(elsewhere)])
    assert cli.run(["show", str(out), "ana"]) == 0
    assert cli.run(["export", str(out), "--to", "csv"]) == 0
    assert cli.run(["rescore", str(out)]) == 0
    about = json.loads((out / ".grader" / "about.json").read_text())
    assert about["folder"] == str(elsewhere / "tiny")


@pytest.mark.parametrize("shipped", sorted(p.parent.name for p in SHIPPED.glob("*/rubric.yaml")))
def test_every_shipped_assignment_is_found_from_a_folder_that_is_gone(tmp_path: Path, shipped: str) -> None:
    id = loading.load_rubric(SHIPPED / shipped).id
    assert loading.find(id, str(tmp_path / "old" / shipped), "") == SHIPPED / shipped


def test_another_is_asked_for_once(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = out.parent / "moved"
    shutil.move(out.parent / "here", moved)
    assert cli.run(["export", str(out), "--to", "csv"]) == 2
    assert "the assignment 'tiny' lay in" in capsys.readouterr().err
    assert cli.run(["show", str(out), "ana", "--rubric", str(moved / "tiny")]) == 0
    assert cli.run(["export", str(out), "--to", "csv"]) == 0
    assert cli.run(["mark", str(out), "ana", "total", "5", "--reason", "r", "--by", "kim"]) == 0
