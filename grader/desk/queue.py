"""What waits for a person, same things together (pure)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.lookalikes.table import Alike
from grader.models import CheckResult, Report, Said
from grader.words.desk import Kind
from grader.words.speech import Speech, speech
from grader.words.terms import STATUSES
from rubric.schema import ManualCheck, Rubric, TextCheck

_ORDER: tuple[Kind, ...] = ("cause", "print", "text", "lookalike", "flag", "ungraded")
_START = re.compile(
    r"^\W*(?:(?:question|aufgabe|frage|task|exercise|q)\W*\d{1,2}\W+|\d{1,2}[).:*_]+\s+)?", re.IGNORECASE
)
_NO_WORD = re.compile(r"[\W_]+")


_QUOTED = "“{words}”"
"""in the template of a sentence that quotes all that is to be judged"""
_SAVED = {
    True: Said("The outputs saved in the upload show these values; they fit."),
    False: Said("The outputs saved in the upload do not show right values for this."),
    None: Said("No outputs are saved in the upload."),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A verdict that the reader of an answer wants to see beside it."""

    check: str
    title: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to settle, for every submission where it is the same.

    id: of what is to be read, stable over restarts. topic: what the marks are filed under, a check's id
    or e.g. "flag:late".
    max_score: points at stake for each submission; None where no points are.
    text: the words or the print to be judged, as the student gave them. said: the grader's message.
    checks: those that wait for one cause, all settled by one decision, each with its share of the points.
    cell: where it stands in the first submission's notebook, from 0. cells: whose pictures are shown with it.
    place: on the side-by-side page.
    """

    id: str
    kind: Kind
    topic: str
    title: str
    question: str
    max_score: float | None
    submissions: tuple[str, ...]
    text: str
    said: str
    cell: int | None
    facts: tuple[Fact, ...] = ()
    actual: Any = None
    expected: Any = None
    agrees: Any = None
    place: str = ""
    checks: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()

    @property
    def topics(self) -> tuple[str, ...]:
        """What marks are filed under: the checks of a cause, else the topic."""
        return self.checks or (self.topic,)


@dataclass(frozen=True, slots=True)
class Part:
    """What waits in one report; parts of one key are one item."""

    key: tuple[object, ...]
    item: Item


class QueueReader:
    """What was found in each report under one rubric, kept as long as it is the same report."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Report, tuple[Part, ...]]] = {}

    def parts(self, report: Report, rubric: Rubric, speak: Speech) -> tuple[Part, ...]:
        held = self._held.get(report.submission.id)
        if held is None or held[0] is not report:
            held = report, tuple(Part(*p) for p in _of_report(report, rubric, speak))
            self._held[report.submission.id] = held
        return held[1]


def queue(
    reports: Sequence[Report],
    rubric: Rubric,
    lookalikes: Iterable[Alike] = (),
    read: QueueReader | None = None,
) -> tuple[Item, ...]:
    """Everything that waits for a person, in the rubric's language and order, larger groups first.

    read: what is known of these reports from before.
    """
    speak, read = speech(rubric.language), read or QueueReader()
    grouped: dict[tuple[object, ...], list[Item]] = {}
    for report in reports:
        for part in read.parts(report, rubric, speak):
            grouped.setdefault(part.key, []).append(part.item)
    made = [
        replace(same[0], id=_digest(key), submissions=tuple(id for i in same for id in i.submissions))
        for key, same in grouped.items()
    ]
    known = {r.submission.id for r in reports}
    made += [_lookalike(found, speak) for found in lookalikes if known.issuperset(found.submissions)]
    order = [c.id for c in rubric.checks()]
    return tuple(
        sorted(
            made,
            key=lambda i: (
                _ORDER.index(i.kind),
                order.index(i.topic) if i.topic in order else 0,
                -len(i.submissions),
                i.submissions,
            ),
        )
    )


def normalised(answer: str) -> str:
    """An answer without what does not change what it says: case, marks, spaces, the question's number."""
    text = unicodedata.normalize("NFKC", answer).casefold()
    return _NO_WORD.sub(" ", _START.sub("", text)).strip()


def _of_report(report: Report, rubric: Rubric, speak: Speech) -> Iterator[tuple[tuple[object, ...], Item]]:
    sub = report.submission
    if report.score is None:
        status = speak.of(STATUSES[report.execution.status])
        title = speak("Not graded: {status}", status=status)
        said = speak.either(report.execution.said, report.execution.message) or report.execution.status
        yield (
            ("ungraded", report.execution.status, said),
            _note("ungraded", "ungraded", title, sub.id, said),
        )
    else:
        asked = {c.id: c for c in rubric.checks()}
        yield from _causes(report, speak)
        for question in report.questions:
            for check in question.checks:
                if check.score is not None or check.cause is not None:
                    continue
                wanted = asked.get(check.id)
                if isinstance(wanted, TextCheck | ManualCheck):
                    yield _answer(report, question.title, check, wanted, speak)
                else:
                    yield _print(sub.id, question.title, check, speak)
    flags: dict[str, list[str]] = {}
    causes = {c.cause for q in report.questions for c in q.checks}
    for flag in report.flags:
        package = flag.said.values.get("name") if flag.said and flag.id == "missing_package" else None
        if f"package:{package}" in causes:
            continue  # the item of the cause says it
        flags.setdefault(flag.id, []).append(speak.either(flag.said, flag.message))
    for name, messages in flags.items():
        said = " ".join(dict.fromkeys(messages))
        yield (
            ("flag", name, said),
            _note("flag", f"flag:{name}", speak("Flag: {name}", name=name), sub.id, said),
        )


def _causes(report: Report, speak: Speech) -> Iterator[tuple[tuple[object, ...], Item]]:
    """One item for all that waits for one cause and of which the saved outputs say the same."""
    found: dict[tuple[str, bool | None], list[CheckResult]] = {}
    for question in report.questions:
        for check in question.checks:
            if check.score is None and check.cause is not None:
                fits = check.witness.fits if check.witness else None
                found.setdefault((check.cause, fits), []).append(check)
    ran = speak.either(report.execution.said, report.execution.message)
    for (cause, fits), checks in found.items():
        names = tuple(c.id for c in checks)
        shown = [(c.title, c.witness) for c in checks if c.witness is not None and c.witness.text]
        told = [_first_of(checks, speak), speak.of(_SAVED[fits])]
        if ran:
            told.append(speak("When it ran here: {message}.", message=ran))
        item = Item(
            id="",
            kind="cause",
            topic=f"cause:{cause}",
            title=checks[0].title
            if len(checks) == 1
            else speak("{n} answers that wait for one reason", n=len(checks)),
            question=", ".join(c.title for c in checks) if len(checks) > 1 else "",
            max_score=round(sum(c.max_score for c in checks), 2),
            submissions=(report.submission.id,),
            text="\n\n".join(f"{title}\n{witness.text}" for title, witness in shown),
            said=" ".join(told),
            cell=next((witness.cell for _, witness in shown), None),
            checks=names,
        )
        yield ("cause", cause, fits, names), item


def _first_of(checks: Sequence[CheckResult], speak: Speech) -> str:
    """What the grader says of the cause; a check that the code alone decides says something else."""
    said = [speak.either(c.said, c.message) for c in checks]
    return max(said, key=said.count)


def _answer(
    report: Report, question: str, check: CheckResult, wanted: TextCheck | ManualCheck, speak: Speech
) -> tuple[tuple[object, ...], Item]:
    found = check.answer
    verdicts = {c.id: c for q in report.questions for c in q.checks}
    names = wanted.facts if isinstance(wanted, TextCheck) else ()
    facts = tuple(Fact(c.id, c.title, c.verdict) for name in names if (c := verdicts.get(name)) is not None)
    text = found.text if found else ""
    item = Item(
        id="",
        kind="text",
        topic=check.id,
        title=check.title,
        question=question,
        max_score=check.max_score,
        submissions=(report.submission.id,),
        text=text,
        said="" if text and isinstance(wanted, TextCheck) else speak.either(check.said, check.message),
        cell=found.cell if found else None,
        cells=found.cells if found else (),
        facts=facts,
    )
    # The same words are worth the same only beside the same results; words not found are alike nobody's.
    same = normalised(text) or text or ("", report.submission.id)
    if isinstance(wanted, ManualCheck):  # what cells show is nobody else's
        same = ("", report.submission.id)
    return ("text", check.id, same, tuple(f.verdict for f in facts)), item


def _print(
    submission: str, question: str, check: CheckResult, speak: Speech
) -> tuple[tuple[object, ...], Item]:
    evidence, diagnosis = check.evidence, check.diagnosis
    told = [speak.either(check.said, check.message)]
    if diagnosis is not None:
        told.append(speak.either(diagnosis.said_detail, diagnosis.detail))
    item = Item(
        id="",
        kind="print",
        topic=check.id,
        title=check.title,
        question=question,
        max_score=check.max_score,
        submissions=(submission,),
        text=evidence.text if evidence else "",
        said=" ".join(told),
        cell=evidence.cell if evidence else None,
        actual=evidence.actual if evidence else None,
        expected=check.expected,
        agrees=evidence.agrees if evidence else None,
    )
    # Values or words alike, said of them the same: one decision; positions and labels may differ.
    same = _without_place(check)
    if evidence is None:
        return ("print", check.id, same, "" if _QUOTED in same else submission), item
    values = repr(evidence.actual) if evidence.actual is not None else evidence.text
    return ("print", check.id, same, values), item


def _without_place(check: CheckResult) -> str:
    """What is said of a check, but for the cell in which it stands."""
    if check.said is None:
        return check.message
    values = {name: value for name, value in check.said.values.items() if name not in ("cell", "cells")}
    return f"{check.said.text} {sorted(values.items(), key=lambda v: v[0])!r}"


def _note(kind: Kind, topic: str, title: str, submission: str, said: str) -> Item:
    return Item(
        id="",
        kind=kind,
        topic=topic,
        title=title,
        question="",
        max_score=None,
        submissions=(submission,),
        text="",
        said=said,
        cell=None,
    )


def _lookalike(found: Alike, speak: Speech) -> Item:
    key = ("lookalike", *sorted(found.submissions))
    name = _digest(key)
    item = _note("lookalike", f"lookalike:{name}", speak("Look-alikes"), "", _shared(found, speak))
    return replace(item, id=name, submissions=found.submissions, place=found.place)


def _shared(found: Alike, speak: Speech) -> str:
    if found.shares is None:
        return speak("The same code, but for names and comments.")
    first, second = (f"{100 * share:.0f} %" for share in found.shares)
    return speak(
        "{first} of the first's own code is in the second, {second} the other way round. That proves "
        "nothing: read both.",
        first=first,
        second=second,
    )


def _digest(key: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(key).encode("utf-8", "replace")).hexdigest()[:16]
