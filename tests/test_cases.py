"""Each case of tests/cases is run as a student's notebook and gets the verdicts of manifest.yaml."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import percent
import pseudo
import pytest
import yaml
from kernels_kit import Kernels

from grader.assignment.loading import Assignment, load
from grader.execute import Job, Limits
from grader.intake import collect
from grader.judging.grade import grade
from grader.models import Report, Submission

LAYERS = ("h1", "h2", "output")
GRADIENTS = ("dW1", "db1", "dW2", "db2", "dW3", "db3")
GROUPS = {"layers": LAYERS, "gradients": GRADIENTS, "numbers": LAYERS + GRADIENTS}
USUAL = dict.fromkeys((*LAYERS, *GRADIENTS, "network", "seed", "no_output_activation"), ("pass",))
MANIFEST: dict[str, dict[str, Any]] = yaml.safe_load((percent.CASES / "manifest.yaml").read_text("utf-8"))

Grade = Callable[[Submission], Report]


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load("hw4")


@pytest.fixture(scope="session")
def grade_it(assignment: Assignment, kernels: Kernels) -> Grade:
    """Runs a submission in every world, in caged kernels, and grades it."""

    async def run(submission: Submission) -> Report:
        executions = [
            await kernels.run(
                Job(
                    submission.cells,
                    prelude=assignment.prelude_for(world),
                    limits=Limits(cell_s=20, total_s=40),
                )
            )
            for world in assignment.rubric.worlds
        ]
        return grade(submission, executions, assignment)

    def grade_submission(submission: Submission) -> Report:
        if submission.problem is not None:
            return grade(submission, (), assignment)
        return asyncio.run(run(submission))

    return grade_submission


@pytest.fixture(autouse=True, scope="module")
def third_language(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        pseudo.speak_pseudo(tmp_path_factory.mktemp("languages"), patch)
        yield


def expected(case: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Check → verdicts that are allowed; a check's own name overrides its group."""
    named = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in case.get("expect", {}).items()}
    verdicts = {**USUAL, "comparison": ("missing",)}
    for group, checks in GROUPS.items():
        if group in named:
            verdicts |= dict.fromkeys(checks, named[group])
    return verdicts | {k: v for k, v in named.items() if k not in GROUPS}


def results(report: Report) -> dict[str, Any]:
    return {c.id: c for q in report.questions for c in q.checks}


@pytest.mark.kernel
@pytest.mark.parametrize("name", MANIFEST)
def test_case_gets_a_fair_persons_verdicts(name: str, grade_it: Grade, tmp_path: Path) -> None:
    case = MANIFEST[name]
    (submission,) = collect([percent.write(tmp_path, name, case.get("stored"))])
    report = grade_it(submission)
    found = results(report)
    wrong = [
        f"{check}: {found[check].verdict}, expected {' or '.join(allowed)} ({found[check].message})"
        for check, allowed in expected(case).items()
        if found[check].verdict not in allowed
    ]
    assert not wrong, f"{case['shows']}\n" + "\n".join(wrong)
    for check, mistake in case.get("diagnosis", {}).items():
        ids = {i for c in GROUPS.get(check, (check,)) if found[c].diagnosis for i in found[c].diagnosis.ids}
        named = {mistake} if isinstance(mistake, str) else set(mistake)
        if not named:
            assert not ids, f"{check}: diagnosed {ids}, expected nothing"
            continue
        assert ids & named, f"{check}: diagnosed {ids or 'nothing'}, expected {mistake}"
    for check, message in case.get("says", {}).items():
        said = {found[c].diagnosis and found[c].diagnosis.message for c in GROUPS.get(check, (check,))}
        assert said == {message}
    for page, text in pseudo.pages([(report, submission, None)], load("hw4").rubric):
        assert pseudo.english(text) == [], page
    missing = set(case.get("flags", ())) - {f.id for f in report.flags}
    assert not missing, f"no flag {missing} among {[f.id for f in report.flags]}"


def test_manifest_and_case_files_belong_together() -> None:
    files = {p.stem for p in percent.CASES.glob("*.py") if not p.stem.startswith("_")}
    assert files == set(MANIFEST)
    for name, case in MANIFEST.items():
        known = {*GROUPS, *USUAL, "comparison"}
        assert case["shows"], name
        assert set(case.get("expect", {})) <= known, name
        several = [v for v in case.get("expect", {}).values() if isinstance(v, list)]
        assert not several or case.get("because"), f"{name} allows several verdicts and does not say why"


# ---------------------------------------------------------------------------- bad input

GOOD = percent.notebook("style_torch")


def _nbformat3() -> bytes:
    cells = [
        {"cell_type": "code", "language": "python", "input": [c["source"]], "outputs": [], "collapsed": False}
        for c in GOOD["cells"]
    ]
    return json.dumps(
        {
            "nbformat": 3,
            "nbformat_minor": 0,
            "metadata": {"name": ""},
            "worksheets": [{"cells": cells, "metadata": {}}],
        }
    ).encode()


def _changed(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def _cells(**changes: Any) -> bytes:
    return json.dumps(GOOD | {"cells": [c | changes for c in GOOD["cells"]]}).encode()


def _without(*keys: str) -> bytes:
    cells = [{k: v for k, v in c.items() if k not in keys} for c in GOOD["cells"]]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()


UNREADABLE = {
    "not JSON": b"print('hello')\n",
    "truncated": json.dumps(GOOD).encode()[:-400],
    "empty": b"",
    "an array": b"[1, 2, 3]",
    "binary": bytes(range(256)) * 20,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "a web page": b"<!doctype html><html><body>Please log in</body></html>",
}
SLOPPY = {
    "nbformat 3": _nbformat3(),
    "a byte-order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "no ids and no metadata": _without("id", "metadata"),
    "duplicate ids": _cells(id="same"),
    "a foreign kernelspec": _changed(metadata={"kernelspec": {"name": "my-env", "display_name": "My env"}}),
    "sources as lists": json.dumps(
        GOOD | {"cells": [c | {"source": c["source"].splitlines(keepends=True)} for c in GOOD["cells"]]}
    ).encode(),
    "tagged to be skipped": _cells(metadata={"tags": ["skip-execution", "raises-exception"]}),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "a null source": json.dumps(
        GOOD | {"cells": [*GOOD["cells"], GOOD["cells"][0] | {"id": "null", "source": None}]}
    ).encode(),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_file_gets_a_reason_and_no_score(name: str, grade_it: Grade, tmp_path: Path) -> None:
    path = tmp_path / "student.ipynb"
    path.write_bytes(UNREADABLE[name])
    (submission,) = collect([path])
    report = grade_it(submission)
    assert report.execution.status == "unreadable"
    assert report.score is None
    assert report.needs_review
    assert report.execution.message
    assert "\n" not in report.execution.message


@pytest.mark.kernel
@pytest.mark.parametrize("name", SLOPPY)
def test_old_or_sloppy_file_is_graded_in_full(name: str, grade_it: Grade, tmp_path: Path) -> None:
    path = tmp_path / "student.ipynb"
    path.write_bytes(SLOPPY[name])
    (submission,) = collect([path])
    found = results(grade_it(submission))
    assert {c: found[c].verdict for c in USUAL} == dict.fromkeys(USUAL, "pass")


@pytest.mark.kernel
def test_broken_files_do_not_stop_the_others(grade_it: Grade, tmp_path: Path) -> None:
    for i, content in enumerate(UNREADABLE.values()):
        (tmp_path / f"broken {i}.ipynb").write_bytes(content)
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "link.ipynb").symlink_to("/etc/hostname")
    (tmp_path / "loop.ipynb").symlink_to(tmp_path / "loop.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "future.ipynb").write_bytes(_changed(nbformat=9))
    (tmp_path / "no cells.ipynb").write_bytes(_changed(cells=[]))
    names = ["=cmd|' calc'!A0", "<b>Bold & Co", "Zoë 🎓 \"quoted\" 'name'", "-rf", "a.b c"]
    for name in names:
        percent.write(tmp_path, "style_torch").rename(tmp_path / f"{name}.ipynb")
    submissions = list(collect([tmp_path]))
    ids = [s.id for s in submissions]
    assert len(set(ids)) == len(ids)
    assert all(i and not i.startswith((".", "-", "=")) and "/" not in i for i in ids)
    reports = {Path(s.path).stem: grade_it(s) for s in submissions}
    for name in names:
        assert {results(reports[name])[c].verdict for c in USUAL} == {"pass"}, name
    for name, report in reports.items():
        if name in names:
            continue
        assert report.score is None or report.score == 0 or name == "future", name
        assert report.needs_review or report.score is not None, name
