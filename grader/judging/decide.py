"""The prints of one notebook → a decision for every check (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from grader.assignment.loading import Assignment
from grader.judging.absence import NOTHING_REFUSED, Absence
from grader.judging.among import Numbers, among
from grader.judging.barrier import Faults, guarded
from grader.judging.behaviour import find_answer, judge_behaviour, judge_text
from grader.judging.books import books_of
from grader.judging.decision import Case, Decision
from grader.judging.diagnose import Suspects, explain
from grader.judging.in_words import in_words, shown_as_none
from grader.judging.judge import judge
from grader.judging.match import match
from grader.judging.pairing import pair
from grader.judging.pictured import in_a_picture
from grader.judging.reading import read
from grader.judging.settle import believe, doubt_coarse, doubt_swapped, follow_through, settle_hidden
from grader.judging.slices import take_apart
from grader.judging.source import Code
from grader.judging.sources import seen, with_sources
from grader.models import Cell, Output, PrintedTensor
from rubric.schema import BehaviourCheck, TensorCheck, TextCheck


def decide(
    cells: Sequence[Cell],
    printed: Sequence[Sequence[PrintedTensor]],
    assignment: Assignment,
    outputs: Sequence[Output] = (),
    absence: Absence = NOTHING_REFUSED,
    faults: Faults | None = None,
) -> dict[str, Decision]:
    """A decision for every check of the rubric.

    printed: what was extracted from the run in each world, in the rubric's order of worlds. outputs: of the
        first one, in which whole numbers may stand among words. absence: what of ours kept prints away.
    faults: takes the checks that our code fails on, which are then for a person; None lets faults through.
    """
    rubric = assignment.rubric
    books = books_of(assignment)
    code = Code(cells)
    sizes = {c.id: assignment.references[0][c.quantity].size for c in books.checks}
    asked_sizes = {c.quantity: sizes[c.id] for c in books.checks}
    paired = pair(printed)
    slots = take_apart(paired, (books.canonical, books.singles), asked_sizes)
    asked = {c.id: c.quantity for c in books.checks}
    readings = read(slots, books.canonical, books.vocabulary, code, cells, sizes, asked)
    suggested = assignment.candidates(code.words)
    mistakes = {m.id: m for m in (*assignment.mistakes, *suggested)}
    suspects = Suspects(
        mistakes, code.words, books.suspected, [m.id for m in suggested], books.combined, rubric.tolerance
    )
    explanation = explain(readings, suspects, asked)
    matched = match(readings, books.checks, explanation.views, sizes)
    candidates = with_sources(matched, books.checks, assignment.references, assignment.by_other_means)
    sources = seen(candidates, books.checks)
    case = Case(
        rubric=rubric,
        references=assignment.references,
        by_other_means=assignment.by_other_means,
        variants=books.singles,
        mistakes=mistakes,
        explanation=explanation,
        code=code,
        readings=readings,
        twins=books.twins,
        moving=books.moving,
        by_hand=sources.right_otherwise and not sources.right_by_autograd,
        by_autograd=sources.right_by_autograd or (sources.autograd and not sources.right_otherwise),
    )
    numeric = {c.id: guarded(faults, c.id, judge, c, candidates.get(c.id, ()), case) for c in books.checks}
    open_checks = [c for c in books.checks if numeric[c.id].found_nothing and c.id not in (faults or ())]
    numbers = Numbers(paired if open_checks else ())

    def elsewhere(c: TensorCheck) -> Decision:
        """What other places than prints say about a check that no print answers."""
        expected = [r[c.quantity] for r in assignment.references]
        said = in_words(c, expected[0], outputs, code, books.vocabulary)
        said = said or among(c, expected, numbers, rubric.tolerance)
        if numeric[c.id].verdict == "missing":
            said = said or in_a_picture(c, outputs, code)
            said = said or shown_as_none(c, outputs, code, books.vocabulary)
        return said or numeric[c.id]

    numeric |= {c.id: guarded(faults, c.id, elsewhere, c) for c in open_checks}
    by_question = [[c.id for c in q.checks if isinstance(c, TensorCheck)] for q in rubric.questions]
    settled = believe(settle_hidden(doubt_swapped(numeric, case), case), by_question, case)
    settled = doubt_coarse(settled, case)
    decisions = follow_through(settled, by_question, case)
    changed = {id: {n for n, q in asked.items() if q in qs} for id, qs in explanation.changed.items()}
    for check in rubric.checks():
        if isinstance(check, BehaviourCheck):
            decisions[check.id] = guarded(
                faults, check.id, judge_behaviour, check, settled, mistakes, code, changed
            )
        elif isinstance(check, TextCheck):
            decisions[check.id] = guarded(
                faults, check.id, lambda c: judge_text(c, find_answer(c, cells, outputs), decisions), check
            )
    return absence.settle(decisions, rubric)
