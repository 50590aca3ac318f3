"""A notebook's headings → its questions (pure)."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.drafting.notes import without_points
from grader.models import Cell

_HEADING = re.compile(r"\s{0,3}(#{1,6})\s++(\S.*)")
_BOLD = re.compile(r"\s*+(\*\*|__)(.+?)\1(.*)")
_ASKS = re.compile(
    r"^\s*(question|task|exercise|problem|part|aufgabe|frage|teil|übung|exercice|pregunta|ejercicio)\b(?!\s*(?:sheet|set|series)\b)|^\s*[(]?(\d+|[a-h])\s*[.):]",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"\W*(my |our |model )?(answers?|solutions?|antwort(en)?|(muster)?lösung(en)?|réponse|respuesta)\b", re.I
)
_NUMBER = re.compile(  # of a question: `Task 1d`, `2.3`, `Aufgabe 3 b)`, `c)`
    r"([^\W\d]{1,40})?\W{0,8}(\d{1,9}(?:\.\d{1,9}){0,3}(?:[a-h]\b|\W{1,2}[a-h](?=[).:]|$))?|\b[a-h]\b)"
)
_FIRST = re.compile(r"(?:[^\W\d]*+\W*+\d++[.)])?.+?[.?!:](?=\s|$)")  # a sentence; `Task 1.` is none
_LONG = 80  # characters of a title
_NUMBERED = 8  # the level of a line that is a heading only since it numbers a question
_ONLY_NUMBERED = re.compile(r"[^\W\d]*\W*(\d+|[a-h])\W*", re.IGNORECASE)
_GERMAN = re.compile(r"\b(der|die|das|und|nicht|Sie|wird|ein|eine|geben|ist|mit)\b")
_ENGLISH = re.compile(r"\b(the|and|not|you|is|a|of|with|print|to|your)\b")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what follows up to the next one. cells: indices, the heading's own first.

    prose: Markdown behind the heading, in cells of its own, without the heading's cell. level: 1 for the
    largest headings; a section belongs to the one of a smaller level before it.
    """

    title: str
    cells: tuple[int, ...]
    prose: tuple[int, ...]
    code: tuple[int, ...]
    level: int = 0


def title_of(cells: Sequence[Cell]) -> str:
    """The notebook's own heading: the first line of its first Markdown cell that is one; else empty."""
    first = next((c for c in cells if c.source.strip()), None)
    heading = _heading(first.source) if first is not None and first.kind == "markdown" else None
    return heading[0] if heading is not None and not _ASKS.match(heading[0]) else ""


def asks(title: str) -> bool:
    """Does a heading number a question?"""
    return _ASKS.match(title) is not None


def sections(cells: Sequence[Cell]) -> tuple[Section, ...]:
    """The sections in order. What stands before the first heading, or below the title alone, is one too."""
    starts: list[tuple[str, int, list[int]]] = [("", 0, [])]
    title = title_of(cells)
    written = [c for c in cells if c.source.strip()]
    before_code = {c.index for c, after in itertools.pairwise(written) if after.kind == "code"}
    for cell in cells:
        found = _heading(cell.source) if cell.kind == "markdown" else None
        if found is not None and found[1] == _NUMBERED and cell.index not in before_code:
            found = None if len(starts[-1][2]) == 1 and starts[-1][0] else found  # a list that answers
        if found is not None and not (found[0] == title and not any(starts[-1][2])):
            starts.append((*found, []))
        starts[-1][2].append(cell.index)
    by_index = {c.index: c for c in cells}
    return tuple(
        Section(
            title=heading,
            cells=tuple(indices),
            prose=tuple(
                i for i in indices[1:] if by_index[i].kind == "markdown" and by_index[i].source.strip()
            ),
            code=tuple(i for i in indices if by_index[i].kind == "code" and by_index[i].source.strip()),
            level=level,
        )
        for heading, level, indices in starts
        if indices
    )


def language_of(cells: Sequence[Cell]) -> str:
    """`de` where the text cells have more German words than English ones, else `en`."""
    text = " ".join(c.source for c in cells if c.kind == "markdown")
    return "de" if len(_GERMAN.findall(text)) > len(_ENGLISH.findall(text)) else "en"


def pattern_of(title: str, others: Sequence[str] = ()) -> tuple[str, ...]:
    """Regular expressions that find this heading again in a student's notebook, also shortened.

    others: the other headings, which a word of it must not find.
    """
    found = _NUMBER.search(title)
    words = [re.escape(w) for w in re.findall(r"[^\W\d_]{4,}", title)]
    longest = sorted(words, key=len, reverse=True)[:3]
    made = []
    if found:
        number = r"\W*".join(re.findall(r"\d+|[^\W\d]", found[2]))
        made.append(rf"\b{re.escape(found[1])}\W*{number}\b" if found[1] else rf"^\W*{number}\b")
    elsewhere = "\n".join(others)
    patterns = [rf"\b{word}\b" for word in longest if not _ASKS.match(word)]
    made += [pattern for pattern in patterns if not re.search(pattern, elsewhere, re.IGNORECASE)]
    return tuple(made) or (re.escape(title.strip()) or r"\w",)


def question_of(section: Section, source: str) -> str:
    """Its heading; where that is a number alone, with the sentence below. source: its cell's."""
    if not section.title or not _ONLY_NUMBERED.fullmatch(section.title):
        first = _FIRST.match(section.title)
        return first[0] if first and len(section.title) > _LONG else section.title
    text = _plain(" ".join(source.strip().split("\n")[1:]))
    sentence = _FIRST.match(text)
    return f"{section.title}: {sentence[0] if sentence else text}".rstrip(": ")


def _heading(source: str) -> tuple[str, int] | None:
    """A heading at the beginning of a Markdown cell, and its level: `#`, a bold line, or one that numbers a
    question. `Answer` is none: what it heads belongs to the question above."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    if _ANSWERS.match(first):
        return None
    if found := _HEADING.match(first):
        return _plain(found[2].rstrip().rstrip("#")), len(found[1])
    if found := _BOLD.match(first):
        return _plain(f"{found[2]} {found[3].strip().removeprefix(':')}"), _NUMBERED - 1
    return (_plain(first), _NUMBERED) if _ASKS.match(first) else None


def _plain(text: str) -> str:
    text = re.sub(r"[*_`]|<!--(?:[^<-]|-(?!->)|<(?!!--))*+-->", "", text)
    return without_points(" ".join(html.unescape(text).split()))
