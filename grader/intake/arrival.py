"""When something was handed in, where the platform says so.

The times of files are no evidence: copying and unpacking change them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.csvtext import parse
from grader.intake.document import Refused
from grader.intake.files import read

_SHEET_BYTES = 16 * 2**20
_IDENTIFIER = frozenset({"identifier", "id"})
_SUBMITTED = frozenset({"last modified (submission)", "zuletzt geändert (abgabe)"})
_DIGITS = re.compile(r"(?<!\d)(\d++)\s*$")
_LONGEST = 100
_ISO = re.compile(r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?)\s*(\S*)$")
_OFFSET = re.compile(r"^[+-]\d\d:?\d\d$")
_WORDS = re.compile(r"(\d{1,2})\.?\s+(\w{3,})\.?\s+(\d{4}),?\s+(\d{1,2}):(\d\d)\s*([AaPp][Mm])?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GERMAN = {"jän": 1, "mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}


def listed_times(path: Path) -> dict[str, datetime] | None:
    """Platform id → time, from a Moodle grading worksheet, English or German; None for any other file."""
    try:
        if path.suffix.lower() != ".csv" or path.stat().st_size > _SHEET_BYTES:
            return None
        rows = [row for _, row in parse(read(path, None)).rows]
    except (OSError, Refused, ValueError):
        return None
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    who = next((i for i, name in enumerate(header) if name in _IDENTIFIER), None)
    when = next((i for i, name in enumerate(header) if name in _SUBMITTED), None)
    if who is None or when is None:
        return None
    found: dict[str, datetime] = {}
    for row in rows[1:]:
        if len(row) > max(who, when) and (id := _DIGITS.search(row[who])) is not None:
            time = from_words(row[when])
            if time is not None:
                found[id[1]] = time
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


def from_words(text: str) -> datetime | None:
    """`Tuesday, 9 June 2026, 2:25 PM` and `Dienstag, 9. Juni 2026, 14:25`, without a zone."""
    found = _WORDS.search(text[:_LONGEST])
    if found is None:
        return None
    day, month, year, hour, minute, half = found.groups()
    key = month[:3].lower()
    number = _GERMAN.get(key) or (_MONTHS.index(key) + 1 if key in _MONTHS else 0)
    clock = int(hour) % 12 + (12 if half.lower() == "pm" else 0) if half else int(hour)
    try:
        return datetime(int(year), number, int(day), clock, int(minute))
    except ValueError:
        return None
