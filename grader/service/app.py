"""The application: all routes together, and what is answered when something goes wrong."""

from __future__ import annotations

import logging
from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from grader.errors import GraderError, UsageError
from grader.marks.ledger import ConflictError
from grader.models import Said
from grader.service import api, assistant, lti, openid, runs, signin, student, teacher
from grader.service.refusal import RefusedError
from grader.service.web import NOTHING, Gate, Service, SignInNeededError, page, tongue, viewer
from grader.words.speech import speech

_FILES = {
    "service.js": ("grader.service", "static", "text/javascript"),
    "service.css": ("grader.service", "static", "text/css"),
    "style.css": ("grader.report", "templates", "text/css"),
}
_OURS = Said("This could not be done, by a fault of ours. Nothing is lost; try again.")
_log = logging.getLogger("grader.web")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def make_app(service: Service) -> FastAPI:
    """The application over a data folder."""
    app = FastAPI(
        title="grader",
        description="Hand in notebooks and read what came of them.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    address = service.settings.address
    hosts = [*LOOPBACK, *([urlsplit(address).hostname or ""] if address else [])]
    app.include_router(api.router)  # routes are looked through in this order, and uploads come here
    app.include_router(signin.router)
    app.include_router(openid.router)
    app.include_router(lti.router)
    app.include_router(student.router)
    app.include_router(assistant.router)
    app.include_router(teacher.router)
    _operations(app, service)
    _faults(app)
    app.add_middleware(Gate, service=service, hosts=hosts)
    return app


def _operations(app: FastAPI, service: Service) -> None:
    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in _FILES:
            raise HTTPException(404)
        package, place, kind = _FILES[name]
        return Response((files(package) / place / name).read_bytes(), media_type=kind)

    @app.get("/healthz", include_in_schema=False)
    def healthy() -> Response:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def ready() -> Response:
        fine = service.database.alive() and service.place.blobs.is_dir()
        return PlainTextResponse(
            "ready\n" if fine else "the database or the data folder is away\n", 200 if fine else 503
        )

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        if any(h in request.headers for h in ("x-forwarded-for", "forwarded")):
            raise HTTPException(404)  # it came from outside, through the proxy
        with service.database.reading() as session:
            queue = runs.queue(session, service.now())
            grades = lti.to_hand_back(session)
        lines = [
            ("grader_queue_runs", "Runs that wait.", queue.queued),
            ("grader_running_runs", "Runs that workers have in hand.", queue.running),
            ("grader_stuck_runs", "Runs that failed by our fault; somebody must look.", queue.stuck),
            ("grader_oldest_seconds", "How long the oldest run that is not done has waited.", queue.oldest),
            ("grader_workers", "Workers alive.", service.workers()),
            ("grader_grades_to_hand_back", "Published grades that a platform has not got yet.", grades),
            ("grader_free_bytes", "Left on the disk of the data folder.", service.blobs.free()),
        ]
        own = "".join(f"# HELP {n} {h}\n# TYPE {n} gauge\n{n} {float(v)}\n" for n, h, v in lines)
        body = own.encode() + generate_latest(service.registry)  # type: ignore[no-untyped-call]
        return Response(body, media_type=CONTENT_TYPE_LATEST)


def _faults(app: FastAPI) -> None:
    @app.exception_handler(SignInNeededError)
    def sign_in(request: Request, _: Exception) -> Response:
        if _by_the_desk(request):
            said = Said("Your sign-in has ended: reload the page.")
            return _problem(speech(tongue(request)).of(said), 401)
        if request.url.path.startswith("/api/"):
            known = "This token is unknown or has ended: make one on your page (/me)."
            sent = request.headers.get("authorization", "").lower().startswith("bearer ")
            told = _problem(known if sent else "Send a token: Authorization: Bearer …", 401)
            told.headers["WWW-Authenticate"] = "Bearer"
            return told
        sent = request.method != "GET"
        back = urlsplit(request.headers.get("referer", "")).path or "/" if sent else request.url.path
        return Response(status_code=303, headers={"Location": openid.way_in(request, back, sent=sent)})

    @app.exception_handler(RefusedError)
    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, RefusedError)
        return _say(request, error.status, error.said)

    @app.exception_handler(HTTPException)
    def answered(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        said: object = error.detail  # the framework's own is a word of English
        made = _say(request, error.status_code, said if isinstance(said, Said) else _bare(error.status_code))
        made.headers.update(error.headers or {})
        return made

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, _: Exception) -> Response:
        return _say(request, 422, Said("Something is missing in this request, or is not what is expected."))

    @app.exception_handler(GraderError)
    def ours(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/desk/") and isinstance(error, ConflictError | UsageError):
            return _problem(str(error), 409 if isinstance(error, ConflictError) else 400)
        _log.error("failed", exc_info=error)
        return _say(request, 503, _OURS)

    @app.exception_handler(SQLAlchemyError)
    @app.exception_handler(OSError)
    def away(request: Request, error: Exception) -> Response:
        _log.error("failed", exc_info=error)
        return _say(request, 503, _OURS)

    @app.exception_handler(Exception)
    def bug(request: Request, error: Exception) -> Response:
        _log.error("failed", exc_info=error)
        return _say(request, 500, _OURS)


def _bare(status: int) -> Said:
    """What is said of an answer that has no words of its own."""
    return NOTHING if status == 404 else Said("This can’t be done at this address.")


def _by_the_desk(request: Request) -> bool:
    """Whether a script of the desk asks, which shows what it is told where somebody works."""
    return request.url.path.startswith("/desk/") and "/api/" in request.url.path


def _say(request: Request, status: int, said: Said) -> Response:
    if request.url.path.startswith("/api/"):
        return _problem(str(said), status)
    if _by_the_desk(request):
        return _problem(speech(tongue(request)).of(said), status)
    try:
        me = viewer(request)
    except Exception:  # the database may be what failed
        me = None
    return page(request, "problem.html", me, status=status, said=said, code=status)


def _problem(said: str, status: int) -> JSONResponse:
    return JSONResponse({"problem": said}, status_code=status)
