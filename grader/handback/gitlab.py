"""What GitLab CI takes as reports of a job, beside JUnit (pure)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from grader.handback.standing import FEW, Standing
from grader.models import VerdictName
from grader.text import one_line

_SEVERITIES: dict[VerdictName, str] = {"fail": "major", "missing": "minor", "partial": "minor"}


def quality(standings: Sequence[Standing]) -> str:
    """A Code Quality report, which a merge request shows beside the changed file."""
    found = [issue for s in standings for issue in _issues(s)]
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def metrics(standings: Sequence[Standing]) -> str:
    """OpenMetrics text, of which a merge request shows what changed."""
    lines = []
    for name in ("score", "pending"):
        lines.append(f"# TYPE notebook_{name} gauge")
        for standing in standings:
            value = getattr(standing.report, name)
            if value is not None:
                label = _label(standing.report.submission.id)
                lines.append(f'notebook_{name}{{submission="{label}"}} {value:g}')
    return "\n".join([*lines, "# EOF"]) + "\n"


def links(standings: Sequence[Standing], job_url: str, out: str) -> str:
    """Links from the job's page to the reports among its artifacts. out: their folder, in the project."""
    folder = f"{job_url}/artifacts/file/{quote(out.strip('/'))}" if out else f"{job_url}/artifacts/file"
    named = [
        (s.report.submission.id, f"{folder}/{quote(s.report.submission.id)}/report.html") for s in standings
    ]
    if len(standings) > FEW:
        named = [("the class", f"{folder}/index.html")]
    found = [{"external_link": {"label": f"Report of {name}", "url": url}} for name, url in named]
    return json.dumps({"Reports": found}, indent=1, ensure_ascii=False) + "\n"


def _issues(standing: Standing) -> Iterator[dict[str, Any]]:
    view = standing.view
    if not view.graded:
        yield _issue(standing, "blocker", "notebook", standing.why_ungraded)
        return
    for trouble in view.troubles:
        yield _issue(standing, "critical", "run", trouble.text)
    for finding in view.findings:
        said = f"{', '.join(finding.titles)} ({finding.points}): {finding.reason}"
        yield _issue(standing, _SEVERITIES.get(finding.verdict, "info"), finding.verdict, said)


def _issue(standing: Standing, severity: str, name: str, description: str) -> dict[str, Any]:
    text = one_line(description, 600)
    key = "\n".join((standing.path, name, text))
    return {
        "description": text,
        "check_name": name,
        "fingerprint": hashlib.sha256(key.encode("utf-8", "replace")).hexdigest(),
        "severity": severity,
        "location": {"path": standing.path, "lines": {"begin": 1}},
    }


def _label(text: str) -> str:
    return one_line(text, 120).replace("\\", "\\\\").replace('"', '\\"')
