"""Exports of learning platforms: who handed in what, recognised by the names alone."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.intake import Intake, collect
from grader.intake.arrival import from_stamp
from grader.intake.worksheet import when
from grader.models import Submission

NOTEBOOK = json.dumps({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "1"}]})


def export(folder: Path, *names: str, **contents: str) -> Path:
    for name in (*names, *contents):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents.get(name, NOTEBOOK))
    return folder


def who(intake: Intake) -> dict[str, tuple[str | None, str | None, str | None]]:
    return {s.id: (s.student.id, s.student.name, s.student.group) for s in intake.submissions}


def flags(submission: Submission) -> list[str]:
    return [f.id for f in submission.flags]


# ------------------------------------------------------------------ one test per platform


def test_moodle_folders_with_duplicate_names_and_commas(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Anna Müller_101_assignsubmission_file/hw4.ipynb",
        "Anna Müller_102_assignsubmission_file_/sub/hw4.ipynb",
        "Anna Müller_102_assignsubmission_file_/data.csv",
        "Weiß, Ben_103_assignsubmission_file/hw.ipynb",
        "Weiß, Ben_103_assignsubmission_onlinetext/onlinetext.html",
        "a_b c_d_104_assignsubmission_file/x.ipynb",
        "Participant_105_assignsubmission_file/x.ipynb",
    )
    intake = collect([tmp_path])
    assert who(intake) == {
        "101-Anna_Müller": ("101", "Anna Müller", None),
        "102-Anna_Müller": ("102", "Anna Müller", None),
        "Participant_105": ("105", None, None),
        "Weiß_Ben": ("103", "Weiß, Ben", None),
        "a_b_c_d": ("104", "a_b c_d", None),
    }
    by_id = {s.student.id: s for s in intake}
    assert [f.name for f in by_id["102"].files] == ["data.csv"]
    assert [f.name for f in by_id["103"].files] == ["onlinetext.html"]
    assert intake.leftovers == ()


def test_a_worksheet_named_beside_the_export_says_when(tmp_path: Path) -> None:
    uploads = export(tmp_path / "class", *(f"S{i}_10{i}_assignsubmission_file/hw.ipynb" for i in range(3)))
    sheet = tmp_path / "Grades.csv"
    sheet.write_text(
        "\ufeffID,Vollständiger Name,Status,Bewertung,Zuletzt geändert (Abgabe)\n"
        'Teilnehmer/in100,S0,x,,"Dienstag, 9. Juni 2026, 14:26"\nTeilnehmer/in101,S1,x,,-\n'
    )
    times = [s.received_at for s in collect([uploads, sheet])]
    assert times == [datetime(2026, 6, 9, 14, 26), None, None]
    sheet.rename(uploads / "Grades.csv")
    intake = collect([uploads])
    assert [s.received_at for s in intake] == times
    assert intake.leftovers == ()


def test_a_worksheet_that_a_student_hands_in_says_nothing(tmp_path: Path) -> None:
    export(
        tmp_path,
        **{
            f"S_1_assignsubmission_file/{n}": c
            for n, c in (
                ("hw.ipynb", NOTEBOOK),
                ("Grades.csv", "ID,Last modified (submission)\n1,1 June 2020, 1:00\n"),
            )
        },
    )
    assert [s.received_at for s in collect([tmp_path])] == [None]


def test_moodle_flat(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Anna Müller_101_assignsubmission_file_my_hw_4.ipynb",
        "Anna Müller_101_assignsubmission_file_data.csv",
        "Ben_103_assignsubmission_file_7_assignsubmission_file_x.ipynb",
    )
    intake = collect([tmp_path])
    assert who(intake)["Anna_Müller"] == ("101", "Anna Müller", None)
    assert [f.name for f in intake.submissions[0].files] == ["data.csv"]


def test_canvas(tmp_path: Path) -> None:
    export(
        tmp_path,
        "mulleranna_101_9001_hw4.ipynb",
        "mulleranna_101_9002_data.csv",
        "weissben_LATE_102_9003_hw4-2.ipynb",
        "anon_103_9004_hw4.ipynb",
        "zoe_104_text.html",
    )
    intake = collect([tmp_path])
    assert who(intake) == {
        "anon_103": ("103", None, None),
        "mulleranna": ("101", "mulleranna", None),
        "weissben": ("102", "weissben", None),
        "zoe": ("104", "zoe", None),
    }
    by_id = {s.student.id: s for s in intake}
    assert by_id["102"].student.attempt == 3
    assert flags(by_id["102"]) == ["late"]
    assert str(by_id["104"].problem) == "no notebook among what was handed in (text.html)"
    assert [f.name for f in by_id["101"].files] == ["data.csv"]


def test_ilias_teams_hand_in_once(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Blatt 4/Abgaben/Team 1/Anna_Müller_am12_101/hw4.ipynb",
        "Blatt 4/Abgaben/Team 1/Ben_Weiß_bw13_102/data.csv",
        "Blatt 4/Abgaben/Team 2/Cem_van_der_Berg_cb_103/hw4.ipynb",
        "Blatt 4/Abgaben/Zoe_Li_zl_104/hw4.ipynb",
    )
    intake = collect([tmp_path])
    assert who(intake) == {
        "Team_1": ("101", "Anna Müller, Ben Weiß", "Team 1"),
        "Team_2": ("103", "Cem van der Berg", "Team 2"),
        "Zoe_Li": ("104", "Zoe Li", None),
    }
    assert intake.submissions[0].student.members == ("101", "102")
    assert [f.name for f in intake.submissions[0].files] == ["data.csv"]


def test_nbgrader_with_its_times(tmp_path: Path) -> None:
    export(
        tmp_path,
        "submitted/am12/hw4/hw4.ipynb",
        "submitted/bw13/hw4/hw4.ipynb",
        **{"submitted/am12/hw4/timestamp.txt": "2026-06-09 15:58:23.948203 UTC"},
    )
    for folder in (tmp_path, tmp_path / "submitted"):
        if folder.name == "submitted":
            export(folder, **{"bw13/hw4/timestamp.txt": "no time at all"})
        intake = collect([folder])
        assert who(intake) == {"am12": ("am12", None, None), "bw13": ("bw13", None, None)}
        times = [s.received_at for s in intake]
        assert times == [datetime(2026, 6, 9, 15, 58, 23, 948203, tzinfo=UTC), None]


def test_github_classroom(tmp_path: Path) -> None:
    export(tmp_path, *(f"hw4-submissions/hw4-{login}/hw.ipynb" for login in ("anna-m", "ben", "b-en")))
    assert who(collect([tmp_path])) == {x: (x, None, None) for x in ("anna-m", "ben", "b-en")}
    plain = export(tmp_path / "plain", "group-a/hw.ipynb", "group-b/hw.ipynb")
    assert {s.student.id for s in collect([plain])} == {None}
    (plain / "group-a" / ".git").mkdir()
    assert {s.student.id for s in collect([plain])} == {None}  # one clone says nothing of the others
    (plain / "group-b" / ".git").mkdir()
    assert {s.student.id for s in collect([plain])} == {"a", "b"}


def test_dropbox_and_a_pattern(tmp_path: Path) -> None:
    export(tmp_path, "Ana Ruiz - hw4.ipynb", "Li Wei - blatt - 4.ipynb", "Li Wei - data.csv")
    assert who(collect([tmp_path])) == {
        "Ana_Ruiz": (None, "Ana Ruiz", None),
        "Li_Wei": (None, "Li Wei", None),
    }
    export(tmp_path, "hw4 (Mia) 2.ipynb", "hw4 (Mia) 1.ipynb")
    found = collect([tmp_path], pattern="{file} ({name}) {attempt}.ipynb")
    assert [(s.id, s.student.name, s.student.attempt) for s in found if s.student.name] == [("Mia", "Mia", 2)]
    assert [flags(s) for s in found if s.id == "li_wei" or s.student.name is None] == [["no_student"]] * 2
    with pytest.raises(UsageError, match="fits no file here"):
        collect([tmp_path], pattern="{name}__{file}")
    with pytest.raises(UsageError, match=r"expected \{name\}"):
        collect([tmp_path], pattern="{surname} - {file}")


# ------------------------------------------------------------------ all platforms


def test_what_names_nobody_is_graded_and_listed(tmp_path: Path) -> None:
    export(
        tmp_path,
        *(f"S {i}_{i}_assignsubmission_file/hw.ipynb" for i in range(4)),
        "stray.ipynb",
        "Grades.csv",
    )
    intake = collect([tmp_path])
    stray = next(s for s in intake if s.student.id is None)
    assert (stray.id, flags(stray)) == ("stray", ["no_student"])
    assert [(x.path, x.reason) for x in intake.leftovers] == [
        ("Grades.csv", "its name does not say whose it is")
    ]


def test_from_insists(tmp_path: Path) -> None:
    export(tmp_path, "anna_101_9001_hw4.ipynb", *(f"{i}.ipynb" for i in range(5)))
    assert {s.student.id for s in collect([tmp_path])} == {None}
    assert {s.student.id for s in collect([tmp_path], insist="canvas")} == {None, "101"}
    assert {s.student.id for s in collect([tmp_path], insist="folder")} == {None}
    with pytest.raises(UsageError, match=r"--from moodle fits no file here, for example 0\.ipynb"):
        collect([tmp_path], insist="moodle")


def several(folder: Path) -> Path:
    export(folder, *(f"Anna_1_assignsubmission_file/{n}.ipynb" for n in ("old", "new", "scratch")))
    for age, name in enumerate(("new", "scratch", "old")):
        path = folder / "Anna_1_assignsubmission_file" / f"{name}.ipynb"
        path.write_text(NOTEBOOK.replace('"1"', f'"{age}"'))
        os.utime(path, (1e9 - age, 1e9 - age))
    return folder


def test_of_several_notebooks_all_are_read_the_newest_first(tmp_path: Path) -> None:
    (only,) = collect([several(tmp_path)]).submissions
    home = "Anna_1_assignsubmission_file"
    assert only.path == f"{home}/new.ipynb"
    assert [o.path for o in only.others] == [f"{home}/scratch.ipynb", f"{home}/old.ipynb"]
    assert sorted(f.name for f in only.files) == ["new.ipynb", "old.ipynb", "scratch.ipynb"]


def test_copies_of_one_notebook_leave_nothing_to_choose(tmp_path: Path) -> None:
    names = ("Team 1/Anna_Muel_amuel_201", "Team 1/Ben_Weiss_bweiss_202", "Team 2/Cem_Oez_coez_203")
    (one, _) = collect([export(tmp_path, *(f"Blatt/Abgaben/{n}/hw.ipynb" for n in names))]).submissions
    assert (one.student.members, one.flags) == (("201", "202"), ())


def test_or_the_one_that_the_rubric_names(tmp_path: Path) -> None:
    (only,) = collect([several(tmp_path)], prefer=["Scratch*"]).submissions
    assert only.path.endswith("/scratch.ipynb")
    assert only.others == ()
    (both,) = collect([tmp_path], prefer=["old*", "new*"]).submissions
    assert (both.path.rpartition("/")[2], [o.name for o in both.others], both.together) == (
        "old.ipynb",
        ["new.ipynb"],
        True,
    )


def test_a_later_attempt_beats_a_later_file(tmp_path: Path) -> None:
    export(tmp_path, "anna_1_90_a.ipynb", "anna_1_80_b.ipynb", "ben_2_70_c.ipynb")
    os.utime(tmp_path / "anna_1_90_a.ipynb", (1, 1))
    assert [s.path for s in collect([tmp_path])] == ["anna_1_90_a.ipynb", "ben_2_70_c.ipynb"]


def test_a_script_is_graded_as_a_notebook_and_flagged(tmp_path: Path) -> None:
    export(
        tmp_path,
        **{
            "Anna_1_assignsubmission_file/hw.py": "# %% [markdown]\n# Hi\n# %%\nx = 1\n# %%\nprint(x)\n",
            "Ben_2_assignsubmission_file/hw.py": "import math\n\ndef f():\n\n    return 1\n\nprint(f())\n",
            "Cem_3_assignsubmission_file/hw.py": "",
            "Dora_4_assignsubmission_file/hw.ipynb": NOTEBOOK,
            "Dora_4_assignsubmission_file/helper.py": "x = 1",
        },
    )
    anna, ben, cem, dora = collect([tmp_path]).submissions
    assert [(c.kind, c.source) for c in anna.cells] == [
        ("markdown", "Hi"),
        ("code", "x = 1"),
        ("code", "print(x)"),
    ]
    assert flags(anna) == ["script"]
    assert [c.source for c in ben.cells] == ["import math", "def f():\n\n    return 1", "print(f())"]
    assert str(cem.problem) == "the file is empty"
    assert [f.name for f in dora.files] == ["helper.py"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_a_script_that_windows_shell_wrote(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes("x = 'ü'\n".encode(encoding))
    (found,) = collect([tmp_path / "a.py"])
    assert [c.source for c in found.cells] == ["x = 'ü'"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "unheard-of"])
def test_a_script_says_its_encoding(encoding: str, tmp_path: Path) -> None:
    code = f"#!/usr/bin/python\n# -*- coding: {encoding} -*-\nx = 'ü'\n"
    (tmp_path / "a.py").write_bytes(code.encode("cp1252" if encoding == "unheard-of" else encoding))
    (found,) = collect([tmp_path / "a.py"])
    assert found.cells[-1].source.splitlines()[-1] == "x = 'ü'"


def test_a_script_named_by_hand_or_in_a_folder_of_its_own(tmp_path: Path) -> None:
    export(tmp_path, **{"anna.py": "print(1)", "ben/hw.py": "print(2)"})
    assert [(s.id, flags(s)) for s in collect([tmp_path])] == [("anna.py", ["script"]), ("hw.py", ["script"])]
    assert [s.id for s in collect([tmp_path / "anna.py"])] == ["anna.py"]


def test_a_resubmission_in_a_newer_download_is_the_same_upload(tmp_path: Path) -> None:
    monday = export(tmp_path / "monday", "Anna_1_assignsubmission_file/hw.ipynb")
    tuesday = export(tmp_path / "tuesday", "Anna_1_assignsubmission_file/hw v2.ipynb")
    (first,), (second,) = collect([monday]).entries, collect([tuesday]).entries
    assert (first.id, first.origin) == (second.id, second.origin)
    assert first.fingerprint() != second.fingerprint()


def test_of_a_file_with_a_terabyte_of_holes_nothing_is_read(tmp_path: Path) -> None:
    folder = export(tmp_path, "Anna_1_assignsubmission_file/hw.ipynb") / "Anna_1_assignsubmission_file"
    with (folder / "data.csv").open("wb") as file:
        file.truncate(1 << 40)
    (found,) = collect([tmp_path]).entries
    assert found.fingerprint() and not found.read().files


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-06-09 15:58:23 UTC", datetime(2026, 6, 9, 15, 58, 23, tzinfo=UTC)),
        ("2026-06-09 15:58:23 +0200", datetime(2026, 6, 9, 13, 58, 23, tzinfo=UTC)),
        ("2026-06-09T15:58:23", datetime(2026, 6, 9, 15, 58, 23)),
        ("2026-13-09 15:58:23 UTC", None),
        ("2026-06-09 15:58:23 Nowhere/City", None),
        ("x" * 10_000, None),
    ],
)
def test_time_stamps(text: str, time: datetime | None) -> None:
    assert from_stamp(text) == time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Tuesday, 9 June 2026, 2:25 PM", datetime(2026, 6, 9, 14, 25)),
        ("Dienstag, 9. Juni 2026, 14:25", datetime(2026, 6, 9, 14, 25)),
        ("Sonntag, 1. März 2026, 00:05", datetime(2026, 3, 1, 0, 5)),
        ("Donnerstag, 8. Jänner 2026, 9:05", datetime(2026, 1, 8, 9, 5)),
        ("12 December 2026, 12:01 AM", datetime(2026, 12, 12, 0, 1)),
        ("mardi 9 juin 2026, 14:25", datetime(2026, 6, 9, 14, 25)),
        ("martes, 9 de junio de 2026, 14:25", datetime(2026, 6, 9, 14, 25)),
        ("wtorek, 10 listopada 2026, 14:25", datetime(2026, 11, 10, 14, 25)),
        ("вторник, 9 июня 2026, 14:25", datetime(2026, 6, 9, 14, 25)),
        ("terça-feira, 9 de junho de 2026 às 14:25", datetime(2026, 6, 9, 14, 25)),
        ("2026年6月9日(火) 14:25", datetime(2026, 6, 9, 14, 25)),
        ("-", None),
        ("31 February 2026, 1:00", None),
    ],
)
def test_times_in_words(text: str, time: datetime | None) -> None:
    assert when(text) == time


def test_whoever_handed_in_nothing_that_can_be_read_is_in_the_class(tmp_path: Path) -> None:
    folder = export(
        tmp_path / "class",
        "Anna_1_assignsubmission_file/hw.ipynb",
        "Ben_2_assignsubmission_file/.ipynb_checkpoints/hw-checkpoint.ipynb",
        "Cem_3_assignsubmission_file/.DS_Store",
    )
    (folder / "Dora_4_assignsubmission_file").mkdir()
    expected = {
        "1": None,
        "2": "nothing was handed in but hidden files (.ipynb_checkpoints)",
        "3": "nothing was handed in but hidden files (.DS_Store)",
        "4": "nothing was handed in",
    }
    assert {s.student.id: s.problem and str(s.problem) for s in collect([folder])} == expected
    archive = Path(shutil.make_archive(str(tmp_path / "export"), "zip", folder))
    assert {s.student.id: s.problem and str(s.problem) for s in collect([archive])} == expected


def test_a_thousand_refused_files_are_counted_not_listed(tmp_path: Path) -> None:
    folder = export(tmp_path, "Anna_1_assignsubmission_file/hw.ipynb", "Ben_2_assignsubmission_file/x.ipynb")
    for i in range(1000):
        (folder / "Anna_1_assignsubmission_file" / f"{i:03}.rar").write_text("Rar!")
    messages = [f.message for f in collect([folder]).submissions[0].flags]
    assert len(messages) == 11
    assert messages[-1] == "990 more files were left out."
