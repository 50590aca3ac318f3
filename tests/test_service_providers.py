"""Signing in elsewhere: an OpenID provider, a trusted proxy and an LTI platform, each really answering.

The counterparts are small servers that follow the standards: discovery, authorization code with PKCE,
signed ID tokens; LTI 1.3 launches, deep links, names and roles, and grades (IMS LTI 1.3, AGS 2.0, NRPS 2.0).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from service_kit import Browser, World, csrf_of, make_world
from sqlalchemy import select
from starlette.responses import JSONResponse, RedirectResponse, Response

from grader.service import accounts, lti, server
from grader.service.app import make_app
from grader.service.place import LtiPlatform, OpenId, Proxy
from grader.service.tables import Identity, Member, Person, Published

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership"


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The app on a port of its own."""
    listening = server.listen("127.0.0.1", 0)
    made = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not made.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        made.should_exit = True
        thread.join(5)


# ------------------------------------------------------------------------------------------- OpenID


@dataclass
class Provider:
    """An OpenID provider: whoever comes is `who`."""

    address: str = ""
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "u1", "name": "Ada L."})
    changed: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    signs_with: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def known() -> dict[str, str]:
            return {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            asked = dict(request.query_params)
            assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"].split()
            code = secrets.token_urlsafe(8)
            self.codes[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            sent = dict(parse_qsl((await request.body()).decode()))
            asked = self.codes.pop(sent.get("code", ""), None)
            login = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
            if (
                asked is None
                or login != "us:secret"
                or proof.rstrip(b"=").decode() != asked["code_challenge"]
            ):
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = int(datetime.now(UTC).timestamp())
            claims = {"iss": self.address, "aud": "us", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
            signer = self.signs_with or self.key
            made = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims | self.who | self.changed, signer)
            return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": made})

        return app


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with running(made.app()) as address:
        made.address = address
        yield made


def with_openid(provider: Provider, tmp_path: Path) -> World:
    settings = OpenId(issuer=provider.address, client_id="us", client_secret="secret", course="course")
    world = make_world(tmp_path / "data", openid=settings)
    world.clock.at = datetime.now(UTC)
    return world


def through(client: Any, start: str = "/openid/start?to=/a/tiny") -> Any:
    """Follow a sign-in: to the provider with a client of its own, back with ours."""
    there = client.get(start, follow_redirects=False)
    assert there.status_code == 303, there.text
    back = httpx.get(there.headers["location"]).headers["location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def test_openid_signs_in_and_knows_them_again(provider: Provider, tmp_path: Path) -> None:
    world = with_openid(provider, tmp_path)
    assert "University account" in world.client().get("/sign-in").text
    for _ in range(2):
        client = world.client()
        page = through(client)
        assert page.status_code == 200 and str(page.url).endswith("/a/tiny") and "Ada L." in page.text
    with world.database.reading() as session:
        assert [m.role for m in session.scalars(select(Member))] == ["student"]


def test_who_is_signed_in_gets_openid_as_a_further_way(provider: Provider, tmp_path: Path) -> None:
    world = with_openid(provider, tmp_path)
    teacher = world.person("teacher", "Tea")
    assert teacher.client.post("/openid/link").status_code == 403, "by the page's own button alone"
    assert "Tea" in linked(teacher).text
    other = world.client()
    assert "Tea" in through(other, "/openid/start?to=/me").text
    with world.database.reading() as session:
        assert len(session.scalars(select(Person)).all()) == 1
    assert "A further way in" not in teacher.client.get("/me").text


def linked(person: Browser) -> Any:
    """Press the button on one's own page, and go through the provider."""
    there = person.client.post("/openid/link", data={"csrf": csrf_of(person)})
    back = urlsplit(httpx.get(there.headers["refresh"].removeprefix("0; url=")).headers["location"])
    return person.client.get(f"{back.path}?{back.query}")


def test_nobody_is_linked_to_another_unawares(provider: Provider, tmp_path: Path) -> None:
    world = with_openid(provider, tmp_path)
    teacher = world.person("teacher", "Tea")
    page = through(teacher.client, "/openid/start?to=/me")
    assert "Ada L." in page.text and "Tea" not in page.text, "who signs in is who the provider says"
    assert "Ada L." in through(world.client(), "/openid/start?to=/me").text
    ada = Browser(world.client())
    through(ada.client)
    ada.attempt()
    other = world.person("teacher", "Bo")
    assert linked(other).status_code == 409, "Ada has been at work here"
    assert "Ada L." in through(world.client(), "/openid/start?to=/me").text


def test_who_signed_in_before_they_followed_their_link_keeps_both(provider: Provider, tmp_path: Path) -> None:
    world = with_openid(provider, tmp_path)
    early = Browser(world.client())
    through(early.client)
    early.client.post(f"/invited/{world.invite('teacher', 'Tea')}")
    assert "Tea" in linked(early).text
    assert "Tea" in through(world.client(), "/openid/start?to=/me").text
    assert "Ada L." not in early.client.get("/course/course/roster").text
    assert "added a way in" in early.client.get("/course/course/audit").text


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"nonce": "replayed"},
        {"exp": 1_000},
        {"sub": ""},
        {"aud": ["us", "another"]},
    ],
)
def test_openid_believes_no_token_that_is_not_for_us(
    provider: Provider, tmp_path: Path, changed: dict[str, Any]
) -> None:
    world = with_openid(provider, tmp_path)
    provider.changed = changed
    client = world.client()
    assert through(client).status_code == 403
    assert client.get("/").status_code == 401


def test_openid_believes_no_other_key_no_replay_and_no_other_browser(
    provider: Provider, tmp_path: Path
) -> None:
    world = with_openid(provider, tmp_path)
    provider.signs_with = RSAKey.generate_key(2048)
    assert through(world.client()).status_code == 403
    provider.signs_with = None
    client, victim = world.client(), world.client()
    there = client.get("/openid/start", follow_redirects=False)
    back = urlsplit(httpx.get(there.headers["location"]).headers["location"])
    assert victim.get(f"{back.path}?{back.query}").status_code == 403
    assert client.get(f"{back.path}?{back.query}").status_code == 200
    assert client.get(f"{back.path}?{back.query}").status_code == 403


# -------------------------------------------------------------------------------------------- proxy


def test_a_proxys_header_is_believed_on_the_unix_socket_alone(tmp_path: Path) -> None:
    path = tmp_path / "proxy.sock"
    world = make_world(tmp_path / "data", proxy=Proxy(socket=path, course="course"))
    listening = [server.listen("127.0.0.1", 0), server.listen_unix(path)]
    made = uvicorn.Server(uvicorn.Config(make_app(world.service), log_level="error", proxy_headers=False))
    thread = threading.Thread(target=made.run, kwargs={"sockets": listening}, daemon=True)
    thread.start()
    while not made.started:
        time.sleep(0.01)
    headers = {"X-Remote-User": "ada@uni", "X-Remote-Name": "Ada L.", "Host": "localhost"}
    try:
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://localhost", follow_redirects=True) as client:
            page = client.get("/a/tiny", headers=headers)
            assert page.status_code == 200 and "Ada L." in page.text
            page = client.get("/me", headers=headers | {"X-Remote-User": "bo@uni", "X-Remote-Name": "Bo"})
            assert "Bo" in page.text and "Ada" not in page.text, "another sits at the same machine now"
            client.post(f"/invited/{world.invite('teacher', 'Tea')}", headers=headers)
            assert "Tea" in client.get("/me", headers=headers).text, "whoever came by a link stays"
            sent = {"csrf": accounts.csrf(client.cookies["grader"])}
            assert "Tea" in client.post("/proxy/link", data=sent, headers=headers).text
            client.cookies.clear()
            assert "Tea" in client.get("/me", headers=headers).text
        port = listening[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as client:
            assert client.get("/a/tiny", headers=headers).status_code == 401
            assert client.get("/proxy/sign-in", headers=headers).status_code == 404
    finally:
        made.should_exit = True
        thread.join(5)
    assert oct(path.stat().st_mode & 0o777) == "0o660" if path.exists() else True


# ---------------------------------------------------------------------------------------------- LTI


@dataclass
class Campus:
    """A learning platform: it launches, lends its roster, and takes grades."""

    address: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    signs_with: RSAKey | None = None
    tool_keys: str = ""
    scores: list[dict[str, Any]] = field(default_factory=list)
    away: bool = False
    tokens: dict[str, str] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.post("/token")
        async def token(request: Request) -> Response:
            sent = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
            assert sent["grant_type"] == "client_credentials"
            keys = KeySet.import_key_set(self.known_keys)
            claims = jwt.decode(sent["client_assertion"], keys, algorithms=["RS256"]).claims
            if claims["iss"] != "tool" or claims["aud"] != f"{self.address}/token":
                return JSONResponse({"error": "invalid_client"}, 400)
            made = secrets.token_urlsafe(8)
            self.tokens[made] = sent["scope"]
            return JSONResponse({"access_token": made, "token_type": "Bearer", "expires_in": 60})

        @app.post("/items/7/scores")
        async def scores(request: Request) -> Response:
            if self.away:
                return JSONResponse({}, 503)
            scope = self.tokens.get(request.headers["authorization"].removeprefix("Bearer "), "")
            assert scope.endswith("/scope/score")
            assert request.headers["content-type"] == "application/vnd.ims.lis.v1.score+json"
            self.scores.append(json.loads(await request.body()))
            return JSONResponse({}, 200)

        @app.get("/members")
        def members(request: Request) -> Response:
            scope = self.tokens.get(request.headers["authorization"].removeprefix("Bearer "), "")
            assert scope.endswith("contextmembership.readonly")
            every = [
                {"user_id": "s1", "name": "Ada L.", "roles": [f"{ROLE}#Learner"], "status": "Active"},
                {"user_id": "s2", "name": "Bob", "roles": ["Learner"], "status": "Active"},
                {"user_id": "s3", "name": "Gone", "roles": ["Learner"], "status": "Inactive"},
            ]
            return JSONResponse({"id": "x", "context": {"id": "c"}, "members": every})

        return app

    @property
    def known_keys(self) -> Any:
        return json.loads(self.tool_keys)

    def message(self, fresh: str, who: str, role: str, **changed: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.address,
            "aud": "tool",
            "sub": who,
            "name": {"s1": "Ada L.", "t1": "Prof"}.get(who, who),
            "iat": now,
            "exp": now + 60,
            "nonce": fresh,
            f"{LTI}version": "1.3.0",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}deployment_id": "d1",
            f"{LTI}roles": [f"{ROLE}#{role}"],
            f"{LTI}target_link_uri": "http://localhost/a/tiny",
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitem": f"{self.address}/items/7",
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.address}/members",
                "service_versions": ["2.0"],
            },
        }
        key = self.signs_with or self.key
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims | changed, key)

    def launch(self, client: Any, who: str = "s1", role: str = "Learner", **changed: Any) -> Any:
        """As a browser does it: login, authorization, the platform's form, our page."""
        start = {"iss": self.address, "login_hint": "h", "target_link_uri": "http://localhost/a/tiny"}
        there = client.get("/lti/login", params=start | {"client_id": "tool"}, follow_redirects=False)
        assert there.status_code == 303, there.text
        asked = dict(parse_qsl(urlsplit(there.headers["location"]).query))
        assert asked["response_mode"] == "form_post" and asked["prompt"] == "none"
        form = {"id_token": self.message(asked["nonce"], who, role, **changed), "state": asked["state"]}
        # a form from another site: browsers send no cookie of ours with it
        cookies = dict(client.cookies)
        client.cookies.clear()
        sent = client.post(
            urlsplit(asked["redirect_uri"]).path,
            data=form,
            headers={"Origin": self.address, "Sec-Fetch-Site": "cross-site"},
            follow_redirects=False,
        )
        for name, value in cookies.items():
            client.cookies.set(name, value)
        return sent if sent.status_code != 303 else client.get(sent.headers["location"])


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[tuple[Campus, World]]:
    made = Campus()
    with running(made.app()) as address:
        made.address = address
        platform = LtiPlatform(
            issuer=address,
            client_id="tool",
            deployments=("d1",),
            authorize=f"{address}/authorize",
            token=f"{address}/token",
            keys=f"{address}/keys",
            course="course",
        )
        world = make_world(tmp_path / "data", lti=(platform,))
        world.clock.at = datetime.now(UTC)
        with world.database.writing() as session:
            from grader.service.tables import CourseAssignment

            session.scalars(select(CourseAssignment)).one().due = None
        made.tool_keys = world.client().get("/lti/jwks").text
        yield made, world


def test_a_launch_leads_each_to_their_own_page(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    student = world.client()
    page = platform.launch(student)
    assert str(page.url).endswith("/a/tiny") and "Ada L." in page.text
    again = world.client()
    assert "Ada L." in platform.launch(again).text
    assert str(platform.launch(world.client(), "t1", "Instructor").url).endswith("/teach/tiny")
    with world.database.reading() as session:
        assert sorted(m.role for m in session.scalars(select(Member))) == ["student", "teacher"]


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"nonce": "old"},
        {"exp": 1_000},
        {f"{LTI}deployment_id": "d2"},
        {f"{LTI}version": "1.1"},
        {f"{LTI}message_type": "LtiDeepLinkingRequest"},
        {"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": "no object"},
        {f"{LTI}roles": "Instructor"},
        {"name": {"given": "Ada"}},
    ],
)
def test_a_launch_that_is_not_for_us_is_refused(
    campus: tuple[Campus, World], changed: dict[str, Any]
) -> None:
    platform, world = campus
    client = world.client()
    assert platform.launch(client, **changed).status_code == 403
    assert client.get("/").status_code == 401


def test_a_platform_that_changes_its_key_is_known_by_the_new_one_alone(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    old, platform.key = platform.key, RSAKey.generate_key(2048, auto_kid=True)
    assert platform.launch(world.client()).status_code == 200
    platform.signs_with = old
    assert platform.launch(world.client()).status_code == 403


def test_a_launch_is_good_once_and_for_the_browser_that_began_it(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    client, other = world.client(), world.client()
    start = {"iss": platform.address, "login_hint": "h", "client_id": "tool"}
    asked = dict(
        parse_qsl(
            urlsplit(client.get("/lti/login", params=start, follow_redirects=False).headers["location"]).query
        )
    )
    form = {"id_token": platform.message(asked["nonce"], "s1", "Learner"), "state": asked["state"]}
    sent = other.post("/lti/launch", data=form, follow_redirects=False)
    assert sent.status_code == 303
    assert other.get(sent.headers["location"]).status_code == 403
    assert client.post("/lti/launch", data=form).status_code == 403


def test_grades_go_back_once_published_and_again_when_the_platform_was_away(
    campus: tuple[Campus, World],
) -> None:
    platform, world = campus
    client = world.client()
    platform.launch(client)
    student = Browser(client)
    teacher = Browser(world.client())
    platform.launch(teacher.client, "t1", "Instructor")
    name = student.attempt()
    world.report_of(name, "open")
    assert lti.hand_back(world.service) == (0, 0)
    world.report_of(name)
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    platform.away = True
    assert lti.hand_back(world.service) == (0, 1)
    platform.away = False
    assert lti.hand_back(world.service) == (1, 0)
    assert lti.hand_back(world.service) == (0, 0)
    (score,) = platform.scores
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == ("s1", 100.0, 100.0)
    assert score["gradingProgress"] == "FullyGraded" and datetime.fromisoformat(score["timestamp"])
    with world.database.reading() as session:
        assert session.scalars(select(Published)).one().handed_back is not None


def test_a_mark_that_changes_later_goes_back_when_it_is_published_again(
    campus: tuple[Campus, World],
) -> None:
    platform, world = campus
    student, teacher = Browser(world.client()), Browser(world.client())
    platform.launch(student.client)
    platform.launch(teacher.client, "t1", "Instructor")
    name = student.attempt()
    world.report_of(name, "open")

    def mark(points: float, version: int) -> None:
        (item,) = teacher.client.get("/desk/tiny/api/queue").json()["items"]
        body = {"item": item["id"], "seen": {name: version}, "points": points, "reason": "So."}
        assert teacher.client.post("/desk/tiny/api/mark", json=body).status_code == 200

    def publish() -> None:
        world.clock.forward(minutes=1)
        teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))

    mark(4, 0)
    publish()
    assert lti.hand_back(world.service) == (1, 0)
    mark(9, 1)
    assert lti.hand_back(world.service) == (0, 0), "what students do not see, the platform does not"
    publish()
    publish()  # nothing new
    assert lti.hand_back(world.service) == (1, 0)
    first, second = platform.scores
    assert (first["scoreGiven"], second["scoreGiven"]) == (94.0, 99.0)
    assert first["timestamp"] < second["timestamp"], "a platform takes no older one"


def test_a_grade_that_was_withdrawn_stays_at_the_platform_until_it_is_published_again(
    campus: tuple[Campus, World],
) -> None:
    platform, world = campus
    student, teacher = Browser(world.client()), Browser(world.client())
    platform.launch(student.client)
    platform.launch(teacher.client, "t1", "Instructor")
    world.report_of(student.attempt())

    def act(what: str) -> None:
        world.clock.forward(minutes=1)
        teacher.client.post(f"/teach/tiny/{what}", data=teacher.form(f"/teach/tiny/{what}"))

    act("publish")
    act("withdraw")
    assert lti.hand_back(world.service) == (0, 0), "what was withdrawn before it went does not go"
    act("publish")
    assert "grader_grades_to_hand_back 1.0" in student.client.get("/metrics").text
    assert lti.hand_back(world.service) == (1, 0)
    assert "stay there until you publish again" in teacher.client.get("/teach/tiny/withdraw").text
    act("withdraw")
    assert student.client.get("/a/tiny/report").status_code == 404
    assert lti.hand_back(world.service) == (0, 0) and len(platform.scores) == 1
    act("publish")
    assert lti.hand_back(world.service) == (1, 0)
    first, second = platform.scores
    assert first["timestamp"] < second["timestamp"]


def test_a_platform_that_is_away_is_asked_once_for_a_class(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    teacher = Browser(world.client())
    platform.launch(teacher.client, "t1", "Instructor")
    for n in range(3):
        student = Browser(world.client())
        platform.launch(student.client, f"s{n}")
        world.report_of(student.attempt())
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    (known,) = world.service.settings.lti
    away = known.model_copy(update={"token": "http://127.0.0.1:9/token"})
    world.service.settings = world.service.settings.model_copy(update={"lti": (away,)})
    started = time.monotonic()
    assert lti.hand_back(world.service) == (0, 3)
    assert time.monotonic() - started < 2
    assert not platform.scores


def test_the_roster_comes_from_the_platform(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    platform.launch(world.client())
    teacher = Browser(world.client())
    platform.launch(teacher.client, "t1", "Instructor")
    page = teacher.post("/teach/tiny/roster-from-platform")
    assert "Ada L." in page.text and "Bob" in page.text and "Gone" not in page.text
    with world.database.reading() as session:
        assert len(session.scalars(select(Identity)).all()) == 3


def test_a_deep_link_is_signed_and_goes_to_the_platform(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    deep = {
        f"{LTI}message_type": "LtiDeepLinkingRequest",
        "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {
            "deep_link_return_url": f"{platform.address}/back",
            "accept_types": ["ltiResourceLink"],
            "data": "opaque",
        },
    }
    assert platform.launch(world.client(), "s1", "Learner", **deep).status_code == 403
    page = platform.launch(world.client(), "t1", "Instructor", **deep)
    token = re.search(r'name="JWT" value="([^"]+)"', page.text)
    assert token and f'action="{platform.address}/back"' in page.text
    assert f"form-action 'self' {platform.address}" in page.headers["content-security-policy"]
    claims = jwt.decode(token[1], KeySet.import_key_set(platform.known_keys), algorithms=["RS256"]).claims
    assert claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == "opaque"
    (item,) = claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"]
    assert item["url"] == "http://localhost/a/tiny" and item["lineItem"]["scoreMaximum"] == 100


def test_our_key_is_ours_alone(campus: tuple[Campus, World]) -> None:
    platform, world = campus
    path = world.service.place.folder / "lti.key"
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    (key,) = platform.known_keys["keys"]
    assert "d" not in key and key["kty"] == "RSA"
    assert socket.gethostname()
