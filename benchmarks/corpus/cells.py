"""A growing notebook: cells in order, and its JSON in the end."""

from __future__ import annotations

import ast
import random
from typing import Any


class Cells:
    """Cells of a notebook under construction."""

    def __init__(self) -> None:
        self.items: list[tuple[str, str]] = []

    def text(self, *sources: str) -> None:
        self.items += [("markdown", s) for s in sources if s]

    def code(self, *sources: str) -> None:
        self.items += [("code", s.strip("\n")) for s in sources if s.strip()]

    def extend(self, other: Cells) -> None:
        self.items += other.items

    def merged(self) -> Cells:
        """Neighbouring code cells joined, except where the last line is a bare result."""
        found = Cells()
        for kind, source in self.items:
            last = found.items[-1] if found.items else ("", "")
            if kind == last[0] == "code" and not _is_result(last[1]):
                found.items[-1] = ("code", f"{last[1]}\n{source}")
            else:
                found.items.append((kind, source))
        return found

    def as_main(self) -> Cells:
        """All code in one function main(), called at the end; texts come first."""
        found = Cells()
        found.items = [item for item in self.items if item[0] == "markdown"]
        code = "\n\n".join(source for kind, source in self.items if kind == "code")
        body = "\n".join("    " + line if line else line for line in code.split("\n"))
        found.code(f"def main():\n{body}\n\nmain()")
        return found

    def notebook(self, rng: random.Random) -> dict[str, Any]:
        """nbformat 4.5, as an editor would have saved it without outputs."""
        cells = []
        for kind, source in self.items:
            cell: dict[str, Any] = {
                "cell_type": kind,
                "id": "".join(rng.choices("0123456789abcdef", k=8)),
                "metadata": {},
                "source": source,
            }
            if kind == "code":
                cell |= {"execution_count": None, "outputs": []}
            cells.append(cell)
        spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


def _is_result(source: str) -> bool:
    """Whether the cell ends in a bare expression, which only shows as the last line of a cell."""
    last = ast.parse(source).body[-1]
    if not isinstance(last, ast.Expr):
        return False
    called = last.value.func if isinstance(last.value, ast.Call) else None
    return not (isinstance(called, ast.Name) and called.id not in ("list", "dict"))
