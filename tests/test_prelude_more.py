"""What a folder adds to the shipped prelude."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from class_kit import make_assignment

from grader.assignment.loading import load
from grader.commands.rubric import check
from grader.errors import RubricError


def folder_with(folder: Path, more: str) -> Path:
    made = make_assignment(folder)
    (made / "prelude.py").unlink()
    (made / "prelude_more.py").write_text(more)
    return made


def test_it_runs_behind_the_shipped_one_in_every_world(tmp_path: Path) -> None:
    loaded = load(str(folder_with(tmp_path, "def helper():\n    return 7\nseed = WORLD['seed']\n")))
    said = [
        subprocess.run(
            [
                sys.executable,
                "-c",
                loaded.prelude_for(world)
                + "\nimport numpy as np\ndrawn = np.random.default_rng(1).random()"
                + "\nprint(helper(), seed, drawn, 'WORLD' in globals())",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for world in loaded.rubric.worlds
    ]
    assert [(s[0], s[1], s[3]) for s in said] == [("7", "1", "False"), ("7", "2", "False")]
    assert said[0][2] != said[1][2], "the shipped one moves the seeds"


def test_a_fault_in_it_is_told_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"prelude_more\.py: in world 'handout' it failed: NameError"):
        list(check(str(folder_with(tmp_path, "nothing\n"))))


def test_it_makes_another_assignment_and_stands_not_beside_a_prelude_of_its_own(tmp_path: Path) -> None:
    one, other = folder_with(tmp_path / "a", "x = 1\n"), folder_with(tmp_path / "b", "x = 2\n")
    assert load(str(one)).sha256 != load(str(other)).sha256
    (one / "prelude.py").write_text("x = 3\n")
    with pytest.raises(RubricError, match="keep one"):
        load(str(one))
