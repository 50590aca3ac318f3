"""Assignment folders: loaded from anywhere, with one clear line for every mistake."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

import grader
from grader.assignment.loading import Assignment, load, locate
from grader.errors import RubricError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "elsewhere" / "hw4"
    shutil.copytree(locate("hw4"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def test_a_folder_anywhere_is_the_same_assignment(folder: Path) -> None:
    shipped, copied = load("hw4"), load(str(folder))
    assert copied.sha256 == shipped.sha256
    assert copied.rubric == shipped.rubric
    for ours, theirs in zip(shipped.references, copied.references, strict=True):
        assert ours.keys() == theirs.keys()
        assert all(np.array_equal(ours[q], theirs[q]) for q in ours)


def test_a_change_of_any_file_changes_the_hash(folder: Path) -> None:
    before = load(str(folder)).sha256
    (folder / "variations.py").write_text((folder / "variations.py").read_text() + "\n")
    assert load(str(folder)).sha256 != before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("points: 10", "points: -1", "points: expected greater than or equal to 0, found -1"),
        ("kind: tensor", "kind: matrix", "kind"),
        ("id: hw4", "id: hw4\nextra: 1", "extra: unknown field, expected one of id, version, title"),
        ("quantity: h1", "quantity: h9", "'h9' is not computed by the solution, expected one of"),
        ("labels: [[h1]]", "labels: [[nonsense]]", "expected a vocabulary entry"),
        ("id: hw4", "id: [hw4", "not YAML"),
    ],
)
def test_a_mistake_in_the_rubric_is_one_line(folder: Path, old: str, new: str, says: str) -> None:
    edit(folder, "rubric.yaml", old, new)
    with pytest.raises(RubricError) as caught:
        load(str(folder))
    message = str(caught.value)
    assert "rubric.yaml" in message
    assert says in message
    assert "\n" not in message


def test_a_fault_in_the_canonical_solution_is_one_line(folder: Path) -> None:
    edit(
        folder, "canonical.py", "def quantities(", "def quantities(world): raise KeyError('W9')\ndef _unused("
    )
    with pytest.raises(
        RubricError, match=r"canonical\.py: quantities\(\) failed in world 'handout': KeyError"
    ):
        load(str(folder))


def test_an_unknown_assignment_names_those_there_are() -> None:
    with pytest.raises(RubricError, match=r"hw99: no rubric\.yaml there.*hw4"):
        load("hw99")


def test_the_prelude_holds_public_parameters_only() -> None:
    assignment = load("hw4")
    for world in assignment.rubric.worlds:
        text = assignment.prelude_for(world)
        assert str(world.seed) in text
        assert "quantities" not in text
        assert "canonical" not in text.lower()


def test_what_is_kept_of_a_mistake_keeps_no_tensor_alive() -> None:
    assignment = load("hw4")
    kept = assignment.variants([(m.id,) for m in assignment.mistakes[:5]])
    arrays = [array for worlds in kept.values() for world in worlds for array in world.values()]
    assert arrays
    assert all(array.base is None for array in arrays)


def test_the_grader_knows_no_assignment(hw4: Assignment) -> None:
    """No name of a shipped assignment stands in the grader's code; in comments, its elements are examples."""
    headings = {f"h{n}" for n in range(1, 7)}  # of HTML
    ids = {c.id for c in hw4.rubric.checks()} | {q.id for q in hw4.rubric.questions}
    names = {n for n in ids | hw4.references[0].keys() if any(c.isdigit() for c in n)} - headings
    names |= {m.id for m in hw4.mistakes if "_" in m.id} - {"one_element", "rounded_early"}
    for path in sorted(Path(grader.__file__).parent.rglob("*.py")):
        source = path.read_text()
        assert f"{hw4.rubric.id}'" not in source and f'{hw4.rubric.id}"' not in source, path
        tree = ast.parse(source)
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        docs = {ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, documented)}
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        words = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | (texts - docs)
        assert not words & names, path
