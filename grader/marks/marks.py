"""Marks that a person gave: one append-only file, applied last to every view of a report.

`OUT/marks.jsonl` holds one `Mark` a line: who, when, why, and what the automatic verdict was. Nothing
that grades ever writes there, so marks survive every regrade; a later line for the same check counts
instead of the earlier ones. report.json keeps the automatic verdict; `apply` gives the view with marks.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path

from pydantic import Field, ValidationError

from grader.errors import StorageError
from grader.judging.late import totals
from grader.judging.score import hint_for
from grader.judging.wording import REVIEW, worded
from grader.models import (
    CheckResult,
    Flag,
    QuestionResult,
    Record,
    Report,
    Said,
    Value,
    VerdictName,
    verbatim,
)
from rubric.schema import Check, Rubric

FILE = "marks.jsonl"
BY_HAND = "marked_by_hand"
CHANGED = "automatic_verdict_changed"
"""a mark waits: what it was given for is another thing now"""
SCALED = "mark_scaled"
DROPPED = "mark_without_check"
_UNGRADED = "ungraded"
WHOLE = "whole"
"""in place of a check: points added to the whole, or taken off it"""
REMARK = "whole:remark"
COMMENT = "comment:"
"""in front of a check: words for the student, and no mark"""
MEMBER = "member:"
"""in front of a member's id: points added to, or taken off, what the team gets, for this one alone"""
ON_THE_WHOLE = "on_the_whole"
OF_A_MEMBER = "member_marked"
_SAME = 1e-6
_NOT_GRADED = Said("not graded")


class Mark(Record):
    """One decision of a person. points None: the mark is taken back, the automatic verdict counts."""

    submission: str
    origin: str = Field(default="", description="of the upload: finds it again under another id")
    check: str
    points: float | None = Field(allow_inf_nan=False, description="below zero only for the whole or a member")
    max_score: float = Field(description="what the check was worth then")
    reason: str
    by: str
    at: datetime
    verdict: VerdictName | None = Field(description="the automatic one then; None: it had none")
    score: float | None
    sha256: str = Field(description="of the upload that was looked at")
    seen: str = Field(default="", description="`seen_in` of the check that was looked at")


class Marks:
    """The marks of one output folder. damaged: numbers of lines that can't be read, from 1."""

    def __init__(self, marks: Sequence[Mark] = (), damaged: Sequence[int] = ()) -> None:
        self.all = tuple(marks)
        self.damaged = tuple(damaged)
        self._by_origin: dict[str, dict[str, Mark]] = {}
        self._by_id: dict[str, list[Mark]] = {}
        for mark in marks:
            self._by_origin.setdefault(mark.origin, {})[mark.check] = mark
            self._by_id.setdefault(mark.submission, []).append(mark)

    def of(self, id: str, origin: str, origins: Collection[str] = ()) -> dict[str, Mark]:
        """Check id → the mark that counts, for one submission.

        origins: those of all submissions known now. A mark for this id that was given to an upload
        which is known under another id now is that one's; one whose upload is not known any more
        (the export has another name this week) still belongs to its id.
        """
        found = {m.check: m for m in self._by_id.get(id, ()) if m.origin == origin or m.origin not in origins}
        if origin:
            found |= self._by_origin.get(origin, {})
        return {check: mark for check, mark in found.items() if mark.points is not None}


def read(out: Path) -> Marks:
    """The marks in an output folder; none where there is no file. Raises `StorageError`."""
    path = out / FILE
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return Marks()
    except OSError as error:
        raise StorageError(f"{path} can't be read ({error.strerror}); marks would be lost") from error
    marks: list[Mark] = []
    damaged: list[int] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            marks.append(Mark.model_validate_json(line))
        except ValidationError:
            damaged.append(number)
    return Marks(marks, damaged)


def append(out: Path, marks: Sequence[Mark]) -> None:
    """Add marks, all of them on the disk when this returns, or none. Hold `ledger.locked`.

    Raises `StorageError`.
    """
    path = out / FILE
    # A line torn by a crash may stand at the end: begin a line of our own.
    data = b"\n" + b"".join(m.model_dump_json().encode("utf-8", "replace") + b"\n" for m in marks)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        before = os.fstat(descriptor).st_size
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)  # the whole lines that did fit would count
            raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError(f"{path} could not be written ({error.strerror}); nothing is marked") from error


def apply(report: Report, marks: Mapping[str, Mark], rubric: Rubric) -> Report:
    """The report as marked by hand, with a flag for each mark (pure).

    marks: by check id, as `Marks.of` gives them. A mark is scaled to what its check is worth now. Where what
    it was given for is another thing now, the check waits for a person; of a check that the rubric does not
    have any more it is said. A report that could not be graded gets the rubric's checks, those without a mark
    waiting for a person. The same report when there is nothing to say.
    """
    asked = {c.id: c for c in rubric.checks()}
    known = asked.keys() | {c.id for q in report.questions for c in q.checks}
    fitting = {check: mark for check, mark in marks.items() if check in known}
    dropped = [m for check, m in marks.items() if check not in known and check.isidentifier()]
    flags = [_dropped(mark) for mark in dropped if mark.check not in (_UNGRADED, WHOLE)]
    flags += [_on_the_whole(mark) for check, mark in marks.items() if check in (WHOLE, REMARK)]
    own = {c.removeprefix(MEMBER): m for c, m in marks.items() if c.startswith(MEMBER)}
    flags += [_of_a_member(id, mark) for id, mark in own.items()]
    comments = {c.removeprefix(COMMENT): m.reason for c, m in marks.items() if c.startswith(COMMENT)}
    if not fitting and not flags and not comments:
        return report
    questions = report.questions or (open_checks(report, rubric).questions if fitting else ())
    changed = []
    for question in questions:
        checks = []
        for check in question.checks:
            mark = fitting.get(check.id)
            if mark is not None:
                news = outdated(mark, check, report)
                flags += _flags(mark, check, report, news)
                check = _reopened(check, rubric) if news else _marked(check, mark, asked.get(check.id))  # noqa: PLW2901
            checks.append(check.model_copy(update={"comment": comments.get(check.id, "")}))
        changed.append(question.model_copy(update={"checks": tuple(checks)}))
    whole = marks.get(WHOLE)
    update = {
        "questions": tuple(changed),
        "flags": (*report.flags, *flags),
        "adjusted": (whole.points or 0.0) if whole is not None else 0.0,
    }
    marked = totals(report.model_copy(update=update))
    scores = [(id, for_member(marked, mark).score) for id, mark in own.items()]
    return marked.model_copy(update={"of_members": tuple((i, s) for i, s in scores if s is not None)})


def for_member(report: Report, mark: Mark) -> Report:
    """A team's report, marks applied, as it is for the member whom `mark` is for alone (pure)."""
    update = {
        "flags": (*report.flags, _on_the_whole(mark)),
        "adjusted": report.adjusted + (mark.points or 0.0),
    }
    return totals(report.model_copy(update=update))


def seen_in(check: CheckResult) -> str:
    """Digest of what a person looks at when marking a check: its print or its words; empty for none."""
    evidence, answer = check.evidence, check.answer
    if evidence is None and answer is None:
        return ""
    shown = [
        evidence.text if evidence else "",
        str(evidence.actual) if evidence else "",
        answer and answer.text,
        *(answer.pictures if answer else ()),
    ]
    return hashlib.sha256(repr(shown).encode("utf-8", "replace")).hexdigest()[:16]


def outdated(mark: Mark, check: CheckResult, report: Report) -> list[Said]:
    """Why a person has to look again before a mark counts; empty where it still says what it said.

    Another notebook matters where other things are to be seen in it, another verdict where it is not the
    mark's own.
    """
    share = (mark.points or 0.0) / mark.max_score if mark.max_score else None
    now = None if check.score is None or not check.max_score else check.score / check.max_score
    then = None if mark.score is None or not mark.max_score else mark.score / mark.max_score
    verdict = check.verdict if report.questions else None
    if now is not None and share is not None and abs(now - share) < _SAME:
        return []
    news = []
    if (
        verdict != mark.verdict
        or (now is None) != (then is None)
        or abs((now or 0.0) - (then or 0.0)) > _SAME
    ):
        verdicts = {
            "then": _automatic(mark.verdict, mark.score) if mark.verdict else _NOT_GRADED,
            "now": _automatic(check.verdict, check.score) if report.questions else _NOT_GRADED,
        }
        news.append(Said("the automatic verdict was {then} and is now {now}", verdicts))
    seen = seen_in(check)
    if mark.sha256 not in ("", report.submission.sha256) and (not seen or seen != mark.seen):
        news.append(Said("the notebook is another one now"))
    elif mark.seen and seen != mark.seen:
        news.append(Said("what stands there is another thing now"))
    if share is None and check.max_score:
        news.append(Said("the check was worth nothing and is now worth {now:g}", {"now": check.max_score}))
    return news


def reopened(report: Report, marks: Mapping[str, Mark], rubric: Rubric) -> tuple[Report, frozenset[str]]:
    """The automatic report with those checks waiting whose mark is outdated, and which they are (pure)."""
    if not marks:
        return report, frozenset()
    found = frozenset(
        c.id for q in report.questions for c in q.checks if c.id in marks and outdated(marks[c.id], c, report)
    )
    if not found:
        return report, found
    questions = tuple(
        q.model_copy(update={"checks": tuple(_reopened(c, rubric) if c.id in found else c for c in q.checks)})
        for q in report.questions
    )
    return report.model_copy(update={"questions": questions}), found


def open_checks(report: Report, rubric: Rubric) -> Report:
    """A report that could not be graded, with the rubric's checks, each waiting for a person."""
    review = worded(REVIEW, rubric.messages)
    questions = tuple(
        QuestionResult(
            id=question.id,
            title=question.title,
            score=0.0,
            max_score=question.points,
            addressed=False,
            checks=tuple(
                CheckResult(
                    id=c.id,
                    title=c.title,
                    verdict="review",
                    score=None,
                    max_score=c.points,
                    message=str(review),
                    said=review,
                )
                for c in question.checks
            ),
        )
        for question in rubric.questions
    )
    return report.model_copy(update={"questions": questions})


def _reopened(check: CheckResult, rubric: Rubric) -> CheckResult:
    review = worded(REVIEW, rubric.messages)
    waits = {"verdict": "review", "score": None, "message": str(review), "said": review, "hint": ""}
    return check.model_copy(update=waits)


def _scaled(mark: Mark, check: CheckResult) -> float:
    """The points that a mark gives now: the same share of what the check is worth."""
    points = mark.points or 0.0
    same = not mark.max_score or abs(mark.max_score - check.max_score) < _SAME
    return points if same else round(points * check.max_score / mark.max_score, 2)


def _marked(check: CheckResult, mark: Mark, asked: Check | None) -> CheckResult:
    points = _scaled(mark, check)
    said = Said("Marked by hand: {reason}", {"reason": mark.reason})
    verdict: VerdictName = "pass" if points >= check.max_score else "partial" if points else "fail"
    return check.model_copy(
        update={
            "verdict": verdict,
            "score": points,
            "message": str(said),
            "said": said,
            "hint": hint_for(asked, verdict) if asked else "",
            "by_hand": True,
            "diagnosis": None if verdict == "pass" else check.diagnosis,
        }
    )


def _flags(mark: Mark, check: CheckResult, report: Report, news: Sequence[Said]) -> list[Flag]:
    given: dict[str, Value] = {"check": check.id, "points": mark.points or 0.0, "by": mark.by}
    if news:
        told = reduce(lambda one, other: Said("{one}, {other}", {"one": one, "other": other}), news)
        since = Said(
            "{check}: since {by} gave {points:g} of {most:g} points, {news}; a person has to look again.",
            given | {"most": mark.max_score, "news": told},
        )
        return [Flag.of(CHANGED, since)]
    why: dict[str, Value] = {
        "points": _scaled(mark, check),
        "most": check.max_score,
        "day": f"{mark.at:%Y-%m-%d}",
        "reason": mark.reason,
        "now": _automatic(check.verdict, check.score) if report.questions else _NOT_GRADED,
    }
    said = Said("{check}: {points:g} of {most:g} by {by}, {day}: {reason} (automatic: {now})", given | why)
    if mark.max_score == check.max_score:
        return [Flag.of(BY_HAND, said)]
    worth = given | {"then": mark.max_score, "now": check.max_score, "new": _scaled(mark, check)}
    told = Said("{check}: {by} gave {points:g} of {then:g} points, which are {new:g} of {now:g} now.", worth)
    return [Flag.of(BY_HAND, said), Flag.of(SCALED, told)]


def _on_the_whole(mark: Mark) -> Flag:
    given: dict[str, Value] = {"points": f"{mark.points or 0.0:+g}", "by": mark.by, "reason": mark.reason}
    if mark.check == REMARK:
        return Flag.of(ON_THE_WHOLE, verbatim(f"{mark.reason} ({mark.by})"))
    return Flag.of(ON_THE_WHOLE, Said("{points} points on the whole by {by}: {reason}", given))


def _of_a_member(id: str, mark: Mark) -> Flag:
    given: dict[str, Value] = {"id": id, "points": f"{mark.points or 0.0:+g}", "by": mark.by}
    said = Said("{id}: {points} points for this member by {by}: {reason}", given | {"reason": mark.reason})
    return Flag.of(OF_A_MEMBER, said)


def _dropped(mark: Mark) -> Flag:
    given: dict[str, Value] = {
        "check": mark.check,
        "points": mark.points or 0.0,
        "most": mark.max_score,
        "by": mark.by,
    }
    return Flag.of(
        DROPPED,
        Said("{check}: the rubric has no such check now, for which {by} gave {points:g} of {most:g}.", given),
    )


def _automatic(verdict: VerdictName, score: float | None) -> Said:
    return verbatim(verdict if score is None else f"{verdict}, {score:g}")
