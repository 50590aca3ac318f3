"""A print that does not fit: wrong, partly right, or for a person to decide (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from grader.assignment.values import margin
from grader.judging.book import fits
from grader.judging.decision import Case, Decision, compared
from grader.judging.diagnose import named
from grader.judging.evidence import TELLING, Comparison, digits, excluded, in_half_precision, last_digit_off
from grader.judging.fit import STRONG
from grader.judging.match import Candidate
from grader.judging.relations import generic, times
from grader.judging.typed import typed_in
from grader.judging.wording import FAIL, PARTIAL, TYPED_IN
from grader.models import Diagnosis, Said, VerdictName, together
from rubric.schema import Rubric, TensorCheck

_OTHER_WORLD = Said("Right under the handout's seed, different under another one; a person looks why.")
_DIGITS_ALONE = Said("They only look right at the few digits that were printed.")
_SOME_DIGITS_ALONE = Said("Some of them only look right at the few digits that were printed.")
_OTHER_UNIT = Said("Right in the unit that the label gives; a person decides.")
_CUT_SHORT = Said("The print was cut short; a person decides by what can be seen.")
_ANOTHER_ORDER = Said("All of it was printed, in another order; a person decides.")
_UNMOVED = Said("The values are right, but do not change with the random seed: were they computed here?")
_POWER = re.compile(  # of ten, in a label
    r"10\s*\^?\s*[-−]?\d|\de[-+−]?\d|µ|μ|[x×*]\s*10|\bscaled?\b|skaliert|milli|micro|mikro|nano|%",
    re.IGNORECASE,
)


def judge_misfit(check: TensorCheck, candidate: Candidate, case: Case) -> Decision:
    """Decide a check by a print that is not right as a whole in every world."""
    rubric = case.rubric
    comparison = compared(check, candidate, case)

    def decided(
        verdict: VerdictName, credit: float | None, reason: Said, diagnosis: Diagnosis | None = None
    ) -> Decision:
        return Decision(check.id, verdict, credit, reason, candidate, comparison, diagnosis)

    doubt = _imprecise(comparison, rubric)
    if doubt is not None:
        return decided("review", None, doubt)
    unit = _other_unit(candidate, comparison, case)
    if unit is not None:
        return decided("review", None, _OTHER_UNIT, unit)
    constant = len(case.references) > 1 and all(r.movement == "constant" for r in candidate.readings)
    if candidate.kind == "mistaken" and constant:
        # a mistake whose numbers no world moves is met by whatever stands still, too
        if typed_in(candidate, case.code):
            return replace(decided("fail", 0.0, TYPED_IN), typed_in=True)
        if comparison is None or digits(comparison, rubric.tolerance) < TELLING:
            return decided("fail", 0.0, FAIL)
    if candidate.kind == "mistaken":
        rivals = case.explanation.rivals.get(candidate.mistakes, ())
        diagnosis = named(candidate.mistakes, case.mistakes, rivals)
        return decided("fail", 0.0, _differ(comparison, rubric), diagnosis)
    if any(r.slot.first.elided for r in candidate.readings):
        return decided("review", None, _CUT_SHORT)
    if candidate.coverage == 0.0 or (candidate.kind == "named" and candidate.coverage < 1.0):
        size = case.references[0][check.quantity].size
        text = Said(
            "What is printed under this name has {count} numbers, not {size}.",
            {"count": _count(candidate), "size": size},
        )
        return decided("fail", 0.0, text)
    if candidate.coverage < 1.0 and _all_there(check, case):
        return decided("review", None, _ANOTHER_ORDER)
    if candidate.coverage < 1.0:
        return _judge_part(candidate, rubric, decided)
    if candidate.kind == "handout":
        if constant and typed_in(candidate, case.code):
            return replace(decided("fail", 0.0, TYPED_IN), typed_in=True)
        if constant:
            return decided("review", None, _UNMOVED)
        if _excluded_first(check, candidate, case) >= STRONG and comparison is not None:
            return replace(decided("review", None, _OTHER_WORLD), hidden=True)
        return decided("fail", 0.0, together(FAIL, _DIGITS_ALONE))
    if comparison is None:
        return decided("fail", 0.0, together(FAIL, Said("The shape does not fit either.")))
    diagnosis = None if constant else generic(comparison.prints, rubric.tolerance)
    one_wrong = diagnosis is not None and diagnosis.ids == ("one_element",)
    if one_wrong and candidate.named(check.id) and comparison.share >= rubric.partial.at_least:
        share = rubric.partial.share * comparison.share
        return decided("partial", share, PARTIAL, diagnosis)
    return decided("fail", 0.0, _differ(comparison, rubric), diagnosis)


def _differ(comparison: Comparison | None, rubric: Rubric) -> Said:
    """That the values are wrong, and why some that look right are marked."""
    if comparison is not None and len(comparison.prints) > 1:
        printed, expected = comparison.prints[0]
        alike = fits(printed, expected, margin(expected, rubric.tolerance))
        if alike.sum() > comparison.agrees.sum():
            return together(FAIL, _SOME_DIGITS_ALONE)
    return FAIL


def _other_unit(candidate: Candidate, comparison: Comparison | None, case: Case) -> Diagnosis | None:
    """The factor, where the values are a power of ten times the expected ones and a label says so."""
    said = " ".join(
        f"{r.slot.first.label} {r.slot.first.after} {r.slot.first.above}" for r in candidate.readings
    )
    in_label = bool(_POWER.search(unicodedata.normalize("NFKC", said)))
    if comparison is None:
        return None
    if comparison.agrees.size == 1:
        return _unit_of_one(comparison, per_cent="%" in said) if in_label else None
    diagnosis = generic(comparison.prints, case.rubric.tolerance)
    if diagnosis is None or diagnosis.ids != ("constant_factor",):
        return None
    printed, expected = comparison.prints[-1]
    biggest = int(np.argmax(np.abs(expected)))
    power = float(np.log10(abs(printed.values[biggest] / expected[biggest])))
    if abs(power - round(power)) > 1e-3 or round(power) == 0:
        return None
    before = candidate.kind != "mistaken" and _stands_before(candidate, round(power), case)
    return diagnosis if in_label or before else None


def _stands_before(candidate: Candidate, power: int, case: Case) -> bool:
    """Does the same output show this power of ten, or its inverse, before it, as in ``1e6 * dL/dW1:``?"""
    own = candidate.readings[0].slot.first
    before = (r.slot.first for r in case.readings if r.order < candidate.first and r.size == 1)
    return any(
        (p.cell, p.output) == (own.cell, own.output)
        and bool(np.isclose(np.abs(p.values[0]), (10.0**power, 10.0**-power), rtol=1e-9, atol=0.0).any())
        for p in before
    )


def _unit_of_one(comparison: Comparison, *, per_cent: bool) -> Diagnosis | None:
    """The same of a single number; whole per cent are rounded ones."""
    for power in range(-9, 10) if comparison.prints[0][1].all() else ():
        scale = 10.0**power
        reaches = [
            max(p.half_unit[0], 0.5 if per_cent and p.values[0].is_integer() else 0.0)
            + 1e-6 * scale * abs(e[0])
            for p, e in comparison.prints
        ]
        off = [abs(p.values[0] - scale * e[0]) for p, e in comparison.prints]
        telling = all(
            r < 0.5 * scale * abs(e[0]) for r, (_, e) in zip(reaches, comparison.prints, strict=True)
        )
        if power and telling and all(o <= r for o, r in zip(off, reaches, strict=True)):
            return times(scale)
    return None


def _all_there(check: TensorCheck, case: Case) -> bool:
    """Does every row, or every column, of it stand somewhere?"""
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    for reading in case.readings:
        for view in reading.exact:
            if view.target.quantity == check.quantity and view.layout in ("row", "column"):
                found[view.layout, view.count].add(view.index)
    return any(len(indices) == count for (_, count), indices in found.items())


def _judge_part(candidate: Candidate, rubric: Rubric, decided: Callable[..., Decision]) -> Decision:
    """A tensor of which only a part was printed."""
    shown = {"share": candidate.coverage}
    if candidate.kind == "right" and candidate.coverage >= rubric.partial.at_least:
        share = rubric.partial.share * candidate.coverage
        return decided("partial", share, together(PARTIAL, Said("{share:.0%} of it was printed.", shown)))
    wrong = () if candidate.kind == "right" else (FAIL,)
    return decided("fail", 0.0, together(*wrong, Said("Only {share:.0%} of it was printed.", shown)))


def _count(candidate: Candidate) -> int:
    return sum(r.size for r in candidate.readings)


def _imprecise(comparison: Comparison | None, rubric: Rubric) -> Said | None:
    """Why nearly right values are a person's business: they may be right, but computed or cut coarsely."""
    if comparison is None or comparison.agrees.all():
        return None
    whole = all((expected == np.round(expected)).all() for _, expected in comparison.prints)
    if not whole and in_half_precision(comparison):
        return Said("Close, and computed in half precision; a person decides.")
    if last_digit_off(comparison, rubric.tolerance):
        return Said("Right but for the last printed digit, as if digits were cut off; a person decides.")
    return None


def _excluded_first(check: TensorCheck, candidate: Candidate, case: Case) -> float:
    """Share of the known mistakes that the print of the handout's world alone rules out."""
    alone = [
        replace(r, slot=replace(r.slot, prints=(r.slot.first, *(None for _ in r.slot.prints[1:]))))
        for r in candidate.readings
    ]
    return excluded(replace(candidate, readings=tuple(alone)), check.quantity, case.variants)
