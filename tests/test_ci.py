"""`grader ci` as a job runs it: what each platform gets to see, and what the exit code means."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_class, make_notebook

from grader import cli
from grader.assignment import loading as assignment
from grader.commands import check
from grader.commands import grade as grading
from grader.errors import KernelStartError, RubricError
from grader.handback import github_actions as github
from grader.handback.platform import detect
from grader.handback.summary import MOST_BYTES, of_student
from grader.judging import provenance

SPOKEN = (
    RUBRIC
    + """
      - {id: words, kind: text, title: in words, points: 5, headings: [Answer]}
"""
)


class Job:
    """A job in a checkout: calls the command line with a platform's environment."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.checkout, self.out = folder / "checkout", folder / "checkout" / "grader-out"
        self.rubric = make_assignment(folder / "tiny")
        self.summary, self.outputs = folder / "summary", folder / "outputs"
        self._monkeypatch, self._capsys = monkeypatch, capsys
        for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
            monkeypatch.delenv(name, raising=False)
        self.stdout = self.stderr = ""

    def on(self, **variables: object) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, str(value))

    def on_github(self) -> None:
        self.on(GITHUB_ACTIONS="true", GITHUB_WORKSPACE=self.checkout)
        self.on(GITHUB_STEP_SUMMARY=self.summary, GITHUB_OUTPUT=self.outputs)

    def on_gitlab(self) -> None:
        self.on(
            GITLAB_CI="true", CI_PROJECT_DIR=self.checkout, CI_JOB_URL="https://gitlab.example/c/-/jobs/7"
        )

    def __call__(self, *more: object) -> int:
        arguments = ["ci", self.checkout, "--out", self.out, "--rubric", self.rubric, *more]
        code = cli.run([str(a) for a in arguments])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def commands(self) -> list[str]:
        """The lines that GitHub's runner obeys."""
        obeyed, token = [], ""
        for line in self.stdout.splitlines():
            if token:
                token = "" if line == f"::{token}::" else token
            elif line.startswith("::stop-commands::"):
                token = line.removeprefix("::stop-commands::")
            elif line.startswith("::") or "##[" in line:
                obeyed.append(line)
        return obeyed


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(grading, "open_runner", fake.open)
    return fake


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Job:
    return Job(tmp_path, monkeypatch, capsys)


# ------------------------------------------------------------------ with a release for students


@pytest.fixture
def released(job: Job, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job in which the rubric is what students have of it."""
    monkeypatch.setattr(check, "open_runner", runner.open)
    folder = job.rubric.parent / "released"
    assert cli.run(["rubric", "release", str(job.rubric), "--out", str(folder)]) == 0
    job.rubric = folder
    return job


def test_with_a_release_the_page_shows_what_is_found_and_grades_nobody(released: Job) -> None:
    make_class(released.checkout, homework=WRONG)
    released.on_github()
    assert released() == 0
    page = released.summary.read_text()
    assert page == (released.out / "summary.md").read_text()
    assert "      found    the total, cell 1: [9.5, 8.25, 7.125]\n" in page
    assert page.endswith("    1 of 1 found. This says what was found, not whether it is right.\n")
    assert all(line.startswith("    ") for line in page.splitlines() if line)
    assert released.commands() == []
    assert [path.name for path in released.out.iterdir()] == ["summary.md"]


def test_with_a_release_the_job_fails_where_something_is_missing(released: Job) -> None:
    make_class(released.checkout, anna=RIGHT)
    (released.checkout / "ben.ipynb").write_text("no notebook")
    assert released() == 1
    assert "ben.ipynb: " in released.stdout and "1 of 1 found" in released.stdout


@pytest.mark.judges
def test_with_a_release_an_upload_that_costs_its_reader_too_much_costs_the_others_nothing(
    released: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read in a judge, which ends at its limit; 0.1 s here."""
    monkeypatch.setattr("grader.pipeline.one.FIRST_S", 0.1)
    make_class(released.checkout, anna=RIGHT, cem=RIGHT)
    cell = json.dumps({"cell_type": "markdown", "source": "# a"})
    many = ",".join([cell] * 150_000)
    (released.checkout / "ben.ipynb").write_text(
        f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{many}]}}'
    )
    assert released() == 1
    assert "ben.ipynb: it could not be read within the grader's limits" in released.stdout
    assert released.stdout.count("1 of 1 found") == 2


def test_with_a_release_a_fault_of_ours_is_said_and_the_others_are_looked_at(
    released: Job, runner: FakeRunner
) -> None:
    make_class(released.checkout, anna=RIGHT, ben=RIGHT, cem=RIGHT)
    runner.broken = {"ben"}
    assert released() == 3
    assert "ben.ipynb could not be run: no kernel; see grader doctor" in released.stdout
    assert released.stdout.count("1 of 1 found") == 2
    assert "ben.ipynb" in (released.out / "summary.md").read_text()


def test_a_release_has_no_points_to_fail_under(released: Job) -> None:
    make_class(released.checkout, anna=RIGHT)
    assert released("--fail-under", 50) == 2
    assert "without points; leave --fail-under out" in released.stderr


# ------------------------------------------------------------------ the exit code


@pytest.mark.parametrize(("asked", "code"), [(None, 0), (0, 0), (40, 1)])
def test_fail_under_alone_makes_a_wrong_notebook_fail_the_job(
    job: Job, runner: FakeRunner, asked: int | None, code: int
) -> None:
    make_class(job.checkout, homework=WRONG)
    assert job(*(() if asked is None else ("--fail-under", asked))) == code


def test_everybody_in_a_class_has_to_reach_it(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, anna=RIGHT, ben=WRONG)
    assert job("--fail-under", 50) == 1
    assert job.stdout.splitlines()[-1] == "1 of 2 reached 50 %, counting what waits for a person"


@pytest.mark.parametrize(("asked", "code"), [(33.3, 0), (33.4, 1)])
def test_points_that_wait_for_a_person_fail_nobody(
    job: Job, runner: FakeRunner, asked: float, code: int
) -> None:
    make_assignment(job.rubric, SPOKEN)
    notebook = json.loads(make_notebook(job.checkout / "homework.ipynb", WRONG).read_text())
    notebook["cells"].append({"cell_type": "markdown", "source": "# Answer\nThey are the same as before."})
    (job.checkout / "homework.ipynb").write_text(json.dumps(notebook))
    assert job("--fail-under", asked) == code


def test_a_notebook_renamed_since_the_last_push_is_judged_alone(job: Job, runner: FakeRunner) -> None:
    """Where a runner keeps its folder, the report of the earlier name is still there."""
    make_class(job.checkout, draft=WRONG)
    assert job("--fail-under", 50) == 1
    (job.checkout / "draft.ipynb").unlink()
    make_class(job.checkout, homework=RIGHT)
    job.on_github()
    assert job("--fail-under", 50) == 0
    assert job.outputs.read_text().startswith("score=10\n")
    assert [s.get("name") for s in ET.parse(job.out / "junit.xml").getroot()] == ["homework"]


def test_a_file_that_is_no_notebook_fails_where_something_is_asked(job: Job, runner: FakeRunner) -> None:
    job.checkout.mkdir()
    (job.checkout / "homework.ipynb").write_text('{"cells": [')
    assert job() == 0
    assert job("--fail-under", 0) == 1


def test_our_failure_is_3_and_no_mark(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, homework=RIGHT)
    runner.faults = {"homework": KernelStartError("no kernel could be started")}
    job.on_github()
    assert job("--fail-under", 50) == 3
    page = job.summary.read_text()
    assert "❌" not in page and page.splitlines()[2] == "**This job has to be run again.**"
    (note,) = job.commands()
    assert note.endswith("This job has to be run again.")
    assert job.outputs.read_text().startswith("score=\n")


# ------------------------------------------------------------------ GitHub


def test_github_gets_a_summary_outputs_and_annotations_of_the_pushed_file(
    job: Job, runner: FakeRunner
) -> None:
    make_class(job.checkout / "week 4", homework=WRONG)
    job.on_github()
    assert job("--fail-under", 50) == 1
    page = job.summary.read_text()
    assert page.startswith(
        "# Tiny · Report for homework\n\n❌ At least 50 % of the points are asked for: not reached."
    )
    assert job.outputs.read_text() == "score=0\npending=0\nmax-score=10\n"
    (note,) = job.commands()
    assert note.startswith("::error file=week 4/homework.ipynb,line=1,title=the total (0 of 10 points)::")


def test_a_class_on_github_is_a_table(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, anna=RIGHT, ben=WRONG, cleo=RIGHT, dan=WRONG, eve=WRONG)
    (job.checkout / "torn.ipynb").write_text("{")
    job.on_github()
    assert job("--fail-under", 50) == 1
    page = job.summary.read_text()
    assert "**5 of 6 graded; mean 4, median 0 of 10; 0 wait for a person; 4 below 50 %.**" in page
    assert "| anna | 10 |  | ✓ |  |" in page and "| ben | 0 |  | ✗ | ❌ |" in page
    assert "| the total | 40% | 2 | 0 | 3 | 0 | 0 |" in page
    assert "Report for anna" not in page
    (note,) = job.commands()
    assert note.startswith("::error file=torn.ipynb,line=1,title=torn::Not graded yet.")
    assert not job.outputs.exists()


def test_a_push_of_several_notebooks_shows_each_as_if_it_were_alone(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, homework=WRONG, scratch=RIGHT)
    job.on_github()
    assert job("--fail-under", 50) == 1
    table, homework, scratch = job.summary.read_text().split("# Tiny")[1:]
    assert "| homework | 0 |  | ✗ | ❌ |" in table and "| scratch | 10 |  | ✓ |  |" in table
    assert homework.startswith(" · Report for homework\n\n❌") and "[9.5, 8.25, 7.125]" in homework
    assert scratch.startswith(" · Report for scratch\n\n✅")
    (note,) = job.commands()
    assert note.startswith("::error file=homework.ipynb,line=1,title=the total (0 of 10 points)::")


def test_nothing_a_student_writes_is_a_command_to_the_runner(job: Job, runner: FakeRunner) -> None:
    names = ["::add-mask::x", "##[error]x", "x\n::error::y", "a,title=b::c%0A::d"]
    for name in names:
        make_notebook(job.checkout / f"{name}.ipynb", WRONG)
    job.on_github()
    assert job() == 0
    notes = job.commands()
    assert len(notes) == 4 and all(x.startswith("::error file=") for x in notes)
    assert not [x for x in notes if re.search("::(?:add-mask|set-output|b|d)|,title=b", x)]
    line = github.annotation("error", "a,b:c\n.ipynb", "t,::x", "m\r\n::set-output name=a::b ##[x]%0A")
    assert line.count("\n") == 0 and line.startswith(
        "::error file=a%2Cb%3Ac%0A.ipynb,line=1,title=t%2C%3A%3Ax::m "
    )
    assert line.endswith("%250A")


def test_what_stops_the_run_is_an_annotation_and_its_message_no_command(job: Job, runner: FakeRunner) -> None:
    nothing = job.checkout / "##[set-output name=score]100"
    nothing.mkdir(parents=True)
    job.on_github()
    assert job(nothing) == 2
    (note,) = job.commands()
    assert note.startswith("::error title=grader::no notebook found in ")
    assert "##[set-output" in job.stderr  # which GitHub reads as well: the silence has to last
    assert job.stdout.splitlines()[-1].startswith("::stop-commands::")


def test_a_fault_of_ours_ends_in_silence(
    job: Job, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_class(job.checkout, homework=RIGHT)
    monkeypatch.setattr(grading, "print_class", lambda *_: 1 / 0)
    job.on_github()
    assert job() == 3
    assert job.commands() == [] and "::stop-commands::" in job.stdout
    token = job.stdout.partition("::stop-commands::")[2].splitlines()[0]
    assert f"::{token}::" not in job.stdout


def test_more_annotations_than_github_shows_end_in_a_pointer(job: Job, runner: FakeRunner) -> None:
    job.checkout.mkdir()
    for number in range(14):
        (job.checkout / f"torn{number:02}.ipynb").write_text("{")
    job.on_github()
    assert job() == 0
    notes = job.commands()
    assert len(notes) == github.MOST and notes[-1].endswith("::5 more: see the job's summary")


def test_a_summary_that_is_too_long_is_cut_at_a_line() -> None:
    class Standing:
        reached, ours = None, False

    page = of_student(Standing(), "# Title\n\n" + "ü" * 99 + "\n" + ("x" * 99 + "\n") * 20_000, None)  # type: ignore[arg-type]
    assert len(page.encode()) < MOST_BYTES + 100 and page.splitlines()[-3] == "x" * 99


# ------------------------------------------------------------------ GitLab, JUnit, plain


def test_gitlab_gets_its_reports(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, homework=WRONG)
    job.on_gitlab()
    assert job("--fail-under", 50) == 1
    (issue,) = json.loads((job.out / "gl-code-quality-report.json").read_text())
    assert issue["location"] == {"path": "homework.ipynb", "lines": {"begin": 1}}
    assert issue["severity"] == "major" and len(issue["fingerprint"]) == 64
    assert (job.out / "metrics.txt").read_text().splitlines() == [
        "# TYPE notebook_score gauge",
        'notebook_score{submission="homework"} 0',
        "# TYPE notebook_pending gauge",
        'notebook_pending{submission="homework"} 0',
        "# EOF",
    ]
    links = json.loads((job.out / "gl-annotations.json").read_text())["Reports"]
    place = "https://gitlab.example/c/-/jobs/7/artifacts/file/grader-out/homework/report.html"
    assert links == [{"external_link": {"label": "Report of homework", "url": place}}]
    assert "::" not in job.stdout


def test_gitlab_links_each_report_of_a_few_and_the_page_of_a_class(job: Job, runner: FakeRunner) -> None:
    """A push keeps the reports and not the class's page."""
    make_class(job.checkout, homework=WRONG, scratch=RIGHT)
    job.on_gitlab()
    job()
    shown = json.loads((job.out / "gl-annotations.json").read_text())["Reports"]
    assert [x["external_link"]["label"] for x in shown] == ["Report of homework", "Report of scratch"]
    make_class(job.checkout, **dict.fromkeys("abcd", RIGHT))
    job()
    (link,) = json.loads((job.out / "gl-annotations.json").read_text())["Reports"]
    assert link["external_link"]["url"].endswith("/artifacts/file/grader-out/index.html")


def test_junit_counts_what_waits_as_skipped_and_a_torn_file_as_an_error(job: Job, runner: FakeRunner) -> None:
    make_assignment(job.rubric, SPOKEN)
    make_class(job.checkout, anna=RIGHT, ben=WRONG)
    (job.checkout / "torn.ipynb").write_text("{")
    assert job() == 0
    root = ET.parse(job.out / "junit.xml").getroot()
    counted = {s.get("name"): [s.get(k) for k in ("tests", "failures", "errors", "skipped")] for s in root}
    assert counted == {
        "anna": ["2", "1", "0", "0"],
        "ben": ["2", "2", "0", "0"],
        "torn": ["1", "0", "1", "0"],
    }
    assert [root.get(k) for k in ("tests", "failures", "errors")] == ["5", "3", "1"]
    assert job.summary.exists() is False


_JENKINS = {
    "testsuites": "name time tests failures errors",
    "testsuite": "name tests failures errors time skipped timestamp hostname id package file log url",
    "testcase": "name time classname group",
    "failure": "type message",
    "error": "type message",
    "skipped": "type message",
    "properties": "",
    "property": "name value",
}
"""the attributes that the JUnit schema of Jenkins' xUnit plugin knows: it refuses a report with others"""


def test_junit_has_nothing_that_the_schema_of_jenkins_refuses(job: Job, runner: FakeRunner) -> None:
    make_assignment(job.rubric, SPOKEN)
    make_class(job.checkout, anna=RIGHT, ben=WRONG)
    (job.checkout / "torn.ipynb").write_text("{")
    words = {"cell_type": "markdown", "source": "# Answer\nThe same."}
    notebook = json.loads((job.checkout / "anna.ipynb").read_text())
    notebook["cells"].append(words)
    (job.checkout / "anna.ipynb").write_text(json.dumps(notebook))
    job()
    root = ET.parse(job.out / "junit.xml").getroot()
    unknown = [(e.tag, a) for e in root.iter() for a in e.attrib if a not in _JENKINS[e.tag].split()]
    assert unknown == []
    assert [s.get("file") for s in root] == ["anna.ipynb", "ben.ipynb", "torn.ipynb"]


def test_junit_for_gitlab_links_every_case_names_none_twice_and_says_what_waits(
    job: Job, runner: FakeRunner
) -> None:
    make_assignment(job.rubric, SPOKEN.replace("title: in words", "title: the total"))
    notebook = json.loads(make_notebook(job.checkout / "anna.ipynb", RIGHT).read_text())
    notebook["cells"].append({"cell_type": "markdown", "source": "# Answer\nThe same."})
    (job.checkout / "anna.ipynb").write_text(json.dumps(notebook))
    job.on_gitlab()
    job()
    cases = [*ET.parse(job.out / "junit.xml").getroot().iter("testcase")]
    assert [(c.get("name"), c.get("file")) for c in cases] == [
        ("the total (total)", "anna.ipynb"),
        ("the total (words)", "anna.ipynb"),
    ]
    (waits,) = cases[1]
    assert waits.tag == "skipped" and waits.text == waits.get("message") != ""


@pytest.mark.parametrize(("disclosure", "shown"), [("full", True), ("hints", False), ("none", False)])
def test_expected_values_are_shown_only_where_the_rubric_shows_them(
    job: Job, runner: FakeRunner, disclosure: str, shown: bool
) -> None:
    make_assignment(job.rubric, RUBRIC.replace("title: Tiny", f"title: Tiny\ndisclosure: {disclosure}"))
    make_class(job.checkout, homework=WRONG)
    job.on_gitlab()
    job()
    page = job.out / "homework" / "report.md"
    kept = [p for p in job.out.iterdir() if p.is_file()]
    assert {p.name for p in kept} >= {"summary.md", "junit.xml", "gl-code-quality-report.json", "metrics.txt"}
    assert ("3.75" in page.read_text()) == shown
    assert ("3.75" in (job.out / "summary.md").read_text()) == shown
    assert not [p.name for p in kept if p.suffix in (".xml", ".json", ".txt") and "3.75" in p.read_text()]


@pytest.mark.parametrize(
    ("rubric", "asked", "told"),
    [
        ("full", "hints", {"hint"}),
        ("full", "none", set()),
        ("full", "full", {"hint", "3.75"}),
        ("hints", "full", {"hint"}),
        ("none", "full", set()),
    ],
)
def test_a_job_tells_no_more_than_it_is_asked_to_and_the_rubric_allows(
    job: Job, runner: FakeRunner, rubric: str, asked: str, told: set[str]
) -> None:
    hinted = RUBRIC.replace("points: 10,", "points: 10, hint: Add them.,")
    make_assignment(job.rubric, hinted.replace("title: Tiny", f"title: Tiny\ndisclosure: {rubric}"))
    make_class(job.checkout, homework=WRONG)
    job.on_github()
    job("--disclosure", asked)
    pages = [job.out / "homework" / f"report.{kind}" for kind in ("md", "html")]
    seen = [p.read_text() for p in (job.summary, *pages)]
    assert [("Add them." in s, "3.75" in s) for s in seen] == [("hint" in told, "3.75" in told)] * 3
    assert "3.75" not in job.stdout


def test_pages_that_told_more_are_written_anew(job: Job, runner: FakeRunner) -> None:
    make_class(job.checkout, homework=WRONG)
    page = job.out / "homework" / "report.html"
    job()
    assert "3.75" in page.read_text()
    job("--disclosure", "hints")
    assert "3.75" not in page.read_text()
    assert len(runner.ran) == 2  # what it printed was kept


# ------------------------------------------------------------------ where we are


def test_the_platform_is_found_from_its_own_marks() -> None:
    assert detect({}).kind == "plain"
    assert detect({"CI": "true"}).kind == "plain"
    assert detect({"GITHUB_ACTIONS": "true"}).kind == "github"
    assert detect({"GITLAB_CI": "true", "CI_JOB_URL": "https://x/7"}).job_url == "https://x/7"
    assert detect({"GITLAB_CI": "true"}, "plain").kind == "plain"


def test_a_pushed_folder_cannot_take_a_shipped_assignments_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its canonical.py would run as the teacher's, outside any cage."""
    pushed = make_assignment(tmp_path / "hw4")
    monkeypatch.chdir(tmp_path)
    assert assignment.locate("hw4") != pushed
    assert assignment.locate("./hw4") == assignment.locate(str(pushed)) == pushed
    with pytest.raises(RubricError):
        assignment.locate("hw5")


def test_a_report_says_from_which_image_and_lock_it_comes(
    job: Job, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_class(job.checkout, homework=RIGHT)
    monkeypatch.setenv("GRADER_IMAGE", "grader@sha256:12")
    (tmp_path / provenance.LOCK).write_text("torch==2.13.0\n")
    monkeypatch.setattr(provenance.sys, "prefix", str(tmp_path))
    provenance.lock.cache_clear()
    try:
        assert job() == 0
    finally:
        provenance.lock.cache_clear()
    made_by: dict[str, Any] = json.loads((job.out / "homework" / "report.json").read_text())["provenance"]
    assert made_by["image"] == "grader@sha256:12"
    assert made_by["lock"] == hashlib.sha256(b"torch==2.13.0\n").hexdigest()
