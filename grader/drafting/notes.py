"""What a teacher wrote for us into a solution: `# grade: 5 points, sign free` (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CODE = re.compile(r"#\s*grade:(.*)$", re.IGNORECASE)
_MARKDOWN = re.compile(r"<!--\s*+grade:((?:[^<>-]|-(?!->))*+)-->", re.IGNORECASE)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:points?|pts?|punkte?)", re.IGNORECASE)
_SOME = r"\d++(?:[.,]\d++)?"
_UNIT = r"(?:points?|pts?\.?|punkte?|pkt\.?|p\.?)"
_SUM = rf"({_SOME}(?:\s*+\+\s*+{_SOME})*+)\s*+{_UNIT}"
_IN_TEXT = re.compile(rf"(?<!\s)\s*+[(\[]\s*+{_SUM}\s*+[)\]]|^[(\[]\s*+{_SUM}\s*+[)\]]", re.IGNORECASE)
_BEHIND = re.compile(rf"(?<!\s)\s*+[-–—:,/|]\s*+{_SUM}$", re.IGNORECASE)
_MARKED = re.compile(rf"(?<=\s)[*_]++{_SUM}[*_]++$", re.IGNORECASE)
_LINE = re.compile(rf"\W*(?:{_UNIT}\s*+:\W*({_SOME})|{_SUM})\W*", re.IGNORECASE)
_SHORT = 40  # characters of a line that says the points alone
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
    """What stands in a Markdown cell, for the question that begins there; `(10 points)` of its heading, else
    all of those in the text below it."""
    if (comment := comment_in(markdown)) is not None:
        return comment
    heading, _, below = markdown.strip().partition("\n")
    found = [m for place in (_IN_TEXT, _BEHIND) for m in place.finditer(heading.rstrip(" *_#"))]
    found = found or list(_MARKED.finditer(heading.rstrip()))
    found = found or [m for line in below.split("\n") for m in _in_line(line.strip())]
    return Note(points=sum(map(_points, found))) if found else Note()


def comment_in(markdown: str) -> Note | None:
    """What a `<!-- grade: … -->` says; None where there is none."""
    found = _MARKDOWN.search(markdown)
    return None if found is None else _read(found[1])


def _in_line(line: str) -> list[re.Match[str]]:
    """The points that a line of a question's text gives: alone on it, or in brackets."""
    alone = _LINE.fullmatch(line) if len(line) <= _SHORT else None
    marked = _MARKED.search(line)
    return [found] if (found := alone or marked) else list(_IN_TEXT.finditer(line))


def _points(found: re.Match[str]) -> float:
    said = next(filter(None, found.groups()))
    return sum(float(n.replace(",", ".")) for n in said.split("+"))


def without_points(heading: str) -> str:
    """A heading without the `(10 points)` in it."""
    return _BEHIND.sub("", _IN_TEXT.sub("", heading))


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
