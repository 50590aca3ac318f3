"""Judging apart from points and wording, so that a change of those needs no second judgement.

A submission is judged under the rubric made neutral: every check worth the same power of two, without hints
and wording of its own, and without what concerns only the whole (due date, titles, disclosure). That
report is kept, and `priced` puts the points and the words of the rubric as it is now into it. Whatever of
the rubric is not made neutral here, and every other file of the assignment, belongs to the key under
which it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.assignment.loading import Assignment
from grader.batch.code import JUDGING_CODE, code_digest
from grader.batch.keys import digest, environment_digest
from grader.errors import StorageError
from grader.folder.files import content_digest
from grader.folder.store import Judgement, judgements
from grader.judging.grade import grade
from grader.judging.late import penalise, totals
from grader.judging.score import hint_for, in_english
from grader.judging.several import alone, counted, settle
from grader.judging.wording import worded
from grader.models import CheckResult, Execution, QuestionResult, Report, RubricRef, Said, Submission
from rubric.schema import Check, Messages, Question

_WORTH = 2.0**60
"""points of every neutral check: a credit times this, rounded to hundredths, is still the credit, exactly"""


@dataclass(frozen=True, slots=True)
class Judged:
    """A submission's report. key: of the judgement in the store; empty where none was kept.

    fault: ours, that kept us from judging; the report is then that of a broken sandbox, without marks.
    """

    report: Report
    key: str = ""
    fault: Exception | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of one student's notebooks. runs: keys in the store, of the executions that count."""

    submission: Submission
    executions: tuple[Execution, ...]
    runs: tuple[str, ...]
    open: Mapping[str, Said] = field(default_factory=dict)


class Bench:
    """Judges for one assignment and one output folder, and keeps what it judged."""

    def __init__(self, assignment: Assignment, state: Path) -> None:
        self.assignment = assignment
        self._neutral = neutral(assignment)
        self._kept = judgements(state)

    def judge(
        self,
        submission: Submission,
        executions: Sequence[Execution],
        fingerprint: str,
        runs: Sequence[str],
        *,
        force: bool = False,
    ) -> Judged:
        """The report of one submission, from the judgement that is kept unless `force`.

        executions: one per world; runs: their keys in the store. fingerprint: of the upload.
        Raises `StorageError`.
        """
        key = digest(fingerprint, list(runs), self._neutral.sha256)
        rubric = self.assignment.rubric
        judged: Report | None = None if force else self._kept.get(key)
        try:
            if judged is None:
                judged = grade(submission, executions, self._neutral)
                if not judged.questions:  # it never ran: there is nothing to keep
                    return Judged(penalise(grade(submission, executions, self.assignment), rubric))
                self._kept.put(key, _without_expected(judged))
            return Judged(penalise(priced(judged, self.assignment), rubric), key)
        except StorageError:
            raise
        except Exception as error:
            return Judged(self._broken(submission, executions, error), fault=error)

    def choose(
        self,
        submission: Submission,
        executions: Sequence[Sequence[Execution]],
        fingerprint: str,
        runs: Sequence[Sequence[str]],
        *,
        force: bool = False,
    ) -> Counted:
        """Which notebooks of a submission count. executions, runs: notebook → one for each world."""
        if not submission.others:
            alone_ran = tuple(executions[0]) if executions else ()
            return Counted(submission, alone_ran, tuple(runs[0]) if runs else ())
        reports = [
            self.judge(one, ran, f"{fingerprint}#{n}", keys, force=force).report
            for n, (one, ran, keys) in enumerate(zip(alone(submission), executions, runs, strict=True))
        ]
        settled = settle(submission, reports, self.assignment.rubric)
        made, ran = counted(submission, executions, settled)
        return Counted(made, ran, tuple(key for i in settled.chosen for key in runs[i]), settled.said)

    def _broken(self, submission: Submission, executions: Sequence[Execution], error: Exception) -> Report:
        why = " ".join(str(error).split())[:300] or "no message"
        said = Said(
            "the grader failed while judging: {kind}: {why}", {"kind": type(error).__name__, "why": why}
        )
        fault = {"status": "sandbox_error", "message": str(said), "said": said}
        broken = [e.model_copy(update=fault) for e in executions]
        return grade(submission, broken, self.assignment)


def neutral(assignment: Assignment) -> Assignment:
    """The assignment without points and wording; its sha256 is that of all that judging depends on."""
    rubric = assignment.rubric
    plain = rubric.model_copy(
        update={
            "version": "",
            "title": "",
            "due": None,
            "late_penalty_per_day": 0.0,
            "participation": 0.0,
            "notebook": None,
            "disclosure": "full",
            "self_check": "found",
            "language": "en",
            "messages": Messages(),
            "questions": tuple(_plain(q) for q in rubric.questions),
        }
    )
    code = [(p.name, content_digest(p)) for p in sorted(assignment.folder.glob("*.py"))]
    worlds = [assignment.parts_of(w) for w in rubric.worlds]
    depends = plain.model_dump(mode="json"), worlds, code, code_digest(*JUDGING_CODE), environment_digest()
    return replace(assignment, rubric=plain, sha256=digest(*depends))


def _plain(question: Question) -> Question:
    checks = tuple(c.model_copy(update={"points": _WORTH, "hint": ""}) for c in question.checks)
    return question.model_copy(update={"title": "", "checks": checks})


def priced(judged: Report, assignment: Assignment) -> Report:
    """A neutral report with the points and the words of the rubric (pure). Without lateness."""
    rubric = assignment.rubric
    reference = {
        c.id: assignment.references[0][c.quantity].tolist() for c in rubric.checks() if c.kind == "tensor"
    }
    by_id = {c.id: c for q in judged.questions for c in q.checks}
    questions = tuple(
        QuestionResult(
            id=question.id,
            title=question.title,
            score=0.0,  # `totals` adds up
            max_score=_points(question.points),
            addressed=any(by_id[c.id].verdict != "missing" for c in question.checks),
            checks=tuple(
                _priced(by_id[c.id], c, rubric.messages, reference.get(c.id)) for c in question.checks
            ),
        )
        for question in rubric.questions
    )
    about = RubricRef(id=rubric.id, version=rubric.version, sha256=assignment.sha256, title=rubric.title)
    changed = {"rubric": about, "max_score": _points(rubric.points), "questions": questions}
    return totals(judged.model_copy(update=changed))


def _priced(judged: CheckResult, check: Check, messages: Messages, expected: object) -> CheckResult:
    assert judged.said is not None, "what was judged has a reason"
    said = worded(judged.said, messages)
    hint = hint_for(check, judged.verdict)
    return judged.model_copy(
        update={
            "score": None if judged.score is None else _points(check.points * (judged.score / _WORTH)),
            "max_score": _points(check.points),
            "message": in_english(said, hint),
            "said": said,
            "hint": hint,
            "expected": expected,
        }
    )


def _without_expected(judged: Report) -> Judgement:
    """The reference values are the same for everybody: they need not be kept with each."""
    questions = tuple(
        q.model_copy(update={"checks": tuple(c.model_copy(update={"expected": None}) for c in q.checks)})
        for q in judged.questions
    )
    return Judgement(**dict(judged) | {"questions": questions})


def _points(value: float) -> float:
    return round(value, 2)
