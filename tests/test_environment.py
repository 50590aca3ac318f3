"""What our environment did costs nobody a point: situations from public reports of other graders' users.

data/environment/ holds right notebooks, each of which ended in decided zeros somewhere: what can run here
passes, and what can't waits for a person, for a cause that is named.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from kernels_kit import Kernels

from grader.assignment.loading import load
from grader.execute import Job, Limits
from grader.intake import collect
from grader.judging.grade import grade
from grader.models import Report

HERE = Path(__file__).parent / "data" / "environment"
WAITS = {
    "07-input-input": "question",
    "13-star-import-of-an-absent-package-named": "package:d2l_helpers",
    "13-star-import-of-an-absent-package-star": "package:fastai",
    "45-r-kernel-r": "language:R",
}
NUMBERS = ("h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3")


@pytest.fixture(scope="module")
def reports(kernels: Kernels) -> dict[str, Report]:
    """Every notebook of the folder, run in every world of the assignment and graded."""
    assignment = load("hw4")

    async def graded(path: Path) -> Report:
        (entry,) = collect([path]).entries
        submission = entry.read()
        limits = Limits(cell_s=4 if "timeout" in path.name else 30)
        jobs = [
            Job(submission.cells, prelude=assignment.prelude_for(world), limits=limits)
            for world in assignment.rubric.worlds
        ]
        return grade(submission, [await kernels.run(job) for job in jobs], assignment)

    async def everything() -> dict[str, Report]:
        paths = sorted(HERE.glob("*.ipynb"))
        found = await asyncio.gather(*map(graded, paths))
        return {path.stem: report for path, report in zip(paths, found, strict=True)}

    return asyncio.run(everything())


@pytest.mark.kernel
@pytest.mark.parametrize("name", [path.stem for path in sorted(HERE.glob("*.ipynb"))])
def test_a_right_notebook_is_no_decided_zero(name: str, reports: dict[str, Report]) -> None:
    report = reports[name]
    checks = {c.id: c for q in report.questions for c in q.checks}
    verdicts = {id: checks[id].verdict for id in NUMBERS}
    if name in WAITS:
        assert set(verdicts.values()) == {"review"}, verdicts
        assert {checks[id].cause for id in (*NUMBERS, "network", "seed")} == {WAITS[name]}
        assert all(c.score is None for c in checks.values())
    else:
        assert set(verdicts.values()) == {"pass"}, {id: checks[id].message for id in NUMBERS}
        assert report.score == 90


@pytest.mark.kernel
def test_the_notebook_that_does_not_end_says_so(reports: dict[str, Report]) -> None:
    run = reports["01-timeout-in-a-side-cell-loop"].execution
    assert (run.status, run.interrupted, run.stopped_at) == ("timeout", (2,), None)
    assert run.message == "cell 3 exceeded 4 s and was interrupted; the cells after it ran"
