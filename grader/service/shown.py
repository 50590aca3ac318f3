"""All that a student gets, built from an allow-list (pure): pages and the API both show these records.

A field that does not stand here does not reach a student, whatever a report holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from grader.models import Report, Said, Submission, verbatim
from grader.report.view import student_view
from grader.service.tables import File, Run, Upload
from rubric.schema import Rubric

CheckState = Literal["none", "waits", "runs", "done", "unreadable", "failed"]
_ITEM_STATES = ("found", "missing", "fixed", "varies")


@dataclass(frozen=True, slots=True)
class ShownFile:
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One thing asked for: whether it was found and moves as it should, never whether it is right."""

    title: str
    state: str
    where: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownGroup:
    title: str
    items: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A self-check. problem: why the upload could not be read."""

    state: CheckState
    problem: Said | None = None
    troubles: tuple[str, ...] = ()
    groups: tuple[ShownGroup, ...] = ()
    why_missing: str = ""
    found: int = 0
    all: int = 0


@dataclass(frozen=True, slots=True)
class ShownAttempt:
    """An upload of one's own. sha256: of names and contents; began decides about lateness."""

    name: str
    number: int
    began: datetime
    received: datetime
    late: bool
    counts: bool
    sha256: str
    files: tuple[ShownFile, ...]
    check: ShownCheck


def attempt(
    upload: Upload, files: Sequence[File], *, late: bool, counts: bool, check: ShownCheck
) -> ShownAttempt:
    """An upload as its sender sees it."""
    return ShownAttempt(
        name=upload.name,
        number=upload.number,
        began=upload.began,
        received=upload.received,
        late=late,
        counts=counts,
        sha256=upload.sha256,
        files=tuple(ShownFile(f.name, f.size, f.sha256) for f in files),
        check=check,
    )


def check(run: Run | None, result: bytes | None) -> ShownCheck:
    """A self-check as its student sees it. result: the run's, where there is one."""
    if run is None:
        return ShownCheck("none")
    if run.state == "unreadable":
        return ShownCheck("unreadable", problem=_problem(result) if result else verbatim(run.message))
    if run.state == "stuck":
        return ShownCheck("failed")
    if run.state != "done" or result is None:
        return ShownCheck("runs" if run.state == "running" else "waits")
    told = json.loads(result)
    groups = tuple(ShownGroup(_text(g["title"]), tuple(_item(i) for i in g["items"])) for g in told["groups"])
    states = [item.state for group in groups for item in group.items]
    lacking = any(i["printed"] and i["state"] == "missing" for g in told["groups"] for i in g["items"])
    return ShownCheck(
        "done",
        troubles=_texts(told["troubles"]),
        groups=groups,
        why_missing=_text(told["why_missing"]) if lacking else "",
        found=states.count("found"),
        all=len(states),
    )


def _problem(result: bytes) -> Said:
    return TypeAdapter(Said).validate_python(json.loads(result)["problem"])


def _item(item: Mapping[str, Any]) -> ShownItem:
    state = _text(item["state"])
    if state not in _ITEM_STATES:
        raise ValueError(f"a self-check says {state!r} of a print")
    return ShownItem(_text(item["title"]), state, _text(item["where"]), _texts(item["notes"]))


def _text(value: object) -> str:
    return str(value)


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(str, values))


def graded(report: Report, submission: Submission, rubric: Rubric) -> dict[str, Any]:
    """A published report for scripts: what the student's page says, by the same disclosure."""
    view = student_view(report, submission, rubric)
    return {
        "title": view.rubric_title,
        "headline": view.headline,
        "score": report.score,
        "max_score": report.max_score,
        "notes": list(view.notes),
        "troubles": [t.text for t in view.troubles],
        "questions": [
            {
                "title": q.title,
                "points": q.points,
                "score": q.earned,
                "max_score": q.max_score,
                "checks": [
                    {
                        "id": c.id,
                        "title": c.title,
                        "verdict": c.verdict,
                        "points": c.points,
                        "message": c.message,
                        "wrong": c.wrong,
                        "hint": c.hint,
                    }
                    for c in q.checks
                ],
            }
            for q in view.questions
        ],
    }
