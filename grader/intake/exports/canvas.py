"""Canvas, "Download Submissions" (canvas-lms, lib/submission_search and content_zipper.rb)."""

from __future__ import annotations

import re

from grader.intake.convention import Convention, Listing, Owner, Parts, apart, tidy
from grader.intake.naming import is_notebook_name
from grader.models import Student

_FILE = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file_id>\d+)_(?P<file>.+)$")
_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<id>\w+?)_(?P<file_id>\d+)_(?P<file>.+)$")
_PAGE = re.compile(r"^(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>(?:text|link)\.html)$")
_RESUBMITTED = re.compile(r"-(\d{1,3})(\.\w+)$")


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`<lastfirst>[_LATE]_<user id>_<attachment id>_<original name>`, anonymous too.

    `hw_4_1234_anna.ipynb` looks the same, but there one name or one id has the notebooks of many, or one file
    id is given twice: then the numbers are not Canvas's.
    """
    if insist:
        return _owner
    tops = listing.units()
    seen = [m for top in tops if (m := _FILE.match(top)) and not _ANONYMOUS.match(top)]
    ids, names = {m["id"] for m in seen}, {m["name"] for m in seen}
    notebooks = sum(is_notebook_name(m["file"]) for m in seen)
    constant = min(len(names), len(ids)) == 1 and len(ids) < notebooks
    return None if constant or not apart([m["file_id"] for m in seen]) else _owner


def _owner(parts: Parts) -> Owner | None:
    anonymous = _ANONYMOUS.match(parts[0])
    found = anonymous or _FILE.match(parts[0]) or _PAGE.match(parts[0])
    if found is None:
        return None
    seen = found.groupdict()
    name = None if anonymous else tidy(seen["name"])
    again = _RESUBMITTED.search(seen["file"])
    student = Student(id=seen["id"], name=name, attempt=int(again[1]) + 1 if again else None)
    return Owner(
        key=f"canvas:{seen['id']}",
        label=name or f"anon_{seen['id']}",
        student=student,
        below=(seen["file"], *parts[1:]),
        order=int(seen.get("file_id") or 0),
        late=seen["late"] is not None,
    )
