"""A language in which every letter has an accent, and a look for English among what pages say in it.

What a teacher or a student wrote is put out of the way first, so every plain word that is left is ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from test_words import SENTENCES, holes

from grader import report as reports
from grader.desk.queue import queue
from grader.models import Cell, CellError, Output, Report, Submission
from grader.words import speech as words
from rubric.schema import Messages, Rubric

LANGUAGE = "eo"  # a real one, so that Babel knows its numbers; nobody here speaks it
ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ȧḃċḋėḟġḣïǰḱḷṁṅȯṗʠṙṡṫűṽẇẋẏżȦḂĊḊĖḞĠḢÏJ̌ḰḶṀṄȮṖꝖṘṠṪŰṼẆẊẎŻ".replace("J̌", "Ĵ"),
)
ENGLISH = re.compile(r"[A-Za-z]{2,}(?:[ ,;:.'’]+[A-Za-z]{2,})+")
SHOWN = ("title", "alt", "aria-label", "placeholder", "data-words")
KEPT = {
    "id",
    "verdict",
    "status",
    "kind",
    "effect",
    "told_by",
    "tier",
    "layout",
    "sha256",
    "message",
    "detail",
}
"""fields of a report that are ours"""


def accented(text: str) -> str:
    parts = re.split(r"(\{[^{}]*\})", text)
    return "".join(p if p.startswith("{") else p.translate(ACCENTED) for p in parts)


def speak_pseudo(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Add the language, by one file."""
    catalogue = Catalog(locale=LANGUAGE, fuzzy=False)
    for message in SENTENCES.values():
        both = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [accented(text) for text in both]
        assert [holes(s) for s in said] == [holes(b) for b in both]
        catalogue.add(message.id, said[0] if isinstance(message.id, str) else tuple(said))
    with (folder / f"{LANGUAGE}.po").open("wb") as file:
        write_po(file, catalogue)
    patch.setattr(words, "FOLDER", folder)
    words.speech.cache_clear()


def neutral(value: Any) -> Any:
    """A dumped record with § for everything that somebody wrote; English messages stay English."""
    if isinstance(value, Mapping):
        if value.keys() == {"text", "values", "plural"}:
            return dict(value) | {"values": {name: neutral(v) for name, v in value["values"].items()}}
        kept = KEPT if value.keys() != CellError.model_fields.keys() else set()
        return {k: v if isinstance(v, str) and k in kept else neutral(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [neutral(v) for v in value]
    return "§" if isinstance(value, str) else value


class _Page(HTMLParser):
    """The words of a page, without styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        named = dict(attrs)
        self.found += [
            v for k, v in named.items() if v and k in SHOWN and "http-equiv" not in named and tag != "meta"
        ]

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within not in ("style", "script"):
            self.found.append(data)


def english(page: str) -> list[str]:
    """Plain words in a row, in HTML or Markdown."""
    reader = _Page()
    reader.feed(page)
    return [hit for part in reader.found for hit in ENGLISH.findall(part)]


def plain_rubric(rubric: Rubric) -> Rubric:
    questions = tuple(
        q.model_copy(
            update={
                "title": "§",
                "checks": tuple(c.model_copy(update={"title": "§", "hint": "§"}) for c in q.checks),
            }
        )
        for q in rubric.questions
    )
    return rubric.model_copy(
        update={"language": LANGUAGE, "title": "§", "questions": questions, "messages": Messages()}
    )


def pages(
    found: Sequence[tuple[Report, Submission, Sequence[Output] | None]], rubric: Rubric
) -> Iterator[tuple[str, str]]:
    """Name and text of every page of a class, in the pseudo-language, without anybody's words."""
    checks = re.compile(rf"\b(?:{'|'.join(c.id for c in rubric.checks())})\b")  # the teacher's words
    for name, text in _pages(found, plain_rubric(rubric)):
        yield name, checks.sub("§", text)


def _pages(
    found: Sequence[tuple[Report, Submission, Sequence[Output] | None]], rubric: Rubric
) -> Iterator[tuple[str, str]]:
    made = []
    for report, submission, outputs in found:
        plain = Report.model_validate(neutral(report.model_dump()) | {"provenance": report.provenance})
        cells = tuple(Cell(index=c.index, kind=c.kind, source="§") for c in submission.cells)
        said = submission.model_copy(update={"cells": cells, "problem": None, "flags": ()})
        shown = (
            None if outputs is None else [o.model_copy(update={"text": "§", "html": None}) for o in outputs]
        )
        made.append(plain)
        name = report.submission.id
        yield f"{name}.html", reports.to_html(plain, said, rubric, shown)
        yield f"{name}.md", reports.to_markdown(plain, said, rubric)
    yield "index.html", reports.to_index(made, rubric)
    for item in queue(made, rubric):
        yield f"desk {item.topic}", f"{item.title} {item.said}"
