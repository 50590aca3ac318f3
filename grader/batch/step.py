"""What judges do for a class's folder: read an upload and keep it; judge what it printed and write that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.assignment.loading import Assignment
from grader.batch.deliver import deliver
from grader.batch.judged import JudgingTask, judged, neutral_of
from grader.folder.files import size
from grader.folder.store import submissions
from grader.models import Report, Submission
from grader.pipeline import Bench, Cut, ReadableUpload
from grader.pipeline.work import ToTypeset, as_far_as_can_be, rehearse


@dataclass(frozen=True, slots=True)
class Written:
    """A submission that is judged and written. judged: key of its judgement. size: of its report.json.

    traces: of what failed in our code.
    """

    report: Report
    judged: str
    size: int
    traces: tuple[str, ...]


def warm(assignment: Assignment) -> None:
    """Make once what every judge of an assignment holds."""
    rehearse(neutral_of(assignment), assignment.rubric)


def read_and_keep(bench: Bench, upload: ReadableUpload, fingerprint: str, state: Path) -> Submission:
    """The submission, which is kept for a rescore. Raises `StorageError`."""
    submission = upload.read()
    submissions(state).put(fingerprint, submission)
    return submission


def judge_and_write(bench: Bench, cut: Cut, task: JudgingTask) -> Written:
    """Judge, and write all of a submission's files. Raises `StorageError`."""
    found = judged(bench.assignment, task, cut, bench.mark.note)
    bench.mark.note("showing")
    folder = task.out / task.id
    counts = found.counted
    ran = counts.executions[0] if counts.executions else None

    def write(shown: ToTypeset) -> Report:
        deliver(shown.report, shown.submission, shown.execution, bench.assignment, task.by_hand, folder)
        return shown.report

    report, traces = as_far_as_can_be(write, cut, ToTypeset(found.report, counts.submission, ran))
    return Written(report, found.key, size(folder / "report.json"), (*found.traces, *traces))
