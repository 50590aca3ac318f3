"""One submission and what its runs printed, to a report (pure).

::

    outputs of each world ─▶ extract ─▶ pair ─▶ read ─┬─▶ match ─▶ judge ─▶ follow-through ─▶ score ─▶ Report
                                      known mistakes ─┘               code, text ─┘
"""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from grader import installed
from grader.assignment import Array, Assignment
from grader.judging.among import Numbers, among
from grader.judging.barrier import (
    FAILED,
    FAULTY,
    UNJUDGED,
    UNREAD,
    WHOLE,
    Cut,
    Note,
    Prints,
    Trouble,
    decide_apart,
    doubted,
    nowhere,
    read_outputs,
    undecided,
)
from grader.judging.behaviour import find_answer, judge_behaviour, judge_text
from grader.judging.book import Book, Target, with_signs
from grader.judging.decision import Case, Decision
from grader.judging.diagnose import NEARLY, Suspects, explain, variant_targets
from grader.judging.judge import judge
from grader.judging.labels import Vocabulary
from grader.judging.match import match
from grader.judging.pairing import Slot, pair
from grader.judging.pictured import in_a_picture
from grader.judging.reading import read
from grader.judging.settle import believe, doubt_coarse, doubt_swapped, follow_through, settle_hidden
from grader.judging.slices import take_apart
from grader.judging.source import Code
from grader.judging.words import in_words, shown_as_none
from grader.models import (
    Cell,
    Execution,
    ExecutionSummary,
    Flag,
    Isolation,
    Output,
    PrintedTensor,
    Provenance,
    QuestionResult,
    Report,
    RubricRef,
    Submission,
    SubmissionRef,
    WorldRef,
)
from grader.score import score_check, score_question
from grader.stored import compare_stored
from rubric.schema import BehaviourCheck, Question, TensorCheck, TextCheck, Tolerance

_UNGRADED = ("unreadable", "sandbox_error")


@dataclass(frozen=True, slots=True)
class Graded:
    """A report, and the tracebacks of what failed in our code meanwhile: its checks wait for a person."""

    report: Report
    traces: tuple[str, ...] = ()


def grade(
    submission: Submission,
    executions: Sequence[Execution],
    assignment: Assignment,
    only: Sequence[Sequence[PrintedTensor]] | None = None,
) -> Report:
    """Grade one submission.

    executions: one per world of the rubric, in the rubric's order; empty when the submission could
        not be read (`Submission.problem`).
    only: the prints of each world that may answer anything; None for all that there are.

    The score is null, never 0, where the submission could not be graded.
    """
    return grade_within(submission, executions, assignment, only=only).report


def grade_within(
    submission: Submission,
    executions: Sequence[Execution],
    assignment: Assignment,
    cut: Cut = WHOLE,
    note: Note = nowhere,
    only: Sequence[Sequence[PrintedTensor]] | None = None,
) -> Graded:
    """`grade` without what is cut off; note is told how far it is. A fault of ours costs what it must.

    Raises `MemoryError` alone.
    """
    rubric = assignment.rubric
    if submission.problem is not None or not executions:
        problem = submission.problem or "nothing was executed"
        return Graded(_report(submission, _unreadable(problem), (), (), (), assignment))
    broken = [e for e in executions if e.status in _UNGRADED]
    if broken:
        return Graded(_report(submission, broken[0], executions, (), (), assignment))
    trouble = Trouble()
    first = executions[0]
    printed: Sequence[Prints] = ()
    if cut.judged:
        printed = [read_outputs(e, cut, note, trouble) for e in executions]
        note("judging")
        told = first.outputs if only is None and not trouble.unread else ()
        decisions = _decide_apart(
            submission.cells, printed if only is None else only, told, first, assignment, trouble
        )
    else:
        decisions = undecided(rubric.checks(), UNJUDGED)
    flags = [flag for d in decisions.values() for flag in d.flags]
    if cut.judged and cut.compared and not trouble.unread and not trouble.faulty:
        note("comparing")
        flags += _compared(submission.cells, printed[0], trouble)
    flags += _run_flags(executions, [w.name for w in rubric.worlds])
    flags += _trouble_flags(cut, trouble)
    note("scoring")
    outputs = {(o.cell, o.index): o for o in first.outputs}
    questions = tuple(_scored(q, decisions, outputs, assignment, trouble) for q in rubric.questions)
    report = _report(submission, first, executions, questions, tuple(flags), assignment)
    return Graded(report, tuple(trouble.traces))


def _decide_apart(
    cells: Sequence[Cell],
    printed: Sequence[Sequence[PrintedTensor]],
    told: Sequence[Output],
    first: Execution,
    assignment: Assignment,
    trouble: Trouble,
) -> Mapping[str, Decision]:
    checks = assignment.rubric.checks()
    lacking = _lacking(first)

    def among(prints: Sequence[Sequence[PrintedTensor]]) -> Mapping[str, Decision]:
        return decide(cells, prints, assignment, told, lacking)

    found = decide_apart(among, [tuple(world) for world in printed], trouble)
    if found is None:
        return undecided(checks, FAILED)
    sizes = {c.id: assignment.references[0][c.quantity].size for c in assignment.rubric.tensor_checks()}
    return doubted(found, checks, sizes, trouble)


def _compared(cells: Sequence[Cell], printed: Sequence[PrintedTensor], trouble: Trouble) -> list[Flag]:
    try:
        return compare_stored(cells, printed)
    except Exception as error:
        trouble.note(error)
        return []


def _scored(
    question: Question,
    decisions: Mapping[str, Decision],
    outputs: Mapping[tuple[int, int], Output],
    assignment: Assignment,
    trouble: Trouble,
) -> QuestionResult:
    """A question's points; a check whose evidence our code can't describe waits for a person."""
    results = []
    for check in question.checks:
        decision = decisions[check.id]
        try:
            result = score_check(check, decision, assignment.rubric, outputs, assignment.references[0])
        except Exception as error:
            trouble.note(error)
            decision = Decision(check.id, "review", None, FAILED)
            result = score_check(check, decision, assignment.rubric, outputs, assignment.references[0])
        results.append(result)
    return score_question(question, results)


def _trouble_flags(cut: Cut, trouble: Trouble) -> list[Flag]:
    flags = []
    if trouble.unread or not cut.judged:
        flags.append(Flag(id="over_limit", message=UNREAD if cut.judged else UNJUDGED))
    if trouble.traces:
        flags.append(Flag(id="grader_fault", message=FAULTY))
    return flags


def decide(
    cells: Sequence[Cell],
    printed: Sequence[Sequence[PrintedTensor]],
    assignment: Assignment,
    outputs: Sequence[Output] = (),
    lacking: Sequence[str] = (),
) -> dict[str, Decision]:
    """A decision for every check of the rubric.

    printed: what was extracted from the run in each world, in the rubric's order of worlds. outputs: of the
        first one, in which whole numbers may stand among words. lacking: packages without which a cell ended.
    """
    rubric = assignment.rubric
    books = _books(assignment)
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
    candidates = match(readings, books.checks, explanation.views, sizes)
    case = Case(
        rubric, assignment.references, books.singles, mistakes, explanation, code, readings, books.twins
    )
    numeric = {c.id: judge(c, candidates.get(c.id, ()), case) for c in books.checks}
    open_checks = [c for c in books.checks if numeric[c.id].found_nothing]
    numbers = Numbers(paired if open_checks else ())
    for c in open_checks:
        expected = [r[c.quantity] for r in assignment.references]
        said = in_words(c, expected[0], outputs, code, books.vocabulary)
        said = said or among(c, expected, numbers, rubric.tolerance)
        if numeric[c.id].verdict == "missing":
            said = said or in_a_picture(c, outputs, code) or _unseen(c.id, lacking)
            said = said or shown_as_none(c, outputs, code, books.vocabulary)
        numeric[c.id] = said or numeric[c.id]
    by_question = [[c.id for c in q.checks if isinstance(c, TensorCheck)] for q in rubric.questions]
    settled = believe(settle_hidden(doubt_swapped(numeric, case), case), by_question, case)
    settled = doubt_coarse(settled, case)
    decisions = follow_through(settled, by_question, case)
    changed = {id: {n for n, q in asked.items() if q in qs} for id, qs in explanation.changed.items()}
    for check in rubric.checks():
        if isinstance(check, BehaviourCheck):
            decisions[check.id] = judge_behaviour(check, settled, mistakes, code, rubric.messages, changed)
        elif isinstance(check, TextCheck):
            decisions[check.id] = judge_text(check, find_answer(check, cells, outputs), decisions)
    return decisions


def _unseen(check: str, lacking: Sequence[str]) -> Decision | None:
    """What is missing where cells ended for want of packages that the kernel has not waits for a person."""
    if not lacking:
        return None
    names = ", ".join(map(repr, lacking))
    text = f"Not printed here, where a cell ended for want of the package {names}; a person decides."
    return Decision(check, "review", None, text)


class _Books:
    """What is the same for every submission of an assignment, made once."""

    def __init__(self, assignment: Assignment) -> None:
        rubric = assignment.rubric
        references = assignment.references
        self._assignment = assignment
        self.checks = rubric.tensor_checks()
        self.asked = frozenset(c.quantity for c in self.checks)
        self.free = frozenset(c.quantity for c in self.checks if c.sign == "free")
        known = [Target(name, (), tuple(r[name] for r in references)) for name in references[0]]
        canonical = with_signs(known, self.free)
        self.canonical = Book(canonical, rubric.tolerance, pieces=True, elements=True)
        self.vocabulary = Vocabulary(rubric, list(references[0]))
        singles = [(m.id,) for m in assignment.mistakes]
        self.singles = self._book(singles, self.asked, pieces=True)
        self.twins = frozenset(q for q in self.asked if _has_a_twin(q, self.asked, references))
        self.suspected = self.combined(singles, self.asked, ())

    def combined(
        self, hypotheses: Sequence[tuple[str, ...]], quantities: frozenset[str], prints: Sequence[Slot]
    ) -> Book:
        """Variants to name mistakes by; in the other worlds float32 may have lost more of them.

        prints: those that will be looked up, none where that is not known.
        """
        pieces = all(len(ids) == 1 for ids in hypotheses)
        if not pieces:
            hypotheses = self._fitting(hypotheses, quantities, prints)
        return self._book(hypotheses, quantities, pieces=pieces, elsewhere=NEARLY, sizes=_sizes(prints))

    def _fitting(
        self, hypotheses: Sequence[tuple[str, ...]], quantities: frozenset[str], prints: Sequence[Slot]
    ) -> list[tuple[str, ...]]:
        """Those that the handout's world does not rule out; the rest need not be solved elsewhere."""
        a = self._assignment
        solved = a.variants(hypotheses, worlds=1)
        targets = [
            Target(q, ids, (found[q],)) for ids, (found,) in solved.items() for q in quantities if q in found
        ]
        book = Book(with_signs(targets, self.free), a.rubric.tolerance, pieces=False, sizes=_sizes(prints))
        fitting = {view.target.mistakes for slot in prints for view in book.lookup(slot, [0])}
        return [ids for ids in hypotheses if ids in fitting]

    def _book(
        self,
        hypotheses: Sequence[tuple[str, ...]],
        quantities: frozenset[str],
        *,
        pieces: bool,
        elsewhere: Tolerance | None = None,
        sizes: Collection[int] | None = None,
    ) -> Book:
        a = self._assignment
        tolerance = a.rubric.tolerance
        targets = variant_targets(a.variants(hypotheses), a.references, quantities, tolerance, self.free)
        signed = with_signs(targets, self.free)
        return Book(signed, tolerance, pieces=pieces, elsewhere=elsewhere, sizes=sizes)


def _sizes(prints: Sequence[Slot]) -> frozenset[int] | None:
    """How many numbers they show; None where there is none, or one shows only some of what it has."""
    elided = any(p is not None and p.elided for slot in prints for p in slot.prints)
    return None if elided or not prints else frozenset(len(slot.first.values) for slot in prints)


def _has_a_twin(quantity: str, asked: Collection[str], references: Sequence[Mapping[str, Array]]) -> bool:
    """Is something that no check asks for the same numbers in every world? Only a name tells them apart."""
    return any(
        all(
            r[name].size == r[quantity].size
            and np.allclose(r[name].ravel(), r[quantity].ravel(), rtol=1e-9, atol=0.0)
            for r in references
        )
        for name in references[0].keys() - asked
    )


_made: dict[str, _Books] = {}


def _books(assignment: Assignment) -> _Books:
    if assignment.sha256 not in _made:
        _made[assignment.sha256] = _Books(assignment)
    return _made[assignment.sha256]


def _lacking(execution: Execution) -> list[str]:
    """The packages for want of which a cell ended: not the student's fault."""
    ended = [e.message for e in execution.errors if e.name == "ModuleNotFoundError"]
    return [name for name in execution.missing_packages if any(repr(name) in text for text in ended)]


def _run_flags(executions: Sequence[Execution], worlds: Sequence[str]) -> list[Flag]:
    flags = []
    first = executions[0]
    if first.isolation.tier == "none":
        flags.append(Flag(id="no_isolation", message="This notebook ran without any isolation."))
    for name in first.missing_packages:
        flags.append(
            Flag(id="missing_package", message=f"The kernel's environment lacks the package {name!r}.")
        )
    for world, execution in zip(worlds[1:], executions[1:], strict=False):
        if execution.status != first.status:
            flags.append(
                Flag(
                    id="worlds_differ",
                    message=f"Under another seed (world {world!r}) the run ended with {execution.status}"
                    f"{': ' + execution.message if execution.message else ''}.",
                )
            )
    return flags


def _unreadable(problem: str) -> Execution:
    return Execution(status="unreadable", message=problem, isolation=Isolation(tier="not run"))


def _report(
    submission: Submission,
    execution: Execution,
    executions: Sequence[Execution],
    questions: tuple[QuestionResult, ...],
    flags: tuple[Flag, ...],
    assignment: Assignment,
) -> Report:
    rubric = assignment.rubric
    checks = [c for q in questions for c in q.checks]
    graded = bool(questions)
    pending = sum(c.max_score for c in checks if c.score is None)
    return Report(
        submission=SubmissionRef(
            id=submission.id,
            path=submission.path,
            sha256=submission.sha256,
            student=submission.student,
            received_at=submission.received_at,
        ),
        rubric=RubricRef(id=rubric.id, version=rubric.version, sha256=assignment.sha256, title=rubric.title),
        execution=ExecutionSummary(
            status=execution.status,
            message=execution.message,
            isolation=execution.isolation,
            wall_s=round(sum(e.wall_s for e in executions) or execution.wall_s, 3),
            errors=execution.errors,
            stopped_at=execution.stopped_at,
            missing_packages=execution.missing_packages,
            usage=execution.usage,
        ),
        score=round(sum(q.score or 0.0 for q in questions), 2) if graded else None,
        max_score=round(rubric.points, 2),
        pending=round(pending, 2),
        needs_review=not graded or pending > 0,
        participation=(round(sum(q.addressed for q in questions) / len(questions), 3) if graded else 0.0),
        flags=(*submission.flags, *flags),
        questions=questions,
        provenance=Provenance(
            grader=_version("notebook-grader"),
            torch=_version("torch"),
            python=platform.python_version(),
            lock=installed.lock(),
            image=installed.image(),
            worlds=tuple(
                WorldRef(name=w.name, status=e.status, wall_s=round(e.wall_s, 3))
                for w, e in zip(rubric.worlds, executions, strict=False)
            ),
        ),
    )


@lru_cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
