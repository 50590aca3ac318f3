"""What platforms take back: what was published and nothing else, by page and by API; in both databases."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from service_kit import Browser, World

from grader.service.exports import FORMATS, LEFT

WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\r\n"
    "Participant 77,Anna K,a@example.org,Submitted,,100.00,Yes,-,-,\r\n"
    "Participant 78,Bea,b@example.org,Submitted,,100.00,Yes,-,-,\r\n"
)


def archive(answer: Any) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        return {n: found.read(n) for n in found.namelist()}


def export(teacher: Browser, to: str, listing: tuple[str, str] | None = None) -> Any:
    data = {"csrf": teacher.form("/me")["csrf"], "to": to}
    files = {"listing": listing} if listing else None
    return teacher.client.post("/teach/tiny/export", data=data, files=files)


@pytest.fixture
def published(world: World) -> tuple[World, Browser, Browser]:
    """Anna was given 100 points; Bea's wait for a person."""
    teacher = world.person("teacher", "Tea")
    page = teacher.post("/course/course/people", people="Anna K; 77\nBea; 78\n", role="student")
    links = re.findall(r"(/invited/[\w-]+)", page.text)
    anna, bea = Browser(world.client()), Browser(world.client())
    for browser, link in zip((anna, bea), links, strict=True):
        browser.client.post(link)
    world.report_of(anna.attempt())
    world.report_of(bea.attempt(), "open")
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    return world, teacher, anna


def test_moodles_worksheet_comes_back_filled_in(published: tuple[World, Browser, Browser]) -> None:
    _, teacher, _ = published
    made = archive(export(teacher, "moodle", ("Grades.csv", WORKSHEET)))
    rows = made["Grades.csv"].decode().splitlines()
    assert "77,Anna K,a@example.org,Submitted,100,100.00" in rows[1].replace('"', "")
    assert "Submitted,,100.00" in rows[2].replace('"', ""), "nobody gets a grade while points wait"
    assert "Bea: nothing was published yet" in made[LEFT].decode()
    with zipfile.ZipFile(io.BytesIO(made["feedback.zip"])) as feedback:
        (name,) = feedback.namelist()
        assert name == "Anna K_77_assignsubmission_file/feedback.html"
        assert "Homework 9" in feedback.read(name).decode()


@pytest.mark.parametrize("to", FORMATS)
def test_every_platform_gets_what_was_published_and_no_more(
    published: tuple[World, Browser, Browser], to: str
) -> None:
    world, teacher, anna = published
    before = archive(export(teacher, to))
    assert any(n != LEFT and d for n, d in before.items())
    later = anna.attempt()
    world.report_of(later, "open")  # a newer attempt counts now, and was not published
    after = archive(export(teacher, to))
    assert "Anna K: changed since it was published" in after[LEFT].decode()
    assert b"Anna" not in b"".join(n.encode() + d for n, d in after.items() if n != LEFT)


def test_who_may_and_what_is_refused(published: tuple[World, Browser, Browser]) -> None:
    world, teacher, anna = published
    assert export(anna, "moodle").status_code == 404
    assert export(world.person("assistant", "Lea"), "moodle").status_code == 404
    assert export(teacher, "ftp").status_code == 422
    wrong = export(teacher, "moodle", ("../../Grades.csv", "a,b\n1,2\n"))
    assert wrong.status_code == 422 and "no grading worksheet" in wrong.text
    no_form = teacher.client.post("/teach/tiny/export", data={"to": "moodle"})
    assert no_form.status_code == 403


def test_scripts_of_teachers_have_it_too(published: tuple[World, Browser, Browser]) -> None:
    world, teacher, anna = published

    def script(who: Browser) -> Any:
        token = re.search(r"(grader_[\w-]+)", who.post("/me/tokens", name="x").text)
        assert token
        client = world.client()
        client.headers["Authorization"] = f"Bearer {token[1]}"
        return client

    made = archive(
        script(teacher).post("/api/v1/assignments/tiny/export/canvas", data={"title": "HW 9 (12)"})
    )
    assert "HW 9 (12)" in made["gradebook.csv"].decode()
    assert script(anna).post("/api/v1/assignments/tiny/export/canvas").status_code == 404
