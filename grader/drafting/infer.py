"""What a solution shows → what to ask: questions, checks, points, words (pure).

Everything taken for granted is a line of `Draft.assumed`, so that a teacher can change it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.assignment.values import moves
from grader.assignment.vocabulary import tokens
from grader.drafting.notes import Note, comment_in, note_at, note_in
from grader.drafting.sections import (
    Section,
    asks,
    language_of,
    pattern_of,
    question_of,
    sections,
    title_of,
)
from grader.drafting.taken import NotShown
from grader.drafting.turned import Turn
from grader.drafting.values import ShownQuantity
from grader.drafting.words import ShownWord
from grader.judging.source import Code
from grader.judging.word import folded, written
from grader.models import Cell
from rubric.schema import Tolerance

_ARRAY, _NUMBER, _TEXT = 10.0, 5.0, 10.0
_USUAL = Tolerance()
_SHAKES = (
    "not asked, since rounding errors alone make it another value; ask for something earlier, or for bounds"
)
_NOISE = 1e-6  # one number below it is a rounding error
_SOURCE = 60  # characters of an expression that may serve as a name
_MOST = 5_000  # numbers of one check
_SETUP = "Setup"
_GIVEN = "not asked, since it stands above the first question, which students are given"
_ALL_THE_SAME = "`# grade: 5 points`"
_FREE = {
    "free": "its sign is free, since it follows an eigenvector or singular vector",
    "rows": "each of its rows may be negated by itself, since it follows an eigenvector",
    "columns": "each of its columns may be negated by itself, since it follows an eigenvector",
    "else": "a person decides, since it is another where an eigenvector is negated",
}
_SHAPE = re.compile(r"\.(shape|size\(\)|ndim|dim\(\))\W*$")
_UNORDERED = re.compile(
    r"eigvals\w*|\beigenvalues\b|\bEigenwerte\b|cluster_centers_|\b[Cc]luster|[Cc]entroids?\b|\bcent(?:er|re)s\b"
)
_LAID_OUT = re.compile(  # of a square table either tells the other
    r"\b(rows?|columns?|Zeilen?|Spalten?)\s?([:=]|are\b|stand for\b|sind\b|stehen für\b)"
    r"|\bin (the |den )?(rows|columns|Zeilen|Spalten)\b"
    r"|\b(rows?|Zeilen?)\b[^.\n]{0,120}\b(columns?|Spalten?)\b|\b(columns?|Spalten?)\b[^.\n]{0,120}\b(rows?|Zeilen?)\b",
    re.IGNORECASE,
)
_ORDERED = re.compile(r"\b(order|(de|a)scending|sort\w*|Reihenfolge|(ab|auf)steigend\w*)\b", re.IGNORECASE)
_QUESTION = re.compile(r"\S\s?\?(?!\w)")
_FEW_ROWS = 50
_IDENTIFIER = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Assumption:
    """What was taken for granted. question: its title, empty for the whole assignment. name: of a value, or
    what it is about. taken: the default. otherwise: what to write, and where, to have it another way."""

    question: str
    name: str
    taken: str
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """rubric: as rubric.yaml holds it. assumed: what was taken for granted, for the teacher."""

    rubric: Mapping[str, Any]
    assumed: tuple[Assumption, ...]


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What the folder settles. worlds: as rubric.yaml holds them. common: the words of rubric/words.yaml.

    pictures: cells that show one. waits: quantities, and labels of words, that the solution itself does not
    pass, and why. taken: what is asked for and not shown, by its name. turned: values that follow the sign of
    an eigenvector. tolerances: those that values need, relative; None where none would do.
    """

    id: str
    worlds: Sequence[Mapping[str, Any]]
    common: Mapping[str, Sequence[str]]
    pictures: frozenset[int] = frozenset()
    words: Sequence[ShownWord] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    waits: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, NotShown] = field(default_factory=dict)
    turned: Mapping[str, Turn] = field(default_factory=dict)
    tolerances: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """A section while its question is written. source: of its heading's cell. others: the other headings.

    given: it stands above the first question. parent: its parts follow.
    """

    section: Section
    source: str
    title: str
    others: tuple[str, ...]
    given: bool = False
    parent: bool = False

    @property
    def answers(self) -> bool:
        """Does text below it answer what it asks?"""
        return bool(self.section.prose) and _QUESTION.search(self.source) is not None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A section and what is asked there."""

    place: _Place
    note: Note
    checks: list[dict[str, Any]]


@dataclass(slots=True)
class _Written:
    """What has been written so far beside the questions."""

    frame: FolderFacts
    vocabulary: dict[str, list[str]] = field(default_factory=dict)
    assumed: list[Assumption] = field(default_factory=list)
    question: str = ""
    """the title of the one that is written"""
    waiting: int = 0
    """answers that are not asked, since nobody could show that they were computed"""

    def assume(self, name: str, taken: str, otherwise: str = "") -> None:
        self.assumed.append(Assumption(self.question, name, taken, otherwise))

    def wait(self, name: str) -> None:
        """The solution itself waits for a person with this quantity or label."""
        self.waiting += 1
        why = f"not asked, since the solution itself waits for a person: {self.frame.waits[name]}"
        self.assume(name, why, _ALL_THE_SAME)


def draft(cells: Sequence[Cell], shown: Sequence[ShownQuantity], frame: FolderFacts) -> Draft:
    """The rubric that a solution suggests. shown: its quantities."""
    book = _Written(frame)
    questions: list[dict[str, Any]] = []
    sources = {c.index: c.source for c in cells}
    ids: set[str] = set()
    parts = sections(cells)
    given = any(section.title and section.code for section in parts)
    made: list[_Asked] = []
    for section, following in zip(parts, [*parts[1:], None], strict=True):
        source = sources[section.cells[0]]
        place = _Place(
            section,
            source,
            question_of(section, source),
            tuple(o.title for o in parts if o is not section),
            given=given and not section.title,
            parent=following is not None and following.level > section.level,
        )
        book.question = place.title or _SETUP
        note = note_in(source) if section.title else Note()
        made.append(_Asked(place, note, [] if note.skip else _asked(place, note, cells, shown, book)))
    _alone(made, shown, book)
    for number in range(len(made)):
        _share_out(_pool(made, number), _points_of(made, number))
    _usual_points(made, book)
    for one in made:
        if not one.checks:
            continue
        for check in one.checks:
            check["id"] = _unused(check["id"], ids)
        number = len(questions) + 1
        questions.append({"id": f"q{number}", "title": one.place.title or _SETUP, "checks": one.checks})
    rubric = {
        "id": _IDENTIFIER.sub("_", frame.id).strip("_") or "assignment",
        "version": "1",
        "title": title_of(cells) or frame.id,
        "language": language_of(cells),
        "worlds": list(frame.worlds),
        **({"limits": dict(frame.limits)} if frame.limits else {}),
        "vocabulary": book.vocabulary,
        "questions": questions,
    }
    return Draft(rubric, tuple(book.assumed))


def _asked(
    place: _Place,
    note: Note,
    cells: Sequence[Cell],
    shown: Sequence[ShownQuantity],
    book: _Written,
) -> list[dict[str, Any]]:
    """What is asked in a section. note: of its heading."""
    section, frame = place.section, book.frame
    sources = {c.index: c.source for c in cells}
    said, waiting = len(book.assumed), book.waiting
    here = [item for item in shown if item.cell in section.code]
    beside = Counter((item.cell, item.line) for item in here)
    notes = [note_at(sources[item.cell], item.line) for item in here]
    notes = [
        replace(n, title="", unknown=f"title {n.title}, for several values") if n.title and many > 1 else n
        for n, many in zip(notes, (beside[i.cell, i.line] for i in here), strict=True)
    ]
    asked = [_tensor(item, n, place, book) for item, n in zip(here, notes, strict=True)]
    checks = [check for check in asked if check is not None]
    checks += [
        check
        for word in frame.words
        if word.cell in section.code and (check := _word(word, cells, place, book)) is not None
    ]
    _say_names(checks, shown, book)
    if not checks and not place.parent:
        checks += _taken(place, section, book)
    answered = note.points is not None or (asks(section.title) and book.waiting > waiting)
    if not checks and len(book.assumed) > said and answered and not (place.given or place.answers):
        checks = [_by_hand("shown", place.title, _NUMBER, place)]  # a question stays one
    answer = next((n for i in section.prose if (n := comment_in(sources[i])) is not None), Note())
    if (not checks and not place.parent) or place.answers or answer.points is not None:
        checks += _answer(place, answer)
    elif section.prose:
        book.assume("its text", "an explanation, not asked", "`<!-- grade: 5 points -->` in it")
    if section.title and frame.pictures & set(section.code):
        checks.append(_by_hand("picture", section.title, _TEXT, place) | {"wants": "picture"})
    return checks


def _below(made: Sequence[_Asked], number: int) -> Iterator[_Asked]:
    """The parts of a question: the sections of a larger level behind its own."""
    level = made[number].place.section.level
    return itertools.takewhile(lambda one: one.place.section.level > level, made[number + 1 :])


def _pool(made: Sequence[_Asked], number: int) -> list[dict[str, Any]]:
    """The checks that share a heading's points: its own, and those of its parts that have none."""
    parts = [one for one in _below(made, number) if one.note.points is None]
    return [check for one in (made[number], *parts) for check in one.checks]


def _points_of(made: Sequence[_Asked], number: int) -> float | None:
    """A heading's points, without those that its parts say for themselves."""
    points = made[number].note.points
    if points is None:
        return None
    left = points - sum(one.note.points or 0.0 for one in _below(made, number))
    return left if left > 0 else points


def _say_names(checks: Sequence[Mapping[str, Any]], shown: Sequence[ShownQuantity], book: _Written) -> None:
    """Some single numbers pass under their name alone: say which are called as nobody else may call them."""
    single = {item.name for item in shown if item.values[0].size == 1}
    own = [c["title"] for c in checks if c.get("quantity") in single and len(c["labels"]) == 1]
    if own:
        names = ", ".join(f"`{title}`" for title in own)
        taken = f"one number is sure to pass only behind its name, here {names}; else a person may decide"
        book.assume("names", taken, "`# grade: title standard deviation`, or more words in rubric.yaml")


def _alone(made: Sequence[_Asked], shown: Sequence[ShownQuantity], book: _Written) -> None:
    """A common word that one number alone is called by is enough: there is no other that it could mean."""
    called = [set(tokens(item.label)) | set(tokens(item.name)) for item in shown]
    for check in (c for one in made for c in one.checks if c["kind"] == "tensor"):
        first = check["labels"][-1][0]
        words = [t for p in book.frame.common.get(first, ()) if (t := set(tokens(p)))]
        if len(check["labels"][-1]) > 1 and sum(any(w <= c for w in words) for c in called) == 1:
            check["labels"].append([first])


def _usual_points(made: Sequence[_Asked], book: _Written) -> None:
    """Say which questions have points that no heading gives."""
    told = [n for n, one in enumerate(made) if one.note.points is not None]
    given = {id(check) for n in told for check in _pool(made, n)}
    usual = [
        o for o in made if o.checks and o.note.points is None and not any(id(c) in given for c in o.checks)
    ]
    if usual:
        book.question = ""
        book.assume(
            "points",
            f"{_NUMBER:g} for one number or word, {_ARRAY:g} for all else, in "
            + "; ".join(o.place.title or _SETUP for o in usual),
            "`(20 points)` in the heading",
        )


def _taken(place: _Place, section: Section, book: _Written) -> list[dict[str, Any]]:
    """A function or a variable that the heading's cell names, that the code makes and nothing shows."""
    found = [t for t in book.frame.taken.values() if t.cell in section.code]
    for one in found:
        book.vocabulary[_entry(one.name, book.frame.common)] = [one.name]
        book.assume(one.name, one.told)
    return [
        {
            "id": one.name,
            "kind": "tensor",
            "title": one.title,
            "points": _ARRAY,
            "quantity": one.name,
            "labels": [[_entry(one.name, book.frame.common)]],
            **one.fields,
        }
        for one in found
    ]


def _tensor(item: ShownQuantity, note: Note, place: _Place, book: _Written) -> dict[str, Any] | None:
    frame = book.frame
    label = note.title or item.title
    if note.skip or item.values[0].size > _MOST:
        return None
    if item.name in frame.waits and note == Note():
        book.wait(item.name)
        return None
    still = len(frame.worlds) > 1 and not moves(list(item.values), _USUAL)
    tolerance = frame.tolerances.get(item.name, _USUAL.rtol)
    why = _GIVEN if place.given else _SHAKES if tolerance is None else _no_answer(item, still)
    if note == Note() and why:
        book.assume(item.name, why, "`# grade: at least 0.9`" if why == _SHAKES else _ALL_THE_SAME)
        return None
    points = note.points if note.points is not None else (_ARRAY if item.values[0].size > 1 else _NUMBER)
    turn = frame.turned.get(item.name)
    if turn is not None and "sign" not in note.more:
        book.assume(item.name, _FREE[turn.how], "" if turn.how == "else" else "`# grade: sign fixed`")
        if turn.how == "else" and place.section.title:
            return _by_hand(item.name, label, points, place)
    check: dict[str, Any] = {
        "id": item.name,
        "kind": "tensor",
        "title": label,
        "points": points,
        "quantity": item.name,
        "labels": _labels(item, note.title, book.vocabulary, frame.common),
    }
    if turn is not None and turn.how != "else":
        check["sign"] = turn.how
    if tolerance is not None and tolerance != _USUAL.rtol:
        check["tolerance"] = {"rtol": tolerance}
        grows = f"a tolerance of its own, {tolerance:g}: rounding errors grow on the way"
        book.assume(item.name, grows, "`# grade: tolerance 0.01`")
    if _may_be_in_any_order(item) and "order" not in note.more and not _ORDERED.search(place.source):
        check["order"] = "free"
        book.assume(
            item.name,
            "its order is free, since nothing fixes that of clusters and eigenvalues",
            "`# grade: order fixed`",
        )
    shape = item.values[0].shape
    if (
        len(shape) == 2
        and shape[0] == shape[1] > 1
        and "layout" not in note.more
        and _LAID_OUT.search(place.source)
    ):
        check["layout"] = "fixed"
        book.assume(
            item.name,
            "transposed is wrong: the question says what its rows or columns are",
            "`# grade: layout free`",
        )
    check |= note.more
    if still:
        book.assume(
            item.name,
            "the same in every world; where its numbers stand in the code a person decides",
            "`# grade: skip`",
        )
    if note.unknown:
        book.assume(item.name, f"not understood in its comment: {note.unknown}")
    return check


def _no_answer(item: ShownQuantity, still: bool) -> str:
    """Why a value is no answer to anything; empty where it may be one."""
    if item.whole and still and _SHAPE.search(item.source):
        return "not asked, since it is the same in every world, and values tell their shape"
    if item.values[0].size > 1:
        return ""
    if not item.whole and max(abs(float(v.ravel()[0])) for v in item.values) < _NOISE:
        return "not asked, since it is as small as a rounding error, which is another for everybody"
    if item.whole and still and set(tokens(item.label)) <= _SMALL:
        return "not asked, since it is the same in every world and has no name"
    return ""


def _may_be_in_any_order(item: ShownQuantity) -> bool:
    if not 1 < len(np.atleast_1d(item.values[0])) <= _FEW_ROWS or item.series:
        return False
    return _UNORDERED.search(f"{item.source} {item.label}") is not None


def _labels(
    item: ShownQuantity, title: str, vocabulary: dict[str, list[str]], common: Mapping[str, Sequence[str]]
) -> list[list[str]]:
    """How students may call it: as the solution does, and with the common words for that.

    title: what its comment calls it.
    """
    label = title or item.label
    own = _entry(item.name, common)
    phrases = dict.fromkeys(
        p for p in (title, item.label, item.source if len(item.source) <= _SOURCE else "", item.name) if p
    )
    vocabulary[own] = [p for p in phrases if tokens(p)]
    labels = [[own]]
    words = list(tokens(label))
    met = [(entry, t) for entry, known in common.items() if (t := _met(known, words)) is not None]
    named = _folded(vocabulary[own])
    labels += [[e] for e, _ in met if _covered(words, common[e]) or named & _folded(common[e])]
    if len(labels) == 1 and len(met) > 1 and _covered(words, [p for e, _ in met for p in common[e]]):
        labels.append([entry for entry, _ in met])
    elif len(labels) == 1 and met:
        first = min(met, key=lambda m: words.index(m[1][0]))[0]
        if (other := _rest_of(label, common[first])) is not None:
            vocabulary[f"{own}_word"] = [other]
            labels.append([first, f"{own}_word"])
    if item.group:
        vocabulary[f"{own}_group"] = [item.group]
        labels += [[*label, f"{own}_group"] for label in labels]
    return labels


def _folded(phrases: Sequence[str]) -> set[str]:
    return {"".join(tokens(phrase)) for phrase in phrases}


def _met(known: Sequence[str], words: Sequence[str]) -> tuple[str, ...] | None:
    """The first of these phrases that stands among the words, as its tokens; one letter says little beside
    others: `P(spam)` is no p-value."""
    alone = [w for w in words if w not in _SMALL]
    met = (t for p in known if (t := tokens(p)) and _within(t, words))
    return next((t for t in met if len("".join(t)) > 1 or [*t] == alone), None)


def _covered(words: Sequence[str], known: Sequence[str]) -> bool:
    """Are all words, but for small ones, those of an entry?"""
    said = {w for p in known if _within(tokens(p), words) for w in tokens(p)}
    return not [w for w in words if w not in said and w not in _SMALL]


_SMALL = {
    "of",
    "von",
    "aus",
    "in",
    "and",
    "und",
    "the",
    "for",
    "der",
    "die",
    "das",
    "nach",
    "w",
    "r",
    "t",
    "after",
    "on",
    "auf",
    "den",
    "dem",
    "per",
    "a",
    "an",
}


def _within(part: Sequence[str], words: Sequence[str]) -> bool:
    n = len(part)
    return any(list(words[i : i + n]) == list(part) for i in range(len(words) - n + 1))


def _rest_of(label: str, known: Sequence[str]) -> str | None:
    """The label without the common word, and without the small words around it."""
    for phrase in sorted(known, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        if pattern.search(label):
            rest = pattern.sub(" ", label)
            kept = [w for w in rest.split() if w.strip(":=.,") not in _SMALL]
            return " ".join(kept).strip(" :=.,") or None
    return None


def _entry(name: str, common: Mapping[str, Sequence[str]]) -> str:
    return f"{name}_value" if name in common else name


def _answer(place: _Place, note: Note) -> list[dict[str, Any]]:
    """A question of words: prose under a heading. Empty where nothing is written below."""
    if not place.section.title or not place.section.prose:
        return []
    points = _TEXT if note.points is None else note.points
    return [_by_hand("answer", place.title, points, place) | {"kind": "text"}]


def _by_hand(name: str, title: str, points: float, place: _Place) -> dict[str, Any]:
    """What a person decides, who sees what stands below the heading."""
    return {
        "id": name,
        "kind": "manual",
        "title": title,
        "points": points,
        "headings": list(pattern_of(place.section.title, place.others)),
    }


def _word(shown: ShownWord, cells: Sequence[Cell], place: _Place, book: _Written) -> dict[str, Any] | None:
    """A word under its name; not one that no world moves and the code holds, which anybody could type."""
    source = next(c.source for c in cells if c.index == shown.cell)
    note = note_at(source, shown.line)
    name = _IDENTIFIER.sub("_", shown.label).strip("_")[:40] or "word"
    name = name if name[0].isalpha() else f"word_{name}"
    if note.skip:
        return None
    if place.given and note == Note():
        book.assume(shown.label, _GIVEN, _ALL_THE_SAME)
        return None
    if shown.label in book.frame.waits and note == Note():
        book.wait(shown.label)
        return None
    still = len(set(shown.answers)) == 1
    if still and place.answers and note == Note():
        book.assume(shown.label, "not asked, since the text below the question answers it", _ALL_THE_SAME)
        return None
    if still and folded(shown.answers[0]) in written(Code(cells), shown.cell):
        book.waiting += 1
        book.assume(
            shown.label,
            f"not asked, since {shown.answers[0]!r} is the same in every world and stands in the code",
            "in rubric.yaml, `kind: word` with `from_data: false`, where a typed-in answer is as good",
        )
        return None
    own = _entry(name, book.frame.common)
    phrases = dict.fromkeys((shown.label, shown.source[:_SOURCE]))
    book.vocabulary[own] = [p for p in phrases if tokens(p)]
    names = [str(w["name"]) for w in book.frame.worlds]
    return {
        "id": name,
        "kind": "word",
        "title": note.title or shown.label,
        "points": note.points if note.points is not None else _NUMBER,
        "labels": [[own]],
        "answers": shown.answers[0] if still else dict(zip(names, shown.answers, strict=True)),
    }


def _unused(name: str, ids: set[str]) -> str:
    again, made = 1, name
    while made in ids:
        again += 1
        made = f"{name}_{again}"
    ids.add(made)
    return made


def _share_out(checks: Sequence[dict[str, Any]], points: float | None) -> None:
    """A question's points, where its heading says them, in the proportion of its checks: in halves where each
    of them gets one."""
    if points is None or not checks:
        return
    all_of = sum(c["points"] for c in checks)
    shares = [points * c["points"] / all_of for c in checks]
    step = 0.5 if min(shares) >= 0.5 and (2 * points).is_integer() else 0.01
    steps = [int(share / step + 1e-9) for share in shares]
    most_cut = sorted(range(len(checks)), key=lambda i: steps[i] * step - shares[i])
    for i in most_cut[: round(points / step) - sum(steps)]:
        steps[i] += 1
    for check, n in zip(checks, steps, strict=True):
        check["points"] = round(n * step, 2)
