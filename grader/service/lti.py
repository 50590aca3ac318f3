"""LTI 1.3: a learning platform launches an assignment, takes deep links, lends its roster, gets the grades.

The launch is OpenID's implicit flow with a form that the platform posts to us from another site, to which
browsers add no cookie of ours. So the signed message is checked when it comes, and who may use it a step
later, when the browser follows us to a page of our own with the cookie that it got at the beginning.
Platforms open us in a window of its own: in a frame of theirs a browser would keep no cookie at all.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import requests
from fastapi import APIRouter, Form, HTTPException
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from grader.models import Said
from grader.service import accounts, courses, founding, record
from grader.service.openid import TIMEOUT_S, bind, bound, claims_of, fetch, public, recall, remember
from grader.service.place import DataFolder, LtiPlatform
from grader.service.signin import set_login
from grader.service.student import Csrf, at_assignment
from grader.service.tables import CourseAssignment, Identity, Member, Person, Platform, Published, SignIn
from grader.service.teacher import rubric_of
from grader.service.web import (
    POLICY,
    Service,
    guard_form,
    not_found,
    page,
    service_of,
    signed_in,
    to,
)

router = APIRouter(include_in_schema=False)
_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/"
_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
_DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_WRONG = Said("This launch is not valid (any more): open the assignment on the platform again.")
_SELDOM_S = 600.0
_FIELD = Annotated[str, Form(max_length=20_000)]
_log = logging.getLogger("grader.web")


def key_of(place: DataFolder) -> RSAKey:
    """Our own key, with which platforms know us; made the first time, readable by us alone."""
    path = place.folder / "lti.key"
    try:
        return RSAKey.import_key(path.read_bytes())
    except FileNotFoundError:
        key = RSAKey.generate_key(2048, auto_kid=True)
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.as_pem(private=True))
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)  # who was first wins
        temporary.unlink()
        return RSAKey.import_key(path.read_bytes())


def _signing(place: DataFolder) -> tuple[RSAKey, str]:
    key = key_of(place)
    return key, key.thumbprint()


@router.get("/lti/jwks")
def jwks(request: Request) -> Response:
    """Our public key."""
    key, kid = _signing(service_of(request).place)
    return JSONResponse({"keys": [key.as_dict(private=False) | {"kid": kid, "alg": "RS256", "use": "sig"}]})


@router.get("/lti/login")
def login_get(request: Request) -> Response:
    return _login(request, request.query_params)


@router.post("/lti/login")
def login_post(
    request: Request,
    iss: _FIELD = "",
    login_hint: _FIELD = "",
    target_link_uri: _FIELD = "",
    client_id: _FIELD = "",
    lti_message_hint: _FIELD = "",
) -> Response:
    given = {
        "iss": iss,
        "login_hint": login_hint,
        "target_link_uri": target_link_uri,
        "client_id": client_id,
        "lti_message_hint": lti_message_hint,
    }
    return _login(request, given)


def _login(request: Request, given: Mapping[str, str]) -> Response:
    held = service_of(request)
    platform = _platform(held, given.get("iss", ""), given.get("client_id") or None)
    state, nonce = remember(held, "lti", "", "/")
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": public(request, "/lti/launch"),
        "login_hint": given.get("login_hint", ""),
        "state": state,
        "nonce": nonce,
    }
    if hint := given.get("lti_message_hint"):
        asked["lti_message_hint"] = hint
    joint = "&" if "?" in platform.authorize else "?"
    address = f"{platform.authorize}{joint}{urlencode(asked)}"
    return bind(held, RedirectResponse(address, status_code=303), state)


def _platform(held: Service, issuer: str, client: str | None) -> LtiPlatform:
    for platform in held.settings.lti:
        if platform.issuer == issuer and client in (None, platform.client_id):
            return platform
    raise HTTPException(403, _WRONG)


@router.post("/lti/launch")
def launch(request: Request, id_token: Annotated[str, Form(max_length=100_000)], state: _FIELD) -> Response:
    """The platform's signed message. It is checked here and kept for the browser's own next step."""
    held = service_of(request)
    way = recall(held, ("lti",), state)
    issuer, client = _unverified(id_token)
    platform = _platform(held, issuer, client)
    expected = {"iss": platform.issuer, "aud": platform.client_id, "nonce": way.nonce}
    claims = claims_of(id_token, fetch(platform.keys), expected, held)
    if claims.get(f"{_LTI}version") != "1.3.0":
        raise HTTPException(403, _WRONG)
    if platform.deployments and claims.get(f"{_LTI}deployment_id") not in platform.deployments:
        raise HTTPException(403, _WRONG)
    ticket = accounts.fresh()
    with held.database.writing() as session:
        session.add(
            SignIn(
                hash=accounts.digest(ticket),
                provider="lti-enter",
                nonce=platform.client_id,
                verifier=state,
                target=json.dumps(_kept(claims)),
                expires=held.now() + timedelta(minutes=2),
            )
        )
    return to(f"/lti/enter?{urlencode({'ticket': ticket})}")


def _unverified(token: str) -> tuple[str, str | None]:
    """Whose keys are to be asked; believed only after the signature fits those."""
    import base64

    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        audience = claims["aud"]
        return str(claims["iss"]), str(
            claims.get("azp") or (audience[0] if isinstance(audience, list) else audience)
        )
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise HTTPException(403, _WRONG) from error


_WANTED: Mapping[str, type] = {
    "iss": str,
    "sub": str,
    "name": str,
    f"{_LTI}message_type": str,
    f"{_LTI}roles": list,
    f"{_LTI}target_link_uri": str,
    f"{_LTI}deployment_id": str,
    f"{_AGS}claim/endpoint": dict,
    f"{_NRPS}claim/namesroleservice": dict,
    f"{_DEEP}deep_linking_settings": dict,
}


def _kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    """What of a launch is needed, and no more. Raises `HTTPException` where it is of another shape."""
    found = {name: claims[name] for name in _WANTED if claims.get(name) is not None}
    if any(not isinstance(value, _WANTED[name]) for name, value in found.items()):
        raise HTTPException(403, _WRONG)
    return found


@router.get("/lti/enter")
def enter(request: Request, ticket: str = "") -> Response:
    held = service_of(request)
    way = recall(held, ("lti-enter",), ticket)
    bound(request, way.verifier)
    claims = json.loads(way.target)
    platform = _platform(held, claims["iss"], way.nonce)
    role = role_of(claims.get(f"{_LTI}roles", []))
    provider = f"lti:{platform.issuer}"
    with held.database.writing() as session:
        now = held.now()
        home = founding.course_named(session, platform.course)
        person = _person(
            session, provider, claims["sub"], str(claims.get("name") or claims["sub"]), home.id, role, now
        )
        slug = _slug(claims.get(f"{_LTI}target_link_uri", ""))
        assignment = session.scalar(
            select(CourseAssignment).where(
                CourseAssignment.slug == slug, CourseAssignment.course_id == home.id
            )
        )
        if assignment is not None:
            _note_services(session, assignment.id, platform, claims)
        cookie = accounts.sign_in(session, person.id, request.cookies.get(held.cookie), now)
        member = courses.member(session, home.id, person.id)
    if claims.get(f"{_LTI}message_type") == "LtiDeepLinkingRequest":
        if member is None or member.role != "teacher":
            raise HTTPException(403, _WRONG)
        return set_login(held, _deep(request, platform, claims), cookie)
    where = "/" if assignment is None else f"/a/{assignment.slug}"
    if assignment is not None and member is not None and member.role == "teacher":
        where = f"/teach/{assignment.slug}"
    if assignment is not None and member is not None and member.role == "assistant":
        where = f"/desk/{assignment.slug}/"
    return set_login(held, to(where), cookie)


def role_of(roles: Iterable[object]) -> str:
    """The platform's roles of the context → ours; whoever is none of its teachers is a student."""
    named = {str(r) for r in roles}
    if f"{_MEMBERSHIP}/Instructor#TeachingAssistant" in named:
        return "assistant"
    return "teacher" if f"{_MEMBERSHIP}#Instructor" in named else "student"


def _person(
    session: Session, provider: str, subject: str, name: str, course_id: int, role: str, now: Any
) -> Person:
    person = accounts.known_as(session, provider, subject)
    if person is None:
        person = accounts.add_person(session, name, now)
        session.add(Identity(person_id=person.id, provider=provider, subject=subject))
        record.event(session, course_id, person.id, "joined", record.way_in(role, "lti"), now)
        accounts.enrol(session, course_id, person.id, role)
    elif courses.member(session, course_id, person.id) is None and not _left(session, course_id, person.id):
        accounts.enrol(session, course_id, person.id, role)
    return person


def _left(session: Session, course_id: int, person_id: int) -> bool:
    """Whoever a teacher removed does not come back by a launch."""
    found = session.scalar(select(Member).where(Member.course_id == course_id, Member.person_id == person_id))
    return found is not None and found.left is not None


def _slug(target: str) -> str:
    parts = urlsplit(target).path.strip("/").split("/")
    return parts[1] if len(parts) == 2 and parts[0] == "a" else ""


def _note_services(
    session: Session, assignment_id: int, platform: LtiPlatform, claims: Mapping[str, Any]
) -> None:
    """Where this assignment's grades and roster are on the platform."""
    lineitem = (claims.get(f"{_AGS}claim/endpoint") or {}).get("lineitem")
    roster = (claims.get(f"{_NRPS}claim/namesroleservice") or {}).get("context_memberships_url")
    found = session.scalar(
        select(Platform).where(Platform.assignment_id == assignment_id, Platform.issuer == platform.issuer)
    )
    if found is None:
        found = Platform(
            assignment_id=assignment_id,
            issuer=platform.issuer,
            client=platform.client_id,
            lineitem=None,
            roster=None,
        )
        session.add(found)
    found.lineitem = lineitem or found.lineitem
    found.roster = roster or found.roster


# ---------------------------------------------------------------------------------------- deep links


def _deep(request: Request, platform: LtiPlatform, claims: Mapping[str, Any]) -> Response:
    """A page on which the teacher picks an assignment; each button sends the platform its link."""
    held = service_of(request)
    wanted = claims.get(f"{_DEEP}deep_linking_settings") or {}
    back = str(wanted.get("deep_link_return_url", ""))
    if urlsplit(back).scheme not in ("https", "http"):
        raise HTTPException(403, _WRONG)
    with held.database.reading() as session:
        course = founding.course_named(session, platform.course)
        every = courses.assignments(session, course.id)
        most = {a.id: rubric_of(session, held, a.edition_id).points for a in every}
    key, kid = _signing(held.place)
    now = int(held.now().timestamp())
    links = []
    for assignment in every:
        item = {
            "type": "ltiResourceLink",
            "title": assignment.title,
            "url": public(request, f"/a/{assignment.slug}"),
            "window": {"targetName": "_blank"},
            "lineItem": {"scoreMaximum": most[assignment.id], "label": assignment.title},
        }
        message = {
            "iss": platform.client_id,
            "aud": platform.issuer,
            "iat": now,
            "exp": now + 600,
            "nonce": accounts.fresh(),
            f"{_LTI}message_type": "LtiDeepLinkingResponse",
            f"{_LTI}version": "1.3.0",
            f"{_LTI}deployment_id": claims.get(f"{_LTI}deployment_id"),
            f"{_DEEP}content_items": [item],
        }
        if "data" in wanted:
            message[f"{_DEEP}data"] = wanted["data"]
        links.append((assignment.title, jwt.encode({"alg": "RS256", "kid": kid}, message, key)))
    made = page(request, "deep_link.html", None, course=course, links=links, back=back)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(back))
    made.headers["Content-Security-Policy"] = POLICY.replace(
        "form-action 'self'", f"form-action 'self' {origin}"
    )
    return made


# ----------------------------------------------------------------------------------- grades, roster


def _access(place: DataFolder, platform: LtiPlatform, scope: str, now: int) -> str:
    """A platform's token for one of its services. Raises `requests.RequestException`, `ValueError`."""
    key, kid = _signing(place)
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.token,
        "iat": now,
        "exp": now + 300,
        "jti": accounts.fresh(),
    }
    answer = requests.post(
        platform.token,
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode({"alg": "RS256", "kid": kid}, claims, key),
            "scope": scope,
        },
        timeout=TIMEOUT_S,
        allow_redirects=False,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@dataclass(frozen=True, slots=True)
class _Due:
    """A grade that a platform has not got yet."""

    id: int
    subject: str
    score: float
    most: float
    at: str
    lineitem: str
    issuer: str
    client: str


def hand_back(held: Service) -> tuple[int, int]:
    """Send platforms what was published and they have not got; how many went, how many could not.

    Only the last publication of each student goes. What fails is tried again the next time.
    """
    with held.database.reading() as session:
        due = _due(session)
    sent = failed = 0
    tokens: dict[str, str] = {}
    away: set[str] = set()
    for one in due:
        if not _stands(held, one.id):
            continue  # withdrawn while others were sent
        if one.issuer in away:
            failed += 1
            continue
        try:
            platform = _platform(held, one.issuer, one.client)
            if one.issuer not in tokens:
                scope = f"{_AGS}scope/score"
                tokens[one.issuer] = _access(held.place, platform, scope, int(held.now().timestamp()))
            _send(one, tokens[one.issuer])
        except (requests.RequestException, ValueError, KeyError, HTTPException) as error:
            failed += 1
            if one.issuer not in tokens or not isinstance(error, requests.HTTPError):
                away.add(one.issuer)  # it does not answer: not all of a class need wait for that in turn
            _log.warning("a grade could not be handed back", extra={"fault": type(error).__name__})
            continue
        with held.database.writing() as session:
            row = session.get(Published, one.id)
            if row is not None:
                row.handed_back = held.now()
        sent += 1
    return sent, failed


def _stands(held: Service, id: int) -> bool:
    with held.database.reading() as session:
        row = session.get(Published, id)
        return row is not None and row.withdrawn is None


def to_hand_back(session: Session) -> int:
    """How many published grades a platform has not got yet."""
    return len(_due(session))


def _due(session: Session) -> list[_Due]:
    found = []
    for platform in session.scalars(select(Platform).where(Platform.lineitem.is_not(None))):
        last = courses.published_to(session, platform.assignment_id)
        provider = f"lti:{platform.issuer}"
        subjects = dict(
            session.execute(
                select(Identity.person_id, Identity.subject).where(Identity.provider == provider)
            ).all()
        )
        for person, published in last.items():
            if published.handed_back is None and person in subjects and platform.lineitem:
                moment = courses.publication_time(session, published)
                found.append(
                    _Due(
                        published.id,
                        subjects[person],
                        published.score,
                        published.most,
                        moment.isoformat(timespec="milliseconds"),
                        platform.lineitem,
                        platform.issuer,
                        platform.client,
                    )
                )
    return found


def _send(one: _Due, token: str) -> None:
    address, query, rest = one.lineitem.partition("?")
    answer = requests.post(
        f"{address.rstrip('/')}/scores{query}{rest}",
        data=json.dumps(
            {
                "userId": one.subject,
                "scoreGiven": one.score,
                "scoreMaximum": one.most,
                "timestamp": one.at,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
            }
        ),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/vnd.ims.lis.v1.score+json",
        },
        timeout=TIMEOUT_S,
        allow_redirects=False,
    )
    answer.raise_for_status()


def keep_handing_back(held: Service, stop: threading.Event, every_s: float = 10.0) -> None:
    """Hand back in the background until told to stop; more and more seldom while it fails."""
    pause = every_s
    while not stop.wait(pause):
        failed = 1
        try:
            _, failed = hand_back(held)
        except Exception:  # the database may be away; the next round looks again
            _log.warning("handing back failed")
        pause = min(2 * pause, _SELDOM_S) if failed else every_s


@router.post("/teach/{slug}/roster-from-platform")
def take_roster(request: Request, slug: str, csrf: Csrf = "") -> Response:
    """Take the platform's names and roles: whoever is new joins; nobody is removed."""
    held, me = service_of(request), signed_in(request)
    guard_form(me, csrf)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "invite")
        known = session.scalars(
            select(Platform).where(Platform.assignment_id == at.assignment.id, Platform.roster.is_not(None))
        ).all()
    if not known:
        raise not_found()
    for one in known:
        platform = _platform(held, one.issuer, one.client)
        try:
            members = _members(held, platform, str(one.roster))
        except (requests.RequestException, ValueError, KeyError) as error:
            raise HTTPException(502, Said("The platform does not answer; try again later.")) from error
        with held.database.writing() as session:
            for member in members:
                _person(
                    session,
                    f"lti:{platform.issuer}",
                    str(member["user_id"]),
                    str(member.get("name") or member["user_id"]),
                    at.course.id,
                    role_of(member.get("roles", [])),
                    held.now(),
                )
            record.event(
                session,
                at.course.id,
                me.id,
                "took the roster",
                Said("{n} of the platform", {"n": len(members)}),
                held.now(),
            )
    return to(f"/course/{at.course.slug}/roster")


def _members(held: Service, platform: LtiPlatform, address: str) -> list[dict[str, Any]]:
    scope = f"{_NRPS}scope/contextmembership.readonly"
    token = _access(held.place, platform, scope, int(held.now().timestamp()))
    answer = requests.get(
        address,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
        },
        timeout=TIMEOUT_S,
        allow_redirects=False,
    )
    answer.raise_for_status()
    return [m for m in answer.json()["members"] if m.get("status", "Active") == "Active"]
