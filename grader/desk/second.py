"""A second look at one student: everything that a person can change, decided by the grader or not (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from grader.desk.store import StoredReport
from grader.marks import marks
from grader.marks.ledger import CurrentMark, Ledger
from grader.models import CheckResult, Report
from grader.words.speech import Speech
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class Entry:
    """A check, the whole, or a member of a team, as it stands.

    topic: what a mark of it is filed under. words: the topic of a comment on it, "" where there is none.
    verdict, score: the grader's own; most: its points; None where any number can be added. text: the print or
    the words it is about. look: digest of what was seen, so that nothing is changed that nobody has seen.
    """

    topic: str
    words: str
    title: str
    question: str
    verdict: str
    score: float | None
    most: float | None
    said: str
    text: str
    standing: CurrentMark
    comment: CurrentMark
    look: str


def entries(student: StoredReport, rubric: Rubric, ledger: Ledger, speak: Speech) -> tuple[Entry, ...]:
    """All checks in the rubric's order, then the whole, then the members of a team."""
    report = student.report
    shown = report if report.questions else marks.open_checks(report, rubric)
    return (*_checks(shown, ledger, speak), *_beyond(report, ledger, speak))


def _checks(report: Report, ledger: Ledger, speak: Speech) -> Iterator[Entry]:
    name = report.submission.id
    for question in report.questions:
        for check in question.checks:
            comment = marks.COMMENT + check.id
            yield Entry(
                topic=check.id,
                words=comment,
                title=check.title,
                question=question.title,
                verdict=check.verdict,
                score=check.score,
                most=check.max_score,
                said=speak.either(check.said, check.message),
                text=_text(check),
                standing=ledger.of((name, check.id)),
                comment=ledger.of((name, comment)),
                look=_look(report, check),
            )


def _beyond(report: Report, ledger: Ledger, speak: Speech) -> Iterator[Entry]:
    name = report.submission.id
    members = report.submission.student.members
    wholes = [(marks.WHOLE, marks.REMARK, speak("The whole"))]
    wholes += [(marks.MEMBER + id, "", speak("{id} alone", id=id)) for id in members]
    for topic, words, title in wholes:
        yield Entry(
            topic=topic,
            words=words,
            title=title,
            question="",
            verdict="",
            score=None,
            most=None,
            said="",
            text="",
            standing=ledger.of((name, topic)),
            comment=ledger.of((name, words)),
            look=_look(report, None),
        )


def _text(check: CheckResult) -> str:
    if check.answer is not None and check.answer.text:
        return check.answer.text
    return check.evidence.text if check.evidence is not None else ""


def _look(report: Report, check: CheckResult | None) -> str:
    seen: list[object] = [report.submission.sha256, report.score is None]
    if check is not None:
        seen += [check.id, check.verdict, check.score, check.max_score, marks.seen_in(check)]
    return hashlib.sha256(repr(seen).encode("utf-8", "replace")).hexdigest()[:16]
