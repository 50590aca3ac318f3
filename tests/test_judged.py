"""What is judged under the neutral rubric and priced afterwards is what is judged under the rubric itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from class_kit import RIGHT, RUBRIC, WRONG, make_assignment

from grader.assignment.loading import Assignment, load
from grader.batch import judged as judged_module
from grader.batch.judged import Judged, JudgingTask, judged, neutral, priced
from grader.judging.grade import grade, grade_within
from grader.models import Cell, Execution, Output, Submission
from grader.report import to_json

LATER = """
title: Tiny, second edition
language: de
version: "2"
partial: {at_least: 0.3, share: 0.7}
messages: {passed: "Richtig.", fail: "", missing: "Nichts gefunden.", partial: "Zum Teil."}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Assignment]:
    def make(points: float = 10, hint: str = "", **more: Any) -> Assignment:
        rubric = yaml.safe_load(RUBRIC)
        rubric["questions"][0]["checks"][0] |= {"points": points, "hint": hint}
        folder = make_assignment(tmp_path / "tiny", yaml.safe_dump(rubric | more))
        return load(str(folder))

    return make


def printed(numbers: list[float]) -> tuple[Submission, list[Execution]]:
    worlds = [
        Execution(
            status="ok",
            outputs=(
                Output(cell=0, index=0, kind="stdout", text=f"total = {[x * seed for x in numbers]}\n"),
            ),
        )
        for seed in (1, 2)
    ]
    return Submission(
        id="s", path="s", sha256="0", cells=(Cell(index=0, kind="code", source="show()"),)
    ), worlds


def judge(
    assignment: Assignment,
    out: Path,
    upload: str = "f",
    runs: tuple[str, ...] = ("a", "b"),
    numbers: list[float] = RIGHT,
    force: bool = False,
) -> Judged:
    submission, executions = printed(numbers)
    return judged(
        assignment, JudgingTask(out, "s", submission, (tuple(executions),), (runs,), upload, {}, force)
    )


PRINTS = [
    RIGHT,
    WRONG,
    [1.25, 2.5, 9.0],
    [float("nan"), float("inf"), 3.75],
    [],
]


@pytest.mark.parametrize("numbers", PRINTS)
@pytest.mark.parametrize("change", [{}, {"points": 0.3, "hint": "Look again."}, yaml.safe_load(LATER)])
def test_a_kept_judgement_gives_the_report_of_a_new_one(
    tiny: Callable[..., Assignment], tmp_path: Path, numbers: list[float], change: dict[str, Any]
) -> None:
    first = tiny(hint="Read the handout.", partial={"at_least": 0.3, "share": 0.7})
    judge(first, tmp_path, numbers=numbers)
    changed = tiny(**{"partial": {"at_least": 0.3, "share": 0.7}, **change})
    again = judge(changed, tmp_path, numbers=numbers)
    assert to_json(again.report) == to_json(grade(*printed(numbers), changed))


def test_credits_survive_the_neutral_points_exactly(tiny: Callable[..., Assignment]) -> None:
    submission, runs = printed([1.25, 2.5, 9.0])
    for share in (1 / 3, 0.35, 0.1, 5 / 600):
        assignment = tiny(points=3, partial={"at_least": 0.1, "share": share})
        plain = grade(submission, runs, neutral(assignment))
        assert to_json(priced(plain, assignment)) == to_json(grade(submission, runs, assignment))


def test_only_what_judging_depends_on_judges_again(
    tiny: Callable[..., Assignment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_now: list[str] = []

    def counted(submission: Submission, *more: Any) -> Any:
        judged_now.append(submission.id)
        return grade_within(submission, *more)

    monkeypatch.setattr(judged_module, "grade_within", counted)
    cheap = [{}, {"points": 20}, {"hint": "x"}, {"title": "T"}, {"late_penalty_per_day": 0.1}]
    for change in cheap:
        judge(tiny(**change), tmp_path)
    assert len(judged_now) == 1
    dear: list[dict[str, Any]] = [{"tolerance": {"rtol": 1e-3}}, {"follow_through": 0.1}]
    for change in dear:
        judge(tiny(**change), tmp_path)
    judge(tiny(), tmp_path, runs=("a", "other run"))
    judge(tiny(), tmp_path, upload="other upload")
    assert len(judged_now) == 5
    judge(tiny(), tmp_path, force=True)
    assert len(judged_now) == 6
