"""What the outputs saved in an upload show, for the person who decides what could not run here (pure).

Never evidence: anybody can write them into the file. They are extracted and matched by the same code as
what a run prints, in the handout's world alone, since nobody saved another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grader.assignment.loading import Assignment
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.score import score_check
from grader.models import CheckResult, Output, QuestionResult, Submission, Witness

_alone: dict[str, Assignment] = {}


def ask(
    questions: Sequence[QuestionResult], submission: Submission, assignment: Assignment
) -> tuple[QuestionResult, ...]:
    """The same questions; where a cause of ours keeps a check waiting, with what the saved outputs show."""
    waiting = {c.id for q in questions for c in q.checks if c.cause is not None}
    saved = tuple(
        Output(cell=c.index, index=0, kind="stdout", text=c.stored) for c in submission.cells if c.stored
    )
    if not waiting or not saved:
        return tuple(questions)
    shown = _shown(submission, saved, _first_world(assignment))
    return tuple(
        q.model_copy(
            update={
                "checks": tuple(
                    c.model_copy(update={"witness": shown[c.id]}) if c.id in waiting else c for c in q.checks
                )
            }
        )
        for q in questions
    )


def _shown(submission: Submission, saved: Sequence[Output], assignment: Assignment) -> dict[str, Witness]:
    decisions = decide(submission.cells, [extract(saved)], assignment, [saved])
    outputs = {(o.cell, o.index): o for o in saved}
    rubric, expected = assignment.rubric, assignment.references[0]
    return {
        c.id: _witness(score_check(c, decisions[c.id], rubric, outputs, expected)) for c in rubric.checks()
    }


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
