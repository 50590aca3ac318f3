"""Roster and extensions: names for ids, who handed in nothing, who has longer."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, FakeRunner, make_assignment, make_notebook

from grader import cli
from grader.commands import grade as command
from grader.errors import UsageError
from grader.intake import collect
from grader.intake.people import Lists, read_extensions

DUE = RUBRIC.replace("worlds:", "due: 2026-06-08T12:00:00+00:00\nlate_penalty_per_day: 0.1\nworlds:")


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    make_assignment(tmp_path / "tiny", DUE)
    for n, name in enumerate(("ana", "ben", "cem", "dora")):
        home = tmp_path / f"class/inbound/{name}+hw+2026-06-10 09:00:00 UTC+{n}"
        make_notebook(home / "hw.ipynb", RIGHT).with_name("x.txt").write_text(str(n))
    return tmp_path / "out"


def grade(out: Path, *more: object) -> dict[str, dict[str, str]]:
    folder = out.parent
    arguments = ["grade", folder / "class", "--out", out, "--rubric", folder / "tiny", *more]
    assert cli.run([str(a) for a in arguments]) == 0
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_extensions_count_for_each_and_survive_a_rescore(out: Path) -> None:
    extensions = out.parent / "extensions.csv"
    extensions.write_text('id,due,days\nben,,1\nCEM,2026-06-11 00:00,\ndora,,"1,5"\n')
    scores = {id: row["score"] for id, row in grade(out, "--extensions", extensions).items()}
    assert scores == {"ana": "8", "ben": "9", "cem": "10", "dora": "9"}
    assert cli.run(["rescore", str(out)]) == 0
    report = json.loads((out / "ben" / "report.json").read_text())
    assert report["late"]["days"] == 1
    assert grade(out)["ben"]["score"] == "8"  # taken away again: judged anew, and nothing runs


def test_a_roster_names_and_lists_who_handed_in_nothing(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = out.parent / "students.csv"
    roster.write_text(
        "\ufeffid;name;login;group;section\n17;Ana Ruiz;ana;;A\n18;Ben Weiß;BEN;;A\n19;Zoë Li;zl;;B\n",
        "utf-8",
    )
    rows = grade(out, "--roster", roster)
    assert {id: row["student_name"] for id, row in rows.items()} == {
        "ana": "Ana Ruiz",
        "ben": "Ben Weiß",
        "cem": "",
        "dora": "",
    }
    assert "1 of the roster handed in nothing: Zoë Li" in capsys.readouterr().out
    assert (out / "handed_in_nothing.csv").read_text("utf-8") == '"name"\n"Zoë Li"\n'


def test_a_roster_may_have_the_last_name_first(tmp_path: Path) -> None:
    make_notebook(tmp_path / "class/Ana Ruiz/hw.ipynb", RIGHT)
    make_notebook(tmp_path / "class/Jörg Müller/hw.ipynb", RIGHT)
    roster = tmp_path / "students.csv"
    roster.write_text('id,name\n1,"Ruiz, Ana"\n2,"Müller, Jörg"\n3,"Li, Wei"\n', "utf-8")
    found = collect([tmp_path / "class"], people=Lists(roster))
    assert ([s.student.id for s in found], found.absent) == (["1", "2"], ("Li, Wei",))


def test_a_roster_knows_the_members_of_a_group(tmp_path: Path) -> None:
    make_notebook(tmp_path / "class/Group 1/hw.ipynb", RIGHT)
    make_notebook(tmp_path / "class/Group 2/hw.ipynb", RIGHT)
    roster = tmp_path / "students.csv"
    roster.write_text("id,name,group\n1,Ana,Group 1\n2,Ben,Group 1\n3,Cem,Group 2\n")
    found = collect([tmp_path / "class"], people=Lists(roster))
    assert [(s.student.members, s.student.name) for s in found] == [(("1", "2"), "Ana, Ben"), ((), "Cem")]
    assert found.absent == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,days\nana,x\n", ":2: days is 'x', expected a number"),
        ("id,days,hours\nana,1,2\n", ":2: expected who, and one of due, days or hours"),
        ("a,b\n1,2\n", ":1: a list of extensions has one of the columns id, login, email, name"),
        ("id,due\nana,tomorrow\n", "expected for example 2026-06-12T23:59:00"),
    ],
)
def test_what_a_list_of_extensions_has_wrong_is_said(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(UsageError) as told:
        read_extensions(path)
    assert complaint in str(told.value)


def test_a_class_of_another_assignment_is_told(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_assignment(
        out.parent / "tiny", RUBRIC.replace("[total]}", "[sum]}", 1).replace("[[total]]", "[[total]]")
    )
    for path in (out.parent / "class").rglob("*.ipynb"):
        make_notebook(path, [])
    grade(out)
    assert "!!! 4 uploads answer next to nothing of 'Tiny': 0 of 4 values" in capsys.readouterr().out
