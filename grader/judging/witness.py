"""What the outputs saved in an upload show, for the person who decides what could not run here (pure).

Never evidence: anybody can write them into the file. They are extracted and matched by the same code as
what a run prints, in the handout's world alone, since nobody saved another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from grader.assignment.loading import Assignment
from grader.extract import extract
from grader.judging.absence import Absence, none_of_its_own
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.judging.score import score_check
from grader.models import CheckResult, Execution, Output, QuestionResult, Refusal, Submission, Witness
from grader.text import one_line
from rubric.schema import BehaviourCheck

_LOOKS = frozenset({"torch.cuda.is_available()", "torch.cuda.device_count()"})
"""how a kernel names it that a notebook asked for a GPU"""
_alone: dict[str, Assignment] = {}


def ask(
    questions: Sequence[QuestionResult], submission: Submission, assignment: Assignment
) -> tuple[QuestionResult, ...]:
    """The same questions; where a cause of ours keeps a check waiting, with what the saved outputs show."""
    waiting = {c.id for q in questions for c in q.checks if c.cause is not None}
    if not waiting or not any(c.stored for c in submission.cells):
        return tuple(questions)
    shown = _shown(submission, _saved(submission), assignment)

    def seen(check: CheckResult) -> CheckResult:
        found = _witness(shown[check.id])
        return check.model_copy(update={"witness": found}) if check.id in waiting else check

    return tuple(q.model_copy(update={"checks": tuple(map(seen, q.checks))}) for q in questions)


class Contradicted(NamedTuple):
    """Decisions, and the errors here that saved outputs contradict."""

    decisions: Mapping[str, Decision]
    causes: tuple[Refusal, ...]


def contradict(
    decisions: Mapping[str, Decision], submission: Submission, run: Execution, assignment: Assignment
) -> Contradicted:
    """The same; what is absent waits where a cell went otherwise here and what it may show at home is right.

    That its saved output tells, or the run in which it went as if the machine had answered otherwise. What
    that run shows right waits also where it is wrong here: the machine may have chosen the value.

    run: in the handout's world.
    """
    absent = {id for id, d in decisions.items() if d.verdict == "missing" or _of_its_size_alone(d)}
    unmet = {id for id, d in decisions.items() if d.verdict in ("missing", "fail", "partial")}
    saved = _saved(submission)
    causes = (
        (_raised(submission, run), saved, absent),
        (_looked_for_a_gpu(submission, run), saved, absent),
        (_answered(submission, run), run.otherwise, unmet),
    )
    for cause, outputs, asked in causes:
        if cause is None or not asked or not any(o.cell in cause.lost for o in outputs):
            continue
        shown = _shown(submission, outputs, assignment)
        fit = {id for id in asked if _fits(shown[id], cause, alone=id not in absent)}
        if fit:
            absence = Absence((cause,), submission.cells)
            kinds = {c.id for c in assignment.rubric.checks() if isinstance(c, BehaviourCheck)}
            settled = absence.settle(decisions, assignment.rubric)
            by_code = {id for id in kinds - asked if settled[id].verdict == "review"}
            waiting = {id: absence.wait(d, cause) if id in fit else d for id, d in decisions.items()}
            return Contradicted({**waiting, **{id: settled[id] for id in by_code}}, (cause,))
    return Contradicted(decisions, ())


def _of_its_size_alone(decision: Decision) -> bool:
    return decision.verdict == "fail" and none_of_its_own(decision)


def _raised(submission: Submission, run: Execution) -> Refusal | None:
    """The first error that the file does not show, whatever it is: it did not come up where it was saved."""
    failed = {c.index for c in submission.cells if c.failed}
    raised = {e.cell: e for e in reversed(run.errors) if e.cell not in failed}
    if not raised:
        return None
    first = raised[min(raised)]
    return Refusal(
        kind="error",
        about=one_line(first.told, 80),
        call=first.told,
        cell=first.cell,
        effect="raised",
        lost=tuple(sorted(raised)),
    )


def _looked_for_a_gpu(submission: Submission, run: Execution) -> Refusal | None:
    """What a notebook does only where there is one, it did not do here."""
    looked = [r for r in run.refusals if r.kind == "device" and r.call in _LOOKS and r.cell is not None]
    if not looked:
        return None
    return _from_its_cell_on(looked, submission)


def _answered(submission: Submission, run: Execution) -> Refusal | None:
    """What a notebook does only where the machine answers otherwise, it did not do here."""
    asked = [r for r in run.refusals if r.kind == "answer" and r.cell is not None]
    return _from_its_cell_on(asked, submission) if asked else None


def _from_its_cell_on(refusals: Sequence[Refusal], submission: Submission) -> Refusal:
    """The first of some, with all that may not have happened because of it."""
    first = min(refusals, key=lambda r: r.cell or 0)
    lost = tuple(c.index for c in submission.cells if c.kind == "code" and c.index >= (first.cell or 0))
    return first.model_copy(update={"effect": "skipped", "lost": lost, "told_by": "grader"})


def _saved(submission: Submission) -> tuple[Output, ...]:
    return tuple(
        Output(cell=c.index, index=0, kind="stdout", text=c.stored) for c in submission.cells if c.stored
    )


def _fits(check: CheckResult, cause: Refusal, *, alone: bool) -> bool:
    """Do the outputs hold the right value, where the cause may have kept it away? alone: and no other."""
    seen = _witness(check)
    return seen.cell in cause.lost and (check.verdict == "pass" if alone else seen.fits)


def _shown(submission: Submission, saved: Sequence[Output], assignment: Assignment) -> dict[str, CheckResult]:
    """What would be said of the checks if the handout's world had these outputs."""
    assignment = _first_world(assignment)
    decisions = decide(submission.cells, [extract(saved)], assignment, [saved])
    outputs = {(o.cell, o.index): o for o in saved}
    rubric, expected = assignment.rubric, assignment.references[0]
    return {c.id: score_check(c, decisions[c.id], rubric, outputs, expected) for c in rubric.checks()}


def _witness(check: CheckResult) -> Witness:
    seen = check.evidence
    agrees = seen is not None and seen.agrees is not None and bool(np.all(seen.agrees))
    return Witness(
        fits=check.verdict == "pass" or agrees,
        cell=seen.cell if seen else None,
        text=seen.text if seen else "",
    )


def _first_world(assignment: Assignment) -> Assignment:
    """The assignment as if it had the handout's world alone."""
    if assignment.sha256 not in _alone:
        rubric, solved = assignment.rubric, assignment.solve()
        first = replace(solved, references=solved.references[:1], by_other_means=solved.by_other_means[:1])
        _alone[assignment.sha256] = replace(
            assignment,
            rubric=rubric.model_copy(update={"worlds": rubric.worlds[:1]}),
            sha256=f"{assignment.sha256} first world",
            solve=lambda: first,
        )
    return _alone[assignment.sha256]
