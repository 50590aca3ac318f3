"""A course without a browser: class page, desk, publication, regrade, questions; in both databases."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from golden import samples
from service_kit import DUE, SHA, Browser, World
from sqlalchemy import func, select

from grader.service import founding, publish, runs, uploads
from grader.service.tables import (
    CourseAssignment,
    Edition,
    File,
    Inquiry,
    MarkRow,
    Member,
    Person,
    Published,
    Run,
    Upload,
)

OTHER = "cd" * 32
STUDENTS = ("student", "other", "unlucky")


def waiting(desk: Browser) -> list[dict[str, Any]]:
    return list(desk.client.get("/desk/tiny/api/queue").json()["items"])


def mark(desk: Browser, upload: str, points: float, version: int = 0, reason: str = "Fits.") -> Any:
    item = next(i for i in waiting(desk) if upload in i["submissions"])
    body = {"item": item["id"], "seen": {upload: version}, "points": points, "reason": reason}
    return desk.client.post("/desk/tiny/api/mark", json=body)


def publish_all(teacher: Browser) -> Any:
    form = teacher.form("/teach/tiny/publish")
    return teacher.client.post("/teach/tiny/publish", data=form)


def test_an_assistant_looks_again_at_what_the_grader_decided(world: World) -> None:
    teacher, lea = world.person("teacher", "Tea"), world.person("assistant", "Lea")
    anna = world.person("student", "Anna")
    name = anna.attempt()
    world.report_of(name)
    passed, *_, whole = lea.client.get(f"/desk/tiny/api/student/{name}").json()
    assert (passed["verdict"], whole["topic"]) == ("pass", "whole")
    body = {"student": name, "look": passed["look"], "version": 0}
    less = body | {"topic": passed["topic"], "points": 1, "reason": "Copied."}
    assert anna.client.post("/desk/tiny/api/change", json=less).status_code == 404
    assert lea.client.post("/desk/tiny/api/change", json=less).status_code == 200
    words = body | {"topic": passed["words"], "points": 0, "reason": "See lecture 4."}
    assert lea.client.post("/desk/tiny/api/change", json=words).status_code == 200
    publish_all(teacher)
    report = anna.client.get("/a/tiny/report").text
    assert "Marked by hand: Copied." in report and "See lecture 4." in report


def test_a_course_from_upload_to_answer(world: World) -> None:
    teacher, lea = world.person("teacher", "Tea"), world.person("assistant", "Lea")
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    world.person("student", "Cem")
    first, second = anna.attempt(), bea.attempt()
    world.report_of(first)
    world.report_of(second, "open")
    page = teacher.client.get("/teach/tiny").text
    assert "2 / 3" in page and "waits for a person" in page and "90" in page
    preview = teacher.client.get("/teach/tiny/publish").text
    assert "Publish 1 report" in preview and "Still wait" in preview
    assert "Read the report" not in anna.client.get("/a/tiny").text

    publish_all(teacher)
    assert "Read the report" in anna.client.get("/a/tiny").text
    assert "Read the report" not in bea.client.get("/a/tiny").text, "nothing is sent while points wait"
    report = anna.client.get("/a/tiny/report")
    assert "sandbox" in report.headers["content-security-policy"] and "Anna" in report.text
    assert bea.client.get("/a/tiny/report").status_code == 404

    assert mark(lea, second, 10).status_code == 200
    assert "There is nothing new" not in teacher.client.get("/teach/tiny/publish").text
    publish_all(teacher)
    assert "Marked by hand: Fits." in bea.client.get("/a/tiny/report").text
    assert "There is nothing new" in teacher.client.get("/teach/tiny/publish").text

    bea.post("/a/tiny/inquiries", text="Why <b>10</b>?")
    bea.post("/a/tiny/inquiries", text="Why <b>10</b>?")
    asked = lea.client.get("/inquiries/tiny").text
    assert asked.count("Why &lt;b&gt;10&lt;/b&gt;?") == 1
    assert lea.post("/inquiries/tiny/1", answer="Because.").status_code == 200
    assert "somebody has just answered" in teacher.post("/inquiries/tiny/1", answer="No.").text.lower()
    assert "Because." in bea.client.get("/a/tiny").text
    for n in range(6):
        last = bea.post("/a/tiny/inquiries", text=f"And {n}?")
    assert last.status_code == 409 and lea.client.get("/inquiries/tiny").text.count("And ") == 5
    csv = teacher.client.get("/teach/tiny/grades.csv").text
    assert "Anna" in csv and "100" in csv
    assert teacher.client.get("/teach/tiny/grades.xlsx").content[:2] == b"PK"
    audit = teacher.client.get("/course/course/audit").text
    for what in ("handed in", "published", "marked", "asked again", "answered", "exported"):
        assert what in audit


def test_two_who_mark_at_once_never_overwrite(world: World) -> None:
    lea, max_ = world.person("assistant", "Lea"), world.person("assistant", "Max")
    name = world.person("student", "Anna").attempt()
    world.report_of(name, "open")
    answers: list[int] = []

    def send(desk: Browser, points: float) -> None:
        answers.append(mark(desk, name, points).status_code)

    threads = [threading.Thread(target=send, args=a) for a in ((lea, 3.0), (max_, 7.0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MarkRow)) == 1
    late = mark(lea, name, 5)
    assert late.status_code == 409 and "has just marked Anna" in late.json()["problem"]
    assert mark(max_, name, 6, version=1).status_code == 200
    undone = max_.client.post("/desk/tiny/api/undo", json={}).json()["undone"]
    assert undone == [[name, "same"]]


def test_an_assistant_sees_their_section_alone(world: World) -> None:
    lea = world.person("assistant", "Lea", section="A")
    in_a, in_b = world.person("student", "Anna", "A"), world.person("student", "Bea", "B")
    names = [in_a.attempt(), in_b.attempt()]
    for name in names:
        world.report_of(name, "open")
    assert {s for i in waiting(lea) for s in i["submissions"]} == {names[0]}
    assert lea.client.get(f"/desk/tiny/report/{names[1]}").status_code == 404
    assert lea.client.get(f"/desk/tiny/api/notebook/{names[1]}").status_code == 404
    assert lea.client.get(f"/desk/tiny/report/{names[0]}").status_code == 200
    assert lea.client.get("/teach/tiny").status_code == 404
    item = next(i for i in waiting(world.person("assistant", "Max")) if names[1] in i["submissions"])
    body = {"item": item["id"], "seen": {names[1]: 0}, "points": 10, "reason": "x"}
    assert lea.client.post("/desk/tiny/api/mark", json=body).status_code == 400


def test_marks_belong_to_the_attempt_that_was_read(world: World) -> None:
    lea, anna = world.person("assistant", "Lea"), world.person("student", "Anna")
    first = anna.attempt()
    world.report_of(first, "open")
    mark(lea, first, 10)
    second = anna.attempt()
    world.report_of(second, "open")
    assert [i["submissions"] for i in waiting(lea)] == [[second]]
    assert all(s["points"] is None for i in waiting(lea) for s in i["standing"].values())
    anna.post(f"/u/{first}/choose")
    assert [i["standing"][first]["points"] for i in waiting(lea)] == [10]


def test_who_hands_in_after_the_report_is_told_and_so_is_the_teacher(world: World) -> None:
    """Somebody who has read what is right hands in again: that counts, and nobody overlooks it."""
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    world.report_of(anna.attempt())
    publish_all(teacher)
    assert "handed in again since" not in teacher.client.get("/teach/tiny/publish").text
    assert "If you hand in again, that counts" in anna.client.get("/a/tiny").text
    world.report_of(anna.attempt())
    assert "handed in again since" in teacher.client.get("/teach/tiny/publish").text


def test_what_changed_since_the_preview_gives_nothing_out(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    name = anna.attempt()
    world.report_of(name)
    form = teacher.form("/teach/tiny/publish")
    later = anna.attempt()
    world.report_of(later, "open")
    answer = teacher.client.post("/teach/tiny/publish", data=form)
    assert answer.status_code == 409 and "Look again" in answer.text
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Published)) == 0


def test_what_was_published_can_be_withdrawn_and_published_again(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    for one in (anna, bea):
        world.report_of(one.attempt())
    publish_all(teacher)
    page = "/teach/tiny/withdraw"
    stale = teacher.form(page)
    assert "Anna" in teacher.client.get(page).text and anna.client.get(page).status_code == 404
    with world.database.reading() as session:
        (hers,) = session.scalars(
            select(Upload.person_id).where(Upload.number == 1).order_by(Upload.id).limit(1)
        )
    teacher.client.post(page, data=stale | {"person": hers})
    assert anna.client.get("/a/tiny/report").status_code == 404
    assert "Read the report" in bea.client.get("/a/tiny").text, "hers alone"
    told = re.sub(r"<[^>]*>", " ", anna.client.get("/a/tiny").text)
    assert "Your report was withdrawn" in told and "Read the report" not in told and "100" not in told
    assert anna.post("/a/tiny/inquiries", text="Why?").status_code == 404

    again = teacher.client.post(page, data=stale)
    assert again.status_code == 409 and "nothing was withdrawn" in again.text
    assert "Read the report" in bea.client.get("/a/tiny").text
    form = teacher.form(page)
    for _ in "ab":  # a second click
        assert teacher.client.post(page, data=form).status_code == 200
    assert bea.client.get("/a/tiny/report").status_code == 404
    assert "Nobody has a report." in teacher.client.get(page).text
    assert "withdrew" in teacher.client.get("/course/course/audit").text

    assert "Publish 2 reports" in teacher.client.get("/teach/tiny/publish").text
    form = teacher.form("/teach/tiny/publish")
    for _ in "ab":
        clicked = teacher.client.post("/teach/tiny/publish", data=form)
        assert clicked.status_code == 200 and "Something changed" not in clicked.text
    assert anna.client.get("/a/tiny/report").status_code == 200
    assert "withdrawn" not in anna.client.get("/a/tiny").text


def test_a_script_withdraws_what_it_looked_at(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    world.report_of(anna.attempt())
    publish_all(teacher)
    scripts = [world.client(), world.client()]
    for person, script in zip((teacher, anna), scripts, strict=True):
        token = re.search(r"(grader_[\w-]+)", person.post("/me/tokens", name="t").text)
        assert token
        script.headers["Authorization"] = f"Bearer {token[1]}"
    at = "/api/v1/assignments/tiny"
    out = scripts[0].get(f"{at}/publication").json()
    assert [(r["name"], r["score"], r["at_platform"]) for r in out["reports"]] == [("Anna", 100.0, False)]
    assert scripts[1].get(f"{at}/publication").status_code == 404
    assert scripts[1].post(f"{at}/withdraw", data={"seen": out["seen"]}).status_code == 404
    assert scripts[0].post(f"{at}/withdraw", data={"seen": "x"}).status_code == 409
    assert scripts[0].post(f"{at}/withdraw", data={"seen": out["seen"]}).json() == {"reports": 1}
    assert scripts[1].get(f"{at}/report").status_code == 404


def test_publishing_is_all_or_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = world.person("teacher", "Tea")
    for n in range(3):
        world.report_of(world.person("student", f"S{n}").attempt())
    entered = publish._enter

    def dies(*arguments: Any) -> int:
        entered(*arguments)
        raise RuntimeError("killed")

    monkeypatch.setattr(publish, "_enter", dies)
    form = teacher.form("/teach/tiny/publish")
    with pytest.raises(RuntimeError):
        teacher.client.post("/teach/tiny/publish", data=form)
    monkeypatch.undo()
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Published)) == 0
    publish_all(teacher)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Published)) == 3


def test_an_extension_moves_lateness_without_a_second_run(world: World) -> None:
    from service_kit import START

    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    world.clock.at = DUE + timedelta(hours=3)
    name = anna.attempt()
    world.report_of(name)
    assert 'class="chip warn">late<' in teacher.client.get("/teach/tiny").text
    until = (DUE + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    teacher.post("/teach/tiny/extensions", person=2, due=until, reason="ill")
    assert 'class="chip warn">late<' not in teacher.client.get("/teach/tiny").text
    assert "extended for you" in anna.client.get("/a/tiny").text
    early = START.strftime("%Y-%m-%dT%H:%M")
    assert "ends after the due date" in teacher.post("/teach/tiny/extensions", person=2, due=early).text
    teacher.post("/teach/tiny/extensions", person=2, due="")
    assert 'class="chip warn">late<' in teacher.client.get("/teach/tiny").text


def test_dates_are_set_in_the_courses_zone(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    sent = {
        "opens": "2026-06-01T08:00",
        "due": "2026-06-09T14:25",
        "closes": "2026-06-10T00:00",
        "grace": "10",
    }
    page = teacher.post("/teach/tiny/dates", checks="3", **sent)
    assert 'value="2026-06-09T14:25"' in page.text
    anna = world.person("student", "Anna").client.get("/a/tiny").text
    assert "Tue, 9 Jun 2026, 14:25 CEST" in anna and 'datetime="2026-06-09T12:25:00+00:00"' in anna
    wrong = teacher.post("/teach/tiny/dates", **(sent | {"opens": "2026-06-11T08:00"}))
    assert wrong.status_code == 422 and "It opens after it is due." in wrong.text
    assert teacher.post("/teach/tiny/dates", due="never").status_code == 422


@pytest.mark.parametrize("due", ["2026-06-09T23:59:59+02:00", "2026-10-25T02:30:00+01:00"])
def test_a_date_that_is_left_as_it_stands_is_not_moved(world: World, due: str) -> None:
    """A field shows no seconds, and not which of an autumn night's two hours it is."""
    teacher, moment = world.person("teacher", "Tea"), datetime.fromisoformat(due)
    with world.database.writing() as session:
        session.get_one(CourseAssignment, 1).due = moment
    shown = re.search(r'name="due" value="([^"]+)"', teacher.client.get("/teach/tiny/dates").text)
    assert shown and teacher.post("/teach/tiny/dates", due=shown[1], checks="3").status_code == 200
    with world.database.reading() as session:
        kept = session.get_one(CourseAssignment, 1)
        assert (kept.due, kept.checks) == (moment, 3)


def other_edition(world: World) -> int:
    import yaml

    folder = world.service.place.editions / OTHER
    folder.mkdir()
    changed = samples.RUBRIC.model_dump(mode="json") | {"version": "2"}
    (folder / "rubric.yaml").write_text(yaml.safe_dump(changed, allow_unicode=True))
    with world.database.writing() as session:
        edition = Edition(assignment_id=1, sha256=OTHER, version="2", made=world.clock())
        session.add(edition)
        session.flush()
        return edition.id


def lived(
    world: World, words: Mapping[str, str], language: str = "en"
) -> tuple[dict[str, Browser], dict[str, list[str]]]:
    """A course in which everything has happened that leaves words on a page; its people, and the ids in it.

    words: names by role (and `section`), and what people say under `said`.
    """
    people = {
        role: world.person(
            "student" if role in STUDENTS else role, words[role], words["section"] * (role in STUDENTS)
        )
        for role in ("teacher", "assistant", *STUDENTS)
    }
    for one in people.values():
        one.client.headers["Accept-Language"] = language
        one.post("/me/language", language=language)
    teacher, student, other = people["teacher"], people["student"], people["other"]
    broken = student.attempt()
    world.work("unreadable")
    kept = student.attempt()
    world.report_of(kept)
    student.attempt()
    student.post(f"/u/{kept}/choose")
    publish_all(teacher)
    student.post("/a/tiny/inquiries", text=words["said"])
    teacher.post("/teach/tiny/extensions", person=4, due="2026-06-20T10:00", reason=words["said"])
    world.clock.at = DUE + timedelta(hours=3)
    late = other.attempt()
    world.report_of(late, "open")
    mark(people["assistant"], late, 5, reason=words["said"])
    edition = other_edition(world)
    teacher.post("/teach/tiny/regrade", edition=edition)
    with world.database.writing() as session:
        old = session.scalars(select(Run).where(Run.edition_id != edition, Run.kind == "grade")).all()
        before = world.service.reports.report(next(str(r.result) for r in old if r.result))
        dumped = before.model_dump(mode="json")
        dumped["questions"][0]["checks"][0] |= {"verdict": "partial", "score": 15.0}
        dumped |= {"score": 85.0}
        data = type(before).model_validate(dumped).model_dump_json().encode()
        for new in session.scalars(select(Run).where(Run.edition_id == edition)):
            new.state, new.result = "done", world.service.blobs.put(data).sha256
            new.notebook = next(r.notebook for r in old if r.notebook)
    stuck = people["unlucky"].attempt()
    with world.database.writing() as session:
        for run in session.scalars(select(Run).where(Run.state == "queued")):
            runs.stick(run, words["said"], world.clock())
    teacher.post("/course/course/links")
    teacher.post("/teach/tiny/dates", due="2026-06-05T14:00", grace="5", checks="1")
    people["unlucky"].post("/me/tokens", name=words["said"])
    names = [broken, kept, late, stuck]
    return people, {
        "slug": ["tiny", "course"],
        "name": names,
        "id": [late, "1"],
        "number": ["0"],
        "person": ["3"],
    }


def test_a_regrade_shows_whose_marks_move_before_it_counts(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    name = anna.attempt()
    world.report_of(name)
    publish_all(teacher)
    id = other_edition(world)
    assert "in work" in teacher.post("/teach/tiny/regrade", edition=id).text
    assert teacher.post("/teach/tiny/take-over", edition=id).status_code == 409
    with world.database.writing() as session:
        old = session.scalars(select(Run).where(Run.edition_id != id, Run.kind == "grade")).one()
        before = world.service.reports.report(str(old.result))
        dumped = before.model_dump(mode="json")
        dumped["questions"][0]["checks"][0] |= {"verdict": "partial", "score": 15.0}
        dumped["questions"][0]["score"] = 15.0
        dumped |= {"score": 85.0}
        data = type(before).model_validate(dumped).model_dump_json().encode()
        new = session.scalars(select(Run).where(Run.edition_id == id)).one()
        new.state, new.result, new.notebook = "done", world.service.blobs.put(data).sha256, old.notebook
    page = teacher.client.get(f"/teach/tiny/regrade?edition={id}").text
    assert "0 get more, 1 gets less." in page
    assert re.search(
        r"Anna</bdi></td><td class=\"n\">100 / 100</td><td class=\"n\">85 / 100</td>\s*<td class=\"n\">−15<",
        page,
    )
    assert "100" in teacher.client.get("/teach/tiny/grades.csv").text
    teacher.post("/teach/tiny/take-over", edition=id)
    preview = teacher.client.get("/teach/tiny/publish").text
    assert "Publish 1 report" in preview and "85 / 100" in preview
    assert ">100<" in anna.client.get("/a/tiny").text, "until it is published again"


def test_whatever_counts_after_an_edition_was_taken_over_is_graded_by_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher, anna, bo = (
        world.person(r, n) for r, n in (("teacher", "T"), ("student", "A"), ("student", "B"))
    )
    first, _ = anna.attempt(), anna.attempt()
    id = other_edition(world)
    teacher.post("/teach/tiny/regrade", edition=id)
    world.work()
    assert waiting_for(world, id) == []
    named = uploads._named

    def meanwhile(*given: Any) -> Any:
        with world.database.writing() as session:
            session.get_one(CourseAssignment, 1).edition_id = id
        return named(*given)

    monkeypatch.setattr(uploads, "_named", meanwhile)
    on_its_way = bo.attempt()
    anna.post(f"/u/{first}/choose")
    assert waiting_for(world, id) == [on_its_way, first]


def waiting_for(world: World, edition: int) -> list[str]:
    query = select(Upload.name).join(Run, Run.upload_id == Upload.id).order_by(Run.id)
    with world.database.reading() as session:
        return list(
            session.scalars(
                query.where(Run.edition_id == edition, Run.kind == "grade", Run.state == "queued")
            )
        )


def test_a_student_that_is_erased_is_nowhere(world: World) -> None:
    teacher, anna, bea = (
        world.person(r, n) for r, n in (("teacher", "Tea"), ("student", "Anna K"), ("student", "B"))
    )
    name, same = anna.attempt(), bea.attempt()
    world.report_of(name)
    publish_all(teacher)
    anna.post("/a/tiny/inquiries", text="Secret words")
    assert teacher.post("/course/course/people/2/erase", sure="Bea").status_code == 409
    assert teacher.post("/course/course/people/2/erase", sure="Anna K").status_code == 200
    assert anna.client.get("/").status_code == 401
    for address in ("/teach/tiny", "/course/course/roster", "/course/course/audit", "/teach/tiny/grades.csv"):
        assert "Anna" not in teacher.client.get(address).text
    with world.database.reading() as session:
        assert [u.name for u in session.scalars(select(Upload))] == [same]
        assert session.scalar(select(func.count()).select_from(Inquiry)) == 0
        kept = set(session.scalars(select(File.sha256)))
    assert set(world.service.blobs.names()) == kept, "what Bea handed in, too, stays; all else is gone"
    assert bea.client.get(f"/u/{same}/files/0").status_code == 200


def test_people_are_added_changed_and_removed(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    page = teacher.post(
        "/course/course/people", people="Ann Lee; 123; A\nBo\n\n", role="student", section="B"
    )
    links = re.findall(r"(/invited/[\w-]+)", page.text)
    assert len(links) == 2
    ann = Browser(world.client())
    ann.client.post(links[0])
    assert "Ann Lee" in ann.client.get("/me").text
    teacher.post("/course/course/people/2", role="assistant", section="A", number="9")
    assert ann.client.get("/desk/tiny/").status_code == 200
    assert teacher.post("/course/course/people/1", role="student").status_code == 409
    teacher.post("/course/course/people/2/remove")
    assert ann.client.get("/desk/tiny/").status_code == 404
    link = re.search(r"(/invited/[\w-]+)", teacher.post("/course/course/links", section="C").text)
    assert link and world.client().get(link[1]).status_code == 200
    teacher.post("/course/course/links/end")
    assert world.client().get(link[1]).status_code == 404


def test_of_a_long_list_of_people_nobody_is_left_out(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    with patch.object(founding, "add_member", return_value=(Person(name="N"), "link")) as made:
        teacher.post("/course/course/people", people="N\n" * 2500)
    assert made.call_count == 2500


def test_the_desk_is_told_what_was_not_taken(world: World) -> None:
    """Its script shows the sentence; of a page it would show a number."""
    desk = world.person("assistant", "Lea")
    answer = desk.client.post("/desk/tiny/api/mark", json={"points": -1})
    assert answer.status_code == 422 and "expected" in answer.json()["problem"]


def test_the_class_page_says_where_students_hand_in(world: World) -> None:
    page = world.person("teacher", "Tea").client.get("/teach/tiny").text
    assert "<code>http://localhost/a/tiny</code>" in page


def test_who_was_removed_by_mistake_comes_back_with_all_or_is_deleted(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna", section="A")
    name, roster = anna.attempt(), "/course/course/roster"
    gone = teacher.post("/course/course/people/2/remove").text.partition("Not in the course any more")[2]
    assert "Anna" in gone and anna.client.get(f"/u/{name}").status_code == 404
    assert teacher.post("/course/course/people/2/link").status_code == 404
    teacher.post("/course/course/people/2/return")
    assert "Attempt 1" in anna.client.get(f"/u/{name}").text
    assert "Not in the course any more" not in teacher.client.get(roster).text
    teacher.post("/course/course/people/2/remove")
    assert teacher.post("/course/course/people/2/erase", sure="Anna").status_code == 200
    assert "Anna" not in teacher.client.get(roster).text
    assert not list(world.service.blobs.names())


def test_a_name_that_was_mistyped_is_mended(world: World) -> None:
    teacher = world.person("teacher", "Teacher")
    assert "Ines Ortega" in teacher.post("/course/course/people/1", role="teacher", name=" Ines  Ortega").text
    assert "Ines Ortega" in teacher.post("/course/course/people/1", role="teacher", name=" ").text


def test_results_for_scripts_of_teachers_alone(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    world.report_of(anna.attempt())

    def client(who: Browser) -> Any:
        token = re.search(r"(grader_[\w-]+)", who.post("/me/tokens", name="x").text)
        assert token
        made = world.client()
        made.headers["Authorization"] = f"Bearer {token[1]}"
        return made

    got = client(teacher).get("/api/v1/assignments/tiny/results").json()
    assert got[0]["student"]["name"] == "Anna" and got[0]["report"]["score"] == 100
    assert "Anna" in client(teacher).get("/api/v1/assignments/tiny/results.csv").text
    for address in ("results", "results.csv"):
        assert client(anna).get(f"/api/v1/assignments/tiny/{address}").status_code == 404


def test_stuck_runs_are_seen_and_tried_again(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "Anna")
    anna.attempt()
    with world.database.writing() as session:
        for run in session.scalars(select(Run)):
            runs.stick(run, "x", world.clock())
    page = teacher.client.get("/teach/tiny").text
    assert "our fault" in page and "Try them again" in page
    assert "fault of ours" in anna.client.get("/a/tiny").text
    teacher.post("/teach/tiny/again")
    with world.database.reading() as session:
        assert {r.state for r in session.scalars(select(Run))} == {"queued"}
    assert SHA


def test_look_alikes_wait_at_the_desk_of_whoever_may_read_both(world: World) -> None:
    teacher, lea = world.person("teacher", "Tea"), world.person("assistant", "Lea")
    max_ = world.person("assistant", "Max", "A")
    report, submission = samples.all_right()
    code = "\n".join(
        f"layer_{n} = torch.nn.Linear({n}, {n + 1}) ; print(layer_{n}.weight * {n})" for n in range(12)
    )
    same = submission.cells[1].model_copy(update={"source": code})
    names = []
    for who, section in (("Anna", "A"), ("Bea", "B")):
        name = world.person("student", who, section).attempt()
        names.append(name)
        dumped = report.model_dump(mode="json")
        dumped["submission"] |= {"id": name}
        cells = (submission.cells[0], same)
        world.graded(
            name, type(report).model_validate(dumped), submission.model_copy(update={"cells": cells})
        )
    assert lea.client.get("/desk/tiny/lookalikes").status_code == 404
    assert lea.post("/teach/tiny/lookalikes").status_code == 404
    teacher.post("/teach/tiny/lookalikes")
    (comparing,) = world.service.comparing.values()
    assert comparing.wait(60) == 0
    assert "Compared" in teacher.client.get("/teach/tiny").text
    assert [len(i["submissions"]) for i in waiting(lea) if i["kind"] == "lookalike"] == [2]
    page = lea.client.get("/desk/tiny/lookalikes")
    assert not any(name in page.text for name in names)  # people are called by their names
    assert "Anna" in page.text and "Bea" in page.text and "sandbox" in page.headers["content-security-policy"]
    assert not [i for i in waiting(max_) if i["kind"] == "lookalike"]
    assert "Bea" not in max_.client.get("/desk/tiny/lookalikes").text
    teacher.post("/course/course/people/4/erase", sure="Anna")
    assert lea.client.get("/desk/tiny/lookalikes").status_code == 404


def test_who_teaches_comes_to_their_own_page_by_the_students_link(world: World) -> None:
    places = {"teacher": "/teach/tiny", "assistant": "/desk/tiny/", "student": "/a/tiny"}
    for role, place in places.items():
        assert world.person(role, role).client.get("/a/tiny").url.path == place
    assert world.client().get("/a/tiny").status_code == 401


def test_a_page_speaks_the_browsers_language_until_one_is_chosen(world: World) -> None:
    anna = world.person("student", "Anna")
    anna.client.headers["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.8"
    assert '<html lang="de">' in anna.client.get("/a/tiny").text
    anna.post("/me/language", language="en")
    assert '<html lang="en">' in anna.client.get("/a/tiny").text


@pytest.mark.parametrize("year", ["0001", "1026", "9999"])
def test_a_year_that_is_mistyped_is_no_date(world: World, year: str) -> None:
    teacher = world.person("teacher", "Tea")
    assert teacher.post("/teach/tiny/dates", due=f"{year}-06-09T14:25", grace=5, checks=6).status_code == 422
    assert world.person("student", "Anna").client.get("/a/tiny").status_code == 200


def test_a_table_of_people_is_pasted_and_again_with_a_new_line(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    add = "/course/course/people"
    teacher.post(add, people="Ada Phone\t17\tA\tRed\nBo Plain; 18; B", key="x")
    again = teacher.post(add, people="Ada Phone\t17\tA\nBo Plain\t18\nCy New\t19\nCy New\t19", key="y")
    assert "3 people with these numbers are here already" in again.text
    roster = re.sub(r"<[^>]+>", " ", again.text.partition("<table")[2])
    assert [roster.count(name) for name in ("Ada Phone", "Bo Plain", "Cy New")] == [1, 1, 1]
    with world.database.reading() as session:
        (ada,) = session.scalars(select(Member).where(Member.number == "17"))
    assert (ada.section, ada.team) == ("A", "Red")
