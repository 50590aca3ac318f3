"""What the draft measures by running a solution otherwise: free signs, and how firmly a value stands."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from grader.assignment.kept import KeptValue
from grader.drafting.infer import FolderFacts, draft
from grader.drafting.nudged import NUDGING, shakes, tolerance_for
from grader.drafting.sites import instrument
from grader.drafting.turned import ALL, SOME, Turn, may_turn, turns
from grader.drafting.values import ShownQuantity, quantities
from grader.models import Cell

WORLDS = [{"name": "handout", "seed": 1}, {"name": "second", "seed": 2}]


def shown(name: str, *values: object, whole: bool = False, source: str = "") -> ShownQuantity:
    arrays = tuple(np.asarray(v, dtype=float) for v in values)
    return ShownQuantity(name, 1, 1, name, source or name, arrays, whole=whole)


def ran(*preludes: str, code: str) -> list[dict[str, object]]:
    """What the code leaves in `found`, behind each prelude, as JSON."""
    texts = [f"{p}\n{code}\nimport json; print(json.dumps(found))" for p in preludes]
    done = [
        subprocess.run([sys.executable, "-c", t], capture_output=True, text=True, check=False) for t in texts
    ]
    assert [d.stderr for d in done] == [""] * len(done)
    return [json.loads(d.stdout) for d in done]


def asked(item: ShownQuantity, frame: FolderFacts) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    cells = [
        Cell(index=0, kind="markdown", source="## 1. Compute"),
        Cell(index=1, kind="code", source=f"print({item.source})"),
    ]
    made = draft(cells, [item], frame)
    return [c for q in made.rubric["questions"] for c in q["checks"]], tuple(a.taken for a in made.assumed)


# ------------------------------------------------------------------ signs


def test_eigenvectors_come_out_the_other_way_round() -> None:
    code = """
import numpy as np, torch
from sklearn.decomposition import PCA
A = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]])
X = np.random.default_rng(1).normal(size=(9, 3))
U, S, Vt = np.linalg.svd(X, full_matrices=False)
u, s, v = torch.linalg.svd(torch.tensor(X), full_matrices=False)
pca = PCA(2)
scores = pca.fit_transform(X)
found = {"values": np.linalg.eigh(A)[0].tolist(), "vectors": np.linalg.eigh(A).eigenvectors.tolist(),
    "torch": torch.linalg.eigh(torch.tensor(A))[1].tolist(), "right": Vt.tolist(),
    "pca": pca.components_.tolist(),
    "product": (U * S @ Vt - X).round(9).tolist(),
    "torch product": ((u * s @ v).numpy() - X).round(9).tolist(),
    "scores": (scores - (X - X.mean(0)) @ pca.components_.T).round(9).tolist()}
"""
    plain, every, some = ran("", ALL, SOME, code=code)
    for name in ("vectors", "torch", "right", "pca"):
        assert np.allclose(every[name], -np.asarray(plain[name])), name
        assert not np.allclose(some[name], plain[name]) and not np.allclose(some[name], every[name]), name
    for name in ("values", "product", "torch product", "scores"):
        assert np.allclose(every[name], plain[name]) and np.allclose(some[name], plain[name]), name


def test_what_follows_the_vectors_is_told_apart() -> None:
    v, V = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    run = [shown("value", 3.0), shown("vector", v), shown("all", V), shown("odd", v + 5)]
    every = [shown("value", 3.0), shown("vector", -v), shown("all", -V), shown("odd", -v + 5)]
    some = [shown("value", 3.0), shown("vector", v), shown("all", V * [-1, 1]), shown("odd", v + 5)]
    assert turns(run, every, some) == (Turn("vector", "free"), Turn("all", "columns"), Turn("odd", "else"))


@pytest.mark.parametrize(
    ("code", "found"),
    [("w, v = np.linalg.eigh(C)", True), ("from x import svd", False), ("U = svd(A)", True)],
)
def test_code_without_vectors_is_not_run_again(code: str, found: bool) -> None:
    assert may_turn([Cell(index=0, kind="code", source=code)]) is found


def test_a_free_sign_is_asked_so_that_of_each_column_too() -> None:
    item = shown("v", [1.0, 2.0], [3.0, 1.0])
    (check,), said = asked(item, FolderFacts("s", WORLDS, {}, turned={"v": Turn("v", "free")}))
    assert (check["kind"], check["sign"]) == ("tensor", "free") and "follows an eigenvector" in said[0]
    (check,), said = asked(item, FolderFacts("s", WORLDS, {}, turned={"v": Turn("v", "columns")}))
    assert (check["kind"], check["sign"]) == ("tensor", "columns")
    (check,), said = asked(item, FolderFacts("s", WORLDS, {}, turned={"v": Turn("v", "else")}))
    assert check["kind"] == "manual" and "a person decides" in said[0]


# ------------------------------------------------------------------ firmness


def test_random_numbers_are_a_little_off_and_nothing_else() -> None:
    code = """
import random
import numpy as np, torch
np.random.seed(3); random.seed(3); torch.manual_seed(3)
g, r = np.random.default_rng(3), np.random.RandomState(3)
found = {"legacy": np.random.randn(4).tolist(), "generator": g.normal(size=4).tolist(),
    "state": r.rand(4).tolist(),
    "whole": g.integers(0, 9, 5).tolist() + g.permutation(5).tolist(), "torch": torch.randn(4).tolist(),
    "layer": torch.nn.Linear(2, 2).weight.tolist(), "one": float(np.random.normal())}
"""
    plain, off = ran("import torch", f"import torch\n{NUDGING}", code=code)
    assert plain["whole"] == off["whole"]
    for name in ("legacy", "generator", "state", "torch", "layer", "one"):
        assert plain[name] != off[name], name
        assert np.allclose(plain[name], off[name], rtol=1e-6), name


def test_what_moves_by_more_than_its_tolerance_needs_a_larger_one_or_is_not_asked() -> None:
    found = shakes(
        [shown("firm", [1.0, 2.0]), shown("gone", 1.0), shown("loose", 4.0)],
        [shown("firm", [1.0, 2.0]), shown("loose", 4.0004)],
    )
    assert (found["firm"], found["gone"]) == ((0.0,), (math.inf,))
    assert found["loose"] == (pytest.approx(1e-4),)
    assert [tolerance_for(m, 1e-5) for m in (1e-9, 1e-6, 5e-6, 1e-3)] == [1e-5, 1e-5, 5e-5, None]
    item = shown("loss", 1.5, 2.5)
    (check,), said = asked(item, FolderFacts("s", WORLDS, {}, tolerances={"loss": 5e-5}))
    assert check["tolerance"] == {"rtol": 5e-5} and "rounding errors grow" in said[0]
    checks, said = asked(item, FolderFacts("s", WORLDS, {}, tolerances={"loss": None}))
    assert checks == [] and "rounding errors alone make it another value" in said[0]


# ------------------------------------------------------------------ what is no answer


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (shown("difference", 6e-8, 3e-8), "as small as a rounding error"),
        (shown("von", 50, 50, whole=True), "has no name"),
        (shown("shape", [2, 3], [2, 3], whole=True, source="h.shape"), "values tell their shape"),
    ],
)
def test_what_is_no_answer_is_not_asked_unless_the_teacher_says_so(item: ShownQuantity, why: str) -> None:
    checks, said = asked(item, FolderFacts("s", WORLDS, {}))
    assert checks == [] and why in said[0]
    cells = [
        Cell(index=0, kind="markdown", source="## 1. Compute"),
        Cell(index=1, kind="code", source=f"print({item.source})  # grade: 5 points"),
    ]
    assert draft(cells, [item], FolderFacts("s", WORLDS, {})).rubric["questions"]


def test_a_name_glued_to_its_number_is_a_name() -> None:
    cells = [
        Cell(
            index=0, kind="code", source="for t in range(3):\n    print(f'h_{t + 1} = {h.detach().numpy()}')"
        )
    ]
    _, sites = instrument(cells)
    kept = [
        KeptValue(s, "", "number", values=np.asarray(v, float))
        for t in range(3)
        for s, v in ((0, t + 1), (1, [t, 0.5]))
    ]
    assert [(s.name, s.label, s.values[0].shape) for s in quantities(sites, [kept, kept])] == [
        ("h", "h", (3, 2))
    ]
