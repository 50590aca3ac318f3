"""Compares the code of a class, in a process of its own: no student's text holds up the pages.

What is found lies in the data folder as `grader lookalikes` leaves it in an output folder, once for those who
work with everybody and once for each section, so that nobody reads what is not theirs to read.
"""

from __future__ import annotations

import hashlib
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from grader.folder.files import write_text
from grader.lookalikes.search import Lookalikes, SubmittedCode, code_of, find
from grader.lookalikes.table import SIDE_BY_SIDE, TABLE, to_csv
from grader.models import Student, Submission
from grader.report.lookalikes_page import to_page
from grader.report.notebook import from_ipynb
from grader.service import rules
from grader.service.blobs import Blobs
from grader.service.place import DataFolder
from grader.words.speech import speech

_MOST_S = 900
_MOST_BYTES = 8 << 30


class Coded(BaseModel):
    """An upload that counts. notebook: the blob of its cells."""

    id: str
    name: str
    section: str
    notebook: str


class SearchRequest(BaseModel):
    """A class to be compared. to: the folder for what is found."""

    blobs: Path
    to: Path
    language: str
    uploads: tuple[Coded, ...]


def folder(place: DataFolder, assignment_id: int) -> Path:
    """Where an assignment's look-alikes lie."""
    return place.kept / "lookalikes" / str(assignment_id)


def of_section(found: Path, section: str) -> Path:
    """The part for somebody who works with this section; "" for everybody."""
    return found / hashlib.sha256(section.encode("utf-8", "replace")).hexdigest()[:16]


def forget(place: DataFolder) -> None:
    """Remove all of it: somebody was erased, whose code stands in it."""
    shutil.rmtree(place.kept / "lookalikes", ignore_errors=True)


def start(asked: SearchRequest) -> subprocess.Popen[bytes]:
    """Compare in a process of its own."""
    command = [sys.executable, "-m", "grader.service.alike"]
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    assert made.stdin is not None
    with made.stdin:
        made.stdin.write(asked.model_dump_json().encode("utf-8", "replace"))
    return made


def compare(asked: SearchRequest) -> None:
    """Write a table and a page for everybody, and for each section."""
    blobs, speak = Blobs(asked.blobs), speech(asked.language)
    found = find([_code(blobs, one) for one in asked.uploads])
    sections = {one.id: one.section for one in asked.uploads}
    for own in sorted({"", *sections.values()}):
        seen = {id for id, section in sections.items() if rules.sees_section(own, section)}
        part, to = _within(found, seen), of_section(asked.to, own)
        write_text(to / SIDE_BY_SIDE, to_page(_by_name(part), speak))
        write_text(to / TABLE, to_csv(part))


def _code(blobs: Blobs, one: Coded) -> SubmittedCode:
    cells, _ = from_ipynb(blobs.get(one.notebook).decode("utf-8", "replace"), one.notebook)
    student = Student(id=one.id, name=one.name)
    return code_of(Submission(id=one.id, path="", sha256="0" * 64, student=student, cells=cells))


def _within(found: Lookalikes, seen: set[str]) -> Lookalikes:
    groups = (tuple(c for c in group if c.id in seen) for group in found.identical)
    return replace(
        found,
        identical=tuple(group for group in groups if len(group) > 1),
        pairs=tuple(p for p in found.pairs if {p.first.id, p.second.id} <= seen),
    )


def _by_name(found: Lookalikes) -> Lookalikes:
    """For people: a name stands for its upload, but where two have the same."""
    codes = {c.id: c for g in found.identical for c in g}
    codes |= {c.id: c for p in found.pairs for c in (p.first, p.second)}
    often = Counter(c.name for c in codes.values())
    shown = {c.id: replace(c, id=c.name) if often[c.name] == 1 else c for c in codes.values()}
    return replace(
        found,
        identical=tuple(tuple(shown[c.id] for c in group) for group in found.identical),
        pairs=tuple(replace(p, first=shown[p.first.id], second=shown[p.second.id]) for p in found.pairs),
    )


def main() -> int:
    """What the button on the class page starts."""
    signal.alarm(_MOST_S)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    compare(SearchRequest.model_validate_json(sys.stdin.buffer.read()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
