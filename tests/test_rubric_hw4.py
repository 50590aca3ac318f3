"""Homework 4's rubric: points, worlds, words, and a tolerance that honest float32 never meets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from grader.assignment.rubric_file import load_rubric
from grader.assignment.vocabulary import tokens
from rubric.hw4 import canonical, mistakes
from rubric.schema import BehaviourCheck, TensorCheck, TextCheck, World

FOLDER = Path(canonical.__file__).parent
RUBRIC = load_rubric(FOLDER)
NUMBERS = ["h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3"]


def test_four_questions_and_a_hundred_points() -> None:
    assert {q.id: q.points for q in RUBRIC.questions} == {"q1": 12, "q2": 30, "q3": 48, "q4": 10}
    assert RUBRIC.points == 100
    tensors = RUBRIC.tensor_checks()
    assert [c.id for c in tensors] == NUMBERS
    assert sum(c.points for c in tensors) == 78
    assert all(c.hint for c in RUBRIC.checks())


def test_every_check_names_a_quantity_of_the_solution_in_every_world() -> None:
    for world in RUBRIC.worlds:
        found = canonical.quantities(world)
        for check in RUBRIC.checks():
            if isinstance(check, TensorCheck):
                assert found[check.quantity].numel() > 1


def test_the_first_world_is_the_handouts_and_the_second_has_larger_weights() -> None:
    first, second = RUBRIC.worlds
    assert (first.seed, first.scale, first.precision) == (12345, 1.0, None)
    assert second.seed != first.seed
    assert second.precision == 12
    W2 = canonical.quantities(second)["W2"]
    assert 0.3 < W2.std().item() < 0.7


def test_behaviour_checks_and_mistakes_speak_of_the_same_tags() -> None:
    known = {tag for mistake in mistakes.MISTAKES for tag in mistake.touches}
    for check in RUBRIC.checks():
        if isinstance(check, BehaviourCheck):
            assert set(check.broken_by) <= known
            assert check.broken_by


def folded(phrase: str) -> str:
    return re.sub(r"[\W_]+", "", phrase.replace("∂", "d").replace("∇", "grad")).casefold()


def test_no_phrase_is_listed_twice_and_shared_phrases_are_meant() -> None:
    owners: dict[str, set[str]] = {}
    for word, phrases in RUBRIC.vocabulary.items():
        assert len(set(phrases)) == len(phrases), word
        for phrase in phrases:
            assert phrase.strip() == phrase
            owners.setdefault(folded(phrase), set()).add(word)
    shared = {phrase: words for phrase, words in owners.items() if len(words) > 1 and phrase}
    # nn.Sequential counts its activations, nn.ModuleList does not: which layer "2.weight" is, shapes tell;
    # a loss under the name of nn.MSELoss is a loss, a gradient under it one to compare the answer with
    assert all(re.search(r"(weight|bias|mseloss)$", phrase) for phrase in shared), shared


@pytest.mark.parametrize(
    ("word", "phrases"),
    {
        "gradient": ["∂L/∂", "Gradient von", "grad", "w.r.t."],
        "W1": ["W1", "fc1.weight", "0.weight", "Gewichte der ersten Schicht", "hidden_linear1.weight"],
        "W3": ["output.weight", "4.weight"],
        "dW1_direct": ["dW1", "dL/dW1", "∂L/∂W1", "W1.grad"],
        "h1": ["h^(1)", "A1", "Hidden Layer 1", "Output of Layer 1", "Schicht 1"],
        "output": ["Ausgabe", "y_pred", "ŷ", "sortie", "output layer"],
        "z1": ["Z1"],
        "x": ["inputs"],
        "y": ["ground truth"],
        "loss": ["Loss", "Verlust"],
    }.items(),
)
def test_words_that_students_use_are_known(word: str, phrases: list[str]) -> None:
    known = {"".join(tokens(p)) for p in RUBRIC.vocabulary[word]}
    assert [phrase for phrase in phrases if "".join(tokens(phrase)) not in known] == []


@pytest.mark.parametrize(
    ("heading", "found"),
    {
        "## Question 4": True,
        "4. Did you get the same results as in your previous homeworks?": True,
        "# Aufgabe 4: Vergleich": True,
        "**Task 4)**": True,
        "Ex. 4": True,
        "### 4)": True,
        "Comparison with the numpy version": True,
        "Yes, the same results as in homework 3": True,
        "# Homework 4": False,
        "## Question 3": False,
        "Compute the gradients": False,
        "## 1.4 Setup": False,
    }.items(),
)
def test_the_comparison_is_found_by_its_heading(heading: str, found: bool) -> None:
    (check,) = (c for c in RUBRIC.checks() if isinstance(c, TextCheck))
    assert any(re.search(h, heading, re.IGNORECASE) for h in check.headings) is found


# ------------------------------------------------------------------------------------ tolerance

Activation = Callable[[Tensor], Tensor]
SIGMOIDS: list[Activation] = [
    torch.sigmoid,
    lambda z: 1 / (1 + torch.exp(-z)),
    lambda z: torch.exp(z) / (1 + torch.exp(z)),
    lambda z: 0.5 * (1 + torch.tanh(z / 2)),
]
Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: list[Loss] = [  # batch first
    nn.MSELoss(),
    lambda f, y: (0.5 * ((f - y) ** 2).sum(1)).mean(),
    lambda f, y: nn.functional.mse_loss(f, y, reduction="sum") / 10,
    lambda f, y: sum((0.5 * torch.norm(f[n] - y[n]) ** 2 for n in range(5)), torch.zeros(())) / 5,
]


def honest_float32(world: World) -> Iterator[dict[str, Tensor]]:
    """The solution as students write it, in float32: matrices, einsum, instance by instance."""
    given = {n: v.float() for n, v in canonical.quantities(world).items()}
    x, y = given["x"], given["y"]
    for sigmoid in SIGMOIDS:
        for loss in LOSSES:
            for style in ("batch first", "features first", "einsum", "one by one"):
                p = {n: given[n].clone().requires_grad_() for n in ("W1", "b1", "W2", "b2", "W3", "b3")}
                values = x.T
                layers = []
                for number in "123":
                    W, b = p[f"W{number}"], p[f"b{number}"]
                    if style == "batch first":
                        z = nn.functional.linear(values, W, b)
                    elif style == "features first":
                        z = (W @ values.T + b[:, None]).T
                    elif style == "einsum":
                        z = torch.einsum("ni,oi->no", values, W) + b
                    else:
                        z = torch.stack([(W * v).sum(1) + b for v in values])
                    values = z if number == "3" else sigmoid(z)
                    layers.append(values)
                loss(values, y.T).backward()
                shown = {n: v.detach().T for n, v in zip(("h1", "h2", "output"), layers, strict=True)}
                yield shown | {f"d{n}": v.grad for n, v in p.items() if v.grad is not None}


@pytest.mark.parametrize("world", RUBRIC.worlds, ids=lambda w: w.name)
def test_honest_float32_errors_are_far_below_the_tolerance(world: World) -> None:
    world = world.without_autograd
    expected = canonical.quantities(world)
    worst = 0.0
    for found in honest_float32(world):
        assert set(found) == set(NUMBERS)
        for name, value in found.items():
            error = (value.double() - expected[name]).abs().max() / expected[name].abs().max()
            worst = max(worst, error.item())
    assert worst < RUBRIC.tolerance.rtol / 8
    assert worst > RUBRIC.tolerance.rtol / 100  # float32 shows: the measurement measures something
