"""One submission through the grader: read, run in each world, judged, typeset; for whoever keeps results.

The folder of `grader grade` and the course's server are two who use it:

    async with (
        open_judges(assignment.folder, warm=[warm]) as judges,
        open_runner(2, limits=limits, beside=how_many() * MEMORY_BYTES) as runner,
    ):
        pipeline = Pipeline(assignment, judges, runner, limits)
        # the runner may be anything with `run(Job) -> Execution`
        result = await pipeline.grade(upload)  # as many at a time as you like; calls wait for a free judge
        result.report, result.pages["report.html"]

Or step by step (`read`, `run`, `judge`, `typeset`). `run` takes a `Shelf` where runs are kept, so that a
changed rubric needs none. Whatever a student's text does to a judge, the others notice nothing: extracting,
judging and typesetting happen in processes with limits on processor time and memory (`judges`), the event
loop stays free, and cancelling ends a call at once. A report is final also where a limit was met: what was
read until then counts, what is open is `review`. `Result.traces` says what failed in our code or met a
limit; keep it for whoever mends it. A report with execution.status `sandbox_error` is no verdict: it is to
be tried again.

An own step that reads students' text is a function of a module, `step(bench, cut, …)`, called with
`within_limits(judges, step, …)`; arguments and result are pickled, so they must be our own records.
`open_judges` belongs to one assignment; its first call takes seconds, and the judges share their memory: open
it once, not for each submission.
"""

from grader.judging.barrier import Cut
from grader.pipeline.judges import MEMORY_BYTES, Judges, OverrunError, WorkError, how_many, open_judges
from grader.pipeline.nursery import Bench
from grader.pipeline.one import Pipeline, Ran, ReadSubmission, Shelf, SubmissionResult
from grader.pipeline.within import Calls, Within, within_limits
from grader.pipeline.work import ReadableUpload, Verdict, warm

__all__ = [
    "MEMORY_BYTES",
    "Bench",
    "Calls",
    "Cut",
    "Judges",
    "OverrunError",
    "Pipeline",
    "Ran",
    "ReadSubmission",
    "ReadableUpload",
    "Shelf",
    "SubmissionResult",
    "Verdict",
    "Within",
    "WorkError",
    "how_many",
    "open_judges",
    "warm",
    "within_limits",
]
