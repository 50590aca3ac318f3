"""Signing in at an OpenID provider (authorization code with PKCE), or by a trusted proxy's header.

Authlib speaks OAuth with the provider; joserfc checks the signature of what it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from fastapi import APIRouter, HTTPException
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from grader.models import Said
from grader.service import accounts, founding, record
from grader.service.place import OpenId
from grader.service.signin import Csrf, set_login, within
from grader.service.tables import Identity, SignIn
from grader.service.web import (
    PROXY,
    Service,
    Viewer,
    by_proxy,
    guard_form,
    not_found,
    page,
    service_of,
    signed_in,
    to,
)

router = APIRouter(include_in_schema=False)
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
LASTS = timedelta(minutes=10)
TIMEOUT_S = 10.0
_ENDPOINTS = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
_IN, _LINK = "openid", "openid-link"
"""what somebody wants of a provider: to sign in, or a further way to whom they are signed in as"""
_WRONG = Said("Signing in did not work: begin again.")


def public(request: Request, path: str) -> str:
    """The whole address of one of our paths, as others reach it."""
    address = service_of(request).settings.address or str(request.base_url)
    return f"{address.rstrip('/')}{path}"


def remember(held: Service, provider: str, verifier: str, target: str) -> tuple[str, str]:
    """Begin a way to a provider: its state and nonce, good for one return within ten minutes."""
    state, nonce = accounts.fresh(), accounts.fresh()
    with held.database.writing() as session:
        now = held.now()
        session.query(SignIn).filter(SignIn.expires <= now).delete()
        session.add(
            SignIn(
                hash=accounts.digest(state),
                provider=provider,
                nonce=nonce,
                verifier=verifier,
                target=target,
                expires=now + LASTS,
            )
        )
    return state, nonce


def recall(held: Service, providers: Collection[str], state: str) -> SignIn:
    """The way that this state began, once. Raises `HTTPException` for any other."""
    with held.database.writing() as session:
        found = session.get(SignIn, accounts.digest(state), with_for_update=True)
        if found is None or found.provider not in providers or found.expires <= held.now():
            raise HTTPException(403, _WRONG)
        session.delete(found)
        session.flush()
        session.expunge(found)
        return found


def claims_of(
    token: str, keys: Mapping[str, Any], expected: Mapping[str, str], held: Service
) -> dict[str, Any]:
    """What a signed token says, if it is for us, from whom it should be, and of now.

    expected: iss, aud and nonce. Raises `HTTPException`.
    """
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        wanted: dict[str, Any] = {
            name: {"essential": True, "value": value} for name, value in expected.items()
        }
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(held.now().timestamp()),
            leeway=60,
            exp={"essential": True},
            iat={"essential": True},
            **wanted,
        )
        registry.validate(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise HTTPException(403, _WRONG) from error
    claims = dict(decoded.claims)
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != expected["aud"]:
        raise HTTPException(403, _WRONG)
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise HTTPException(403, _WRONG)
    return claims


def fetch(address: str) -> dict[str, Any]:
    """JSON from a provider that an administrator named. Raises `HTTPException` where it is away."""
    try:
        answer = requests.get(address, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise HTTPException(502, Said("The sign-in service does not answer; try again later.")) from error
    if not isinstance(found, dict):
        raise HTTPException(502, Said("The sign-in service does not answer; try again later."))
    return found


def _provider(held: Service) -> tuple[OpenId, dict[str, Any]]:
    settings = held.settings.openid
    if settings is None:
        raise not_found()
    found = fetch(f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != settings.issuer or not (found.keys() >= _ENDPOINTS):
        raise HTTPException(502, Said("The sign-in service does not answer; try again later."))
    return settings, found


@router.get("/openid/start")
def start(request: Request, to: str = "/") -> Response:
    address, state = _begin(request, _IN, within(to))
    return bind(service_of(request), RedirectResponse(address, status_code=303), state)


@router.post("/openid/link")
def start_linking(request: Request, csrf: Csrf = "") -> Response:
    """Whoever is signed in wants this as a further way to themselves; no page of others' can want it."""
    me = signed_in(request)
    guard_form(me, csrf)
    address, state = _begin(request, _LINK, str(me.id))
    # a form may lead to our own pages alone, redirects included: the browser goes on from one of those
    made = page(request, "onward.html", me, address=address)
    made.headers["Refresh"] = f"0; url={address}"
    return bind(service_of(request), made, state)


def _begin(request: Request, wish: str, target: str) -> tuple[str, str]:
    """The provider's address for this wish, and the state under which it comes back."""
    held = service_of(request)
    settings, known = _provider(held)
    verifier = accounts.fresh()
    state, nonce = remember(held, wish, verifier, target)
    client = OAuth2Session(
        settings.client_id,
        redirect_uri=public(request, "/openid/back"),
        scope="openid profile",
        code_challenge_method="S256",
    )
    address, _ = client.create_authorization_url(
        known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
    )
    return address, state


def bind(held: Service, response: Response, state: str) -> Response:
    """Only this browser can come back with this state: nobody is signed in as somebody else unawares."""
    response.set_cookie(
        f"{held.cookie}-way",
        accounts.digest(state),
        max_age=int(LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=held.secure,
    )
    return response


def bound(request: Request, state: str) -> None:
    """Raises `HTTPException` unless the browser is the one that `bind` saw."""
    if request.cookies.get(f"{service_of(request).cookie}-way") != accounts.digest(state):
        raise HTTPException(403, _WRONG)


@router.get("/openid/back")
def back(request: Request, state: str = "", code: str = "") -> Response:
    held = service_of(request)
    bound(request, state)
    way = recall(held, (_IN, _LINK), state)
    settings, known = _provider(held)
    client = OAuth2Session(
        settings.client_id,
        settings.client_secret or None,
        redirect_uri=public(request, "/openid/back"),
        token_endpoint_auth_method="client_secret_basic" if settings.client_secret else "none",
    )
    try:
        token = client.fetch_token(
            known["token_endpoint"],
            code=code,
            code_verifier=way.verifier,
            grant_type="authorization_code",
            timeout=TIMEOUT_S,
        )
    except (OAuthError, requests.RequestException, ValueError) as error:
        raise HTTPException(403, _WRONG) from error
    expected = {"iss": settings.issuer, "aud": settings.client_id, "nonce": way.nonce}
    claims = claims_of(str(token.get("id_token", "")), fetch(known["jwks_uri"]), expected, held)
    name = str(claims.get("name") or claims.get("preferred_username") or claims["sub"])
    provider = f"oidc:{settings.issuer}"
    if way.provider == _LINK:
        me = signed_in(request)
        if str(me.id) != way.target:
            raise HTTPException(403, _WRONG)
        return _linked(held, me, provider, claims["sub"])
    return enter(request, provider, claims["sub"], name, settings.course, way.target)


def _linked(held: Service, me: Viewer, provider: str, subject: str) -> Response:
    with held.database.writing() as session:
        if not accounts.link(session, me.id, provider, subject, held.now()):
            raise HTTPException(409, Said("This account belongs to somebody else here; nothing was changed."))
    return to("/me")


def enter(request: Request, provider: str, subject: str, name: str, course: str, target: str) -> Response:
    """Sign in whom a provider vouches for. New people join the course as students."""
    held = service_of(request)
    with held.database.writing() as session:
        now = held.now()
        person = accounts.known_as(session, provider, subject)
        if person is None:
            home = founding.course_named(session, course)
            person = accounts.add_person(session, name, now)
            accounts.enrol(session, home.id, person.id, "student")
            way = record.way_in("student", provider.partition(":")[0])
            record.event(session, home.id, person.id, "joined", way, now)
            session.add(Identity(person_id=person.id, provider=provider, subject=subject))
        cookie = accounts.sign_in(session, person.id, request.cookies.get(held.cookie), now)
    return set_login(held, to(within(target)), cookie)


# --------------------------------------------------------------------------------------------- proxy


@router.get("/proxy/sign-in")
def proxy_sign_in(request: Request, to: str = "/") -> Response:
    settings = service_of(request).settings.proxy
    subject = by_proxy(request)
    if settings is None or subject is None:
        raise not_found()
    raw = request.headers.get(settings.name_header, "")
    name = record.line(raw.encode("latin-1", "replace").decode("utf-8", "replace"), 120) or subject
    return enter(request, PROXY, subject, name, settings.course, to)


@router.post("/proxy/link")
def proxy_link(request: Request, csrf: Csrf = "") -> Response:
    """Whom the proxy names is from now on whoever is signed in here."""
    me, subject = signed_in(request), by_proxy(request)
    guard_form(me, csrf)
    if subject is None:
        raise not_found()
    return _linked(service_of(request), me, PROXY, subject)


def way_in(request: Request, back: str, *, sent: bool = False) -> str:
    """Where somebody goes who is not signed in. sent: with a form, which was not taken."""
    where = "/proxy/sign-in" if by_proxy(request) else "/sign-in"
    return f"{where}?{urlencode({'to': back} | ({'ended': 1} if sent else {}))}"
