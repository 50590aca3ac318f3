"""Signing in and out: by invitation link; the other ways have modules of their own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Form
from sqlalchemy import delete, select
from starlette.requests import Request
from starlette.responses import Response

from grader.models import Said
from grader.service import accounts, courses, pages, record
from grader.service.accounts import Invited
from grader.service.tables import Identity, Login, Token
from grader.service.web import (
    PROXY,
    RowId,
    Service,
    by_proxy,
    guard_form,
    not_found,
    page,
    service_of,
    signed_in,
    to,
    viewer,
)

router = APIRouter(include_in_schema=False)
Csrf = Annotated[str, Form(max_length=200)]


def set_login(held: Service, response: Response, secret: str) -> Response:
    """Give the browser its cookie."""
    response.set_cookie(
        held.cookie,
        secret,
        max_age=int(accounts.LOGIN.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=held.secure,
    )
    return response


def within(target: str) -> str:
    """A path of ours to go on to; "/" for anything that leads elsewhere."""
    plain = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if plain and target.isprintable() and "\\" not in target and len(target) < 500 else "/"


@router.get("/sign-in")
def sign_in(request: Request, to: str = "/", ended: bool = False) -> Response:
    held = service_of(request)
    return page(
        request,
        "sign_in.html",
        viewer(request),
        status=401,
        openid=held.settings.openid,
        target=within(to),
        ended=ended,
    )


@router.get("/invited/{secret}")
def look_at_invitation(request: Request, secret: str) -> Response:
    """What the link is for. It signs nobody in: mail programs follow links, too."""
    held = service_of(request)
    with held.database.reading() as session:
        found = accounts.invited(session, secret, held.now())
    if found is None:
        return page(request, "gone.html", viewer(request), status=404)
    return _invitation(request, found, secret)


def _invitation(request: Request, found: Invited, secret: str, wrong: Said | None = None) -> Response:
    values = {"course": found.course, "invited": found, "secret": secret, "key": accounts.fresh()}
    return page(request, "invited.html", None, status=422 if wrong else 200, wrong=wrong, **values)


@router.post("/invited/{secret}")
def accept_invitation(
    request: Request,
    secret: str,
    name: Annotated[str, Form(max_length=1000)] = "",
    number: Annotated[str, Form(max_length=200)] = "",
    key: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Sign in, or join. key: of the form; sent again, as by a second click, it is the same person."""
    held = service_of(request)
    old = request.cookies.get(held.cookie)
    name = record.line(name, 120)
    with held.database.writing() as session:
        now = held.now()
        found = accounts.invited(session, secret, now, alone=True)
        if found is None:
            return page(request, "gone.html", None, status=404)
        link, own = "", accounts.of_form(key, 0)
        known = accounts.invited(session, own, now)
        if found.person is not None:
            person = found.person
        elif not name:
            return _invitation(request, found, secret, Said("Say your name, so that your work finds you."))
        elif known is not None and known.person is not None:
            person, link = known.person, own
        else:
            person = accounts.add_person(session, name, now)
            accounts.enrol(
                session, found.course.id, person.id, found.role, found.section, record.line(number, 60)
            )
            link = accounts.invite(
                session,
                found.course.id,
                found.role,
                now,
                person_id=person.id,
                section=found.section,
                secret=own,
            )
            record.event(
                session, found.course.id, person.id, "joined", record.way_in(found.role, "link"), now
            )
        cookie = accounts.sign_in(session, person.id, old, now)
    if link:
        response: Response = page(
            request, "joined.html", None, course=found.course, name=person.name, link=absolute(request, link)
        )
    else:
        response = to("/")
    return set_login(held, response, cookie)


def absolute(request: Request, secret: str) -> str:
    """The whole address of an invitation."""
    address = service_of(request).settings.address or str(request.base_url)
    return f"{address.rstrip('/')}/invited/{secret}"


@router.post("/sign-out")
def sign_out(request: Request, csrf: Csrf = "", everywhere: Annotated[str, Form()] = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        if everywhere:
            session.execute(delete(Login).where(Login.person_id == me.id))
        accounts.sign_out(session, me.secret)
    response = to("/sign-in")
    response.delete_cookie(held.cookie, path="/", secure=held.secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/me")
def me_page(request: Request) -> Response:
    return _me(request)


def _me(request: Request, link: str = "", token: str = "") -> Response:
    held, me = service_of(request), signed_in(request)
    with held.database.reading() as session:
        mine = courses.memberships(session, me.id)
        ways = session.scalars(select(Identity.provider).where(Identity.person_id == me.id)).all()
        tokens = session.scalars(
            select(Token).where(Token.person_id == me.id, Token.revoked.is_(None)).order_by(Token.id)
        ).all()
    return page(
        request,
        "me.html",
        me,
        course=mine[0][0] if mine else None,
        mine=mine,
        tokens=[t for t in tokens if t.expires > held.now()],
        link=link,
        token=token,
        further=_further(request, ways),
    )


def _further(request: Request, ways: Collection[str]) -> tuple[str, str] | None:
    """A way in that somebody could add: its name, and where to."""
    openid, named = service_of(request).settings.openid, by_proxy(request)
    if openid is not None and f"oidc:{openid.issuer}" not in ways:
        return openid.label, "/openid/link"
    return (named, "/proxy/link") if named and PROXY not in ways else None


@router.post("/me/language")
def choose_language(
    request: Request, language: Annotated[str, Form()], csrf: Csrf = "", back: Annotated[str, Form()] = "/"
) -> Response:
    held, me = service_of(request), viewer(request)
    response = to(within(back))
    chosen = pages.language(language)
    if me is None:
        response.set_cookie("language", chosen, max_age=31_536_000, samesite="lax", secure=held.secure)
        return response
    guard_form(me, csrf)
    with held.database.writing() as session:
        session.merge(me.person).language = chosen
    return response


@router.post("/me/link")
def new_link(request: Request, csrf: Csrf = "") -> Response:
    """A new personal link; the ones before lead nowhere from then on."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        now = held.now()
        mine = courses.memberships(session, me.id)
        if not mine:
            raise not_found()
        course, member = mine[0]
        for one, _ in mine:  # a link into any of the courses is a way to this person
            accounts.revoke_links(session, one.id, me.id, now)
        secret = accounts.invite(session, course.id, member.role, now, person_id=me.id)
        record.event(session, course.id, me.id, "made a link", record.person(me.id), now)
    return _me(request, link=absolute(request, secret))


@router.post("/me/tokens")
def new_token(request: Request, name: Annotated[str, Form(max_length=200)] = "", csrf: Csrf = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        made = accounts.make_token(session, me.id, name or "token", held.now())
    return _me(request, token=made)


@router.post("/me/tokens/{id}/revoke")
def revoke_token(request: Request, id: RowId, csrf: Csrf = "") -> Response:
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.writing() as session:
        token = session.scalar(select(Token).where(Token.id == id, Token.person_id == me.id))
        if token is None:
            raise not_found()
        token.revoked = held.now()
        record.event(session, None, me.id, "ended", Said("a token"), held.now())
    return to("/me")
