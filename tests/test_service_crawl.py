"""Every address, as everybody, in every state: nobody is shown what is not theirs.

Canaries are planted where a student must not look: others' names, numbers, files, words and reports, the
assistant's detail, flags, expected values before publication. Each address of the application is asked for
with every id there is, as nobody, as another student, as an assistant of another section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from golden import samples
from service_kit import Browser, World

from grader.models import Report

OTHERS = ("CANARY-NAME", "CANARY-NUMBER", "CANARY-FILE", "CANARY-BODY", "CANARY-WORDS", "CANARY-REASON")
HIDDEN = ("CANARY-DETAIL", "CANARY-FLAG")
EXPECTED = "98765"
METHODS = ("GET", "POST", "HEAD")
SEEN_BY_ALL = {"/static/{name}", "/healthz", "/readyz", "/lti/jwks"}


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Every method and address of the application, those of included routers too."""

    paths = set()
    for route in world.app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in contexts() if contexts else [route]:
            paths |= {(method, one.path) for method in one.methods or ()}
    assert len(paths) >= 45, sorted(paths)
    yield from sorted(paths)


def addresses(world: World, ids: dict[str, list[str]]) -> list[tuple[str, str]]:
    made = []
    for method, path in routes(world):
        names = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        for values in product(*(ids.get(n, ["x", "1"]) for n in names)):
            filled = path
            for name, value in zip(names, values, strict=True):
                filled = re.sub(rf"\{{{name}(?::\w+)?\}}", value, filled)
            made.append((method, filled))
    return made


def planted(upload: str) -> Report:
    """A report with a canary wherever a report can hold one."""
    report, _ = samples.all_right()
    dumped = report.model_dump(mode="json")
    dumped["submission"] |= {"id": upload, "path": "CANARY-FILE.ipynb"}
    dumped["flags"] = [{"id": "late", "message": "CANARY-FLAG"}]
    question = dumped["questions"][0]
    question["checks"][0] |= {
        "verdict": "fail",
        "score": 0.0,
        "expected": [[float(EXPECTED)] * 2] * 2,
        "diagnosis": {"ids": ["m"], "message": "A hint.", "detail": "CANARY-DETAIL", "alternatives": []},
    }
    question["score"] = 0.0
    last = dumped["questions"][2]
    last["checks"][0] |= {"verdict": "pass", "score": 10.0}
    last["score"] = 10.0
    dumped |= {"score": 70.0, "pending": 0.0, "needs_review": False}
    return Report.model_validate(dumped)


@pytest.fixture
def laid(world: World) -> dict[str, Any]:
    """Anna of section A has canaries; Bea of section B and Max, an assistant of B, look for them."""
    from service_kit import self_check

    teacher = world.person("teacher", "CANARY-TEACHER")
    page = teacher.post("/course/course/people", people="CANARY-NAME; CANARY-NUMBER; A\n", role="student")
    anna = Browser(world.client())
    link = re.search(r"(/invited/[\w-]+)", page.text)
    assert link
    anna.client.post(link[1])
    bea, max_ = world.person("student", "Bea", "B"), world.person("assistant", "Max", "B")
    name = str(anna.hand_in(("CANARY-FILE.ipynb", b'{"cells": [], "x": "CANARY-BODY"}')).url).rpartition("/")[
        2
    ]
    own = bea.attempt()
    _, submission = samples.all_right()
    check = self_check().replace(b"cell 3", b"CANARY-BODY")
    world.graded(name, planted(name), submission, check)
    world.graded(own, planted(own), submission, self_check())
    teacher.post("/teach/tiny/extensions", person=2, due="2026-06-20T10:00", reason="CANARY-REASON")
    ids = {
        "slug": ["tiny", "course"],
        "name": [name, own],
        "id": [name, own, "1", "2"],
        "number": ["0"],
        "person": ["1", "2", "3", "4"],
    }
    return {"teacher": teacher, "anna": anna, "bea": bea, "max": max_, "ids": ids, "own": own, "name": name}


def shows(text: str, canary: str) -> bool:
    """Whether a canary sings in a text; the expected number in any of its spellings."""
    if canary != EXPECTED:
        return canary in text
    return re.search(r"(?<![\w.])9\.?8765(?![0-9a-f])", text) is not None


def publish(laid: dict[str, Any]) -> None:
    teacher = laid["teacher"]
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    laid["anna"].post("/a/tiny/inquiries", text="CANARY-WORDS")


def ask(client: Any, method: str, address: str, csrf: str) -> Any:
    if address == "/sign-out":
        return client.get("/")
    if method == "POST" and address.startswith("/lti"):
        return client.post(address, data={"id_token": "a.b.c", "state": "x", "iss": "x"})
    if method == "POST" and "/api/" in address and address.startswith("/desk"):
        return client.post(address, json={"item": "x", "seen": {"x": 0}, "points": 1, "reason": "x"})
    if method == "POST":
        return client.post(address, data={"csrf": csrf, "text": "t", "language": "en", "answer": "a"})
    return client.request(method, address)


@pytest.mark.parametrize(
    ("world", "state"),
    [
        ("sqlite", "published"),
        ("postgresql", "graded"),
        pytest.param("sqlite", "graded", marks=pytest.mark.slow),
        pytest.param("postgresql", "published", marks=pytest.mark.slow),
    ],
    indirect=["world"],
)
def test_nobody_is_shown_what_is_not_theirs(world: World, laid: dict[str, Any], state: str) -> None:
    if state == "published":
        publish(laid)
    bea, max_ = laid["bea"], laid["max"]
    token = re.search(r"(grader_[\w-]+)", bea.post("/me/tokens", name="t").text)
    assert token
    scripts = world.client()
    scripts.headers["Authorization"] = f"Bearer {token[1]}"
    lookers = {
        "nobody": (world.client(), (*OTHERS, *HIDDEN, EXPECTED)),
        "bea": (bea.client, (*OTHERS, *HIDDEN) + ((EXPECTED,) if state == "graded" else ())),
        "bea's script": (scripts, (*OTHERS, *HIDDEN) + ((EXPECTED,) if state == "graded" else ())),
        "max": (max_.client, OTHERS),
    }
    answered = 0
    for who, (client, canaries) in lookers.items():
        csrf = Browser(client).form("/me").get("csrf", "") if who in ("bea", "max") else ""
        for method, address in addresses(world, laid["ids"]):
            found = ask(client, method, address, csrf)
            assert found.status_code < 500 or found.status_code == 503, (who, method, address, found.text)
            answered += found.status_code == 200
            text = found.text + str(found.headers)
            for canary in canaries:
                assert not shows(text, canary), (who, method, address, canary)
            csrf = Browser(client).form("/me").get("csrf", csrf) if address == "/me/link" else csrf
    assert answered > 40
    # and the canaries do sing where somebody may hear them
    seen = (
        laid["teacher"].client.get("/teach/tiny").text
        + laid["teacher"].client.get("/course/course/roster").text
    )
    assert "CANARY-NAME" in seen and "CANARY-NUMBER" in seen
    assert "CANARY-BODY" in laid["anna"].client.get(f"/u/{laid['name']}").text
    report = laid["anna"].client.get("/a/tiny/report")
    assert shows(report.text, EXPECTED) == (state == "published")
    for canary in HIDDEN:
        assert canary not in report.text
    if state == "published":
        assert "CANARY-WORDS" in laid["teacher"].client.get("/inquiries/tiny").text


def test_only_what_is_for_everybody_is_shown_to_nobody(world: World, laid: dict[str, Any]) -> None:
    client = world.client()
    for method, path in routes(world):
        if method != "GET":
            continue
        address = re.sub(r"\{slug[^}]*\}", "tiny", path)
        address = re.sub(r"\{name[^}]*\}", "style.css" if "static" in path else laid["name"], address)
        found = client.get(re.sub(r"\{\w+[^}]*\}", "1", address), follow_redirects=False)
        if found.status_code == 200:
            assert path in SEEN_BY_ALL | {"/metrics", "/desk/{slug}/static/{name}", "/api/v1/openapi.json"}, (
                path
            )


def test_what_a_student_wrote_runs_nowhere(world: World) -> None:
    teacher, anna = world.person("teacher", "Tea"), world.person("student", "<script>alert(1)</script>")
    name = str(anna.hand_in(('"><img src=x onerror=alert(1)>.ipynb', b"{}")).url).rpartition("/")[2]
    report, submission = samples.all_right()
    cell = submission.cells[1].model_copy(update={"source": "</script><script>alert(2)</script>"})
    hostile = submission.model_copy(update={"cells": (submission.cells[0], cell)})
    dumped = report.model_dump(mode="json")
    dumped["submission"] |= {"id": name, "path": "<script>alert(3)</script>"}
    dumped["questions"][2]["checks"][0] |= {"verdict": "pass", "score": 10.0}
    dumped |= {"score": 100.0, "pending": 0.0, "needs_review": False}
    world.graded(name, Report.model_validate(dumped), hostile)
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    anna.post("/a/tiny/inquiries", text="<script>alert(4)</script>")
    for who, address in (
        (teacher, "/teach/tiny"),
        (teacher, "/teach/tiny/publish"),
        (teacher, "/course/course/roster"),
        (teacher, "/inquiries/tiny"),
        (teacher, f"/desk/tiny/report/{name}"),
        (anna, "/a/tiny"),
        (anna, f"/u/{name}"),
        (anna, "/a/tiny/report"),
    ):
        page = who.client.get(address)
        assert page.status_code == 200, address
        assert not re.search(r"<script>alert|<img src=x", page.text), address
        policy = page.headers["content-security-policy"]
        assert "sandbox" in policy if "report" in address else "script-src 'self'" in policy
