"""What GitHub Actions understands on a job's output and in its files (pure).

The runner takes lines of the output that begin with `::` (and `##[` anywhere in one) for commands, and
student text may hold such lines: between `silence` and its end nothing is taken for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from grader.handback.standing import FEW, Standing
from grader.models import VerdictName
from grader.text import one_line

Level = Literal["error", "warning", "notice"]

MOST = 10
"""annotations of one level that a step may show; the runner drops the rest"""

_LEVELS: dict[VerdictName, Level] = {"fail": "error", "missing": "warning", "partial": "warning"}


def silence(token: str) -> tuple[str, str]:
    """The lines before and after which, and not between them, commands count. token: not guessable."""
    return f"::stop-commands::{token}", f"::{token}::"


def annotation(level: Level, path: str, title: str, message: str) -> str:
    """One annotation of a file, at its first line."""
    place = f"file={_property(path)},line=1,title={_property(one_line(title, 120))}"
    return f"::{level} {place}::{_data(one_line(message, 600))}"


def complaint(message: str) -> str:
    """Why nothing was graded, as an annotation of the whole job."""
    return f"::error title=grader::{_data(one_line(message, 600))}"


def annotate(standings: Sequence[Standing]) -> list[str]:
    """What went wrong, once for all checks that share it; of a class only what has no mark."""
    few = len(standings) <= FEW
    found = [f for s in standings for f in (_of_one(s) if few else [_whole(s)] * (not s.view.graded))]
    lines = []
    for level in ("error", "warning", "notice"):
        own = [f for f in found if f[0] == level]
        lines += [annotation(*f) for f in own[: MOST if len(own) <= MOST else MOST - 1]]
        if len(own) > MOST:
            rest = len(own) - MOST + 1
            lines.append(annotation(level, own[0][1], "and more", f"{rest} more: see the job's summary"))
    return lines


def outputs(standing: Standing) -> str:
    """Lines for the file that holds a step's outputs."""
    report = standing.report
    score = "" if report.score is None else f"{report.score:g}"
    return f"score={score}\npending={report.pending:g}\nmax-score={report.max_score:g}\n"


def _of_one(standing: Standing) -> Iterator[tuple[Level, str, str, str]]:
    view, path = standing.view, standing.path
    if not view.graded:
        yield _whole(standing)
        return
    for trouble in view.troubles:
        yield "warning", path, view.speak("When your notebook ran"), trouble.text
    for finding in view.findings:
        level = _LEVELS.get(finding.verdict, "notice")
        yield level, path, f"{', '.join(finding.titles)} ({finding.points})", finding.reason
    if standing.report.pending:
        pending = standing.report.pending
        waiting = view.speak.counted(
            pending,
            "{pending} point waits for a person to read your work.",
            "{pending} points wait for a person to read your work.",
            pending=view.speak.points(pending),
        )
        yield "notice", path, view.headline, waiting


def _whole(standing: Standing) -> tuple[Level, str, str, str]:
    return "error", standing.path, standing.report.submission.id, standing.why_ungraded


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
