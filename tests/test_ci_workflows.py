"""The files that a course copies fit the platforms' own schemas, and hold what keeps a push harmless."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GITHUB = (".github/workflows/grade.yml", "ci/github/push.yml", "ci/github/class.yml")
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
    done = github(*GITHUB)
    assert done.returncode == 0, done.stdout + done.stderr


def expanded() -> dict[Any, Any]:
    """The template as GitLab sees it after `extends`: the schema looks into no hidden job."""
    template = load(GITLAB)
    hidden = template.pop(".grader")
    for job in (template["grade-push"], template["grade-class"]):
        assert job.pop("extends") == ".grader"
        job["artifacts"] = {**hidden["artifacts"], **job["artifacts"]}
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
    assert "${{" not in step["run"]  # an input is data: it reaches the shell as a variable


def test_a_students_job_keeps_no_expected_values() -> None:
    kept = load(GITLAB)["grade-push"]["artifacts"]["paths"]
    assert not [p for p in kept if p.rstrip("/*").endswith("grader-out") or p.endswith(".json")]
    upload = load(GITHUB[0])["jobs"]["grade"]["steps"][-1]["with"]["path"].split("\n")
    whole = [line for line in upload if line.endswith(("/grader-out", ".json"))]
    assert whole == []
    assert [line for line in upload if "inputs.class &&" in line]
