"""Whose work it is: the platform's part of an export alone says so; no student speaks for another."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.intake import Intake, collect

MOODLE = "{name}_{n}_assignsubmission_file"
TREES = {
    "moodle": "Ana_1_assignsubmission_file/ Ben_2_assignsubmission_file/ Eve_3_assignsubmission_file/",
    "ilias": "A/Abgaben/Ana_R_ar_1/ A/Abgaben/Ben_W_bw_2/ A/Abgaben/Eve_X_ex_3/",
    "nbgrader": "submitted/ana/hw/ submitted/ben/hw/ submitted/eve/hw/",
    "nbgrader inbound": " ".join(
        f"inbound/{s}+hw+2026-06-0{n}~09:00:00.1~UTC+Xy=/" for n, s in enumerate(("ana", "ben", "eve"), 1)
    ),
    "github-classroom": "hw-submissions/hw-ana/ hw-submissions/hw-ben/ hw-submissions/hw-eve/",
    "sakai": " ".join(f"HW/{s},~X({s.lower()})/Submission~attachment(s)/" for s in ("Ana", "Ben", "Eve")),
    "brightspace": " ".join(
        f"{n}-99~-~{s}~X~-~Jun~{n},~2026~225~PM/" for n, s in enumerate(("Ana", "Ben", "Eve"), 1)
    ),
    "teams": "Ana/HW/Version~1/ Ben/HW/Version~1/ Eve/HW/Version~1/",
    "cocalc": " ".join(f"{c * 8}-{c * 4}-{c * 4}-{c * 4}-{c * 12}/" for c in "abe"),
    "submitty": "submissions/ana/1/ submissions/ben/1/ submissions/eve/1/",
    "gradescope": "submission_1/ submission_2/ submission_3/",
    "folders": "ana/ ben/ eve/",
}
FLAT = {
    "moodle": "Ana_1_assignsubmission_file_ Ben_2_assignsubmission_file_ Eve_3_assignsubmission_file_",
    "canvas": "ana_1_901_ ben_2_902_ eve_3_903_",
    "blackboard": " ".join(f"HW_{s}_attempt_2026-06-09-14-25-0{n}_" for n, s in enumerate(("a", "b", "e"))),
    "autolab": "a@x.edu_1_ b@x.edu_1_ e@x.edu_1_",
    "prairielearn": "a@x.edu_hw_11_ b@x.edu_hw_12_ e@x.edu_hw_13_",
    "dropbox": "Ana~-~ Ben~-~ Eve~-~",
}


def notebook(text: str) -> str:
    cell = {"cell_type": "code", "source": text}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def homes(text: str) -> list[str]:
    return [home.replace("~", " ") for home in text.split()]


def answers(intake: Intake) -> dict[str, list[str]]:
    """Id → the code of every notebook that may be graded for it."""
    return {
        s.id: sorted(c.source for cells in (s.cells, *(o.cells for o in s.others)) for c in cells)
        for s in intake
    }


@pytest.mark.parametrize("platform", TREES)
def test_names_within_a_students_tree_say_nothing(tmp_path: Path, platform: str) -> None:
    ana, ben, eve = homes(TREES[platform])
    for home, text in ((ana, "ana"), (ben, "ben"), (eve, "eve")):
        put(tmp_path, f"{home}hw.ipynb", notebook(text))
        if platform == "submitty":
            put(tmp_path, f"{home}.submit.timestamp", "2026-06-09 14:25:00+0200")
    if platform == "gradescope":
        listed = "".join(f"submission_{n}: {{':submitters': [{{':sid': s{n}}}]}}\n" for n in (1, 2, 3))
        put(tmp_path, "submission_metadata.yml", listed)
    honest = answers(collect([tmp_path]))
    assert sorted(honest.values()) == [["ana"], ["ben"], ["eve"]]
    for n in range(20):  # many files give nobody more votes
        put(tmp_path, f"{eve}{ana}{n}.ipynb", notebook(f"forged {n}"))
        put(tmp_path, f"{eve}x/{MOODLE.format(name='Ben', n=2)}/{n}.py", "print(1)")
    put(tmp_path, f"{eve}x/.git/config", "")
    put(tmp_path, f"{eve}submission_metadata.yml", "submission_1: {':submitters': [{':sid': ben}]}")
    forged = answers(collect([tmp_path]))
    assert forged.keys() == honest.keys()
    for id, texts in honest.items():
        if texts != ["eve"]:
            assert forged[id] == texts


@pytest.mark.parametrize("platform", FLAT)
def test_names_within_a_students_archive_say_nothing(tmp_path: Path, platform: str) -> None:
    ana, ben, eve = homes(FLAT[platform])
    for home, text in ((ana, "ana"), (ben, "ben")):
        put(tmp_path, f"{home}hw.ipynb", notebook(text))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("hw.ipynb", notebook("eve"))
        for n in range(20):
            archive.writestr(f"{ana}{n}.ipynb", notebook(f"forged {n}"))
            archive.writestr(f"Ben_2_assignsubmission_file/{n}.ipynb", notebook(f"forged, too {n}"))
    (tmp_path / f"{eve}hw.zip").write_bytes(buffer.getvalue())
    found = answers(collect([tmp_path]))
    assert len(found) == 3
    assert [texts for texts in found.values() if len(texts) == 1] == [["ana"], ["ben"]]


def test_one_students_archive_does_not_make_a_platform_of_a_plain_class(tmp_path: Path) -> None:
    for name in ("ana", "ben"):
        put(tmp_path, f"{name}.ipynb", notebook(name))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n, name in enumerate(("ana", "ben")):
            archive.writestr(f"{name}_{n}_assignsubmission_file/hw.ipynb", notebook("forged"))
    (tmp_path / "eve.zip").write_bytes(buffer.getvalue())
    intake = collect([tmp_path])
    assert {s.id: s.student.id for s in intake} == {"ana": None, "ben": None, "eve": None}
    assert answers(intake)["ana"] == ["ana"]


def test_the_platforms_time_wins_over_a_students_file(tmp_path: Path) -> None:
    for n in (1, 2):
        put(tmp_path, f"class/S_{n}_assignsubmission_file/hw.ipynb", notebook("1"))
    put(tmp_path, "class/S_1_assignsubmission_file/timestamp.txt", "2026-01-01 00:00:00 UTC")
    assert [s.received_at for s in collect([tmp_path / "class"])] == [None, None]
    sheet = tmp_path / "Grades.csv"
    sheet.write_text('Identifier,Last modified (submission)\nParticipant 1,"9 June 2026, 2:25 PM"\n')
    assert [s.received_at for s in collect([tmp_path / "class", sheet])] == [
        datetime(2026, 6, 9, 14, 25),
        None,
    ]


def test_nbgraders_time_counts_where_nbgrader_puts_it(tmp_path: Path) -> None:
    put(tmp_path, "submitted/ana/hw/hw.ipynb", notebook("1"))
    put(tmp_path, "submitted/ana/hw/timestamp.txt", "2026-06-09 15:58:23 UTC")
    put(tmp_path, "submitted/ben/hw/sub/hw.ipynb", notebook("2"))
    put(tmp_path, "submitted/ben/hw/sub/timestamp.txt", "2026-01-01 00:00:00 UTC")
    assert [s.received_at for s in collect([tmp_path])] == [
        datetime(2026, 6, 9, 15, 58, 23, tzinfo=UTC),
        None,
    ]


def test_a_link_to_anothers_notebook_is_refused_in_an_export_too(tmp_path: Path) -> None:
    put(tmp_path, "Ana_1_assignsubmission_file/hw.ipynb", notebook("ana"))
    (tmp_path / "Eve_2_assignsubmission_file").mkdir()
    (tmp_path / "Eve_2_assignsubmission_file" / "hw.ipynb").symlink_to(
        "../Ana_1_assignsubmission_file/hw.ipynb"
    )
    found = {s.student.id: str(s.problem) for s in collect([tmp_path])}
    assert found["1"] == "None"
    assert "out of the student's own files" in found["2"]


# ------------------------------------------------------------------ ids and origins


@pytest.mark.parametrize("outer", ["monday", "tuesday/class (2)/hw4"])
def test_ids_come_from_what_tells_apart_and_never_from_the_folder_around(tmp_path: Path, outer: str) -> None:
    for name in ("Ana Ruiz", "Jan Novak", "Kim Berg"):
        put(tmp_path, f"{outer}/{name}/notebooks/hw4.ipynb", notebook(name))
        put(tmp_path, f"{outer}/{name}/README.md", "")
    intake = collect([tmp_path / outer.split("/", maxsplit=1)[0]])
    assert [(e.id, e.origin) for e in intake.entries] == [
        ("Ana_Ruiz", "folder:Ana Ruiz"),
        ("Jan_Novak", "folder:Jan Novak"),
        ("Kim_Berg", "folder:Kim Berg"),
    ]
    assert intake.leftovers == ()
    assert [(s.folder, [f.name for f in s.files]) for s in intake] == [("notebooks", ["README.md"])] * 3


def test_a_class_downloaded_again_with_renamed_files_is_the_same(tmp_path: Path) -> None:
    for day, file in (("mon", "hw4"), ("tue", "final version")):
        for name in ("Ana", "Ben"):
            put(tmp_path, f"{day}/{name}/{file} {name}.ipynb", notebook(day))
    first, second = (collect([tmp_path / day]) for day in ("mon", "tue"))
    assert [(e.id, e.origin) for e in first.entries] == [(e.id, e.origin) for e in second.entries]


def test_two_notebooks_of_one_student_in_folders_of_their_own(tmp_path: Path) -> None:
    for name in ("Ana Ruiz", "Jan Novak"):
        put(tmp_path, f"{name}/hw4.ipynb", notebook("%run net.ipynb"))
        put(tmp_path, f"{name}/net.ipynb", notebook("x = 1"))
    put(tmp_path, "Kim Berg/hw4.ipynb", notebook("x = 2"))
    found = collect([tmp_path])
    assert {s.id: [f.name for f in s.files] for s in found} == {
        "Ana_Ruiz": ["net.ipynb", "hw4.ipynb"],
        "Jan_Novak": ["net.ipynb", "hw4.ipynb"],
        "Kim_Berg": [],
    }


def test_folders_that_sort_are_no_students(tmp_path: Path) -> None:
    for path in ("late/mia", "late/tom", "group 2/ana", "group 2/ben", "group 2/cem"):
        put(tmp_path, f"{path}.ipynb", notebook(path))
    assert [s.id for s in collect([tmp_path])] == ["ana", "ben", "cem", "mia", "tom"]


def test_modules_and_tests_of_a_repository_are_no_submissions(tmp_path: Path) -> None:
    for name in ("Jan", "Ana"):
        put(tmp_path, f"{name}/notebooks/hw4.ipynb", notebook("from src.model import go"))
        for file in ("src/model.py", "src/__init__.py", "tests/test_model.py", "README.md", "setup.py"):
            put(tmp_path, f"{name}/{file}", "import src")
    assert [(s.id, s.folder, len(s.files)) for s in collect([tmp_path])] == [
        ("Ana", "notebooks", 5),
        ("Jan", "notebooks", 5),
    ]
    alone = collect([tmp_path / "Jan"])
    assert [(s.id, len(s.files)) for s in alone] == [("hw4", 5)]


def test_a_repository_of_scripts_is_one_submission(tmp_path: Path) -> None:
    put(tmp_path, "ana/hw.ipynb", notebook("1"))
    put(tmp_path, "ben/main.py", "import model")
    put(tmp_path, "ben/model.py", "x = 1")
    put(tmp_path, "cem/hw.ipynb", notebook("2"))
    assert [s.id for s in collect([tmp_path])] == ["ana", "ben", "cem"]
