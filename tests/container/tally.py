"""What held and what did not, said line by line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Checks, counted."""

    held: int = 0
    failed: int = 0

    def check(self, name: str, held: bool, detail: str = "") -> None:
        self.held, self.failed = self.held + held, self.failed + (not held)
        said = " | ".join(detail.strip().splitlines())
        print(f"{'ok  ' if held else 'FAIL'}  {name}{': ' if said else ''}{said}", flush=True)

    def end(self) -> int:
        """The program's exit code."""
        print(f"{self.held} checks held, {self.failed} failed")
        return 1 if self.failed else 0
