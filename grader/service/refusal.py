"""What is not done, and why, said in the language of whoever asked."""

from __future__ import annotations

from grader.errors import UsageError
from grader.models import Said


class RefusedError(UsageError):
    """Something is not taken, and whoever sent it can mend it. status: of the answer over HTTP."""

    def __init__(self, said: Said, status: int = 422) -> None:
        super().__init__(str(said))
        self.said, self.status = said, status
