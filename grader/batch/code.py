"""Which of our own source a result depends on, found by following imports: no list can forget a room."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from grader.folder.files import content_digest

EXECUTION_CODE = ("grader/execute", "grader/jail")
"""the rooms that run a notebook; the cage's files are started by path, so the rooms count as a whole"""
JUDGING_CODE = ("grader/intake", "grader/judging")
"""the rooms that read an upload and judge what it printed"""
REPORT_CODE = (*JUDGING_CODE, "grader/report", "grader/pipeline")
"""the rooms that decide what stands in a report"""

PAGE_CODE = ("grader/report",)
"""the room that makes pages of reports"""

_HOME = Path(__file__).parents[2]
_SOURCES = {".py", ".html", ".css", ".js", ".po", ".json"}
_FROM = re.compile(
    r"^[ \t]*from[ \t]+((?:grader|rubric)[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE
)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+((?:grader|rubric)[\w.]*)", re.MULTILINE)
_NAME = re.compile(r"\w+")


@cache
def code_digest(*rooms: str) -> str:
    """SHA-256 over all of our files that these rooms are made of or import, directly or not."""
    return hashlib.sha256(json.dumps(digests(_HOME, rooms)).encode()).hexdigest()


def digests(home: Path, rooms: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Name and digest of each of these files. home: holds `grader` and `rubric`.

    A package counts with its data (templates, styles, catalogues) as soon as a module of it is imported.
    """
    found: set[Path] = set()
    todo = [p for room in rooms for p in (home / room).rglob("*") if p.suffix in _SOURCES]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            todo += _imported(home, path.read_text("utf-8"))
            if path.parent.parent != home:
                todo += [p for p in path.parent.rglob("*") if p.suffix in _SOURCES - {".py"}]
    return tuple((str(p.relative_to(home)), content_digest(p)) for p in sorted(found))


def _imported(home: Path, source: str) -> Iterable[Path]:
    """The files of the modules that a source imports, with the packages around them."""
    names = set(_IMPORT.findall(source))
    for module, imported in _FROM.findall(source):
        names |= {module, *(f"{module}.{name}" for name in _NAME.findall(imported))}
    for name in names:
        parts = name.split(".")
        around = [home.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        yield from (p for p in (home.joinpath(*parts).with_suffix(".py"), *around) if p.is_file())
