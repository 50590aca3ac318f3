"""Marks given by hand: they come last, survive everything, and say what they replaced."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_class, make_notebook

from grader import cli
from grader.commands import grade as command
from grader.errors import StorageError
from grader.folder.journal import Journal
from grader.folder.lock import locked
from grader.marks import marks
from grader.marks.marks import Mark, Marks


class Room:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.rubric = make_assignment(folder / "tiny")
        self.uploads = make_class(folder / "class", anna=RIGHT, ben=WRONG)
        (self.uploads / "broken.ipynb").write_text("{")
        self.out = folder / "out"
        self.stdout = self.stderr = ""

    def __call__(self, *arguments: object) -> int:
        code = cli.run([str(a) for a in arguments])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def grade(self, *more: object) -> int:
        return self("grade", self.uploads, "--out", self.out, "--rubric", self.rubric, *more)

    def mark(self, *arguments: object) -> int:
        return self("mark", self.out, *arguments, "--by", "lena")

    def row(self, who: str) -> dict[str, str]:
        with (self.out / "grades.csv").open(newline="") as file:
            row = next(row for row in csv.DictReader(file) if row["id"] == who)
        row["flags"] = row["flags"].removeprefix("no_isolation").removeprefix("; ")  # of the fake runner
        return row

    def page(self, who: str) -> str:
        return (self.out / who / "report.md").read_text()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Room:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    made = Room(tmp_path, capsys)
    assert made.grade() == 1
    return made


def test_a_mark_counts_in_the_table_and_on_the_students_page(room: Room) -> None:
    assert room.mark("ben", "total", 4, "--reason", "right up to a sign") == 0
    assert room.stdout.splitlines() == [
        "ben: total 4 of 10; now 4 of 10",
        f"1 mark by lena in {room.out / 'marks.jsonl'}",
    ]
    row = room.row("ben")
    assert (row["score"], row["total.points"], row["total.verdict"]) == ("4", "4", "partial")
    assert row["flags"] == "marked_by_hand"
    assert "Marked by hand: right up to a sign" in room.page("ben")
    assert "lena" in (room.out / "index.html").read_text()
    assert room("show", room.out, "ben") == 0
    assert "right up to a sign" in room.stdout
    automatic = json.loads((room.out / "ben" / "report.json").read_text())
    assert (automatic["score"], automatic["questions"][0]["checks"][0]["verdict"]) == (0.0, "fail")
    (line,) = (room.out / "marks.jsonl").read_text().split("\n")[1:-1]
    assert line.startswith('{"submission":"ben"')


@pytest.mark.parametrize("how", ["force", "rescore", "again"])
def test_a_mark_survives_every_regrade(room: Room, how: str) -> None:
    room.mark("ben", "total", 4, "--reason", "because")
    if how == "rescore":
        make_assignment(room.rubric, RUBRIC + "# changed\n")
        assert room("rescore", room.out) == 0
    else:
        room.grade(*(["--force"] if how == "force" else []))
    assert room.row("ben")["score"] == "4"
    assert room.row("ben")["flags"] == "marked_by_hand"
    assert "Marked by hand: because" in room.page("ben")


def test_a_mark_waits_for_a_second_look_after_another_upload(room: Room) -> None:
    room.mark("ben", "total", 4, "--reason", "because")
    make_notebook(room.uploads / "ben.ipynb", [9.5, 8.25, 7.0])
    room.grade()
    assert (room.row("ben")["score"], room.row("ben")["pending"]) == ("0", "10")
    assert room.row("ben")["flags"] == "automatic_verdict_changed"
    told = "since lena gave 4 of 10 points, the notebook is another one now; a person has to look again."
    assert f"a mark to look at: ben: total: {told}" in room.stdout
    assert room("export", room.out, "--to", "gradescope") == 1
    assert "ben: 10 points wait for a person" in room.stdout
    room("sheet", room.out)
    assert "ben" in (room.out / "sheet.csv").read_text("utf-8-sig")
    assert room.mark("ben", "total", 5, "--reason", "again") == 0
    assert (room.row("ben")["score"], room.row("ben")["flags"]) == ("5", "marked_by_hand")


def test_a_mark_waits_after_another_automatic_verdict_and_not_where_it_agrees(room: Room) -> None:
    room.mark("ben", "total", 4, "--reason", "because")
    make_notebook(room.uploads / "ben.ipynb", RIGHT)
    room.grade()
    assert (room.row("ben")["score"], room.row("ben")["pending"]) == ("0", "10")
    assert "the automatic verdict was fail, 0 and is now pass, 10, the notebook is another one" in room.stdout
    room.mark("ben", "total", 10, "--reason", "right now")
    make_notebook(room.uploads / "ben.ipynb", [*RIGHT[:2], 3.750001])
    room.grade()
    assert (room.row("ben")["score"], room.row("ben")["pending"]) == ("10", "0")


def test_a_mark_is_scaled_to_what_its_check_is_worth_now(room: Room) -> None:
    room.mark("ben", "total", 8, "--reason", "because")
    make_assignment(room.rubric, RUBRIC.replace("points: 10", "points: 5"))
    assert room("rescore", room.out) == 0
    assert (room.row("ben")["score"], room.row("ben")["pending"]) == ("4", "0")
    assert room.row("ben")["flags"] == "marked_by_hand; mark_scaled"
    assert "lena gave 8 of 10 points, which are 4 of 5 now" in (room.out / "index.html").read_text()


def test_a_mark_of_a_check_that_was_renamed_is_told_and_carried_over(room: Room) -> None:
    room.mark("ben", "total", 8, "--reason", "because")
    make_assignment(room.rubric, RUBRIC.replace("{id: total, kind", "{id: added, kind"))
    assert room("rescore", room.out) == 0
    told = "ben: total: the rubric has no such check now, for which lena gave 8 of 10."
    assert told in room.stdout
    room("show", room.out, "ben")
    assert "the rubric has no such check now" in room.stdout
    room("export", room.out, "--to", "csv")
    assert told in room.stdout
    assert room("mark", room.out, "--carry", "total=added", "--by", "kim") == 0
    assert (room.row("ben")["score"], room.row("ben")["flags"]) == ("8", "marked_by_hand")
    room("export", room.out, "--to", "csv")
    assert "a mark to look at" not in room.stdout


def test_points_and_words_on_the_whole_and_above_the_maximum(room: Room) -> None:
    assert room.mark("anna", "--add=-2,5", "--reason", "no names on the axes") == 0
    assert room.stdout.startswith("anna: -2.5 on the whole; now 7.5 of 10")
    assert room.mark("anna", "--comment", "Nice work") == 0
    assert room.mark("ben", "total", "--comment", "See lecture 4") == 0
    assert room.mark("ben", "total", "12", "--reason", "bonus") == 2
    assert "a bonus is given with --above" in room.stderr
    assert room.mark("ben", "total", "12", "--above", "--reason", "bonus") == 0
    assert (room.row("anna")["score"], room.row("ben")["score"]) == ("7.5", "12")
    assert "-2.5 points on the whole by lena: no names on the axes" in room.page("anna")
    assert "See lecture 4" in room.page("ben")
    make_assignment(room.rubric, RUBRIC + "rounding: 2\n")
    assert room("rescore", room.out) == 0
    assert (room.row("anna")["score"], room.row("ben")["score"]) == ("8", "12")
    make_assignment(room.rubric, RUBRIC.replace("id: total,", "id: results,") + "rounding: 2\n")
    assert room("rescore", room.out) == 0
    assert room("mark", room.out, "--carry", "total=results", "--by", "lena") == 0, "a bonus, too"
    assert room.row("ben")["score"] == "12"
    assert room.mark("anna", "--add=0", "--undo") == 0
    assert room.row("anna")["score"] == "10"


def test_nobody_overrules_another_unseen(room: Room) -> None:
    room.mark("ben", "total", 8, "--reason", "because")
    assert room("mark", room.out, "ben", "total", "5", "--reason", "no", "--by", "kim") == 2
    assert "lena gave ben 8 points for total" in room.stderr
    assert room("mark", room.out, "ben", "total", "8", "--reason", "yes", "--by", "kim") == 0
    assert room("mark", room.out, "ben", "total", "5", "--reason", "no", "--by", "lena", "--replace") == 0
    assert room.row("ben")["score"] == "5"


def test_a_mark_can_be_changed_and_taken_back(room: Room) -> None:
    room.mark("ben", "total", 4, "--reason", "first")
    room.mark("ben", "total", 6, "--reason", "second")
    assert room.row("ben")["score"] == "6"
    assert room.mark("ben", "total", "--undo") == 0
    assert room.row("ben")["score"] == "0"
    assert room.row("ben")["flags"] == ""
    assert "by hand" not in room.page("ben")
    assert len((room.out / "marks.jsonl").read_text().split("\n\n")) == 3  # all three stay in the file


def test_an_upload_that_could_not_be_graded_can_be_marked(room: Room) -> None:
    assert room.row("broken")["score"] == ""
    assert room.mark("broken", "total", 7, "--reason", "shown in person") == 0
    assert (room.row("broken")["score"], room.row("broken")["needs_review"]) == ("7", "false")


def test_a_mark_follows_its_upload_to_another_id(room: Room) -> None:
    make_notebook(room.uploads / "x" / "zoe.ipynb", WRONG)
    room.grade()
    room.mark("zoe", "total", 4, "--reason", "because")
    make_notebook(room.uploads / "y" / "zoe.ipynb", RIGHT)
    room.grade()
    assert room.row("x-zoe")["score"] == "4"
    assert room.row("y-zoe")["score"] == "10"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["ben", "total", "11", "--reason", "r"], "total of ben: 11 points, expected 0 to 10"),
        (["ben", "total", "-1", "--reason", "r"], "-1"),
        (["ben", "total", "nan", "--reason", "r"], "points is 'nan', expected a number"),
        (["ben", "dW9", "1", "--reason", "r"], "dW9 is no check of tiny; it has total"),
        (["nobody", "total", "1", "--reason", "r"], "nobody fits no student"),
        (["ben", "total", "1"], "no reason is given"),
        (["ben", "total"], "expected OUT STUDENT CHECK POINTS"),
        (["ben", "total", "1", "--undo", "--reason", "r"], "expected OUT STUDENT CHECK POINTS"),
    ],
)
def test_what_cannot_be_marked_is_refused(room: Room, arguments: list[str], complaint: str) -> None:
    assert room.mark(*arguments) == 2
    assert complaint in room.stderr and room.stderr.count("\n") == 1
    assert not (room.out / "marks.jsonl").exists()


def test_an_id_that_an_upload_had_before_names_nobody(room: Room) -> None:
    """A second Ana hands in: both get ids that tell them apart, and the first one's old report stays."""
    room.uploads, room.out = room.uploads / "export", room.out / "export"
    make_notebook(room.uploads / "Ana_1_assignsubmission_file" / "hw.ipynb", WRONG)
    room.grade()
    assert room.mark("Ana", "total", 4, "--reason", "r") == 0
    make_notebook(room.uploads / "Ana_7_assignsubmission_file" / "hw.ipynb", WRONG)
    room.grade()
    assert (room.out / "Ana" / "report.json").exists()
    for said in (room.mark("Ana", "total", 5, "--reason", "r"), room("show", room.out, "Ana")):
        assert said == 2
        assert "Ana fits 2 students in" in room.stderr
    assert [room.row(f"{n}-Ana")["score"] for n in (1, 7)] == ["4", "0"]


def test_whoever_is_not_among_the_uploads_any_more_is_named(room: Room) -> None:
    (room.uploads / "ben.ipynb").unlink()
    room.grade()
    assert "1 in the class from earlier runs, not among these uploads: ben" in room.stdout
    assert room.row("ben")["score"] == "0"


# ------------------------------------------------------------------ the sheet


def fill(path: Path, delimiter: str = ",", encoding: str = "utf-8", **points: str) -> None:
    """As a person with a spreadsheet does: the points of some students."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["points"] = points.get(row["submission"], "")
        row["reason"] = "gelöst, fast" if row["points"] else ""
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-8-sig")])
def test_the_sheet_goes_out_and_comes_back_as_spreadsheets_save_it(
    room: Room, delimiter: str, encoding: str
) -> None:
    assert room("sheet", room.out, "--all") == 0
    sheet = room.out / "sheet.csv"
    fill(sheet, delimiter, encoding, anna="9,5", broken="3.25")
    assert room("mark", room.out, "--from", sheet, "--by", "lena") == 0
    assert [room.row(who)["score"] for who in ("anna", "ben", "broken")] == ["9.5", "0", "3.25"]
    assert "gelöst, fast" in room.page("anna")
    assert room("sheet", room.out) == 0
    assert room.stdout.startswith("0 lines to mark")


def test_one_wrong_line_marks_nobody(room: Room) -> None:
    room("sheet", room.out, "--all")
    sheet = room.out / "sheet.csv"
    fill(sheet, anna="9", ben="ten")
    assert room("mark", room.out, "--from", sheet) == 2
    assert room.stderr.startswith(f"grader: {sheet}:3: points is 'ten', expected a number")
    fill(sheet, anna="9", ben="10.5")
    assert room("mark", room.out, "--from", sheet) == 2
    assert f"{sheet}:3: total of ben: 10.5 points, expected 0 to 10" in room.stderr
    assert not (room.out / "marks.jsonl").exists()


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("ben,total,3,a\nben,total,4,b\n", ":3: line 2 gives other points for total of ben"),
        ("nna,total,3,a\n", ":2: nna is no submission in"),
        ("BEN,total,3,a\n", ":2: BEN is no submission in"),
        ('ben,total,3,"a\nanna,total,4,b\n', "is no CSV (line 3: unexpected end of data)"),
        ("ben,total,1_0,a\n", ":2: points is '1_0', expected a number"),
        ("ben,total,nan,a\n", ":2: points is 'nan', expected a number"),
        ("ben,total,-1,a\n", ":2: total of ben: -1 points, expected 0 to 10"),
        ("ben,total,3,\n", ":2: no reason is given"),
    ],
)
def test_a_sheet_that_is_wrong_anywhere_marks_nobody(room: Room, lines: str, complaint: str) -> None:
    sheet = room.out / "mine.csv"
    sheet.write_text("submission,check,points,reason\n" + lines)
    assert room("mark", room.out, "--from", sheet, "--by", "lena") == 2
    assert complaint in room.stderr
    assert not (room.out / "marks.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("sep=;\r\nSubmission;Check;Points;Reason\r\nanna;total;9,5;grün\r\n", "utf-16"),
        ("submission\tcheck\tpoints\treason\n\nanna\ttotal\t9,5\tgrün\n", "utf-8"),
        ('"submission","check","points","reason"\n"anna","total","9.5","grün; ""ja"""\n', "utf-8-sig"),
    ],
)
def test_a_sheet_is_read_however_it_was_saved(room: Room, text: str, encoding: str) -> None:
    sheet = room.out / "mine.csv"
    sheet.write_bytes(text.encode(encoding))
    assert room("mark", room.out, "--from", sheet, "--by", "lena") == 0, room.stderr
    assert room.row("anna")["score"] == "9.5"
    assert "grün" in room.page("anna")


def test_a_part_of_a_word_names_nobody(room: Room) -> None:
    assert room.mark("nn", "total", 3, "--reason", "r") == 2
    assert "nn fits no student in" in room.stderr
    assert room.mark("an", "total", "3,5", "--reason", "r") == 0
    assert room.row("anna")["score"] == "3.5"


# ------------------------------------------------------------------ the file


def given(check: str, points: float | None, id: str = "ben", origin: str = "/c/ben.ipynb") -> Mark:
    return Mark(
        submission=id,
        origin=origin,
        check=check,
        points=points,
        max_score=10,
        reason="r",
        by="lena",
        at=datetime(2026, 6, 10, tzinfo=UTC),
        verdict="fail",
        score=0,
        sha256="",
    )


def test_a_torn_line_loses_no_mark_and_is_named(tmp_path: Path) -> None:
    marks.append(tmp_path, [given("a", 1)])
    with (tmp_path / marks.FILE).open("ab") as file:
        file.write(b'{"submission": "ben", "ch')
    marks.append(tmp_path, [given("b", 2)])
    found = marks.read(tmp_path)
    assert {c: m.points for c, m in found.of("ben", "/c/ben.ipynb").items()} == {"a": 1, "b": 2}
    assert len(found.damaged) == 1


def test_marks_that_do_not_fit_the_disk_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks.append(tmp_path, [given("a", 1)])
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, data: write(file, data[: len(data) * 3 // 4]))
        with pytest.raises(StorageError, match="nothing is marked"):
            marks.append(tmp_path, [given("b", 2), given("c", 3)])
    found = marks.read(tmp_path)
    assert [m.check for m in found.all] == ["a"]
    assert not found.damaged


def test_whose_mark_it_is() -> None:
    found = Marks([given("a", 1)])
    assert found.of("ben", "/c/ben.ipynb").keys() == {"a"}
    assert found.of("x-ben", "/c/ben.ipynb").keys() == {"a"}  # another id now
    assert found.of("ben", "/new/ben.ipynb", {"/new/ben.ipynb"}).keys() == {"a"}  # the folder was moved
    assert found.of("ben", "/d/ben.ipynb", {"/d/ben.ipynb", "/c/ben.ipynb"}) == {}  # another ben
    assert found.of("eva", "/c/eva.ipynb") == {}


# ------------------------------------------------------------------ what a crash left undone


@pytest.mark.parametrize("how", ["grade", "rescore", "mark"])
def test_a_page_that_missed_its_mark_is_made_good_by_whoever_comes_next(room: Room, how: str) -> None:
    """Killed between marks.jsonl and the page, or a desk closed while a run held the folder."""
    entry = Journal(room.out / ".grader" / "journal.jsonl", read_only=True).entries["ben"]
    marks.append(room.out, [given("total", 4, origin=entry.origin)])
    assert "Marked by hand" not in room.page("ben")
    if how == "grade":
        room.grade()
    elif how == "rescore":
        assert room("rescore", room.out) == 0
    else:
        assert room.mark("anna", "total", 3, "--reason", "r") == 0
    assert "Marked by hand" in room.page("ben")
    assert room.row("ben")["score"] == "4"
    page = room.out / "ben" / "report.md"
    written = page.stat().st_mtime_ns
    room.grade()
    assert page.stat().st_mtime_ns == written, "nothing was left to do"
    marks.append(room.out, [given("total", None, origin=entry.origin)])
    room.grade()
    assert "Marked by hand" not in room.page("ben")


# ------------------------------------------------------------------ two writers


def test_two_who_mark_at_once_wait_for_each_other(room: Room) -> None:
    given = room.out / marks.FILE
    command = [sys.executable, "-c", "from grader.cli import main; main()", "mark", str(room.out)]
    why = ["--reason", "seen", "--by", "lena"]
    with locked(room.out):  # a desk, in the blink between looking and writing
        both = [
            subprocess.Popen([*command, who, "total", points, *why], stdout=subprocess.PIPE, text=True)
            for who, points in (("anna", "3"), ("ben", "4"))
        ]
        with contextlib.suppress(subprocess.TimeoutExpired):
            both[0].wait(3)
        assert not given.exists()
    assert [process.communicate()[0].splitlines()[0] for process in both] == [
        "anna: total 3 of 10; now 3 of 10",
        "ben: total 4 of 10; now 4 of 10",
    ]
    assert sorted(m.submission for m in marks.read(room.out).all) == ["anna", "ben"]
    assert (room.row("anna")["score"], room.row("ben")["score"]) == ("3", "4")
