"""Another assignment than the shipped one: the guide's example (docs/new-assignment.md) in real kernels.

And the forms that Homework 4 has none of: single numbers, whole numbers, shapes, four axes, a free sign,
numbers next to zero, values that no world moves.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from class_kit import RUBRIC, make_assignment

import rubric
from grader.assignment.loading import Assignment, load
from grader.commands.rubric import check
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.models import Cell, Output

EXAMPLE = Path(__file__).parent / "data" / "softmax"

# what each student's notebook shows: id of the check → verdict; what is not named here passes
RIGHT = dict.fromkeys(
    ["loss", "probabilities", "classes", "accuracy", "dW", "seed", "W100", "loss100", "stability"], "pass"
)
STUDENTS: dict[str, dict[str, str]] = {
    # right, with labels; the loss is printed again while training
    "anna": {"stability": "review"},
    # right, in other styles: row by row, `acc = 40 %`, an expression, the transposed
    "ben": {"accuracy": "review", "stability": "missing"},
    # the loss summed: its gradient and the trained weights follow from that
    "cleo": {
        "loss": "fail",
        "dW": "partial",
        "W100": "partial",
        "loss100": "partial",
        "stability": "missing",
    },
    # typed in; few digits alone could be a coincidence
    "dora": {
        "loss": "fail",
        "probabilities": "fail",
        "classes": "review",
        "accuracy": "review",
        "seed": "review",
    }
    | dict.fromkeys(["dW", "W100", "loss100", "stability"], "missing"),
    # without names: tensors need none, nor do numbers of many digits; `learning rate: 0.4` is no accuracy
    "emil": dict.fromkeys(["classes", "accuracy", "W100", "loss100", "stability"], "missing"),
    # softmax over the wrong axis; the classes and the accuracy come out the same
    "fritz": {"loss": "fail", "probabilities": "fail"}
    | dict.fromkeys(["dW", "W100", "loss100", "stability"], "missing"),
}


@pytest.mark.kernel
def test_the_example_of_the_guide_is_graded_outside_the_checkout(tmp_path: Path) -> None:
    folder, out = tmp_path / "elsewhere" / "softmax", tmp_path / "out"
    shutil.copytree(EXAMPLE, folder)
    command = [sys.executable, "-m", "grader.cli", "grade", folder / "notebooks", "--rubric", folder]
    done = subprocess.run(
        [*map(str, command), "--out", str(out)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    reports = {p.parent.name: json.loads(p.read_text()) for p in out.glob("*/report.json")}
    found = {
        name: {c["id"]: c["verdict"] for q in report["questions"] for c in q["checks"]}
        for name, report in reports.items()
    }
    assert found == {name: RIGHT | other for name, other in STUDENTS.items()}
    assert {n: (r["score"], r["pending"]) for n, r in reports.items()} == {
        "anna": (90.0, 10.0),
        "ben": (80.0, 10.0),
        "cleo": (62.5, 0.0),
        "dora": (0.0, 25.0),
        "emil": (55.0, 0.0),
        "fritz": (25.0, 0.0),
    }
    said = {name: (out / name / "report.md").read_text() for name in reports}
    assert "You summed the loss over the examples" in said["cleo"]
    assert "adds up to 1 over the examples" in said["fritz"]
    assert "element []" not in said["cleo"]


def test_the_example_has_no_mistake() -> None:
    lines = list(check(str(EXAMPLE)))
    assert lines[-1] == "no mistake found"
    assert [line for line in lines if line.startswith("note")] == []


# ------------------------------------------------------------------------------------------- other forms

FORMS = """
id: forms
version: "1"
title: Forms
worlds: [{name: handout, seed: 1}, {name: second, seed: 2}]
vocabulary:
  loss: [loss]
  rate: [learning rate, lr]
  share: [accuracy, acc]
  count: [parameters, n_params]
  shape: [shape]
  deep: [feature map]
  direction: [direction]
  tiny: [mean]
  classes: [predicted, classes]
  truth: [y, truth]
  votes: [votes]
  hits: [hit rate, hits]
questions:
  - id: q
    title: Q
    checks:
      - {id: loss, kind: tensor, quantity: loss, title: t, points: 1, labels: [[loss]]}
      - {id: share, kind: tensor, quantity: share, title: t, points: 1, labels: [[share]]}
      - {id: count, kind: tensor, quantity: count, title: t, points: 1, labels: [[count]]}
      - {id: shape, kind: tensor, quantity: shape, title: t, points: 1, labels: [[shape]]}
      - {id: deep, kind: tensor, quantity: deep, title: t, points: 1, labels: [[deep]]}
      - {id: direction, kind: tensor, quantity: v, title: t, points: 1, sign: free, labels: [[direction]]}
      - {id: tiny, kind: tensor, quantity: tiny, title: t, points: 1, labels: [[tiny]]}
      - {id: classes, kind: tensor, quantity: classes, title: t, points: 1, labels: [[classes]]}
      - {id: votes, kind: tensor, quantity: votes, title: t, points: 1, labels: [[votes]]}
      - {id: hits, kind: tensor, quantity: hits, title: t, points: 1, labels: [[hits]]}
"""
SOLUTION = """
import numpy as np

def quantities(world):
    rng = np.random.default_rng(world.seed)
    classes = rng.integers(0, 3, 5)
    return {"loss": 1.25 * world.seed, "rate": 0.3, "share": 2 / 3 / world.seed, "count": 148,
            "shape": [2, 3, 4, 4], "deep": rng.normal(size=(2, 3, 4, 4)), "v": rng.normal(size=3),
            "tiny": 3.7e-6 * world.seed, "classes": classes, "truth": classes,
            "votes": 33 + 7 * world.seed, "hits": 21 / (23 - world.seed)}
"""
Show = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder = make_assignment(tmp_path_factory.mktemp("forms"), FORMS)
    (folder / "canonical.py").write_text(SOLUTION)
    (folder / "prelude.py").unlink()
    return load(str(folder))


def judged(forms: Assignment, show: Show, code: str = "compute()") -> dict[str, Decision]:
    """The decisions on what a notebook prints in each world, given its right values there."""
    worlds = [
        [Output(cell=0, index=0, kind="stdout", text=show(dict(reference)))] for reference in forms.references
    ]
    cells = [Cell(index=0, kind="code", source=code)]
    return decide(cells, [extract(outputs) for outputs in worlds], forms, worlds)


def in_columns(q: dict[str, Any]) -> str:
    """A row for each weight, with its name; the direction in the second column, in another sign."""
    rows = zip(("beak", "wing", "mass"), q["v"], q["v"] ** 2, strict=True)
    head = f"{'':6}{'size':>12}{'direction':>12}{'share':>12}"
    return "\n".join([head, *(f"{name:6}{3 + v * v:12.6f}{-v:12.6f}{s:12.6f}" for name, v, s in rows)])


def among_others(q: dict[str, Any]) -> str:
    """Largest first, and in another sign."""
    return ", ".join(f"{v:.6f} squared {v * v:.3f}" for v in sorted(-q["v"], key=abs, reverse=True))


def by_channel(q: dict[str, Any]) -> str:
    return "\n".join(f"feature map {b} {c}\n{q['deep'][b, c]}" for b in range(2) for c in range(3))


@pytest.mark.parametrize(
    ("name", "verdict", "show"),
    [
        ("loss", "pass", lambda q: f"loss: {q['loss']}"),
        ("loss", "review", lambda q: f"{q['loss']}"),
        ("loss", "fail", lambda q: f"loss: {q['loss'] + 0.1:.4f}"),
        ("loss", "missing", lambda q: f"learning rate: {q['loss']}"),  # it says that it is another
        ("loss", "review", lambda q: f"accuracy: {q['loss']}"),
        ("share", "pass", lambda q: f"accuracy: {100 * q['share']:.2f} %"),
        ("share", "pass", lambda q: f"accuracy: {100 * q['share']:.2f} percent"),
        ("share", "review", lambda q: f"accuracy: {100 * q['share']:.0f}%"),  # 67 % is 2/3, rounded
        ("share", "fail", lambda q: f"accuracy: {100 * q['share'] + 5:.0f}%"),
        ("count", "pass", lambda q: "parameters: 148"),
        ("count", "review", lambda q: "148"),
        ("count", "review", lambda q: "The network has 148 parameters in 3 layers"),
        ("count", "fail", lambda q: "parameters: 149"),
        ("count", "missing", lambda q: "The network has 1480 parameters"),
        ("count", "pass", lambda q: "The network has 148 parameters"),
        ("count", "pass", lambda q: "layer 2 parameters: 148"),
        ("count", "review", lambda q: "The network has 148 parameters\nparameters 149 with biases"),
        ("count", "review", lambda q: "3 layers and 148 parameters"),
        ("shape", "pass", lambda q: "shape: torch.Size([2, 3, 4, 4])"),
        ("shape", "pass", lambda q: "shape: [2, 3, 4, 4]"),
        ("shape", "pass", lambda q: "The shape is 2 x 3 x 4 x 4."),
        ("shape", "review", lambda q: "shape: torch.Size([2, 3, 4, 4]), before 2 x 3 x 8 x 8"),
        ("shape", "review", lambda q: "torch.Size([2, 3, 4, 4])"),
        ("shape", "missing", lambda q: "shape: torch.Size([2, 3, 4, 5])"),
        ("deep", "pass", lambda q: f"feature map {q['deep'].tolist()}"),
        ("deep", "pass", by_channel),
        ("deep", "pass", lambda q: f"{q['deep'].transpose(0, 2, 3, 1).tolist()}"),
        ("deep", "fail", lambda q: f"feature map {np.maximum(q['deep'], 0).tolist()}"),
        ("direction", "pass", lambda q: f"direction {q['v'].tolist()}"),
        ("direction", "pass", lambda q: f"direction {(-q['v']).tolist()}"),
        ("direction", "pass", in_columns),
        ("direction", "review", among_others),
        ("direction", "fail", lambda q: f"direction {(q['v'] ** 2).tolist()}"),
        ("classes", "pass", lambda q: f"predicted: {q['classes'].astype(int).tolist()}"),
        ("classes", "review", lambda q: f"{q['classes'].astype(int).tolist()}"),  # the truth is the same
        ("classes", "missing", lambda q: f"y = {q['classes'].astype(int).tolist()}"),
        ("votes", "review", lambda q: f"men 0.25 39 45 38 51 n {q['votes']:.0f}"),  # it moves, in its place
        ("votes", "missing", lambda q: f"men 0.25 39 45 38 51 n {q['votes'] + 1:.0f}"),
        ("hits", "pass", lambda q: f"hit rate: {q['hits']}\nagain {q['hits']:.3f}"),  # 0.954545…, then 1.0
        ("loss", "review", lambda q: f"  {q['loss']:.4f}\n  {q['tiny']}\n  {q['loss']:.0f}"),  # 1 fits, too
        ("loss", "review", lambda q: f"loss: {q['loss']}\nloss: {1.004 * q['loss']}"),  # one of two guesses
        ("loss", "review", lambda q: f"loss: (40, {q['loss']:.2f}, 0.3)"),
        ("loss", "fail", lambda q: f"loss: (40, {q['loss'] + 0.5:.2f}, 0.3)"),
        ("tiny", "pass", lambda q: f"mean: {q['tiny']:.3e}"),
        ("tiny", "review", lambda q: f"mean: {q['tiny']:.4f}"),
        ("tiny", "fail", lambda q: f"mean: {2 * q['tiny']:.3e}"),
    ],
)
def test_a_form(forms: Assignment, name: str, verdict: str, show: Show) -> None:
    decision = judged(forms, show)[name]
    assert decision.verdict == verdict, decision.reason
    assert (decision.credit is None) == (verdict == "review")


def test_right_values_among_others_wait_where_a_run_ended_before_them(forms: Assignment) -> None:
    votes = forms.references[0]["votes"]
    for show, verdict in ((among_others, "review"), (lambda q: among_others({"v": 2 * q["v"]}), "missing")):
        found = judged(forms, lambda q, show=show: show(q) if q["votes"] == votes else "")  # type: ignore[misc]
        assert found["direction"].verdict == verdict


def test_what_says_that_it_is_something_else_is_no_rival_of_what_is_called_so(forms: Assignment) -> None:
    code = "print('hit rate:', hits)\nprint(export_text(tree, hits))"
    decision = judged(forms, lambda q: f"hit rate: {q['hits']}\n|--- malic > {3 + q['loss']}", code)["hits"]
    assert decision.verdict == "pass", decision.reason


def test_what_no_world_moves_and_stands_in_the_code_goes_to_a_person(forms: Assignment) -> None:
    decision = judged(forms, lambda q: "parameters: 148", "print('parameters:', 148)")["count"]
    assert (decision.verdict, decision.credit) == ("review", None)


@pytest.mark.parametrize(
    ("name", "line", "code"),
    [
        ("shape", "shape: torch.Size([2, 3, 4, 4])", "print('shape: torch.Size([2, 3, 4, 4])')"),
        ("shape", "shape: (2, 3, 4, 4)", "print('shape:', (2, 3, 2 + 2, 4))"),
        ("shape", "shape: (2, 3, 4, 4)", "b, c = 2, 3\nprint('shape:', (b, c, 4, 4))"),
        ("shape", "shape: 2 x 3 x 4 x 4", "b = 2\nprint(f'shape: {b} x {3} x {4} x {4}')"),
        ("shape", "shape: [2, 3, 4, 4]", "print('shape:', [2, 3] + [4] * 2)"),
        ("shape", "shape: [2, 3, 4, 4]", "print('shape:', np.array([[2], [3], [4], [4]]).ravel().tolist())"),
        ("shape", "shape: [2. 3. 4. 4.]", "print('shape:', np.array([2.0, 3.0, 4.0, 4.0]))"),
        ("count", "parameters: 148", "print('parameters:', int(148.0))"),
        ("shape", "shape: [2, 3, 4, 4]", "print('shape:', [int(c) for c in '2344'])"),
        ("count", "parameters: 148", "print('parameters:', sum([100, 48]))"),
        ("count", "parameters: 148", "print('parameters:', 100 + 48)"),
        ("count", "The network has 148 parameters", "n = 2 * 74\nprint(f'The network has {n} parameters')"),
    ],
)
def test_a_count_or_a_shape_that_the_code_writes_out_waits(
    forms: Assignment, name: str, line: str, code: str
) -> None:
    decision = judged(forms, lambda q: line, code)[name]
    assert (decision.verdict, decision.credit) == ("review", None), decision.reason


def test_in_one_world_typed_numbers_go_to_a_person(tmp_path: Path) -> None:
    folder = make_assignment(tmp_path, RUBRIC.replace("  - {name: second, seed: 2}\n", ""))
    assignment = load(str(folder))
    text = [Output(cell=0, index=0, kind="stdout", text="total: 1.25, 2.5, 3.75")]
    for code, verdict in (("add()", "pass"), ("print('total: 1.25, 2.5, 3.75')", "review")):
        cells = [Cell(index=0, kind="code", source=code)]
        assert decide(cells, [extract(text)], assignment, [text])["total"].verdict == verdict
    assert any("there is one world" in line for line in check(str(folder)))


# ------------------------------------------------------------------------------- the prelude for everybody


def test_without_a_prelude_of_its_own_every_seed_moves_with_the_world(forms: Assignment) -> None:
    texts = [forms.prelude_for(world) for world in forms.rubric.worlds]
    assert all("quantities" not in text for text in texts)
    draw = (
        "random.seed({0}); a = random.random()\n"
        "np.random.seed({0}); b = np.random.rand()\n"
        "c = np.random.RandomState({0}).rand()\n"
        "d = np.random.default_rng(seed={0}).random()\n"
        "torch.manual_seed({0}); e = torch.rand(1).item()\n"
        "print([a, b, c, d, e])\n"
    )

    codes = [draw.format(7), texts[0] + draw.format(7), draw.format(8), texts[1] + draw.format(7)]
    server = (
        "import json, os, random, sys, numpy as np, torch\n"
        "for code in json.load(sys.stdin):\n"
        "    if not os.fork():\n        exec(code)\n        sys.stdout.flush()\n        os._exit(0)\n"
        "    os.wait()\n"
    )
    command = [sys.executable, "-c", server]
    done = subprocess.run(
        command, input=json.dumps(codes), capture_output=True, text=True, timeout=60, check=True
    )
    handout, same, moved, also_moved = done.stdout.splitlines()
    assert handout == same
    assert moved == also_moved
    assert handout != moved


def test_the_prelude_for_everybody_is_part_of_the_assignment(forms: Assignment) -> None:
    shipped = Path(next(iter(rubric.__path__))) / "prelude.py"
    assert forms.prelude == shipped.read_text("utf-8")
