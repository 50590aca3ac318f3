"""The API as its description says: valid OpenAPI, and what is answered fits it."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from service_kit import NOTEBOOK, Browser, World


def script(world: World, who: Browser) -> TestClient:
    token = re.search(r"(grader_[\w-]+)", who.post("/me/tokens", name="x").text)
    assert token
    client = world.client()
    client.headers["Authorization"] = f"Bearer {token[1]}"
    return client


def described(world: World) -> dict[str, Any]:
    return dict(world.client().get("/api/v1/openapi.json").json())


def test_the_description_is_valid_and_whole(world: World) -> None:
    found = described(world)
    validate(found, cls=OpenAPIV31SpecValidator)
    assert set(found["paths"]) == {
        "/api/v1/assignments/{slug}/uploads",
        "/api/v1/uploads/{id}",
        "/api/v1/uploads/{id}/files/{number}",
        "/api/v1/assignments/{slug}/report",
        "/api/v1/assignments/{slug}/results",
        "/api/v1/assignments/{slug}/results.csv",
        "/api/v1/assignments/{slug}/export/{to}",
        "/api/v1/assignments/{slug}/publication",
        "/api/v1/assignments/{slug}/withdraw",
    }
    for path in found["paths"].values():
        for operation in path.values():
            assert operation["security"] and operation["description"]


def test_what_is_answered_is_what_is_described(world: World) -> None:
    found = described(world)
    client = script(world, world.person("student", "Anna"))
    sent = client.post(
        "/api/v1/assignments/tiny/uploads",
        files={"files": ("hw.ipynb", NOTEBOOK)},
        headers={"Idempotency-Key": "k"},
    ).json()
    world.report_of(sent["id"])
    for name, answer in (
        ("ReceiptBody", sent),
        ("AttemptBody", client.get(f"/api/v1/uploads/{sent['id']}").json()),
        ("AttemptBody", client.get("/api/v1/assignments/tiny/uploads").json()[0]),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": found["components"]}
        Draft202012Validator(schema).validate(answer)


def test_a_key_is_its_senders_and_its_assignments(world: World) -> None:
    anna, bea = (script(world, world.person("student", n)) for n in ("Anna", "Bea"))

    def send(client: TestClient, key: str, data: bytes = NOTEBOOK) -> Any:
        return client.post(
            "/api/v1/assignments/tiny/uploads",
            files={"files": ("hw.ipynb", data)},
            headers={"Idempotency-Key": key},
        )

    first, again, other = send(anna, "k"), send(anna, "k"), send(bea, "k")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert again.json() == first.json() | {"again": True}
    assert send(anna, "k", b"{}").json()["number"] == 2, "other files are another attempt: nothing is lost"
    assert other.json()["id"] != first.json()["id"]
    assert send(anna, "").json()["id"] != send(anna, "").json()["id"], "no key, no promise"
    assert anna.get(f"/api/v1/uploads/{other.json()['id']}").status_code == 404


def test_a_cookie_opens_nothing_here(world: World) -> None:
    anna = world.person("student", "Anna")
    assert anna.client.get("/api/v1/assignments/tiny/uploads").status_code == 401
    for wrong in ("Bearer x", "Bearer ", "Basic eDp5", "Bearer " + "x" * 9000):
        client = world.client()
        client.headers["Authorization"] = wrong
        assert client.get("/api/v1/assignments/tiny/uploads").status_code == 401, wrong[:20]


def test_what_is_refused_is_refused_as_described(world: World) -> None:
    found = described(world)
    problem = {"$ref": "#/components/schemas/Problem", "components": found["components"]}
    client = script(world, world.person("student", "Anna"))
    nothing = client.post("/api/v1/assignments/tiny/uploads")
    stranger = world.client().get("/api/v1/assignments/tiny/uploads")
    method = client.delete("/api/v1/assignments/tiny/uploads")
    for answer in (nothing, stranger, method, client.get("/api/v1/uploads/x"), client.get("/api/v1/none")):
        assert answer.status_code >= 400
        Draft202012Validator(problem).validate(answer.json())
    for path in found["paths"].values():
        assert all({"4XX"} <= operation["responses"].keys() for operation in path.values())
    assert stranger.headers["WWW-Authenticate"] == "Bearer"


def test_a_file_is_one_whatever_a_script_calls_it(world: World) -> None:
    client = script(world, world.person("student", "Anna"))
    sent = client.post("/api/v1/assignments/tiny/uploads", files={"file": ("hw.ipynb", NOTEBOOK)})
    assert sent.status_code == 201


def test_who_asks_for_the_head_alone_is_answered(world: World) -> None:
    assert world.client().head("/healthz").status_code == 200
    assert world.person("student", "Anna").client.head("/a/tiny").status_code == 200
