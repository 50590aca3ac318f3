"""`grader rubric release`: what students may have of an assignment, and what stays with the teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from class_kit import RIGHT, RUBRIC, make_assignment, make_notebook
from test_corpus import saved

from grader import cli
from grader.assignment.loading import Assignment, load
from grader.assignment.release import write_release
from grader.report.selfcheck import lines, self_check

SOFTMAX = Path(__file__).parent / "data" / "softmax"
JUDGEMENT = """
tolerance: {rtol: 0.001}
partial: {at_least: 0.25, share: 0.25}
follow_through: 0.25
messages: {fail: Think again.}
"""


@pytest.fixture
def hw4(tmp_path: Path) -> tuple[Assignment, Assignment]:
    """The shipped assignment, and its release, loaded."""
    write_release(load("hw4"), tmp_path / "hw4")
    return load("hw4"), load(str(tmp_path / "hw4"))


def test_students_are_told_the_same_with_it_as_with_the_assignment(
    hw4: tuple[Assignment, Assignment],
) -> None:
    _, submissions, runs = saved()
    for submission, worlds in list(zip(submissions, runs, strict=True))[::6]:
        whole, released = (self_check(submission, worlds, worlds[0], a) for a in hw4)
        assert list(lines(released, "nb")) == list(lines(whole, "nb"))


def test_no_value_of_the_solution_is_in_it(hw4: tuple[Assignment, Assignment]) -> None:
    whole, released = hw4
    for ours, theirs in zip(whole.references, released.references, strict=True):
        for check in whole.rubric.tensor_checks():
            right, shown = ours[check.quantity], theirs[check.quantity]
            assert right.shape == shown.shape
            assert not np.isclose(right, shown, rtol=1e-3).any()
    assert released.mistakes == ()
    assert {p.name for p in released.folder.iterdir()} == {"rubric.yaml", "canonical.py", "prelude.py"}


def test_the_seeds_under_which_the_class_is_graded_are_not_in_it(
    hw4: tuple[Assignment, Assignment], tmp_path: Path
) -> None:
    whole, released = hw4
    (first, second), (theirs, other) = whole.rubric.worlds, released.rubric.worlds
    assert theirs == first
    assert other.seed != second.seed
    assert other.model_copy(update={"seed": second.seed}) == second
    write_release(whole, tmp_path / "again")
    assert load(str(tmp_path / "again")).sha256 == released.sha256


def test_what_tells_right_from_wrong_stays_with_the_teacher(tmp_path: Path) -> None:
    rubric = make_assignment(tmp_path / "tiny", RUBRIC + JUDGEMENT)
    write_release(load(str(rubric)), tmp_path / "released")
    text = (tmp_path / "released" / "rubric.yaml").read_text()
    for word in ("tolerance", "partial", "follow_through", "Think again"):
        assert word not in text


def test_the_course_s_files_are_in_it(tmp_path: Path) -> None:
    rubric = make_assignment(tmp_path / "tiny", RUBRIC.replace("seed: 2}", "seed: 2, files: data/two}"))
    (rubric / "data" / "two" / "deep").mkdir(parents=True)
    (rubric / "data" / "two" / "deep" / "numbers.csv").write_text("1,2\n")
    write_release(load(str(rubric)), tmp_path / "released")
    assert (tmp_path / "released" / "data" / "two" / "deep" / "numbers.csv").read_text() == "1,2\n"


@pytest.mark.kernel
@pytest.mark.usefixtures("warm")
def test_a_student_checks_a_notebook_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_release(load(str(SOFTMAX)), tmp_path / "softmax")
    notebook = sorted((SOFTMAX / "notebooks").glob("*.ipynb"))[0]
    told = []
    for folder in (SOFTMAX, tmp_path / "softmax"):
        code = cli.run(["check", str(notebook), "--rubric", str(folder)])
        told.append((code, capsys.readouterr().out))
    assert told[0] == told[1]


def test_nobody_is_graded_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric = make_assignment(tmp_path / "tiny")
    make_notebook(tmp_path / "class" / "ada.ipynb", RIGHT)
    assert cli.run(["rubric", "release", str(rubric), "--out", str(tmp_path / "released")]) == 0
    asked = ["grade", str(tmp_path / "class"), "--rubric", str(tmp_path / "released")]
    assert cli.run([*asked, "--out", str(tmp_path / "out")]) == 2
    assert "a release for students, without the solution" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_it_is_written_into_a_new_folder_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric = make_assignment(tmp_path / "tiny")
    before = {path: path.read_bytes() for path in rubric.iterdir() if path.is_file()}
    assert cli.run(["rubric", "release", str(rubric), "--out", str(rubric)]) == 2
    assert "is there already; name a new folder" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in rubric.iterdir() if path.is_file()} == before
    assert cli.run(["rubric", "release", str(rubric), "--out", str(tmp_path / "one")]) == 0
    assert cli.run(["rubric", "release", str(tmp_path / "one"), "--out", str(tmp_path / "two")]) == 2
    assert "is a release already" in capsys.readouterr().err


def test_a_release_that_would_tell_verdicts_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubric = make_assignment(tmp_path / "tiny", RUBRIC + "released: true\nself_check: hints\n")
    assert cli.run(["rubric", "check", str(rubric)]) == 2
    assert "a release has no solution" in capsys.readouterr().err
