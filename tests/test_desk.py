"""The desk without a browser: what is in the queue, what marks do, and two people at once."""

from __future__ import annotations

import csv
import json
import os
import socket
import stat
import sys
from pathlib import Path

import pytest
from desk_kit import ANSWERS, lay, small_class, student
from fastapi.testclient import TestClient
from golden import samples
from test_report_html import HOSTILE, attacked

from grader.commands import review
from grader.desk.app import make_app
from grader.desk.desk import Desk
from grader.desk.folder import ReportFolder
from grader.desk.publish import Publisher, publish
from grader.desk.queue import Item, normalised
from grader.errors import StorageError, UsageError
from grader.marks import marks
from grader.marks.ledger import ConflictError
from grader.models import Report, Said, Submission


def desk_of(out: Path, author: str = "lea") -> Desk:
    return Desk(ReportFolder(out), samples.RUBRIC, author)


def by_topic(desk: Desk) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in desk.look().items:
        found.setdefault(item.topic, []).append(item)
    return found


def points(desk: Desk, name: str, topic: str = "same") -> float | None:
    return desk.look().ledger.of((name, topic)).points


def mark(desk: Desk, topic: str, seen: dict[str, int], given: float, reason: str) -> None:
    """Mark the item of this topic that these submissions belong to."""
    fitting = [i.id for i in desk.look().items if i.topic == topic and set(seen) <= set(i.submissions)]
    desk.mark(fitting[0] if fitting else "none", seen, given, reason)


# ------------------------------------------------------------------------------ queue


def test_the_queue_holds_what_waits_and_the_same_things_together(tmp_path: Path) -> None:
    items = desk_of(small_class(tmp_path)).look().items
    assert [(i.kind, i.topic, i.submissions) for i in items] == [
        ("print", "dW1", ("bea",)),
        ("text", "same", ("ada", "bea")),
        ("text", "same", ("cem",)),
        ("flag", "flag:late", ("cem",)),
    ]
    assert items[0].text.startswith("tensor(")
    assert items[1].text == ANSWERS["ada"]


def test_answers_that_were_not_found_are_nobody_else_s(tmp_path: Path) -> None:
    desk = desk_of(lay(tmp_path, {name: student(name, "") for name in ("a1", "a2")}))
    assert [i.submissions for i in desk.look().items] == [("a1",), ("a2",)]
    assert desk.look().items[0].said == "A person will read your answer."


def waiting(name: str, fits: bool | None) -> tuple[Report, Submission]:
    """A student whose gradients could not be seen here. fits: what the saved outputs say, if any are."""
    report, submission = student(name, ANSWERS["ada"])
    dumped = report.model_dump()
    dumped["execution"]["message"] = "cell 2 raised ModuleNotFoundError; all cells ran"
    for check in dumped["questions"][1]["checks"]:
        check |= {"verdict": "review", "score": None, "message": "Not here.", "cause": "package:course"}
        if fits is not None:
            check["witness"] = {"fits": fits, "cell": 2, "text": f"tensor of {check['id']}"}
    return Report.model_validate(dumped), submission


def test_one_cause_is_one_item_for_all_its_checks_and_everybody(tmp_path: Path) -> None:
    fits = {"ada": True, "bea": True, "cem": True, "dan": False, "eva": None}
    desk = desk_of(lay(tmp_path, {name: waiting(name, fit) for name, fit in fits.items()}))
    right, *rest = [i for i in desk.look().items if i.kind == "cause"]
    assert (right.submissions, right.checks) == (("ada", "bea", "cem"), ("dW1", "db1"))
    assert {i.submissions for i in rest} == {("dan",), ("eva",)}
    assert "they fit" in right.said and "ModuleNotFoundError" in right.said
    assert "tensor of dW1" in right.text and right.cell == 2
    most = right.max_score
    assert most is not None
    desk.mark(right.id, dict.fromkeys(right.submissions, 0), most, "Looked at.")
    view = desk.look()
    assert desk.settled(right, view) and not desk.settled(rest[0], view)
    given = {c.id: c.max_score for c in waiting("x", True)[0].questions[1].checks}
    assert {check: points(desk, "bea", check) for check in right.checks} == given
    with pytest.raises(ConflictError):
        desk.mark(right.id, {"ada": 0}, 0, "Too late.")
    assert len(desk.undo()) == 6 and not desk.settled(right, desk.look())
    desk.mark(right.id, {"ada": 4}, most / 2, "Half.")
    assert points(desk, "ada", "db1") == given["db1"] / 2


def quoting(name: str, cell: int, words: str) -> tuple[Report, Submission]:
    """A student of whom a line of words is to be judged."""
    report, submission = student(name, ANSWERS["ada"])
    dumped = report.model_dump(mode="json")
    said = Said("A person decides by these words (cell {cell}): “{words}”", {"cell": cell, "words": words})
    waiting = {"verdict": "review", "score": None, "message": str(said), "said": said, "evidence": None}
    dumped["questions"][1]["checks"][0] |= waiting
    return Report.model_validate(dumped), submission


def test_identical_prints_are_one_item_wherever_they_stand(tmp_path: Path) -> None:
    shape = "conv1 shape: (2, 2, 8, 8)"
    desk = desk_of(
        lay(
            tmp_path,
            {
                "ada": quoting("ada", 3, shape),
                "bea": quoting("bea", 7, shape),
                "cem": quoting("cem", 3, "conv1 shape: (2, 2, 6, 6)"),
            },
        )
    )
    assert [i.submissions for i in desk.look().items if i.kind == "print"] == [("ada", "bea"), ("cem",)]


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ("4. Yes, the same!", "yes the same"),
        ("**Question 4.** Yes, the same", "yes the same"),
        ("Q4: yes – the same", "yes the same"),
        ("Aufgabe 4: Ja,  gleich.", "ja gleich"),
        ("a b", "a b"),
        ("2 values differ", "2 values differ"),
        ("1.5 times", "1 5 times"),
        ("All the same", "all the same"),
        ("4", "4"),
        ("👍", ""),
    ],
)
def test_answers_are_compared_by_their_words(answer: str, same: str) -> None:
    assert normalised(answer) == same


def test_ungraded_reports_wait_without_points(tmp_path: Path) -> None:
    desk = desk_of(lay(tmp_path, {"dora": samples.ungraded()}))
    (item,) = desk.look().items
    assert (item.kind, item.max_score) == ("ungraded", None)
    assert "did not start" in item.said


TABLE = """"kind","first","second","share_of_first","share_of_second"
"identical","ada","bea",1,1
"identical","ada","cem",1,1
"alike","cem","bea",0.91,0.4
"alike","ada","zoe",0.9,0.9
"""


def test_lookalikes_wait_for_all_of_them_together(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    (out / "lookalikes.csv").write_text(TABLE)
    desk = desk_of(out)
    found = [i for i in desk.look().items if i.kind == "lookalike"]
    assert [i.submissions for i in found] == [("ada", "bea", "cem"), ("cem", "bea")], "zoe is not there"
    assert found[1].said.startswith("91 % of the first's own code is in the second, 40 % the other way")
    mark(desk, found[1].topic, {"cem": 0, "bea": 0}, 0, "Worked together, said so.")
    assert [desk.settled(i, desk.look()) for i in found] == [False, True]
    client, home = client_of(out)
    assert client.get(f"{home}/lookalikes").status_code == 404
    (out / "lookalikes.html").write_text("<h1>Code that is alike</h1>")
    assert "sandbox" in client.get(f"{home}/lookalikes").headers["content-security-policy"]
    (out / "lookalikes.csv").write_text("kind,first\nalike,ada\n")
    assert [i for i in desk.look().items if i.kind == "lookalike"] == []


def test_an_empty_or_foreign_folder_has_an_empty_queue(tmp_path: Path) -> None:
    assert desk_of(lay(tmp_path, {})).look().items == ()


# ------------------------------------------------------------------------------ marks


def test_a_mark_counts_in_every_export_and_leaves_report_json_alone(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    before = (out / "ada" / "report.json").read_bytes()
    mark(desk_of(out), "same", {"cem": 0}, 7, "Nearly; look at the loss.")
    publish(out, samples.RUBRIC)
    rows = {r["id"]: r for r in csv.DictReader((out / "grades.csv").open(encoding="utf-8"))}
    assert (rows["cem"]["score"], rows["cem"]["pending"], rows["cem"]["same.points"]) == ("97", "0", "7")
    assert rows["ada"]["pending"] == "10"
    assert "Nearly; look at the loss." in (out / "cem" / "report.html").read_text("utf-8")
    assert "Nearly; look at the loss." in (out / "cem" / "report.md").read_text("utf-8")
    assert (out / "ada" / "report.json").read_bytes() == before
    (written,) = marks.read(out).all
    assert (written.submission, written.origin, written.by) == ("cem", "/uploads/cem.ipynb", "lea")


def test_marks_outlive_the_desk_and_undo_goes_back_step_by_step(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    mark(desk_of(out), "same", {"cem": 0}, 5, "half")
    mark(desk_of(out), "same", {"cem": 1}, 10, "on second thoughts")
    mark(desk_of(out), "flag:late", {"cem": 0}, 0, "was ill")
    assert desk_of(out).undo() == (("cem", "flag:late"),)
    assert points(desk_of(out), "cem", "flag:late") is None
    assert desk_of(out).undo() == (("cem", "same"),)
    assert points(desk_of(out), "cem") == 5
    assert desk_of(out).undo() == (("cem", "same"),)
    assert points(desk_of(out), "cem") is None
    assert desk_of(out).undo() == ()
    assert len(marks.read(out).all) == 6, "nothing is ever deleted"
    assert marks.read(out).of("cem", "/uploads/cem.ipynb") == {}


def test_what_was_marked_is_open_again_after_another_answer(tmp_path: Path) -> None:
    desk = desk_of(lay(tmp_path, {"ada": student("ada", ANSWERS["ada"])}))
    (item,) = desk.look().items
    desk.mark(item.id, {"ada": 0}, 5, "fine")
    view = desk.look()
    assert desk.settled(view.items[0], view)
    lay(tmp_path, {"ada": student("ada", "4. Something else now.")})
    view = desk.look()
    (item,) = view.items
    assert not desk.settled(item, view)
    assert view.ledger.of(("ada", item.topic)).reason == "fine"
    desk.mark(item.id, {"ada": 1}, 4, "less")
    view = desk.look()
    assert desk.settled(view.items[0], view)


def test_a_group_is_one_step(tmp_path: Path) -> None:
    students = {name: student(name, "4. The same as before") for name in ("a1", "a2", "a3")}
    desk = desk_of(lay(tmp_path, students))
    (item,) = desk.look().items
    assert item.submissions == ("a1", "a2", "a3")
    mark(desk, "same", dict.fromkeys(item.submissions, 0), 10, "fine")
    assert [points(desk, n) for n in item.submissions] == [10, 10, 10]
    assert len(desk.undo()) == 3
    assert [points(desk, n) for n in item.submissions] == [None, None, None]


def test_two_people_do_not_lose_each_other_s_marks(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    lea, tom = desk_of(out, "lea"), desk_of(out, "tom")
    mark(lea, "same", {"cem": 0}, 10, "fits")
    mark(tom, "dW1", {"bea": 0}, 40, "right")
    assert (points(lea, "cem"), points(lea, "bea", "dW1")) == (10, 40)
    with pytest.raises(ConflictError, match=r"lea has just marked Cem, same: gave 10 points: fits"):
        mark(tom, "same", {"cem": 0}, 0, "no")
    assert points(tom, "cem") == 10
    mark(tom, "same", {"cem": 1}, 8, "we talked about it")
    with pytest.raises(ConflictError, match="tom has just marked Cem"):
        lea.undo()
    assert tom.undo() == (("cem", "same"),)
    assert points(tom, "cem") == 10, "tom's undo brings lea's mark back"


def test_a_conflict_in_a_group_marks_nobody(tmp_path: Path) -> None:
    students = {name: student(name, "4. The same as before") for name in ("a1", "a2")}
    out = lay(tmp_path, students)
    mark(desk_of(out, "tom"), "same", {"a2": 0}, 3, "hm")
    with pytest.raises(ConflictError):
        mark(desk_of(out, "lea"), "same", {"a1": 0, "a2": 0}, 10, "fine")
    assert points(desk_of(out), "a1") is None


@pytest.mark.parametrize(
    ("topic", "seen", "given", "reason", "said"),
    [
        ("same", {"ada": 0}, 11, "x", "expected 0 to 10"),
        ("same", {"ada": 0}, 5, "  ", "needs a reason"),
        ("same", {"nobody": 0}, 5, "x", "no longer in the queue"),
        ("output", {"ada": 0}, 5, "x", "no longer in the queue"),
        ("flag:late", {"cem": 0}, 1, "x", "expected 0 to 0"),
        ("same", {}, 5, "x", "no longer in the queue"),
    ],
)
def test_what_cannot_be_marked(
    tmp_path: Path, topic: str, seen: dict[str, int], given: float, reason: str, said: str
) -> None:
    out = small_class(tmp_path)
    with pytest.raises(UsageError, match=said):
        mark(desk_of(out), topic, seen, given, reason)
    assert marks.read(out).all == ()


def test_what_nobody_has_read_is_not_marked(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    desk = desk_of(out)
    read = next(i for i in desk.look().items if i.topic == "same" and i.submissions == ("cem",))
    lay(out, {"cem": student("cem", "4. Another answer, in a second upload.")})
    with pytest.raises(UsageError, match="no longer in the queue"):
        desk.mark(read.id, {"cem": 0}, 10, "fits")
    assert marks.read(out).all == ()


def test_marks_that_do_not_fit_on_the_disk_leave_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = {name: student(name, "4. The same as before") for name in ("a1", "a2", "a3")}
    desk = desk_of(lay(tmp_path, students))
    mark(desk, "same", {"a1": 0}, 3, "first")
    write = os.write
    monkeypatch.setattr(marks.os, "write", lambda fd, data: write(fd, data[: 2 * len(data) // 3]))
    with pytest.raises(StorageError, match=r"No space left on device\); nothing is marked"):
        mark(desk, "same", {"a1": 1, "a2": 0, "a3": 0}, 10, "fine")
    monkeypatch.undo()
    assert [m.reason for m in marks.read(tmp_path).all] == ["first"]
    assert marks.read(tmp_path).damaged == ()


def test_pages_of_a_killed_desk_are_written_by_the_next_one(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    mark(desk_of(out), "same", {"cem": 0}, 7, "Nearly; look at the loss.")
    page = out / "cem" / "report.html"
    assert "Nearly" not in page.read_text("utf-8"), "the desk was killed before it got there"
    assert publish(out, samples.RUBRIC) == set()
    assert "Nearly" in page.read_text("utf-8")
    stamp = page.stat().st_mtime_ns
    publish(out, samples.RUBRIC)
    assert page.stat().st_mtime_ns == stamp, "once is enough"


def test_a_damaged_folder_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    mark(desk_of(out), "same", {"ada": 0}, 7, "for ada")
    mark(desk_of(out), "same", {"cem": 0}, 7, "for cem")
    (out / "ada" / "executed.ipynb").unlink()
    publisher = Publisher(out, samples.RUBRIC)
    publisher.later("ada", "cem")
    publisher.close()
    assert publisher.due == 1 and "ada" in publisher.problem
    assert "for cem" in (out / "cem" / "report.html").read_text("utf-8")
    rows = {r["id"]: r["same.points"] for r in csv.DictReader((out / "grades.csv").open(encoding="utf-8"))}
    assert (rows["ada"], rows["cem"]) == ("7", "7")


def test_a_mark_of_the_command_line_is_seen_at_the_desk(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    mark(desk_of(out), "same", {"cem": 0}, 5, "half")
    (written,) = marks.read(out).all
    marks.append(out, [written.model_copy(update={"points": 9.0, "by": "cli"})])
    assert points(desk_of(out), "cem") == 9


# -------------------------------------------------------------------------------- web


def client_of(out: Path) -> tuple[TestClient, str]:
    app = make_app(desk_of(out), Publisher(out, samples.RUBRIC), "secret", "once")
    return TestClient(app, base_url="http://127.0.0.1"), "/secret"


def test_without_the_token_there_is_nothing(tmp_path: Path) -> None:
    client, home = client_of(small_class(tmp_path))
    for path in (
        "/",
        "/api/queue",
        "/docs",
        "/openapi.json",
        "/wrong/",
        "/wrong/api/queue",
        "/static/desk.js",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(f"{home}/").status_code == 200
    assert client.get(f"{home}/", headers={"host": "evil.example"}).status_code == 400


def test_a_browser_is_led_to_the_desk_by_a_page_that_only_its_user_can_read() -> None:
    with review._door("http://127.0.0.1:1/open/once") as page:
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
        assert "url=http://127.0.0.1:1/open/once" in page.read_text()
        assert "once" not in str(page)
    assert not page.parent.exists()


def test_the_address_that_the_page_leads_to_works_once(tmp_path: Path) -> None:
    client, home = client_of(small_class(tmp_path))
    assert client.get("/open/wrong").status_code == 404
    first = client.get("/open/once", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, f"{home}/")
    assert first.headers["referrer-policy"] == "no-referrer"
    assert client.get("/open/once").status_code == 404


def test_reports_are_served_under_a_policy_and_nothing_else_of_the_disk(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    client, home = client_of(out)
    answer = client.get(f"{home}/report/ada")
    assert "Homework 9" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    for path in ("report/..%2f.grader", "report/nobody", "report/%2e%2e", "static/..%2fapp.py", "static/x"):
        assert client.get(f"{home}/{path}").status_code == 404, path


def test_marking_over_the_wire(tmp_path: Path) -> None:
    client, home = client_of(small_class(tmp_path))
    queue = client.get(f"{home}/api/queue").json()
    item = next(i for i in queue["items"] if i["submissions"] == ["cem"] and i["kind"] == "text")
    body = {"item": item["id"], "seen": {"cem": 0}, "points": 4, "reason": "A reason of mine."}
    after = client.post(f"{home}/api/mark", json=body).json()
    mine = next(i for i in after["items"] if i["id"] == item["id"])
    assert mine["standing"]["cem"]["points"] == 4
    assert {"points": 4, "text": "A reason of mine."} in mine["palette"], "offered again for the next one"
    again = client.post(f"{home}/api/mark", json=body)
    assert (again.status_code, "has just marked" in again.json()["problem"]) == (409, True)
    for wrong in ({**body, "points": "NaN"}, {**body, "extra": 1}, {}, {**body, "reason": ""}):
        assert client.post(f"{home}/api/mark", json=wrong).status_code == 400
    for text in (
        json.dumps({**body, "points": float("nan")}),
        '{"points": -Infinity}',
        "{",
        "[" * 9999,
        "\x00",
    ):
        told = client.post(f"{home}/api/mark", content=text, headers={"content-type": "application/json"})
        assert told.status_code == 400, text[:40]


def test_another_site_can_do_nothing_even_with_the_token(tmp_path: Path) -> None:
    client, home = client_of(small_class(tmp_path))
    for origin in ("http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:81"):
        assert client.post(f"{home}/api/undo", json={}, headers={"origin": origin}).status_code == 403, origin
    own = {"origin": "http://127.0.0.1"}
    assert client.post(f"{home}/api/undo", json={}, headers=own).status_code == 200
    both = {"origin": "http://evil.example", "host": "evil.example"}
    assert client.post(f"{home}/api/undo", json={}, headers=both).status_code == 400


def test_the_desk_in_german(tmp_path: Path) -> None:
    out = small_class(tmp_path)
    german = samples.RUBRIC.model_copy(update={"language": "de"})
    desk = Desk(ReportFolder(out), german, "lea")
    client = TestClient(make_app(desk, Publisher(out, german), "t", "once"), base_url="http://127.0.0.1")
    page = client.get("/t/").text
    assert '<html lang="de">' in page
    assert "</kbd> Tasten<" in page
    queue = client.get("/t/api/queue").json()
    assert queue["kinds"]["text"] == "Schriftliche Antworten"
    assert queue["people"]["ada"]["alias"].startswith("Person ")
    texts = [i for i in queue["items"] if i["kind"] == "text"]
    assert texts[0]["palette"][0]["text"].startswith("Beantwortet")
    mark(desk, "same", {"cem": 0}, 5, "halb")
    mine = next(i for i in texts if i["submissions"] == ["cem"])
    body = {"item": mine["id"], "seen": {"cem": 0}, "points": 4, "reason": "x"}
    assert (
        "lea hat gerade Cem, same bewertet: 5 Punkte"
        in client.post("/t/api/mark", json=body).json()["problem"]
    )


def test_hostile_students_are_text_in_json_only(tmp_path: Path) -> None:
    students = {}
    for n, hostile in enumerate(HOSTILE):
        report, submission = attacked(hostile)
        ref = report.submission.model_copy(update={"id": f"s{n}"})
        students[f"s{n}"] = (report.model_copy(update={"submission": ref}), submission)
    client, home = client_of(lay(tmp_path, students))
    page = client.get(f"{home}/")
    assert "hacked" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    answer = client.get(f"{home}/api/queue")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hacked" in json.dumps(answer.json())
    assert "hacked" in client.get(f"{home}/api/notebook/s0").text


# ---------------------------------------------------------------------------- command


def test_review_of_a_folder_without_reports(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no reports"):
        review.run(tmp_path, "lea", 0, False, None)


def test_review_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(
        UsageError, match=r"uvicorn, which is not installed; pip install -c constraints.txt '\.\[desk\]'"
    ):
        review.run(tmp_path, "lea", 0, False, None)


def test_review_of_a_taken_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review.folder, "rubric_of", lambda *_: samples.RUBRIC)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"port {port} can't be used .*; name another with --port"):
            review.run(small_class(tmp_path), "lea", port, False, None)
