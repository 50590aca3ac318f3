"""The desk in a real browser, by keyboard only, served as `grader review` serves it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from desk_kit import lay, student
from playwright.sync_api import Browser, Page
from test_report_browser import Opened, browser, watched  # noqa: F401
from test_report_html import HOSTILE

from grader.marks import marks
from grader.models import Flag

SERVE = """
import sys
from pathlib import Path
from golden import samples
from grader.commands import folder, review
folder.rubric_of = lambda out, rubric=None: samples.RUBRIC
sys.exit(review.run(Path(sys.argv[1]), sys.argv[2], 0, False, None))
"""


@contextmanager
def served(out: Path, by: str = "lea") -> Iterator[str]:
    """The address of a desk in a process of its own; stopped as by Ctrl-C, which must end well."""
    here = Path(__file__).parent
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)]),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-c", SERVE, str(out), by]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("review desk: "):
                yield line.split()[2]
                break
        else:
            pytest.fail("the desk did not start")
        process.send_signal(2)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()


def ten(out: Path) -> Path:
    """Seven written answers (one given twice), two prints, one flag: ten things among nine students."""
    students = {f"s{n}": student(f"s{n}", f"4. Answer number {'abcdefg'[n]}") for n in range(7)}
    students["s0"] = student("s0", "4. Answer number a", unclear=True)
    students["t1"] = student("t1", "4. Answer number a", flags=(Flag(id="late", message="2 h late"),))
    students["t2"] = student("t2", "4. Answer number b")
    dumped = student("s1", "4. Answer number b", unclear=True)
    report, submission = dumped
    check = report.questions[1].checks[0].model_copy(update={"message": "Typed in or computed?"})
    question = report.questions[1].model_copy(update={"checks": (check, *report.questions[1].checks[1:])})
    questions = (report.questions[0], question, report.questions[2])
    students["s1"] = (report.model_copy(update={"questions": questions}), submission)
    return lay(out, students)


def opened(browser: Browser, address: str) -> Opened:  # noqa: F811
    seen = watched(browser.new_page(viewport={"width": 1280, "height": 860}))
    seen.page.goto(address)
    seen.page.wait_for_selector("#list button")
    return seen


def press(page: Page, *keys: str) -> None:
    """Press each key when the page has answered the one before."""
    for key in keys:
        before = page.inner_text("#counted") + page.inner_text("#message")
        page.keyboard.press(key)
        if key.isdigit() or key in ("u", "Enter"):
            page.wait_for_function(
                "b => document.querySelector('#counted').innerText "
                "+ document.querySelector('#message').innerText !== b",
                arg=before,
            )


def counted(page: Page) -> str:
    return page.inner_text("#counted")


def test_ten_things_by_keyboard_over_a_restart(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    out = ten(tmp_path)
    with served(out) as address:
        seen = opened(browser, address)
        page = seen.page
        assert counted(page) == "0 of 10 settled"
        page.evaluate("window.dispatchEvent(new Event('focus'))")  # a refresh begins, no key is lost
        press(page, "1", "3")  # two prints
        assert counted(page) == "2 of 10 settled"
        assert page.inner_text(".answer-text") == "4. Answer number a"
        assert len(page.query_selector_all(".members li")) == 2
        press(page, "1")  # two students who wrote the same
        page.keyboard.press("e")
        page.keyboard.type("7.5")
        page.keyboard.press("Tab")
        page.keyboard.type("Say what you compared; j u 1 are only letters here.")
        press(page, "Enter")
        assert counted(page) == "4 of 10 settled"
        press(page, "2", "u")
        assert counted(page) == "4 of 10 settled"
        assert seen.console == []
        page.close()
    with served(out) as address:
        seen = opened(browser, address)
        page = seen.page
        assert counted(page) == "4 of 10 settled"
        assert "7.5" in page.inner_text(".palette"), "a reason used before is offered again"
        page.keyboard.press("n")
        page.wait_for_selector(".notebook .printed")
        assert "total 1.0" in page.inner_text(".notebook")
        press(page, "5", "4", "3", "2", "1")
        assert counted(page) == "9 of 10 settled"
        assert "2 h late" in page.inner_text("#item")
        press(page, "1")
        assert counted(page) == "10 of 10 settled"
        assert seen.console == []
        assert {url.split("/")[2] for url in seen.requests if not url.startswith("data:")} == {
            address.split("/")[2]
        }
        page.close()
    found = marks.read(out)
    assert found.of("s1", "/uploads/s1.ipynb")["same"].points == 7.5
    assert found.of("t2", "/uploads/t2.ipynb")["same"].reason.startswith("Say what you compared")
    assert found.of("s0", "/uploads/s0.ipynb")["dW1"].points == 40
    grades = (out / "grades.csv").read_text("utf-8")
    assert '"review"' not in grades
    assert "Say what you compared" in (out / "t2" / "report.html").read_text("utf-8")


def test_single_keys_can_be_turned_off_and_leave_what_scrolls_alone(
    browser: Browser,  # noqa: F811
    tmp_path: Path,
) -> None:
    with served(ten(tmp_path)) as address:
        page = opened(browser, address).page
        first = page.inner_text("#item h2")
        page.keyboard.press("n")
        page.focus(".notebook pre")
        page.keyboard.press("ArrowDown")
        assert page.inner_text("#item h2") == first
        page.keyboard.press("?")
        page.uncheck("#use")
        for key in ("1", "j", "u", "h"):
            page.keyboard.press(key)
        assert counted(page) == "0 of 10 settled"
        page.check("#use")
        press(page, "1")
        assert counted(page) == "1 of 10 settled"
        page.close()
    assert len(marks.read(tmp_path).all) == 1


def test_two_people_at_once(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    out = ten(tmp_path)
    with served(out, "lea") as first, served(out, "tom") as second:
        lea, tom = opened(browser, first).page, opened(browser, second).page
        press(lea, "1")
        press(tom, "4")
        assert "lea has just marked" in tom.inner_text("#message")
        assert counted(tom) == "1 of 10 settled"
        press(tom, "j", "1")
        press(lea, "1")
        assert "tom has just marked" in lea.inner_text("#message")
        assert counted(lea) == "2 of 10 settled"
        lea.close()
        tom.close()
    assert [(m.by, m.submission) for m in marks.read(out).all] == [("lea", "s0"), ("tom", "s1")]


def test_nothing_of_a_student_s_runs_at_the_desk(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    students = {
        f"s{n}": student(
            f"s{n}",
            f"4. It is all the same {evil}",
            who=evil,
            flags=(Flag(id=evil, message=evil),),
            unclear=True,
        )
        for n, evil in enumerate(HOSTILE)
    }
    out = lay(tmp_path, students, printed=HOSTILE[0] + HOSTILE[1])
    with served(out) as address:
        seen = opened(browser, address)
        page = seen.page
        page.keyboard.press("h")
        page.keyboard.press("n")
        for _ in range(len(page.query_selector_all("#list button"))):
            page.wait_for_selector(".notebook section")
            page.keyboard.press("j")
        page.mouse.move(640, 400)
        press(page, "1", "u")
        with page.context.expect_page() as tab:
            page.keyboard.press("o")
        tab.value.wait_for_load_state()
        assert "Homework 9" in tab.value.title()
        assert page.title() == "Review desk: Homework 9"
        assert page.evaluate("document.querySelectorAll('img, iframe, svg, [onload], [onerror]').length") == 0
        assert (seen.console, seen.dialogs) == ([], [])
        hosts = {url.split("/")[2] for url in seen.requests if not url.startswith("data:")}
        assert hosts == {address.split("/")[2]}
        page.close()
