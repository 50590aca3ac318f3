"""Late uploads: flagged, with the rubric's penalty, which stays visible and grows with a person's marks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, FakeRunner, make_assignment, make_notebook

from grader import cli
from grader.commands import grade as command

DUE = "due: 2026-06-09T14:25:00+02:00\n"
PENALTY = "late_penalty_per_day: 0.1\n"


@pytest.mark.parametrize(
    ("rubric", "time", "score", "message"),
    [
        (DUE + PENALTY, "2026-06-09 12:25:00 UTC", 10.0, None),
        (
            DUE + PENALTY,
            "2026-06-09 12:25:01 UTC",
            9.0,
            "1 day begun; 10 % of the decided points (1) are taken",
        ),
        (
            DUE + PENALTY,
            "2026-06-11 12:25:00 UTC",
            8.0,
            "2 days begun; 20 % of the decided points (2) are taken",
        ),
        (
            DUE + PENALTY,
            "2027-06-11 12:25:00 UTC",
            0.0,
            "367 days begun; 100 % of the decided points (10) are",
        ),
        (
            DUE + PENALTY,
            "2026-06-09 14:26:00",
            9.0,
            "Handed in 2026-06-09 14:26, due 2026-06-09 14:25, 1 day",
        ),
        (DUE, "2026-06-10 12:00:00 UTC", 10.0, "1 day begun; no penalty."),
        (PENALTY, "2030-06-10 12:00:00 UTC", 10.0, None),
    ],
)
def test_the_penalty_is_taken_off_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rubric: str, time: str, score: float, message: str | None
) -> None:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    home = make_notebook(tmp_path / "submitted" / "anna" / "hw4" / "hw4.ipynb", RIGHT).parent
    (home / "timestamp.txt").write_text(time)
    assignment = make_assignment(tmp_path / "tiny", rubric + RUBRIC)
    out = tmp_path / "out"
    grade = ["grade", str(tmp_path / "submitted"), "--out", str(out), "--rubric", str(assignment)]
    assert cli.run(grade) == 0
    report = json.loads((out / "anna" / "report.json").read_text())
    assert report["score"] == score
    assert report["questions"][0]["score"] == 10.0
    flags = [f["message"] for f in report["flags"] if f["id"] == "late"]
    if message is None:
        assert (flags, report["late"]) == ([], None)
        return
    assert message in flags[0]
    assert report["late"]["points"] == 10.0 - score
    assert cli.run(["mark", str(out), "anna", "total", "5", "--reason", "r", "--by", "lena"]) == 0
    with (out / "grades.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["score"]) == score / 2
