"""When something was handed in, where the platform says so.

The times of files are no evidence: copying and unpacking change them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.csvtext import parse
from grader.intake import worksheet
from grader.intake.document import Refused
from grader.intake.files import read

_SHEET_BYTES = 16 * 2**20
_LONGEST = 100
_ISO = re.compile(r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)\s*(\S*)$")
_OFFSET = re.compile(r"^[+-]\d\d:?\d\d$")


def listed_times(path: Path) -> dict[str, datetime] | None:
    """Platform id → time, from a Moodle grading worksheet in any language; None for any other file."""
    try:
        if path.suffix.lower() != ".csv" or path.stat().st_size > _SHEET_BYTES:
            return None
        rows = [row for _, row in parse(read(path, None)).rows]
    except (OSError, Refused, ValueError):
        return None
    known = worksheet.columns(rows)
    if known is None:
        return None
    found: dict[str, datetime] = {}
    if known.submitted is None:
        return found
    for row in rows[1:]:
        id = worksheet.identifier(row[known.identifier]) if row else None
        time = worksheet.when(row[known.submitted]) if len(row) > known.submitted else None
        if id is not None and time is not None:
            found[id] = time
    return found


def from_stamp(text: str) -> datetime | None:
    """`2015-02-02 15:58:23.948203 UTC`, also with an offset, a zone's name, or none."""
    found = _ISO.match(text.strip()[:_LONGEST])
    if found is None:
        return None
    try:
        time = datetime.fromisoformat(found[1])
        if found[2].upper() in ("UTC", "Z", "GMT"):
            return time.replace(tzinfo=UTC)
        if _OFFSET.match(found[2]):
            return datetime.fromisoformat(found[1] + found[2])
        return time.replace(tzinfo=ZoneInfo(found[2])) if found[2] else time
    except (ValueError, OSError, KeyError):  # no such time, no such zone
        return None
