"""In a language in which every letter has an accent no page shows a plain English sentence of ours."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pseudo
import pytest
from kernels_kit import Kernels

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from corpus import generate
from runs import load_slice, submissions_of

from grader.assignment.loading import load
from grader.assignment.solution import Known
from grader.execute import Job, Limits
from grader.intake import collect
from grader.intake.notebook import read
from grader.judging.grade import grade
from grader.judging.late import penalise
from grader.lookalikes.search import code_of, find
from grader.marks.marks import Mark, apply
from grader.models import Execution, Output, Report, Submission
from grader.report.lookalikes_page import to_page
from grader.report.selfcheck import lines, self_check
from grader.words.speech import speech

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
def test_the_sample_class_in_a_third_language(kernels: Kernels) -> None:
    assignment = load("hw4")

    async def run() -> list[tuple[Submission, list[Execution]]]:
        async def one(submission: Submission) -> tuple[Submission, list[Execution]]:
            jobs = [
                Job(
                    submission.cells,
                    prelude=assignment.prelude_for(w),
                    limits=Limits(cell_s=20, total_s=40),
                )
                for w in assignment.rubric.worlds
            ]
            return submission, [await kernels.run(job) for job in jobs]

        return await asyncio.gather(*map(one, collect([CLASS])))

    found = [(grade(s, runs, assignment), s, runs[0].outputs) for s, runs in asyncio.run(run())]
    check(found, 2 * len(found))


def runs_of_a_slice(step: int) -> list[tuple[Submission, list[Execution]]]:
    data = load_slice(HOME / "data" / "corpus.json.gz")
    notebooks = list(generate(data["n"], data["seed"], data["honest"]))
    return list(zip(submissions_of(notebooks), data["runs"], strict=True))[::step]


def test_the_judge_s_sentences_in_a_third_language() -> None:
    assignment = load("hw4")
    found: Found = [(grade(s, r, assignment), s, r[0].outputs) for s, r in runs_of_a_slice(8)]
    check(found, 2 * len(found))


UNREADABLE = (
    *(
        b"",
        b" \0\n",
        b"PK\x03\x04",
        b"%PDF-1.7",
        b"\xff\xfe\xff\xff",
        b"<!doctype html><p>x",
        b"import torch",
    ),
    *(
        b"hello",
        b"[1, 2]",
        b"{}",
        b'{"cells": "x"}',
        b'{"cells": [',
        b'{"cells": []} {}',
        b'{"a" 1}',
        b"[" * 3000,
    ),
)


def test_files_that_cant_be_read_in_a_third_language() -> None:
    assignment = load("hw4")
    found: Found = []
    for number, data in enumerate(UNREADABLE):
        handed = Submission(id=f"u{number}", path="x.ipynb", sha256="0", problem=read(data).problem)
        assert handed.problem is not None, data
        found.append((grade(handed, (), assignment), handed, None))
    check(found, 2 * len(found))


def test_marks_by_hand_and_lateness_in_a_third_language() -> None:
    assignment = load("hw4")
    late = assignment.rubric.model_copy(
        update={"due": datetime(2026, 6, 1, tzinfo=UTC), "late_penalty_per_day": 0.1}
    )
    found: Found = []
    for submission, runs in runs_of_a_slice(60):
        handed = submission.model_copy(update={"received_at": datetime(2026, 6, 3, 4, tzinfo=UTC)})
        report = penalise(grade(handed, runs, assignment), late)
        marks = {
            check.id: Mark(
                submission=handed.id,
                check=check.id,
                points=1.0,
                max_score=check.points + 1,
                reason="§",
                by="§",
                at=datetime(2026, 6, 4, tzinfo=UTC),
                verdict="fail",
                score=0.0,
                sha256="another",
            )
            for check in late.checks()
        }
        found.append((apply(report, marks, late), handed, None))
    check(found, 2 * len(found))


def test_the_self_check_in_a_third_language() -> None:
    assignment = load("hw4")
    rubric = pseudo.plain_rubric(assignment.rubric)
    solved = replace(assignment.solve(), known=Known(assignment.folder))
    for level in ("found", "hints"):
        asked = rubric.model_copy(update={"self_check": level})
        plain = replace(assignment, rubric=asked, solve=lambda: solved)
        for submission, runs in runs_of_a_slice(40):
            found = self_check(submission, runs, runs[0], plain)
            shown = [
                replace(item, where="", notes=tuple(n for n in item.notes if n != "§"))
                for group in found.groups
                for item in group.items
            ]
            whole = replace(found, troubles=(), groups=(replace(found.groups[0], items=tuple(shown)),))
            said = [line for line in lines(whole, "§") if not any(why in line for why in TEACHER)]
            assert [hit for line in said for hit in pseudo.ENGLISH.findall(line)] == []


TEACHER = tuple(r.why for c in load("hw4").rubric.checks() for r in getattr(c, "requires", ()))


def test_the_side_by_side_page_in_a_third_language() -> None:
    handed = [s.model_copy(update={"id": f"x{n}"}) for n, (s, _) in enumerate(runs_of_a_slice(60))]
    twice = [*handed, *(s.model_copy(update={"id": f"y{n}"}) for n, s in enumerate(handed))]
    found = find(code_of(s) for s in twice)
    assert found.identical
    page = to_page(found, speech(pseudo.LANGUAGE))
    page = re.sub(r"(?s)<figure>.*?</figure>|<h3.*?</h3>", "", page)
    assert pseudo.english(page) == []
