"""Moodle's grading worksheet, in any language: what stands in its columns, and their order, tells them.

Moodle writes them in one order, some left out (mod/assign/gradingtable.php and feedback/offline): identifier,
full name, further fields of the user, status, group, grade, maximum (or scale), whether the grade can be
changed, last change of the submission, of the grade, feedback. The headers below are a help, not needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

_NAMES = {
    "name": "full name|vollständiger name|nom complet|nombre completo|nome completo|volledige naam",
    "group": "group|gruppe|groupe|grupo|gruppo|groep|grupa|grupp|skupina|csoport|группа|grup",
    "scale": "scale|skala|bewertungsskala|barème|escala|scala|schaal",
    "comment": "feedback comments|feedback als kommentar|commentaires|commenti|feedback opmerkingen",
}
_KNOWN = {column: frozenset(names.split("|")) for column, names in _NAMES.items()}
_NO = frozenset(
    {"no", "nein", "non", "nee", "nej", "nei", "não", "nie", "ne", "nem", "nu", "ei", "ni", "ні", "нет", "не"}
    | {"όχι", "hayır", "いいえ", "否", "不", "لا", "לא", "아니요", "không", "tidak", "ez", "nē", "jo", "خیر"}
)
_IDENTIFIER = re.compile(r"^(?P<prefix>\D++)(?P<id>\d++)\s*$")
_NUMBER = re.compile(r"^-?\d+(?:[.,]\d+)?$")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d\d)(?!\d)(?:\s*([AaPp])\.?[Mm]\.?)?")
_WORD = re.compile(r"[^\W\d_]+\.?")
_IN_NUMBERS = re.compile(r"(?<!\d)(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})(?!\d)")
_LONGEST = 120
_LANGUAGES = (
    *("en", "de", "de_AT", "fr", "es", "it", "nl", "pt", "pt_PT", "pl", "cs", "sk", "sl", "hr", "sr"),
    *("sr_Latn", "bs", "mk", "bg", "ru", "uk", "be", "hu", "ro", "da", "sv", "nb", "nn", "fi", "et", "lv"),
    *("lt", "el", "tr", "ca", "eu", "gl", "ga", "cy", "is", "sq", "he", "ar", "fa", "hi", "ja", "ko", "zh"),
    *("vi", "th", "id", "ms", "ka", "hy", "az", "kk", "uz", "mn", "eo", "lb", "af", "sw", "fil", "bn", "ta"),
    *("te", "ur"),
)
"""those of Moodle's language packs whose calendars CLDR has; regions repeat their language"""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands, counted from 0; None where the worksheet lacks it."""

    identifier: int
    grade: int
    name: int | None
    group: int | None
    maximum: int | None
    locked: int | None
    submitted: int | None
    comment: int | None
    scaled: bool = False


def columns(rows: Sequence[Sequence[str]]) -> Columns | None:
    """The columns of a worksheet, header first; None for any other table."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    width = len(rows[0])
    body = [[*(cell.strip() for cell in row), *[""] * (width - len(row))] for row in rows[1:]]
    header = [cell.strip().casefold() for cell in rows[0]]
    if not _identifies([row[0] for row in body]):
        return None
    data = [[row[i] for row in body] for i in range(width)]
    named = {
        column: next((i for i, h in enumerate(header) if h in known), None)
        for column, known in _KNOWN.items()
    }
    maximum = next((i for i in range(2, width) if _maximum(data[i]) and _grades(data[i - 1])), None)
    scaled = named["scale"] is not None
    behind = maximum if maximum is not None else named["scale"]
    if behind is None:
        return _without_maximum(header, data, named)
    locked = behind + 1 if behind + 1 < width and _choice(data[behind + 1]) else None
    start = (locked if locked is not None else behind) + 1
    times = [i for i in range(start, width) if _times(data[i])]
    submitted = times[0] if times else start if start < width and set(data[start]) <= {"", "-"} else None
    return Columns(
        identifier=0,
        grade=behind - 1,
        name=named["name"] if named["name"] is not None else _full_name(data, behind - 1),
        group=named["group"],
        maximum=maximum,
        locked=locked,
        submitted=submitted,
        comment=named["comment"] if named["comment"] is not None else _comment(data, start, times),
        scaled=scaled,
    )


def identifier(cell: str) -> str | None:
    """`Participant 101` → `101`."""
    found = re.search(r"(?<!\d)(\d++)\s*$", cell)
    return found[1] if found else None


def can_not_be_changed(cell: str) -> bool:
    """Whether a cell of the column `locked` says no."""
    return cell.strip().casefold() in _NO


def when(text: str) -> datetime | None:
    """`Tuesday, 9 June 2026, 2:25 PM`, `martes, 9 de junio de 2026, 14:25`, in any language of CLDR.

    Without a zone. None where nothing or several things may be meant.
    """
    text = text[:_LONGEST]
    year, clock = _YEAR.search(text), _CLOCK.search(text)
    if year is None or clock is None:
        return None
    rest = text[: clock.start()].replace(year[0], " ")
    day = _DAY.search(rest)
    words = {w.rstrip(".").casefold() for w in _WORD.findall(rest)}
    months = {m for w in words if len(w) > 2 for m in _months().get(w, ())}
    figures = _IN_NUMBERS.search(text) if not months else None
    if day is None:
        return None
    if figures is not None:  # 2026年6月9日
        months, day = {int(figures[2])}, re.match(r"(\d+)", figures[3])
    if day is None:
        return None
    hour = int(clock[1])
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    found = set()
    for month in months:
        try:
            time = datetime(int(year[0]), month, int(day[1]), hour, int(clock[2]))
        except ValueError:
            continue
        found.add(time)
    if len(found) > 1:  # listopad is October here and November there: the weekday tells
        found = {t for t in found if any(t.weekday() in _weekdays().get(w, ()) for w in words)}
    return found.pop() if len(found) == 1 else None


def _identifies(cells: Sequence[str]) -> bool:
    found = [_IDENTIFIER.match(cell) for cell in cells]
    seen = [f for f in found if f is not None and any(map(str.isalpha, f["prefix"]))]
    if len(seen) < len(found):
        return False
    return len({f["prefix"] for f in seen}) == 1 and len({f["id"] for f in seen}) == len(seen)


def _maximum(cells: Sequence[str]) -> bool:
    return len(set(cells)) == 1 and _NUMBER.match(cells[0]) is not None


def _grades(cells: Sequence[str]) -> bool:
    return all(not cell or cell == "-" or _NUMBER.match(cell) for cell in cells)


def _choice(cells: Sequence[str]) -> bool:
    found = set(cells)
    return len(found) <= 2 and all(
        cell and cell != "-" and not any(c.isdigit() for c in cell) for cell in found
    )


def _times(cells: Sequence[str]) -> bool:
    found = [cell for cell in cells if cell not in ("", "-")]
    return bool(found) and all(when(cell) is not None for cell in found)


def _full_name(data: Sequence[Sequence[str]], grade: int) -> int | None:
    """The second column, unless it is the status, which is the same for many; blind, there are no names."""
    cells = data[1]
    return 1 if grade > 1 and len(cells) > 1 and len(set(cells)) == len(cells) else None


def _comment(data: Sequence[Sequence[str]], start: int, times: Sequence[int]) -> int | None:
    last = len(data) - 1
    return last if last > max([start, *times]) and set(data[last]) != {"-"} else None


def _without_maximum(
    header: Sequence[str], data: Sequence[Sequence[str]], named: Mapping[str, int | None]
) -> Columns | None:
    """A worksheet cut down to what is needed: the grade is known by its English or German header alone."""
    grade = next((i for i, h in enumerate(header) if h in ("grade", "bewertung")), None)
    times = [i for i in range(1, len(header)) if _times(data[i])]
    if grade is None and not times:
        return None
    return Columns(
        identifier=0,
        grade=grade if grade is not None else -1,
        name=named["name"],
        group=named["group"],
        maximum=None,
        locked=None,
        submitted=times[0] if times else None,
        comment=named["comment"],
    )


@cache
def _months() -> Mapping[str, frozenset[int]]:
    """The name of a month, in any language, with and without its ending → its numbers."""
    return _calendar("months")


@cache
def _weekdays() -> Mapping[str, frozenset[int]]:
    return _calendar("days")


def _calendar(kind: str) -> Mapping[str, frozenset[int]]:
    from babel import Locale

    found: dict[str, set[int]] = {}
    for tag in _LANGUAGES:
        names = getattr(Locale.parse(tag), kind)
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in names.get(context, {}).get(width, {}).items():
                    for word in _WORD.findall(str(name)):
                        found.setdefault(word.rstrip(".").casefold(), set()).add(int(number))
    return {word: frozenset(numbers) for word, numbers in found.items()}
