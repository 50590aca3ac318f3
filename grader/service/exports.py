"""Grades and feedback in the form that a platform takes back: what was published, and nothing else.

A grade that students have not been given yet must not reach them by way of the platform.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from grader.handback import autograder, canvas, ilias, moodle
from grader.handback.given import Handed, NotHanded, hand
from grader.service.blobs import Blobs
from grader.service.standing import Line
from rubric.schema import Rubric

LEFT = "not-handed-back.txt"
"""in the archive: who got nothing by this export, and why"""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class PlatformFile:
    """The platform's own file, to be filled in, as it was uploaded."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Job:
    given: Sequence[Handed]
    rubric: Rubric
    title: str
    listing: Path | None


_Made = tuple[Iterable[tuple[str, bytes]], Sequence[NotHanded]]


def export(
    to: str, found: Sequence[Line], blobs: Blobs, rubric: Rubric, title: str, listing: PlatformFile | None
) -> bytes:
    """An archive for the platform `to`, one of `FORMATS`. title: of the assignment, as the platform has it.

    Raises `UsageError` for a listing that is not the platform's.
    """
    current = [x for x in found if x.published is not None and x.report is not None and not x.changed]
    with tempfile.TemporaryDirectory(prefix="grader-export-") as scratch:
        home = Path(scratch)
        given = [_handed(x, blobs, home) for x in current]
        path = None
        if listing is not None:
            path = home / "listing" / (Path(listing.name).name or "listing")
            path.parent.mkdir()
            path.write_bytes(listing.data)
        files, left = FORMATS[to](_Job(given, rubric, title, path))
        left = [*left, *(_waits(x) for x in found if x.upload is not None and x not in current)]
        made = BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
            if left:
                text = "".join(f"{one.id}: {one.reason}\n" for one in left)
                archive.writestr(zipfile.ZipInfo(LEFT, _EPOCH), text.encode("utf-8", "replace"))
    return made.getvalue()


def _handed(line: Line, blobs: Blobs, home: Path) -> Handed:
    assert line.report is not None and line.published is not None
    folder = home / line.report.submission.id
    folder.mkdir()
    (folder / "report.html").write_bytes(blobs.get(line.published.page))
    return hand(line.report, folder, pending_too=False)


def _waits(line: Line) -> NotHanded:
    why = "nothing was published yet" if line.published is None else "changed since it was published"
    return NotHanded(line.person.name, why)


def _moodle(job: _Job) -> _Made:
    filled = None if job.listing is None else moodle.fill(job.listing, job.given, job.rubric, False)
    files = [("feedback.zip", _zipped(moodle.feedback(job.given, filled)))]
    if filled is None or job.listing is None:
        return files, [NotHanded(h.id, "its Moodle id is not known") for h in job.given if not h.student.id]
    return [*files, (job.listing.name, filled.sheet.to_bytes())], filled.left


def _canvas(job: _Job) -> _Made:
    data, left = canvas.gradebook(job.given, job.rubric, job.title, job.listing)
    return [("gradebook.csv", data)], left


def _ilias(job: _Job) -> _Made:
    files, left = ilias.feedback(job.given, job.rubric, job.title, job.listing)
    return [("feedback.zip", _zipped(files))], left


def _each(make: Callable[[Handed, Rubric], str]) -> Callable[[_Job], _Made]:
    def made(job: _Job) -> Iterator[tuple[str, bytes]]:
        for handed in job.given:
            yield f"{handed.id}/results.json", make(handed, job.rubric).encode("utf-8", "replace")

    return lambda job: (made(job), ())


def _zipped(files: Iterable[tuple[str, Path]]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes())
    return made.getvalue()


NAMES: Mapping[str, str] = {
    "moodle": "Moodle",
    "canvas": "Canvas",
    "ilias": "ILIAS",
    "gradescope": "Gradescope",
    "prairielearn": "PrairieLearn",
}
"""as the platforms call themselves"""
FORMATS: Mapping[str, Callable[[_Job], _Made]] = {
    "moodle": _moodle,
    "canvas": _canvas,
    "ilias": _ilias,
    "gradescope": _each(autograder.gradescope),
    "prairielearn": _each(autograder.prairielearn),
}
