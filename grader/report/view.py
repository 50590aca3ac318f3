"""What one student may see of a report, ready to be typeset (pure).

The only place that applies `Rubric.disclosure`; Markdown and HTML typeset the same view. Flags,
reasons and `Diagnosis.detail` are for the assistant and never enter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.judging.behaviour import find_answer
from grader.models import CheckResult, Evidence, QuestionResult, Report, Submission, VerdictName
from grader.report.tensors import Block, ComparisonTable, Worst, compare
from grader.text import one_line
from grader.words.sentences import said as translated
from grader.words.student_page import Words, points, words
from rubric.schema import Rubric, TextCheck

_ERRORS = 5  # told; the first is often the cause of the rest
_WORST: tuple[VerdictName, ...] = ("fail", "missing", "partial", "review", "pass")


@dataclass(frozen=True, slots=True)
class Quote:
    """A print or words of the student's. `cell` counts from 1; `begins` is its first line of code."""

    cell: int
    text: str
    label: str
    begins: str
    written: bool = False


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check. Empty strings and None are left out of the page."""

    id: str
    title: str
    verdict: VerdictName
    waits: bool
    points: str
    message: str
    quote: Quote | None
    comparison: ComparisonTable | None
    relaid: str
    worst: str
    departs: str
    wrong: str
    hint: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question with its decided points."""

    id: str
    title: str
    points: str
    earned: float
    waiting: float
    max_score: float
    addressed: bool
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Checks that did not pass for the same reason, with their points together."""

    verdict: VerdictName
    ids: tuple[str, ...]
    titles: tuple[str, ...]
    points: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened when the notebook ran. cell: where, from 1; None where it was in no one cell."""

    text: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class StudentView:
    """A whole report as its student sees it. title: with the name in it."""

    words: Words
    rubric_title: str
    title: str
    name: str
    headline: str
    notes: tuple[str, ...]
    unisolated: str
    graded: bool
    troubles: tuple[Trouble, ...]
    findings: tuple[Finding, ...]
    questions: tuple[QuestionView, ...]
    made_by: str


def student_view(report: Report, submission: Submission, rubric: Rubric) -> StudentView:
    """The report in the rubric's language, without what its disclosure keeps back."""
    spoken = words(rubric.language)
    questions = tuple(_question(q, submission, rubric, spoken) for q in report.questions)
    name = _name(report) or spoken.no_name
    return StudentView(
        words=spoken,
        rubric_title=rubric.title,
        title=spoken.title.format(name=name),
        name=name,
        headline=_headline(report, spoken),
        notes=_notes(report, rubric, spoken),
        unisolated=spoken.unisolated if report.execution.isolation.tier == "none" and _ran(report) else "",
        graded=report.score is not None,
        troubles=_troubles(report, spoken),
        findings=_findings(report, questions, spoken),
        questions=questions,
        made_by=spoken.made_by.format(
            grader=report.provenance.grader,
            rubric=report.rubric.id,
            version=report.rubric.version,
            sha=report.submission.sha256[:12],
        ),
    )


def _name(report: Report) -> str:
    return one_line(report.submission.student.name or report.submission.id, 80)


def _ran(report: Report) -> bool:
    return report.execution.status not in ("unreadable", "sandbox_error")


def _headline(report: Report, spoken: Words) -> str:
    if report.score is None:
        return spoken.not_graded
    sentence = spoken.decided if report.pending else spoken.all_decided
    return sentence[report.max_score != 1].format(
        score=points(report.score, spoken), max=points(report.max_score, spoken)
    )


def _notes(report: Report, rubric: Rubric, spoken: Words) -> tuple[str, ...]:
    if report.score is None:
        status = report.execution.status
        why = one_line(translated(report.execution.message, rubric.language))
        if status == "sandbox_error":
            why = why.partition("; ")[0]  # the rest tells the one who grades what to do
        why = ": ".join(part for part in (spoken.statuses[status], why) if part)
        notes = [spoken.not_graded_why.format(why=_sentence(why)), spoken.ungraded_advice.get(status, "")]
        return tuple(filter(None, notes))
    notes = []
    if report.late is not None and report.late.share:
        late = report.late
        notes.append(
            spoken.late[late.points != 1].format(
                days=spoken.days[late.days > 1].format(n=late.days),
                points=points(late.points, spoken),
                share=points(100 * late.share, spoken),
            )
        )
    if report.pending:
        notes.append(spoken.waiting[report.pending != 1].format(pending=points(report.pending, spoken)))
    if report.questions:
        done = sum(q.addressed for q in report.questions)
        note = spoken.participation.format(done=done, all=len(report.questions))
        if rubric.participation and report.participation < rubric.participation:
            note += " " + spoken.participation_advice.format(share=points(100 * rubric.participation, spoken))
        notes.append(note)
    return tuple(notes)


def _troubles(report: Report, spoken: Words) -> tuple[Trouble, ...]:
    run = report.execution
    found = []
    for error in run.errors[:_ERRORS]:
        name, cell = one_line(error.name, 60), error.cell + 1
        said = spoken.raised.format(cell=cell, name=name, message=one_line(error.message)).removesuffix(": ")
        found.append(Trouble(said, cell))
    if more := len(run.errors[_ERRORS:]):
        found.append(Trouble(spoken.more_raised[more != 1].format(n=more)))
    if run.status not in ("ok", "error"):
        why = one_line(translated(run.message, spoken.language)) or spoken.statuses[run.status]
        if run.stopped_at is not None:
            cell = run.stopped_at + 1
            found.append(Trouble(spoken.stopped_at.format(why=_sentence(why), cell=cell), cell))
        elif run.interrupted:
            found.append(Trouble(_sentence(why), run.interrupted[0] + 1))
        elif report.score is not None:
            found.append(Trouble(f"{spoken.not_run} ({why})"))
    elif run.errors:
        found.append(Trouble(spoken.after_error))
    if run.missing_packages:
        names = ", ".join(one_line(name, 60) for name in run.missing_packages)
        found.append(Trouble(spoken.packages.format(names=names)))
    return tuple(found)


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def _question(
    question: QuestionResult, submission: Submission, rubric: Rubric, spoken: Words
) -> QuestionView:
    waiting = sum(c.max_score for c in question.checks if c.score is None and c.verdict == "review")
    earned = sum(c.score for c in question.checks if c.score is not None)
    if question.score is not None:
        earned = question.score
    undecided = all(c.score is None for c in question.checks)
    said = _points(None if undecided else earned, question.max_score, spoken)
    if waiting and not undecided:
        said += spoken.some_wait.format(points=points(waiting, spoken))
    return QuestionView(
        id=question.id,
        title=question.title,
        points=said,
        earned=earned,
        waiting=waiting,
        max_score=question.max_score,
        addressed=question.addressed,
        checks=tuple(_check(c, submission, rubric, spoken) for c in question.checks),
    )


def _findings(report: Report, questions: tuple[QuestionView, ...], spoken: Words) -> tuple[Finding, ...]:
    """What went wrong, said once for all checks that share it; nothing of what a person decides."""
    groups: dict[str, list[tuple[CheckResult, CheckView]]] = {}
    for question, shown in zip(report.questions, questions, strict=True):
        for check, view in zip(question.checks, shown.checks, strict=True):
            if check.score is not None and check.verdict not in ("pass", "review"):
                reason = view.wrong or view.message or spoken.verdicts[check.verdict] + "."
                groups.setdefault(reason, []).append((check, view))
    return tuple(
        Finding(
            verdict=min((check.verdict for check, _ in members), key=_WORST.index),
            ids=tuple(view.id for _, view in members),
            titles=tuple(view.title for _, view in members),
            points=_points(
                sum(c.score or 0 for c, _ in members), sum(c.max_score for c, _ in members), spoken
            ),
            reason=reason,
        )
        for reason, members in groups.items()
    )


def _points(score: float | None, most: float, spoken: Words) -> str:
    if score is None:
        return spoken.waits[most != 1].format(max=points(most, spoken))
    return spoken.points[most != 1].format(score=points(score, spoken), max=points(most, spoken))


def _check(check: CheckResult, submission: Submission, rubric: Rubric, spoken: Words) -> CheckView:
    said = next((c for c in rubric.checks() if c.id == check.id), None)
    tells = rubric.disclosure != "none"
    message = str(check.said or check.message).strip()
    quote = _quote(check.evidence, submission)
    if isinstance(said, TextCheck):
        quote = _written(said, submission)
        if check.score is None and check.verdict == "review":
            message = spoken.read_by  # what the grader's message adds is for the reader, not the writer
    view = CheckView(
        id=check.id,
        title=check.title,
        verdict=check.verdict,
        waits=check.score is None,
        points=_points(check.score, check.max_score, spoken),
        # a person's reason is written for the student
        message=translated(message, rubric.language) if tells or check.by_hand else "",
        quote=quote,
        comparison=None,
        relaid="",
        worst="",
        departs="",
        wrong="",
        hint="",
        by_hand=check.by_hand,
    )
    if check.verdict in ("pass", "review") or not tells:
        return view
    full = rubric.disclosure == "full"
    evidence = check.evidence
    # Numbers typed in are no less wrong for looking right: marking them would explain nothing.
    agrees = evidence.agrees if evidence and not check.typed_in else None
    comparison = compare(evidence and evidence.actual, check.expected, agrees)
    if comparison and _texts(comparison.actual) == _texts(comparison.expected):
        comparison = None  # twice the same says nothing
    worst = _worst(comparison.worst, full, spoken) if comparison and comparison.worst else ""
    departs = ""
    if comparison and comparison.departing and comparison.total > 1:
        departs = spoken.departs.format(count=comparison.departing, all=comparison.total)
    layout = spoken.layouts.get(evidence.layout) if evidence else None
    if comparison and not full:
        comparison = replace(comparison, expected=(), worst=None) if comparison.actual else None
    return replace(
        view,
        comparison=comparison,
        relaid=spoken.relaid.format(layout=layout) if layout and comparison else "",
        worst=worst,
        departs=departs,
        wrong=translated(check.diagnosis.message, rubric.language) if check.diagnosis else "",
        hint=check.hint,
    )


def _texts(blocks: Sequence[Block]) -> list[list[str]]:
    return [[entry.text for entry in row] for block in blocks for row in block.rows]


def _quote(evidence: Evidence | None, submission: Submission) -> Quote | None:
    if evidence is None:
        return None
    source = next((c.source for c in submission.cells if c.index == evidence.cell), "")
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return Quote(
        cell=evidence.cell + 1,
        text=evidence.text,
        label=one_line(evidence.label, 60),
        begins=one_line(lines[0], 60) if lines else "",
    )


def _written(check: TextCheck, submission: Submission) -> Quote | None:
    answer = find_answer(check, submission.cells)
    if answer is None:
        return None
    return Quote(cell=answer.cell + 1, text=answer.text, label="", begins="", written=True)


def _worst(worst: Worst, full: bool, spoken: Words) -> str:
    if not worst.index:
        return ""  # one number: it stands beside the expected one
    index = f"[{', '.join(map(str, worst.index))}]"
    where = spoken.element.format(index=index)
    if len(worst.index) == 2:
        row, column = worst.index
        where = spoken.element_matrix.format(index=index, row=row + 1, column=column + 1)
    sentence = spoken.worst_full if full else spoken.worst_hint
    return sentence.format(where=where, actual=worst.actual, expected=worst.expected)
