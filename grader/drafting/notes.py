"""What a teacher wrote for us into a solution: `# grade: 5 points, sign free` (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"#\s*grade:(.*)$", re.IGNORECASE)
_MARKDOWN = re.compile(r"<!--\s*+grade:((?:[^<>-]|-(?!->))*+)-->", re.IGNORECASE)
_POINTS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:points?|pts?|punkte?)", re.IGNORECASE)
_TITLE = re.compile(r"title\s+(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """points: None where nothing is said. skip: ask nothing. sign_free: all of it negated is as right."""

    points: float | None = None
    skip: bool = False
    sign_free: bool = False
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
    """What stands in a Markdown cell, for the question that begins there."""
    found = _MARKDOWN.search(markdown)
    return _read(found[1]) if found else Note()


def without_notes(source: str) -> str:
    """A cell as students may see it."""
    code = "\n".join(
        _CODE.sub("", line).rstrip() if _CODE.search(line) else line for line in source.split("\n")
    )
    return _MARKDOWN.sub("", code)


def _read(text: str) -> Note:
    points: float | None = None
    skip = free = False
    title, unknown = "", []
    for part in (p.strip() for p in text.split(",")):
        if found := _POINTS.fullmatch(part):
            points = float(found[1])
        elif part.lower() in ("skip", "no check", "nothing"):
            skip = True
        elif part.lower() == "sign free":
            free = True
        elif found := _TITLE.fullmatch(part):
            title = found[1]
        elif part:
            unknown.append(part)
    return Note(points, skip, free, title, ", ".join(unknown))
