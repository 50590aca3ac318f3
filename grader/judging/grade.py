"""One submission and what its runs printed, to a report (pure).

::

    outputs of each world ─▶ extract ─▶ pair ─▶ read ─┬─▶ match ─▶ judge ─▶ follow-through ─▶ score ─▶ Report
                                      known mistakes ─┘               code, text ─┘
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version

from grader.assignment.loading import Assignment
from grader.judging import provenance, witness
from grader.judging.absence import NOTHING_REFUSED, Absence, refusals_of
from grader.judging.among import Unread
from grader.judging.barrier import (
    FAILED,
    FAULTY,
    UNJUDGED,
    UNREAD,
    WHOLE,
    Cut,
    Faults,
    Mishaps,
    Prints,
    StepNote,
    decide_apart,
    nowhere,
    read_outputs,
    undecided,
)
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.judging.score import score_check, score_question
from grader.judging.stored import compare_stored
from grader.judging.taken import taken, told_where, unanswered
from grader.models import (
    Cell,
    CheckResult,
    Execution,
    ExecutionSummary,
    Flag,
    Isolation,
    Output,
    PrintedTensor,
    Provenance,
    QuestionResult,
    Refusal,
    Report,
    RubricRef,
    Said,
    Submission,
    SubmissionRef,
    Values,
    WorldRef,
)
from rubric.schema import Check, Question, TensorCheck

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
    note: StepNote = nowhere,
    only: Sequence[Sequence[PrintedTensor]] | None = None,
) -> Graded:
    """`grade` without what is cut off; note is told how far it is. A fault of ours costs what it must.

    Raises `MemoryError` alone.
    """
    rubric = assignment.rubric
    if submission.problem is not None or not executions:
        why = submission.problem or Said("nothing was executed")
        nothing = Execution(
            status="unreadable", message=str(why), said=why, isolation=Isolation(tier="not run")
        )
        return Graded(_report(submission, nothing, (), (), (), assignment))
    broken = [e for e in executions if e.status in _UNGRADED]
    if broken:
        return Graded(_report(submission, broken[0], executions, (), (), assignment))
    trouble = Mishaps()
    first = executions[0]
    absence = NOTHING_REFUSED
    printed: Sequence[Prints] = ()
    if cut.judged:
        note("judging")
        found = trouble.tried(lambda: Absence(refusals_of(submission, executions), submission.cells), None)
        trouble.faulty, absence = found is None, found or NOTHING_REFUSED
        answered = [taken(e, rubric, submission.cells) for e in executions]
        printed = [
            (*read_outputs(e, cut, note, trouble), *a.prints)
            for e, a in zip(executions, answered, strict=True)
        ]
        note("judging")
        told = [e.outputs for e in executions] if only is None and not trouble.unread else ()
        faults: Faults = {}

        def decided(prints: Sequence[Prints]) -> Mapping[str, Decision]:
            faults.clear()
            return decide(submission.cells, prints, assignment, told, absence, faults)

        counted = printed if only is None else [tuple(world) for world in only]
        sizes = {c.id: assignment.references[0][c.quantity].size for c in rubric.tensor_checks()}
        left_out = _left_out(trouble.left_out[0], assignment)
        decisions = decide_apart(decided, counted, [*rubric.checks()], sizes, trouble, left_out)
        decisions = unanswered(decisions, answered[0].failed, rubric, submission.cells)
        for fault in faults.values():
            trouble.note(fault)
        if only is None and not trouble.faulty:
            contradict = partial(witness.contradict, decisions, submission, first, assignment)
            decisions, causes = trouble.tried(contradict, witness.Contradicted(decisions, ()))
            absence = replace(absence, refusals=(*absence.refusals, *causes))
    else:
        decisions = undecided(rubric.checks(), UNJUDGED)
    note("scoring")
    outputs = {(o.cell, o.index): o for o in first.outputs}
    questions = tuple(
        _scored(q, decisions, outputs, assignment, trouble, submission.cells) for q in rubric.questions
    )
    flags = [flag for d in decisions.values() for flag in d.flags]
    if cut.judged and cut.compared and not trouble.unread and not trouble.faulty:
        note("comparing")
        seen = absence.happened(submission.cells, printed[0])
        flags += trouble.tried(lambda: compare_stored(seen, printed[0]), [])
        if only is None:
            asked = partial(witness.ask, questions, submission, assignment)
            questions = trouble.tried(asked, questions)
    flags += _run_flags(executions, [w.name for w in rubric.worlds])
    flags += _trouble_flags(cut, trouble)
    report = _report(submission, first, executions, questions, tuple(flags), assignment, absence.refusals)
    return Graded(report, tuple(trouble.traces))


def _left_out(texts: Sequence[str], assignment: Assignment) -> Callable[[Check], bool]:
    """Whether the right value of a check stands in texts that were not read, of the first world."""
    if not texts:
        return lambda check: False
    unread, reference = Unread(texts), assignment.references[0]

    def holds(check: Check) -> bool:
        if not isinstance(check, TensorCheck):
            return False
        return unread.holds(reference[check.quantity], assignment.rubric.tolerance_of(check.quantity))

    return holds


def _scored(
    question: Question,
    decisions: Mapping[str, Decision],
    outputs: Mapping[tuple[int, int], Output],
    assignment: Assignment,
    trouble: Mishaps,
    cells: Sequence[Cell],
) -> QuestionResult:
    """A question's points; a check whose evidence our code can't describe waits for a person."""
    rubric, reference = assignment.rubric, assignment.references[0]

    def scored(check: Check, decision: Decision) -> CheckResult:
        result = score_check(check, decision, rubric, outputs, reference)
        return told_where(result, rubric, cells)

    results = [
        trouble.tried(
            partial(scored, check, decisions[check.id]),
            scored(check, Decision(check.id, "review", None, FAILED)),
        )
        for check in question.checks
    ]
    return score_question(question, results)


def _trouble_flags(cut: Cut, trouble: Mishaps) -> list[Flag]:
    flags = []
    if trouble.unread or not cut.judged:
        flags.append(Flag.of("over_limit", UNREAD if cut.judged else UNJUDGED))
    if trouble.traces:
        flags.append(Flag.of("grader_fault", FAULTY))
    return flags


def _run_flags(executions: Sequence[Execution], worlds: Sequence[str]) -> list[Flag]:
    flags = []
    first = executions[0]
    if first.isolation.tier == "none":
        flags.append(Flag.of("no_isolation", Said("This notebook ran without any isolation.")))
    for name in first.missing_packages:
        text = Said("The kernel's environment lacks the package {name!r}.", {"name": name})
        flags.append(Flag.of("missing_package", text))
    asserted = any(error.name == "AssertionError" for error in first.errors)  # elsewhere they hold nothing
    for world, execution in zip(worlds[1:], executions[1:], strict=False):
        if execution.status != first.status and not (asserted and execution.status == "ok"):
            # not why: a name chosen there would carry out what only that world holds
            ended: Values = {"world": world, "status": execution.status}
            text = Said("Under another seed (world {world!r}) the run ended with {status}.", ended)
            flags.append(Flag.of("worlds_differ", text))
    return flags


def _report(
    submission: Submission,
    execution: Execution,
    executions: Sequence[Execution],
    questions: tuple[QuestionResult, ...],
    flags: tuple[Flag, ...],
    assignment: Assignment,
    refusals: tuple[Refusal, ...] = (),
) -> Report:
    rubric = assignment.rubric
    checks = [c for q in questions for c in q.checks]
    graded = bool(questions)
    pending = sum(c.max_score for c in checks if c.score is None)
    summary = ExecutionSummary.model_validate(execution, from_attributes=True)
    wall_s = sum(e.wall_s for e in executions) or execution.wall_s
    return Report(
        submission=SubmissionRef.model_validate(submission, from_attributes=True),
        rubric=RubricRef(id=rubric.id, version=rubric.version, sha256=assignment.sha256, title=rubric.title),
        execution=summary.model_copy(update={"wall_s": round(wall_s, 3), "refusals": refusals}),
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
            lock=provenance.lock(),
            image=provenance.image(),
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
