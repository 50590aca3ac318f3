"""Which CI platform runs us, from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["github", "gitlab", "plain"]


@dataclass(frozen=True, slots=True)
class CiPlatform:
    """A CI platform. Empty or None: it has no such thing, or did not say.

    workspace: the checkout; the platform knows a notebook by its path below it.
    summary: file to which Markdown for the job's page is appended. outputs: file for `name=value` lines.
    job_url: address of the job, below which its artifacts lie.
    """

    kind: Kind
    workspace: Path
    summary: Path | None = None
    outputs: Path | None = None
    job_url: str = ""


def detect(environment: Mapping[str, str], insist: Kind | None = None) -> CiPlatform:
    """The platform that this environment speaks of; `plain` where none does.

    insist: take it for this one, whatever its marks say.
    """
    kind: Kind = insist or _kind(environment)
    if kind == "github":
        return CiPlatform(
            kind,
            workspace=Path(environment.get("GITHUB_WORKSPACE") or "."),
            summary=_path(environment.get("GITHUB_STEP_SUMMARY")),
            outputs=_path(environment.get("GITHUB_OUTPUT")),
        )
    if kind == "gitlab":
        return CiPlatform(
            kind,
            workspace=Path(environment.get("CI_PROJECT_DIR") or "."),
            job_url=environment.get("CI_JOB_URL", ""),
        )
    return CiPlatform(kind, workspace=Path())


def _kind(environment: Mapping[str, str]) -> Kind:
    if environment.get("GITHUB_ACTIONS") == "true":
        return "github"
    if environment.get("GITLAB_CI") == "true":
        return "gitlab"
    return "plain"


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
