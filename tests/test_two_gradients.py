"""Gradients of homework 3 in numpy beside PyTorch's: only autograd's answer, whatever stands around them.

Wrong ones of PyTorch never pass, however many right ones of numpy stand near; right ones of PyTorch pass
beside wrong ones of numpy. Notebooks are drawn from everything that could lead a reader astray: order, names
that lie, headings, comments, updates, repetition, and the ways to ask autograd for a gradient.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import percent
import pytest
from test_cases import GRADIENTS, Grade, assignment, grade_it, results  # noqa: F401 - fixtures

from grader.intake import collect

NAMES = "W1 b1 W2 b2 W3 b3"
SNIPPET = (percent.CASES / "_handout.py").read_text("utf-8")

NETWORK = """import torch
P = [torch.tensor(p, requires_grad=True) for p in parameters]
X, Y = torch.tensor(x), torch.tensor(y)
def network(W1, b1, W2, b2, W3, b3):
    h1 = torch.sigmoid(W1 @ X + b1[:, None])
    h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
    return W3 @ h2 + b3[:, None]
"""
AUTOGRAD = {
    "backward": "L(P).backward()\nG = [p.grad for p in P]",
    "retain_graph": "loss = L(P)\nloss.backward(retain_graph=True)\nG = [p.grad.clone() for p in P]\n"
    "for p in P:\n    p.grad = None\nloss.backward()",
    "zeroed in place": "L(P).backward()\nG = [p.grad.clone() for p in P]\nfor p in P:\n    p.grad.zero_()",
    "autograd.grad": "G = torch.autograd.grad(L(P), P)",
    "func.grad": "G = torch.func.grad(lambda *q: L(q), argnums=tuple(range(6)))(*[p.detach() for p in P])",
    "hooks": "seen = {}\nfor n, p in enumerate(P):\n    p.register_hook(lambda g, n=n: seen.update({n: g}))\n"
    "L(P).backward()\nG = [seen[n] for n in range(6)]",
    "jacobian": "G = torch.autograd.functional.jacobian(lambda *q: L(q), tuple(P))",
    "as numpy": "L(P).backward()\nG = [p.grad.detach().numpy() for p in P]",
}
LOSS = {
    "right": "0.5 * ((network(*q) - Y) ** 2).sum(0).mean()",
    "without the half": "((network(*q) - Y) ** 2).sum(0).mean()",
    "summed": "0.5 * ((network(*q) - Y) ** 2).sum()",
    "fourth power": "((network(*q) - Y) ** 4).sum(0).mean()",
    "outputs swapped": "0.5 * ((network(*q) - Y.flip(0)) ** 2).sum(0).mean()",
}
BY_HAND = """W1, b1, W2, b2, W3, b3 = parameters
s = lambda z: 1 / (1 + np.exp(-z))
a1 = s(W1 @ x + b1[:, None]); a2 = s(W2 @ a1 + b2[:, None]); o = W3 @ a2 + b3[:, None]
d3 = (o - y) / 5
d2 = W3.T @ d3 * a2 * (1 - a2); d1 = W2.T @ d2 * a1 * (1 - a1)
hw3 = [d1 @ x.T, d1.sum(1), d2 @ a1.T, d2.sum(1), d3 @ a2.T, d3.sum(1)]
"""
WRONG_BY_HAND = {
    "without the mean": ("(o - y) / 5", "o - y"),
    "the sign": ("(o - y) / 5", "(y - o) / 5"),
    "a strange derivative": ("(o - y) / 5", "np.tanh(o - y) / 3"),
}
LABELS = {
    "the same": ("dL/d{n}:", "dL/d{n}:"),
    "both honest": ("HW3 (numpy) dL/d{n} =", "loss.backward() dL/d{n} ="),
    "numpy's is called PyTorch": ("PyTorch: gradient of {n}", "gradient of {n}"),
    "PyTorch's is called numpy": ("dL/d{n} =", "dL/d{n} (numpy) ="),
    "only numpy's is called by hand": ("by hand, d{n}:", "d{n}:"),
    "for checking": ("d{n} to compare:", "d{n}:"),
}
HEADINGS = (
    None,
    ("## By hand", "## PyTorch"),
    ("## Gradients", "## Homework 3 once more"),
    ("## PyTorch", "## numpy"),
)
COMMENTS = ("", "# numpy version, homework 3\n", "# my PyTorch version of it\n")
UPDATES = ("", "\nQ = [p - 0.1 * g for p, g in zip(parameters, {g})]", "\nw = 1.0\nw -= 0.1")


@dataclass(frozen=True)
class Pair:
    """A notebook, and whether the gradients that autograd gives are right in it."""

    name: str
    cells: tuple[tuple[str, str], ...]
    autograd_right: bool

    def write(self, folder: Path) -> Path:
        cells = [percent._cell(i, kind, source, "") for i, (kind, source) in enumerate(self.cells)]
        path = folder / f"{self.name}.ipynb"
        path.write_text(
            json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
        )
        return path


def pairs(count: int, seed: int) -> Iterator[Pair]:
    """So many notebooks, half of them with right gradients of autograd and wrong ones of numpy."""
    draw = random.Random(seed)
    for number in range(count):
        right = number % 2 == 1
        way, code = draw.choice(list(AUTOGRAD.items()))
        mistake, loss = ("right", LOSS["right"]) if right else draw.choice(list(LOSS.items())[1:])
        by_hand = BY_HAND.replace(*draw.choice(list(WRONG_BY_HAND.values()))) if right else BY_HAND
        label = draw.choice(list(LABELS))
        comments, update = draw.sample(COMMENTS, 2), draw.choice(UPDATES)
        parts = [
            f"{comments[0]}{by_hand}{_show(LABELS[label][0], 'hw3')}{update.format(g='hw3')}",
            f"{comments[1]}{NETWORK}L = lambda q: {loss}\n{code}\n{_show(LABELS[label][1], 'G')}",
        ]
        headings = draw.choice(HEADINGS)
        above = [[("markdown", h)] for h in headings] if headings else [[], []]
        told = [[*above[i], ("code", parts[i])] for i in range(2)]
        if draw.random() < 0.5:
            told.reverse()
        if draw.random() < 0.3:
            told.append([("code", _show(LABELS[label][0], "hw3"))])  # once more
        cells = [("code", SNIPPET), *(cell for part in told for cell in part)]
        yield Pair(f"{number:03} {way}, {mistake}, {label}".replace("'", ""), tuple(cells), right)


def _show(label: str, values: str) -> str:
    name = label.replace("{n}", '" + n + "')
    return f'for n, g in zip("{NAMES}".split(), {values}):\n    print("{name}", g)'


@pytest.mark.kernel
@pytest.mark.parametrize("pair", list(pairs(12, 19)), ids=lambda p: p.name)
def test_only_the_gradients_of_autograd_answer(pair: Pair, grade_it: Grade, tmp_path: Path) -> None:  # noqa: F811
    (submission,) = collect([pair.write(tmp_path)])
    found = results(grade_it(submission))
    verdicts = {g: found[g].verdict for g in GRADIENTS}
    if pair.autograd_right:
        assert set(verdicts.values()) == {"pass"}
    else:
        assert "pass" not in verdicts.values()
