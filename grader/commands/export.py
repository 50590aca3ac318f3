"""`grader export`: grades and reports in the form that a platform takes back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader import report
from grader.batch import pages, results
from grader.commands import folder
from grader.commands.progress import say
from grader.errors import StorageError, UsageError
from grader.folder.files import write_bytes, write_text, write_zip
from grader.folder.journal import Journal
from grader.folder.place import STATE
from grader.handback import autograder, canvas, ilias, moodle, pdf
from grader.handback.given import Handed, NotHanded, anonymous, hand, not_final
from grader.handback.junit import to_junit
from grader.handback.spreadsheet import to_xlsx
from grader.handback.standing import stand
from grader.marks import marks
from grader.marks.marks import Mark
from grader.models import Report
from rubric.schema import Rubric

_SHOWN = 10
_WITH_PAGES = ("moodle", "ilias", "pdf")
_NAMED = ("moodle", "canvas", "ilias", "github-classroom")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """`grader export` as it was asked for.

    listing: the platform's own file. into: where to write. pending_too: give what is decided also where
    points still wait for a person. scale: convert to the platform's maximum.
    """

    out: Path
    to: str
    listing: Path | None = None
    into: Path | None = None
    title: str | None = None
    anonymous: bool = False
    pending_too: bool = False
    scale: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    request: ExportRequest
    rubric: Rubric
    given: Sequence[Handed]
    into: Path


def run(request: ExportRequest) -> int:
    """Write the files; 0 when everybody got a grade, 1 when somebody did not. Raises `GraderError`."""
    if request.anonymous and request.to in _NAMED:
        raise UsageError(
            f"--to {request.to} says whose the grades are; --anonymous goes with csv, xlsx, junit, …"
        )
    rubric = folder.rubric_of(request.out)
    into = request.into or request.out / "export" / request.to
    if request.to in _WITH_PAGES:
        _catch_up(request.out, rubric)
    given = _given(request, rubric, into)
    if not given:
        raise UsageError(f"{request.out} holds no report that can be read")
    left = _FORMATS[request.to](_Job(request, rubric, given, into))
    open_grades = not_final(given) if request.to not in ("csv", "xlsx", "junit", "pdf") else []
    for one in (*left, *open_grades)[:_SHOWN]:
        say(f"{one.id}: {one.reason}")
    more = len(left) + len(open_grades) - _SHOWN
    if more > 0:
        say(f"and {more} more")
    folder.tell_open_marks(
        request.out, Journal(request.out / STATE / "journal.jsonl", read_only=True), rubric
    )
    graded = sum(h.grade is not None for h in given)
    parts = [f"{graded} of {len(given)} have a final grade"]
    if open_grades:
        parts.append(
            "the others' is left open: mark them (grader sheet)"
            + ("" if request.pending_too else ", or --include-pending")
        )
    if left:
        parts.append(f"{len(left)} not handed back")
    say(f"{'; '.join(parts)}. Files: {into}")
    return 1 if left or open_grades else 0


def _catch_up(out: Path, rubric: Rubric) -> None:
    """The pages show the marks that the grades count: a desk may have been closed before it wrote them."""
    by_hand = marks.read(out)
    read_only = Journal(out / STATE / "journal.jsonl", read_only=True)
    if pages.lagging(out / STATE, results.members(out, read_only), by_hand):
        with folder.locked(out) as journal:
            pages.catch_up(out, out / STATE, results.members(out, journal), by_hand, rubric)


def _given(request: ExportRequest, rubric: Rubric, into: Path) -> list[Handed]:
    out = request.out
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    entries = results.members(out, journal)
    by_hand = folder.marks_of(out)
    found = [(e, r) for e, r in results.iterate(out, entries, by_hand, rubric) if r is not None]
    given = [hand(r, out / e.id, request.pending_too) for e, r in found]
    origins = {e.origin for e in entries}
    if not request.anonymous:
        return [
            _with_members(h, by_hand.of(e.id, e.origin, origins), request, rubric, into)
            for (e, _), h in zip(found, given, strict=True)
        ]
    people = report.people([r for _, r in found])
    made = []
    for (entry, _), handed in zip(found, given, strict=True):
        alias = people[handed.id].alias
        mine = by_hand.of(entry.id, entry.origin, origins)
        home = into / "reports" / anonymous(handed.report, alias).submission.id
        _typeset(handed.folder, home, mine, rubric, partial(anonymous, alias=alias))
        made.append(replace(handed, report=anonymous(handed.report, alias), folder=home))
    return made


def _with_members(
    handed: Handed, given: Mapping[str, Mark], request: ExportRequest, rubric: Rubric, into: Path
) -> Handed:
    """What goes back to a team, with what is another for some of its members."""
    own = {m.check.removeprefix(marks.MEMBER): m for m in given.values() if m.check.startswith(marks.MEMBER)}
    made = {}
    for number, (id, mark) in enumerate(own.items(), 1):
        made[id] = hand(marks.for_member(handed.report, mark), handed.folder, request.pending_too)
        if request.to in _WITH_PAGES and (handed.folder / report.NOTEBOOK).is_file():
            home = into / "members" / f"{handed.id}-{number}"
            _typeset(handed.folder, home, given, rubric, partial(marks.for_member, mark=mark))
            made[id] = replace(made[id], folder=home)
    return replace(handed, members=made) if made else handed


def _typeset(
    source: Path, home: Path, given: Mapping[str, Mark], rubric: Rubric, then: Callable[[Report], Report]
) -> None:
    """The student's pages again, of the report with its marks as `then` makes it."""
    notebook, path = source / report.NOTEBOOK, source / "report.json"
    try:
        automatic = report.from_json(path.read_text("utf-8"), str(path))
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, home / notebook.name)
        report.rewrite(then(marks.apply(automatic, given, rubric)), rubric, home)
        (home / notebook.name).unlink()
    except OSError as error:
        raise StorageError(f"{home} could not be written ({error.strerror or error})") from error


def _file(into: Path, ending: str) -> Path:
    """The file to write: the one that was named, or one in the folder that was named."""
    return into if into.suffix.lower() == ending and not into.is_dir() else into / f"grades{ending}"


def _csv(job: _Job) -> list[NotHanded]:
    write_text(_file(job.into, ".csv"), report.to_csv([h.report for h in job.given], job.rubric))
    return []


def _xlsx(job: _Job) -> list[NotHanded]:
    write_bytes(_file(job.into, ".xlsx"), to_xlsx([h.report for h in job.given], job.rubric))
    return []


def _junit(job: _Job) -> list[NotHanded]:
    standings = [stand(h.report, h.report.submission.path, job.rubric, None) for h in job.given]
    write_text(job.into / "junit.xml", to_junit(standings, job.rubric.id, linked=False))
    return []


def _moodle(job: _Job) -> list[NotHanded]:
    filled = None
    if job.request.listing is not None:
        filled = moodle.fill(job.request.listing, job.given, job.rubric, job.request.scale)
        write_bytes(job.into / job.request.listing.name, filled.sheet.to_bytes())
    else:
        say(
            "no worksheet: download it from the assignment and name it with --list, to have it filled in; "
            "without it the feedback of a group can't be given to its members"
        )
    left = filled.left if filled is not None else []
    write_zip(job.into / "feedback.zip", moodle.feedback(job.given, filled))
    if filled is None:
        left = [NotHanded(h.id, "its Moodle id is not known") for h in job.given if h.student.id is None]
    return left


def _canvas(job: _Job) -> list[NotHanded]:
    data, left = canvas.gradebook(job.given, job.rubric, job.request.title, job.request.listing)
    write_bytes(job.into / "gradebook.csv", data)
    return left


def _ilias(job: _Job) -> list[NotHanded]:
    files, left = ilias.feedback(job.given, job.rubric, job.request.title, job.request.listing)
    write_zip(job.into / "feedback.zip", files)
    return left


def _each(
    name: str, make: Callable[[Handed, Rubric], str], *, refusable: bool = False
) -> Callable[[_Job], list[NotHanded]]:
    """refusable: the platform takes a result for an upload that can't be read, too."""

    def write(job: _Job) -> list[NotHanded]:
        for handed in job.given:
            if handed.grade is not None or (refusable and handed.report.execution.status == "unreadable"):
                write_text(job.into / handed.id / name, make(handed, job.rubric))
        return []

    return write


def _github(job: _Job) -> list[NotHanded]:
    for handed in job.given:
        if handed.grade is not None:
            made = autograder.github_classroom(handed, job.rubric)
            write_text(job.into / f"{handed.id}.json", made)
            write_text(job.into / f"{handed.id}.b64", autograder.encoded(made))
    return []


def _pdf(job: _Job) -> list[NotHanded]:
    return pdf.print_pages(job.given, job.into)


_FORMATS: dict[str, Callable[[_Job], list[NotHanded]]] = {
    "moodle": _moodle,
    "canvas": _canvas,
    "ilias": _ilias,
    "gradescope": _each("results.json", autograder.gradescope),
    "prairielearn": _each("results.json", autograder.prairielearn, refusable=True),
    "github-classroom": _github,
    "junit": _junit,
    "csv": _csv,
    "xlsx": _xlsx,
    "pdf": _pdf,
}
FORMATS = tuple(_FORMATS)
"""what `--to` takes"""
