"""The pages in a real browser: nothing of a student's runs, nothing is loaded, and the class page works.

Needs Chromium (Debian: `apt-get install chromium`). Without it these tests are skipped, on CI they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from golden import samples
from playwright.sync_api import Browser, Page, sync_playwright
from png import b64, png
from test_report_html import HOSTILE, attacked

from grader import report as reports
from grader.models import Output

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
QUIET = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]


@dataclass
class Opened:
    """A page and what it did besides being shown."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium on PATH; install it with: apt-get install chromium")
        pytest.skip("no chromium on PATH; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


def opened(browser: Browser, folder: Path, made: str, width: int = 1200) -> Opened:
    return next(each(browser, folder, [made], width))


def each(browser: Browser, folder: Path, every: Iterable[str], width: int = 1200) -> Iterator[Opened]:
    """One page after the other in one tab, which takes longer to open than a page to be shown."""
    path = folder / "page.html"
    result = watched(browser.new_page(viewport={"width": width, "height": 900}))
    for made in every:
        path.write_text(made, encoding="utf-8")
        for noted in (result.console, result.requests, result.dialogs):
            noted.clear()
        result.page.goto(path.as_uri())
        yield result


def watched(page: Page) -> Opened:
    """A page of which everything is noted from now on."""
    result = Opened(page)
    result.page.on("console", lambda message: result.console.append(message.text))
    result.page.on("pageerror", lambda error: result.console.append(str(error)))
    result.page.on("request", lambda request: result.requests.append(request.url))
    result.page.on("dialog", lambda dialog: (result.dialogs.append(dialog.message), dialog.dismiss()))
    return result


def test_scripts_of_students_never_run_and_nothing_is_loaded(browser: Browser, tmp_path: Path) -> None:
    attacks = [attacked(hostile) for hostile in HOSTILE]
    pages = [
        reports.to_html(
            report,
            submission,
            samples.RUBRIC,
            [Output(cell=c.index, index=0, kind="stdout", text=c.source) for c in submission.cells],
        )
        for report, submission in attacks
    ]
    pages.append(reports.to_index([report for report, _ in attacks], samples.RUBRIC))
    for seen in each(browser, tmp_path, pages):
        for details in seen.page.query_selector_all("details"):
            details.evaluate("d => { d.open = true; }")
        seen.page.mouse.move(0, 0)
        seen.page.mouse.move(300, 300)
        seen.page.wait_for_timeout(50)
        assert "Homework 9" in seen.page.title()
        assert not seen.page.title().startswith("hacked")
        assert seen.page.evaluate("document.querySelectorAll('img, iframe, [onload], [onerror]').length") == 0
        assert (seen.console, seen.dialogs) == ([], [])
        assert [url for url in seen.requests if not url.startswith("data:")] == [
            (tmp_path / "page.html").as_uri()
        ]
    seen.page.close()


def test_the_policy_stops_a_script_that_escaping_let_through(browser: Browser, tmp_path: Path) -> None:
    made = reports.to_html(*samples.all_right(), samples.RUBRIC)
    let_through = made.replace("</body>", "<script>document.title='hacked'</script></body>")
    seen = opened(browser, tmp_path, let_through)
    assert seen.page.title() != "hacked"
    assert "Content Security Policy" in "".join(seen.console)
    bare = let_through.replace("Content-Security-Policy", "X-Nothing")
    assert opened(browser, tmp_path, bare).page.title() == "hacked", "this test could not have failed"


@pytest.mark.parametrize("width", [360, 1200])
def test_no_page_scrolls_sideways(browser: Browser, tmp_path: Path, width: int) -> None:
    every = [make() for make in samples.SAMPLES.values()]
    every += [attacked("long" * 60), attacked("long words " * 20)]
    pages = [reports.to_html(*one, samples.RUBRIC) for one in every]
    pages.append(reports.to_index([report for report, _ in every], samples.RUBRIC))
    for seen in each(browser, tmp_path, pages, width):
        assert seen.page.evaluate("document.scrollingElement.scrollWidth") <= width
    seen.page.close()


def test_a_quote_leads_to_its_cell(browser: Browser, tmp_path: Path) -> None:
    seen = opened(browser, tmp_path, reports.to_html(*samples.forgot_half(), samples.RUBRIC))
    assert not seen.page.is_visible("#cell-4 pre")
    seen.page.focus("#check-dW1 figcaption a")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#cell-4 pre", state="visible")
    assert "loss.backward()" in seen.page.inner_text("#cell-4 pre")


@pytest.mark.parametrize("width", [360, 1200])
def test_pictures_are_seen_and_fit_the_page(browser: Browser, tmp_path: Path, width: int) -> None:
    shown = [
        Output(cell=3, index=n, kind="display", text=f"<Figure {n}>", image=b64(png(*size)))
        for n, size in enumerate([(640, 480), (3000, 300), (300, 3000), (28, 28)])
    ]
    seen = opened(browser, tmp_path, reports.to_html(*samples.forgot_half(), samples.RUBRIC, shown), width)
    seen.page.evaluate("document.querySelector('details.cells').open = true")
    sizes = seen.page.evaluate(
        "Promise.all([...document.images].map("
        "i => i.decode().then(() => [i.naturalWidth, i.width, i.height])))"
    )
    assert [natural for natural, _, _ in sizes] == [640, 3000, 300, 28]
    assert all(0 < w <= width and 0 < h <= 640 for _, w, h in sizes)
    assert sizes[3][1:] == [28, 28] and sizes[1][1] / sizes[1][2] == pytest.approx(10, rel=0.1)
    assert seen.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert seen.console == []
    seen.page.close()


def names(page: Page) -> list[str]:
    return [row.inner_text() for row in page.query_selector_all("#grades tbody tr:not([hidden]) th")]


@pytest.fixture
def class_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    every = [make()[0] for make in samples.SAMPLES.values()]
    seen = opened(browser, tmp_path, reports.to_index(every, samples.RUBRIC))
    yield seen.page
    assert seen.console == []
    seen.page.close()


def test_sort_by_keyboard_with_missing_scores_last(class_page: Page) -> None:
    head = "#grades thead th:nth-child(2)"
    class_page.focus(f"{head} button")
    class_page.keyboard.press("Enter")
    assert names(class_page)[1:] == ["Ben O’Neill", "Ana Müller", "Dora"]
    assert class_page.get_attribute(head, "aria-sort") == "ascending"
    class_page.keyboard.press("Enter")
    assert [n for n in names(class_page) if not n.startswith("=")] == ["Ana Müller", "Ben O’Neill", "Dora"]
    assert class_page.get_attribute(head, "aria-sort") == "descending"


def test_find_and_filter(class_page: Page) -> None:
    class_page.fill("#find", "MÜLL tue")
    assert names(class_page) == ["Ana Müller"]
    assert class_page.inner_text("#shown") == "1 of 4"
    class_page.click("button[data-filter=m0]")
    assert names(class_page) == ["Ben O’Neill"]
    class_page.select_option("#group", "ungraded")
    assert names(class_page) == ["Dora"]
    class_page.select_option("#group", "")
    assert class_page.inner_text("#shown") == "4 of 4"


def test_hidden_names_are_seen_nowhere_and_found_nowhere(class_page: Page) -> None:
    for details in class_page.query_selector_all("details"):
        details.evaluate("d => { d.open = true; }")
    assert "Müller" in class_page.inner_text("body")
    class_page.check("#hide")
    shown = class_page.inner_text("body")
    for name in ("Müller", "Ben", "Dora", "alert(1)"):
        assert name not in shown
    assert len(set(names(class_page))) == 4
    assert names(class_page) == sorted(names(class_page)), "in the order of the aliases, not of the names"
    assert all(n.startswith("Student ") for n in names(class_page))
    class_page.fill("#find", "müller")
    assert names(class_page) == []
