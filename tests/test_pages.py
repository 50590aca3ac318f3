"""In a language in which every letter has an accent no page shows a plain English sentence of ours."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pseudo
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from corpus import generate
from runs import load_slice, submissions_of

from grader.assignment.loading import load
from grader.execute import Job, Limits, open_runner
from grader.intake import collect
from grader.judging.grade import grade
from grader.models import Execution, Output, Report, Submission

HOME = Path(__file__).parent
CLASS = HOME.parent / "submissions"
Found = list[tuple[Report, Submission, tuple[Output, ...] | None]]


@pytest.fixture(autouse=True)
def third_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.speak_pseudo(tmp_path, monkeypatch)


def test_english_is_seen() -> None:
    assert pseudo.english("<p>This is <b>a plain</b> ṡėṅṫėṅċė</p>") == ["This is"]
    assert pseudo.english('<p title="not found">x</p>') == ["not found"]
    assert pseudo.english("<style>a plain word</style><p>ṗḷȧïṅ</p>") == []


def check(found: Found, least: int) -> None:
    seen = 0
    assignment = load("hw4")
    for name, page in pseudo.pages(found, assignment.rubric):
        assert pseudo.english(page) == [], name
        seen += "ṙ" in page
    assert seen >= least


@pytest.mark.kernel
def test_the_sample_class_in_a_third_language() -> None:
    assignment = load("hw4")

    async def run() -> list[tuple[Submission, list[Execution]]]:
        async with open_runner(jobs=2) as runner:

            async def one(submission: Submission) -> tuple[Submission, list[Execution]]:
                jobs = [
                    Job(
                        submission.cells,
                        prelude=assignment.prelude_for(w),
                        limits=Limits(cell_s=20, total_s=40),
                    )
                    for w in assignment.rubric.worlds
                ]
                return submission, [await runner.run(job) for job in jobs]

            return await asyncio.gather(*map(one, collect([CLASS])))

    found = [(grade(s, runs, assignment), s, runs[0].outputs) for s, runs in asyncio.run(run())]
    check(found, 2 * len(found))


def test_the_judge_s_sentences_in_a_third_language() -> None:
    """A slice of saved runs, and uploads that can't be read."""
    assignment = load("hw4")
    data = load_slice(HOME / "data" / "corpus.json.gz")
    notebooks = list(generate(data["n"], data["seed"], data["honest"]))
    some = list(zip(submissions_of(notebooks), data["runs"], strict=True))[::8]
    found: Found = [(grade(s, runs, assignment), s, runs[0].outputs) for s, runs in some]
    check(found, 2 * len(found))
