"""What one student may see of a report, ready to be typeset (pure).

The only place that applies `Rubric.disclosure`; Markdown and HTML typeset the same view. Flags,
reasons and `Diagnosis.detail` are for the assistant and never enter it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.judging.wording import REVIEW, worded
from grader.marks.marks import ON_THE_WHOLE
from grader.models import (
    Answer,
    CheckResult,
    Evidence,
    QuestionResult,
    Refusal,
    Report,
    Said,
    Status,
    Submission,
    VerdictName,
)
from grader.report.tensors import Block, ComparisonTable, Worst, compare
from grader.text import one_line
from grader.words.refusals import note
from grader.words.speech import Speech, speech
from grader.words.terms import STATUSES, VERDICTS
from rubric.schema import Rubric

_ADVICE: Mapping[Status, Said] = {
    "unreadable": Said(
        "Does the file that you handed in open in Jupyter? If it does not, save your notebook once more as "
        ".ipynb, and ask whoever teaches the course whether you may hand it in again."
    ),
    "sandbox_error": Said("You need not do anything: it will be graded again."),
}
_LAYOUTS = {
    "transposed": Said("transposed"),
    "split by row": Said("row by row"),
    "split by column": Said("column by column"),
    "split by element": Said("one by one"),
}
_REFUSALS = 5  # told; a notebook that asks for more asks for the same again
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
    comment: str = ""


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
    """Checks that did not pass, or wait, for the same reason, with their points together."""

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
    """A whole report as its student sees it. title: with the name in it.

    decided: False where all points wait: 0 would look like a mark. findings: what went wrong. open: what a
    person will look at.
    """

    speak: Speech
    rubric_title: str
    title: str
    name: str
    headline: str
    notes: tuple[str, ...]
    unisolated: str
    graded: bool
    decided: bool
    troubles: tuple[Trouble, ...]
    findings: tuple[Finding, ...]
    open: tuple[Finding, ...]
    questions: tuple[QuestionView, ...]
    made_by: str


def student_view(report: Report, submission: Submission, rubric: Rubric) -> StudentView:
    """The report in the rubric's language, without what its disclosure keeps back."""
    speak = speech(rubric.language)
    questions = tuple(_question(q, submission, rubric, speak) for q in report.questions)
    name = _name(report) or speak("your submission")
    return StudentView(
        speak=speak,
        rubric_title=rubric.title,
        title=speak("Report for {name}", name=name),
        name=name,
        headline=_headline(report, speak),
        notes=_notes(report, rubric, speak),
        unisolated=speak(
            "This notebook ran without isolation. The result is only as trustworthy as its author."
        )
        if report.execution.isolation.tier == "none" and _ran(report)
        else "",
        graded=report.score is not None,
        decided=_decided(report),
        troubles=_troubles(report, speak),
        findings=_findings(report, questions, speak, waiting=False),
        open=_findings(report, questions, speak, waiting=True),
        questions=questions,
        made_by=speak(
            "Made from report.json by grader {grader}, rubric {rubric} version {version}, file {sha}.",
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


def _decided(report: Report) -> bool:
    return report.score is not None and not (report.score == 0 and report.pending >= report.max_score > 0)


def _headline(report: Report, speak: Speech) -> str:
    if report.score is None:
        return speak("Not graded yet.")
    if not _decided(report):
        return speak("Nothing is decided yet.")
    most = report.max_score
    given = {"score": speak.points(report.score), "max": speak.points(most)}
    if report.pending:
        return speak.counted(
            most, "{score} of {max} point so far.", "{score} of {max} points so far.", **given
        )
    return speak.counted(most, "{score} of {max} point.", "{score} of {max} points.", **given)


def _notes(report: Report, rubric: Rubric, speak: Speech) -> tuple[str, ...]:
    if report.score is None:
        status = report.execution.status
        why = speak.of(STATUSES[status])
        if status != "sandbox_error":  # what failed on our side is for the one who grades
            own = one_line(speak.either(report.execution.said, report.execution.message))
            why = ": ".join(part for part in (why, own) if part)
        notes = [speak("This is not a mark. {why}", why=_sentence(why))]
        return (*notes, *(speak.of(advice) for name, advice in _ADVICE.items() if name == status))
    notes = []
    if report.late is not None and report.late.share:
        late = report.late
        notes.append(
            speak.counted(
                late.points,
                "Handed in after the due date, {days} begun: {points} point ({share} %) is taken off.",
                "Handed in after the due date, {days} begun: {points} points ({share} %) are taken off.",
                days=speak.counted(late.days, "{n} day", "{n} days"),
                points=speak.points(late.points),
                share=speak.points(100 * late.share),
            )
        )
    told = [f for f in report.flags if f.id == ON_THE_WHOLE]
    notes += [one_line(speak.either(flag.said, flag.message), 600) for flag in told]
    if report.pending:
        notes.append(
            speak.counted(
                report.pending,
                "{pending} point waits for a person to read your work.",
                "{pending} points wait for a person to read your work.",
                pending=speak.points(report.pending),
            )
        )
    if report.questions:
        done = sum(q.addressed for q in report.questions)
        note = speak("You addressed {done} of {all} questions.", done=done, all=len(report.questions))
        if rubric.participation and report.participation < rubric.participation:
            note += " " + speak(
                "The handout advises at least {share} %.", share=speak.points(100 * rubric.participation)
            )
        notes.append(note)
    return tuple(notes)


def _troubles(report: Report, speak: Speech) -> tuple[Trouble, ...]:
    run = report.execution
    found = []
    own = [e for e in run.errors if e.name != "KeyboardInterrupt" or e.cell not in run.interrupted]
    for error in own[:_ERRORS]:
        name, cell = one_line(error.name, 60), error.cell + 1
        if error.message:
            said = speak(
                "Cell {cell} raised {name}: {message}", cell=cell, name=name, message=one_line(error.message)
            )
        else:
            said = speak("Cell {cell} raised {name}", cell=cell, name=name)
        found.append(Trouble(said, cell))
    if more := len(own[_ERRORS:]):
        found.append(
            Trouble(
                speak.counted(
                    more,
                    "{n} more error; often the first one is the cause of the others.",
                    "{n} more errors; often the first one is the cause of the others.",
                )
            )
        )
    if run.status not in ("ok", "error"):
        why = one_line(speak.either(run.said, run.message)) or speak.of(STATUSES[run.status])
        if run.stopped_at is not None:
            cell = run.stopped_at + 1
            found.append(
                Trouble(
                    speak("{why} The cells after cell {cell} did not run.", why=_sentence(why), cell=cell),
                    cell,
                )
            )
        elif run.interrupted:
            found.append(Trouble(_sentence(why), run.interrupted[0] + 1))
        elif report.score is not None:
            found.append(Trouble(speak("Your notebook did not run to its end ({why})", why=why)))
    elif run.errors:
        found.append(Trouble(speak("Cells after an error still ran.")))
    if run.missing_packages:
        names = ", ".join(one_line(name, 60) for name in run.missing_packages)
        found.append(Trouble(speak("Not installed where notebooks are graded: {names}", names=names)))
    found += _refused(run.refusals, speak)
    return tuple(found)


def _refused(refusals: Sequence[Refusal], speak: Speech) -> list[Trouble]:
    """What the kernel did otherwise than at home; errors and limits are told already, and so are packages.

    That an error is one of another version, of want of a GPU, or of this place does not say itself.
    """
    told = [
        r
        for r in refusals
        if r.kind == "language"
        or (r.kind in ("version", "device", "error") and r.told_by == "grader")
        or (r.told_by == "kernel" and r.kind not in ("package", "device", "version", "debugger"))
    ]
    # the error itself is told
    short = [
        r.model_copy(update={"call": ""}) if r.about and (r.told_by == "grader" or r.kind == "error") else r
        for r in told
    ]
    return [Trouble(speak.of(note(r)), None if r.cell is None else r.cell + 1) for r in short[:_REFUSALS]]


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def _question(
    question: QuestionResult, submission: Submission, rubric: Rubric, speak: Speech
) -> QuestionView:
    waiting = sum(c.max_score for c in question.checks if c.score is None and c.verdict == "review")
    earned = sum(c.score for c in question.checks if c.score is not None)
    if question.score is not None:
        earned = question.score
    undecided = all(c.score is None for c in question.checks)
    said = _points(None if undecided else earned, question.max_score, speak)
    if waiting and not undecided:
        said += speak(", {points} waiting", points=speak.points(waiting))
    return QuestionView(
        id=question.id,
        title=question.title,
        points=said,
        earned=earned,
        waiting=waiting,
        max_score=question.max_score,
        addressed=question.addressed,
        checks=tuple(_check(c, submission, rubric, speak) for c in question.checks),
    )


def _findings(
    report: Report, questions: tuple[QuestionView, ...], speak: Speech, *, waiting: bool
) -> tuple[Finding, ...]:
    """What went wrong, or what waits for a person, said once for all checks that share it."""
    groups: dict[str, list[tuple[CheckResult, CheckView]]] = {}
    for question, shown in zip(report.questions, questions, strict=True):
        for check, view in zip(question.checks, shown.checks, strict=True):
            wrong = check.score is not None and check.verdict not in ("pass", "review")
            if view.waits if waiting else wrong:
                reason = view.wrong or view.message or speak.of(VERDICTS[check.verdict]) + "."
                groups.setdefault(reason, []).append((check, view))
    return tuple(
        Finding(
            verdict=min((check.verdict for check, _ in members), key=_WORST.index),
            ids=tuple(view.id for _, view in members),
            titles=tuple(view.title for _, view in members),
            points=_points(
                None if waiting else sum(c.score or 0 for c, _ in members),
                sum(c.max_score for c, _ in members),
                speak,
            ),
            reason=reason,
        )
        for reason, members in groups.items()
    )


def _points(score: float | None, most: float, speak: Speech) -> str:
    if score is None:
        return speak.counted(
            most,
            "{max} point, waiting for a person",
            "{max} points, waiting for a person",
            max=speak.points(most),
        )
    return speak.counted(
        most,
        "{score} of {max} point",
        "{score} of {max} points",
        score=speak.points(score),
        max=speak.points(most),
    )


def _check(check: CheckResult, submission: Submission, rubric: Rubric, speak: Speech) -> CheckView:
    tells, waits = rubric.disclosure != "none", check.score is None and check.verdict == "review"
    message = speak.either(check.said, check.message)
    quote = _written(check.answer) if check.answer is not None else _quote(check.evidence, submission)
    if check.answer is not None and check.score is None:
        # what the grader's message adds is for the reader, not the writer
        message = speak("A person reads your answer.")
    elif keeps_back(check, rubric):
        message, quote = speak.of(worded(REVIEW, rubric.messages)), None
    view = CheckView(
        id=check.id,
        title=check.title,
        verdict=check.verdict,
        waits=check.score is None,
        points=_points(check.score, check.max_score, speak),
        # a person's reason is written for the student
        message=message if tells or check.by_hand or waits else "",
        quote=quote,
        comparison=None,
        relaid="",
        worst="",
        departs="",
        wrong="",
        hint="",
        by_hand=check.by_hand,
        comment=check.comment,
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
    worst = _worst(comparison.worst, full, speak) if comparison and comparison.worst else ""
    departs = ""
    if comparison and comparison.departing and comparison.total > 1:
        departs = speak(
            "{count} of {all} values differ; they are marked ✗.",
            count=comparison.departing,
            all=comparison.total,
        )
    layout = _LAYOUTS.get(evidence.layout) if evidence else None
    if comparison and not full:
        comparison = replace(comparison, expected=(), worst=None) if comparison.actual else None
    return replace(
        view,
        comparison=comparison,
        relaid=speak("You printed them {layout}; here they are laid out like the reference.", layout=layout)
        if layout and comparison
        else "",
        worst=worst,
        departs=departs,
        wrong=speak.either(check.diagnosis.said, check.diagnosis.message) if check.diagnosis else "",
        hint=check.hint,
    )


def keeps_back(check: CheckResult, rubric: Rubric) -> bool:
    """Is it not told which print answers a check, and why it waits? That would tell good guesses from bad."""
    return check.score is None and check.verdict == "review" and rubric.disclosure != "full"


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


def _written(answer: Answer) -> Quote:
    return Quote(cell=answer.cell + 1, text=answer.text, label="", begins="", written=True)


def _worst(worst: Worst, full: bool, speak: Speech) -> str:
    if not worst.index:
        return ""  # one number: it stands beside the expected one
    index = f"[{', '.join(map(str, worst.index))}]"
    where = speak("element {index}", index=index)
    if len(worst.index) == 2:
        row, column = worst.index
        where = speak(
            "element {index} (row {row}, column {column})", index=index, row=row + 1, column=column + 1
        )
    if not full:
        return speak("Furthest off is {where}: you have {actual}.", where=where, actual=worst.actual)
    return speak(
        "Furthest off is {where}: you have {actual}, expected is {expected}.",
        where=where,
        actual=worst.actual,
        expected=worst.expected,
    )
