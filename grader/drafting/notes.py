"""What a teacher wrote for us into a solution: `# grade: 5 points, sign free` (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CODE = re.compile(r"#\s*grade:(.*)$", re.IGNORECASE)
_MARKDOWN = re.compile(r"<!--\s*+grade:((?:[^<>-]|-(?!->))*+)-->", re.IGNORECASE)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:points?|pts?|punkte?)", re.IGNORECASE)
_IN_HEADING = re.compile(
    r"(?<!\s)\s*+[(\[]\s*+(\d++(?:[.,]\d++)?)\s*+(?:points?|pts?\.?|punkte?|pkt\.?|p\.?)\s*+[)\]]",
    re.IGNORECASE,
)
_SAYS = re.compile(r"(sign|order|layout)\s+(free|fixed)", re.IGNORECASE)
_BOUND = re.compile(r"at\s+(least|most)\s+(-?\d+(?:\.\d+)?)", re.IGNORECASE)
_TOLERANCE = re.compile(r"tolerance\s+(\d+(?:\.\d+)?(?:e-?\d+)?)", re.IGNORECASE)
_ALSO = re.compile(r"also\s+([A-Za-z]\w*)", re.IGNORECASE)
_TITLE = re.compile(r"title\s+(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """points: None where nothing is said. skip: ask nothing. more: fields of the check."""

    points: float | None = None
    skip: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    unknown: str = ""


def note_at(source: str, line: int) -> Note:
    """What stands at the end of a line of code, counted from 1, or alone on the line before."""
    lines = source.split("\n")
    here = lines[line - 1] if 0 < line <= len(lines) else ""
    before = lines[line - 2].strip() if 1 < line <= len(lines) else ""
    found = _CODE.search(here) or (_CODE.match(before) if before.startswith("#") else None)
    return _read(found[1]) if found else Note()


def note_in(markdown: str) -> Note:
    """What stands in a Markdown cell, for the question that begins there; `(10 points)` of its heading."""
    if found := _MARKDOWN.search(markdown):
        return _read(found[1])
    found = _IN_HEADING.search(markdown.strip().partition("\n")[0])
    return Note(points=float(found[1].replace(",", "."))) if found else Note()


def without_points(heading: str) -> str:
    """A heading without the `(10 points)` in it."""
    return _IN_HEADING.sub("", heading)


def without_notes(source: str) -> str:
    """A cell as students may see it."""
    code = "\n".join(
        _CODE.sub("", line).rstrip() if _CODE.search(line) else line for line in source.split("\n")
    )
    return _MARKDOWN.sub("", code)


def _read(text: str) -> Note:
    points: float | None = None
    skip = False
    more: dict[str, Any] = {}
    title, unknown = "", []
    for part in (p.strip() for p in text.split(",")):
        if found := _POINTS.fullmatch(part):
            points = float(found[1])
        elif part.lower() in ("skip", "no check", "nothing"):
            skip = True
        elif found := _SAYS.fullmatch(part):
            name, value = found[1].lower(), found[2].lower()
            more[name] = value
        elif found := _BOUND.fullmatch(part):
            more[f"at_{found[1].lower()}"] = float(found[2])
        elif found := _TOLERANCE.fullmatch(part):
            more["tolerance"] = {"rtol": float(found[1])}
        elif found := _ALSO.fullmatch(part):
            more["also"] = [found[1]]
        elif found := _TITLE.fullmatch(part):
            title = found[1]
        elif part:
            unknown.append(part)
    return Note(points, skip, more, title, ", ".join(unknown))
