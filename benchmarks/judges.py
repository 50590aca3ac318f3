"""How judging grows with the number of judges, where kernels cost nothing.

    python -m benchmarks.judges --students 400 --judges 1 2 4
    python -m benchmarks.judges --students 400 --judges 2 --jobs 1 2 4 8   # jobs: with the most judges

The class is that of `benchmarks.scale`; every notebook's runs are recorded once and given back. What is
timed is all of it but kernels: reading, judging, typesetting, writing, the journal. The judges are ready
before the clock starts. `head` is the processor time of the grader's own process a submission: its share of
the whole says how many judges one head can feed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.scale import ROOT, Replay, make_class, record
from grader.assignment.loading import load
from grader.batch import step
from grader.batch.keys import Conditions, conditions_digest
from grader.batch.run import RunPlan, grade_all
from grader.execute import Limits
from grader.folder.journal import Journal
from grader.folder.place import STATE
from grader.intake import collect
from grader.pipeline import Bench, open_judges


def ready(bench: Bench) -> str:
    """That a judge is there."""
    return bench.assignment.rubric.id


async def grade(folder: Path, judges: int, jobs: int) -> tuple[float, float]:
    """Seconds, and processor seconds of the head, for the class with so many judges and jobs."""
    assignment = load(str(folder / "rubric"))
    out = folder / f"out{judges}-{jobs}"
    uploads = collect([folder / "class.zip"], stage=folder / "stage").entries
    journal = Journal(out / STATE / "journal.jsonl")
    async with open_judges(assignment.folder, at_most=judges, warm=[step.warm]) as pool:
        await asyncio.gather(*(pool.call(60, ready) for _ in range(judges)))
        plan = RunPlan(jobs, Conditions(Limits(), "base"), judges=pool)
        replay = Replay(folder / "recorded.json")
        conditions_digest(plan.conditions)  # once for a run, however large
        began, spent = time.perf_counter(), time.process_time()
        await grade_all(uploads, assignment, replay, out, journal, plan, lambda event: None)
        took = time.perf_counter() - began, time.process_time() - spent
    shutil.rmtree(out)
    return took


def measure(
    folder: Path, students: int, trials: list[tuple[int, int]]
) -> dict[tuple[int, int], tuple[float, float]]:
    """Number of judges and of jobs → seconds, and processor seconds of the head."""
    make_class(folder / "class.zip", students)
    shutil.copytree(ROOT / "rubric" / "hw4", folder / "rubric", ignore=shutil.ignore_patterns("__pycache__"))
    record(folder / "recorded.json")
    return {(judges, jobs): asyncio.run(grade(folder, judges, jobs)) for judges, jobs in trials}


def main() -> None:
    """Print one line for each number of judges."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=400)
    parser.add_argument("--judges", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--jobs", type=int, nargs="+", default=[], help="by default twice the judges")
    asked = parser.parse_args()
    trials = [(n, 2 * n) for n in asked.judges] + [(max(asked.judges), n) for n in asked.jobs]
    with tempfile.TemporaryDirectory(prefix="judges-") as folder:
        found = measure(Path(folder), asked.students, trials)
    alone = found[trials[0]][0]
    for (judges, jobs), (seconds, head) in found.items():
        rate, each = asked.students / seconds, 1000 * head / asked.students
        grown = f"{alone / seconds:.2f} times the first line"
        print(
            f"{judges} judges, {jobs} jobs: {rate:.1f} submissions a second, {grown}; "
            f"head {each:.1f} ms a submission"
        )


if __name__ == "__main__":
    from benchmarks import judges  # by the name under which a judge finds `ready`

    judges.main()
