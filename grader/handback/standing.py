"""Where a submission stands: its report as its student sees it, against what `--fail-under` asks (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.models import Report, Submission
from grader.report.view import StudentView, student_view
from rubric.schema import Rubric

FEW = 5
"""submissions of which each is shown as if alone: a push with a second notebook in it is no class yet"""

_NEAR = 1e-9  # 33.3 % of 3 points is reached by 0.999


@dataclass(frozen=True, slots=True)
class Standing:
    """One submission. path: its notebook below the workspace. reached: None where nothing was asked."""

    report: Report
    path: str
    view: StudentView
    reached: bool | None

    @property
    def ours(self) -> bool:
        """It has no mark by our fault."""
        return self.report.execution.status == "sandbox_error"

    @property
    def why_ungraded(self) -> str:
        """What its student reads in place of a mark, in one line."""
        return " ".join([self.view.headline, *self.view.notes, *([self.again] if self.ours else [])])

    @property
    def again(self) -> str:
        """After our fault a class is graded again by whoever grades it; a push by whoever pushed."""
        return self.view.speak("This job has to be run again.")


def stand(report: Report, path: str, rubric: Rubric, fail_under: float | None) -> Standing:
    """Hold a report against a percentage of the points, 0 to 100."""
    seen = Submission(id=report.submission.id, path=path, sha256=report.submission.sha256)
    reached = None if fail_under is None else _reaches(report, fail_under)
    return Standing(report, path, student_view(report, seen, rubric), reached)


def exit_code(standings: Sequence[Standing]) -> int:
    """0 everybody reached what was asked, 1 somebody did not, 3 somebody has no mark by our fault."""
    if not standings or any(s.ours for s in standings):
        return 3
    return 1 if any(s.reached is False for s in standings) else 0


def _reaches(report: Report, percent: float) -> bool:
    """Points that wait for a person count as reached: nobody fails over what is not decided."""
    if report.score is None:
        return False
    return report.score + report.pending >= percent / 100 * report.max_score - _NEAR
