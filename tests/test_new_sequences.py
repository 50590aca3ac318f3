"""Another assignment: a state per time step, a loss per epoch, coefficients, a truth value.

What is asked is a part of what students print: one state of the stack of all, every tenth loss, the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from class_kit import make_assignment

from grader.assignment.loading import Assignment, load
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.models import Cell, Output

RUBRIC = """
id: sequences
version: "1"
title: Sequences
worlds: [{name: handout, seed: 1}, {name: second, seed: 2}, {name: third, seed: 3}]
vocabulary:
  h1: [h1, state 1]
  h2: [h2, state 2]
  h3: [h3, state 3]
  states: [states]
  losses: [losses, loss]
  final: [final loss, loss]
  error: [test error, loss]
  coef: [coefficients, w]
  intercept: [intercept]
  converged: [converged]
questions:
  - id: q
    title: Q
    checks:
      - {id: h1, kind: tensor, quantity: h1, title: t, points: 1, labels: [[h1]]}
      - {id: h2, kind: tensor, quantity: h2, title: t, points: 1, labels: [[h2]]}
      - {id: losses, kind: tensor, quantity: losses, title: every tenth, points: 1, labels: [[losses]]}
      - {id: final, kind: tensor, quantity: final, title: t, points: 1, labels: [[final]]}
      - {id: error, kind: tensor, quantity: error, title: t, points: 1, labels: [[error]]}
      - {id: coef, kind: tensor, quantity: coef, title: t, points: 1, labels: [[coef]]}
      - {id: intercept, kind: tensor, quantity: intercept, title: t, points: 1, labels: [[intercept]]}
      - {id: converged, kind: tensor, quantity: converged, title: t, points: 1, labels: [[converged]]}
  - id: next
    title: Next
    checks:
      - {id: h3, kind: tensor, quantity: h3, title: t, points: 1, labels: [[h3]]}
  - id: why
    title: Why
    checks:
      - {id: why, kind: text, title: t, points: 1, headings: ['vanish'], facts: [h3]}
"""
SOLUTION = """
import numpy as np

def solve(world, sign=1.0, factor=1.0):
    rng = np.random.default_rng(world.seed)
    states = sign * rng.normal(size=(3, 2, 5))
    every = np.sort(rng.uniform(0.1, 1.0, size=50))[::-1]
    coef = rng.normal(size=3)
    return {"states": states, "h1": states[0], "h2": states[1], "h3": states[2], "all": every,
            "losses": every[9::10], "final": factor * every[-1], "error": rng.uniform(), "coef": coef,
            "intercept": rng.normal(), "converged": False}

def quantities(world):
    return solve(world)
"""
MISTAKES = """
from rubric.schema import Mistake
from . import canonical

MISTAKES = [Mistake("sign", "The sign is wrong.", "d", frozenset({"sign"})),
            Mistake("summed", "You summed the loss.", "d", frozenset({"loss"}))]

def variant(world, ids):
    return canonical.solve(world, -1.0 if "sign" in ids else 1.0, 8.0 if "summed" in ids else 1.0)
"""
Show = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    folder: Path = make_assignment(tmp_path_factory.mktemp("sequences"), RUBRIC)
    (folder / "canonical.py").write_text(SOLUTION)
    (folder / "mistakes.py").write_text(MISTAKES)
    return load(str(folder))


def judged(assignment: Assignment, show: Show, code: str = "compute()") -> dict[str, Decision]:
    worlds = [[Output(cell=0, index=0, kind="stdout", text=show(dict(r)))] for r in assignment.references]
    cells = [Cell(index=0, kind="code", source=code)]
    return decide(cells, [extract(outputs) for outputs in worlds], assignment, worlds)


def log(every: int, line: str) -> Show:
    """A line for every `every`-th of the 50 epochs."""
    return lambda q: "\n".join(line.format(epoch=e, loss=q["all"][e - 1]) for e in range(every, 51, every))


@pytest.mark.parametrize(
    ("names", "verdict", "show"),
    [
        # one state of the stack of all
        (["h1", "h2"], "pass", lambda q: f"states {q['states'].tolist()}"),
        (["h1", "h2"], "pass", lambda q: f"{q['states'].round(6).tolist()}"),
        (["h1", "h2"], "fail", lambda q: f"states {(-q['states']).tolist()}"),
        (["h1", "h2"], "missing", lambda q: f"states {(q['states'] ** 2).tolist()}"),
        # every tenth loss, a line each; the last of them is the final loss
        (["losses"], "pass", log(10, "epoch {epoch:3d}  loss {loss:.6f}")),
        (["losses"], "pass", log(10, "Epoch [{epoch}/50], Loss: {loss:.4f}")),
        (["losses"], "pass", log(1, "Epoch {epoch}/50 - loss: {loss:.4f}")),
        (["losses"], "pass", log(10, "| {epoch} | {loss:.6f} |")),
        (["losses", "final"], "review", log(1, "{epoch} {loss:.6f}")),
        (["final"], "pass", lambda q: f"final loss {q['final']:.4f}"),
        (["final"], "pass", lambda q: f"loss {q['final']:.4f}"),  # the name fits two checks, the value one
        (["final"], "pass", lambda q: f"{q['final']:.4f}"),  # no other number of so many digits moves
        (["final"], "review", lambda q: f"{q['final']:.2f}"),
        # coefficients behind an intercept
        (["coef"], "pass", lambda q: f"w {[q['intercept'], *q['coef']]}"),
        (["intercept"], "review", lambda q: f"w {[q['intercept'], *q['coef']]}"),
        (["coef"], "pass", lambda q: "age {:.5f}, size {:.5f}, rooms {:.5f}".format(*q["coef"])),
        (["coef"], "review", lambda q: "intercept {:.5f}, size {:.5f}, rooms {:.5f}".format(*q["coef"])),
        (["coef"], "missing", lambda q: "age {:.5f}, size {:.5f}, rooms {:.5f}".format(*-q["coef"])),
        # yes or no
        (["converged"], "review", lambda q: "converged: False"),
        (["converged"], "review", lambda q: "Converged? No."),
        (["converged"], "missing", lambda q: "converged: True"),
    ],
)
def test_a_part_of_what_was_printed(
    sequences: Assignment, names: list[str], verdict: str, show: Show
) -> None:
    found = judged(sequences, show)
    assert {n: found[n].verdict for n in names} == dict.fromkeys(names, verdict), [
        str(found[n].reason) for n in names
    ]


def test_a_wrong_stack_is_told_by_the_mistake_that_gives_it(sequences: Assignment) -> None:
    decision = judged(sequences, lambda q: f"states {(-q['states']).tolist()}")["h2"]
    assert decision.mistakes == ("sign",)


def test_a_wrong_number_whose_name_fits_several_checks_is_told_too(sequences: Assignment) -> None:
    decision = judged(sequences, lambda q: f"loss: {8 * q['final']:.6f}")["final"]
    assert (decision.verdict, decision.mistakes) == ("fail", ("summed",))
    assert judged(sequences, lambda q: f"{8 * q['final']:.6f}")["final"].verdict == "missing"


def test_the_facts_beside_a_text_are_the_verdicts_of_the_report(sequences: Assignment) -> None:
    show: Show = lambda q: f"they vanish towards the first step\nstates {(-q['states']).tolist()}"  # noqa: E731
    found = judged(sequences, show)
    assert found["h3"].verdict == "partial"  # it follows from the mistake in h1 and h2
    assert str(found["why"].reason).endswith("Facts: h3 partial.")


@pytest.mark.parametrize(
    ("show", "code", "verdict"),
    [
        (lambda q: "Yes, they vanish towards the first step.", "compute()", "review"),
        (lambda q: "", "compute()\n# the gradients vanish, since tanh saturates", "review"),
        (lambda q: "", "# do the gradients vanish, as the sheet says\ncompute()", "missing"),
        (lambda q: "the gradients vanish like this: 0.5, 0.25", "compute()", "missing"),
        (lambda q: "vanish: 0.5, 0.25, 0.125", "compute()", "missing"),
        (lambda q: "", "vanishing = compute()  # of the loss", "missing"),
    ],
)
def test_words_that_answer_outside_of_a_text_cell(
    sequences: Assignment, show: Show, code: str, verdict: str
) -> None:
    assert judged(sequences, show, code)["why"].verdict == verdict
