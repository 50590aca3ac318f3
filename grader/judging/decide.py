"""The prints of one notebook → a decision for every check (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.assignment.loading import Assignment
from grader.judging.absence import NOTHING_REFUSED, Absence
from grader.judging.among import Numbers, among
from grader.judging.answers import find_answers, judge_text
from grader.judging.barrier import Faults, guarded
from grader.judging.behaviour import judge_behaviour
from grader.judging.books import books_of
from grader.judging.bounds import judge_bounds
from grader.judging.decision import Case, Decision
from grader.judging.diagnose import explain
from grader.judging.forbidden import keep_to
from grader.judging.free import in_known_form
from grader.judging.handed_in import judge_manual
from grader.judging.in_words import in_a_picture, in_a_sentence, in_words, shown_as_none, spoken_of
from grader.judging.judge import judge
from grader.judging.lines import Shown
from grader.judging.match import match
from grader.judging.misfit import TRANSPOSED
from grader.judging.pairing import pair
from grader.judging.passes import as_of_one_pass
from grader.judging.reading import read
from grader.judging.settle import believe, doubt_coarse, doubt_swapped, follow_through, settle_hidden
from grader.judging.slices import take_apart
from grader.judging.source import Code
from grader.judging.sources import by_hand_or_autograd, with_sources
from grader.judging.word import judge_word
from grader.models import Cell, Output, PrintedTensor
from rubric.schema import BehaviourCheck, ManualCheck, TensorCheck, TextCheck, WordCheck


def decide(
    cells: Sequence[Cell],
    printed: Sequence[Sequence[PrintedTensor]],
    assignment: Assignment,
    outputs: Sequence[Sequence[Output]] = (),
    absence: Absence = NOTHING_REFUSED,
    faults: Faults | None = None,
) -> dict[str, Decision]:
    """A decision for every check of the rubric.

    printed: what was extracted from the run in each world, in the rubric's order of worlds. outputs: from
        which it was, in the same order; none where only what was extracted may answer. absence: what of ours
        kept prints away.
    faults: takes the checks that our code fails on, which are then for a person; None lets faults through.
    """
    rubric = assignment.rubric
    books = books_of(assignment)
    code = Code(cells)
    asked_sizes = {c.quantity: books.size_of[c.id] for c in books.checks}
    paired = in_known_form(as_of_one_pass(pair(printed), assignment), books.free, books.canonical)
    slots = take_apart(paired, (books.canonical, books.singles), asked_sizes)
    readings = read(slots, books.canonical, books.vocabulary, code, cells, books.size_of, books.quantity_of)
    suggested = assignment.candidates(code.words)
    mistakes = {m.id: m for m in (*assignment.mistakes, *suggested)}
    explanation = explain(readings, books, mistakes, code, {m.id for m in suggested})
    candidates = with_sources(match(readings, books.checks, explanation.views, books.size_of), books, code)
    by_hand, by_autograd = by_hand_or_autograd(candidates, books.checks)
    case = Case(books, mistakes, explanation, code, readings, by_hand, by_autograd)
    shown = Shown(outputs, cells, code, books.vocabulary)
    numbers = Numbers.of(printed, outputs)
    numeric = {c.id: guarded(faults, c.id, judge, c, candidates.get(c.id, ()), case) for c in books.checks}
    numeric |= {
        c.id: guarded(faults, c.id, _looked_for, numeric[c.id], c, numbers, case, shown)
        for c in books.checks
        if c.id not in (faults or ())
    }
    by_question = [[c.id for c in q.checks if isinstance(c, TensorCheck)] for q in rubric.questions]
    settled = believe(settle_hidden(doubt_swapped(numeric, case)), by_question, case)
    settled = doubt_coarse(settled, case)
    settled |= {
        c.id: guarded(faults, c.id, _within_bounds, c, case, shown)
        for c in rubric.tensor_checks()
        if c.bounded
    }
    decisions = follow_through(settled, by_question, case)
    changed = {
        id: {n for n, q in books.quantity_of.items() if q in qs} for id, qs in explanation.changed.items()
    }
    numbers_of = {c.id: n for n, q in enumerate(rubric.questions, start=1) for c in q.checks}
    in_text = {c.id: (numbers_of[c.id], c) for c in rubric.checks() if isinstance(c, TextCheck)}
    answers = find_answers(in_text, cells, shown.told)
    names = [w.name for w in rubric.worlds]
    for check in rubric.checks():
        if isinstance(check, BehaviourCheck):
            found = guarded(faults, check.id, judge_behaviour, check, settled, mistakes, code, changed)
            behind = [c.cell for name in check.shown_by if (c := settled[name].candidate) is not None]
            decisions[check.id] = guarded(faults, check.id, keep_to, check, found, behind, code)
        elif isinstance(check, WordCheck):
            words = replace(shown, vocabulary=books.words)
            decisions[check.id] = guarded(faults, check.id, judge_word, check, names, words)
        elif isinstance(check, ManualCheck):
            number = numbers_of[check.id]
            decisions[check.id] = guarded(faults, check.id, judge_manual, check, number, cells, shown.told)
    for check in rubric.checks():
        if isinstance(check, TextCheck):  # last: its reader sees what the others say
            decisions[check.id] = guarded(faults, check.id, judge_text, check, answers[check.id], decisions)
    return absence.settle(decisions, rubric)


def _within_bounds(check: TensorCheck, case: Case, shown: Shown) -> Decision:
    """As bounds are judged; `review` before `missing` where a line or a picture may show it."""
    decision = judge_bounds(check, case)
    if decision.verdict != "missing":
        return decision
    return spoken_of(check, shown) or in_a_picture(check, shown) or shown_as_none(check, shown) or decision


def _looked_for(
    decision: Decision, check: TensorCheck, numbers: Numbers, case: Case, shown: Shown
) -> Decision:
    """The same, or `review` for what is absent or wrong while the right values stand in the outputs.

    Not where they were offered and do not count, or where the code holds them.
    """
    if decision.verdict not in ("missing", "fail") or decision.typed_in or decision.right_is_beside:
        return decision
    if decision.diagnosis is not None and decision.diagnosis.ids == TRANSPOSED:
        return decision
    absent = decision.found_nothing
    tolerance = case.books.rubric.tolerance_of(check.quantity)
    other = decision.candidate
    unnamed = absent or (other is not None and decision.diagnosis is None and not other.called(check.id))
    said: Decision | None = None
    for expected in case.books.forms.in_every_sign(check.quantity, case.books.references):
        said = said or (in_words(check, expected, shown) if unnamed else None)
        said = said or among(check, expected, numbers, tolerance, absent=absent)
        said = said or (in_a_sentence(check, expected, shown) if unnamed else None)
    if decision.verdict == "missing":
        said = said or in_a_picture(check, shown) or shown_as_none(check, shown)
    return said or decision
