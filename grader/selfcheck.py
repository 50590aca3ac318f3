"""What a student may know of a notebook before the deadline (pure).

The same judge has read it; what is told is whether each thing asked for was found and whether it is
computed anew in every run. Expected values, points and the assistant's notes never enter it. Whether
it is right is told only where `Rubric.self_check` says so, and never more than `Rubric.disclosure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from grader.behaviour import find_answer, met
from grader.models import Evidence, PrintedTensor, Report, Submission, VerdictName
from grader.pairing import Slot, pair
from grader.reading import movement
from grader.report.text import one_line
from grader.report.view import CheckView, student_view
from grader.source import Code
from rubric.schema import BehaviourCheck, Question, Rubric, TensorCheck, TextCheck

State = Literal["found", "missing", "fixed", "varies"]
Level = Literal["found", "verdicts", "hints"]

_LEVELS: tuple[Level, ...] = ("found", "verdicts", "hints")
_TOLD_FLAGS = ("stored_outputs_differ", "worlds_differ")  # of the others, some say what is right


@dataclass(frozen=True, slots=True)
class Item:
    """One check. where: the cell and the print's first line. notes: sentences, each for a line."""

    title: str
    state: State
    where: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A question of the handout with its checks."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """All that a student is told. troubles: what happened when the notebook ran."""

    title: str
    level: Level
    language: Literal["en", "de"]
    troubles: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def complete(self) -> bool:
        """Everything asked for was found, and is computed anew in every run."""
        return all(item.state == "found" for group in self.groups for item in group.items)


@dataclass(frozen=True, slots=True)
class _Words:
    cell: str
    fixed: str
    varies: str
    only_once: str
    no_answer: str
    head: str
    counted: str
    states: dict[State, str]
    closing: dict[Level, str]


_EN = _Words(
    cell="cell {cell}: {text}",
    fixed="The numbers stay the same under another random seed: are they computed by this notebook?",
    varies="Two runs of the same notebook print different numbers: set the seed before drawing.",
    only_once="It is not printed under another random seed.",
    no_answer="No written answer was found.",
    head="What we found in {name}",
    counted="{found} of {all} found.",
    states={"found": "found", "missing": "missing", "fixed": "fixed", "varies": "varies"},
    closing={
        "found": "This says what was found, not whether it is right.",
        "verdicts": "This is no mark: what you hand in is graded anew.",
        "hints": "This is no mark: what you hand in is graded anew.",
    },
)
_DE = _Words(
    cell="Zelle {cell}: {text}",
    fixed="Die Zahlen bleiben unter einem anderen Seed gleich: Berechnet dieses Notebook sie?",
    varies="Zwei Läufe desselben Notebooks drucken verschiedene Zahlen: Setzen Sie den Seed vor dem Ziehen.",
    only_once="Unter einem anderen Seed wird es nicht ausgegeben.",
    no_answer="Keine schriftliche Antwort gefunden.",
    head="Was wir in {name} gefunden haben",
    counted="{found} von {all} gefunden.",
    states={"found": "gefunden", "missing": "fehlt", "fixed": "starr", "varies": "schwankt"},
    closing={
        "found": "Das sagt, was gefunden wurde, nicht ob es richtig ist.",
        "verdicts": "Das ist keine Note: Ihre Abgabe wird neu bewertet.",
        "hints": "Das ist keine Note: Ihre Abgabe wird neu bewertet.",
    },
)


def self_check(
    report: Report,
    submission: Submission,
    rubric: Rubric,
    worlds: Sequence[Sequence[PrintedTensor]],
    again: Sequence[PrintedTensor],
) -> SelfCheck:
    """What may be told of a report.

    worlds: what was printed in each world, in the rubric's order. again: in a second run of the first.
    """
    spoken = _words(rubric)
    level = _level(rubric)
    view = student_view(report, submission, rubric)
    between, twice = pair(worlds), pair([worlds[0], again]) if worlds else []
    results = {c.id: c for q in report.questions for c in q.checks}
    views = {c.id: c for q in view.questions for c in q.checks}

    def items(question: Question) -> Iterator[Item]:
        for check in question.checks:
            if isinstance(check, BehaviourCheck):
                found = _coded(check, submission)
                if found.state == "found" and level == "found":
                    continue  # the code alone does not tell that it is there, only that it is not
            elif isinstance(check, TextCheck):
                found = _written(check, submission, spoken)
            else:
                evidence = results[check.id].evidence
                found = _printed(check, evidence, rubric.messages.missing, between, twice, spoken)
            told = _told(views[check.id], level, view.words.verdicts)
            yield replace(found, notes=(*found.notes, *told))

    return SelfCheck(
        title=rubric.title,
        level=level,
        language=rubric.language,
        troubles=(*view.troubles, *(f.message for f in report.flags if f.id in _TOLD_FLAGS)),
        groups=tuple(Group(q.title, shown) for q in rubric.questions if (shown := tuple(items(q)))),
    )


def lines(found: SelfCheck, name: str) -> Iterator[str]:
    """The text for a terminal. name: of the notebook."""
    spoken = _DE if found.language == "de" else _EN
    yield found.title
    yield spoken.head.format(name=name)
    yield from (f"! {one_line(trouble)}" for trouble in found.troubles)
    width = max(map(len, spoken.states.values()))
    for group in found.groups:
        yield ""
        yield group.title
        for item in group.items:
            where = f" ({item.where})" if item.where else ""
            yield f"  {spoken.states[item.state].ljust(width)}  {item.title}{where}"
            yield from (f"  {' ' * width}  {note}" for note in item.notes)
    states = [item.state for group in found.groups for item in group.items]
    yield ""
    counted = spoken.counted.format(found=states.count("found"), all=len(states))
    yield f"{counted} {spoken.closing[found.level]}"


def _coded(check: BehaviourCheck, submission: Submission) -> Item:
    """What values prove instead of code is left out: it would tell that they are right."""
    code = Code(submission.cells)
    lacking = tuple(r.why for r in check.requires if not r.unless_shown and not met(r, code))
    return Item(check.title, "missing" if lacking else "found", "", lacking)


def _written(check: TextCheck, submission: Submission, spoken: _Words) -> Item:
    answer = find_answer(check, submission.cells)
    if answer is None:
        return Item(check.title, "missing", "", (spoken.no_answer,))
    return Item(check.title, "found", _where(answer.cell, answer.text, spoken), ())


def _printed(
    check: TensorCheck,
    evidence: Evidence | None,
    missing: str,
    between: Sequence[Slot],
    twice: Sequence[Slot],
    spoken: _Words,
) -> Item:
    if evidence is None:
        return Item(check.title, "missing", "", tuple(text for text in (missing, check.hint) if text))
    state, notes = _steady(evidence, between, twice, spoken)
    return Item(check.title, state, _where(evidence.cell, evidence.text, spoken), notes)


def _steady(
    evidence: Evidence, between: Sequence[Slot], twice: Sequence[Slot], spoken: _Words
) -> tuple[State, tuple[str, ...]]:
    """Do the prints stay in a second run, and move with the seed?"""
    if any(movement(slot) != "constant" for slot in _slots(evidence, twice)):
        return "varies", (spoken.varies,)
    across = [movement(slot) for slot in _slots(evidence, between) if len(slot.prints) > 1]
    if across and all(m == "constant" for m in across):
        return "fixed", (spoken.fixed,)
    return "found", (spoken.only_once,) if "absent" in across else ()


def _slots(evidence: Evidence, slots: Sequence[Slot]) -> list[Slot]:
    start, end = evidence.span
    return [
        s
        for s in slots
        if (s.first.cell, s.first.output) == (evidence.cell, evidence.output)
        and start <= s.first.span[0] < end
    ]


def _told(view: CheckView, level: Level, verdicts: Mapping[VerdictName, str]) -> tuple[str, ...]:
    if level == "found":
        return ()
    said = (verdicts[view.verdict],)
    if level == "verdicts" or view.verdict in ("pass", "missing"):
        return said
    return (*said, *(text for text in (view.wrong, view.hint) if text))


def _where(cell: int, text: str, spoken: _Words) -> str:
    return spoken.cell.format(cell=cell + 1, text=one_line(text.strip().partition("\n")[0], 60))


def _level(rubric: Rubric) -> Level:
    most: Level = "verdicts" if rubric.disclosure == "none" else "hints"
    return min(rubric.self_check, most, key=_LEVELS.index)


def _words(rubric: Rubric) -> _Words:
    return _DE if rubric.language == "de" else _EN
