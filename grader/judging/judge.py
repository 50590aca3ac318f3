"""Right or not, and why not: one verdict per numeric check (pure).

A check passes when a print fits the reference in every world and tells it from the known mistakes.
What fits in the handout's world only is decided by what the other world shows: numbers that do not
move with the world were not computed from it, numbers that move to something wrong were wrong all
along. What stays open goes to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.judging.book import TargetView
from grader.judging.decision import Case, Decision
from grader.judging.fit import judge_fit
from grader.judging.match import Candidate
from grader.judging.misfit import judge_misfit
from grader.judging.offers import Offers, is_right, weigh
from grader.judging.reading import Reading
from grader.judging.wording import MISSING
from grader.models import Said
from rubric.schema import TensorCheck


def judge(check: TensorCheck, candidates: Sequence[Candidate], case: Case) -> Decision:
    """Decide one numeric check from its candidates, which are in the order they were printed."""
    if not candidates:
        return _judge_nothing(check, case)
    offers = weigh(check, candidates, case)
    decision = judge_fit(check, offers, case) if offers.right else _judge_wrong(check, offers, case)
    right_is_beside = any(is_right(c) for c, _ in offers.aside)
    return replace(decision, beside=offers.told_aside(), right_is_beside=right_is_beside)


def _judge_wrong(check: TensorCheck, offers: Offers, case: Case) -> Decision:
    """No offer that counts is right as a whole."""
    meant = _meant(check, offers.counting)
    decision = judge_misfit(check, meant, case)
    known = meant.kind == "mistaken"
    beside = ((c, why) for c, why in offers.aside if is_right(c))
    set_aside = next((why for c, why in beside if not known or _only_by_words(c, check, case)), None)
    if set_aside is not None and decision.verdict != "review":
        text = Said(
            "The right value was printed, too, but does not count: {why}. A person decides.",
            {"why": set_aside},
        )
        return decision.waits(text)
    return decision


def _only_by_words(right: Candidate, check: TensorCheck, case: Case) -> bool:
    """Was it computed by what the assignment asks for, so that only what it is called sets it aside?"""
    if check.by_autograd:
        return right.source != "other means"
    reach = case.code.reach(right.cell)
    return not check.made_with or any(case.code.uses(name, reach) for name in check.made_with)


def _meant(check: TensorCheck, candidates: Sequence[Candidate]) -> Candidate:
    """The one by which a wrong value is judged: the last one that has the name, else the last one."""
    named_ones = [c for c in candidates if c.named(check.id)]
    return _without_another(candidates, (named_ones or list(candidates))[-1])


def _without_another(candidates: Sequence[Candidate], meant: Candidate) -> Candidate:
    """The next print, if it shows the same mistakes less some: `layer 2` of a Sequential is half a layer."""
    return next(
        (
            c
            for c in candidates
            if c.first == meant.last + 1 and c.kind == "mistaken" and set(c.mistakes) < set(meant.mistakes)
        ),
        meant,
    )


def _judge_nothing(check: TensorCheck, case: Case) -> Decision:
    size = case.books.size_of[check.id]
    claimed = [
        (r, v.target.quantity)
        for r in case.readings
        for v in r.exact
        if r.meant == check.id
        and v.whole
        and r.size > 1
        and v.target.quantity != check.quantity
        and (r.called or r.size == size)
    ]
    if claimed and size > 1:
        printed, quantity = max(
            reversed(claimed), key=lambda c: (c[0].order, c[0].meaning.words.get(c[1], 0))
        )
        told_apart = _tells(printed) or quantity in printed.meaning.words
        shown = quantity if told_apart else Said("nothing but zeros")
        name, cell = printed.slot.first.label or check.title, printed.slot.first.cell + 1
        text = Said(
            "The print labelled {label!r} in cell {cell} shows {shown}.",
            {"label": name, "cell": cell, "shown": shown},
        )
        views = [
            v
            for v in case.books.singles.lookup(printed.slot, range(len(printed.slot.prints)))
            if v.target.quantity == check.quantity
            and v.whole
            and (_tells(printed) or not any(values.any() for values in v.target.values))
        ]
        return Decision(check.id, "fail", 0.0, text, guesses=_guesses(views, case))
    return Decision(check.id, "missing", 0.0, MISSING)


def _tells(printed: Reading) -> bool:
    """Is any of its numbers something else than zero? Zeros of few digits are like much that is small."""
    return any(p is not None and any(p.values) for p in printed.slot.prints)


def _guesses(views: Sequence[TargetView], case: Case) -> tuple[tuple[str, ...], ...]:
    """The mistakes that give this print, those first that leave alone what was printed right."""
    right = {v.target.quantity for r in case.readings for v in r.exact if v.whole}
    contradicted = {ids for quantity in right for ids in case.books.singles.mistakes_about.get(quantity, ())}
    return tuple(sorted((v.target.mistakes for v in views), key=lambda ids: ids in contradicted))
