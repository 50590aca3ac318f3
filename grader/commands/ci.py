"""`grader ci`: grade in a CI job and show the result where its platform looks for it.

With a release for students (`grader rubric release`) nobody is graded: the job shows the self-check.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader.assignment import loading as assignments
from grader.assignment.loading import Assignment
from grader.batch import results
from grader.commands import check, grade
from grader.commands.progress import say
from grader.errors import GraderError, StorageError, UsageError
from grader.folder.files import write_text
from grader.folder.journal import Journal
from grader.folder.place import STATE
from grader.handback import github_actions as github
from grader.handback import gitlab, summary
from grader.handback.junit import to_junit
from grader.handback.platform import CiPlatform, Kind, detect
from grader.handback.standing import FEW, Standing, exit_code, stand
from grader.intake import collect
from grader.judging.several import alone
from grader.marks import marks
from grader.pipeline import ReadableUpload
from rubric.schema import Rubric


@dataclass(frozen=True, slots=True)
class JobRequest:
    """`grader ci` as it was asked for.

    fail_under: percentage of the points below which the job fails. platform None: the one found.
    """

    grading: grade.GradeRequest
    fail_under: float | None = None
    platform: Kind | None = None


def run(request: JobRequest, environment: Mapping[str, str]) -> int:
    """Grade, write what the platform shows, and give the job's exit code.

    0: everything is graded, and what `--fail-under` asks for was reached by all. 1: not by all. With a
    release for students 0: everything asked for is found and reproducible.
    3: something of ours failed; run the job again. Raises `GraderError` for what stops the whole run.
    """
    platform = detect(environment, request.platform)
    grading = request.grading
    with _plain_output(platform):
        home = assignments.locate(grading.rubric)
        rubric = assignments.load_rubric(home).telling(grading.disclosure)
        if rubric.released:
            return _check(request, platform, rubric, home)
        done = grade.perform(grading)
        if done.code == grade.INTERRUPTED:
            return done.code
        standings = _standings(request, done.ids, platform, rubric)
    _show(standings, request, platform, rubric)
    return 3 if done.code == 3 else exit_code(standings)


def _check(request: JobRequest, platform: CiPlatform, rubric: Rubric, home: Path) -> int:
    """Show students what is found in their notebooks.

    1: something is missing or not reproducible. 3: one could not be checked by our fault.
    """
    out, paths = request.grading.out, request.grading.paths
    if request.fail_under is not None:
        raise UsageError(f"{home} is a release for students, without points; leave --fail-under out")
    entries = collect(paths, exclude=[out, home], prefer=rubric.notebooks).entries
    if not entries:
        raise UsageError(f"no notebook found in {', '.join(map(str, paths))}; name .ipynb files or a folder")
    looked = asyncio.run(_look(entries, assignments.load(request.grading.rubric)))
    page = summary.of_checks([one.lines for one in looked])
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "summary.md", page)
    if platform.kind == "github":
        _append(platform.summary, page)
    if any(one.fault for one in looked):
        return 3
    return 0 if all(one.complete for one in looked) else 1


async def _look(entries: Sequence[ReadableUpload], assignment: Assignment) -> list[check.Looked]:
    """At every notebook, whatever becomes of the one before."""
    looked = []
    async with check.open_checker(assignment) as checker:
        for entry in entries:
            for submission in alone(await checker.read(entry)):
                looked.append(await checker.look(submission, submission.path))
                for line in looked[-1].lines:
                    say(line)
    return looked


@contextmanager
def _plain_output(platform: CiPlatform) -> Iterator[None]:
    """What students wrote is printed meanwhile: GitHub must take none of it for a command.

    Nor of the message of an error, which may quote them: it becomes an annotation, and the silence stays.
    """
    if platform.kind != "github":
        yield
        return
    begin, end = github.silence(secrets.token_hex(16))
    say(begin)
    try:
        yield
    except GraderError as error:
        say(end)
        say(github.complaint(str(error)))
        say(github.silence(secrets.token_hex(16))[0])
        raise
    say(end)


def _standings(request: JobRequest, ids: Set[str], platform: CiPlatform, rubric: Rubric) -> list[Standing]:
    """Of these uploads alone: what else an earlier job left in the folder is no part of this one."""
    out = request.grading.out
    journal = Journal(out / STATE / "journal.jsonl", read_only=True)
    found = results.iterate(out, results.members(out, journal), marks.read(out), rubric)
    return [
        stand(
            report,
            _place(request.grading.paths, report.submission.path, platform.workspace),
            rubric,
            request.fail_under,
        )
        for entry, report in found
        if report is not None and entry.id in ids
    ]


def _place(paths: Sequence[Path], given: str, workspace: Path) -> str:
    """The notebook as the platform knows it: below the workspace where it lies there."""
    root = workspace.absolute()
    for named in paths:
        origin = (named / given if named.is_dir() else named).absolute()
        if origin.is_relative_to(root) and (named.is_dir() or named.name == given) and origin.exists():
            return origin.relative_to(root).as_posix()
    return given


def _show(standings: Sequence[Standing], request: JobRequest, platform: CiPlatform, rubric: Rubric) -> None:
    out = request.grading.out
    page = _page(standings, out, rubric, request.fail_under)
    write_text(out / "junit.xml", to_junit(standings, rubric.id, linked=platform.kind == "gitlab"))
    write_text(out / "summary.md", page)
    if platform.kind == "github":
        _append(platform.summary, page)
        if len(standings) == 1:
            _append(platform.outputs, github.outputs(standings[0]))
        for line in github.annotate(standings):
            say(line)
    elif platform.kind == "gitlab":
        root, folder = platform.workspace.absolute(), out.absolute()
        below = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else out.name
        write_text(out / "gl-code-quality-report.json", gitlab.quality(standings))
        write_text(out / "metrics.txt", gitlab.metrics(standings))
        if platform.job_url:
            write_text(out / "gl-annotations.json", gitlab.links(standings, platform.job_url, below))
    _say_what_was_asked(standings, request.fail_under)


def _page(standings: Sequence[Standing], out: Path, rubric: Rubric, fail_under: float | None) -> str:
    if not 0 < len(standings) <= FEW:
        return summary.of_class(standings, rubric, fail_under)
    pages = [_read(out / s.report.submission.id / "report.md") for s in standings]
    if len(standings) == 1:
        return summary.of_student(standings[0], pages[0], fail_under)
    return summary.of_few(standings, pages, rubric, fail_under)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise StorageError(f"{path} can't be read ({error.strerror}); run the job again") from error


def _say_what_was_asked(standings: Sequence[Standing], fail_under: float | None) -> None:
    if fail_under is None:
        return
    reached = sum(s.reached is True for s in standings)
    say(f"{reached} of {len(standings)} reached {fail_under:g} %, counting what waits for a person")


def _append(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text + "\n" * (not text.endswith("\n")))
    except OSError as error:
        raise StorageError(
            f"{path} could not be written ({error.strerror or error}); mount it into the container"
        ) from error
