"""A whole course as people live it: real browsers, `grader serve` as it is started, real kernels, a platform.

The teacher sets up and invites; students hand in, some again, some late, some what nobody can read,
one without scripts, one from the learning platform; self-checks come; two assistants mark at once; the
teacher publishes and exports; a student asks, an assistant answers; the grade stands at the platform.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pytest
import rabbit_kit
from playwright.sync_api import Browser, Page, expect
from service_kit import fresh_database
from test_report_browser import browser  # noqa: F401
from test_service_browser import Person
from test_service_providers import LTI, Campus, running
from test_service_serve import SUBMISSIONS, Served, found, until

pytestmark = pytest.mark.kernel
NOTEBOOKS = sorted(SUBMISSIONS.glob("*.ipynb"))
BERLIN = ZoneInfo("Europe/Berlin")
PATIENCE_MS = 120_000
CHANGED = (
    "b => document.querySelector('#counted').innerText + document.querySelector('#message').innerText !== b"
)


@dataclass
class Course:
    """A served course with a platform. students: in how many browsers of their own."""

    served: Served
    campus: Campus
    students: int
    links: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.served.base


@contextlib.contextmanager
def made(folder: Path, address: str | None, broker: str | None, students: int) -> Iterator[Course]:
    campus = Campus()
    data = folder / "data"
    with running(campus.app()) as platform:
        campus.address = platform
        found(data, address)
        settings = {"issuer": platform, "client_id": "tool", "authorize": f"{platform}/authorize"}
        settings |= {"token": f"{platform}/token", "keys": f"{platform}/keys", "course": "dl"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (data / "settings.toml").write_text("[[lti]]\ndeployments = ['d1']\n" + "\n".join(lines) + "\n")
        served = Served(data, address)
        served.start(*(["--broker", broker] if broker else []))
        try:
            campus.tool_keys = httpx.get(f"{served.base}/lti/jwks").text
            yield Course(served, campus, students)
        finally:
            served.kill()


@pytest.fixture(
    params=[
        pytest.param(("sqlite", 5), id="sqlite, a slice"),
        pytest.param(("sqlite", 30), id="sqlite, thirty", marks=pytest.mark.slow),
        pytest.param(("postgresql and rabbitmq", 30), id="postgresql and rabbitmq", marks=pytest.mark.slow),
    ]
)
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Course]:
    where, students = request.param
    if where == "sqlite":
        with made(tmp_path, None, None, students) as one:
            yield one
        return
    address = fresh_database(request.getfixturevalue("postgres_address"))
    with (
        rabbit_kit.running(tmp_path / "rabbit") as rabbit,
        rabbit_kit.worker(rabbit.worker, tmp_path / "worker.log"),
        made(tmp_path, address, rabbit.head, students) as one,
    ):
        yield one


def test_a_whole_course(browser: Browser, course: Course, tmp_path: Path) -> None:  # noqa: F811
    teacher = Person(browser, viewport={"width": 1280, "height": 900})
    set_up(course, teacher.page)
    ada = launched(browser, course)
    everybody = [ada, *(joined(browser, course, n) for n in range(course.students - 1))]

    broken = tmp_path / "hw4.ipynb"
    broken.write_bytes(b'{"cells": [')
    for n, one in enumerate(everybody):
        hand_in(one.page, course, broken if n % 5 == 2 else NOTEBOOKS[n % len(NOTEBOOKS)])
    again = everybody[2]  # what nobody could read, and then what it should have been
    expect(again.page.get_by_text("This can’t be read as a notebook")).to_be_visible(timeout=PATIENCE_MS)
    hand_in(again.page, course, NOTEBOOKS[2])
    expect(again.page.get_by_role("heading", name="Attempt 2")).to_be_visible()

    now_due(course, teacher.page)
    late = everybody[3]
    hand_in(late.page, course, NOTEBOOKS[3])
    expect(late.page.locator(".chip", has_text="late")).to_be_visible()

    for n, one in enumerate(everybody):
        told = "This can’t be read" if n % 5 == 2 and one is not again else "found."
        expect(one.page.locator("#check")).to_contain_text(told, timeout=PATIENCE_MS)
    unread = sum(n % 5 == 2 for n in range(course.students)) - 1

    page = teacher.page
    page.goto(f"{course.base}/teach/hw4")
    handed_in = page.locator(".tiles li", has_text="handed in").locator("strong")
    expect(handed_in).to_have_text(f"{course.students} / {course.students}")
    in_work = page.locator(".tiles li", has_text="in work").locator("strong")
    expect(in_work).to_have_text("0", timeout=PATIENCE_MS)  # nobody reloads

    two_mark(browser, course)
    page.goto(f"{course.base}/teach/hw4/publish")
    page.get_by_role("button", name=f"Publish {course.students - unread} reports").click()
    expect(page.get_by_text("There is nothing new to give out.")).to_be_visible()
    exported(course, page, course.students)

    asks(browser, course, everybody[1].page)
    until(lambda: course.campus.scores)
    (score,) = course.campus.scores
    shown = everybody[0].page
    shown.goto(f"{course.base}/a/hw4")
    assert float(shown.locator(".score .big").inner_text()) == score["scoreGiven"]
    assert score["userId"] == "s1" and score["gradingProgress"] == "FullyGraded"
    assert all(one.said == [] for one in (teacher, *everybody))


def set_up(course: Course, page: Page) -> None:
    """Follow the printed invitation, invite students and two assistants."""
    page.goto(course.served.invitation.replace("http://127.0.0.1:8000", course.base))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="People").click()
    names = [f"Student {n}; 10{n:02}; {'AB'[n % 2]}" for n in range(course.students - 1)]
    page.get_by_label("One a line: name").fill("\n".join(names))
    page.get_by_role("button", name="Make a link for each").click()
    pasted = page.get_by_label("One a line, to be pasted").input_value()
    course.links |= dict(line.split("\t") for line in pasted.splitlines() if line)
    for name in ("Lea", "Max"):
        page.get_by_label("One a line: name").fill(name)
        page.locator("#role").select_option("assistant")
        page.get_by_role("button", name="Make a link for each").click()
        course.links[name] = page.locator(".secret code").inner_text()
    assert len(course.links) == course.students + 1


def launched(browser: Browser, course: Course) -> Person:  # noqa: F811
    """A student whom the platform sends; what its form posts is posted for the browser."""
    target = {f"{LTI}target_link_uri": f"{course.base}/a/hw4"}
    with httpx.Client(base_url=course.base, follow_redirects=True) as client:
        assert "Ada L." in course.campus.launch(client, **target).text
        cookies = dict(client.cookies)
    ada = Person(browser, viewport={"width": 390, "height": 800})
    ada.context.add_cookies([{"name": n, "value": v, "url": course.base} for n, v in cookies.items()])
    return ada


def joined(browser: Browser, course: Course, n: int) -> Person:  # noqa: F811
    """A student with a link; the first has no scripts, the others a phone or a desk."""
    shape: dict[str, Any] = {"viewport": {"width": (390, 1280)[n % 2], "height": 900}}
    one = Person(browser, java_script_enabled=n > 0, **shape)
    one.page.goto(course.links[f"Student {n}"])
    one.page.get_by_role("button", name="Sign in").click()
    return one


def hand_in(page: Page, course: Course, path: Path) -> None:
    page.goto(f"{course.base}/a/hw4")
    page.get_by_label("Your notebook").set_input_files(path)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Received")).to_be_visible(timeout=30_000)


def now_due(course: Course, page: Page) -> None:
    """What comes from now on is late."""
    page.goto(f"{course.base}/teach/hw4/dates")
    page.get_by_label("Due").first.fill(
        (datetime.now(BERLIN) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    )
    page.get_by_role("button", name="Set the dates").click()
    expect(page.get_by_role("heading", name="Extensions")).to_be_visible()
    time.sleep(0.1)


def two_mark(browser: Browser, course: Course) -> None:  # noqa: F811
    """Both see the same first thing; one is told that the other was faster; together they settle all."""
    desks = []
    for name in ("Lea", "Max"):
        one = Person(browser, viewport={"width": 1280, "height": 900})
        one.page.goto(course.links[name])
        one.page.get_by_role("button", name="Sign in").click()
        one.page.goto(f"{course.base}/desk/hw4/")
        one.page.wait_for_selector("#list button")
        desks.append(one.page)
    first, second = desks
    first.keyboard.press("1")
    expect(first.locator("#counted")).to_contain_text("1 of")
    second.keyboard.press("2")
    expect(second.locator("#message")).to_contain_text("Lea has just marked")
    turns = 0
    while not _settled(first):
        desk = desks[turns % 2]
        before = desk.inner_text("#counted") + desk.inner_text("#message")
        desk.keyboard.press("1")
        desk.wait_for_function(CHANGED, arg=before)
        turns += 1
        first.reload()
        first.wait_for_selector("#list button")
        assert turns < 10 * course.students


def _settled(desk: Page) -> bool:
    done, all_ = re.findall(r"\d+", desk.inner_text("#counted"))
    return bool(done == all_)


def exported(course: Course, page: Page, lines: int) -> None:
    page.goto(f"{course.base}/teach/hw4")
    with page.expect_download() as csv:
        page.get_by_role("link", name="CSV").click()
    assert len(Path(csv.value.path()).read_text("utf-8").splitlines()) == lines + 1
    with page.expect_download() as excel:
        page.get_by_role("link", name="Excel").click()
    assert Path(excel.value.path()).read_bytes()[:2] == b"PK"


def asks(browser: Browser, course: Course, page: Page) -> None:  # noqa: F811
    """A question without scripts, and its answer."""
    page.goto(f"{course.base}/a/hw4")
    page.get_by_text("Ask for a second look").click()
    page.get_by_label("What should be looked at again").fill("Why is dW1 not correct?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Not answered yet.")).to_be_visible()
    lea = Person(browser)
    lea.page.goto(course.links["Lea"])
    lea.page.get_by_role("button", name="Sign in").click()
    lea.page.goto(f"{course.base}/inquiries/hw4")
    lea.page.get_by_label("Answer").fill("See the hint under it.")
    lea.page.get_by_role("button", name="Answer").click()
    page.reload()
    expect(page.get_by_text("See the hint under it.")).to_be_visible()
    page.get_by_role("link", name="Read the report").click()
    expect(page.locator("h1")).to_contain_text("Student 0")
