"""What pages of the service say first: whom it is about, what waits, who did what; one course for all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from service_kit import Browser, World, make_world
from test_service_course import mark, publish_all

from grader.service.pages import when, when_briefly
from grader.service.rules import Phase
from grader.service.shown import CheckState
from grader.service.standing import State


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Ann has points that wait, Bea is graded and asks, Cem handed in nothing, Dan never came."""
    folder: Path = tmp_path_factory.mktemp("pages")
    world = make_world(folder / "data")
    people: dict[str, object] = {"world": world, "teacher": world.person("teacher", "Tea")}
    for name, section in (("Ann Lee", "A"), ("Bea Ko", "B"), ("Cem Öz", "A")):
        people[name] = world.person("student", name, section)
    teacher, ann, bea = people["teacher"], people["Ann Lee"], people["Bea Ko"]
    assert isinstance(teacher, Browser) and isinstance(ann, Browser) and isinstance(bea, Browser)
    teacher.post("/course/course/people", people="Dan Poe; 77; B")
    people["upload"] = ann.attempt()
    world.report_of(str(people["upload"]), "open")
    world.report_of(bea.attempt())
    publish_all(teacher)
    bea.post("/a/tiny/inquiries", text="Why?")
    teacher.post("/teach/tiny/extensions", person="4", due="2026-06-20T10:00", reason="ill")
    yield people
    world.database.close()


def rows(page: str) -> list[str]:
    """The names in a page's table."""
    return re.findall(r"<td><bdi>(.*?)</bdi>", page)


def see(course: dict[str, object], who: str, address: str) -> str:
    person = course[who]
    assert isinstance(person, Browser)
    return str(person.client.get(address).text)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["Ann Lee", "Bea Ko", "Cem Öz", "Dan Poe"]),
        ("?show=open", ["Ann Lee"]),
        ("?show=graded", ["Bea Ko"]),
        ("?show=nothing", ["Cem Öz", "Dan Poe"]),
        ("?show=nothing&section=B", ["Dan Poe"]),
        ("?show=published", ["Bea Ko"]),
        ("?find=%20ko%20BEA", ["Bea Ko"]),
        ("?find=77", ["Dan Poe"]),
        ("?find=nobody", []),
        ("?show=no-such", ["Ann Lee", "Bea Ko", "Cem Öz", "Dan Poe"]),
    ],
)
def test_the_class_page_shows_whom_one_asks_for(
    course: dict[str, object], wanted: str, found: list[str]
) -> None:
    page = see(course, "teacher", f"/teach/tiny{wanted}")
    assert rows(page) == found
    assert ("Nobody of the class is like that." in page) == (not found)
    assert "2 / 4" in page, "the numbers are the whole class's"


def test_the_first_page_says_what_waits_for_whoever_looks(course: dict[str, object]) -> None:
    world = course["world"]
    assert isinstance(world, World)
    own = world.person("assistant", "Lea", "A").client.get("/").text
    assert "2 of 4 handed in" in see(course, "teacher", "/") and "1 open question<" in see(
        course, "teacher", "/"
    )
    assert "1 of 2 handed in" in own and "1 waits for a person" in own and "open question<" not in own
    assert "waits for a person" not in see(course, "Ann Lee", "/")


def test_the_roster_says_who_never_signed_in_and_finds_people(course: dict[str, object]) -> None:
    page = see(course, "teacher", "/course/course/roster")
    assert "1 has never signed in" in page and "4 students" in page
    assert page.index("Add people") < page.index("Ann Lee"), "a class of hundreds is not scrolled through"
    assert rows(see(course, "teacher", "/course/course/roster?find=77")) == ["Dan Poe"]


def test_the_audit_names_people_and_writes_times_out(course: dict[str, object]) -> None:
    page = see(course, "teacher", "/course/course/audit")
    assert "person Cem Öz (4), tiny: until Sat, 20 Jun 2026, 10:00 CEST" in page
    added = next(line for line in page.split("<tr>") if "Dan Poe" in line)
    assert "Tea" in added and "by command" not in added, "who added whom over the page"
    only = see(course, "teacher", "/course/course/audit?what=published")
    assert "published</td>" in only and "handed in</td>" not in only


def test_what_was_saved_is_said(course: dict[str, object]) -> None:
    teacher, world = course["teacher"], course["world"]
    assert isinstance(teacher, Browser) and isinstance(world, World)
    answer = teacher.client.post(
        "/teach/tiny/dates",
        data=teacher.form("/teach/tiny/dates") | {"due": "2026-06-05T14:00"},
        follow_redirects=False,
    )
    assert answer.headers["location"].endswith("/dates#done")
    assert 'id="done" tabindex="-1">Saved.' in see(course, "teacher", "/teach/tiny/dates")


def test_a_student_reads_first_which_attempt_counts(course: dict[str, object]) -> None:
    page = see(course, "Ann Lee", "/a/tiny")
    assert page.index("Attempt 1 is here and counts.") < page.index("Your notebook")
    assert "Nothing handed in yet." in see(course, "Cem Öz", "/a/tiny")


def test_a_question_shows_what_was_given_and_leads_to_the_students_answers(course: dict[str, object]) -> None:
    page = see(course, "teacher", "/inquiries/tiny")
    assert "100 points given out" in page and re.search(r'href="/desk/tiny/#\w+"', page)


def test_zones_have_the_names_of_the_readers_language(course: dict[str, object]) -> None:
    world = course["world"]
    assert isinstance(world, World)
    moment = world.clock()
    assert when(moment, "de", "Europe/Berlin").endswith("14:00 MESZ")
    assert when(moment, "en", "Europe/Berlin").endswith("14:00 CEST")
    assert when(moment, "de", "America/New_York").endswith("08:00 EDT")
    assert (when_briefly(moment, "en", "Europe/Berlin"), when_briefly(moment, "de", "Europe/Berlin")) == (
        "1 Jun 2026, 14:00",
        "1. Juni 2026, 14:00",
    )


def test_a_mark_in_the_audit_says_whose_work_it_is(course: dict[str, object]) -> None:
    world, upload = course["world"], str(course["upload"])
    assert isinstance(world, World)
    assert mark(world.person("assistant", "Max"), upload, 7).status_code == 200
    page = see(course, "teacher", "/course/course/audit?what=marked")
    assert f"7 points for same, Ann Lee ({upload})" in page


def test_nothing_that_a_page_says_of_a_state_hides_it() -> None:
    """A class of the style sheet that hides is given by no state's name."""
    style = (files("grader.service") / "static" / "service.css").read_text("utf-8")
    hidden = set(re.findall(r"(?m)\.([\w-]+) \{ display: none", style))
    states = {*get_args(CheckState), *get_args(State), *get_args(Phase)}
    assert hidden and not hidden & states
