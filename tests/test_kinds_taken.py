"""Variables that were not printed, and functions tried on other inputs, in real kernels."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from class_kit import make_assignment
from kernels_kit import Kernels

from grader.assignment.asking import questions
from grader.assignment.loading import Assignment, load
from grader.errors import RubricError
from grader.execute import Job, Limits
from grader.judging.grade import grade
from grader.models import Cell, CheckResult, Execution, Output, Submission

RUBRIC = """
id: taken
version: "1"
title: Taken
worlds: [{name: handout, seed: 1}, {name: second, seed: 2}]
vocabulary:
  W: [W, weights]
  softmax: [softmax]
  count: [count]
questions:
  - id: q
    title: Q
    checks:
      - id: W
        kind: tensor
        quantity: W
        title: W
        points: 5
        labels: [[W]]
        of: variable
        names: [W, net.weight]
      - id: softmax
        kind: tensor
        quantity: probabilities
        title: softmax
        points: 5
        labels: [[softmax]]
        calls: {handout: "softmax([1.0, 2.0, 4.0])", second: "softmax([0.5, 3.0, -1.0])"}
"""
SOLUTION = """
import numpy as np

def quantities(world):
    rng = np.random.default_rng(world.seed)
    e = np.exp([1.0, 2.0, 4.0] if world.seed == 1 else [0.5, 3.0, -1.0])
    return {"W": rng.normal(size=(2, 3)), "probabilities": e / e.sum()}
"""
START = "import numpy as np\nrng = np.random.default_rng(1)\n"
W = START + "W = rng.normal(size=(2, 3))"
SOFTMAX = "def softmax(z):\n    e = np.exp(np.asarray(z))\n    return e / e.sum()"
TYPED_W = (
    "import numpy as np\n"
    "W = np.array([[0.34558419, 0.82161814, 0.33043708], [-1.30315723, 0.90535587, 0.44637457]])"
)

STUDENTS: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    # cells; verdicts on the variable and on the function
    "right": ((W, SOFTMAX), "pass", "pass"),
    "torch": (
        (
            START
            + "import torch\nW = torch.tensor(rng.normal(size=(2, 3)), dtype=torch.float32)"
            + "\nW.requires_grad = True",
            "def softmax(z):\n    return torch.softmax(torch.tensor(z), 0)",
        ),
        "pass",
        "pass",
    ),
    "lists": (
        (W + ".tolist()", SOFTMAX + "\n_s = softmax\nsoftmax = lambda z: _s(z).tolist()"),
        "pass",
        "pass",
    ),
    "transposed": ((W + ".T", SOFTMAX.replace("e.sum()", "e.sum()[None]")), "pass", "pass"),
    "attribute": (
        (START + "class net:\n    weight = rng.normal(size=(2, 3))", "from math import *\n" + SOFTMAX),
        "pass",
        "pass",
    ),
    "shadows": (
        (W, SOFTMAX, "list = [1]\nstr = sum = type = isinstance = print = globals = 3"),
        "pass",
        "pass",
    ),
    "only printed": ((START + "print('W', rng.normal(size=(2, 3)))",), "pass", "missing"),
    "wrong": ((W + " * 2", SOFTMAX.replace("e.sum()", "e.max()")), "fail", "fail"),
    "typed in": (
        (TYPED_W, "def softmax(z):\n    return [0.04201007, 0.1141952, 0.84379473]"),
        "fail",
        "fail",
    ),
    "missing": (("x = 1",), "missing", "missing"),
    "empty": ((), "missing", "missing"),
    "another name": (
        (W.replace("W =", "V ="), SOFTMAX.replace("softmax", "my_softmax")),
        "missing",
        "review",
    ),
    "raises": ((W, "def softmax(z):\n    raise ValueError('no')"), "pass", "review"),
    "never ends": ((W, "def softmax(z):\n    while True:\n        pass"), "pass", "review"),
    "no numbers": (
        (START + "W = 'many'", "def softmax(z):\n    return {'a': object()}"),
        "missing",
        "review",
    ),
    # what a notebook prints itself is no answer of its kernel
    "forged": (
        (
            W + ' * 2\nprint(\'\u27e6keep [0, "", "number", [1], "f", [0.5]]\u27e7\')',
            "import builtins\nbuiltins.print = lambda *a, **k: None",
        ),
        "missing",
        "missing",
    ),
    # a number that its function prints is the same under every seed, and no answer beside the one it gives
    "prints while called": (
        (
            W,
            SOFTMAX.replace(
                "    return",
                '    print(\'\u27e6keep [1, "", "number", [3], "f", [1, 2, 3]]\u27e7\')\n    return',
            ),
        ),
        "pass",
        "pass",
    ),
}


def made(folder: Path, rubric: str = RUBRIC) -> Assignment:
    make_assignment(folder, rubric)
    (folder / "canonical.py").write_text(SOLUTION)
    (folder / "prelude.py").unlink()
    return load(str(folder))


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return made(tmp_path_factory.mktemp("taken"))


@pytest.fixture(scope="module")
def results(assignment: Assignment, kernels: Kernels) -> Mapping[str, Mapping[str, CheckResult]]:
    """Student → check → what was decided."""

    async def all_of_them() -> dict[str, dict[str, CheckResult]]:
        found = {}
        for name, (sources, _, _) in STUDENTS.items():
            cells = tuple(Cell(index=i, kind="code", source=s) for i, s in enumerate(sources))
            jobs = [
                Job(
                    cells,
                    prelude=assignment.prelude_for(w),
                    limits=Limits(cell_s=3),
                    after=questions(assignment.rubric, w),
                )
                for w in assignment.rubric.worlds
            ]
            runs = await asyncio.gather(*(kernels.run(job) for job in jobs))
            assert {r.status for r in runs} == {"ok"}, (name, runs[0].message)
            report = grade(Submission(id=name, path=name, sha256=name, cells=cells), runs, assignment)
            found[name] = {c.id: c for q in report.questions for c in q.checks}
        return found

    return asyncio.run(all_of_them())


@pytest.mark.kernel
@pytest.mark.parametrize("name", STUDENTS)
def test_what_a_kernel_answers_is_judged_like_a_print(
    results: Mapping[str, Mapping[str, CheckResult]], name: str
) -> None:
    _, variable, function = STUDENTS[name]
    found = results[name]
    assert (found["W"].verdict, found["softmax"].verdict) == (variable, function), found


@pytest.mark.kernel
def test_what_was_asked_and_where_it_stands_is_told(results: Mapping[str, Mapping[str, CheckResult]]) -> None:
    evidence = results["right"]["softmax"].evidence
    assert evidence is not None
    assert (evidence.cell, evidence.text, "kernel" in evidence.reasons) == (
        1,
        "softmax([1.0, 2.0, 4.0])",
        True,
    )
    assert "no; a person" not in results["raises"]["softmax"].message
    assert "ValueError: no" in results["raises"]["softmax"].message


@pytest.mark.parametrize(
    "text",
    [
        "⟦keep [0]⟧",
        "⟦keep nothing⟧",
        "⟦keep " + "[" * 50_000 + "⟧",
        '⟦keep [9, "", "number", [], "f", [1]]⟧',
        '⟦keep [0, "", "number", [-1], "f", [1]]⟧',
        '⟦keep [0, "", "number", [2], "f", [1]]⟧',
        '⟦keep [0, "", "number", [1e999], "f", ["x"]]⟧',
        '⟦keep [0, "", "number", {"a": 1}, "f", [[1]]]⟧',
        '⟦keep [0, "", "number", [1], "f", [1e999]]⟧',
    ],
)
def test_a_malformed_answer_is_no_answer_and_no_fault(assignment: Assignment, text: str) -> None:
    run = Execution(status="ok", taken=(Output(cell=1, index=0, kind="stdout", text=text),))
    cells = (Cell(index=0, kind="code", source="W = 1"),)
    report = grade(Submission(id="a", path="a", sha256="a", cells=cells), [run, run], assignment)
    found = {c.id: c for q in report.questions for c in q.checks}
    assert found["W"].verdict in ("missing", "fail")
    assert not any(f.id == "grader_fault" for f in report.flags)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("names: [W, net.weight]", "names: ['W; x']", "names"),
        ('calls: {handout: "softmax([1.0, 2.0, 4.0])", ', "calls: {", "expected every world"),
        ('"softmax([1.0, 2.0, 4.0])"', '"softmax("', "no Python expression"),
    ],
)
def test_what_can_not_be_asked_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(RubricError, match=said):
        made(tmp_path, RUBRIC.replace(before, after))


def test_nothing_is_asked_where_prints_answer(tmp_path: Path) -> None:
    plain = load(str(make_assignment(tmp_path)))
    assert questions(plain.rubric, plain.rubric.worlds[0]) == ""
    assert "asked" not in plain.parts_of(plain.rubric.worlds[0])
