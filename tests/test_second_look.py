"""A second look at the desk: what the grader decided is changed by a person, commented, and taken back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from desk_kit import ANSWERS, lay, small_class, student
from golden import samples
from playwright.sync_api import Browser
from test_desk import client_of, desk_of
from test_desk_browser import opened, served
from test_report_browser import browser  # noqa: F401

from grader.desk.desk import Desk, SeenByUser
from grader.desk.publish import publish
from grader.desk.second import Entry
from grader.errors import UsageError
from grader.marks import marks
from grader.marks.ledger import ConflictError
from grader.models import Student


def entry(desk: Desk, who: str, topic: str) -> Entry:
    return next(e for e in desk.second_look(who) if e.topic == topic)


def change(desk: Desk, who: str, topic: str, points: float | None, reason: str) -> None:
    """As the page does: with what was seen of it just now."""
    found = next(e for e in desk.second_look(who) if topic in (e.topic, e.words))
    version = (found.standing if topic == found.topic else found.comment).version
    desk.change(who, topic, SeenByUser(found.look, version), points, reason)


def row(out: Path, who: str) -> dict[str, str]:
    publish(out, samples.RUBRIC)
    with (out / "grades.csv").open(encoding="utf-8") as file:
        return next(r for r in csv.DictReader(file) if r["id"] == who)


def test_everything_of_a_student_is_shown_also_what_is_decided(tmp_path: Path) -> None:
    desk = desk_of(small_class(tmp_path))
    shown = desk.second_look("ada")
    assert [(e.topic, e.verdict, e.score, e.most) for e in shown] == [
        ("output", "pass", 30.0, 30.0),
        ("dW1", "pass", 40.0, 40.0),
        ("db1", "pass", 20.0, 20.0),
        ("same", "review", None, 10.0),
        ("whole", "", None, None),
    ]
    assert desk.second_look("nobody") == ()


def test_an_automatic_pass_becomes_less_and_comes_back(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    desk = desk_of(out)
    most = entry(desk, "ada", "dW1").most
    assert most is not None
    before = float(row(out, "ada")["score"])
    change(desk, "ada", "dW1", 1, "copied from the lecture, as you told me")
    assert float(row(out, "ada")["score"]) == before - most + 1
    assert row(out, "ada")["dW1.verdict"] == "partial"
    assert "copied from the lecture" in (out / "ada" / "report.html").read_text("utf-8")
    change(desk, "ada", "dW1", None, "")
    assert float(row(out, "ada")["score"]) == before
    assert desk.undo() == (), "taking one's own mark back is its undo"
    change(desk, "ada", "dW1", 2, "looked at again")
    assert desk.undo() == (("ada", "dW1"),)
    assert entry(desk_of(out), "ada", "dW1").standing.points is None


def test_a_comment_without_a_mark_and_points_on_the_whole(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    desk = desk_of(out)
    before = float(row(out, "ada")["score"])
    change(desk, "ada", "comment:dW1", 0, "Nicely printed.")
    change(desk, "ada", "whole", -2.5, "no names on the axes")
    change(desk, "ada", "whole:remark", 0, "Come and see me.")
    assert float(row(out, "ada")["score"]) == before - 2.5
    assert row(out, "ada")["dW1.verdict"] == "pass"
    page = (out / "ada" / "report.html").read_text("utf-8")
    for words in ("Nicely printed.", "no names on the axes", "Come and see me."):
        assert words in page


def test_one_member_of_a_team_gets_less(tmp_path: Path) -> None:
    report, submission = student("team", ANSWERS["ada"])
    both = Student(id="101", name="Ana, Ben", group="Team 1", members=("101", "102"))
    ref = report.submission.model_copy(update={"student": both})
    out = lay(tmp_path, {"team": (report.model_copy(update={"submission": ref}), submission)})
    before = float(row(out, "team")["score"])
    change(desk_of(out), "team", "member:102", -20, "did not take part")
    assert float(row(out, "team")["score"]) == before
    assert row(out, "team")["members"] == f"102: {before - 20:g}"
    assert "did not take part" not in (out / "team" / "report.html").read_text("utf-8"), (
        "the others' page, too"
    )


@pytest.mark.parametrize(
    ("topic", "points", "reason", "said"),
    [
        ("dW1", 1000, "x", "expected 0 to"),
        ("dW1", -1, "x", "expected 0 to"),
        ("dW1", 1, "  ", "needs a reason"),
        ("comment:dW1", 1, "x", "expected 0 to 0"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, topic: str, points: float, reason: str, said: str) -> None:
    out = small_class(tmp_path)
    with pytest.raises(UsageError, match=said):
        change(desk_of(out), "ada", topic, points, reason)
    assert marks.read(out).all == ()


def test_nothing_changes_that_nobody_has_seen(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    lea, tom = desk_of(out, "lea"), desk_of(out, "tom")
    seen = entry(lea, "ada", "dW1")
    change(tom, "ada", "dW1", 3, "half")
    with pytest.raises(ConflictError, match="tom has just marked Ada, dW1: gave 3 points: half"):
        lea.change("ada", "dW1", SeenByUser(seen.look, seen.standing.version), 5, "mine")
    lay(out, {"ada": student("ada", ANSWERS["ada"], unclear=True)})
    with pytest.raises(UsageError, match="another thing stands there now"):
        lea.change("ada", "dW1", SeenByUser(seen.look, 1), 5, "mine")


def test_over_the_wire(tmp_path: Path) -> None:
    client, home = client_of(small_class(tmp_path))
    first: dict[str, Any] = client.get(f"{home}/api/student/ada").json()[0]
    body = {"student": "ada", "topic": first["topic"], "look": first["look"], "version": 0}
    done = client.post(f"{home}/api/change", json={**body, "points": 2, "reason": "seen again"}).json()
    assert done["entries"][0]["standing"]["points"] == 2
    assert client.post(f"{home}/api/change", json={**body, "points": 3, "reason": "x"}).status_code == 409
    assert client.post(f"{home}/api/change", json={**body, "points": 3}).status_code == 400
    assert client.get(f"{home}/api/student/nobody").status_code == 404


def test_in_the_browser_by_keyboard(browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    out = small_class(tmp_path)
    with served(out) as address:
        seen = opened(browser, address)
        page = seen.page
        page.keyboard.press("h")
        page.keyboard.press("l")
        page.wait_for_selector(".second form")
        assert "Bea" in page.inner_text("#item h2")
        page.keyboard.press("1")  # no reason of the queue's is given here
        page.keyboard.press("l")
        page.wait_for_selector(".palette button")
        page.select_option("#second", "ada")
        page.wait_for_selector(".second form")
        card = page.locator(
            ".second", has=page.locator("h2", has_text=entry(desk_of(out), "ada", "dW1").title)
        )
        card.locator("input[type=number]").fill("1")
        card.locator("input[type=text]").fill("looked at once more")
        page.keyboard.press("Enter")
        page.wait_for_selector(".stands")
        assert "lea gave 1: looked at once more" in page.inner_text(".stands")
        assert (seen.console, seen.dialogs) == ([], [])
        page.close()
    (mark,) = marks.read(out).all
    assert (mark.submission, mark.check, mark.points, mark.verdict) == ("ada", "dW1", 1.0, "pass")
    assert "looked at once more" in (out / "ada" / "report.html").read_text("utf-8")
