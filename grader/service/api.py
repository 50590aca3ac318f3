"""For scripts: the same as the pages, as JSON, with a token instead of a cookie."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, HTTPException, Path, UploadFile
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from grader.models import Said
from grader.report import to_csv
from grader.service import accounts, courses, exports, publish, student, uploads
from grader.service.publish import ChangedError
from grader.service.shown import ShownAttempt
from grader.service.student import at_assignment, own_upload, take
from grader.service.teacher import attachment, class_of, grades, made_export, withdrawn
from grader.service.web import SANDBOX, RowId, SignInNeededError, Viewer, not_found, service_of


class Problem(BaseModel):
    """Why something was not done, in a sentence."""

    problem: str


router = APIRouter(prefix="/api/v1", responses={"4XX": {"model": Problem, "description": "It was not done."}})
_bearer = HTTPBearer(auto_error=False, description="A token of /me.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def by_token(request: Request, given: Bearer) -> Viewer:
    """Whose token it is; cookies are not looked at, so other sites' pages can do nothing here."""
    held = service_of(request)
    if given is None:
        raise SignInNeededError
    with held.database.reading() as session:
        person = accounts.person_of_token(session, given.credentials, held.now())
    if person is None:
        raise SignInNeededError
    request.state.person = person.id
    return Viewer(person, "")


Me = Annotated[Viewer, Depends(by_token)]


class ReceiptBody(BaseModel):
    """What was received. again: this very sending (by its key) was there already."""

    id: str
    number: int
    received: str
    sha256: str
    files: list[dict[str, Any]]
    again: bool


class AttemptBody(BaseModel):
    """An upload: what was found in it, and whether it counts."""

    id: str
    number: int
    began: str
    received: str
    late: bool
    counts: bool
    sha256: str
    files: list[dict[str, Any]]
    check: dict[str, Any]


_UPLOAD: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string"},
            "description": "The same key and files again are the same upload; at most 100 characters count.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "key": {"type": "string", "description": "instead of the header Idempotency-Key"},
                    },
                }
            }
        },
    },
}


def _file(*kinds: str) -> dict[str, Any]:
    """How an answer that is a file is described."""
    return {"response_class": Response, "responses": {200: {"content": {kind: {} for kind in kinds}}}}


@router.post(
    "/assignments/{slug}/uploads",
    status_code=201,
    response_model=ReceiptBody,
    responses={200: {"model": ReceiptBody, "description": "It was here already."}},
    openapi_extra=_UPLOAD,
)
async def hand_in(request: Request, slug: str, given: Bearer) -> Response:
    """Hand in a notebook and what lies beside it. The same key again is the same upload, counted once."""
    key = request.headers.get("idempotency-key", "")
    found = await take(request, slug, partial(by_token, given=given), form=False, key=key)
    made = ReceiptBody(
        id=found.upload.name,
        number=found.upload.number,
        received=found.upload.received.isoformat(),
        sha256=found.upload.sha256,
        files=[{"name": f.name, "size": f.size, "sha256": f.sha256} for f in found.files],
        again=found.again,
    )
    return JSONResponse(made.model_dump(), 200 if found.again else 201)


@router.get("/assignments/{slug}/uploads", response_model=list[AttemptBody])
def own_uploads(request: Request, slug: str, me: Me) -> list[AttemptBody]:
    """All attempts of one's own, the newest first."""
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "see own")
        return [_attempt(a) for a in student.attempts(session, held, at, me.id)]


@router.get("/uploads/{id}", response_model=AttemptBody)
def one_upload(request: Request, id: str, me: Me) -> AttemptBody:
    """One attempt: its state and its self-check."""
    held = service_of(request)
    with held.database.reading() as session:
        upload, at = own_upload(session, id, me.id)
        every = courses.uploads_of(session, at.assignment.id, me.id)
        dates = courses.dates_of(session, at.assignment, me.id)
        counts = courses.counts_of(session, at.assignment.id, every)
        return _attempt(student.attempt(session, held, at, upload, dates, counts))


@router.get("/uploads/{id}/files/{number}", **_file("application/octet-stream"))
def one_file(request: Request, id: str, number: int, me: Me) -> Response:
    """A file as it was handed in."""
    held = service_of(request)
    with held.database.reading() as session:
        upload, _ = own_upload(session, id, me.id)
        files = uploads.files_of(session, upload)
    if not 0 <= number < len(files):
        raise not_found()
    return student.download(held, files[number].sha256, files[number].name)


@router.get("/assignments/{slug}/report", **_file("application/json"))
def report(request: Request, slug: str, me: Me) -> Response:
    """The report that was published, as data."""
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "see own")
        published = courses.published_of(session, at.assignment.id, me.id)
    if published is None:
        raise not_found()
    return Response(
        held.blobs.get(published.data),
        media_type="application/json",
        headers={"Content-Security-Policy": SANDBOX},
    )


def _attempt(one: ShownAttempt) -> AttemptBody:
    check = one.check
    return AttemptBody(
        id=one.name,
        number=one.number,
        began=one.began.isoformat(),
        received=one.received.isoformat(),
        late=one.late,
        counts=one.counts,
        sha256=one.sha256,
        files=[{"name": f.name, "size": f.size, "sha256": f.sha256} for f in one.files],
        check={
            "state": check.state,
            "problem": str(check.problem or ""),
            "troubles": list(check.troubles),
            "found": check.found,
            "all": check.all,
            "why_missing": check.why_missing,
            "groups": [
                {
                    "title": g.title,
                    "items": [
                        {"title": i.title, "state": i.state, "where": i.where, "notes": list(i.notes)}
                        for i in g.items
                    ],
                }
                for g in check.groups
            ],
        },
    )


@router.get("/assignments/{slug}/results")
def results(request: Request, slug: str, me: Me) -> list[dict[str, Any]]:
    """For teachers: every student's report as it is now, with marks and lateness."""
    _, _, found = class_of(service_of(request), me, slug, "JSON")
    return [
        {
            "student": {"id": x.member.number or str(x.person.id), "name": x.person.name},
            "section": x.member.section,
            "state": x.state,
            "attempts": x.attempts,
            "late": x.late,
            "published": x.published.score if x.published else None,
            "report": None if x.report is None else x.report.model_dump(mode="json"),
        }
        for x in found
    ]


@router.post("/assignments/{slug}/export/{to}", **_file("application/zip"))
def export(
    request: Request,
    slug: str,
    to: Annotated[str, Path(json_schema_extra={"enum": sorted(exports.FORMATS)})],
    me: Me,
    title: Annotated[str, Form(max_length=2000)] = "",
    listing: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """For teachers: what was published, in the form that a learning platform takes back.

    listing: the platform's own file, to be filled in.
    """
    return made_export(request, slug, me, to, title, listing)


class GivenOut(BaseModel):
    """What students have of their grades now. seen: to be sent back, so that nothing else is withdrawn."""

    seen: str
    reports: list[dict[str, Any]]


class Withdrawn(BaseModel):
    """How many reports students do not see any more."""

    reports: int


@router.get("/assignments/{slug}/publication", response_model=GivenOut)
def publication(request: Request, slug: str, me: Me) -> GivenOut:
    """For teachers: what is given out, and whether a learning platform has the grade."""
    held = service_of(request)
    with held.database.reading() as session:
        at = at_assignment(session, slug, me.id, "publish")
        out = publish.out(session, at.assignment.id)
    reports = [
        {"person": who.id, "name": who.name, "score": p.score, "at_platform": p.handed_back is not None}
        for who, p in out.reports
    ]
    return GivenOut(seen=out.seen, reports=reports)


@router.post(
    "/assignments/{slug}/withdraw",
    response_model=Withdrawn,
    responses={409: {"model": Problem, "description": "something changed since; look again"}},
)
def withdraw(
    request: Request,
    slug: str,
    me: Me,
    seen: Annotated[str, Form(min_length=1, max_length=64)],
    person: Annotated[RowId, Form()] = 0,
) -> Withdrawn:
    """For teachers: hide what was given out. seen: of `publication`; person: whose, 0 for everybody's."""
    try:
        return Withdrawn(reports=withdrawn(service_of(request), me, slug, seen, person or None))
    except ChangedError as error:
        raise HTTPException(
            409, Said("Something changed meanwhile; nothing was withdrawn. Look again.")
        ) from error


@router.get("/assignments/{slug}/results.csv", **_file("text/csv"))
def results_csv(request: Request, slug: str, me: Me) -> Response:
    """For teachers: grades.csv, as `grader grade` writes it."""
    data = to_csv(*grades(service_of(request), me, slug, "CSV"))
    return attachment(data.encode("utf-8", "replace"), "text/csv", f"{slug}.csv")
