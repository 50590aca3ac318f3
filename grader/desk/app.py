"""The desk as a web page on this machine: every address below a secret path, JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, StrictUndefined, Template
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

from grader.desk.desk import Desk, View, current, palette
from grader.desk.publish import Publisher
from grader.desk.queue import Item
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

    @app.get(f"{home}/")
    def page() -> HTMLResponse:
        return HTMLResponse(_template().render(speak=desk.speak))

    @app.get(f"{home}/static/{{name}}")
    def static(name: str) -> Response:
        if name not in _FILES:
            return Response(status_code=404)
        package, place, kind = _FILES[name]
        return Response((files(package) / place / name).read_text("utf-8"), media_type=kind)

    @app.get(f"{home}/api/queue")
    def look() -> dict[str, Any]:
        return _shown(desk, publisher)

    @app.post(f"{home}/api/mark")
    def mark(decision: Annotated[DecisionBody, Body()]) -> dict[str, Any]:
        desk.mark(decision.item, decision.seen, decision.points, decision.reason)
        publisher.later(*decision.seen)
        return _standings(desk, publisher)

    @app.post(f"{home}/api/undo")
    def undo() -> dict[str, Any]:
        keys = desk.undo()
        publisher.later(*(name for name, _ in keys))
        return {"undone": [list(key) for key in keys], **_standings(desk, publisher)}

    @app.get(f"{home}/api/notebook/{{id}}")
    def notebook(id: str) -> Response:
        if id not in desk.look().students:
            return Response(status_code=404)
        return JSONResponse(_notebook(desk, id))

    @app.get(f"{home}/report/{{id}}")
    def report(id: str) -> Response:
        if id not in desk.look().students:
            return Response(status_code=404)
        return _page(
            desk.out / id / "report.html",
            desk.speak("no {file} there; grade it again with --force", file="report.html"),
        )

    @app.get(f"{home}/lookalikes")
    def lookalikes() -> Response:
        return _page(
            desk.out / SIDE_BY_SIDE,
            desk.speak("no {file} there; run `grader lookalikes` again without --to", file=SIDE_BY_SIDE),
        )

    return app


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


def _page(path: Path, otherwise: str) -> Response:
    """A page that the grader wrote. It brings a policy of its own; here nothing of it may run either."""
    if not path.is_file():
        return Response(otherwise, status_code=404)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    return HTMLResponse(
        path.read_text("utf-8", errors="replace"), headers={"Content-Security-Policy": policy}
    )


def _shown(desk: Desk, publisher: Publisher) -> dict[str, Any]:
    view = desk.look()
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
        "items": [_item(item, view, desk) for item in view.items],
        **_status(desk, view, publisher),
    }


def _standings(desk: Desk, publisher: Publisher) -> dict[str, Any]:
    view = desk.look()
    return {
        "items": [
            {
                "id": item.id,
                "standing": _standing(item, view),
                "palette": _palette(item, view, desk),
            }
            for item in view.items
        ],
        **_status(desk, view, publisher),
    }


def _status(desk: Desk, view: View, publisher: Publisher) -> dict[str, Any]:
    return {"undoable": desk.undoable(view.ledger), "problem": publisher.problem}


def _standing(item: Item, view: View) -> dict[str, Any]:
    return {name: asdict(current(item, name, view.ledger)) for name in item.submissions}


def _palette(item: Item, view: View, desk: Desk) -> list[dict[str, Any]]:
    used = [] if item.checks else _used(item.topic, view)  # what one of several is worth tells no share
    most = item.max_score or 0.0
    return [{"points": round(r.share * most, 2), "text": r.text} for r in palette(item, desk.rubric, used)]


def _used(topic: str, view: View) -> list[CurrentMark]:
    return [s for (_, t), s in view.ledger.standing.items() if t == topic]


def _item(item: Item, view: View, desk: Desk) -> dict[str, Any]:
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
        "place": item.place,
        "facts": [asdict(f) for f in item.facts],
        "actual": [asdict(b) for b in both.actual] if both else [],
        "expected": [asdict(b) for b in both.expected] if both else [],
        "submissions": list(item.submissions),
        "standing": _standing(item, view),
        "palette": _palette(item, view, desk),
    }


def _notebook(desk: Desk, id: str) -> list[dict[str, Any]]:
    cells, outputs = desk.folder.notebook(id)
    return [
        {
            "index": c.index,
            "kind": c.kind,
            "source": visible(c.source[:_TEXT]),
            "outputs": [
                {"kind": o.kind, "text": visible(o.text[:_TEXT])} for o in outputs if o.cell == c.index
            ],
        }
        for c in cells
    ]
