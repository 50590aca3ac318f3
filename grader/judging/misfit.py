"""A print that does not fit: wrong, partly right, or for a person to decide (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from grader.assignment.values import margin
from grader.judging.book import fits
from grader.judging.decision import Case, Decision, compared
from grader.judging.diagnose import named
from grader.judging.evidence import (
    TELLING,
    Comparison,
    digits,
    excluded,
    in_half_precision,
    last_digit_off,
    near,
)
from grader.judging.fit import STRONG
from grader.judging.match import Candidate
from grader.judging.relations import generic, show, times
from grader.judging.typed import typed_in
from grader.judging.wording import DIGITS_ALONE, FAIL, OTHER_WORLD, PARTIAL, TYPED_IN
from grader.models import Diagnosis, PrintedTensor, Said, VerdictName, together
from rubric.schema import TensorCheck, Tolerance

TRANSPOSED = ("transposed_layout",)
"""ids of the diagnosis of right numbers in another layout than is asked"""
_LITTLE = 1e-3  # of a tensor's magnitude: a constant cut to some digits (2.718) is off by that much
_HALF = Said("Close, and computed in half precision; a person decides.")
_LAST_DIGIT = Said("Right but for the last printed digit, as if digits were cut off; a person decides.")
_NEARLY = Said("Nearly right under every seed, as if computed with coarse constants; a person decides.")
_SOME_DIGITS_ALONE = Said("Some of them only look right at the few digits that were printed.")
_OTHER_UNIT = Said("Right in the unit that the label gives; a person decides.")
_PER_CENT = Said("Right if it is meant in per cent; a person decides.")
_CUT_SHORT = Said("The print was cut short; a person decides by what can be seen.")
_UNMOVED = Said("The values are right, but do not change with the random seed: were they computed here?")
_POWER = re.compile(  # of ten, in a label
    r"10\s*\^?\s*[-−]?\d|\de[-+−]?\d|µ|μ|[x×*]\s*10|\bscaled?\b|skaliert|milli|micro|mikro|nano|%|per\s?cent|Prozent",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Look:
    """A print beside the reference of its check."""

    check: TensorCheck
    candidate: Candidate
    comparison: Comparison | None
    case: Case

    @property
    def constant(self) -> bool:
        """Does it stand still while the worlds change?"""
        still = all(r.movement == "constant" for r in self.candidate.readings)
        return len(self.case.books.references) > 1 and still

    @property
    def typed(self) -> bool:
        return self.constant and typed_in(self.candidate, self.case.code)

    @property
    def tolerance(self) -> Tolerance:
        return self.case.books.rubric.tolerance_of(self.check.quantity)

    def decided(
        self, verdict: VerdictName, credit: float | None, reason: Said, diagnosis: Diagnosis | None = None
    ) -> Decision:
        return Decision(self.check.id, verdict, credit, reason, self.candidate, self.comparison, diagnosis)

    def typed_in(self) -> Decision:
        return replace(self.decided("fail", 0.0, TYPED_IN), typed_in=True)


def judge_misfit(check: TensorCheck, candidate: Candidate, case: Case) -> Decision:
    """Decide a check by a print that is not right in every world, by the first rule that speaks."""
    look = _Look(check, candidate, compared(check, candidate, case), case)
    rules = (
        _transposed,
        _imprecise,
        _in_another_unit,
        _mistaken,
        _cut_short,
        _of_another_size,
        _in_part,
        _in_one_world,
    )
    return next((d for rule in rules if (d := rule(look)) is not None), None) or _otherwise(look)


def _transposed(look: _Look) -> Decision | None:
    """Where the layout is asked, the right numbers the other way round are wrong; headings of a table may
    say that they are not."""
    if look.check.layout != "fixed" or len(look.candidate.readings) != 1:
        return None
    prints = look.candidate.readings[0].slot.prints
    right = look.case.books.forms.in_every_sign(look.check.quantity, look.case.books.references)
    if not any(
        all(
            p is None or (len(p.values) == v.size and fits(p, v.T.ravel(), margin(v, look.tolerance)).all())
            for p, v in zip(prints, values, strict=True)
        )
        for values in right
    ):
        return None
    text = Said("Rows and columns are the other way round: these are the expected values, transposed.")
    diagnosis = Diagnosis.of(TRANSPOSED, text)
    if prints[0] is not None and prints[0].form == "table":
        return look.decided("review", None, together(text, Said("A person decides.")), diagnosis)
    return look.decided("fail", 0.0, text, diagnosis)


def _imprecise(look: _Look) -> Decision | None:
    """Nearly right values are a person's business: they may be right, but computed or cut coarsely."""
    comparison = look.comparison
    if comparison is None or comparison.agrees.all():
        return None
    whole = all((expected == np.round(expected)).all() for _, expected in comparison.prints)
    if not whole and in_half_precision(comparison):
        return look.decided("review", None, _HALF)
    if last_digit_off(comparison, look.tolerance):
        return look.decided("review", None, _LAST_DIGIT)
    if not whole and look.candidate.kind != "mistaken" and near(comparison, _LITTLE):
        return look.decided("review", None, _NEARLY)
    return None


def _in_another_unit(look: _Look) -> Decision | None:
    """Right but for a power of ten, of which its words speak; whole per cent are rounded ones."""
    prints = (r.slot.first for r in look.candidate.readings)
    words = unicodedata.normalize("NFKC", " ".join(f"{p.label} {p.after} {p.above}" for p in prints))
    if look.comparison is None:
        return None
    if not _POWER.search(words):
        share = _a_share_in_per_cent(look.comparison)
        return look.decided("review", None, _PER_CENT) if share else None
    shown = [(_in_per_cent(p) if "%" in words else p, e) for p, e in look.comparison.prints]
    for power in (k for k in range(-12, 13) if k):
        if show([(p, 10.0**power * e) for p, e in shown], look.tolerance):
            unit = Diagnosis.of(("constant_factor",), times(10.0**power))
            return replace(look.decided("review", None, _OTHER_UNIT, unit), shown=True)
    return None


def _in_per_cent(printed: PrintedTensor) -> PrintedTensor:
    halves = (h or 0.5 * v.is_integer() for v, h in zip(printed.values, printed.half_unit, strict=True))
    return replace(printed, half_unit=tuple(halves))


def _a_share_in_per_cent(comparison: Comparison) -> bool:
    """Is it one number, a hundred times a share in every world?"""
    return all(
        e.size == 1 and 0.0 < e[0] <= 1.0 and abs(p.values[0] - 100 * e[0]) <= p.half_unit[0] + 1e-4 * e[0]
        for p, e in comparison.prints
    )


def _mistaken(look: _Look) -> Decision | None:
    """A known mistake gives these numbers; where no world moves them, whatever stands still may."""
    case, comparison = look.case, look.comparison
    if look.candidate.kind != "mistaken":
        return None
    if look.typed:
        return look.typed_in()
    if look.constant and (comparison is None or digits(comparison, look.tolerance) < TELLING):
        return look.decided("fail", 0.0, FAIL)
    rivals = case.explanation.rivals.get(look.candidate.mistakes, ())
    diagnosis = named(look.candidate.mistakes, case.mistakes, rivals)
    if diagnosis is not None and comparison is not None:
        diagnosis = _as_a_factor(diagnosis, generic(comparison.prints, look.tolerance))
    return look.decided("fail", 0.0, _differ(comparison, look.tolerance), diagnosis)


def _as_a_factor(mistakes: Diagnosis, relation: Diagnosis | None) -> Diagnosis:
    """Several mistakes that come to one factor: what is sure is the factor, which others give as well."""
    if len(mistakes.ids) == 1 or relation is None or relation.ids != ("constant_factor",):
        return mistakes
    return mistakes.model_copy(update={"message": relation.message, "said": relation.said})


def _cut_short(look: _Look) -> Decision | None:
    elided = any(r.slot.first.elided for r in look.candidate.readings)
    return look.decided("review", None, _CUT_SHORT) if elided else None


def _of_another_size(look: _Look) -> Decision | None:
    candidate = look.candidate
    if candidate.coverage == 1.0 or (candidate.coverage > 0.0 and candidate.kind != "named"):
        return None
    size = look.case.books.size_of[look.check.id]
    count = sum(r.size for r in candidate.readings)
    text = Said(
        "What is printed under this name has {count} numbers, not {size}.", {"count": count, "size": size}
    )
    return look.decided("fail", 0.0, text)


def _in_part(look: _Look) -> Decision | None:
    """A tensor of which only a part was printed."""
    coverage, rubric = look.candidate.coverage, look.case.books.rubric
    if coverage == 1.0:
        return None
    if look.candidate.kind == "right" and coverage >= rubric.partial.at_least:
        text = together(PARTIAL, Said("{share:.0%} of it was printed.", {"share": coverage}))
        return look.decided("partial", rubric.partial.share * coverage, text)
    only = Said("Only {share:.0%} of it was printed.", {"share": coverage})
    return look.decided("fail", 0.0, only if look.candidate.kind == "right" else together(FAIL, only))


def _in_one_world(look: _Look) -> Decision | None:
    """Right under the handout's seed, and not under another one."""
    if look.candidate.kind != "handout":
        return None
    if look.typed:
        return look.typed_in()
    if look.constant:
        return look.decided("review", None, _UNMOVED)
    told = excluded(look.candidate, look.check.quantity, look.case.books.singles, first_alone=True)
    if told >= STRONG and look.comparison is not None:
        return replace(look.decided("review", None, OTHER_WORLD), hidden=True)
    return look.decided("fail", 0.0, together(FAIL, DIGITS_ALONE))


def _otherwise(look: _Look) -> Decision:
    """Nothing known explains it: told is how it relates to the right values, if it does."""
    comparison, rubric = look.comparison, look.case.books.rubric
    if comparison is None:
        return look.decided("fail", 0.0, together(FAIL, Said("The shape does not fit either.")))
    diagnosis = None if look.constant else generic(comparison.prints, look.tolerance)
    one_wrong = diagnosis is not None and diagnosis.ids == ("one_element",)
    if one_wrong and look.candidate.named(look.check.id) and comparison.share >= rubric.partial.at_least:
        return look.decided("partial", rubric.partial.share * comparison.share, PARTIAL, diagnosis)
    return look.decided("fail", 0.0, _differ(comparison, look.tolerance), diagnosis)


def _differ(comparison: Comparison | None, tolerance: Tolerance) -> Said:
    """That the values are wrong, and why some that look right are marked."""
    if comparison is not None and len(comparison.prints) > 1:
        printed, expected = comparison.prints[0]
        alike = fits(printed, expected, margin(expected, tolerance))
        if alike.sum() > comparison.agrees.sum():
            return together(FAIL, _SOME_DIGITS_ALONE)
    return FAIL
