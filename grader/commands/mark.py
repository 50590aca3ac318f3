"""`grader mark` and `grader sheet`: a person's decisions, one by one or in bulk."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.batch import results
from grader.commands import folder
from grader.commands.progress import say
from grader.commands.show import find
from grader.errors import StorageError, UsageError
from grader.folder.files import write_text
from grader.folder.journal import Journal
from grader.folder.lock import locked as marks_locked
from grader.folder.place import STATE
from grader.marks import ledger, marks
from grader.marks.marks import Mark
from grader.marks.sheet import SheetRow, read_rows, to_sheet
from grader.models import CheckResult, Report
from grader.text import printable
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """What somebody wants marked. points None: take the mark back.

    where: the line of a sheet, for complaints; empty on the command line, where a part of an id is enough.
    above: more than the check is worth is meant.
    """

    student: str
    check: str
    points: float | None
    reason: str
    where: str = ""
    above: bool = False


def sheet(out: Path, target: Path | None, everything: bool) -> str:
    """Write the sheet to fill in; the line to print. everything: also what is decided already."""
    rubric = folder.rubric_of(out)
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    entries = results.members(out, journal)
    by_hand = folder.marks_of(out)
    rows: list[SheetRow] = []
    for entry, automatic in results.iterate(out, entries, marks.Marks(), rubric):
        if automatic is None:
            say(f"left out: {entry.id}: its report.json can't be read; grade it again with --force")
            continue
        given = by_hand.of(entry.id, entry.origin, {e.origin for e in entries})
        again = frozenset[str]()
        if given:
            whole = results.read_whole(out / entry.id / "report.json")
            automatic, again = marks.reopened(whole, given, rubric)  # noqa: PLW2901
        settled = {check: mark for check, mark in given.items() if check not in again}
        rows += _rows(automatic, settled, rubric, everything)
    path = target or out / "sheet.csv"
    write_text(path, to_sheet(rows))
    then = f"grader mark {out} --from {path}"
    return f"{len(rows)} lines to mark in {path}; fill in points and reason, then: {then}"


def mark(
    out: Path,
    decisions: Sequence[MarkRequest],
    by: str | None,
    *,
    replace: bool = False,
    also: Sequence[Mark] = (),
) -> int:
    """Note the decisions and typeset the reports again; all of them or, when one is wrong, none.

    replace: also where somebody else decided otherwise. also: marks to note with them.

    Raises `UsageError` for the first that can't be, `StorageError`.
    """
    if not decisions:
        raise UsageError("no line has points filled in; nothing is marked")
    rubric = folder.rubric_of(out)
    who = by or _user()
    before = len(marks.read(out).all)
    with folder.locked(out) as journal:
        with marks_locked(out):  # a desk may be open
            now = datetime.now(UTC).replace(microsecond=0)
            known = {e.id for e in results.members(out, journal)}
            made = [_mark(out, journal, known, d, rubric, who, now) for d in decisions]
            _nobody_was_faster(out, journal, made, before, replace)
            ledger.enter(out, [*made, *also])
        by_hand = folder.marks_of(out)
        origins = {e.origin for e in journal.entries.values()}
        for id in dict.fromkeys(m.submission for m in made):
            automatic = results.read_whole(out / id / "report.json")
            given = by_hand.of(id, journal.entries[id].origin, origins)
            after = marks.apply(automatic, given, rubric)
            said = ", ".join(_said(m) for m in made if m.submission == id)
            total = "not graded" if after.score is None else f"{after.score:g} of {after.max_score:g}"
            pending = f", {after.pending:g} pending" if after.pending else ""
            say(f"{id}: {said}; now {total}{pending}")
        try:
            results.write_class(out, journal, (), rubric, automatic.rubric.sha256)
        except StorageError as error:
            raise StorageError(f"what was marked is kept, but no page shows it yet: {error}") from error
    say(f"{len(made)} {'mark' if len(made) == 1 else 'marks'} by {who} in {out / marks.FILE}")
    return 0


def _nobody_was_faster(out: Path, journal: Journal, made: Sequence[Mark], before: int, replace: bool) -> None:
    """Refuse to overrule what somebody else decided, or what was decided since we began. `UsageError`.

    before: how many marks there were when we began.
    """
    by_hand = marks.read(out)
    origins = {e.origin for e in journal.entries.values()}
    since = {(m.submission, m.check) for m in by_hand.all[before:]}
    for mark in made:
        held = by_hand.of(mark.submission, mark.origin, origins).get(mark.check)
        if held is None or replace or held.points == mark.points or _open_again(out, held):
            continue
        if held.by != mark.by or (mark.submission, mark.check) in since:
            raise UsageError(
                f"{printable(held.by)} gave {mark.submission} {held.points:g} points for {mark.check}, "
                f"{held.at:%Y-%m-%d %H:%M}: {printable(held.reason)}; to overrule it say --replace"
            )


def _open_again(out: Path, held: Mark) -> bool:
    """Whether a mark waits for a second look anyway."""
    try:
        report = results.read_whole(out / held.submission / "report.json")
    except StorageError:
        return False
    check = _check(report, held.check)
    return check is not None and bool(marks.outdated(held, check, report))


def carry(out: Path, old: str, new: str, by: str | None) -> int:
    """Give every mark of a check that the rubric had to the one that stands for it now.

    A mark keeps its share of the points, and its reason. Raises `UsageError`, `StorageError`.
    """
    rubric = folder.rubric_of(out)
    worth = {c.id: c.points for c in rubric.checks()}
    if new not in worth:
        raise UsageError(f"{printable(new)} is no check of {rubric.id}; it has {', '.join(worth)}")
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    entries = results.members(out, journal)
    by_hand = folder.marks_of(out)
    origins = {e.origin for e in entries}
    requests = []
    taken_back = []
    for entry in entries:
        held = by_hand.of(entry.id, entry.origin, origins).get(old)
        if held is not None and held.points is not None:
            share = held.points / held.max_score if held.max_score else 0.0
            points = round(share * worth[new], 2)
            requests.append(MarkRequest(entry.id, new, points, held.reason, f"{old}: ", above=True))
            back = {"points": None, "by": by or _user(), "at": datetime.now(UTC).replace(microsecond=0)}
            taken_back.append(held.model_copy(update=back))
    if not requests:
        raise UsageError(f"{out} has no mark for {printable(old)}")
    return mark(out, requests, by, also=taken_back)


def from_sheet(path: Path, reason: str | None) -> list[MarkRequest]:
    """The filled-in lines of a sheet. Raises `UsageError` naming the first line that is wrong."""
    lines: dict[tuple[str, str], SheetRow] = {}
    for row in read_rows(path):
        first = lines.setdefault((row.submission, row.check), row)
        if first.points != row.points:
            raise UsageError(
                f"{path}:{row.line}: line {first.line} gives other points for {printable(row.check)} of "
                f"{printable(row.submission)}; keep one of them"
            )
    return [
        MarkRequest(row.submission, row.check, row.points, row.reason or reason or "", f"{path}:{row.line}: ")
        for row in lines.values()
    ]


def _mark(
    out: Path,
    journal: Journal,
    members: Collection[str],
    decision: MarkRequest,
    rubric: Rubric,
    who: str,
    now: datetime,
) -> Mark:
    where = decision.where
    if not decision.reason.strip():
        raise UsageError(f"{where}no reason is given; say why with --reason or in the sheet")
    known = {c.id: c for c in rubric.checks()}
    topic = decision.check.removeprefix(marks.COMMENT)
    whole = decision.check in (marks.WHOLE, marks.REMARK) or decision.check.startswith(marks.MEMBER)
    if not whole and topic not in known:
        raise UsageError(f"{where}{printable(topic)} is no check of {rubric.id}; it has {', '.join(known)}")
    id = decision.student if where else find(out, decision.student)
    if id not in members:
        raise UsageError(f"{where}{printable(id)} is no submission in {out}; copy the id from `grader sheet`")
    found = results.read_whole(out / id / "report.json")
    _must_be_a_member(decision.check, found)
    check = None if whole else _check(found, topic)
    most = rubric.points if whole else check.max_score if check else known[topic].points
    if decision.points is not None and not whole and decision.points < 0:
        raise UsageError(f"{where}{topic} of {id}: {decision.points:g} points, expected 0 to {most:g}")
    if decision.points is not None and not decision.above and decision.points > most:
        raise UsageError(
            f"{where}{topic} of {id}: {decision.points:g} points, expected 0 to {most:g}; "
            "a bonus is given with --above"
        )
    return Mark(
        submission=id,
        origin=journal.entries[id].origin,
        check=decision.check,
        points=decision.points,
        max_score=most,
        reason=" ".join(decision.reason.split()),
        by=who,
        at=now,
        verdict=check.verdict if check else None,
        score=check.score if check else None,
        sha256=found.submission.sha256,
        seen=marks.seen_in(check) if check else "",
    )


def _must_be_a_member(topic: str, found: Report) -> None:
    """Raises `UsageError` for somebody who is not in a team of which the members are known."""
    who, members = topic.removeprefix(marks.MEMBER), found.submission.student.members
    if topic.startswith(marks.MEMBER) and members and who not in members:
        raise UsageError(
            f"{printable(who)} is no member of {found.submission.id}; it has {', '.join(members)}"
        )


def _rows(automatic: Report, given: dict[str, Mark], rubric: Rubric, everything: bool) -> list[SheetRow]:
    shown = automatic if automatic.questions else marks.open_checks(automatic, rubric)
    return [
        SheetRow(
            submission=automatic.submission.id,
            student_name=automatic.submission.student.name or "",
            check=check.id,
            title=check.title,
            verdict=check.verdict,
            score=check.score,
            max_score=check.max_score,
            points=given[check.id].points if check.id in given else None,
            reason=given[check.id].reason if check.id in given else "",
        )
        for question in shown.questions
        for check in question.checks
        if everything or (check.score is None and check.id not in given)
    ]


def _check(found: Report, name: str) -> CheckResult | None:
    return next((c for q in found.questions for c in q.checks if c.id == name), None)


def _said(mark: Mark) -> str:
    if mark.points is None:
        return f"{mark.check} as the grader has it"
    if mark.check == marks.WHOLE:
        return f"{mark.points:+g} on the whole"
    if mark.check.startswith(marks.MEMBER):
        return f"{mark.points:+g} for {mark.check.removeprefix(marks.MEMBER)} alone"
    if mark.check == marks.REMARK or mark.check.startswith(marks.COMMENT):
        return f"{mark.check.removeprefix(marks.COMMENT)}: a comment"
    return f"{mark.check} {mark.points:g} of {mark.max_score:g}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("who is marking can't be told on this machine; say so with --by") from None
