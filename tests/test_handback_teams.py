"""A team hands in once: everybody in it gets the mark, and one member may get another."""

from __future__ import annotations

import csv
import zipfile

import pytest
from class_kit import RIGHT, make_notebook
from test_handback import ENGLISH, MOODLE, Office, office, worksheet  # noqa: F401

ROSTER = (
    "id,name,login,group\n501,Ana Ruiz,ar,Project Group 1\n502,Ben Weiß,bw,Project Group 1\n"
    "503,Cem Oez,co,Project Group 2\n504,Dora Li,dl,Project Group 2\n"
)
GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 4 (555)\n"
    "    Points Possible,,,,,10\n"
    '"Ruiz, Ana",501,s1,ar,A,\n"Weiß, Ben",502,s2,bw,A,\n"Oez, Cem",503,s3,co,A,\n"Li, Dora",504,s4,dl,A,\n'
)


@pytest.fixture
def canvas(office: Office) -> Office:  # noqa: F811
    """Two groups: the group's letters, the id of whoever handed in, the file's id.

    Read: instructure/canvas-lms, lib/content_zipper.rb (get_user_name takes the representative's sortable
    name, which is the group's; sanitize_file_name keeps letters, digits and underscores).
    """
    (office.folder / "people.csv").write_text(ROSTER, "utf-8")
    make_notebook(office.uploads / "projectgroup1_502_9001_hw.ipynb", RIGHT)
    make_notebook(office.uploads / "projectgroup2_LATE_503_9002_hw.ipynb", [1.25, 2.5, 9.0])
    roster = office.folder / "people.csv"
    assert (
        office("grade", office.uploads, "--out", office.out, "--rubric", office.rubric, "--roster", roster)
        == 0
    )
    return office


def test_canvass_own_list_of_a_group_set_is_a_roster(office: Office) -> None:  # noqa: F811
    """Read: instructure/canvas-lms, spec/apis/v1/group_categories_api_spec.rb (its columns)."""
    make_notebook(office.uploads / "projectgroup1_502_9001_hw.ipynb", RIGHT)
    people = office.folder / "groups.csv"
    people.write_text(
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        "Ana Ruiz,501,s1,ar,A,Project Group 1,9,\nBen Weiß,502,s2,bw,A,Project Group 1,9,\n"
        "Cem Oez,503,s3,co,A,Project Group 2,10,\nDora Li,504,s4,dl,A,Project Group 2,10,\n"
    )
    into = ("--out", office.out, "--rubric", office.rubric)
    assert office("grade", office.uploads, *into, "--roster", people) == 0, office.stderr
    assert "2 of the roster handed in nothing: Cem Oez, Dora Li" in office.stdout
    assert grades(office) == {"501": "10", "502": "10", "503": "", "504": ""}


def grades(office: Office) -> dict[str, str]:  # noqa: F811
    exported = office.folder / "gradebook.csv"
    exported.write_text(GRADEBOOK, "utf-8")
    assert office.export("canvas", "--list", exported, "--title", "Homework 4") == 0, office.stdout
    return {r["ID"]: r["Homework 4 (555)"] for r in office.rows("canvas", "gradebook.csv") if r["ID"]}


def test_canvas_every_member_of_a_group_gets_the_groups_mark(canvas: Office) -> None:
    assert "handed in nothing" not in canvas.stdout
    assert grades(canvas) == {"501": "10", "502": "10", "503": "3.33", "504": "3.33"}


def test_canvas_one_member_gets_another_mark(canvas: Office) -> None:
    taken = ("--member", "501", "--add=-4", "--reason", "did not take part", "--by", "lea")
    assert canvas("mark", canvas.out, "projectgroup1", *taken) == 0, canvas.stderr
    assert "-4 for 501 alone" in canvas.stdout
    assert grades(canvas) == {"501": "6", "502": "10", "503": "3.33", "504": "3.33"}
    with (canvas.out / "grades.csv").open(encoding="utf-8") as file:
        assert [r["members"] for r in csv.DictReader(file)] == ["501: 6", ""]
    assert canvas("mark", canvas.out, "projectgroup1", "--member", "503", *taken[2:]) == 2
    assert "503 is no member of projectgroup1; it has 501, 502" in canvas.stderr
    assert canvas("mark", canvas.out, "projectgroup1", *taken[:3], "--undo", *taken[-2:]) == 0
    assert grades(canvas)["501"] == "10"


def test_moodle_one_member_gets_another_mark_and_page(office: Office) -> None:  # noqa: F811
    office.grade(**MOODLE)
    sheet = worksheet(office.folder / "grades.csv", ENGLISH, "Participant ")
    taken = ("--member", "105", "--add=-4", "--reason", "did not take part", "--by", "lea")
    assert office("mark", office.out, "Gruppe_Ä", *taken) == 0, office.stderr
    assert office.export("moodle", "--list", sheet) == 0, office.stdout
    rows = {r["Identifier"]: r for r in office.rows("moodle", "grades.csv")}
    assert (rows["Participant 104"]["Grade"], rows["Participant 105"]["Grade"]) == ("10", "6")
    assert "did not take part" in rows["Participant 105"]["Feedback comments"]
    assert "did not take part" not in rows["Participant 104"]["Feedback comments"]
    with zipfile.ZipFile(office.made("moodle", "feedback.zip")) as archive:
        pages = {n: archive.read(n).decode() for n in archive.namelist() if "10" in n}
    told = [n.partition("_")[2][:3] for n, page in pages.items() if "did not take part" in page]
    assert told == ["105"]


def test_ilias_one_member_gets_a_page_of_their_own(office: Office) -> None:  # noqa: F811
    teams = ("Team 1/Anna_Müller_am12_101", "Team 1/Ben_Weiß_bw13_102")
    office.grade(**{f"Blatt 4/Abgaben/{name}/hw.ipynb": RIGHT for name in teams})
    taken = ("--member", "102", "--add=-4", "--reason", "did not take part", "--by", "lea")
    assert office("mark", office.out, "Team_1", *taken) == 0, office.stderr
    assert office.export("ilias") == 0
    with zipfile.ZipFile(office.made("ilias", "feedback.zip")) as archive:
        told = [n for n in archive.namelist() if "did not take part" in archive.read(n).decode()]
    assert [n.split("/")[1].rpartition("_")[2] for n in told] == ["102"]
