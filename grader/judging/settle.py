"""What all verdicts together say about each one (pure).

Values that the other world gives away, mistakes that explain too little to be named, results that are
right given an earlier mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from grader.judging.decision import Case, Decision
from grader.judging.diagnose import named
from grader.judging.evidence import COARSE, LEAST_DIGITS, digits
from grader.judging.reading import Reading
from grader.judging.relations import generic
from grader.judging.wording import DIGITS_ALONE, FAIL, FOLLOW_THROUGH
from grader.models import Diagnosis, Said, together

_BY_HAND = Said("Consistent with your earlier result, but not computed by autograd; a person decides.")


def settle_hidden(decisions: Mapping[str, Decision]) -> dict[str, Decision]:
    """Values that fit only in the handout's world, seen beside the rest of the notebook.

    Where another value is visibly wrong, the other world shows the same error and the few printed
    digits hid it. Where all else is right, a person looks: the notebook may have an honest reason.
    """
    wrong = any(
        d.verdict == "fail"
        and d.candidate is not None
        and d.candidate.kind in ("mistaken", "named", "placed")
        for d in decisions.values()
    )
    text = together(FAIL, DIGITS_ALONE)
    return {
        name: replace(d, verdict="fail", credit=0.0, reason=text) if wrong and d.hidden else d
        for name, d in decisions.items()
    }


def doubt_coarse(decisions: Mapping[str, Decision], case: Case) -> dict[str, Decision]:
    """Few digits that fit, after a wrong value that nothing explains: what follows may be wrong, too."""
    settled = dict(decisions)
    wrong: str | None = None
    for name, decision in decisions.items():
        comparison = decision.comparison
        if comparison is None:
            continue
        if not comparison.agrees.all() and decision.diagnosis is None and not decision.typed_in:
            wrong = wrong or name
        few = digits(comparison, case.books.rubric.tolerance) < COARSE
        if wrong is not None and decision.verdict == "pass" and few:
            text = Said(
                "The few digits fit, but those of {wrong} do not; a person decides.",
                {"wrong": _title(wrong, case)},
            )
            settled[name] = decision.waits(text)
    return settled


def follow_through(
    decisions: Mapping[str, Decision], questions: Sequence[Sequence[str]], case: Case
) -> dict[str, Decision]:
    """Later results that are right given an earlier, diagnosed mistake earn the rubric's share.

    questions: ids of the tensor checks of each question, in order. Nothing follows from a mistake
    that makes the problem easier, nor within the question in which it was made, nor from a result that has
    more mistakes: what was trained with a wrong loss is no result on which the gradients of that loss rest.
    """
    settled = dict(decisions)
    by_autograd = {c.id for c in case.books.rubric.tensor_checks() if c.by_autograd}
    earlier: list[set[str]] = []
    for checks in questions:
        here: list[set[str]] = []
        for name in checks:
            decision = settled[name]
            if decision.verdict != "fail" or not decision.mistakes or decision.diagnosis is None:
                continue
            own = set(decision.mistakes)
            here.append(own)
            given = {i for mistakes in earlier if mistakes <= own for i in mistakes}
            follows = own <= given and not any(case.mistakes[i].easier for i in own)
            if follows and case.books.rubric.follow_through > 0 and _shows_enough(decision, case):
                settled[name] = _given_earlier(decision, case, by_autograd=name in by_autograd)
        earlier += here
    return settled


def _given_earlier(decision: Decision, case: Case, *, by_autograd: bool) -> Decision:
    """The share; like a right value, one that autograd was to compute and did not is for a person."""
    if by_autograd and decision.candidate is not None and decision.candidate.source == "other means":
        return decision.waits(_BY_HAND)
    share = case.books.rubric.follow_through
    return replace(decision, verdict="partial", credit=share, reason=FOLLOW_THROUGH, follow_through=True)


def _shows_enough(decision: Decision, case: Case) -> bool:
    """Does the print show in every world what follows, with digits that tell it from zeros?"""
    candidate, comparison = decision.candidate, decision.comparison
    if candidate is None or comparison is None or not candidate.seen_everywhere:
        return False
    return digits(comparison, case.books.rubric.tolerance) >= LEAST_DIGITS


def believe(
    decisions: Mapping[str, Decision], questions: Sequence[Sequence[str]], case: Case
) -> dict[str, Decision]:
    """Name mistakes only where they explain enough of what they would have changed.

    A mistake is believed when there is a question in which it explains most of the wrong values that it
    changes, half of them where the code shows a sign of it, all where it shows none that it would; where all
    that it explains are zeros, all values that it changes. One that fits a single tensor by chance is not,
    nor one that would have changed as many values of the question that are right. Of several guesses, the
    one that fits the most of the rest is told.
    """
    quantity = case.books.quantity_of

    def least(mistake: str, of: int) -> int:
        """How many of so many wrong values it has to explain: by what the code says of it."""
        signs = case.mistakes[mistake].signs
        if not signs:
            return of // 2 + 1
        return of if signs.isdisjoint(case.code.words) else (of + 1) // 2

    def support(mistake: str) -> float:
        """The largest share of a question's wrong values that a mistake explains, 0 where too small."""
        changed = case.explanation.changed.get(mistake, set())
        best = 0.0
        for checks in questions:
            touched = [decisions[c] for c in checks if quantity[c] in changed]
            wrong = [d for d in touched if d.verdict not in ("pass", "missing")]
            explained = [d for d in wrong if mistake in _named(d) or any(mistake in g for g in d.guesses)]
            enough = least(mistake, len(wrong))
            if not any(d.tells for d in explained):
                # zeros may be anything; whatever else is shown speaks against the mistake
                enough = len([d for d in touched if d.verdict != "missing"])
            right = sum(d.verdict == "pass" for d in touched)
            if len(explained) >= enough and right < len(explained):
                best = max(best, len(explained) / len(wrong))
        return best

    made = {i for d in decisions.values() for i in _named(d)} | {
        i for d in decisions.values() for guess in d.guesses for i in guess
    }
    believed = {i: 1.0 if i not in case.explanation.changed else support(i) for i in made}
    wrong = [d for d in decisions.values() if d.verdict == "fail" and d.comparison is not None]
    believed["rounded_early"] = float(all("rounded_early" in _named(d) for d in wrong))
    return {name: _told(d, believed, case) for name, d in decisions.items()}


def _told(decision: Decision, believed: Mapping[str, float], case: Case) -> Decision:
    if decision.diagnosis is not None:
        kept = all(believed.get(i, 1.0) for i in decision.diagnosis.ids)
        return decision if kept else replace(decision, diagnosis=_related(decision, case))
    guesses = [g for g in decision.guesses if all(believed[i] for i in g)]
    if not guesses:
        return decision
    best = max(guesses, key=lambda g: min(believed[i] for i in g))
    return replace(decision, diagnosis=named(best, case.mistakes, ()))


def _related(decision: Decision, case: Case) -> Diagnosis | None:
    """How its numbers relate to the right ones, where the mistake that gives them was not made."""
    comparison, candidate = decision.comparison, decision.candidate
    if comparison is None or candidate is None or all(r.movement == "constant" for r in candidate.readings):
        return None
    found = generic(comparison.prints, case.books.rubric.tolerance)
    return found if found is not None and found.ids == ("constant_factor",) else None


def _named(decision: Decision) -> set[str]:
    found = decision.diagnosis
    return set() if found is None else {*found.ids, *found.alternatives}


def _title(check: str, case: Case) -> str:
    """As the reports call a check: its id may be a name of the solution's code."""
    return next(c.title for c in case.books.checks if c.id == check)


def doubt_swapped(decisions: Mapping[str, Decision], case: Case) -> dict[str, Decision]:
    """Right values under each other's names, where a size does not tell which is meant: a person decides."""
    size = case.books.size_of
    called = {
        name: next((r.meant for r in d.candidate.readings if r.called or _below_a_name(r)), None)
        for name, d in decisions.items()
        if d.verdict == "pass" and d.candidate is not None and not d.candidate.named(name)
    }
    settled = dict(decisions)
    for name, other in called.items():
        ring = _ring(name, called)
        if other is not None and any(size[a] == size[b] for a, b in pairwise(ring)):
            text = Said(
                "Right, but printed under the name of {other}, and another one under this; a person decides.",
                {"other": _title(other, case)},
            )
            settled[name] = decisions[name].waits(text)
    return settled


def _ring(name: str, called: Mapping[str, str | None]) -> list[str]:
    """The name, the one its value is called by, and so on until the name again; [] if that never comes."""
    ring = [name]
    while (other := called.get(ring[-1])) is not None:
        if other == name:
            return [*ring, name]
        if other in ring:
            break
        ring.append(other)
    return []


def _below_a_name(reading: Reading) -> bool:
    return reading.slot.first.above_distance == 1 and not reading.slot.first.label
