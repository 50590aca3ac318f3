"""Who somebody is: links, cookies, forms of other sites, headers; the same in both databases."""

from __future__ import annotations

import re
from typing import Any

import pytest
from service_kit import Browser, World, make_world
from sqlalchemy import select

from grader.service import accounts, founding
from grader.service.tables import Invitation, Login, Member, Person, Token


def test_looking_at_a_link_signs_nobody_in(world: World) -> None:
    client = world.client()
    link = f"/invited/{world.invite('student', 'Anna')}"
    page = client.get(link)
    assert "Anna" in page.text and "grader" not in client.cookies
    assert client.get("/").status_code == 401
    assert client.post(link).status_code == 200
    assert "Anna" in client.get("/").text


def test_a_course_link_asks_for_a_name_and_gives_a_link_of_ones_own(world: World) -> None:
    with world.database.writing() as session:
        course = founding.course_named(session, None)
        secret = accounts.invite(session, course.id, "student", world.clock())
    client = world.client()
    assert "Say your name" in client.post(f"/invited/{secret}", data={"name": " \u0000 "}).text
    page = client.post(f"/invited/{secret}", data={"name": "Bea <b>", "number": "77"})
    assert "Bea &lt;b&gt;" in page.text
    own = re.search(r"<code>http://localhost(/invited/[\w-]+)</code>", page.text)
    assert own
    other = world.client()
    other.post(own[1])
    assert "Bea &lt;b&gt;" in other.get("/me").text
    with world.database.reading() as session:
        assert [(m.role, m.number) for m in session.scalars(select(Member))] == [("student", "77")]


def test_a_form_that_joins_sent_twice_is_one_person(world: World) -> None:
    with world.database.writing() as session:
        course = founding.course_named(session, None)
        secret = accounts.invite(session, course.id, "student", world.clock())
    client, other = world.client(), world.client()
    form = {"key": Browser(client).form(f"/invited/{secret}")["key"], "name": "Bea"}
    pages = [client.post(f"/invited/{secret}", data=form).text for _ in "ab"]
    links = [re.search(r"<code>(\S+)</code>", page) for page in pages]
    assert links[0] and links[1] and links[0][1] == links[1][1]
    other.post(links[0][1].removeprefix("http://localhost"))
    assert "Bea" in other.get("/me").text
    client.post(f"/invited/{secret}", data={"key": "guessed", "name": "Bea"})
    with world.database.reading() as session:
        assert len(session.scalars(select(Member)).all()) == 2, "a form of its own is another person"


def test_a_form_that_invites_sent_twice_shows_the_same_links(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    form = teacher.form("/course/course/roster") | {"people": "Anna\nBea; 7; A"}
    shown = [
        re.findall(r"/invited/([\w-]+)", teacher.client.post("/course/course/people", data=form).text)
        for _ in "ab"
    ]
    assert len(shown[0]) == 2 and shown[0] == shown[1]
    with world.database.reading() as session:
        assert len(session.scalars(select(Member)).all()) == 3
    audit = teacher.client.get("/course/course/audit").text
    assert re.search(r"Tea.*?invited", audit, re.DOTALL), "the audit says who invited them"


def test_a_cookie_is_new_at_every_sign_in_and_the_old_one_ends(world: World) -> None:
    link = f"/invited/{world.invite('student', 'Anna')}"
    victim = world.client()
    victim.cookies.set("grader", "planted", domain="localhost")
    victim.post(link)
    first = _cookie(victim)
    assert first != "planted"
    old = world.client()
    old.cookies.set("grader", first)
    victim.post(link)
    assert _cookie(victim) != first
    assert old.get("/").status_code == 401
    planted = world.client()
    planted.cookies.set("grader", "planted")
    assert planted.get("/").status_code == 401


def _cookie(client: Any) -> str:
    return str(next(c.value for c in client.cookies.jar if c.name == "grader" and c.value != "planted"))


def test_cookies_are_ours_alone(tmp_path: Any) -> None:
    plain = make_world(tmp_path / "a")
    answer = plain.client().post(f"/invited/{plain.invite('student', 'A')}", follow_redirects=False)
    flags = {f.strip().lower() for f in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    secure = make_world(tmp_path / "b", address="https://localhost")
    secure.service.secure = True
    answer = secure.client().post(f"/invited/{secure.invite('student', 'A')}", follow_redirects=False)
    assert answer.headers["set-cookie"].startswith("__Host-grader=")
    assert "secure" in {f.strip().lower() for f in answer.headers["set-cookie"].split(";")}
    assert answer.headers["strict-transport-security"]


def test_no_secret_stands_in_the_database(world: World) -> None:
    secret = world.invite("teacher", "T")
    teacher = Browser(world.client())
    teacher.client.post(f"/invited/{secret}")
    teacher.post("/me/tokens", name="x")
    cookie = teacher.client.cookies["grader"]
    with world.database.reading() as session:
        hashes = [
            *session.scalars(select(Login.hash)),
            *session.scalars(select(Invitation.hash)),
            *session.scalars(select(Token.hash)),
        ]
    assert len(hashes) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", h) for h in hashes)
    assert not {secret, cookie} & set(hashes)


FORMS = [
    "/sign-out",
    "/me/language",
    "/me/link",
    "/me/tokens",
    "/me/tokens/1/revoke",
    "/a/tiny/uploads",
    "/a/tiny/inquiries",
    "/u/x/choose",
    "/u/x/check",
]


@pytest.mark.parametrize("address", FORMS)
def test_a_form_without_its_key_is_not_taken(world: World, address: str) -> None:
    anna = world.person("student", "Anna")
    values = {"language": "de", "text": "x", "name": "x"}
    for key in ("", "0" * 64, accounts.csrf("another")):
        assert anna.client.post(address, data=values | {"csrf": key}).status_code == 403
    with world.database.reading() as session:
        assert session.scalars(select(Person)).one().language is None


def test_what_another_site_sends_is_not_taken(world: World) -> None:
    anna = world.person("student", "Anna")
    csrf = anna.form("/me")["csrf"]
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = anna.client.post("/me/tokens", data={"csrf": csrf, "name": "x"}, headers=headers)
        assert answer.status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert anna.client.post("/me/tokens", data={"csrf": csrf, "name": "x"}, headers=own).status_code == 200


def test_headers_of_every_page(world: World) -> None:
    anna = world.person("student", "Anna")
    for address in ("/", "/me", "/a/tiny", "/nothing", "/static/service.js", "/healthz", "/api/v1/uploads/x"):
        headers = anna.client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == ("public, max-age=300" if "static" in address else "no-store")


def test_another_host_is_not_served(world: World) -> None:
    assert world.client().get("/healthz", headers={"Host": "evil.example"}).status_code == 400
    assert world.client().get("/healthz", headers={"Host": "[::1"}).status_code == 400
    assert world.client().get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "a"]
)
def test_no_way_leads_elsewhere(world: World, target: str) -> None:
    anna = world.person("student", "Anna")
    answer = anna.client.post(
        "/me/language",
        data={"csrf": anna.form("/me")["csrf"], "language": "de", "back": target},
        follow_redirects=False,
    )
    assert answer.headers["location"] == "/"


def test_pages_are_in_german_for_whoever_wants_it(world: World) -> None:
    anna = world.person("student", "Anna")
    page = anna.post("/me/language", language="de", back="/a/tiny")
    assert '<html lang="de">' in page.text and "Abgeben" in page.text and "Juni 2026" in page.text
    nobody = world.client()
    assert '<html lang="de">' in nobody.get("/sign-in", headers={"Accept-Language": "de-AT,de;q=0.9"}).text


def test_signing_out_here_and_everywhere(world: World) -> None:
    link = world.invite("student", "Anna")
    phone, laptop = Browser(world.client()), Browser(world.client())
    for one in (phone, laptop):
        one.client.post(f"/invited/{link}")
    phone.post("/sign-out")
    assert phone.client.get("/").status_code == 401 and laptop.client.get("/").status_code == 200
    phone.client.post(f"/invited/{link}")
    laptop.post("/sign-out", everywhere="yes")
    assert phone.client.get("/").status_code == 401


def test_a_new_link_ends_the_old_one_and_who_has_left_stays_out(world: World) -> None:
    link = world.invite("student", "Anna")
    anna = Browser(world.client())
    anna.client.post(f"/invited/{link}")
    page = anna.post("/me/link").text
    new = re.search(r"/invited/([\w-]+)", page)
    assert new and world.client().get(f"/invited/{link}").status_code == 404
    assert world.client().get(f"/invited/{new[1]}").status_code == 200
    with world.database.writing() as session:
        session.scalars(select(Member)).one().left = world.clock()
    assert world.client().post(f"/invited/{new[1]}").status_code == 404
    assert anna.client.get("/a/tiny").status_code == 404


def test_a_new_link_of_ones_own_ends_those_into_other_courses_too(world: World) -> None:
    anna, first = world.person("student", "Anna"), world.clock()
    with world.database.writing() as session:
        other = founding.add_course(session, "other", "Other", "en", "Europe/Berlin", first)
        accounts.enrol(session, other.id, 1, "student")
        there = accounts.invite(session, other.id, "student", first, person_id=1)
    assert world.client().get(f"/invited/{there}").status_code == 200
    anna.post("/me/link")
    assert world.client().get(f"/invited/{there}").status_code == 404


def test_an_ended_token_opens_nothing(world: World) -> None:
    anna = world.person("student", "Anna")
    token = re.search(r"(grader_[\w-]+)", anna.post("/me/tokens", name="ci").text)
    assert token
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token[1]}"
    assert client.get("/api/v1/assignments/tiny/uploads").status_code == 200
    assert client.get("/").status_code == 401
    bea = world.person("student", "Bea")
    assert bea.post("/me/tokens/1/revoke").status_code == 404
    anna.post("/me/tokens/1/revoke")
    ended = client.get("/api/v1/assignments/tiny/uploads")
    assert ended.status_code == 401 and "has ended" in ended.json()["problem"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_method_that_is_not_allowed(world: World, method: str) -> None:
    anna = world.person("student", "Anna")
    assert anna.client.request(method, "/a/tiny").status_code == 405


def test_the_first_teacher_gets_links_until_they_came(tmp_path: Any) -> None:
    world = make_world(tmp_path / "d")
    with world.database.writing() as session:
        first = founding.first_teacher(session, world.clock())
    with world.database.writing() as session:
        second = founding.first_teacher(session, world.clock())
    assert first and second and first != second
    assert world.client().get(f"/invited/{first}").status_code == 404
    world.client().post(f"/invited/{second}")
    with world.database.writing() as session:
        assert founding.first_teacher(session, world.clock()) is None


def test_operations(world: World) -> None:
    client = world.client()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").status_code == 200
    world.person("student", "Anna").hand_in()
    world.clock.forward(seconds=30)
    told = client.get("/metrics").text
    assert "grader_queue_runs 2.0" in told and "grader_oldest_seconds 30.0" in told
    assert 'route="/a/{slug}/uploads"' in told and "Anna" not in told
    assert told.endswith("# EOF\n")
    assert client.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404
