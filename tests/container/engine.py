"""A container engine, called as a person calls it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

LOCKED = (
    *("--network", "none", "--read-only", "--cap-drop", "all"),
    *("--security-opt", "no-new-privileges", "--tmpfs", "/tmp"),
)
"""the flags that the README gives"""

Done = subprocess.CompletedProcess[str]


def run(command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> Done:
    """Run a command; its output is kept. A code other than 0 is no error."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


@dataclass(frozen=True)
class Engine:
    """podman or docker, and the image under test."""

    name: str
    image: str

    def call(self, *arguments: str, cwd: Path | None = None) -> Done:
        """`podman …`."""
        return run([self.name, *arguments], cwd=cwd)

    def grader(
        self,
        *arguments: str,
        user: int = 12345,
        volumes: dict[Path, str] | None = None,
        more: tuple[str, ...] = (),
        image: str = "",
    ) -> Done:
        """One locked-up container that runs the entry point with these arguments.

        volumes: host path → place inside, with `:ro` where it is only read.
        """
        mounted = [x for path, place in (volumes or {}).items() for x in ("--volume", f"{path}:{place}")]
        quiet = ("--no-healthcheck",)
        command = ("run", "--rm", *quiet, *LOCKED, "--user", f"{user}:{user}", *mounted, *more)
        return self.call(*command, image or self.image, *arguments)
