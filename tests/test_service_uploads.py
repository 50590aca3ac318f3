"""Handing in: what is taken, what is refused and what is said, the same in both databases."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from service_kit import DUE, NOTEBOOK, World, csrf_of, self_check
from sqlalchemy import func, select

from grader.service import accounts, blobs, runs, uploads
from grader.service.tables import CourseAssignment, File, Run, Upload

LATE = '<span class="chip warn">late</span>'


def counted(world: World) -> tuple[int, int]:
    """Uploads, and runs of kind grade."""
    with world.database.reading() as session:
        uploads = session.scalar(select(func.count()).select_from(Upload))
        graded = session.scalar(select(func.count()).select_from(Run).where(Run.kind == "grade"))
    return uploads or 0, graded or 0


def test_a_receipt_says_when_and_what(world: World) -> None:
    anna = world.person("student", "Anna")
    page = anna.hand_in(("hw.ipynb", NOTEBOOK), ("data.csv", b"1,2"))
    assert page.status_code == 200
    assert "Attempt 1" in page.text
    assert "Mon, 1 Jun 2026, 14:00 CEST" in page.text
    assert re.search(r"[0-9a-f]{64}", page.text)
    assert "in time" in page.text
    assert counted(world) == (1, 1)
    name = str(page.url).rpartition("/")[2]
    back = anna.client.get(f"/u/{name}/files/0")
    assert back.content == NOTEBOOK
    assert back.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in back.headers["content-security-policy"]


def test_a_form_sent_again_is_counted_once_and_gets_the_same_receipt(world: World) -> None:
    anna = world.person("student", "Anna")
    first = anna.hand_in(key="k1")
    again = anna.hand_in(key="k1")
    assert str(first.url) == str(again.url)
    assert counted(world) == (1, 1)
    assert anna.hand_in(key="k2").status_code == 200
    assert counted(world) == (2, 2)


def test_who_goes_back_to_a_form_and_chooses_another_file_loses_nothing(world: World) -> None:
    anna = world.person("student", "Anna")
    first = anna.hand_in(key="k1")
    other = (("hw.ipynb", NOTEBOOK + b" "),)
    second = anna.hand_in(*other, key="k1")
    assert "Attempt 2" in second.text and counted(world) == (2, 2)
    assert str(anna.hand_in(*other, key="k1").url) == str(second.url), "each is counted once"
    assert str(anna.hand_in(key="k1").url) == str(first.url)
    assert counted(world) == (2, 2)


def test_who_is_removed_while_it_comes_hands_in_nothing(world: World, monkeypatch: Any) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    named = uploads._named

    def meanwhile(*given: Any) -> Any:
        assert teacher.post("/course/course/people/2/erase", sure="Anna").status_code == 200
        return named(*given)

    monkeypatch.setattr(uploads, "_named", meanwhile)
    form = anna.form("/a/tiny")
    page = anna.client.post("/a/tiny/uploads", data=form, files={"files": ("hw.ipynb", NOTEBOOK)})
    assert page.status_code in (401, 404) and counted(world)[0] == 0


def test_a_key_is_its_senders_own(world: World) -> None:
    assert (
        world.person("student", "Anna").hand_in(key="k").url
        != world.person("student", "Bea").hand_in(key="k").url
    )
    assert counted(world) == (2, 2)


def test_ten_at_once_are_ten_and_one_key_at_once_is_one(world: World) -> None:
    anna = world.person("student", "Anna")
    form = anna.form("/a/tiny")

    def send(key: str) -> None:
        client = world.client()
        client.cookies = anna.client.cookies
        answer = client.post(
            "/a/tiny/uploads", data=form | {"key": key}, files={"files": ("hw.ipynb", NOTEBOOK)}
        )
        codes.append(answer.status_code)

    codes: list[int] = []
    keys = [f"k{n}" for n in range(10)] + ["same"] * 5
    threads = [threading.Thread(target=send, args=(k,)) for k in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 15
    assert counted(world) == (11, 11)
    with world.database.reading() as session:
        assert sorted(session.scalars(select(Upload.number))) == list(range(1, 12))


BAD = {
    "no file": ([], "Choose a notebook first"),
    "empty": ([("hw.ipynb", b"")], "empty"),
    "no notebook": ([("essay.pdf", b"%PDF")], "no notebook among these files: essay.pdf"),
    "long name": ([("x" * 10_000 + ".ipynb", NOTEBOOK)], "name is too long"),
    "twice": ([("a.ipynb", NOTEBOOK), ("a.ipynb", NOTEBOOK)], "Two files have the same name"),
    "no name": ([("../..", NOTEBOOK)], "without a name"),
    "many": ([(f"{n}.ipynb", NOTEBOOK) for n in range(51)], "at most 50 go together"),
    "long name, not so long": ([("x" * 300 + ".ipynb", NOTEBOOK)], "name is too long"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_is_said_on_the_page_and_nothing_is_kept(world: World, case: str) -> None:
    files, said = BAD[case]
    anna = world.person("student", "Anna")
    form = anna.form("/a/tiny")
    page = anna.client.post(
        "/a/tiny/uploads", data=form, files=[("files", f) for f in files] or {"files": ("", b"")}
    )
    assert page.status_code in (400, 422)
    assert said in page.text
    assert counted(world) == (0, 0)
    assert "Not received" in page.text


def test_too_large(world: World) -> None:
    anna = world.person("student", "Anna")
    with world.database.writing() as session:
        session.scalars(select(CourseAssignment)).one().most = 1 << 20
    page = anna.hand_in(("hw.ipynb", b"x" * (2 << 20)))
    assert page.status_code == 413
    assert "at most 1 MB" in page.text
    assert counted(world) == (0, 0)
    huge = anna.client.post("/sign-out", data={"csrf": "x" * (1 << 20)})
    assert huge.status_code == 413


def test_nobody_fills_the_disk_of_all_within_a_day(world: World) -> None:
    anna, bob = world.person("student", "Anna"), world.person("student", "Bob")
    with world.database.writing() as session:
        session.scalars(select(CourseAssignment)).one().most = 50_000
    large = NOTEBOOK + b" " * 45_000
    files = [(("hw.ipynb", large + b" " * n),) for n in range(uploads.A_DAY + 10)]
    answers = [anna.hand_in(*f, key=f"k{n}").status_code for n, f in enumerate(files)]
    taken = answers.count(200)
    assert answers == [200] * taken + [429] * (len(answers) - taken)
    assert taken == uploads.A_DAY * 50_000 // len(large)
    refused = anna.hand_in(*files[-1], key="last")
    assert "Hand in smaller files, or tomorrow." in refused.text
    assert anna.hand_in(*files[0], key="k0").status_code == 200, "what was taken has its receipt"
    assert bob.hand_in().status_code == 200
    world.clock.forward(days=1)
    assert anna.hand_in(*files[-1], key="last").status_code == 200


def test_names_are_only_names(world: World) -> None:
    anna = world.person("student", "Anna")
    names = ["../../etc/passwd.ipynb", "C:\\Users\\anna\\hw.ipynb", "a\u202eb\u0000c.ipynb", "<script>.py"]
    page = anna.hand_in(*[(n, NOTEBOOK) for n in names])
    assert page.status_code == 200
    with world.database.reading() as session:
        kept = list(session.scalars(select(File.name).order_by(File.id)))
    assert kept[:2] == ["passwd.ipynb", "hw.ipynb"]
    assert "\x00" not in "".join(kept)
    assert "<script>.py" not in page.text


def test_late_is_by_when_it_began_and_only_after_grace(world: World) -> None:
    anna = world.person("student", "Anna")
    with world.database.writing() as session:
        session.scalars(select(CourseAssignment)).one().grace_s = 600
    world.clock.at = DUE + timedelta(minutes=10)
    assert "in time" in anna.hand_in().text
    world.clock.at = DUE + timedelta(minutes=11)
    page = anna.client.get("/a/tiny").text
    assert "past the due date" in page
    receipt = anna.hand_in().text
    assert '<span class="chip warn">late</span>' in receipt


def test_a_clock_that_jumps_back_leaves_the_order(world: World) -> None:
    anna = world.person("student", "Anna")
    anna.hand_in()
    world.clock.forward(hours=-3)
    assert "Attempt 2" in anna.hand_in().text
    page = anna.client.get("/a/tiny").text
    assert re.search(r'attempt counts">\s*<h3><a[^>]*>Attempt 2', page)


def test_before_it_opens_and_after_it_closes(world: World) -> None:
    from grader.service.tables import CourseAssignment

    anna = world.person("student", "Anna")
    form = anna.form("/a/tiny") | {"key": "k"}
    with world.database.writing() as session:
        found = session.scalars(select(CourseAssignment)).one()
        found.opens, found.closes = world.clock() + timedelta(days=1), DUE + timedelta(days=1)
    for moment, said in ((world.clock(), "not open yet"), (DUE + timedelta(days=2), "is closed")):
        world.clock.at = moment
        page = anna.client.post("/a/tiny/uploads", data=form, files={"files": ("hw.ipynb", NOTEBOOK)})
        assert page.status_code in (401, 403)
        if page.status_code == 403:
            assert said in page.text
    assert counted(world) == (0, 0)


def test_choosing_an_attempt(world: World) -> None:
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    first = str(anna.hand_in().url).rpartition("/")[2]
    anna.hand_in()
    assert bea.post(f"/u/{first}/choose").status_code == 404
    page = anna.post(f"/u/{first}/choose")
    assert re.search(r'attempt counts">\s*<h3><a[^>]*>Attempt 1', page.text)
    world.clock.at = DUE - timedelta(minutes=1)


def test_the_self_check_is_shown_and_limited_by_the_hour(world: World) -> None:
    from golden import samples

    anna = world.person("student", "Anna")
    page = anna.hand_in()
    assert "waits for its self-check" in page.text
    report, submission = samples.all_right()
    name = str(page.url).rpartition("/")[2]
    world.graded(name, report, submission, self_check())
    page = anna.client.get(f"/u/{name}")
    assert "1 of 1 found" in page.text
    for _ in range(5):
        anna.hand_in()
    page = anna.hand_in()
    assert "you have had this hour" in page.text
    last = str(page.url).rpartition("/")[2]
    assert anna.post(f"/u/{last}/check").status_code == 429
    assert counted(world)[1] == 7
    world.clock.forward(minutes=61)
    assert "waits for its self-check" in anna.post(f"/u/{last}/check").text


def test_our_faults_cost_no_self_check(world: World) -> None:
    anna = world.person("student", "Anna")
    for _ in range(8):
        anna.hand_in()
        with world.database.writing() as session:
            for run in session.scalars(select(Run).where(Run.kind == "check", Run.state == "queued")):
                runs.stick(run, "x", world.clock())
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run).where(Run.kind == "check")) == 8


def test_an_attempt_that_is_not_read_is_told_so(world: World) -> None:
    anna = world.person("student", "Anna")
    page = anna.hand_in(("hw.ipynb", b"{ not json"))
    with world.database.writing() as session:
        for run in session.scalars(select(Run).where(Run.kind == "check")):
            run.state, run.message = "unreadable", "the file is not JSON <b>"
    page = anna.client.get(str(page.url))
    assert "can’t be read as a notebook" in page.text
    assert "the file is not JSON &lt;b&gt;" in page.text


def test_uploads_of_others_are_not_there(world: World) -> None:
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    name = str(anna.hand_in().url).rpartition("/")[2]
    for address in (f"/u/{name}", f"/u/{name}/files/0", "/u/0000", "/a/other", "/a/tiny/report"):
        assert bea.client.get(address).status_code == 404
    assert "Anna" not in bea.client.get(f"/u/{name}").text
    assert bea.post(f"/u/{name}/check").status_code == 404


def test_the_api_hands_in_with_a_token(world: World) -> None:
    anna = world.person("student", "Anna")
    token = re.search(r"(grader_[\w-]+)", anna.post("/me/tokens", name="ci").text)
    assert token
    client = world.client()
    assert client.get("/api/v1/assignments/tiny/uploads").status_code == 401
    client.headers["Authorization"] = f"Bearer {token[1]}"
    send: Any = {"files": [("files", ("hw.ipynb", NOTEBOOK))], "headers": {"Idempotency-Key": "run-7"}}
    first = client.post("/api/v1/assignments/tiny/uploads", **send)
    assert first.status_code == 201, first.text
    again = client.post("/api/v1/assignments/tiny/uploads", **send)
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"] and again.json()["again"]
    one = client.get(f"/api/v1/uploads/{first.json()['id']}").json()
    assert one["check"]["state"] == "waits" and one["counts"]
    assert client.get("/api/v1/assignments/tiny/report").status_code == 404
    assert (
        client.post("/api/v1/assignments/tiny/uploads", files={"files": ("x.pdf", b"x")}).status_code == 422
    )
    assert client.delete("/api/v1/assignments/tiny/uploads").status_code == 405
    assert client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/assignments/{slug}/uploads"]["post"]


def test_a_zip_is_taken_and_a_broken_connection_leaves_nothing(world: World) -> None:
    anna = world.person("student", "Anna")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("hw/hw.ipynb", NOTEBOOK)
    assert anna.hand_in(("hw.zip", held.getvalue())).status_code == 200
    form = anna.form("/a/tiny")
    cut = (
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
        + form["csrf"].encode()
        + b'\r\n--b\r\nContent-Disposition: form-data; name="files"; filename="a.ipynb"\r\n\r\n{"cel'
    )
    page = anna.client.post(
        "/a/tiny/uploads", content=cut, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert page.status_code in (400, 422)
    assert counted(world) == (1, 1)


def test_a_session_that_ended_is_sent_to_sign_in_and_nothing_is_read(world: World) -> None:
    anna = world.person("student", "Anna")
    form = anna.form("/a/tiny")
    world.clock.forward(days=8)
    came = {"Referer": "http://localhost/a/tiny"}
    page = anna.client.post(
        "/a/tiny/uploads", data=form, files={"files": ("hw.ipynb", NOTEBOOK)}, headers=came
    )
    assert page.status_code == 401 and "what you sent was not received" in page.text
    assert page.url.params["to"] == "/a/tiny"
    assert counted(world) == (0, 0)
    assert accounts.csrf("x") != csrf_of(anna)


def test_on_a_full_disk_nothing_is_taken_and_the_rest_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = world.person("student", "Anna")
    name = anna.attempt()
    with monkeypatch.context() as full:
        full.setattr(blobs.Blobs, "free", lambda _: blobs.RESERVE - 1)
        page = anna.hand_in()
        assert page.status_code == 503 and "fault of ours" in page.text
        assert anna.client.get(f"/u/{name}").status_code == 200
    assert counted(world) == (1, 1) and anna.hand_in().status_code == 200


def test_a_folder_that_can_not_be_written_is_our_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = world.person("student", "Anna")

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    with monkeypatch.context() as readonly:
        readonly.setattr(blobs.Blobs, "held", refuse)
        assert anna.hand_in().status_code == 503
    assert counted(world) == (0, 0)


def test_what_can_not_be_read_is_late_by_when_it_came(world: World) -> None:
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    world.clock.at = DUE - timedelta(minutes=1)
    broken = (("hw.ipynb", b'{"cells": ['),)
    first = anna.hand_in(*broken)
    assert LATE not in first.text
    world.clock.at = DUE + timedelta(minutes=1)
    page = anna.hand_in()
    assert LATE in page.text, "what is mended later came later"
    assert LATE in bea.hand_in(*broken).text
    assert LATE not in anna.client.get(str(first.url)).text, "the first stays in time, and can be chosen"
    assert "Let this attempt count" in anna.client.get("/a/tiny").text
