"""A class of sixty goes in and back exactly, from exports that follow the platforms' own code.

What was read: Moodle mod/assign/classes/downloader.php and feedback/file/importziplib.php; Canvas
lib/content_zipper.rb and lib/gradebook_importer.rb; ILIAS Modules/Exercise/classes/class.ilExSubmission.php
and class.ilExAssignment.php; nbgrader exchange/default/submit.py, collect.py and coursedir.py; GitHub
Classroom gh-classroom cmd/clone; Sakai AssignmentServiceImpl.java; Submitty MiscController.php and
student/SubmissionController.php; CoCalc frontend/course/assignments/actions.ts; Autolab
app/models/submission.rb and app/controllers/submissions_controller.rb; PrairieLearn
pages/instructorAssessmentDownloads. Of Blackboard, Brightspace, Teams, Gradescope and Dropbox no source is
public: their help pages, and readers that others published.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from class_kit import RIGHT, WRONG, FakeRunner, make_assignment, make_notebook

from grader import cli
from grader.commands import grade as command
from grader.intake import collect

N = 60
PEOPLE = [
    f"{first} {last}" for first in ("Ana", "Björn", "Chloé", "李", "O'Neil", "Zoë") for last in "abcdefghij"
]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    monkeypatch.setattr(command, "open_runner", FakeRunner().open)
    return Desk(tmp_path)


class Desk:
    """Grades a class of sixty, of which the even ones are right."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploads = folder / "class"
        self.out = folder / "out"
        self.rubric = make_assignment(folder / "tiny")

    def put(self, name: str, n: int, *, older: bool = False) -> None:
        path = make_notebook(self.uploads / name, WRONG if older or n % 2 else RIGHT)
        source = path.read_text().replace(path.stem, f"s{n}-{path.stem}")
        path.write_text(source)

    def grade(self, *more: str) -> dict[str, str]:
        """The platform's id → the score."""
        arguments = ["grade", str(self.uploads), "--out", str(self.out), "--rubric", str(self.rubric)]
        assert cli.run([*arguments, *more]) == 0
        with (self.out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
            return {r["student_id"] or r["student_name"]: r["score"] for r in csv.DictReader(file)}

    def export(self, to: str, *more: object) -> Path:
        assert cli.run(["export", str(self.out), "--to", to, *map(str, more)]) == 0
        return self.out / "export" / to


def expected(ids: list[str]) -> dict[str, str]:
    return {id: "0" if n % 2 else "10" for n, id in enumerate(ids)}


# ------------------------------------------------------------------ there and back

HEADERS = {
    "en": "Identifier,Full name,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade),Feedback comments|Participant |Yes|Tuesday, 9 June 2026, 2:25 PM|.",
    "fr": "Identifiant,Nom complet,Statut,Note,Note maximale,La note peut être modifiée,"
    "Dernière modification (travail remis),Dernière modification (note),Commentaires|"
    "Participant |Oui|mardi 9 juin 2026, 14:25|,",
    "es": "Identificador,Nombre completo,Estatus,Calificación,Calificación máxima,"
    "La calificación puede ser cambiada,Última modificación (entrega),Última modificación (calificación),"
    "Comentarios de retroalimentación|Participante |Sí|martes, 9 de junio de 2026, 14:25|,",
    "pl": "Identyfikator,Pełna nazwa,Status,Ocena,Najwyższa ocena,Ocena może zostać zmieniona,"
    "Ostatnio modyfikowane (przesłane),Ostatnio modyfikowane (ocena),Komentarz zwrotny|"
    "Uczestnik |Tak|wtorek, 9 czerwca 2026, 14:25|,",
    "ru": "Идентификатор,Полное имя,Состояние,Оценка,Максимальная оценка,Оценка может быть изменена,"
    "Последнее изменение (ответ),Последнее изменение (оценка),Отзыв в виде комментария|"
    "Участник |Да|вторник, 9 июня 2026, 14:25|,",
    "ja": "ID,フルネーム,ステータス,評点,最大評点,評点の変更を許可する,最終更新日時 (提出),"
    "最終更新日時 (評点),"
    "フィードバックコメント|参加者|はい|2026年6月9日(火曜日) 14:25|.",
}


@pytest.mark.parametrize("language", HEADERS)
def test_moodle_in_any_language(desk: Desk, language: str) -> None:
    header, prefix, yes, time, decimal = HEADERS[language].split("|")
    for n, name in enumerate(PEOPLE):
        desk.put(f"{name}_{100 + n}_assignsubmission_file/hw.ipynb", n)
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\r\n")
    table.writerow(header.split(","))
    for n, name in enumerate(PEOPLE):
        most = f"10{decimal}00"
        table.writerow([f"{prefix}{100 + n}", name, "x", "", most, yes, time, "-", ""])
    sheet = desk.folder / "Grades.csv"
    sheet.write_text("\ufeff" + buffer.getvalue(), "utf-8", newline="")
    assert desk.grade(str(sheet)) == expected([str(100 + n) for n in range(N)])
    assert {e.upload.received_at for e in collect([desk.uploads, sheet]).entries} == {
        datetime(2026, 6, 9, 14, 25)
    }
    made = desk.export("moodle", "--list", sheet)
    rows = list(csv.reader((made / "Grades.csv").open(encoding="utf-8-sig", newline="")))
    assert rows[0] == header.split(",")
    assert [row[3] for row in rows[1:]] == ["0" if n % 2 else "10" for n in range(N)]
    assert all(row[8] for row in rows[1:])
    assert [row[:3] + row[4:8] for row in rows[1:]] == [
        [f"{prefix}{100 + n}", name, "x", f"10{decimal}00", yes, time, "-"] for n, name in enumerate(PEOPLE)
    ]
    with zipfile.ZipFile(made / "feedback.zip") as archive:
        assert sorted(archive.namelist()) == sorted(
            f"{name}_{100 + n}_assignsubmission_file/feedback.html" for n, name in enumerate(PEOPLE)
        )


def test_canvas_there_and_back_with_groups(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        login = "".join(c for c in name.casefold() if c.isalnum())
        desk.put(f"{login}_{'LATE_' if n % 7 == 0 else ''}{500 + n}_{9000 + n}_hw.ipynb", n)
    found = desk.grade()
    assert found == expected([str(500 + n) for n in range(N)])
    rows = list(csv.reader((desk.export("canvas") / "gradebook.csv").open(newline="")))
    assert {row[1]: row[-1] for row in rows[2:]} == found


def test_ilias_there_and_back(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        first, last = name.split()
        desk.put(f"Blatt 4/Abgaben/{last}_{first}_u{n}_{300 + n}/hw.ipynb", n)
    assert desk.grade() == expected([str(300 + n) for n in range(N)])
    with zipfile.ZipFile(desk.export("ilias") / "feedback.zip") as archive:
        names = archive.namelist()
    assert sorted(name.split("/")[1].rpartition("_")[2] for name in names) == [str(300 + n) for n in range(N)]


def test_github_classroom_there_and_back(desk: Desk) -> None:
    for n in range(N):
        desk.put(f"hw4-submissions/hw4-user{n}/notebooks/hw.ipynb", n)
        (desk.uploads / f"hw4-submissions/hw4-user{n}/src").mkdir()
        (desk.uploads / f"hw4-submissions/hw4-user{n}/src/model.py").write_text("x = 1")
    assert desk.grade() == expected([f"user{n}" for n in range(N)])
    made = desk.export("github-classroom")
    totals = {
        p.stem: sum(t["score"] for t in json.loads(p.read_text())["tests"]) for p in made.glob("*.json")
    }
    assert totals == {f"user{n}": 0 if n % 2 else 10 for n in range(N)}


def test_dropbox(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        desk.put(f"{name} - {'my work' if n % 3 else 'hw'}.ipynb", n)
    assert desk.grade() == expected(PEOPLE)


def test_nbgraders_course(desk: Desk) -> None:
    for n in range(N):
        desk.put(f"submitted/student{n}/hw4/hw.ipynb", n)
        (desk.uploads / f"submitted/student{n}/hw4/timestamp.txt").write_text("2026-06-08 09:00:00 UTC")
    assert desk.grade() == expected([f"student{n}" for n in range(N)])
    assert {e.upload.received_at for e in collect([desk.uploads]).entries} == {
        datetime(2026, 6, 8, 9, tzinfo=UTC)
    }


# ------------------------------------------------------------------ attempts: the newest counts


def test_nbgraders_exchange(desk: Desk) -> None:
    for n in range(N):
        for day in (7, 8):
            home = f"inbound/stu+dent{n}+hw4+2026-06-0{day} 09:00:00.123456 UTC+aGFzaA{day}="
            desk.put(f"{home}/hw.ipynb", n, older=day == 7)
            (desk.uploads / home / "timestamp.txt").write_text("2026-01-01 00:00:00 UTC")
    assert desk.grade() == expected([f"stu+dent{n}" for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 8, 9, 0, 0, 123456, UTC)}
    assert {e.upload.student.attempt for e in entries} == {2}


def test_blackboard(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        for day in (7, 8):
            home = f"Home_work 4_us_er{n}_attempt_2026-06-0{day}-09-00-00"
            desk.put(f"{home}_my_hw.ipynb", n, older=day == 7)
            text = f"Name: {name} (us_er{n})\nAssignment: Home_work 4\nDate Submitted: …\n"
            (desk.uploads / f"{home}.txt").write_text(text, "utf-8")
    assert desk.grade() == expected([f"us_er{n}" for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert {e.upload.student.id: e.upload.student.name for e in entries} == {
        f"us_er{n}": name for n, name in enumerate(PEOPLE)
    }
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 8, 9)}


def test_brightspace(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        desk.put(f"{700 + n}-42 - {name} - Jun 7, 2026 905 AM/hw.ipynb", n, older=True)
        desk.put(f"{700 + n}-42 - {name} - Jun 8, 2026 1205 PM/hw.ipynb", n)
    (desk.uploads / "index.html").write_text("")
    assert desk.grade() == expected([str(700 + n) for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 8, 12, 5)}


def test_sakai(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        first, last = name.split()
        home = f"Homework 4/{last}, {first}(user{n})"
        desk.put(f"{home}/Submission attachment(s)/hw.ipynb", n)
        (desk.uploads / home / "timestamp.txt").write_text("20260608090000000")
        (desk.uploads / home / "comments.txt").write_text("")
    (desk.uploads / "Homework 4" / "grades.csv").write_text("Homework 4,Points\n\nDisplay ID,ID,…\n")
    assert desk.grade() == expected([f"user{n}" for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert sorted(e.upload.student.name or "" for e in entries) == sorted(PEOPLE)
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 8, 9, tzinfo=UTC)}


def test_teams(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        desk.put(f"Submitted files/{name}/Homework 4/Version 1/hw.ipynb", n, older=True)
        desk.put(f"Submitted files/{name}/Homework 4/Version 2/hw.ipynb", n)
    assert desk.grade() == expected(PEOPLE)
    assert {e.upload.student.attempt for e in collect([desk.uploads]).entries} == {2}


def test_gradescope(desk: Desk) -> None:
    lines = []
    for n, name in enumerate(PEOPLE):
        desk.put(f"assignment_9_export/submission_{4000 + n}/hw.ipynb", n)
        lines += [
            f"submission_{4000 + n}:",
            "  :submitters:",
            f'  - :name: "{name}"',
            f"    :sid: 'u{n}'",
            f"    :email: u{n}@x.edu",
            "  :created_at: 2026-06-08 09:00:00.000000000 Z",
            "  :score: 0.0",
            "  :history: []",
        ]
    (desk.uploads / "assignment_9_export/submission_metadata.yml").write_text(
        "---\n" + "\n".join(lines), "utf-8"
    )
    assert desk.grade() == expected([f"u{n}" for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert [e.upload.student.name for e in entries] == PEOPLE
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 8, 9, tzinfo=UTC)}
    made = desk.export("gradescope")
    back = {p.parent.name: json.loads(p.read_text())["score"] for p in made.glob("*/results.json")}
    ids = {e.id: int(e.upload.student.id[1:]) for e in entries if e.upload.student.id}
    assert {ids[id]: score for id, score in back.items()} == {n: 0 if n % 2 else 10 for n in range(N)}


def test_cocalc_with_its_list(desk: Desk) -> None:
    ids = [f"{n:08x}-0000-4000-8000-{n:012x}" for n in range(N)]
    for n, id in enumerate(ids):
        desk.put(f"algebra-collect/hw4/{id}/hw.ipynb", n)
        (desk.uploads / f"algebra-collect/hw4/{id}/STUDENT - {PEOPLE[n]}.txt").write_text("This student is …")
    assert desk.grade() == expected(ids)
    (desk.uploads / f"algebra-collect/hw4/{ids[1]}/STUDENT - Somebody Else.txt").write_text("forged")
    names = {e.upload.student.id: e.upload.student.name for e in collect([desk.uploads]).entries}
    assert names == {id: PEOPLE[n] if n != 1 else None for n, id in enumerate(ids)}


def test_autolab(desk: Desk) -> None:
    for n in range(N):
        email = f"user_{n}@x.edu"
        desk.put(f"{email}_3_hw.ipynb", n, older=True)
        desk.put(f"{email}_{email}_12_hw.ipynb", n)
    assert desk.grade() == expected([f"user_{n}@x.edu" for n in range(N)])


def test_submitty_the_active_version_counts(desk: Desk) -> None:
    for n in range(N):
        for version in (1, 2, 3):
            desk.put(f"submissions/user{n}/{version}/hw.ipynb", n, older=version != 2)
            stamp = desk.uploads / f"submissions/user{n}/{version}/.submit.timestamp"
            stamp.write_text(f"2026-06-0{version} 09:00:00+0000\n")
        settings = desk.uploads / f"submissions/user{n}/user_assignment_settings.json"
        settings.write_text(json.dumps({"active_version": 2, "history": []}))
    assert desk.grade() == expected([f"user{n}" for n in range(N)])
    entries = collect([desk.uploads]).entries
    assert {e.upload.received_at for e in entries} == {datetime(2026, 6, 2, 9, tzinfo=UTC)}


def test_prairielearn(desk: Desk) -> None:
    for n in range(N):
        desk.put(f"user{n}@x.edu_1_hw_4_1_1_{2000 + n}_hw.ipynb", n, older=True)
        desk.put(f"user{n}@x.edu_1_hw_4_1_2_{3000 + n}_hw.ipynb", n)
    assert desk.grade() == expected([f"user{n}@x.edu" for n in range(N)])
    made = desk.export("prairielearn")
    back = {p.parent.name: json.loads(p.read_text())["score"] for p in made.glob("*/results.json")}
    assert back == {f"user{n}_x.edu": 0 if n % 2 else 1 for n in range(N)}


def test_a_pattern_says_any_other_layout(desk: Desk) -> None:
    for n, name in enumerate(PEOPLE):
        desk.put(f"x/{name}/Homework 4/Version 1/hw.ipynb", n, older=True)
        desk.put(f"x/{name}/Homework 4/Version 10/hw.ipynb", n)
    pattern = "{name}/{assignment}/Version {attempt}/{file}"
    assert desk.grade("--pattern", pattern) == expected(PEOPLE)


def test_a_table_named_by_hand_is_told_as_what_it_is(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.put("ana.ipynb", 0)
    table = desk.folder / "list.csv"
    table.write_text("a,b\n1,2\n")
    assert len(desk.grade(str(table))) == 1
    assert "not assigned: list.csv: a table of values, no notebook" in capsys.readouterr().out
