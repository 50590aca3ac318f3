"""A teacher's week: the class is downloaded again, people hand in late, two assistants mark, points change.

Every mark is where it was, or is asked about.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_notebook
from test_intake_habits import PLATFORMS

from grader import cli
from grader.commands import grade as command

NAMES = ("Ana Ruiz", "Ben Weiss", "Cem Oez", "Dora Li", "Emil Nolte")
PARTLY = [1.25, 2.5, 9.0]


class Week:
    """One class on one platform, graded into one folder."""

    def __init__(self, folder: Path, platform: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.platform, self._capsys = folder, platform, capsys
        self.rubric = make_assignment(folder / "tiny")
        self.out = folder / "out"
        self.said = ""

    def __call__(self, *arguments: object) -> int:
        code = cli.run([str(a) for a in arguments])
        out, err = self._capsys.readouterr()
        self.said = out + err
        return code

    def download(self, folder: str, file: str, *handed_in: list[float], version: int = 1) -> Path:
        """The export as the platform makes it that day: each student's file with these numbers."""
        for n, numbers in enumerate(handed_in):
            first, _, last = NAMES[n].partition(" ")
            numbered = {"n": n, "id": 500 + n, "file_id": 9000 + 50 * n + version, "letters": last + first}
            home = PLATFORMS[self.platform].format(**numbered, name=NAMES[n], first=first, last=last)
            path = make_notebook(self.folder / folder / f"{home}{file}.ipynb", numbers)
            path.write_text(path.read_text().replace(f"# {path.stem}", f"# {NAMES[n]}"))
        return self.folder / folder

    def grade(self, uploads: Path) -> None:
        assert self("grade", uploads, "--out", self.out, "--rubric", self.rubric) == 0, self.said

    def mark(self, who: str, *words: object, by: str = "lea") -> int:
        return self("mark", self.out, who.split(maxsplit=1)[0].casefold(), *words, "--by", by)

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}

    def scores(self) -> list[tuple[str, str]]:
        """Points, and points that wait for a person, of Ana, Ben, …"""
        known = sorted(self.rows().values(), key=lambda r: [name.split()[0] not in r["id"] for name in NAMES])
        return [(row["score"], row["pending"]) for row in known]


@pytest.fixture(
    params=[
        "moodle",
        "teams",
        "a folder each",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("ilias", "brightspace, flat", "dropbox")),
    ]
)
def week(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Week:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    return Week(tmp_path, request.param, capsys)


def test_a_week(week: Week) -> None:
    week.grade(week.download("monday", "hw4", RIGHT, WRONG, PARTLY, WRONG))
    assert week.scores() == [("10", "0"), ("0", "0"), ("3.33", "0"), ("0", "0")]
    assert week.mark("Ana", "--add=-1", "--reason", "no names on the axes") == 0
    assert week.mark("Ben", "total", 4, "--reason", "right but for the sign") == 0
    assert week.mark("Cem", "total", 6, "--reason", "nearly", by="tom") == 0
    assert week.mark("Dora", "total", 5, "--reason", "explained it to me", by="tom") == 0
    assert week.mark("Dora", "total", 8, "--reason", "really?") == 2, "two assistants"
    assert "tom gave" in week.said and "--replace" in week.said
    marked = [("9", "0"), ("4", "0"), ("6", "0"), ("5", "0")]
    assert week.scores() == marked
    ids = list(week.rows())

    # the same again, from another folder, every file under another name
    week.grade(week.download("tuesday/Download (2)", "final version", RIGHT, WRONG, PARTLY, WRONG))
    assert (list(week.rows()), week.scores()) == (ids, marked)

    # and as an archive; Cem has other wrong numbers now, Dora the right ones, and Emil hands in late
    late = week.download("wednesday", "hw4 v2", RIGHT, WRONG, [7.0, 2.5, 9.0], RIGHT, WRONG, version=2)
    week.grade(Path(shutil.make_archive(str(week.folder / "export 17"), "zip", late)))
    assert set(ids) < set(week.rows())
    assert week.scores() == [("9", "0"), ("4", "0"), ("0", "10"), ("0", "10"), ("0", "0")]
    assert week.said.count("a mark to look at") == 2
    assert week("export", week.out, "--to", "gradescope") == 1
    assert week.said.count("10 points wait for a person") == 2, "nobody gets a grade that nobody looked at"
    assert week.mark("Cem", "total", 6, "--reason", "still nearly") == 0, "a second look needs no --replace"
    assert week.mark("Dora", "total", "--undo", "--replace") == 0
    assert week.scores() == [("9", "0"), ("4", "0"), ("6", "0"), ("10", "0"), ("0", "0")]

    # the check is worth half of it now
    make_assignment(week.rubric, RUBRIC.replace("points: 10", "points: 5"))
    assert week("rescore", week.out) == 0
    assert week.scores() == [("4", "0"), ("2", "0"), ("3", "0"), ("5", "0"), ("0", "0")]

    # and has another name
    make_assignment(week.rubric, RUBRIC.replace("id: total,", "id: results,"))
    assert week("rescore", week.out) == 0
    assert week.said.count("the rubric has no such check now") == 2
    assert week("mark", week.out, "--carry", "total=results", "--by", "lea") == 0
    assert week.scores() == [("9", "0"), ("4", "0"), ("6", "0"), ("10", "0"), ("0", "0")]
    assert week("rescore", week.out) == 0
    assert "no such check" not in week.said

    # the archive once more: nothing has changed, and the export is final
    week.grade(week.folder / "export 17.zip")
    assert week.scores() == [("9", "0"), ("4", "0"), ("6", "0"), ("10", "0"), ("0", "0")]
    assert week("export", week.out, "--to", "gradescope") == 0


def test_a_namesake_who_comes_later_takes_nobodys_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id grows by what tells them apart; the mark stays with whom it was given to."""
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    week = Week(tmp_path, "moodle", capsys)
    make_notebook(tmp_path / "monday/Ana Ruiz_101_assignsubmission_file/hw.ipynb", WRONG)
    week.grade(tmp_path / "monday")
    assert week.mark("Ana", "total", 4, "--reason", "right but for the sign") == 0
    for n in (100, 101):
        make_notebook(tmp_path / f"tuesday/Ana Ruiz_{n}_assignsubmission_file/hw.ipynb", WRONG)
    week.grade(tmp_path / "tuesday")
    assert {r["student_id"]: r["score"] for r in week.rows().values()} == {"100": "0", "101": "4"}
    week.grade(tmp_path / "monday")
    assert {r["student_id"]: r["score"] for r in week.rows().values()} == {"100": "0", "101": "4"}
