"""A course in a real browser: teacher, a student with a phone, one without scripts, an assistant."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Locator, Page, expect
from service_kit import NOTEBOOK, World, make_world
from test_report_browser import browser  # noqa: F401

from grader.service import founding, server


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The application's address, while it is served."""
    listening = server.listen("127.0.0.1", 0)
    made = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not made.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    made.should_exit = True
    thread.join(5)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str]]:
    world = make_world(tmp_path / "data")
    with running(world.app) as address:
        yield world, address


class Person:
    """A browser of its own; notes what its console says."""

    def __init__(self, browser: Browser, **context: Any) -> None:  # noqa: F811
        self.context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", **context)
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text))
        self.page.on("pageerror", lambda e: self.said.append(str(e)))

    def fits(self) -> bool:
        """No page is wider than its window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_course_in_the_browser(browser: Browser, served: tuple[World, str], tmp_path: Path) -> None:  # noqa: F811
    world, base = served
    notebook = tmp_path / "hw.ipynb"
    notebook.write_bytes(NOTEBOOK)
    with world.database.writing() as session:
        secret = founding.first_teacher(session, world.clock())
    teacher = Person(browser, viewport={"width": 1280, "height": 900})
    page = teacher.page
    page.goto(f"{base}/invited/{secret}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="People").click()
    page.get_by_label("One a line: name").fill("Ada Phone; 1; A\nBo Plain; 2; A")
    page.get_by_role("button", name="Make a link for each").click()
    links = re.findall(r"http\S+/invited/\S+", page.get_by_label("One a line, to be pasted").input_value())
    assert len(links) == 2
    page.get_by_label("One a line: name").fill("Lea")
    page.locator("#role").select_option("assistant")
    page.get_by_role("button", name="Make a link for each").click()
    desk_link = page.locator(".secret code").inner_text()

    ada = _hands_in_by_phone(
        Person(browser, viewport={"width": 390, "height": 800}), links[0], notebook, world
    )

    plain = Person(browser, java_script_enabled=False)
    plain.page.goto(links[1])
    plain.page.get_by_role("button", name="Sign in").click()
    plain.page.get_by_role("link", name="Homework 9").click()
    plain.page.get_by_label("Your notebook").set_input_files(notebook)
    plain.page.get_by_role("button", name="Hand in").click()
    expect(plain.page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    world.report_of(plain.page.url.rpartition("/")[2])

    lea = Person(browser, viewport={"width": 1280, "height": 900})
    lea.page.goto(desk_link)
    lea.page.get_by_role("button", name="Sign in").click()
    lea.page.get_by_role("link", name="Review desk").click()
    expect(lea.page.locator("#counted")).to_have_text("0 of 1 settled")
    lea.page.keyboard.press("1")
    expect(lea.page.locator("#counted")).to_have_text("1 of 1 settled")

    _publishes(page, base)
    _asks_and_is_answered(ada, lea, base)
    assert ada.said == [] and teacher.said == [] and lea.said == []


def _hands_in_by_phone(ada: Person, link: str, notebook: Path, world: World) -> Person:
    ada.page.goto(link)
    ada.page.get_by_role("button", name="Sign in").click()
    ada.page.get_by_role("link", name="Homework 9").click()
    ada.page.get_by_label("Your notebook").set_input_files(notebook)
    expect(ada.page.locator(".chosen")).to_contain_text("hw.ipynb")
    ada.page.get_by_role("button", name="Hand in").click()
    expect(ada.page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    expect(ada.page.get_by_text("waits for its self-check")).to_be_visible()
    world.report_of(ada.page.url.rpartition("/")[2], "open")
    expect(ada.page.get_by_text("1 of 1 found.")).to_be_visible()  # nobody reloads
    assert ada.fits()
    return ada


def _publishes(page: Page, base: str) -> None:
    page.goto(f"{base}/teach/tiny")
    expect(page.get_by_text("2 / 2")).to_be_visible()
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("button", name="Publish 2 reports").click()
    expect(page.get_by_text("There is nothing new to give out.")).to_be_visible()


def _asks_and_is_answered(ada: Person, lea: Person, base: str) -> None:
    ada.page.goto(f"{base}/a/tiny")
    ada.page.get_by_text("Ask for a second look").click()
    ada.page.get_by_label("What should be looked at again").fill("Why?")
    ada.page.get_by_role("button", name="Ask", exact=True).click()
    expect(ada.page.get_by_text("Not answered yet.")).to_be_visible()
    lea.page.goto(f"{base}/inquiries/tiny")
    lea.page.get_by_label("Answer").fill("Because.")
    lea.page.get_by_role("button", name="Answer").click()
    ada.page.reload()
    expect(ada.page.get_by_text("Because.")).to_be_visible()
    ada.page.get_by_role("button", name="Deutsch").click()
    expect(ada.page.get_by_role("heading", name="Ihre Versuche")).to_be_visible()
    ada.page.get_by_role("link", name="Bericht lesen").click()
    expect(ada.page.locator("h1")).to_contain_text("Ada Phone")
    ada.page.get_by_role("link", name="Zurück zur Aufgabe").click()
    expect(ada.page.get_by_role("heading", name="Ihre Versuche")).to_be_visible()


def test_another_time_zone_and_a_broken_connection(
    browser: Browser,  # noqa: F811
    served: tuple[World, str],
    tmp_path: Path,
) -> None:
    world, base = served
    who = Person(browser, viewport={"width": 1000, "height": 900})
    who.context.close()
    who.context = browser.new_context(timezone_id="America/New_York", locale="en-US")
    page = who.context.new_page()
    page.goto(f"{base}/invited/{world.invite('student', 'Ada')}")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Homework 9").click()
    expect(page.locator(".local").first).to_contain_text("08:00 AM in your time")
    notebook = tmp_path / "hw.ipynb"
    notebook.write_bytes(NOTEBOOK)
    page.get_by_label("Your notebook").set_input_files(notebook)
    who.context.set_offline(True)
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".status")).to_contain_text("Send it again: it is counted once")
    who.context.set_offline(False)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    page.goto(f"{base}/a/tiny")
    essay = tmp_path / "essay.pdf"
    essay.write_bytes(b"%PDF")
    page.get_by_label("Your notebook").set_input_files(essay)
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".status")).to_contain_text("no notebook among these files: essay.pdf")


def test_a_large_file_dropped_on_a_phone_over_a_slow_line(
    browser: Browser,  # noqa: F811
    served: tuple[World, str],
) -> None:
    world, base = served
    who = Person(browser, viewport={"width": 390, "height": 800})
    page = who.page
    page.goto(f"{base}/invited/{world.invite('student', 'Ada')}")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{base}/a/tiny")
    expect(page.get_by_text("4 days left")).to_be_visible()
    dropped = page.evaluate_handle(
        "() => { const d = new DataTransfer();"
        " d.items.add(new File([new Uint8Array(2e6)], 'hw.ipynb')); return d; }"
    )
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
    expect(page.locator(".chosen")).to_contain_text("hw.ipynb · 2000 kB")
    line = who.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 600_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".status")).to_have_text(re.compile(r"Sending … \d+ %"))
    expect(page.get_by_role("button", name="Hand in")).to_be_disabled()
    expect(page.get_by_role("heading", name="Received")).to_be_visible(timeout=20_000)
    page.emulate_media(media="print")
    expect(page.locator(".digest")).to_be_visible()
    expect(page.locator("dd", has_text="Ada")).to_be_visible()
    for gone in (".top", "#check"):
        expect(page.locator(gone)).to_be_hidden()
    assert who.said == []


def test_what_was_typed_stays_where_it_is_refused(browser: Browser, served: tuple[World, str]) -> None:  # noqa: F811
    world, base = served
    page = Person(browser).page
    page.goto(f"{base}/invited/{world.invite('teacher', 'Tea')}")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{base}/teach/tiny/dates")
    page.get_by_label("Opens").fill("2026-07-01T08:00")
    page.get_by_label("Minutes of grace").fill("15")
    page.get_by_role("button", name="Set the dates").click()
    form = page.locator("form", has=page.get_by_label("Opens"))
    expect(form.get_by_role("alert")).to_have_text("It opens after it is due.")
    expect(page.get_by_label("Opens")).to_have_value("2026-07-01T08:00")
    expect(page.get_by_label("Minutes of grace")).to_have_value("15")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until this has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {target}")


def test_a_course_without_a_mouse(
    browser: Browser,  # noqa: F811
    served: tuple[World, str],
    tmp_path: Path,
) -> None:
    """Sign in, hand in, mark, publish: by keys alone."""
    world, base = served
    notebook = tmp_path / "hw.ipynb"
    notebook.write_bytes(NOTEBOOK)
    ada = Person(browser, viewport={"width": 1280, "height": 900}).page
    ada.on("filechooser", lambda chooser: chooser.set_files(notebook))  # a busy browser heeds it only later
    ada.goto(f"{base}/invited/{world.invite('student', 'Ada')}")
    tab_to(ada, ada.get_by_role("button", name="Sign in"))
    ada.keyboard.press("Enter")
    tab_to(ada, ada.get_by_role("link", name="Homework 9"))
    ada.keyboard.press("Enter")
    tab_to(ada, ada.get_by_label("Your notebook"))
    ada.keyboard.press("Enter")
    expect(ada.get_by_text("hw.ipynb")).to_be_visible()
    tab_to(ada, ada.get_by_role("button", name="Hand in"))
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("heading", name="Attempt 1")).to_be_visible()
    upload = ada.url.rpartition("/")[2]
    world.report_of(upload, "open")

    tea = Person(browser, viewport={"width": 1280, "height": 900}).page
    tea.goto(f"{base}/invited/{world.invite('teacher', 'Tea')}")
    tab_to(tea, tea.get_by_role("button", name="Sign in"))
    tea.keyboard.press("Enter")
    tab_to(tea, tea.get_by_role("link", name="Review desk"))
    tea.keyboard.press("Enter")
    expect(tea.locator("#counted")).to_have_text("0 of 1 settled")
    tea.keyboard.press("1")
    expect(tea.locator("#counted")).to_have_text("1 of 1 settled")
    tea.keyboard.press("u")
    expect(tea.locator("#counted")).to_have_text("0 of 1 settled")
    tea.keyboard.press("1")
    expect(tea.locator("#counted")).to_have_text("1 of 1 settled")
    tab_to(tea, tea.locator("a#assignment"))
    tea.keyboard.press("Enter")
    tab_to(tea, tea.get_by_role("link", name="Publish", exact=True))
    tea.keyboard.press("Enter")
    tab_to(tea, tea.get_by_role("button", name="Publish 1 report"))
    tea.keyboard.press("Enter")
    expect(tea.get_by_text("Published. Whoever it is for can read it now.")).to_be_visible()
    tea.goto(f"{base}/desk/tiny/#{upload}")
    expect(tea.get_by_role("heading", name="all of Student 01’s answers")).to_be_visible()


def test_a_double_click_sends_a_form_once(browser: Browser, served: tuple[World, str]) -> None:  # noqa: F811
    world, base = served
    world.report_of(world.person("student", "Anna").attempt())
    world.report_of(world.person("student", "Bo").attempt(), "open")
    teacher = Person(browser)
    cookies = world.person("teacher", "Tea").client.cookies
    teacher.context.add_cookies([{"name": n, "value": v, "url": base} for n, v in cookies.items()])
    teacher.page.goto(f"{base}/teach/tiny/publish")
    teacher.page.get_by_role("button", name="Publish 1 report").dblclick()
    expect(teacher.page.get_by_text("Whoever it is for can read it now")).to_be_visible()
    expect(teacher.page.get_by_role("alert")).to_have_count(0)
