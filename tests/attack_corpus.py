"""The attack corpus as data: the manifest, and each attack as the notebook file a student would hand in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import percent
import yaml

from grader.execute import Limits

FOLDER = Path(__file__).parent / "attacks"

LIMITS: dict[str, Any] = {
    "cell_s": 30.0,
    "total_s": 60.0,
    "output_bytes": 2 << 20,
    "messages": 3000,
    "cpu_s": 30.0,
    "memory_bytes": 256 << 20,
    "disk_bytes": 16 << 20,
    "files": 4000,
    "processes": 64,
}
_ENDLESS_S = 1.5

HONEST = "import torch\nprint('h1 =', torch.tensor([[0.7311, -0.2689], [1.5, 2e-5]]))"
"""What the student did right before the attack; its cell is number 1."""
HONEST_VALUES = (0.7311, -0.2689, 1.5, 2e-5)
AFTER = "print('after')"

HOSTILE_METADATA: dict[str, Any] = {
    "tags": ["skip-execution", "raises-exception", "remove-output", "parameters"],
    "trusted": True,
    "papermill": {"status": "completed", "duration": 0},
    "nbgrader": {"grade": True, "points": 100, "locked": True, "solution": True},
    "execution": {"timeout": -1},
}
HOSTILE_NOTEBOOK: dict[str, Any] = {
    "kernelspec": {"name": "../../bin/sh", "display_name": "x", "argv": ["/bin/sh", "-c", "id"]},
    "language_info": {"name": "bash"},
    "execution": {"timeout": -1, "allow_errors": True},
    "otter": {"assignment_name": "x"},
}


@dataclass(frozen=True)
class Attack:
    """One entry of the manifest."""

    id: str
    tries: str
    status: tuple[str, ...] = ("ok",)
    says: str = ""
    prints: dict[int, str] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    after: bool = True
    gap: dict[str, Any] = field(default_factory=dict)

    def job_limits(self) -> Limits:
        """The corpus's limits, a short time for what never ends, and the attack's own."""
        short = {"cell_s": _ENDLESS_S} if "timeout" in self.status else {}
        return Limits(**{**LIMITS, **short, **self.limits})

    def known_gap(self, tier: str, user: str) -> str:
        """Why this attack is known to get through on a tier as a user; empty where it must not."""
        known = tier in self.gap.get("tiers", ()) and user in self.gap.get("users", ("root", "user"))
        return str(self.gap["because"]) if known else ""


def load() -> tuple[Attack, ...]:
    """The manifest, in order."""
    entries = yaml.safe_load((FOLDER / "manifest.yaml").read_text(encoding="utf-8"))
    attacks = []
    for name, entry in entries.items():
        status = entry.pop("status", "ok")
        attacks.append(
            Attack(id=name, status=(status,) if isinstance(status, str) else tuple(status), **entry)
        )
    return tuple(attacks)


def hand_in(attack: Attack, folder: Path, targets: dict[str, Any]) -> Path:
    """Write the attack as a notebook, with the files beside it, as one student's folder in a new one."""
    folder = folder / "eve"
    folder.mkdir(parents=True)
    for name, text in attack.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tools = f"T = {targets!r}\n" + (FOLDER / "_tools.py").read_text(encoding="utf-8")
    blocks = percent._blocks((FOLDER / f"{attack.id}.py").read_text(encoding="utf-8"))
    sources = [tools, HONEST, *(source for _, source in blocks), AFTER]
    cells = [
        {
            "id": f"c{number}",
            "cell_type": "code",
            "metadata": HOSTILE_METADATA if number else {},
            "source": source,
            "execution_count": 7,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "BREACH stored output\n"}],
        }
        for number, source in enumerate(sources)
    ]
    notebook = {"cells": cells, "metadata": HOSTILE_NOTEBOOK, "nbformat": 4, "nbformat_minor": 5}
    path = folder / f"{attack.id}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
