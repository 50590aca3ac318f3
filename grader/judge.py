"""Right or not, and why not: one verdict per numeric check (pure).

A check passes when a print fits the reference in every world and tells it from the known mistakes.
What fits in the handout's world only is decided by what the other world shows: numbers that do not
move with the world were not computed from it, numbers that move to something wrong were wrong all
along. What stays open goes to a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.assignment import Array
from grader.book import Book, View
from grader.diagnose import Explanation, named
from grader.evidence import Comparison, compare, digits, excluded, in_half_precision, last_digit_off
from grader.match import Candidate
from grader.models import Diagnosis, Flag, PrintedTensor, VerdictName
from grader.reading import Reading
from grader.relations import generic
from grader.source import Code
from rubric.schema import Mistake, Rubric, TensorCheck

STRONG = 0.9  # share of the known mistakes that a print must rule out
STRONG_ALONE = 0.8  # the same for a print that only the handout's world shows, with three digits or more
_OTHER_WORLD = "Right under the handout's seed, different under another one; a person looks why."
_POWER = re.compile(  # of ten, in a label
    r"10\s*\^?\s*[-−]?\d|\de[-+−]?\d|µ|μ|[x×*]\s*10|\bscaled?\b|skaliert|milli|micro|mikro|nano",
    re.IGNORECASE,
)
_LITERAL = 0.75  # share of a print's numbers that stand in the code, for it to count as typed in


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one check.

    credit: share of its points; None while a person decides. typed_in: its numbers stand in the code.
    hidden: it fits in the handout's world and differs in another. guesses: hypotheses that give what was
    printed in place of this, the likeliest first; which one is told is for the other checks to say.
    """

    check: str
    verdict: VerdictName
    credit: float | None
    reason: str
    candidate: Candidate | None = None
    comparison: Comparison | None = None
    diagnosis: Diagnosis | None = None
    flags: tuple[Flag, ...] = ()
    typed_in: bool = False
    hidden: bool = False
    guesses: tuple[tuple[str, ...], ...] = ()

    @property
    def mistakes(self) -> tuple[str, ...]:
        return self.candidate.mistakes if self.candidate is not None else ()


@dataclass(frozen=True)
class Case:
    """Everything a verdict may rest on, besides the candidates.

    confirmed: checks of which every world shows a right value that moves with the world.
    """

    rubric: Rubric
    references: tuple[Mapping[str, Array], ...]
    variants: Book
    mistakes: Mapping[str, Mistake]
    explanation: Explanation
    code: Code
    readings: tuple[Reading, ...]
    confirmed: frozenset[str] = frozenset()


def judge(check: TensorCheck, candidates: Sequence[Candidate], case: Case) -> Decision:
    """Decide one numeric check from its candidates, which are in the order they were printed."""
    whole = [c for c in candidates if c.kind == "right" and c.coverage == 1.0]
    if whole:
        return _judge_right(check, whole, [c for c in candidates if c.kind != "right"], case)
    if not candidates:
        return _judge_nothing(check, case)
    named_ones = [c for c in candidates if c.named(check.id)]
    meant = (named_ones or list(candidates))[-1]
    decision = _judge_wrong(check, meant, case)
    for other in candidates:
        if other is not meant and other.kind in ("handout", "right") and decision.verdict != "partial":
            rival = _judge_wrong(check, other, case)
            if rival.verdict == "review":
                return rival
    return decision


def _judge_nothing(check: TensorCheck, case: Case) -> Decision:
    claimed = [
        (r, v.target.quantity)
        for r in case.readings
        for v in r.exact
        if r.meant == check.id and v.whole and r.size > 1
    ]
    if claimed:
        printed, quantity = max(
            enumerate(claimed), key=lambda c: (c[1][0].order, c[1][0].meaning.words.get(c[1][1], 0), c[0])
        )[1]
        text = f"The print labelled {printed.slot.first.label or check.title!r} shows {quantity}."
        views = [v for v in _variants_of(printed, case) if v.target.quantity == check.quantity and v.whole]
        return Decision(check.id, "fail", 0.0, text, guesses=_guesses(views, case))
    return Decision(check.id, "missing", 0.0, case.rubric.messages.missing)


def _guesses(views: Sequence[View], case: Case) -> tuple[tuple[str, ...], ...]:
    """The mistakes that give this print, those first that leave alone what was printed right."""
    right = {v.target.quantity for r in case.readings for v in r.exact if v.whole}
    contradicted = {t.mistakes for t in case.variants.targets if t.quantity in right}
    return tuple(sorted((v.target.mistakes for v in views), key=lambda ids: ids in contradicted))


def _variants_of(reading: Reading, case: Case) -> list[View]:
    return case.variants.lookup(reading.slot, range(len(reading.slot.prints)))


# ------------------------------------------------------------------ a print that fits everywhere


def _judge_right(
    check: TensorCheck, right: Sequence[Candidate], others: Sequence[Candidate], case: Case
) -> Decision:
    messages = case.rubric.messages
    best = max(
        right, key=lambda c: (c.seen_everywhere, c.named(check.id), _says_other(c, check, case) is None)
    )
    comparison = _compare(check, best, case)
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
            Flag(
                id="label_mismatch",
                message=f"{check.id} is right, but cell {best.cell + 1} labels it {label[:60]!r}",
            )
        )
    if others:
        flags.append(Flag(id="several_values", message=f"{check.id} was printed with other values too"))
    if not best.seen_everywhere:
        flags.append(
            Flag(
                id="one_world",
                message=f"{check.id} was seen in the handout's world only; that print alone is strong enough",
            )
        )
    return Decision(check.id, "pass", 1.0, messages.passed, best, comparison, flags=tuple(flags))


def _doubt(check: TensorCheck, best: Candidate, comparison: Comparison | None, case: Case) -> Decision | None:
    """Why a print that fits is not enough, if it is not."""
    several = len(case.references) > 1
    ruled_out = excluded(best, check.quantity, case.variants)
    precise = comparison is not None and digits(comparison, case.rubric.tolerance) >= 2.5
    if several and not best.seen_everywhere:
        if _typed_in(best, case.code):
            return Decision(
                check.id,
                "review",
                None,
                "These numbers also stand in the code; a person looks whether they were computed.",
            )
        if not case.confirmed:
            text = (
                "The print fits, but nothing under another seed shows that this notebook computes its values."
            )
            return Decision(check.id, "review", None, text)
        if ruled_out >= STRONG_ALONE and precise:
            return None
        return Decision(
            check.id,
            "review",
            None,
            "The print fits, but says too little by itself, and did not appear under another seed.",
        )
    if several and all(r.movement == "constant" for r in best.readings) and _typed_in(best, case.code):
        return Decision(check.id, "fail", 0.0, case.rubric.messages.typed_in, typed_in=True)
    if ruled_out < STRONG:
        return Decision(
            check.id, "review", None, "The print fits, but its few digits also fit known mistakes."
        )
    return None


def _says_other(candidate: Candidate, check: TensorCheck, case: Case) -> str | None:
    """The check that its label names instead; a label can only lie about a tensor of the same size."""
    if candidate.named(check.id):
        return None
    reference = case.references[0]
    alike = {
        c.id
        for c in case.rubric.checks()
        if isinstance(c, TensorCheck) and reference[c.quantity].size == reference[check.quantity].size
    }
    return next((r.meant for r in candidate.readings if r.called and r.meant in alike), None)


def _rivalry(
    check: TensorCheck,
    best: Candidate,
    right: Sequence[Candidate],
    others: Sequence[Candidate],
    case: Case,
) -> str | None:
    """Other values offered for the same check: None where it is clear which one is meant."""
    rivals = [o for o in others if o.kind in ("mistaken", "named") and o.coverage == 1.0]
    if not _aside(best, case):
        rivals = [o for o in rivals if not _aside(o, case)]
    if not rivals:
        return None
    if any(c.named(check.id) for c in right) and not any(o.named(check.id) for o in rivals):
        return None
    first, last = min(c.first for c in right), max(c.last for c in right)
    later = [o for o in rivals if o.first > first]
    if len(later) == len(rivals) and _after_training(rivals, case.code):
        return None
    latest = max(right, key=lambda c: c.last)
    if all(o.cell < latest.cell for o in rivals) and len(rivals) <= 2 and last == latest.last:
        return None
    where = ", ".join(sorted({str(o.cell + 1) for o in rivals}))
    return f"Several values were printed for this (also in cell {where}); a person decides which is meant."


def _aside(candidate: Candidate, case: Case) -> bool:
    """Do its labels say that it stands beside the answer, to compare with?"""
    return case.rubric.asides is not None and all(
        case.rubric.asides in r.meaning.words for r in candidate.readings
    )


def _after_training(rivals: Sequence[Candidate], code: Code) -> bool:
    """Are the later values the same quantity printed again after the parameters changed?"""
    end = max(r.cell for r in rivals)
    return any(c.updates_parameters for c in code.cells if c.index <= end)


# ------------------------------------------------------------------ a print that does not


def _judge_wrong(check: TensorCheck, candidate: Candidate, case: Case) -> Decision:
    rubric = case.rubric
    comparison = _compare(check, candidate, case)

    def decided(
        verdict: VerdictName, credit: float | None, reason: str, diagnosis: Diagnosis | None = None
    ) -> Decision:
        return Decision(check.id, verdict, credit, reason, candidate, comparison, diagnosis)

    doubt = _imprecise(comparison, rubric)
    if doubt is not None:
        return decided("review", None, doubt)
    if candidate.kind == "mistaken":
        rivals = case.explanation.rivals.get(candidate.mistakes, ())
        diagnosis = named(candidate.mistakes, case.mistakes, rivals)
        return decided("fail", 0.0, rubric.messages.fail, diagnosis)
    if any(r.slot.first.elided for r in candidate.readings):
        return decided("review", None, "The print was cut short; a person decides by what can be seen.")
    if candidate.coverage == 0.0:
        size = case.references[0][check.quantity].size
        return decided(
            "fail", 0.0, f"What is printed under this name has {_count(candidate)} numbers, not {size}."
        )
    if candidate.coverage < 1.0:
        return _judge_part(candidate, rubric, decided)
    constant = len(case.references) > 1 and all(r.movement == "constant" for r in candidate.readings)
    if candidate.kind == "handout":
        if constant and _typed_in(candidate, case.code):
            return replace(decided("fail", 0.0, rubric.messages.typed_in), typed_in=True)
        if constant:
            return decided(
                "review",
                None,
                "The values are right, but do not change with the random seed: were they computed here?",
            )
        if excluded_first(check, candidate, case) >= STRONG and comparison is not None:
            return replace(decided("review", None, _OTHER_WORLD), hidden=True)
        return decided(
            "fail", 0.0, f"{rubric.messages.fail} They only look right at the few digits that were printed."
        )
    if comparison is None:
        return decided("fail", 0.0, f"{rubric.messages.fail} The shape does not fit either.")
    diagnosis = None if constant else generic(comparison.prints, rubric.tolerance)
    if (
        diagnosis is not None
        and diagnosis.ids == ("constant_factor",)
        and _in_other_units(candidate, comparison)
    ):
        return decided("review", None, "Right in the unit that the label gives; a person decides.", diagnosis)
    one_wrong = diagnosis is not None and diagnosis.ids == ("one_element",)
    if one_wrong and candidate.named(check.id) and comparison.share >= rubric.partial.at_least:
        share = rubric.partial.share * comparison.share
        return decided("partial", share, rubric.messages.partial, diagnosis)
    return decided("fail", 0.0, rubric.messages.fail, diagnosis)


def _in_other_units(candidate: Candidate, comparison: Comparison) -> bool:
    """Are the values a power of ten times the expected ones, and does a label speak of such a power?"""
    printed, expected = comparison.prints[-1]
    biggest = int(np.argmax(np.abs(expected)))
    power = np.log10(abs(printed.values[biggest] / expected[biggest]))
    if abs(power - round(power)) > 1e-3 or round(power) == 0:
        return False
    said = " ".join(
        f"{r.slot.first.label} {r.slot.first.after} {r.slot.first.above}" for r in candidate.readings
    )
    return bool(_POWER.search(unicodedata.normalize("NFKC", said)))


def _judge_part(candidate: Candidate, rubric: Rubric, decided: Callable[..., Decision]) -> Decision:
    """A tensor of which only a part was printed."""
    shown = f"{candidate.coverage:.0%} of it was printed."
    if candidate.kind == "right" and candidate.coverage >= rubric.partial.at_least:
        share = rubric.partial.share * candidate.coverage
        return decided("partial", share, f"{rubric.messages.partial} {shown}")
    wrong = "" if candidate.kind == "right" else f"{rubric.messages.fail} "
    return decided("fail", 0.0, f"{wrong}Only {shown}")


def _count(candidate: Candidate) -> int:
    return sum(r.size for r in candidate.readings)


def _imprecise(comparison: Comparison | None, rubric: Rubric) -> str | None:
    """Why nearly right values are a person's business: they may be right, but computed or cut coarsely."""
    if comparison is None or comparison.agrees.all():
        return None
    if in_half_precision(comparison):
        return "Close, and computed in half precision; a person decides."
    if last_digit_off(comparison, rubric.tolerance):
        return "Right but for the last printed digit, as if digits were cut off; a person decides."
    return None


def excluded_first(check: TensorCheck, candidate: Candidate, case: Case) -> float:
    """Share of the known mistakes that the print of the handout's world alone rules out."""
    alone = [
        replace(r, slot=replace(r.slot, prints=(r.slot.first, *(None for _ in r.slot.prints[1:]))))
        for r in candidate.readings
    ]
    return excluded(replace(candidate, readings=tuple(alone)), check.quantity, case.variants)


# ------------------------------------------------------------------ helpers


def _compare(check: TensorCheck, candidate: Candidate, case: Case) -> Comparison | None:
    expected = [reference[check.quantity] for reference in case.references]
    return compare(candidate, expected, case.rubric.tolerance)


def _typed_in(candidate: Candidate, code: Code) -> bool:
    """Do most of the printed numbers stand as literals in the code?"""
    literals = np.abs(np.asarray(code.literals))
    if not literals.size:
        return False
    literals.sort()
    known = total = 0
    for reading in candidate.readings:
        hits, counted = _literal_hits(reading.slot.first, literals)
        known, total = known + hits, total + counted
    return total > 0 and known >= _LITERAL * total


def _literal_hits(printed: PrintedTensor, literals: Array) -> tuple[int, int]:
    value = np.abs(np.asarray(printed.values))
    half = np.asarray(printed.half_unit)
    telling = np.isfinite(value) & (value > 100 * half)
    value, half = value[telling], half[telling] * (1 + 1e-9) + 1e-7 * value[telling]
    low = np.searchsorted(literals, value - half, side="left")
    high = np.searchsorted(literals, value + half, side="right")
    return int((high > low).sum()), int(value.size)
