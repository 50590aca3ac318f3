"""The desk as a web page on this machine: every address below a secret path, JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, StrictUndefined, Template
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from grader.desk.desk import Desk, DeskView, SeenByUser, current, palette
from grader.desk.publish import Publisher
from grader.desk.queue import Item
from grader.desk.second import Entry
from grader.errors import GraderError, UsageError
from grader.lookalikes.table import SIDE_BY_SIDE
from grader.marks.ledger import ConflictError, CurrentMark
from grader.report import people
from grader.report.tensors import compare
from grader.text import visible
from grader.words.desk import kinds, live
from grader.words.terms import MARKS, verdicts

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {
    "desk.js": ("grader.desk", "static", "text/javascript"),
    "desk.css": ("grader.desk", "static", "text/css"),
    "style.css": ("grader.report", "templates", "text/css"),
}
_TEXT = 20_000  # characters of a cell or an output


class DecisionBody(BaseModel):
    """What the page sends when a person has decided. seen: submission id → version on the page."""

    model_config = ConfigDict(extra="forbid")

    item: Annotated[str, Field(max_length=100)]
    seen: Annotated[dict[str, int], Field(min_length=1, max_length=50_000)]
    points: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class ChangeBody(BaseModel):
    """What the page sends after a second look. points None: what was given is taken back."""

    model_config = ConfigDict(extra="forbid")

    student: Annotated[str, Field(max_length=200)]
    topic: Annotated[str, Field(max_length=300)]
    look: Annotated[str, Field(max_length=64)]
    version: Annotated[int, Field(ge=0)]
    points: Annotated[float | None, Field(ge=-1000, le=1000, allow_inf_nan=False)]
    reason: Annotated[str, Field(max_length=1000)]


def make_app(desk: Desk, publisher: Publisher, token: str, ticket: str) -> FastAPI:
    """The application. Whoever does not know the token gets 404 for everything.

    ticket: leads to the page once, for a browser that is started here.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    home = f"/{token}"
    tickets = {ticket}

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request) if _from_here(request) else Response(status_code=403)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    @app.exception_handler(GraderError)
    async def refused(_: Request, error: GraderError) -> JSONResponse:
        code = 409 if isinstance(error, ConflictError) else 400 if isinstance(error, UsageError) else 500
        return JSONResponse({"problem": str(error)}, status_code=code)

    @app.exception_handler(RequestValidationError)
    async def misread(_: Request, error: RequestValidationError) -> JSONResponse:
        """Names the fields alone: what they held may be no JSON (NaN)."""
        fields = {".".join(map(str, fault["loc"][1:])) or "body" for fault in error.errors()}
        text = f"this was not understood: {visible(', '.join(sorted(fields)))[:200]}; load the page again"
        return JSONResponse({"problem": text}, status_code=400)

    @app.get("/open/{given}")
    def enter(given: str) -> Response:
        try:
            tickets.remove(given)
        except KeyError:
            return Response(status_code=404)
        return RedirectResponse(f"{home}/", status_code=303)

    app.include_router(routes(lambda _: Seat(desk, publisher)), prefix=home)
    return app


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at a desk. publisher: carries what they mark to where people read it.

    home: the address of a page that the desk belongs to; "" where there is none.
    """

    desk: Desk
    publisher: Publishing
    home: str = ""


class Publishing(Protocol):
    """Whoever wants to know of marks. problem: why what was marked is not shown yet, "" if it is."""

    @property
    def problem(self) -> str: ...
    def later(self, *submissions: str) -> None: ...


def routes(seat: Callable[[Request], Seat]) -> APIRouter:
    """The desk's addresses, to be put where a server wants them. seat: whose desk a request is for.

    Who may sit there, and that a request comes from the desk's own page, is the server's to see to.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def page(request: Request) -> HTMLResponse:
        here = seat(request)
        return HTMLResponse(_template().render(speak=here.desk.speak, home=here.home))

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _FILES:
            return Response(status_code=404)
        package, place, kind = _FILES[name]
        return Response((files(package) / place / name).read_text("utf-8"), media_type=kind)

    @router.get("/api/queue")
    def look(request: Request) -> dict[str, Any]:
        return _shown(seat(request))

    @router.post("/api/mark")
    def mark(request: Request, decision: Annotated[DecisionBody, Body()]) -> dict[str, Any]:
        here = seat(request)
        here.desk.mark(decision.item, decision.seen, decision.points, decision.reason)
        here.publisher.later(*decision.seen)
        return _standings(here)

    @router.get("/api/student/{id}")
    def student(request: Request, id: str) -> Response:
        found = seat(request).desk.second_look(id)
        return JSONResponse([_entry(e) for e in found]) if found else Response(status_code=404)

    @router.post("/api/change")
    def change(request: Request, body: Annotated[ChangeBody, Body()]) -> dict[str, Any]:
        here = seat(request)
        here.desk.change(
            body.student, body.topic, SeenByUser(body.look, body.version), body.points, body.reason
        )
        here.publisher.later(body.student)
        return {"entries": [_entry(e) for e in here.desk.second_look(body.student)], **_standings(here)}

    @router.post("/api/undo")
    def undo(request: Request) -> dict[str, Any]:
        here = seat(request)
        keys = here.desk.undo()
        here.publisher.later(*(name for name, _ in keys))
        return {"undone": [list(key) for key in keys], **_standings(here)}

    @router.get("/api/notebook/{id}")
    def notebook(request: Request, id: str) -> Response:
        desk = seat(request).desk
        if id not in desk.look().students:
            return Response(status_code=404)
        return JSONResponse(_notebook(desk, id))

    @router.get("/report/{id}")
    def report(request: Request, id: str) -> Response:
        desk = seat(request).desk
        if id not in desk.look().students:
            return Response(status_code=404)
        return _page(
            desk.store.report_page(id),
            desk.speak("no {file} there; grade it again with --force", file="report.html"),
        )

    @router.get("/lookalikes")
    def lookalikes(request: Request) -> Response:
        desk = seat(request).desk
        return _page(
            desk.store.lookalikes_page(),
            desk.speak("no {file} there; run `grader lookalikes` again without --to", file=SIDE_BY_SIDE),
        )

    return router


def _from_here(request: Request) -> bool:
    """Does a request that changes something come from the desk's own page, as browsers say themselves?

    Another site would have to know the token first; this holds even then. The host is checked apart.
    """
    origin = request.headers.get("origin")
    return (
        request.method in ("GET", "HEAD")
        or origin is None
        or (urlsplit(origin).netloc == request.headers.get("host") and origin.startswith("http://"))
    )


@cache
def _template() -> Template:
    source = (files("grader.desk") / "static" / "desk.html").read_text("utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(source)


def _page(html: str | None, otherwise: str) -> Response:
    """A page that the grader wrote. It brings a policy of its own; here nothing of it may run either."""
    if html is None:
        return Response(otherwise, status_code=404)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def _shown(here: Seat) -> dict[str, Any]:
    desk = here.desk
    view = desk.look()
    used = _used(view)
    known = people([s.report for s in view.students.values()], desk.speak)
    return {
        "title": desk.rubric.title,
        "author": desk.author,
        "marks": MARKS,
        "verdicts": verdicts(desk.speak),
        "decimal": desk.speak.decimal,
        "words": live(desk.speak),
        "kinds": kinds(desk.speak),
        "people": {
            name: {
                "name": known[name].name,
                "alias": known[name].alias,
                "score": s.report.score,
                "most": s.report.max_score,
            }
            for name, s in view.students.items()
        },
        "items": [_item(item, view, used, desk) for item in view.items],
        **_status(here, view),
    }


def _standings(here: Seat) -> dict[str, Any]:
    desk = here.desk
    view = desk.look()
    used = _used(view)
    return {
        "items": [
            {
                "id": item.id,
                "standing": _standing(item, view),
                "palette": _palette(item, used, desk),
            }
            for item in view.items
        ],
        **_status(here, view),
    }


def _status(here: Seat, view: DeskView) -> dict[str, Any]:
    return {"undoable": here.desk.undoable(view.ledger), "problem": here.publisher.problem}


def _standing(item: Item, view: DeskView) -> dict[str, Any]:
    return {name: _mark(current(item, name, view.ledger)) for name in item.submissions}


def _mark(now: CurrentMark) -> dict[str, Any]:
    return {
        "version": now.version,
        "points": now.points,
        "reason": now.reason,
        "by": now.by,
        "at": now.at,
    }


def _palette(item: Item, used: Mapping[str, Sequence[CurrentMark]], desk: Desk) -> list[dict[str, Any]]:
    given = [] if item.checks else used.get(item.topic, [])  # what one of several is worth tells no share
    most = item.max_score or 0.0
    return [{"points": round(r.share * most, 2), "text": r.text} for r in palette(item, desk.rubric, given)]


def _used(view: DeskView) -> dict[str, list[CurrentMark]]:
    """Topic → the marks that stand for it."""
    found: dict[str, list[CurrentMark]] = {}
    for (_, topic), mark in view.ledger.standing.items():
        found.setdefault(topic, []).append(mark)
    return found


def _item(
    item: Item, view: DeskView, used: Mapping[str, Sequence[CurrentMark]], desk: Desk
) -> dict[str, Any]:
    both = compare(item.actual, item.expected, item.agrees)
    return {
        "id": item.id,
        "kind": item.kind,
        "topics": list(item.topics),
        "title": item.title,
        "question": item.question,
        "max": item.max_score,
        "text": visible(item.text),
        "said": visible(item.said),
        "cell": item.cell,
        "cells": list(item.cells),
        "place": item.place,
        "facts": [asdict(f) for f in item.facts],
        "actual": [asdict(b) for b in both.actual] if both else [],
        "expected": [asdict(b) for b in both.expected] if both else [],
        "submissions": list(item.submissions),
        "standing": _standing(item, view),
        "palette": _palette(item, used, desk),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"said": visible(entry.said), "text": visible(entry.text[:_TEXT])}


def _notebook(desk: Desk, id: str) -> list[dict[str, Any]]:
    cells, outputs = desk.store.notebook(id)
    return [
        {
            "index": c.index,
            "kind": c.kind,
            "source": visible(c.source[:_TEXT]),
            "outputs": [
                {"kind": o.kind, "text": visible(o.text[:_TEXT]), "image": o.image or ""}
                for o in outputs
                if o.cell == c.index
            ],
        }
        for c in cells
    ]
