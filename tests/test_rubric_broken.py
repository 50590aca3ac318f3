"""A sound rubric, broken in ten ways: `grader rubric check` says each, where it is, and what is expected."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader.assignment import examine
from grader.assignment.loading import locate
from grader.errors import RubricError

Rubric = dict[str, Any]


def tensors(rubric: Rubric) -> dict[str, Any]:
    return {c["id"]: c for q in rubric["questions"] for c in q["checks"]}


def said(folder: Path) -> str:
    try:
        return "\n".join(line for line in examine.check(str(folder)) if line.startswith("note"))
    except RubricError as error:
        return str(error)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(locate("hw3"), tmp_path / "hw3"))


def test_what_ships_has_no_notes(copied: Path) -> None:
    assert said(copied) == ""


BREAKS: list[tuple[Callable[[Rubric], object], str]] = [
    (lambda r: tensors(r)["h1"].update(quantity="h9"), "quantity 'h9' is not computed by the solution"),
    (lambda r: tensors(r)["h1"].update(labels=[["layer_one"]]), "labels names 'layer_one'"),
    (lambda r: r["vocabulary"]["h2"].append("h 1"), "vocabulary: 'h 1' stands in h1 and h2"),
    (
        lambda r: r["vocabulary"].update(momentum=["momentum"]),
        "vocabulary.momentum: no check's labels name it",
    ),
    (lambda r: r["vocabulary"]["dW1"].append("—"), "vocabulary.dW1: ['—'], without a letter or digit"),
    (
        lambda r: tensors(r)["answer"].update(headings=["."]),
        "check answer: the heading '.' matches everything",
    ),
    (lambda r: tensors(r)["answer"].update(headings=["(5"]), "'(5' is no regular expression"),
    (lambda r: tensors(r)["db1"].update(id="dW1"), "check id 'dW1' is used twice"),
    (
        lambda r: tensors(r)["loss"].update(points=-5),
        "points: Input should be greater".replace("Input should be", "expected"),
    ),
    (lambda r: r["worlds"][1].update(seed=4), "a world, its files or the prelude changed since then"),
]


@pytest.mark.parametrize(("breaking", "told"), BREAKS, ids=[told for _, told in BREAKS])
def test_a_broken_rubric_is_told(copied: Path, breaking: Callable[[Rubric], object], told: str) -> None:
    path = copied / "rubric.yaml"
    rubric = yaml.safe_load(path.read_text("utf-8"))
    breaking(rubric)
    path.write_text(yaml.safe_dump(rubric, allow_unicode=True, sort_keys=False), "utf-8")
    assert told in said(copied)
