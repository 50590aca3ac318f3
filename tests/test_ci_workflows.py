"""The files that a course copies fit the platforms' own schemas, and hold what keeps a push harmless."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GITHUB = (
    ".github/workflows/grade.yml",
    "ci/github/push.yml",
    "ci/github/class.yml",
)
GITLAB = "ci/gitlab/grade.gitlab-ci.yml"


def validate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """check-jsonschema, with the schemas it brings along: nothing is fetched."""
    command = [sys.executable, "-m", "check_jsonschema", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def github(*paths: str) -> subprocess.CompletedProcess[str]:
    return validate("--builtin-schema", "vendor.github-workflows", *paths)


def gitlab(path: str) -> subprocess.CompletedProcess[str]:
    return validate("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", path)


def load(path: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((ROOT / path).read_text())
    return found


def test_the_workflows_fit_the_schema_of_github() -> None:
    done = github(*GITHUB, ".github/workflows/checks.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def expanded() -> dict[Any, Any]:
    """The template as GitLab sees it after `extends`: the schema looks into no hidden job."""
    template = load(GITLAB)
    hidden = template.pop(".grader")
    for job in (template["grade-push"], template["grade-class"]):
        assert job.pop("extends") == ".grader"
        job["artifacts"] = {**hidden["artifacts"], **job["artifacts"]}
        job["variables"] = {**hidden["variables"], **job.get("variables", {})}
        job.update({key: value for key, value in hidden.items() if key not in job})
    return template


def test_the_template_fits_the_schema_of_gitlab(tmp_path: Path) -> None:
    whole = tmp_path / "expanded.yml"
    whole.write_text(yaml.safe_dump(expanded()))
    for path in (GITLAB, str(whole)):
        done = gitlab(path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_schemas_do_refuse(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((ROOT / GITHUB[0]).read_text().replace("runs-on:", "runs_on:"))
    assert github(str(wrong)).returncode == 1
    wrong.write_text(yaml.safe_dump(expanded()).replace("when: always", "when: sometimes"))
    assert gitlab(str(wrong)).returncode == 1


@pytest.mark.parametrize("path", GITHUB[1:])
def test_callers_give_what_the_workflow_takes(path: str) -> None:
    takes = load(GITHUB[0])[True]["workflow_call"]["inputs"]  # YAML reads `on` as true
    gives = load(path)["jobs"]["grade"]["with"]
    kinds = {"string": str, "boolean": bool}
    assert {name for name, about in takes.items() if about.get("required")} <= gives.keys() <= takes.keys()
    assert all(isinstance(value, kinds[takes[name]["type"]]) for name, value in gives.items())


def test_the_grading_step_locks_the_container_up() -> None:
    (step,) = (s for s in load(GITHUB[0])["jobs"]["grade"]["steps"] if s.get("id") == "grade")
    flags = (
        "--network none",
        "--read-only",
        "--cap-drop all",
        "no-new-privileges",
        "--user",
        "/workspace:ro",
    )
    assert [flag for flag in flags if flag not in step["run"]] == []


def test_nothing_of_the_job_reaches_the_container_but_what_the_grader_needs() -> None:
    """No token, no secret, and the step itself has none in its environment."""
    (step,) = (s for s in load(GITHUB[0])["jobs"]["grade"]["steps"] if s.get("id") == "grade")
    given = set(re.findall(r"--env (\w+)=", step["run"]))
    assert given == {
        "GITHUB_ACTIONS",
        "GITHUB_WORKSPACE",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_OUTPUT",
        "GRADER_IMAGE",
    }
    assert step["run"].count("--env") == len(given) and "--env-file" not in step["run"]
    assert not [name for name, value in step["env"].items() if "secrets." in value]


@pytest.mark.parametrize("path", GITHUB)
def test_no_workflow_can_be_turned_by_what_it_grades(path: str) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow[True])
    for job in workflow["jobs"].values():
        for step in job.get("steps", ()):
            assert "${{" not in step.get("run", "")  # an input is data: it reaches the shell as a variable
            assert "uses" not in step or re.search(r"@[0-9a-f]{40}$", step["uses"])
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", GITHUB[1:])
def test_a_copied_file_says_what_to_put_in_the_place_of_what(path: str) -> None:
    text = (ROOT / path).read_text()
    comments = [line for line in text.splitlines() if line.startswith("#")]
    body = "\n".join(line.partition(" #")[0] for line in text.splitlines() if not line.startswith("#"))
    places = set(re.findall(r"\b[A-Z]{2,}\b", body))
    assert places == {"OWNER", "REVISION", "IMAGE"}
    assert not [p for p in places if not any(re.match(rf"#   {p} +\w", line) for line in comments)]


def test_a_students_job_keeps_no_expected_values() -> None:
    kept = load(GITLAB)["grade-push"]["artifacts"]["paths"]
    assert not [p for p in kept if p.rstrip("/*").endswith("grader-out") or p.endswith(".json")]
    upload = load(GITHUB[0])["jobs"]["grade"]["steps"][-1]["with"]["path"].split("\n")
    whole = [line for line in upload if line.endswith(("/grader-out", ".json"))]
    assert whole == []
    assert [line for line in upload if "inputs.class &&" in line]


def test_a_push_tells_no_expected_values_unless_the_course_says_so_and_a_class_what_the_rubric_says() -> None:
    assert load("ci/github/push.yml")["jobs"]["grade"]["with"]["disclosure"] == "hints"
    assert (
        load(GITLAB)["variables"]["GRADER_DISCLOSURE"] == "hints"
    )  # not on the form, which wins over a job's own
    assert "disclosure" not in load("ci/github/class.yml")["jobs"]["grade"]["with"]
    assert load(GITHUB[0])[True]["workflow_call"]["inputs"]["disclosure"]["default"] == ""
    assert load(GITLAB)["grade-class"]["variables"]["GRADER_DISCLOSURE"] == ""


@pytest.mark.parametrize("source", ["push", "merge_request_event", "schedule", "web"])
def test_gitlab_keeps_whole_reports_only_where_the_project_says_it_is_a_class(source: str) -> None:
    """A student can make a schedule, too."""
    template = load(GITLAB)
    assert template["variables"]["GRADER_CLASS"] == "false"
    runs = {
        graded: [job for job in ("grade-push", "grade-class") if runs_job(template[job], source, graded)]
        for graded in ("false", "true")
    }
    assert runs["false"] == ([] if source == "schedule" else ["grade-push"])
    assert runs["true"] == (["grade-class"] if source in ("schedule", "web") else [])


def test_of_two_pushes_in_a_row_the_later_one_counts_and_a_class_is_never_cut_short() -> None:
    assert load("ci/github/push.yml")["concurrency"]["cancel-in-progress"] is True
    assert load(GITLAB)["grade-push"]["interruptible"] is True
    assert "concurrency" not in load("ci/github/class.yml")
    assert not load(GITLAB)["grade-class"].get("interruptible")


def test_gitlab_grades_a_commit_with_a_merge_request_once() -> None:
    job = load(GITLAB)["grade-push"]
    assert not runs_job(job, "push", "false", merge_requests="c/homework!1")
    assert runs_job(job, "merge_request_event", "false", merge_requests="c/homework!1")


def runs_job(job: dict[str, Any], source: str, graded: str, merge_requests: str = "") -> bool:
    """GitLab's rules: the first that holds decides."""
    values = {
        "CI_PIPELINE_SOURCE": source,
        "GRADER_CLASS": graded,
        "CI_OPEN_MERGE_REQUESTS": merge_requests,
    }

    def holds(term: str) -> bool:
        name, _, wanted = (part.strip() for part in term.partition("=="))
        value = values[name.removeprefix("$")]
        return value == wanted.strip('"') if wanted else bool(value)

    for rule in job["rules"]:
        if any(all(map(holds, part.split("&&"))) for part in rule["if"].split("||")):
            return bool(rule.get("when") != "never")
    return False
