"""Every page of the service, by role and state, light and dark, on a phone and at a desk: axe finds nothing.

Needs Chromium and the package axe-playwright-python, which holds axe-core; on CI they must be there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import service_kit
from playwright.sync_api import Browser, Page
from service_kit import World, make_world
from test_report_browser import browser  # noqa: F401
from test_service_browser import running
from test_service_course import lived

if not os.environ.get("CI"):
    pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")
from axe_playwright_python.sync_playwright import Axe

PHONE, DESK = 390, 1280
WORDS = {
    "teacher": "Prof. Ines Ortega",
    "assistant": "Lea Brandt",
    "student": "Amara Diallo",
    "other": "Bo Lindqvist",
    "unlucky": "Jürgen Groß-Lüdenscheid",
    "section": "Tue 14:00",
    "said": "I think that question 4 is answered in my last cell.",
}
AXE = Axe()


def visited(world: World) -> list[tuple[str, str, Any]]:
    """Role, address, and whose cookies: every page in every state that looks different."""
    people, ids = lived(world, WORDS)
    people["nobody"] = service_kit.Browser(world.client())
    people["fresh"] = world.person("student", "Chiara Rossi")
    broken, kept, late, stuck = ids["name"]
    personal, course = world.invite("student", "Dmitri Volkov"), _course_link(people["teacher"])
    world.invite("student", "Eve Moreau")
    people["teacher"].post("/course/course/people/8/remove")
    addresses = {
        "nobody": ["/", f"/invited/{personal}", course, "/invited/gone"],
        "fresh": ["/", "/a/tiny", "/me", "/a/none"],
        "student": ["/", "/a/tiny", f"/u/{kept}", f"/u/{broken}", "/a/tiny/report"],
        "other": ["/a/tiny", f"/u/{late}"],
        "unlucky": ["/a/tiny", f"/u/{stuck}", "/me"],
        "assistant": ["/", "/desk/tiny/", "/inquiries/tiny", f"/desk/tiny/report/{late}"],
        "teacher": [
            "/",
            "/teach/tiny",
            "/teach/tiny/dates",
            "/teach/tiny/publish",
            "/teach/tiny/withdraw",
            "/teach/tiny/regrade",
            "/teach/tiny/regrade?edition=2",
            "/course/course/roster",
            "/course/course/audit",
            "/inquiries/tiny",
            "/desk/tiny/",
        ],
    }
    return [(who, one, people[who].client.cookies) for who, every in addresses.items() for one in every]


def empty(world: World) -> list[tuple[str, str, Any]]:
    """The first minutes: nobody is there, nothing was handed in."""
    teacher = world.person("teacher", "Prof. Ines Ortega").client.cookies
    pages = ("/teach/tiny", "/teach/tiny/publish", "/teach/tiny/regrade", "/inquiries/tiny", "/desk/tiny/")
    return [("first", page, teacher) for page in (*pages, "/course/course/roster", "/course/course/audit")]


def _course_link(teacher: service_kit.Browser) -> str:
    found = re.search(r"(/invited/[\w-]+)", teacher.post("/course/course/links").text)
    assert found
    return found[1]


def seat(browser: Browser, base: str, cookies: Any, **context: Any) -> Page:  # noqa: F811
    """A browser that is signed in so."""
    made = browser.new_context(bypass_csp=True, timezone_id="Europe/Berlin", locale="en-GB", **context)
    made.add_cookies([{"name": n, "value": v, "url": base} for n, v in cookies.items()])
    return made.new_page()


def look(page: Page, base: str, address: str) -> None:
    page.goto(f"{base}{address}")
    if address.startswith("/desk/") and address.endswith("/"):
        page.wait_for_selector("#item h2", timeout=5000)


def said_by_axe(page: Page) -> list[str]:
    found = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']} {n['target']}: {n['failureSummary']}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", PHONE),
        pytest.param("dark", DESK, marks=pytest.mark.slow),
        pytest.param("dark", PHONE, marks=pytest.mark.slow),
        pytest.param("light", DESK, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("state", [visited, empty])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, scheme: str, width: int, state: Any) -> None:  # noqa: F811
    world = make_world(tmp_path / "data")
    found = {}
    pictures = os.environ.get("GRADER_PICTURES")
    with running(world.app) as base:
        shape = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
        seats: dict[str, Page] = {}
        for who, address, cookies in state(world):
            page = seats[who] = seats.get(who) or seat(browser, base, cookies, **shape)
            look(page, base, address)
            if pictures:
                name = re.sub(r"\W+", "-", f"{scheme}-{width}-{who}{address}")[:70]
                page.screenshot(path=Path(pictures) / f"{name}.png", full_page=True)
            if problems := said_by_axe(page):
                found[who, address] = problems
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found[who, address, "width"] = ["it is wider than the window"]
        for page in seats.values():
            page.context.close()
    assert not found, "\n".join(f"{k}\n    " + "\n    ".join(v) for k, v in found.items())


def test_axe_would_find_something(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    page = browser.new_page()
    page.set_content("<p style='color: #ccc; background: #fff'>pale <img src='data:,'></p>")
    assert {line.split()[0] for line in said_by_axe(page)} >= {"color-contrast", "image-alt"}
    page.close()
