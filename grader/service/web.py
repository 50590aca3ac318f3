"""What every request passes: sizes, headers, where it comes from, who sends it, what is noted of it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import HTTPException
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client import Counter as Count
from pydantic import Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.assignment.rubric_file import load_rubric
from grader.models import Said
from grader.service import accounts, pages, patience, record
from grader.service.accounts import csrf
from grader.service.blobs import Blobs
from grader.service.database import Database
from grader.service.place import DataFolder, Settings
from grader.service.standing import Reports
from grader.service.tables import Person
from rubric.schema import Rubric

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SANDBOX = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups; frame-ancestors 'none'"
)
"""for pages with what a student wrote: nothing in them runs, and they are nobody's origin"""
BODY = 300 * 2**20
"""bytes of a request, whatever it is"""
FORM = 256 * 1024
FORM_S = 60.0
"""seconds that a form may take to arrive"""
LISTING = 16 * 2**20
"""of a request that brings a platform's own list of a class"""
RowId = Annotated[int, Field(ge=0, lt=2**31)]
"""a number that a database may know"""
_CROSS_SITE = ("/lti/", "/api/")
"""here others' pages may send: a platform's signature protects, or a token instead of cookies"""
PROXY = "proxy"
"""the provider of those whom a proxy names"""
NOTHING = Said("There is nothing here.")
TOO_LONG = Said("This took too long to arrive; send it again.")
_log = logging.getLogger("grader.web")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Service:
    """What all routes share."""

    place: DataFolder
    settings: Settings
    database: Database
    blobs: Blobs
    now: Callable[[], datetime] = _now
    secure: bool = False
    workers: Callable[[], int] = lambda: 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    comparing: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    sending: Counter[int] = field(default_factory=Counter)
    """person → uploads of theirs that are on their way"""
    _rubrics: dict[str, Rubric] = field(default_factory=dict)
    reports: Reports = field(init=False)

    def __post_init__(self) -> None:
        self.reports = Reports(self.blobs)

    @property
    def cookie(self) -> str:
        """Browsers take a cookie of such a name from this very host alone, over TLS."""
        return "__Host-grader" if self.secure else "grader"

    def rubric(self, sha256: str) -> Rubric:
        """The rubric of an edition."""
        if sha256 not in self._rubrics:
            self._rubrics[sha256] = load_rubric(self.place.editions / sha256)
        return self._rubrics[sha256]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sends a request. secret: of the cookie; "" where a token was used."""

    person: Person
    secret: str

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def csrf(self) -> str:
        return csrf(self.secret)


class SignInNeededError(Exception):
    """Nobody is signed in."""


def service_of(request: Request) -> Service:
    made: Service = request.app.state.service
    return made


def viewer(request: Request) -> Viewer | None:
    """Who is signed in in this browser."""
    held = service_of(request)
    secret = request.cookies.get(held.cookie, "")
    if not secret:
        return None
    named = by_proxy(request)
    with held.database.reading() as session:
        person = accounts.person_of_login(session, secret, held.now())
        if person is not None and named and not accounts.may_be(session, person.id, PROXY, named):
            person = None  # somebody else sits there now
    if person is None:
        return None
    request.state.person = person.id
    return Viewer(person, secret)


def by_proxy(request: Request) -> str | None:
    """Whom a trusted proxy names. It is believed on the unix socket alone, whoever sends the header."""
    settings = service_of(request).settings.proxy
    server = request.scope.get("server")
    if settings is None or server is None or server[1] is not None or request.scope.get("client"):
        return None
    return record.line(request.headers.get(settings.header, ""), 200) or None


def signed_in(request: Request) -> Viewer:
    """Who is signed in. Raises `SignInNeededError`."""
    found = viewer(request)
    if found is None:
        raise SignInNeededError
    return found


def guard_form(me: Viewer, sent: str) -> None:
    """The form came from a page that we gave to this very login; else 403."""
    if not hmac.compare_digest(me.csrf.encode(), sent.encode("utf-8", "replace")):
        raise HTTPException(
            403, Said("This form is not (any more) yours to send: reload the page, then send it again.")
        )


def began_at(request: Request) -> datetime:
    """When the request began to arrive."""
    found: datetime = request.state.began
    return found


def tongue(request: Request, me: Viewer | None = None, course: str | None = None) -> str:
    """The language for this page: chosen, else the browser's, else the course's."""
    chosen = me.person.language if me else request.cookies.get("language")
    return pages.language(chosen, request.headers.get("accept-language"), course)


def page(
    request: Request,
    template: str,
    me: Viewer | None = None,
    *,
    status: int = 200,
    course: Any = None,
    **values: Any,
) -> HTMLResponse:
    """One page for this viewer."""
    spoken = tongue(request, me, course.language if course else None)
    html = pages.render(
        template,
        spoken,
        course.zone if course else "UTC",
        me=me,
        csrf=me.csrf if me else "",
        course=course,
        path=request.url.path,
        **values,
    )
    return HTMLResponse(html, status_code=status)


def to(address: str) -> RedirectResponse:
    """Go on there, with GET: a reload sends nothing twice."""
    return RedirectResponse(address, status_code=303)


def not_found() -> HTTPException:
    """Also for what is there and not theirs: nobody learns that it exists."""
    return HTTPException(404, NOTHING)


class Metrics:
    """What is counted of requests, by route and not by address: nobody's ids stand in it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        names = ("method", "route", "status")
        self.requests = Count("grader_requests", "Requests answered.", names, registry=registry)
        self.seconds = Histogram("grader_request_seconds", "Time to answer.", ("route",), registry=registry)


class Gate:
    """ASGI: bounds what comes in, refuses what other sites send, sets headers, notes what was answered."""

    def __init__(self, app: ASGIApp, service: Service, hosts: Iterable[str]) -> None:
        self._app, self._service, self._metrics = app, service, Metrics(service.registry)
        self._hosts = {h.lower() for h in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # the server leaves the body out
            scope = {**scope, "method": "GET"}
        started = time.perf_counter()
        request = secrets.token_hex(6)
        scope.setdefault("state", {})
        scope["state"] |= {"began": self._service.now(), "request": request}
        headers = Headers(scope=scope)
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._headers(MutableHeaders(scope=message), scope["path"], request)
            await send(message)

        refused = self._refusal(scope, headers)
        try:
            if refused is not None:
                await refused(scope, receive, answer)
            else:
                await self._app(scope, self._bounded(receive, scope["path"]), answer)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            spent = time.perf_counter() - started
            self._metrics.requests.labels(scope["method"][:10], route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(spent)
            _log.info(
                "request",
                extra={
                    "request": request,
                    "method": scope["method"][:10],
                    "route": route,
                    "status": status,
                    "ms": round(1000 * spent, 1),
                    "person": scope["state"].get("person"),
                },
            )

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "").lower()
        if _name(host) not in self._hosts:
            return Response("unknown host", status_code=400, media_type="text/plain")
        if scope["method"] in ("GET", "HEAD", "OPTIONS") or scope["path"].startswith(_CROSS_SITE):
            return None
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        ours = site in (None, "same-origin", "none") and (
            origin is None or urlsplit(origin).netloc.lower() == host
        )
        return (
            None
            if ours
            else Response("this came from another site", status_code=403, media_type="text/plain")
        )

    def _bounded(self, receive: Receive, path: str) -> Receive:
        upload = path.endswith("/uploads")
        most = BODY if upload else LISTING if "/export" in path else FORM
        end = time.monotonic() + (patience.BODY_S if upload else FORM_S)
        taken, whole = 0, False

        async def bounded() -> Message:
            nonlocal taken, whole
            if whole:  # what comes now is that the client went away
                return await receive()
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, TOO_LONG) from None
            whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(
                    413, Said("This is too large; at most {most} kB are taken here.", {"most": most >> 10})
                )
            return message

        return bounded

    def _headers(self, headers: MutableHeaders, path: str, request: str) -> None:
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        headers["X-Request-Id"] = request
        headers.setdefault(
            "Cache-Control", "public, max-age=300" if path.startswith("/static/") else "no-store"
        )
        if self._service.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
