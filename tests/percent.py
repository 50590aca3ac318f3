"""Case notebooks in percent format, so that a person can read them: text in, notebook out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"


def notebook(name: str, stored: dict[int, str] | None = None) -> dict[str, Any]:
    """The case `name` of tests/cases as nbformat 4.5 JSON; `stored` maps a cell to its saved output."""
    cells = [
        _cell(i, kind, source, (stored or {}).get(i, ""))
        for i, (kind, source) in enumerate(_blocks((CASES / f"{name}.py").read_text()))
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write(folder: Path, name: str, stored: dict[int, str] | None = None) -> Path:
    """Write the case as a real .ipynb into `folder`."""
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(notebook(name, stored)), encoding="utf-8")
    return path


def _blocks(text: str) -> list[tuple[str, str]]:
    blocks = []
    for block in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        if included := re.fullmatch(r" include (\w+)", head.rstrip()):
            blocks.append(("code", (CASES / f"_{included[1]}.py").read_text().strip("\n")))
        elif head.strip() == "[markdown]":
            lines = [re.sub(r"^# ?", "", line) for line in body.strip("\n").split("\n")]
            blocks.append(("markdown", "\n".join(lines)))
        elif not head.strip():
            blocks.append(("code", body.strip("\n")))
        else:
            raise ValueError(f"unknown cell marker {head!r}, expected '', ' [markdown]' or ' include NAME'")
    return blocks


def _cell(index: int, kind: str, source: str, stored: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"id": f"cell-{index}", "cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        saved = {"output_type": "stream", "name": "stdout", "text": stored}
        cell |= {"execution_count": None, "outputs": [saved] if stored else []}
    return cell
