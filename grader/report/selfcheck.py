"""What a student may know of a notebook before the deadline (pure).

What is told is whether each thing asked for was found and whether it is computed anew in every run.
Expected values, points and the assistant's notes never enter it. Whether it is right is told only where
`Rubric.self_check` says so, by the judge, and never more than `Rubric.disclosure`. Which print answers a
check does not depend on the reference's values, and the judge gets that one alone: among many guesses the
right one is not picked out, nor is it told that one of them is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Literal

from grader.assignment.loading import Assignment
from grader.assignment.values import moves
from grader.assignment.vocabulary import Vocabulary
from grader.extract import extract
from grader.judging.answers import find_answer
from grader.judging.behaviour import met
from grader.judging.grade import grade
from grader.judging.handed_in import judge_manual
from grader.judging.lines import Shown
from grader.judging.pairing import Slot, pair
from grader.judging.reading import movement
from grader.judging.sighting import Sighting, sight
from grader.judging.source import Code
from grader.judging.stored import compare_stored
from grader.judging.taken import taken
from grader.judging.word import line_of
from grader.judging.wording import MISSING, worded
from grader.models import Execution, Output, PrintedTensor, Said, Submission
from grader.report.view import CheckView, student_view
from grader.text import one_line
from grader.words.speech import Speech, speech
from grader.words.terms import VERDICTS
from rubric.schema import (
    BehaviourCheck,
    Check,
    ManualCheck,
    Question,
    Rubric,
    TensorCheck,
    TextCheck,
    WordCheck,
)

State = Literal["found", "missing", "fixed", "varies"]
Level = Literal["found", "verdicts", "hints"]

_LEVELS: tuple[Level, ...] = ("found", "verdicts", "hints")


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check. where: the cell and the print's first line. notes: sentences, each for a line.

    printed: it asks for a print, not for code or words.
    """

    title: str
    state: State
    where: str
    notes: tuple[str, ...]
    printed: bool = False


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """A question of the handout with its checks."""

    title: str
    items: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """All that a student is told.

    troubles: what happened when the notebook ran. why_missing: what holds for every print not found.
    """

    title: str
    level: Level
    language: str
    troubles: tuple[str, ...]
    groups: tuple[CheckGroup, ...]
    why_missing: str

    @property
    def complete(self) -> bool:
        """Everything asked for was found, and is computed anew in every run."""
        return all(item.state == "found" for group in self.groups for item in group.items)

    @property
    def found(self) -> int:
        """How much of what was asked for was found."""
        return sum(item.state == "found" for group in self.groups for item in group.items)


_STATES: Mapping[State, Said] = {
    "found": Said("found"),
    "missing": Said("missing"),
    "fixed": Said("fixed"),
    "varies": Said("varies"),
}
_CLOSING: Mapping[Level, Said] = {
    "found": Said("This says what was found, not whether it is right."),
    "verdicts": Said("This is no mark: what you hand in is graded anew."),
    "hints": Said("This is no mark: what you hand in is graded anew."),
}


def self_check(
    submission: Submission, worlds: Sequence[Execution], again: Execution, assignment: Assignment
) -> SelfCheck:
    """What may be told of a notebook.

    worlds: its runs, in the order of the rubric's worlds. again: a second run in the first of them.
    """
    rubric = assignment.rubric
    speak = speech(rubric.language)
    level = _level(rubric)
    *printed, second = [
        (*extract(e.outputs), *taken(e, rubric, submission.cells).prints) for e in (*worlds, again)
    ]
    between, twice = pair(printed), pair([printed[0], second])
    sizes = {name: value.size for name, value in assignment.references[0].items()}
    code = Code(submission.cells)
    seen = sight(between, submission.cells, code, rubric, sizes)
    # Where nothing of right and wrong is told the judge gets nothing to see, so that not even the time
    # it takes can tell.
    sure = {check for check, sighting in seen.items() if sighting.sure and level != "found"}
    judged = {slot.order: slot for check in sure for slot in seen[check].slots}
    only = [
        [p for _, s in sorted(judged.items()) if (p := s.prints[w]) is not None] for w in range(len(worlds))
    ]
    view = student_view(grade(submission, worlds, assignment, only), submission, rubric)
    views = {c.id: c for q in view.questions for c in q.checks}
    texts = {(o.cell, o.index): o.text for o in worlds[0].outputs}

    def told(check: Check) -> tuple[str, ...]:
        rests_on = {check.id} if isinstance(check, TensorCheck) else set(_shown_by(check))
        return _told(views[check.id], check, level, speak) if rests_on <= sure else ()

    words = Vocabulary(rubric, list(assignment.references[0]), words=True)

    def items(number: int, question: Question) -> Iterator[CheckLine]:
        for check in question.checks:
            if isinstance(check, BehaviourCheck):
                found = _coded(check, code)
                if found.state == "found" and level == "found":
                    continue  # the code alone does not tell that it is there, only that it is not
            elif isinstance(check, TextCheck):
                found = _written(check, submission, worlds[0].outputs, speak)
            elif isinstance(check, ManualCheck):
                found = _below(check, number, submission, worlds[0].outputs, speak)
            elif isinstance(check, WordCheck):
                found = _worded(check, Shown([worlds[0].outputs], submission.cells, code, words), speak)
            else:
                worlds_of = [r[check.quantity] for r in assignment.references]
                shown = _sighted(seen[check.id], texts) if check.id in seen else None
                found = _printed(check, shown, twice, speak, moving=moves(worlds_of, rubric.tolerance))
            yield replace(found, notes=(*found.notes, *told(check)))

    groups = tuple(
        CheckGroup(q.title, shown) for n, q in enumerate(rubric.questions, 1) if (shown := tuple(items(n, q)))
    )
    return SelfCheck(
        title=rubric.title,
        level=level,
        language=rubric.language,
        troubles=(
            *(t.text for t in view.troubles),
            *_kept_away(worlds[0], groups, speak),
            *_differences(submission, printed[0], worlds, speak),
        ),
        groups=groups,
        why_missing=" ".join(
            [
                speak.of(worded(MISSING, rubric.messages)),
                speak(
                    "Here it is looked for by name and shape alone: print each value whole, with its name in "
                    "front."
                ),
            ]
        ),
    )


def _kept_away(run: Execution, groups: Sequence[CheckGroup], speak: Speech) -> Iterator[str]:
    missing = any(i.printed and i.state == "missing" for group in groups for i in group.items)
    if missing and any(refusal.lost for refusal in run.refusals):
        yield speak("What is missing because of this is not lost: a person looks at it.")


def of_several(looked: Sequence[tuple[str, SelfCheck]], count: int) -> SelfCheck:
    """Several notebooks of one student as one: what the best of them lacks may stand in another.

    looked: each with its name, one at least. count: of all that were handed in.
    """
    name, best = max(looked, key=lambda one: one[1].found)
    if count == 1:
        return best
    speak = speech(best.language)
    others = [one for one in looked if one[1] is not best]

    def groups() -> Iterator[CheckGroup]:
        for group in best.groups:
            kept = (_elsewhere(i, group.title, others, speak) for i in group.items)
            if items := tuple(i for i in kept if i is not None):
                yield replace(group, items=items)

    told = speak(
        "{count} notebooks were handed in. What follows is about {name}, where it names no other.",
        count=count,
        name=one_line(name, 80),
    )
    return replace(best, troubles=(told, *best.troubles), groups=tuple(groups()))


def _elsewhere(
    item: CheckLine, group: str, others: Sequence[tuple[str, SelfCheck]], speak: Speech
) -> CheckLine | None:
    """A line of the best notebook, or of another that has what it lacks; None where that needs no line."""
    if item.state != "missing":
        return item
    for name, other in others:
        same = (i for g in other.groups if g.title == group for i in g.items if i.title == item.title)
        found = next(same, None)
        if found is None:
            return None  # the code alone says that it is there
        if found.state != "missing":
            where = speak("{name}, {where}", name=one_line(name, 80), where=found.where)
            return replace(found, where=where)
    return item


def lines(found: SelfCheck, name: str, columns: int | None = None) -> Iterator[str]:
    """The text for a terminal. name: of the notebook. columns: where lines are folded, None for nowhere."""
    deep = len("  ") + _width(found) + len("  ")
    for line in _lines(found, name):
        indent = " " * (deep if line.startswith("  ") else 0)
        yield from wrap(line, columns or len(line), subsequent_indent=indent) if line else [""]


def _lines(found: SelfCheck, name: str) -> Iterator[str]:
    speak = speech(found.language)
    yield found.title
    yield speak("What we found in {name}", name=name)
    yield from (f"! {one_line(trouble)}" for trouble in found.troubles)
    width = _width(found)
    for group in found.groups:
        yield ""
        yield group.title
        for item in group.items:
            where = f", {item.where}" if item.where else ""
            yield f"  {speak.of(_STATES[item.state]).ljust(width)}  {item.title}{where}"
            yield from (f"  {' ' * width}  {note}" for note in item.notes)
    states = [item.state for group in found.groups for item in group.items]
    yield ""
    if any(item.printed and item.state == "missing" for group in found.groups for item in group.items):
        yield f"{speak.of(_STATES['missing'])}: {found.why_missing}"
    counted = speak("{found} of {all} found.", found=states.count("found"), all=len(states))
    yield f"{counted} {speak.of(_CLOSING[found.level])}"


def _width(found: SelfCheck) -> int:
    speak = speech(found.language)
    return max(len(speak.of(state)) for state in _STATES.values())


def _coded(check: BehaviourCheck, code: Code) -> CheckLine:
    """What values prove instead of code is left out: it would tell that they are right."""
    lacking = tuple(r.why for r in check.requires if not r.unless_shown and not met(r, code))
    return CheckLine(check.title, "missing" if lacking else "found", "", lacking)


def _written(check: TextCheck, submission: Submission, outputs: Sequence[Output], speak: Speech) -> CheckLine:
    answer = find_answer(check, submission.cells, outputs)
    if answer is None:
        return CheckLine(check.title, "missing", "", (speak("No written answer was found."),))
    return CheckLine(check.title, "found", _where(answer.cell, answer.text, speak), ())


def _below(
    check: ManualCheck, number: int, submission: Submission, outputs: Sequence[Output], speak: Speech
) -> CheckLine:
    decision = judge_manual(check, number, submission.cells, outputs)
    answer = decision.answer
    if answer is None:
        return CheckLine(check.title, "missing", "", (speak.of(decision.reason),))
    lacks = check.wants == "picture" and not answer.pictures
    notes = (speak("There is no picture below its heading."),) if lacks else ()
    return CheckLine(
        check.title, "missing" if lacks else "found", _where(answer.cell, answer.text, speak), notes
    )


def _worded(check: WordCheck, shown: Shown, speak: Speech) -> CheckLine:
    line = line_of(check, shown)
    if line is None:
        return CheckLine(check.title, "missing", "", (check.hint,) if check.hint else (), printed=True)
    return CheckLine(check.title, "found", _where(line.cell, line.text, speak), (), printed=True)


@dataclass(frozen=True, slots=True)
class _Print:
    """What answers a check. cell counts from 0; slots: its prints, in the first world and the others."""

    cell: int
    text: str
    slots: tuple[Slot, ...]
    by_shape: bool = False
    rivals: bool = False


def _sighted(seen: Sighting, texts: Mapping[tuple[int, int], str]) -> _Print:
    first = seen.slots[0].first
    start, end = first.span
    text = texts.get((first.cell, first.output), "")[start:end]
    return _Print(first.cell, text, seen.slots, seen.by_shape, seen.rivals)


def _printed(
    check: TensorCheck,
    found: _Print | None,
    twice: Sequence[Slot],
    speak: Speech,
    *,
    moving: bool,
) -> CheckLine:
    """moving: the seed changes what is right; where it does not, the print need not move either."""
    if found is None:
        return CheckLine(check.title, "missing", "", (check.hint,) if check.hint else (), printed=True)
    state, notes = _steady(found.slots, twice, speak)
    if state == "fixed" and not moving:
        state, notes = "found", ()
    if found.rivals:
        notes = (*notes, speak("Several values could be meant: print one alone under its name."))
    elif found.by_shape:
        notes = (*notes, speak("Taken by its shape alone: print its name in front."))
    return CheckLine(check.title, state, _where(found.cell, found.text, speak), notes, printed=True)


def _steady(slots: Sequence[Slot], twice: Sequence[Slot], speak: Speech) -> tuple[State, tuple[str, ...]]:
    """Do the prints stay in a second run, and move with the seed?"""
    if any(movement(twice[slot.order]) != "constant" for slot in slots):
        return "varies", (
            speak("Two runs of the same notebook print different numbers: set the seed before drawing."),
        )
    across = [movement(slot) for slot in slots if len(slot.prints) > 1]
    if across and all(m == "constant" for m in across):
        return "fixed", (
            speak("The numbers stay the same under another random seed: are they computed by this notebook?"),
        )
    return "found", (speak("It is not printed under another random seed."),) if "absent" in across else ()


def _differences(
    submission: Submission,
    printed: Sequence[PrintedTensor],
    worlds: Sequence[Execution],
    speak: Speech,
) -> Iterator[str]:
    if compare_stored(submission.cells, printed):
        yield speak(
            "The outputs saved in the file are not what the notebook prints when it runs from top to bottom."
        )
    if any(e.status != worlds[0].status for e in worlds):
        yield speak("Under another random seed the run ends differently.")


def _shown_by(check: Check) -> tuple[str, ...]:
    return check.shown_by if isinstance(check, BehaviourCheck) else ()


def _told(view: CheckView, check: Check, level: Level, speak: Speech) -> tuple[str, ...]:
    """One of two things: what waits for a person is told like what is wrong, or a right guess would show."""
    if level == "found":
        return ()
    if view.verdict == "pass" or isinstance(check, TextCheck | ManualCheck):
        return (speak.of(VERDICTS[view.verdict]),)
    told = speak("not correct, or a person decides")
    if level == "verdicts" or view.verdict == "missing":
        return (told,)
    return (told, *(text for text in (view.wrong, check.hint) if text))


def _where(cell: int, text: str, speak: Speech) -> str:
    first, _, rest = text.strip().partition("\n")
    return speak("cell {cell}: {text}", cell=cell + 1, text=one_line(first, 60) + " …" * bool(rest.strip()))


def _level(rubric: Rubric) -> Level:
    most: Level = "verdicts" if rubric.disclosure == "none" else "hints"
    return min(rubric.self_check, most, key=_LEVELS.index)
