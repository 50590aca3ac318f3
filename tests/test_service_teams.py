"""Teams hand in together: one upload for all, to each a report and marks of their own; in both databases."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

from service_kit import DUE, NOTEBOOK, Browser, World
from sqlalchemy import select, text

from grader.service.tables import File, MarkRow, Member, Published, Upload


def team(world: World, *names: str) -> list[Browser]:
    return [world.person("student", n, team="T1") for n in names]


def own(world: World, browser: Browser) -> list[dict[str, Any]]:
    token = re.search(r"(grader_[\w-]+)", browser.post("/me/tokens", name="x").text)
    assert token
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token[1]}"
    return list(client.get("/api/v1/assignments/tiny/uploads").json())


def test_one_upload_counts_for_each_and_others_have_none(world: World) -> None:
    anna, bea = team(world, "Anna", "Bea")
    cem = world.person("student", "Cem", team="T2")
    receipt = anna.hand_in()
    assert "Handed in for your team, too: Bea" in receipt.text
    (hers,) = own(world, bea)
    page = bea.client.get(f"/u/{hers['id']}")
    assert page.status_code == 200 and "Handed in by Anna, for the whole team." in page.text
    assert bea.client.get(f"/u/{hers['id']}/files/0").content == NOTEBOOK
    assert anna.client.get(f"/u/{hers['id']}").status_code == 404, "each has an attempt of their own"
    assert own(world, cem) == [] and cem.client.get(f"/u/{hers['id']}").status_code == 404
    with world.database.reading() as session:
        assert len(set(session.scalars(select(File.sha256)))) == 1


def test_sent_again_it_is_counted_once_for_each(world: World) -> None:
    anna, bea = team(world, "Anna", "Bea")
    assert anna.hand_in(key="k").url == anna.hand_in(key="k").url
    assert (len(own(world, anna)), len(own(world, bea))) == (1, 1)
    bea.hand_in(key="k")
    assert (len(own(world, anna)), len(own(world, bea))) == (2, 2)


def test_a_team_at_once_is_in_order_for_each(world: World) -> None:
    browsers = team(world, "Anna", "Bea", "Cem")
    forms = [b.form("/a/tiny") for b in browsers]
    codes: list[int] = []

    def send(number: int, key: str) -> None:
        client = world.client()
        client.cookies = browsers[number].client.cookies
        data = forms[number] | {"key": key}
        files = {"files": ("hw.ipynb", NOTEBOOK)}
        codes.append(client.post("/a/tiny/uploads", data=data, files=files).status_code)

    threads = [threading.Thread(target=send, args=(n, f"k{k}")) for n in range(3) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 9
    with world.database.reading() as session:
        rows = session.execute(select(Upload.person_id, Upload.number)).all()
        digests = [
            list(session.scalars(select(Upload.sent_by).where(Upload.person_id == p).order_by(Upload.number)))
            for p in (1, 2, 3)
        ]
    assert sorted(map(tuple, rows)) == [(p, n) for p in (1, 2, 3) for n in range(1, 10)]
    assert all(len(d) == 9 for d in digests)


def test_each_is_late_by_their_own_dates(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    anna, bea = team(world, "Anna", "Bea")
    until = (DUE + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    teacher.post("/teach/tiny/extensions", person=3, due=until, reason="ill")
    world.clock.at = DUE + timedelta(minutes=1)
    # their logins last a week, and the due date is four days off
    anna.hand_in()
    assert [u["late"] for u in own(world, anna)] == [True]
    assert [u["late"] for u in own(world, bea)] == [False]


def test_a_members_own_mark_differs_and_each_reads_their_own_report(world: World) -> None:
    teacher, lea = world.person("teacher", "Tea"), world.person("assistant", "Lea")
    anna, bea = team(world, "Anna", "Bea")
    anna.attempt()
    names = (
        {b: own(world, b)[0]["id"] for b in (anna, bea)}
        if False
        else [own(world, b)[0]["id"] for b in (anna, bea)]
    )
    for name in names:
        world.report_of(name, "open")
    items = lea.client.get("/desk/tiny/api/queue").json()["items"]
    (item,) = items
    assert sorted(item["submissions"]) == sorted(names), "the same words of a team are read once"
    for name, points in zip(names, (10, 4), strict=True):
        body = {"item": item["id"], "seen": {name: 0}, "points": points, "reason": "So."}
        assert lea.client.post("/desk/tiny/api/mark", json=body).status_code == 200
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    with world.database.reading() as session:
        given = dict(session.execute(select(Published.person_id, Published.score)).all())
    assert sorted(given.values()) == [94.0, 100.0]
    assert "Bea" not in anna.client.get("/a/tiny/report").text
    with world.database.reading() as session:
        assert len(session.scalars(select(MarkRow)).all()) == 2


def test_who_is_erased_leaves_the_others_theirs(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    anna, bea = team(world, "Anna", "Bea")
    anna.attempt()
    (hers,) = own(world, bea)
    teacher.post("/course/course/people/2/erase", sure="Anna")
    page = bea.client.get(f"/u/{hers['id']}")
    assert page.status_code == 200 and "Anna" not in page.text
    assert bea.client.get(f"/u/{hers['id']}/files/0").content == NOTEBOOK
    with world.database.reading() as session:
        assert [m.team for m in session.scalars(select(Member).where(Member.person_id == 2))] == [""]


def test_the_roster_says_who_is_together(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    teacher.post(
        "/course/course/people", people="Ann; 1; A; T1\nBo; 2; A; T1\nCy\n", role="student", section="B"
    )
    with world.database.reading() as session:
        found = [(m.number, m.section, m.team) for m in session.scalars(select(Member).order_by(Member.id))][
            1:
        ]
    assert found == [("1", "A", "T1"), ("2", "A", "T1"), ("", "B", "")]
    page = teacher.post("/course/course/people/4", role="student", section="B", team="T1")
    assert page.text.count('name="team" maxlength="60" value="T1"') == 3


def test_a_database_of_before_teams_is_brought_along(world: World) -> None:
    from alembic import command

    from grader.service.database import _alembic

    name = world.person("student", "Anna").attempt()
    with world.database._writes.connect() as connection:
        command.stamp(_alembic(connection), "0001")
        for column in (
            "member DROP COLUMN team",
            "upload DROP COLUMN sent_by",
            "published DROP COLUMN withdrawn",
        ):
            connection.execute(text(f"ALTER TABLE {column}"))
        connection.commit()
    world.database.migrate()
    with world.database.reading() as session:
        found = session.scalars(select(Upload)).one()
        assert (found.name, found.sent_by) == (name, None)
