"""A fixed slice of the generated corpus, judged from saved runs: no value is denied or accepted wrongly.

The saved runs are made by ``python benchmarks/accuracy.py --n 240 --seed 2026 --save-slice
tests/data/corpus.json.gz``; make them again when the corpus, a world or the prelude changes.
"""

from __future__ import annotations

import ast
import asyncio
import random
import re
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from kernels_kit import Kernels

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

from accuracy import Judged, judge
from corpus import GeneratedNotebook, generate
from corpus.mistakes import MISTAKES, CorpusMistake, Plan
from corpus.prints import STYLES as PRINT_STYLES
from corpus.styles import STYLES
from corpus.truth import CHECKS, GRADIENTS, HANDOUT, WORLDS, Recipe, compute, right
from corpus.verdicts import UnclearError, facts
from runs import load_slice, submissions_of, worlds_digest

from grader.assignment.loading import load
from grader.execute import Job
from grader.models import Execution, Submission

SLICE = Path(__file__).parent / "data" / "corpus.json.gz"
CHUNKS = 8
BUILD = re.compile(r"\+(?:cpu|cu\d+)")
WORD = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")


@lru_cache
def saved() -> tuple[list[GeneratedNotebook], list[Submission], list[list[Execution]]]:
    data = load_slice(SLICE)
    assert data["worlds"] == worlds_digest(load("hw4")), "a world changed: make the saved runs again"
    notebooks = list(generate(data["n"], data["seed"], data["honest"]))
    return notebooks, submissions_of(notebooks), data["runs"]


@lru_cache
def judged(chunk: int) -> tuple[Judged, ...]:
    notebooks, submissions, runs = saved()
    return tuple(
        judge((n, s, r, {}))
        for n, s, r in list(zip(notebooks, submissions, runs, strict=True))[chunk::CHUNKS]
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_value_is_wrongly_denied_or_accepted(chunk: int) -> None:
    wrong = [
        f"{j.notebook.name} ({j.notebook.truth.style}, {j.notebook.truth.layer_print}/"
        f"{j.notebook.truth.gradient_print}, {j.notebook.truth.mistakes}): {', '.join(j.errors)}"
        for j in judged(chunk)
        if j.errors
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_honest_notebooks_need_no_person_for_their_numbers(chunk: int) -> None:
    reviewed = [
        j.notebook.name
        for j in judged(chunk)
        if not j.notebook.truth.mistakes and any(j.outcome(c) == "review" for c in CHECKS)
    ]
    assert not reviewed


@pytest.mark.kernel
def test_saved_runs_are_what_the_notebooks_print(kernels: Kernels) -> None:
    notebooks, submissions, runs = saved()
    chosen = random.Random(0).sample(range(len(notebooks)), 6)
    assignment = load("hw4")

    async def run_all() -> list[list[Execution]]:
        return [
            [
                await kernels.run(Job(submissions[i].cells, prelude=assignment.prelude_for(w)))
                for w in assignment.rubric.worlds
            ]
            for i in chosen
        ]

    for i, executions in zip(chosen, asyncio.run(run_all()), strict=True):
        for fresh, kept in zip(executions, runs[i], strict=True):
            assert fresh.status == kept.status, notebooks[i].name
            assert alike(printed(fresh), printed(kept)), (
                f"{notebooks[i].name} prints something else than its saved run: make the saved runs again"
            )


def printed(execution: Execution) -> str:
    return "\n".join(f"{o.cell} {o.kind} {o.text} {o.html}" for o in execution.outputs if o.kind != "error")


def alike(a: str, b: str) -> bool:
    """The same words, and numbers but for the last digits of a float32, in which processors differ.

    Brackets, quotes and torch's build are left out: from Python 3.12 on an OrderedDict has others.
    """
    a, b = (BUILD.sub("", text) for text in (a, b))
    if WORD.findall(NUMBER.sub("", a)) != WORD.findall(NUMBER.sub("", b)):
        return False
    left, right = (np.array(NUMBER.findall(text), dtype=float) for text in (a, b))
    return bool(np.allclose(left, right, rtol=1e-4, atol=1e-5))


# ---------------------------------------------------------------------------- the corpus itself


def test_same_seed_gives_the_same_notebooks() -> None:
    assert list(generate(20, 5)) == list(generate(20, 5))
    assert next(generate(1, 5)) != next(generate(1, 6))


def test_notebooks_are_python_and_cover_every_style() -> None:
    styles, shown, mistakes = set(), set(), set()
    for notebook in generate(600, 1):
        truth = notebook.truth
        styles.add(truth.style)
        shown |= {truth.layer_print, truth.gradient_print}
        mistakes |= set(truth.mistakes)
        for cell in notebook.notebook_json["cells"]:
            if cell["cell_type"] == "code":
                ast.parse(cell["source"])
    assert styles == set(STYLES)
    assert shown == set(PRINT_STYLES)
    assert mistakes == {m.id for m in MISTAKES}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.id)
def test_every_mistake_makes_something_wrong(mistake: CorpusMistake) -> None:
    found = facts(mistake.edit(Plan(), random.Random(0)))
    assert any(f.status != "right" for f in found.values())


def test_right_recipe_is_right_and_float_noise_is_refused() -> None:
    assert {f.status for f in facts(Plan()).values()} == {"right"}
    with pytest.raises(UnclearError):
        facts(Plan(recipe=Recipe(bias=1e-5)))


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(act1="relu", act2="tanh"),
        Recipe(act_out="sigmoid", loss="no_half"),
        Recipe(act1="leaky", w2_transposed=True, loss="root"),
        Recipe(bias=1.0, spread=0.1, inputs="randn", loss="huber"),
        Recipe(loss="absolute", order="w3_first", draws=2),
    ],
)
def test_hand_written_gradients_agree_with_autograd(recipe: Recipe) -> None:
    for world in WORLDS:
        v = {k: torch.tensor(a) for k, a in compute(recipe, world).items()}
        p = {k: v[k].clone().requires_grad_() for k in ("W1", "b1", "W2", "b2", "W3", "b3")}
        act = {
            "sigmoid": torch.sigmoid,
            "relu": torch.relu,
            "tanh": torch.tanh,
            "leaky": torch.nn.functional.leaky_relu,
            "none": lambda z: z,
        }
        W2 = p["W2"].T if recipe.w2_transposed else p["W2"]
        h1 = act[recipe.act1](p["W1"] @ v["x"] + p["b1"][:, None])
        h2 = act[recipe.act2](W2 @ h1 + p["b2"][:, None])
        out = act[recipe.act_out](p["W3"] @ h2 + p["b3"][:, None])
        d = out - v["y"]
        loss = {
            "right": (0.5 * d**2).sum() / 5,
            "no_half": (d**2).sum() / 5,
            "root": (d**2).mean().sqrt(),
            "huber": torch.nn.functional.huber_loss(out, v["y"]),
            "absolute": d.abs().mean(),
        }[recipe.loss]
        (loss * world.autograd_factor).backward()
        for name in GRADIENTS:
            np.testing.assert_allclose(v[name], p[name[1:]].grad, rtol=1e-9, atol=1e-14)


def test_handout_values_are_those_printed_everywhere() -> None:
    values = right(HANDOUT)
    np.testing.assert_allclose(values["db3"], [-0.58798803, -0.00125797], atol=5e-9)
    np.testing.assert_allclose(values["h1"][0], [0.4994, 0.5001, 0.4993, 0.5003, 0.5006], atol=5e-5)
