"""What real exports hold besides the textbook case: nobody is merged with another, nobody is dropped."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from test_intake_platforms import NOTEBOOK, export, flags, who

from grader.intake import collect

# ------------------------------------------------------------------ names that only look like a platform's


@pytest.mark.parametrize(
    "files",
    [
        ("hw4_2023_11_anna.ipynb", "hw4_2023_11_ben.ipynb"),
        ("homework_4_12345_anna.ipynb", "homework_4_12346_ben.ipynb"),
        ("group_1_101_anna.ipynb", "group_1_102_ben.ipynb", "group_2_103_cem.ipynb"),
        ("DL - hw4 - Anna.ipynb", "DL - hw4 - Ben.ipynb"),
        ("hw4 - Anna.ipynb", "HW4 - Ben.ipynb", "hw4 - Cem.ipynb"),
        ("sheet_4_anna_7/hw.ipynb", "sheet_4_ben_8/hw.ipynb"),
        ("a_b_anna_7/hw.ipynb", "c_d_ben_7/hw.ipynb"),
    ],
)
def test_what_all_names_share_is_no_students_name(tmp_path: Path, files: tuple[str, ...]) -> None:
    found = collect([export(tmp_path, *files)]).submissions
    assert len(found) == len(files)
    assert all(s.student.id is None and s.student.name is None and not s.flags for s in found)


def test_whoever_insists_is_believed(tmp_path: Path) -> None:
    export(tmp_path, "hw4 - Anna.ipynb", "hw4 - Ben.ipynb")
    assert len(collect([tmp_path], insist="dropbox").submissions) == 1


# ------------------------------------------------------------------ Moodle


def test_moodle_whoever_is_in_no_team_hands_in_for_the_default_group(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Default group_assignsubmission_file/hw.ipynb",
        "Gruppe A_12_assignsubmission_file/hw.ipynb",
    )
    assert who(collect([tmp_path])) == {
        "Default_group": (None, "Default group", None),
        "Gruppe_A": ("12", "Gruppe A", None),
    }


def test_moodle_a_file_downloaded_from_moodle_and_handed_in_again(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Anna_12_assignsubmission_file_Ben_7_assignsubmission_file_hw.ipynb",
        "Ben_7_assignsubmission_file_hw.ipynb",
    )
    assert who(collect([tmp_path])) == {"Anna": ("12", "Anna", None), "Ben": ("7", "Ben", None)}


def test_names_from_a_mac_are_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Jörg Müller_12_assignsubmission_file/hw.ipynb")
    assert who(collect([export(tmp_path, apart)])) == {"Jörg_Müller": ("12", "Jörg Müller", None)}


# ------------------------------------------------------------------ Canvas


def test_canvas_names_keep_underscores_and_links_are_somebodys(tmp_path: Path) -> None:
    export(
        tmp_path,
        "van_derberg_12_34_hw.ipynb",
        "ruiz7_LATE_13_35_a_b_1_2.ipynb",
        "li_14_link.html",
        "x_LATE_15_text.html",
        "LATE_anon_9aF3_36_hw.ipynb",
    )
    assert who(collect([tmp_path])) == {
        "anon_9aF3": ("9aF3", None, None),
        "li": ("14", "li", None),
        "ruiz7": ("13", "ruiz7", None),
        "van_derberg": ("12", "van_derberg", None),
        "x": ("15", "x", None),
    }


# ------------------------------------------------------------------ ILIAS, nbgrader


def test_ilias_persons_at_the_top_and_files_marked_late(tmp_path: Path) -> None:
    export(
        tmp_path,
        "Ruiz_Ana_aruiz_317/hw.ipynb",
        "Weiss_Ben_bw_318/Verspaetete Abgabe - hw.ipynb",
        "Li_Zoe_zl_319/Late Submission - hw.ipynb",
    )
    found = {s.student.id: (s.student.name, flags(s)) for s in collect([tmp_path])}
    assert found == {
        "317": ("Ruiz Ana", []),
        "318": ("Weiss Ben", ["late"]),
        "319": ("Li Zoe", ["late"]),
    }


def test_nbgrader_two_assignments_are_two_submissions(tmp_path: Path) -> None:
    export(
        tmp_path,
        "submitted/anna/ps1/p.ipynb",
        "submitted/anna/ps2/p.ipynb",
        "submitted/ben/ps2/p.ipynb",
        **{"submitted/anna/ps1/timestamp.txt": "2026-06-09 15:58:23 UTC"},
    )
    found = {s.id: (s.student.id, s.received_at is not None, flags(s)) for s in collect([tmp_path])}
    assert found == {
        "anna-ps1": ("anna", True, []),
        "anna-ps2": ("anna", False, []),
        "ben-ps2": ("ben", False, []),
    }


# ------------------------------------------------------------------ files under another name


@pytest.mark.parametrize("name", ["hw", "hw.json", "hw.txt", "hw.ipynb (1)", "hw.ipynb.crdownload"])
def test_a_notebook_under_another_name_is_read_and_flagged(tmp_path: Path, name: str) -> None:
    home = "Anna_12_assignsubmission_file"
    export(tmp_path, **{f"{home}/{name}": NOTEBOOK, f"{home}/data.json": '{"cells": 3}'})
    (found,) = collect([tmp_path])
    assert found.problem is None
    assert flags(found) == ["renamed"]
    assert [f.name for f in found.files] == ["data.json"]


def test_a_notebook_by_name_comes_before_one_by_content(tmp_path: Path) -> None:
    home = "Anna_12_assignsubmission_file"
    export(tmp_path, f"{home}/hw.ipynb", f"{home}/old.json")
    (found,) = collect([tmp_path])
    assert (found.path, found.flags) == (f"{home}/hw.ipynb", ())
