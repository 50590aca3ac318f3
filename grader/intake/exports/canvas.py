"""Canvas's zip of submissions (pure)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, tidy
from grader.intake.naming import is_notebook_name
from grader.models import Student

_CANVAS = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<id>\w+?)_(?P<file_id>\d+)_(?P<file>.+)$")
_CANVAS_PAGE = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>(?:text|link)\.html)$")
_RESUBMITTED = re.compile(r"-(\d{1,3})(\.\w+)$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`<lastfirst>[_LATE]_<user id>_<attachment id>_<original name>`, anonymous too.

    `hw_4_1234_anna.ipynb` looks the same, but there one name or one id has the notebooks of many, or one file
    id is given twice: then the numbers are not Canvas's.
    """
    if insist:
        return _canvas_owner
    tops = {part: m for parts in listing.files for part in parts if (m := _CANVAS.match(part))}
    seen = [m for part, m in tops.items() if not _CANVAS_ANONYMOUS.match(part)]
    ids, names = {m["id"] for m in seen}, {m["name"] for m in seen}
    notebooks = sum(is_notebook_name(m["file"]) for m in seen)
    constant = min(len(names), len(ids)) == 1 and len(ids) < notebooks
    reused = len({m["file_id"] for m in seen}) < len(seen)
    return None if constant or reused else _canvas_owner


def _canvas_owner(parts: Parts) -> Owner | None:
    for i, part in enumerate(parts):
        anonymous = _CANVAS_ANONYMOUS.match(part)
        found = anonymous or _CANVAS.match(part) or _CANVAS_PAGE.match(part)
        if found is None:
            continue
        seen = found.groupdict()
        name = None if anonymous else tidy(seen["name"])
        again = _RESUBMITTED.search(seen["file"])
        student = Student(id=seen["id"], name=name, attempt=int(again[1]) + 1 if again else None)
        return Owner(
            key=f"canvas:{seen['id']}",
            label=name or f"anon_{seen['id']}",
            student=student,
            below=(seen["file"], *parts[i + 1 :]),
            order=int(seen.get("file_id") or 0),
            late=seen["late"] is not None,
        )
    return None
