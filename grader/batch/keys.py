"""Digests of everything a result depends on: same key, same result; anything changed, another key."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.batch.code import EXECUTION_CODE, REPORT_CODE, code_digest
from grader.execute.job import Limits, whole_prelude
from grader.folder.files import content_digest
from grader.models import AttachedFile, Submission

_OURS = re.compile(r"notebook[-_.]grader", re.IGNORECASE)


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
    around = files, submission.folder
    first = whole_prelude(prelude, submission)
    return digest(cells, around, world, first, asdict(conditions.limits), conditions.isolation, _runs_on())


def conditions_digest(conditions: Conditions) -> str:
    """Everything but notebook and world that a run depends on: limits, isolation, kernel environment."""
    return digest(asdict(conditions.limits), conditions.isolation, _runs_on())


def world_key(world: dict[str, Any], prelude: str) -> str:
    """What makes one world: tells whether a kept execution fits a world of a changed rubric."""
    return digest(world, prelude)


def report_key(fingerprint: str, assignment_sha256: str, disclosure: str, conditions: str) -> str:
    """What one report depends on. fingerprint: of the upload. conditions: `conditions_digest`."""
    return digest(fingerprint, assignment_sha256, disclosure, conditions, code_digest(*REPORT_CODE))


def files_digest(files: tuple[AttachedFile, ...]) -> str:
    """The names and contents of the files beside a notebook; what can't be read counts by its error."""
    return digest([(f.name, content_digest(Path(f.source))) for f in files])


@cache
def packages() -> tuple[str, ...]:
    """Every installed distribution, `name==version`, sorted; ours apart, which no kernel sees."""
    about = [d.metadata for d in importlib.metadata.distributions()]  # its name and version each read it anew
    found = {(a["Name"], a["Version"]) for a in about}
    return tuple(sorted(f"{name}=={version}" for name, version in found if not _OURS.match(name)))


def interpreter() -> str:
    """The interpreter, and at the end the machine it runs on."""
    return f"{' '.join(sys.version.split())} {platform.machine()}"


@cache
def environment_digest() -> str:
    """The environment that kernels run in: interpreter, machine, every installed distribution."""
    return digest(interpreter(), packages())


def execution_digest() -> str:
    """The code that runs notebooks."""
    return code_digest(*EXECUTION_CODE)


def _runs_on() -> tuple[str, str]:
    return environment_digest(), execution_digest()
