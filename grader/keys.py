"""Digests of everything a result depends on: same key, same result; anything changed, another key."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.execute.job import Limits
from grader.intake.files import content_digest
from grader.models import AttachedFile, Submission

_EXECUTION_CODE = ("execute", "jail")


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what everything of one run is executed. isolation: the least that was asked for."""

    limits: Limits
    isolation: str


def digest(*parts: Any) -> str:
    """SHA-256 over JSON of the parts, which keeps them apart."""
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def execution_key(
    submission: Submission, files: str, world: dict[str, Any], prelude: str, conditions: Conditions
) -> str:
    """What one run of one notebook in one world depends on. files: `files_digest`."""
    cells = [(c.index, c.source) for c in submission.cells if c.kind == "code"]
    return digest(cells, files, world, prelude, asdict(conditions.limits), conditions.isolation, _runs_on())


def report_key(fingerprint: str, assignment_sha256: str, conditions: Conditions) -> str:
    """What one report depends on. fingerprint: of the upload, see `grader.intake.Entry`."""
    limits = asdict(conditions.limits)
    return digest(fingerprint, assignment_sha256, limits, conditions.isolation, _runs_on(), code_digest())


def files_digest(files: tuple[AttachedFile, ...]) -> str:
    """The names and contents of the files beside a notebook; what can't be read counts by its error."""
    return digest([(f.name, content_digest(Path(f.source))) for f in files])


@cache
def code_digest(*rooms: str) -> str:
    """The grader's own source: all of it, or these folders."""
    home = Path(__file__).parent
    folders = [home / room for room in rooms] or [home]
    sources = sorted(p for folder in folders for p in folder.rglob("*.py"))
    return digest([(str(p.relative_to(home)), content_digest(p)) for p in sources])


@cache
def environment_digest() -> str:
    """The environment that kernels run in: interpreter, machine, every installed distribution."""
    installed = sorted({f"{d.name}=={d.version}" for d in importlib.metadata.distributions()})
    return digest(sys.version, platform.machine(), installed)


def _runs_on() -> tuple[str, str]:
    return environment_digest(), code_digest(*_EXECUTION_CODE)
