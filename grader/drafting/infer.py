"""What a solution shows → what to ask: questions, checks, points, words (pure).

Everything taken for granted is a line of `Draft.assumed`, so that a teacher can change it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.assignment.values import moves
from grader.assignment.vocabulary import tokens
from grader.drafting.notes import Note, note_at, note_in
from grader.drafting.sections import Section, language_of, pattern_of, sections, title_of
from grader.drafting.values import Shown
from grader.drafting.words import ShownWord
from grader.judging.source import Code
from grader.judging.word import folded, written
from grader.models import Cell
from rubric.schema import Tolerance

_ARRAY, _NUMBER, _TEXT = 10.0, 5.0, 10.0
_SOURCE = 60  # characters of an expression that may serve as a name
_MOST = 5_000  # numbers of one check
_TURNS = re.compile(r"\b(eigh?|eigvecs?|svd|PCA|pca|components_|principal_component)\b")
_UNORDERED = re.compile(
    r"eigvals\w*|\beigenvalues\b|\bEigenwerte\b|cluster_centers_|\b[Cc]luster|[Cc]entroids?\b|\bcent(?:er|re)s\b"
)
_FEW_ROWS = 50
_IDENTIFIER = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Draft:
    """rubric: as rubric.yaml holds it. assumed: what was taken for granted, sentences for the teacher."""

    rubric: Mapping[str, Any]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What the folder settles. worlds: as rubric.yaml holds them. common: the words of rubric/words.yaml."""

    id: str
    worlds: Sequence[Mapping[str, Any]]
    common: Mapping[str, Sequence[str]]
    pictures: frozenset[int] = frozenset()
    words: Sequence[ShownWord] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)


def draft(cells: Sequence[Cell], shown: Sequence[Shown], frame: Frame) -> Draft:
    """The rubric that a solution suggests. shown: its quantities; frame.pictures: cells that show one."""
    assumed: list[str] = []
    vocabulary: dict[str, list[str]] = {}
    questions: list[dict[str, Any]] = []
    sources = {c.index: c.source for c in cells}
    ids: set[str] = set()
    for section in sections(cells):
        note = note_in(sources[section.cells[0]]) if section.title else Note()
        checks = [
            check
            for item in shown
            if item.cell in section.code
            and (check := _tensor(item, sources[item.cell], vocabulary, frame, assumed)) is not None
        ]
        checks += [
            check
            for word in frame.words
            if word.cell in section.code
            and (check := _word(word, cells, vocabulary, frame, assumed)) is not None
        ]
        if not checks or (section.prose and sources[section.cells[0]].rstrip().endswith("?")):
            checks += _words(section)
        checks += _pictures(section, frame.pictures)
        checks = [c for c in checks if not note.skip]
        if not checks:
            continue
        for check in checks:
            check["id"] = _unused(check["id"], ids)
        _share_out(checks, note.points)
        number = len(questions) + 1
        questions.append({"id": f"q{number}", "title": section.title or "Setup", "checks": checks})
    title = title_of(cells) or frame.id
    rubric = {
        "id": _IDENTIFIER.sub("_", frame.id).strip("_") or "assignment",
        "version": "1",
        "title": title,
        "language": language_of(cells),
        "worlds": list(frame.worlds),
        **({"limits": dict(frame.limits)} if frame.limits else {}),
        "vocabulary": vocabulary,
        "questions": questions,
    }
    return Draft(rubric, tuple(assumed))


def _tensor(
    item: Shown, source: str, vocabulary: dict[str, list[str]], frame: Frame, assumed: list[str]
) -> dict[str, Any] | None:
    note = note_at(source, item.line)
    label = note.title or item.label or item.source
    if note.skip or item.values[0].size > _MOST:
        return None
    still = not moves(list(item.values), Tolerance())
    labels = _labels(item, vocabulary, frame.common)
    points = note.points if note.points is not None else (_ARRAY if item.values[0].size > 1 else _NUMBER)
    check: dict[str, Any] = {
        "id": item.name,
        "kind": "tensor",
        "title": label,
        "points": points,
        "quantity": item.name,
        "labels": labels,
    }
    if _may_be_in_any_order(item) and "order" not in note.more:
        check["order"] = "free"
        assumed.append(
            f"{item.name}: its order is free, since nothing fixes that of clusters and eigenvalues; "
            "if the handout does, delete `order: free`"
        )
    check |= note.more
    if "sign" not in note.more and _may_turn(item):
        check["sign"] = "free"
        assumed.append(
            f"{item.name}: its sign is free, since it comes from an eigenvector or singular vector; "
            "if the handout fixes the sign, delete `sign: free`"
        )
    if still and len(frame.worlds) > 1:
        assumed.append(
            f"{item.name}: the same in every world; where its numbers stand in the code a person decides"
        )
    if note.unknown:
        assumed.append(f"{item.name}: not understood in its comment: {note.unknown}")
    return check


def _may_be_in_any_order(item: Shown) -> bool:
    if not 1 < len(np.atleast_1d(item.values[0])) <= _FEW_ROWS or item.series:
        return False
    return _UNORDERED.search(f"{item.source} {item.label}") is not None


def _may_turn(item: Shown) -> bool:
    return item.values[0].size > 1 and _TURNS.search(f"{item.source} {item.label}") is not None


def _labels(
    item: Shown, vocabulary: dict[str, list[str]], common: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """How students may call it: as the solution does, and with the common words for that."""
    own = _entry(item.name, common)
    phrases = dict.fromkeys(
        p for p in (item.label, item.source if len(item.source) <= _SOURCE else "", item.name) if p
    )
    vocabulary[own] = [p for p in phrases if tokens(p)]
    labels = [[own]]
    words = list(tokens(item.label))
    met = [(entry, t) for entry, known in common.items() if (t := _met(known, words)) is not None]
    for entry, said in met:
        if not [w for w in words if w not in said and w not in _SMALL]:
            labels.append([entry])
    if len(labels) == 1 and met:
        first = min(met, key=lambda m: words.index(m[1][0]))[0]
        if (other := _rest_of(item.label, common[first])) is not None:
            vocabulary[f"{own}_word"] = [other]
            labels.append([first, f"{own}_word"])
    return labels


def _met(known: Sequence[str], words: Sequence[str]) -> tuple[str, ...] | None:
    """The first of these phrases that stands among the words, as its tokens."""
    return next((t for p in known if (t := tokens(p)) and _within(t, words)), None)


_SMALL = {"of", "the", "for", "von", "der", "die", "das", "nach", "w", "r", "t", "after", "per", "a", "an"}


def _within(part: Sequence[str], words: Sequence[str]) -> bool:
    n = len(part)
    return any(list(words[i : i + n]) == list(part) for i in range(len(words) - n + 1))


def _rest_of(label: str, known: Sequence[str]) -> str | None:
    """The label without the common word, and without the small words around it."""
    for phrase in sorted(known, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        if pattern.search(label):
            rest = pattern.sub(" ", label)
            kept = [w for w in rest.split() if w.lower().strip(":=.,") not in _SMALL]
            return " ".join(kept).strip(" :=.,") or None
    return None


def _entry(name: str, common: Mapping[str, Sequence[str]]) -> str:
    return f"{name}_value" if name in common else name


def _words(section: Section) -> list[dict[str, Any]]:
    """A question of words: prose under a heading. Empty where nothing is written below."""
    if not section.title or not section.prose:
        return []
    return [
        {
            "id": "answer",
            "kind": "text",
            "title": section.title,
            "points": _TEXT,
            "headings": list(pattern_of(section.title)),
        }
    ]


def _word(
    shown: ShownWord,
    cells: Sequence[Cell],
    vocabulary: dict[str, list[str]],
    frame: Frame,
    assumed: list[str],
) -> dict[str, Any] | None:
    """A word under its name; not one that no world moves and the code holds, which anybody could type."""
    source = next(c.source for c in cells if c.index == shown.cell)
    note = note_at(source, shown.line)
    name = _IDENTIFIER.sub("_", shown.label).strip("_")[:40] or "word"
    name = name if name[0].isalpha() else f"word_{name}"
    if note.skip:
        return None
    still = len(set(shown.answers)) == 1
    if still and folded(shown.answers[0]) in written(Code(cells), shown.cell):
        assumed.append(
            f"{shown.label!r} is not asked: {shown.answers[0]!r} is the same in every world and stands in "
            "the code; ask for it by `kind: word` with `from_data: false` where a typed-in answer is as good"
        )
        return None
    own = _entry(name, frame.common)
    vocabulary[own] = [p for p in dict.fromkeys((shown.label, shown.source[:_SOURCE])) if tokens(p)]
    names = [str(w["name"]) for w in frame.worlds]
    return {
        "id": name,
        "kind": "word",
        "title": note.title or shown.label,
        "points": note.points if note.points is not None else _NUMBER,
        "labels": [[own]],
        "answers": shown.answers[0] if still else dict(zip(names, shown.answers, strict=True)),
    }


def _pictures(section: Section, pictures: frozenset[int]) -> list[dict[str, Any]]:
    """A picture is looked at by a person, below its heading."""
    if not section.title or not pictures & set(section.code):
        return []
    return [
        {
            "id": "picture",
            "kind": "manual",
            "wants": "picture",
            "title": f"{section.title} (the picture)",
            "points": _TEXT,
            "headings": list(pattern_of(section.title)),
        }
    ]


def _unused(name: str, ids: set[str]) -> str:
    again, made = 1, name
    while made in ids:
        again += 1
        made = f"{name}_{again}"
    ids.add(made)
    return made


def _share_out(checks: Sequence[dict[str, Any]], points: float | None) -> None:
    """A question's points, where its heading says them, in the proportion of its checks."""
    if points is None:
        return
    all_of = sum(c["points"] for c in checks)
    for check in checks:
        check["points"] = round(points * check["points"] / all_of, 2)
    checks[-1]["points"] = round(points - sum(c["points"] for c in checks[:-1]), 2)
