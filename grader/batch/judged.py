"""Judging apart from points and wording, so that a change of those needs no second judgement.

A submission is judged under the rubric made neutral: every check worth the same power of two, without hints
and wording of its own, and without what concerns only the whole (due date, titles, disclosure). That
report is kept, and `priced` puts the points and the words of the rubric as it is now into it. Whatever of
the rubric is not made neutral here, and every other file of the assignment, belongs to the key under
which it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.assignment.loading import Assignment
from grader.batch.code import JUDGING_CODE, code_digest
from grader.batch.keys import digest, environment_digest
from grader.folder.files import content_digest
from grader.folder.place import STATE
from grader.folder.store import Judgement, judgements
from grader.judging.barrier import WHOLE, Cut, StepNote, nowhere
from grader.judging.grade import grade, grade_within
from grader.judging.late import penalise, totals
from grader.judging.score import expected_of, hint_for, in_english
from grader.judging.several import alone, counted, left_open, settle
from grader.judging.wording import worded
from grader.marks.marks import Mark
from grader.models import CheckResult, Execution, QuestionResult, Report, RubricRef, Said, Submission
from rubric.schema import AssignmentLimits, Check, Messages, Question

_WORTH = 2.0**60
"""points of every neutral check: a credit times this, rounded to hundredths, is still the credit, exactly"""


@dataclass(frozen=True, slots=True)
class JudgingTask:
    """A submission to be judged. executions: notebook → one for each world; runs: their keys in the store.

    fingerprint: of the upload. by_hand: marks that a person gave. force: no kept judgement is used.
    """

    out: Path
    id: str
    submission: Submission
    executions: tuple[tuple[Execution, ...], ...]
    runs: tuple[tuple[str, ...], ...]
    fingerprint: str
    by_hand: Mapping[str, Mark]
    force: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of one student's notebooks. runs: keys in the store, of the executions that count.

    open: checks that wait for a person, and why. traces: of what failed in our code meanwhile.
    """

    submission: Submission
    executions: tuple[Execution, ...]
    runs: tuple[str, ...]
    open: Mapping[str, Said] = field(default_factory=dict)
    traces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A submission's report, and what of the submission counts. key: of the judgement in the store, or "".

    traces: of what failed in our code; those checks wait for a person.
    """

    report: Report
    counted: Counted
    key: str = ""
    traces: tuple[str, ...] = ()


def judged(assignment: Assignment, task: JudgingTask, cut: Cut = WHOLE, note: StepNote = nowhere) -> Judged:
    """The report of one submission, from the judgement that is kept in its folder where that may be used.

    cut, note: see `grader.judging.grade.grade_within`. Raises `StorageError`.
    """
    counts = _choose(assignment, task, cut, note)
    found = _judge(assignment, task, counts, task.fingerprint, cut, note)
    return replace(found, report=left_open(found.report, counts.open))


def _choose(assignment: Assignment, task: JudgingTask, cut: Cut, note: StepNote) -> Counted:
    """Which notebooks count: the first where nothing is judged."""
    notebooks = alone(task.submission)
    each = [
        Counted(one, ran, keys) for one, ran, keys in zip(notebooks, task.executions, task.runs, strict=False)
    ]
    if not each:
        return Counted(task.submission, (), ())
    if len(each) == 1 or not cut.judged:
        return replace(each[0], submission=task.submission)

    def choosing(step: str, cell: int = -1, output: int = -1) -> None:
        note("judging")  # what is cut off later can't be told by a cell of one of them

    judgements = [
        _judge(assignment, task, one, f"{task.fingerprint}#{n}", cut, choosing) for n, one in enumerate(each)
    ]
    settled = settle(task.submission, [j.report for j in judgements], assignment.rubric)
    made, ran = counted(task.submission, task.executions, settled)
    keys = tuple(key for i in settled.chosen for key in task.runs[i])
    return Counted(made, ran, keys, settled.said, tuple(t for j in judgements for t in j.traces))


def _judge(
    assignment: Assignment, task: JudgingTask, counts: Counted, fingerprint: str, cut: Cut, note: StepNote
) -> Judged:
    plain, kept = neutral_of(assignment), judgements(task.out / STATE)
    key = digest(fingerprint, list(counts.runs), plain.sha256)
    submission, executions, rubric = counts.submission, counts.executions, assignment.rubric
    found = None if task.force and cut == WHOLE else kept.get(key)  # what was kept a moment ago counts
    if found is not None:
        return Judged(penalise(priced(found, assignment), rubric), counts, key, counts.traces)
    graded = grade_within(submission, executions, plain, cut, note)
    if not graded.report.questions:  # it never ran: there is nothing to keep
        return Judged(penalise(grade(submission, executions, assignment), rubric), counts)
    kept.put(key, _without_expected(graded.report))
    traces = (*counts.traces, *graded.traces)
    return Judged(penalise(priced(graded.report, assignment), rubric), counts, key, traces)


_neutral: dict[tuple[str, str], Assignment] = {}


def neutral_of(assignment: Assignment) -> Assignment:
    """`neutral`, made once for each assignment."""
    which = str(assignment.folder), assignment.sha256
    if which not in _neutral:
        _neutral[which] = neutral(assignment)
    return _neutral[which]


def neutral(assignment: Assignment) -> Assignment:
    """The assignment without points and wording; its sha256 is that of all that judging depends on."""
    rubric = assignment.rubric
    plain = rubric.model_copy(
        update={
            "version": "",
            "title": "",
            "due": None,
            "late_penalty_per_day": 0.0,
            "rounding": None,
            "participation": 0.0,
            "notebook": None,
            "disclosure": "full",
            "self_check": "found",
            "language": "en",
            "limits": AssignmentLimits(),
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
    by_id = {c.id: c for q in judged.questions for c in q.checks}
    questions = tuple(
        QuestionResult(
            id=question.id,
            title=question.title,
            score=0.0,  # `totals` adds up
            max_score=_points(question.points),
            addressed=any(by_id[c.id].verdict != "missing" for c in question.checks),
            checks=tuple(
                _priced(by_id[c.id], c, rubric.messages, expected_of(c, assignment.references[0]))
                for c in question.checks
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
    hint = hint_for(check, judged.verdict, follows=judged.follow_through)
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
