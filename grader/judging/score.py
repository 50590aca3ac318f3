"""Decisions and rubric to points (pure). Nothing here awards points that a decision did not give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.assignment.loading import Quantities
from grader.judging.decision import Decision
from grader.judging.evidence import describe
from grader.judging.wording import worded
from grader.models import CheckResult, Output, QuestionResult, Said, VerdictName
from rubric.schema import Check, Question, Rubric, TensorCheck


def score_question(question: Question, checks: Sequence[CheckResult]) -> QuestionResult:
    """Points of one question. Its score counts what is decided; a check under review has none yet."""
    decided = [c.score for c in checks if c.score is not None]
    return QuestionResult(
        id=question.id,
        title=question.title,
        score=_points(sum(decided)),
        max_score=_points(question.points),
        addressed=any(c.verdict != "missing" for c in checks),
        checks=tuple(checks),
    )


def score_check(
    check: Check,
    decision: Decision,
    rubric: Rubric,
    outputs: Mapping[tuple[int, int], Output],
    reference: Quantities,
) -> CheckResult:
    """One check's points, with its evidence."""
    evidence = decision.evidence
    if decision.candidate is not None:
        evidence = describe(
            decision.candidate,
            decision.comparison,
            outputs,
            [w.name for w in rubric.worlds],
            rubric.tolerance,
        ).model_copy(update={"beside": tuple(map(str, decision.beside))})
    said = worded(decision.reason, rubric.messages)
    hint = hint_for(check, decision.verdict, follows=decision.follow_through)
    return CheckResult(
        id=check.id,
        title=check.title,
        verdict=decision.verdict,
        score=None if decision.credit is None else _points(check.points * decision.credit),
        max_score=_points(check.points),
        message=in_english(said, hint),
        said=said,
        hint=hint,
        typed_in=decision.typed_in,
        follow_through=decision.follow_through,
        answer=decision.answer,
        cause=decision.cause,
        evidence=evidence,
        diagnosis=decision.diagnosis,
        expected=expected_of(check, reference),
    )


def expected_of(check: Check, reference: Quantities) -> object:
    """The value that is right, as nested lists; None where there is none, or one of many."""
    if not isinstance(check, TensorCheck) or check.bounded:
        return None
    return reference[check.quantity].tolist()


def hint_for(check: Check, verdict: VerdictName, *, follows: bool = False) -> str:
    """The rubric's hint, where something is to be done: not in what follows from an earlier one."""
    return check.hint if verdict in ("fail", "missing", "partial") and not follows else ""


def in_english(said: Said, hint: str) -> str:
    """The message of report.json."""
    return f"{said} {hint}" if hint else str(said)


def _points(value: float) -> float:
    """Points to a hundredth, so that sums read well."""
    return round(value, 2)
