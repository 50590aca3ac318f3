"""A print that fits the reference in every world: is it enough, and is it the one that is meant? (pure)"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grader.assignment.values import Array, moves
from grader.judging.decision import Case, Decision, compared
from grader.judging.evidence import LEAST_DIGITS, Comparison, digits, excluded
from grader.judging.match import Candidate
from grader.judging.reading import Reading
from grader.judging.source import Code
from grader.judging.typed import may_be_typed_in, typed_in
from grader.judging.wording import PASSED, TYPED_IN
from grader.models import Flag, Said
from rubric.schema import TensorCheck, Tolerance

STRONG = 0.9  # share of the known mistakes that a print must rule out
_SERIES = 3  # values under names that count, so that none of them is the answer
_COUNT = re.compile(r"\d+")
_ALSO_TYPED = Said("These numbers also stand in the code; a person looks whether they were computed.")
_ONLY_HERE = Said(
    "The print fits, but did not appear under another seed; a person looks whether it was computed."
)
_UNNAMED = Said(
    "The print fits, but its name does not say so; such a number may stand there for many reasons."
)
_ONE_OF_MANY = Said(
    "One of many prints of this size, and nothing says that it is the answer; a person decides."
)
_CROWD = 6  # prints of one size that nothing names: a shotgun fires more, intermediate results are fewer
_BETTER = {
    *("final", "correct", "corrected", "correctly", "right", "fixed", "answer", "result", "results"),
    *("solution", "now", "actual", "actually", "true", "endgültig", "richtig", "korrigiert", "korrekt"),
    *("lösung", "ergebnis", "ergebnisse"),
}
_FEW = 8  # whole numbers that may stand in a notebook by accident


def judge_fit(
    check: TensorCheck, right: Sequence[Candidate], others: Sequence[Candidate], case: Case
) -> Decision:
    """Decide a check of which some print is right.

    right: the prints that fit in every world in which they appeared. others: what else was offered for it.
    """
    best = max(
        right, key=lambda c: (c.seen_everywhere, c.named(check.id), _says_other(c, check, case) is None)
    )
    comparison = compared(check, best, case)
    flags: list[Flag] = []
    doubt = _doubt(check, best, comparison, case)
    if doubt is not None:
        return replace(doubt, candidate=best, comparison=comparison)
    doubt_text = _rivalry(check, best, right, others, case)
    if doubt_text is not None:
        return Decision(check.id, "review", None, doubt_text, best, comparison)
    other = _says_other(best, check, case)
    if other is not None:
        label = best.readings[0].slot.first.label or best.readings[0].slot.first.above
        flags.append(
            Flag.of(
                "label_mismatch",
                Said(
                    "{check} is right, but cell {cell} labels it {label!r}",
                    {"check": check.id, "cell": best.cell + 1, "label": label[:60]},
                ),
            )
        )
    if any(o.coverage == 1.0 for o in others):
        text = Said("{check} was printed with other values too", {"check": check.id})
        flags.append(Flag.of("several_values", text))
    return Decision(check.id, "pass", 1.0, PASSED, best, comparison, flags=tuple(flags))


def _doubt(check: TensorCheck, best: Candidate, comparison: Comparison | None, case: Case) -> Decision | None:
    """Why a print that fits is not enough, if it is not."""
    expected = [reference[check.quantity] for reference in case.references]
    several, moving = len(expected) > 1, moves(expected, case.rubric.tolerance)
    ruled_out = excluded(best, check.quantity, case.variants)

    def open_(reason: Said) -> Decision:
        return Decision(check.id, "review", None, reason)

    if several and not best.seen_everywhere:
        return open_(_ONLY_HERE)
    if not moving and may_be_typed_in(best, case.code):
        return open_(_ALSO_TYPED)
    if several and typed_in(best, case.code):
        if all(r.movement == "constant" for r in best.readings):
            return Decision(check.id, "fail", 0.0, TYPED_IN, typed_in=True)
        if all(typed_in(best, case.code, world) for world in range(1, len(expected))):
            return open_(_ALSO_TYPED)
    if ruled_out < STRONG:
        return open_(Said("The print fits, but its few digits also fit known mistakes."))
    if _tells_nothing(comparison, case.rubric.tolerance):
        return open_(Said("The print fits, but so would any other small number; a person decides."))
    common = _is_common(expected, moving=moving) or check.quantity in case.twins
    if common and not best.named(check.id) and not best.may_be_named(check.id):
        return open_(_UNNAMED)
    return None


def _tells_nothing(comparison: Comparison | None, tolerance: Tolerance) -> bool:
    """Do the printed digits leave open whether these are anything but zeros?"""
    if comparison is None or digits(comparison, tolerance) >= LEAST_DIGITS:
        return False
    zero = not any(expected.any() for _, expected in comparison.prints)
    return not (zero and not any(h for printed, _ in comparison.prints for h in printed.half_unit))


def _is_common(expected: Sequence[Array], *, moving: bool) -> bool:
    """Is it one number, or a few whole ones that are the same in every world?"""
    first = expected[0]
    few = first.size <= _FEW and bool((first == np.round(first)).all()) and not moving
    return first.size == 1 or few


def _says_other(candidate: Candidate, check: TensorCheck, case: Case) -> str | None:
    """The check that its label names instead; a label can only lie about a tensor of the same size."""
    if candidate.named(check.id):
        return None
    reference = case.references[0]
    alike = {
        c.id
        for c in case.rubric.tensor_checks()
        if reference[c.quantity].size == reference[check.quantity].size
    }
    return next((r.meant for r in candidate.readings if r.called and r.meant in alike), None)


def _rivalry(
    check: TensorCheck,
    best: Candidate,
    right: Sequence[Candidate],
    others: Sequence[Candidate],
    case: Case,
) -> Said | None:
    """Other values offered for the same check: None where it is clear which one is meant."""
    if _in_a_crowd(check, best, case):
        return _ONE_OF_MANY
    rivals = [
        o
        for o in others
        if o.kind in ("mistaken", "named") and o.coverage == 1.0 and not _is_nothing(o) and not _counts(o)
    ]
    if not _called_aside(best, case):
        rivals = [o for o in rivals if not _called_aside(o, case)]
    if any(not _aside(c) for c in right):
        rivals = [o for o in rivals if not _aside(o)]
    if any(not _aside_by_comment(c) for c in right):
        rivals = [o for o in rivals if not _aside_by_comment(o)]
    rivals = [o for o in _without_series(rivals, right) if not _says_more(o, right, check.id)]
    if not rivals:
        return None
    if any(c.named(check.id) for c in right) and not any(
        o.named(check.id) or _of_one_print(o, best) or _right_behind(o, best) for o in rivals
    ):
        return None
    first, last = min(c.first for c in right), max(c.last for c in right)
    later = [o for o in rivals if o.first > first]
    if len(later) == len(rivals) and _after_a_change(right, rivals, case.code):
        return None
    if all(first < o.first and o.last < last for o in rivals):
        return None  # what was printed first is what was printed again at the end
    latest = max(right, key=lambda c: c.last)
    if all(o.cell < latest.cell for o in rivals) and len(rivals) <= 2 and last == latest.last:
        return None
    return Said(
        "Several values were printed for this (also in cell {cells}); a person decides which is meant.",
        {"cells": tuple(sorted({o.cell + 1 for o in rivals}))},
    )


def _in_a_crowd(check: TensorCheck, best: Candidate, case: Case) -> bool:
    """Is it one of many prints of its size, or are its parts, that neither a name nor a value tells apart?"""
    if len(best.readings) > 1:
        return _between_its_parts(check, best, case)
    if best.named(check.id):
        return False
    crowd = [
        r
        for r in case.readings
        if r.size == best.readings[0].size
        and r.movement == "moves"
        and not (r.exact or r.meant or r.meaning.names_background)
    ]
    if len(crowd) <= _CROWD:
        return False
    trained = any(c.updates_parameters for c in case.code.cells if c.index <= crowd[-1].slot.first.cell)
    return not trained or crowd[0].order < best.first


def _between_its_parts(check: TensorCheck, best: Candidate, case: Case) -> bool:
    """Do others of the size of its parts stand between them, and no name tells which are meant?"""
    parts = {r.order for r in best.readings}
    sizes = {r.size for r in best.readings}
    names = {_named_like(r) for r in best.readings}
    return any(
        r.size in sizes
        and min(parts) < r.order < max(parts)
        and r.order not in parts
        and r.movement == "moves"
        and not r.exact
        and (_named_like(r) in names if best.named(check.id) else not _speaks_of_another(r, check))
        for r in case.readings
    )


def _speaks_of_another(reading: Reading, check: TensorCheck) -> bool:
    """Does its own label name something else?"""
    if not reading.slot.first.label:
        return False
    return reading.meaning.names_background or (reading.called and reading.meant not in (None, check.id))


def _of_one_print(one: Candidate, other: Candidate) -> bool:
    """Are both parts of the same print, a stack or a table, which has one name for all that is in it?"""
    places = {(p.cell, p.output, p.span) for p in (r.slot.first for r in one.readings)}
    return any((p.cell, p.output, p.span) in places for p in (r.slot.first for r in other.readings))


def _right_behind(one: Candidate, other: Candidate) -> bool:
    """Does it follow the other without a name of its own, so that the other's name is for both?"""
    named, next_ = other.readings[-1].slot.first, one.readings[0].slot.first
    return (
        one.first == other.last + 1
        and (named.cell, named.output) == (next_.cell, next_.output)
        and next_.label in ("", named.after)
    )


def _is_nothing(candidate: Candidate) -> bool:
    """Is it all zeros in every world: not yet computed, or zeroed again? That is no rival of a value."""
    prints = [p for r in candidate.readings for p in r.slot.prints if p is not None]
    return not any(v for p in prints for v in p.values)


def _counts(candidate: Candidate) -> bool:
    """Is it whole numbers that no world moves: indices, a header that counts columns?"""
    prints = [r.slot.first for r in candidate.readings]
    whole = all(
        v.is_integer() and h in (0.0, 0.5) for p in prints for v, h in zip(p.values, p.half_unit, strict=True)
    )
    return whole and all(r.movement == "constant" for r in candidate.readings)


def _says_more(rival: Candidate, right: Sequence[Candidate], check: str) -> bool:
    """Is it called like a right value and something more, by which it is another: `h1 sorted` beside `h1`?

    Not where it is said to be the better one.
    """
    more = rival.readings[0].unknown
    if len(rival.readings) > 1 or not rival.may_be_named(check) or more & _BETTER:
        return False
    return any(c.named(check) and c.may_be_named(check) and c.readings[0].unknown < more for c in right)


def _called_aside(candidate: Candidate, case: Case) -> bool:
    """Do its labels say that it stands beside the answer, to compare with?"""
    return case.rubric.asides is not None and all(
        case.rubric.asides in r.meaning.words for r in candidate.readings
    )


def _aside(candidate: Candidate) -> bool:
    """Do its labels say so, or what they stand below?"""
    return all(r.aside for r in candidate.readings)


def _aside_by_comment(candidate: Candidate) -> bool:
    return all(r.aside_by_comment for r in candidate.readings)


def _without_series(rivals: Sequence[Candidate], right: Sequence[Candidate]) -> list[Candidate]:
    """Without values under one name that only a number changes: of each instance, of each epoch.

    The right one is none of them if it is called otherwise.
    """
    for name in (_name, _full_name):
        counts = Counter(name(o) for o in rivals)
        names = {name(c) for c in right}
        rivals = [o for o in rivals if counts[name(o)] < _SERIES or name(o) in names]
    return list(rivals)


def _name(candidate: Candidate) -> str:
    return _named_like(candidate.readings[0])


def _named_like(reading: Reading) -> str:
    return _COUNT.sub("#", reading.slot.first.label)


def _full_name(candidate: Candidate) -> str:
    return f"{_name(candidate)} below {_COUNT.sub('#', candidate.readings[0].slot.first.above)}"


def _after_a_change(right: Sequence[Candidate], rivals: Sequence[Candidate], code: Code) -> bool:
    """Are the later values the same quantity of other parameters: updated, or drawn again?"""
    end = max(r.cell for r in rivals)
    begin = min(c.cell for c in right)
    return any(
        c.updates_parameters or (c.index in code.draws and begin < c.index)
        for c in code.cells
        if c.index <= end
    )
