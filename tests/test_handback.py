"""Exports in, grades out: each platform gets its own form back, and everybody their own marks."""

from __future__ import annotations

import base64
import csv
import io
import json
import shutil
import unicodedata
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_notebook
from golden import samples

from grader import cli
from grader import report as reports
from grader.commands import grade as command
from grader.handback.given import anonymous
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Flag, Said

TWO = (
    RUBRIC
    + """
      - {id: words, kind: text, title: say why, points: 5, headings: [why]}
"""
)
ENGLISH = (
    "Identifier,Full name,Email address,Status,Group,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
GERMAN = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,Bewertung kann geändert werden,"
    "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar"
)


class Office:
    """Grades an export with the fake runner, and hands back."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.rubric = make_assignment(folder / "tiny")
        self.uploads = folder / "uploads"
        self.out = folder / "out"
        self.stdout = self.stderr = ""

    def __call__(self, *arguments: object) -> int:
        code = cli.run([str(a) for a in arguments])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def grade(self, **uploads: list[float]) -> None:
        for name, numbers in uploads.items():
            make_notebook(self.uploads / name, numbers)
        assert self("grade", self.uploads, "--out", self.out, "--rubric", self.rubric) == 0, self.stdout

    def export(self, to: str, *more: object) -> int:
        return self("export", self.out, "--to", to, *more)

    def made(self, to: str, name: str) -> Path:
        return self.out / "export" / to / name

    def rows(self, to: str, name: str) -> list[dict[str, str]]:
        text = self.made(to, name).read_text("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Office:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    return Office(tmp_path, capsys)


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


# ------------------------------------------------------------------ Moodle

MOODLE = {
    "Anna Müller_101_assignsubmission_file/hw.ipynb": RIGHT,
    "Anna Müller_102_assignsubmission_file/hw.ipynb": WRONG,
    "Weiß, Ben_103_assignsubmission_file/hw.ipynb": [1.25, 2.5, 9.0],
    "Gruppe Ä_900_assignsubmission_file/hw.ipynb": RIGHT,
}


def worksheet(path: Path, header: str, ids: str, *, decimal: str = ".", bom: str = "\ufeff") -> Path:
    people = [
        ("101", "Anna Müller", ""),
        ("102", "Anna Müller", ""),
        ("103", "Weiß, Ben", ""),
        ("104", "=HYPERLINK(1)", "Gruppe Ä"),
        ("105", "Cem, jr.", "Gruppe Ä"),
        ("106", "Nobody", ""),
    ]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\r\n")
    table.writerow(header.split(","))
    for number, name, group in people:
        most = f"10{decimal}00"
        row = [
            f"{ids}{number}",
            name,
            f"{number}@x.de",
            "Submitted",
            group,
            "",
            most,
            "Yes",
            "Tue, 9 June",
            "-",
            "",
        ]
        table.writerow(row)
    path.write_bytes((bom + buffer.getvalue()).encode())
    return path


@pytest.mark.parametrize(
    ("header", "ids", "decimal", "bom"),
    [(ENGLISH, "Participant ", ".", "\ufeff"), (GERMAN, "Teilnehmer/in", ",", "")],
)
def test_moodle_worksheet(office: Office, header: str, ids: str, decimal: str, bom: str) -> None:
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "Grades-DL-HW4-77.csv", header, ids, decimal=decimal, bom=bom)
    assert office.export("moodle", "--list", sheet) == 0
    before = sheet.read_bytes().decode()
    after = office.made("moodle", sheet.name).read_bytes().decode()
    assert after.startswith(bom) and after.count("\r\n") >= before.count("\r\n")
    old = list(csv.reader(io.StringIO(before, newline="")))
    new = list(csv.reader(io.StringIO(after, newline="")))
    assert new[0] == old[0]
    assert [row[5] for row in new[1:]] == ["10", "0", f"3{decimal}33", "10", "10", ""]
    for a, b in zip(old[1:], new[1:], strict=True):
        assert a[:5] + a[6:10] == b[:5] + b[6:10]  # the other columns are untouched
    assert "10" in new[1][10] and "Add" in new[1][10]
    assert new[6][10] == ""


def test_moodle_feedback_goes_into_the_folders_of_the_uploads(office: Office) -> None:
    office.grade(**MOODLE)
    assert office.export("moodle") == 0
    path = office.made("moodle", "feedback.zip")
    assert sorted(names(path)) == sorted(name.replace("hw.ipynb", "feedback.html") for name in MOODLE)
    with zipfile.ZipFile(path) as archive:
        page = archive.read("Anna Müller_102_assignsubmission_file/feedback.html").decode()
    assert page == (office.out / "102-Anna_Müller" / "report.html").read_text()
    first = path.read_bytes()
    assert office.export("moodle") == 0
    assert path.read_bytes() == first


def test_moodle_feedback_of_a_team_goes_to_its_members_not_to_whoever_has_the_groups_number(
    office: Office,
) -> None:
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "grades.csv", ENGLISH, "Participant ")
    assert office.export("moodle", "--list", sheet) == 0
    assert sorted(names(office.made("moodle", "feedback.zip"))) == [
        "=HYPERLINK(1)_104_assignsubmission_file/feedback.html",
        "Anna Müller_101_assignsubmission_file/feedback.html",
        "Anna Müller_102_assignsubmission_file/feedback.html",
        "Cem, jr._105_assignsubmission_file/feedback.html",
        "Weiß, Ben_103_assignsubmission_file/feedback.html",
    ]


def test_moodle_flat_feedback_keeps_the_prefix(office: Office) -> None:
    office.grade(
        **{"Ana Ruiz_7_assignsubmission_file_hw.ipynb": RIGHT, "Li_8_assignsubmission_file_b.ipynb": RIGHT}
    )
    assert office.export("moodle") == 0
    assert sorted(names(office.made("moodle", "feedback.zip"))) == [
        "Ana Ruiz_7_assignsubmission_file_feedback.html",
        "Li_8_assignsubmission_file_feedback.html",
    ]


def test_moodle_refuses_a_wrong_row_rather_than_guessing(office: Office) -> None:
    office.grade(
        **{
            "Zoe_101_assignsubmission_file/hw.ipynb": RIGHT,
            "Weiß, Ben_103_assignsubmission_file/h.ipynb": RIGHT,
        }
    )
    sheet = worksheet(office.folder / "w.csv", ENGLISH, "Participant ")
    assert office.export("moodle", "--list", sheet) == 1
    assert "Zoe: no row of the worksheet has this id and name" in office.stdout
    assert [r["Grade"] for r in office.rows("moodle", "w.csv")] == ["", "", "10", "", "", ""]


def test_moodle_says_when_the_maximum_is_another(office: Office) -> None:
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "w.csv", ENGLISH, "Participant ")
    sheet.write_text(sheet.read_text().replace("10.00", "20.00"))
    assert office.export("moodle", "--list", sheet) == 2
    assert (
        "the maximum grade is 20.00, the rubric's 10; change one of them, or convert with --scale"
        in office.stderr
    )
    assert office.export("moodle", "--list", sheet, "--scale") == 0
    assert office.rows("moodle", "w.csv")[0]["Grade"] == "20"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\x01"])
def test_what_is_no_worksheet_is_refused(office: Office, content: bytes) -> None:
    office.grade(**MOODLE)
    sheet = office.folder / "w.csv"
    sheet.write_bytes(content)
    assert office.export("moodle", "--list", sheet) == 2
    assert office.stderr.count("\n") == 1


def test_moodle_rows_of_the_suspended_of_default_groups_and_of_names_from_a_mac(office: Office) -> None:
    office.grade(
        **{
            unicodedata.normalize("NFD", "Jörg Ö_1_assignsubmission_file/hw.ipynb"): RIGHT,
            "Eva_2_assignsubmission_file/hw.ipynb": RIGHT,
            "Default group_assignsubmission_file/hw.ipynb": WRONG,
        }
    )
    suspended = '"<span class=""usersuspended"">Eva<img src=""x"" /></span>"'
    sheet = office.folder / "w.csv"
    sheet.write_text(
        "Identifier,Full name,Group,Grade,Maximum grade\n"
        f"Participant 1,Jörg Ö,,,10\nParticipant 2,{suspended},,,10\n"
        "Participant 3,Cem,Default group,,10\nParticipant 4,Dora,Default group,,10\n"
    )
    assert office.export("moodle", "--list", sheet) == 0, office.stdout
    assert [r["Grade"] for r in office.rows("moodle", "w.csv")] == ["10", "10", "0", "0"]
    homes = [n.split("/")[0] for n in names(office.made("moodle", "feedback.zip"))]
    assert sorted(homes[:2]) == ["Cem_3_assignsubmission_file", "Dora_4_assignsubmission_file"]


def test_moodle_reads_a_comment_as_html(office: Office) -> None:
    office.grade(**MOODLE)
    rubric = office.rubric / "rubric.yaml"
    rubric.write_text(rubric.read_text().replace("title: Add", "title: Add <b> & more"))
    assert office("rescore", office.out) == 0
    sheet = worksheet(office.folder / "w.csv", ENGLISH, "Participant ")
    assert office.export("moodle", "--list", sheet) == 0
    comment = office.rows("moodle", "w.csv")[0]["Feedback comments"]
    assert "<br>Add &lt;b&gt; &amp; more: " in comment
    assert "\n" not in comment


def test_feedback_shows_the_marks_that_the_grade_counts(office: Office) -> None:
    """Also where the desk that gave them was closed before it wrote the pages."""
    office.grade(**MOODLE)
    origin = "moodle:102"
    mark = Mark(
        submission="102-Anna_Müller",
        origin=origin,
        check="total",
        points=7,
        max_score=10,
        reason="Nearly there",
        by="lena",
        at=datetime(2026, 6, 10, tzinfo=UTC),
        verdict="fail",
        score=0,
        sha256="",
    )
    marks.append(office.out, [mark])
    sheet = worksheet(office.folder / "w.csv", ENGLISH, "Participant ")
    assert office.export("moodle", "--list", sheet) == 0
    assert office.rows("moodle", "w.csv")[1]["Grade"] == "7"
    with zipfile.ZipFile(office.made("moodle", "feedback.zip")) as archive:
        page = archive.read("Anna Müller_102_assignsubmission_file/feedback.html").decode()
    assert "Nearly there" in page


def test_moodle_a_scale_takes_no_points(office: Office) -> None:
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "w.csv", ENGLISH.replace("Maximum grade", "Scale"), "Participant ")
    assert office.export("moodle", "--list", sheet) == 2
    assert "graded by the words of a scale" in office.stderr


@pytest.mark.parametrize(
    ("delimiter", "encoding", "first"),
    [(";", "cp1252", ""), ("\t", "utf-16", ""), (";", "utf-8-sig", "sep=;\r\n")],
)
def test_moodle_a_worksheet_that_excel_saved_is_read_and_written_as_it_was(
    office: Office, delimiter: str, encoding: str, first: str
) -> None:
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "w.csv", GERMAN, "Teilnehmer/in", bom="")
    cells = list(csv.reader(io.StringIO(sheet.read_text(), newline="")))
    cells[3][3] = "essay " * 30_000  # as Moodle's online text can be
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(cells)
    sheet.write_bytes((first + buffer.getvalue()).encode(encoding))
    assert office.export("moodle", "--list", sheet) == 0, office.stderr
    made = office.made("moodle", "w.csv").read_bytes().decode(encoding)
    assert made.startswith(first)
    rows = list(csv.reader(io.StringIO(made.removeprefix(first), newline=""), delimiter=delimiter))
    assert [r[5] for r in rows[1:]] == ["10", "0", "3.33", "10", "10", ""]
    assert [r[:5] for r in rows] == [r[:5] for r in cells]
    assert office("grade", office.uploads, sheet, "--out", office.out, "--rubric", office.rubric) == 0


# ------------------------------------------------------------------ who gets a grade


def test_what_waits_for_a_person_gets_no_grade_until_it_is_marked(office: Office) -> None:
    make_assignment(office.rubric, TWO)
    for name in ("ana_1_2_hw.ipynb", "ben_3_4_hw.ipynb"):
        path = make_notebook(office.uploads / name, RIGHT)
        notebook = json.loads(path.read_text())
        notebook["cells"].append({"cell_type": "markdown", "source": "## Why\nBecause."})
        path.write_text(json.dumps(notebook))
    office.grade()
    assert office.export("canvas") == 1
    assert "ana: 5 points wait for a person" in office.stdout
    assert len(office.rows("canvas", "gradebook.csv")) == 1
    office("mark", office.out, "ana", "words", 3, "--reason", "short", "--by", "lena")
    assert office.export("canvas") == 1
    grades = {r["ID"]: r["Tiny"] for r in office.rows("canvas", "gradebook.csv")}
    assert grades == {"": "15", "1": "13"}
    assert office.export("canvas", "--include-pending") == 0
    assert {r["ID"]: r["Tiny"] for r in office.rows("canvas", "gradebook.csv")}["3"] == "10"


# ------------------------------------------------------------------ Canvas


def test_canvas_gradebook_to_import(office: Office) -> None:
    office.grade(**{"mulleranna_1_2_hw.ipynb": RIGHT, "mulleranna_3_4_hw.ipynb": WRONG})
    assert office.export("canvas", "--title", "Homework 4 (555)") == 0
    text = office.made("canvas", "gradebook.csv").read_text()
    assert text.splitlines()[0] == "Student,ID,SIS User ID,SIS Login ID,Section,Homework 4 (555)"
    assert text.splitlines()[1] == "    Points Possible,,,,,10"
    assert text.splitlines()[2:] == ["mulleranna,1,,,,10", "mulleranna,3,,,,0"]


def test_canvas_gradebook_filled_in(office: Office) -> None:
    office.grade(**{"mulleranna_1_2_hw.ipynb": RIGHT, "weissben_3_4_hw.ipynb": WRONG})
    exported = office.folder / "grades.csv"
    exported.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Other (1),Homework 4 (555)\n"
        "    Points Possible,,,,,5,10\n"
        '"Müller, Anna",1,s1,am,"A, B",4,\n'
        '"Weiß, Ben",3,s3,bw,A,,7\n'
        '"Zoe",9,s9,z,A,1,8\n'
    )
    assert office.export("canvas", "--list", exported, "--title", "Homework 4") == 0
    rows = office.rows("canvas", "gradebook.csv")
    assert [(r["Student"], r["Other (1)"], r["Homework 4 (555)"]) for r in rows] == [
        ("    Points Possible", "5", "10"),
        ("Müller, Anna", "4", "10"),
        ("Weiß, Ben", "", "0"),
        ("Zoe", "1", "8"),
    ]
    assert office.export("canvas", "--list", exported, "--title", "New one") == 0
    assert [r["New one"] for r in office.rows("canvas", "gradebook.csv")] == ["10", "10", "0", ""]


def test_canvas_leaves_the_excused_alone(office: Office) -> None:
    office.grade(**{"anna_1_2_hw.ipynb": RIGHT, "ben_3_4_hw.ipynb": WRONG, "cem_5_6_hw.ipynb": RIGHT})
    exported = office.folder / "grades.csv"
    exported.write_text(
        "Student,ID,SIS Login ID,Section,Tiny\n    Points Possible,,,,10\n"
        "Anna,1,a,A,EX\nBen,3,b,A,5\nCem,5,c,A,N/A\n"
    )
    assert office.export("canvas", "--list", exported) == 1
    assert [r["Tiny"] for r in office.rows("canvas", "gradebook.csv")] == ["10", "EX", "0", "N/A"]
    assert "anna: the gradebook has EX for it, which was left as it is" in office.stdout


def test_canvas_gradebook_with_names_apart_and_decimal_commas(office: Office) -> None:
    office.grade(**{"mulleranna_1_2_hw.ipynb": RIGHT, "weissben_3_4_hw.ipynb": [1.25, 2.5, 9.0]})
    exported = office.folder / "grades.csv"
    exported.write_text(
        "LastName;FirstName;ID;SIS User ID;SIS Login ID;Section;Homework 4 (555);Final Score\n"
        "    Points Possible;;;;;;10,00;(read only)\n"
        "Müller;Anna;1;s1;am;A;;9,5\n"
        "Weiß;Ben;3;s3;bw;A;;1\n"
    )
    assert office.export("canvas", "--list", exported, "--title", "Homework 4") == 0
    lines = office.made("canvas", "gradebook.csv").read_text().splitlines()
    assert lines[2:] == ["Müller;Anna;1;s1;am;A;10;9,5", "Weiß;Ben;3;s3;bw;A;3.33;1"]
    assert office.export("canvas", "--list", exported, "--title", "Final Score") == 2
    assert "Final Score has (read only) points, the rubric 10" in office.stderr


# ------------------------------------------------------------------ ILIAS


def test_ilias_feedback_for_every_member_of_a_team(office: Office) -> None:
    office.grade(
        **{
            "Blatt 4/Abgaben/Team 1/Anna_Müller_am12_101/hw.ipynb": RIGHT,
            "Blatt 4/Abgaben/Team 1/Ben_Weiß_bw13_102/notes.ipynb": RIGHT,
            "Blatt 4/Abgaben/Zoe_Li_zl_104/hw.ipynb": RIGHT,
        }
    )
    assert office.export("ilias", "--title", "Blatt 4") == 0
    made = names(office.made("ilias", "feedback.zip"))
    assert [name.rpartition("/")[0].rpartition("_")[2] for name in made] == ["101", "102", "104"]
    assert all(name.startswith("multi_feedback_Blatt_4_0/") for name in made)
    template = office.folder / "multi_feedback_Blatt_4_33.zip"
    with zipfile.ZipFile(template, "w") as archive:
        for person in ("Müller_Anna_am12_101", "Weiß_Ben_bw13_102", "Li_Zoe_zl_104", "Yu_Bo_yb_105"):
            archive.writestr(f"multi_feedback_Blatt_4_33/{person}/", b"")
    assert office.export("ilias", "--list", template) == 0
    made = names(office.made("ilias", "feedback.zip"))
    assert made == [
        f"multi_feedback_Blatt_4_33/{person}/feedback.html"
        for person in ("Müller_Anna_am12_101", "Weiß_Ben_bw13_102", "Li_Zoe_zl_104")
    ]


# ------------------------------------------------------------------ autograders


def test_gradescope(office: Office) -> None:
    office.grade(**{"ana.ipynb": RIGHT, "ben.ipynb": WRONG})
    assert office.export("gradescope") == 0
    made = json.loads(office.made("gradescope", "ben/results.json").read_text())
    assert made["score"] == 0.0
    (test,) = made["tests"]
    assert (test["score"], test["max_score"], test["status"], test["visibility"]) == (
        0.0,
        10.0,
        "failed",
        "visible",
    )
    allowed = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility"}
    assert made.keys() <= allowed | {"extra_data", "tests"}


def test_prairielearn(office: Office) -> None:
    office.grade(**{"ana.ipynb": RIGHT})
    assert office.export("prairielearn") == 0
    made = json.loads(office.made("prairielearn", "ana/results.json").read_text())
    assert (made["score"], made["gradable"]) == (1.0, True)
    assert [(t["name"], t["points"], t["max_points"]) for t in made["tests"]] == [("total", 10.0, 10.0)]
    (office.uploads / "ben.ipynb").write_text("{")
    office("grade", office.uploads, "--out", office.out, "--rubric", office.rubric)
    office.export("prairielearn")
    made = json.loads(office.made("prairielearn", "ben/results.json").read_text())
    assert made["gradable"] is False
    assert "cut off" in made["format_errors"][0]


def test_github_classroom(office: Office) -> None:
    office.grade(**{f"hw4-submissions/hw4-{who}/hw.ipynb": RIGHT for who in ("ana", "ben-x")})
    assert office.export("github-classroom") == 0
    made = json.loads(base64.b64decode(office.made("github-classroom", "ben-x.b64").read_text()))
    assert (made["version"], made["status"], made["max_score"]) == (1, "pass", 10.0)
    assert made["tests"][0]["score"] == 10.0
    assert json.loads(office.made("github-classroom", "ben-x.json").read_text()) == made


# ------------------------------------------------------------------ tables


def test_junit_csv_and_xlsx_say_the_same(office: Office) -> None:
    office.grade(
        **{"=cmd_1_assignsubmission_file/a.ipynb": RIGHT, "Zoë_2_assignsubmission_file/b.ipynb": WRONG}
    )
    for to in ("junit", "csv", "xlsx"):
        assert office.export(to) == 0
    rows = office.rows("csv", "grades.csv")
    assert [(r["student_name"], r["score"]) for r in rows] == [("Zoë", "0"), ("'=cmd", "10")]
    assert office.made("csv", "grades.csv").read_bytes() == (office.out / "grades.csv").read_bytes()
    sheet = openpyxl.load_workbook(office.made("xlsx", "grades.xlsx")).active
    table = list(sheet.iter_rows(values_only=True))
    at = {name: i for i, name in enumerate(table[0])}
    assert [(r[at["student_name"]], r[at["score"]]) for r in table[1:]] == [("Zoë", 0), ("'=cmd", 10)]
    assert {c.data_type for row in sheet.iter_rows() for c in row} <= {"s", "n"}  # no formula
    suites = ET.fromstring(office.made("junit", "junit.xml").read_text())
    assert {s.get("name"): s.get("failures") for s in suites} == {"Zoë": "1", "cmd": "0"}


def test_an_anonymous_report_says_nothing_in_its_flags() -> None:
    report, _ = samples.all_right()
    told = Flag.of("several_notebooks", Said("graded: {graded}", {"graded": "Ana Müller.ipynb"}))
    text = reports.to_json(anonymous(report.model_copy(update={"flags": (told,)}), "x"))
    assert "several_notebooks" in text and "Müller" not in text


def test_anonymous_copies_hold_no_name(office: Office) -> None:
    office.grade(
        **{
            "Zoë Zweig_777_assignsubmission_file/a.ipynb": WRONG,
            "Bo Bär_888_assignsubmission_file/b.ipynb": RIGHT,
        }
    )
    office("mark", office.out, "Zoë", "total", 4, "--reason", "fair", "--by", "lena")
    for to in ("csv", "xlsx", "gradescope"):
        assert office.export(to, "--anonymous") == 0
        for path in (office.out / "export" / to).rglob("*"):
            assert "Zo" not in path.name
            if path.suffix in (".csv", ".html", ".md", ".json"):
                text = path.read_text()
                assert not any(word in text for word in ("Zoë", "Zweig", "777", "lena", "Bär"))
    assert sorted(r["score"] for r in office.rows("csv", "grades.csv")) == ["10", "4"]
    pages = list((office.out / "export" / "csv" / "reports").rglob("report.md"))
    assert len(pages) == 2 and any("fair" in p.read_text() for p in pages)
    assert office.export("moodle", "--anonymous") == 2


def test_a_file_that_was_named_is_written(office: Office) -> None:
    office.grade(**{"ana.ipynb": RIGHT})
    for to, name in (("csv", "x.csv"), ("xlsx", "y.xlsx")):
        assert office.export(to, "--into", office.folder / name) == 0
        assert (office.folder / name).is_file()


def test_feedback_as_pdf(office: Office) -> None:
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        pytest.skip("no chromium on PATH; install it with: apt-get install chromium")
    office.grade(**{"ana.ipynb": RIGHT, "ben.ipynb": WRONG})
    assert office.export("pdf") == 0
    for name in ("ana.pdf", "ben.pdf"):
        made = office.made("pdf", name).read_bytes()
        assert made.startswith(b"%PDF-") and len(made) > 5_000
    assert sorted(p.name for p in office.made("pdf", "").iterdir()) == ["ana.pdf", "ben.pdf"]


def test_without_a_browser_it_says_which(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.grade(**{"ana.ipynb": RIGHT})
    monkeypatch.setenv("PATH", "")
    assert office.export("pdf") == 2
    assert "PDF is printed by Chromium" in office.stderr
