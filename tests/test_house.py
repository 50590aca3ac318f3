"""The house: what holds for every module, whatever it does."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parents[1]


def test_a_public_class_has_its_name_alone() -> None:
    """Whoever reads a name in one room must not have to ask which of several things it means."""
    where: dict[str, list[str]] = defaultdict(list)
    for file in sorted([*HERE.glob("grader/**/*.py"), *HERE.glob("rubric/**/*.py")]):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(str(file.relative_to(HERE)))
    assert {name: files for name, files in where.items() if len(files) > 1} == {}
