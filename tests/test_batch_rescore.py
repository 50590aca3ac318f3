"""A changed rubric on kept runs: nothing runs, and the new marks are those of a fresh run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_class, make_notebook

from grader import cli
from grader.commands import grade as command

TWENTY = RUBRIC.replace("points: 10", "points: 20").replace('version: "1"', 'version: "2"')


class Room:
    """A graded class of two, and the command line."""

    def __init__(self, folder: Path, runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.runner, self._capsys = folder, runner, capsys
        self.rubric = make_assignment(folder / "tiny")
        self.uploads = make_class(folder / "class", anna=RIGHT, ben=WRONG)
        self.out = folder / "out"
        self.stdout = self.stderr = ""

    def __call__(self, *arguments: object) -> int:
        code = cli.run([str(a) for a in arguments])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def grade(self, *more: object) -> int:
        return self("grade", self.uploads, "--out", self.out, "--rubric", self.rubric, *more)

    def score(self, who: str, out: Path | None = None) -> float | None:
        return json.loads(((out or self.out) / who / "report.json").read_text())["score"]

    def row(self, who: str) -> str:
        rows = (self.out / "grades.csv").read_text().splitlines()
        return next(r for r in rows if r.startswith(f'"{who}"'))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Room:
    runner = FakeRunner()
    monkeypatch.setattr(command, "open_runner", runner.open)
    made = Room(tmp_path, runner, capsys)
    assert made.grade() == 0
    runner.ran.clear()
    return made


def test_changed_points_regrade_the_class_without_uploads_or_runs(room: Room) -> None:
    for path in room.uploads.iterdir():
        path.unlink()
    make_assignment(room.rubric, TWENTY)
    assert room("rescore", room.out) == 0
    assert "anna: 10 → 20 of 20: another rubric (1 → 2)" in room.stdout
    assert room.stdout.splitlines()[-1].startswith(
        "2 judged again, 2 changed, 0 up to date. Nothing was run."
    )
    assert (room.score("anna"), room.score("ben")) == (20.0, 0.0)
    assert ",20," in room.row("anna")
    assert room.runner.ran == []


def test_grading_after_a_rescore_has_nothing_to_do(room: Room) -> None:
    make_assignment(room.rubric, TWENTY)
    assert room("rescore", room.out) == 0
    before = {p: p.read_bytes() for p in room.out.glob("*/report.*")}
    assert room.grade() == 0
    assert room.stdout.count("unchanged, kept") == 2
    assert {p: p.read_bytes() for p in room.out.glob("*/report.*")} == before


def test_a_rescore_gives_the_same_reports_as_a_fresh_run(room: Room) -> None:
    make_assignment(room.rubric, TWENTY)
    assert room("rescore", room.out) == 0
    fresh = room.folder / "fresh"
    assert room("grade", room.uploads, "--out", fresh, "--rubric", room.rubric) == 0
    for who in ("anna", "ben"):
        for file in ("report.json", "report.html", "report.md", "executed.ipynb"):
            assert (room.out / who / file).read_bytes() == (fresh / who / file).read_bytes()
    assert (room.out / "grades.csv").read_bytes() == (fresh / "grades.csv").read_bytes()


def test_nothing_changed_rescores_nothing(room: Room) -> None:
    assert room("rescore", room.out) == 0
    assert room.stdout.splitlines()[-1].startswith("0 judged again, 0 changed, 2 up to date.")


def test_another_world_has_to_run(room: Room) -> None:
    make_assignment(room.rubric, RUBRIC.replace("seed: 2", "seed: 3"))
    assert room("rescore", room.out) == 1
    assert "not judged again: anna: it has not run in world second as the rubric has it now" in room.stdout
    assert "2 must run again: grader grade" in room.stdout
    assert room.score("anna") == 10.0
    assert room.grade() == 0
    assert len(room.runner.ran) == 2


def test_into_a_new_folder_and_the_difference_between_the_two(room: Room) -> None:
    other = make_assignment(room.folder / "other", TWENTY)
    new = room.folder / "new"
    assert room("rescore", room.out, "--rubric", other, "--to", new) == 0
    assert (room.score("anna"), room.score("anna", new)) == (10.0, 20.0)
    table = room.folder / "changes.csv"
    assert room("diff", room.out, new, "--csv", table) == 0
    assert room.stdout.splitlines() == [
        "anna: 10 → 20 of 20: another rubric (1 → 2)",
        "    total: correct, 10 of 10 → correct, 20 of 20 (Correct.)",
        "ben: 0 → 0 of 20: another rubric (1 → 2)",
        "    total: not correct, 0 of 10 → not correct, 0 of 20 (The printed values differ from the "
        "expected ones.)",
        f"2 of 2 students have other marks in {new} than in {room.out}",
    ]
    assert table.read_text().splitlines()[1].startswith('"anna",10.0,20.0,20.0,')
    assert room("rescore", new, "--rubric", other) == 0
    assert "2 up to date" in room.stdout
    assert room("rescore", room.out, "--to", new) == 2


def test_a_diff_finds_a_student_under_another_id_and_one_who_is_new(room: Room) -> None:
    new = room.folder / "new"
    make_notebook(room.uploads / "late" / "cem.ipynb", RIGHT)
    assert room("grade", room.uploads, "--out", new, "--rubric", room.rubric) == 0
    assert room("diff", room.out, new) == 0
    assert room.stdout.splitlines() == [
        "cem: none → 10 of 10: no report before",
        "    total: none → correct, 10 of 10 (Correct.)",
        f"1 of 3 students have other marks in {new} than in {room.out}",
    ]


def test_what_nobody_refers_to_is_deleted(room: Room) -> None:
    kept = room.out / ".grader"
    assert len(list(kept.glob("executions/*/*"))) == 4
    make_notebook(room.uploads / "ben.ipynb", RIGHT)
    assert room.grade() == 0
    assert len(list(kept.glob("executions/*/*"))) == 4
    assert len(list(kept.glob("submissions/*/*"))) == 2


@pytest.mark.judges
def test_a_class_is_judged_again_by_several_processes(room: Room) -> None:
    make_assignment(room.rubric, TWENTY)
    assert room("rescore", room.out) == 0
    assert (room.score("anna"), room.score("ben")) == (20.0, 0.0)
