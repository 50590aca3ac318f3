"""The cells that print: what a plan shows for each check, in a print style."""

from __future__ import annotations

import random

import numpy as np

from . import prints
from .labels import Labels
from .mistakes import Plan
from .program import Layers, Program, Wish
from .truth import GRADIENTS, HANDOUT, LAYERS, right


def layer_cells(
    program: Program, plan: Plan, wish: Wish, labels: Labels, style: str, extras: tuple[str, ...]
) -> list[str]:
    """Cells that show h1, h2 and the output, with pre-activations and shapes between them where wanted."""
    if program.printed_inside:
        return []
    pairs, before = [], []
    for check in LAYERS:
        if "preactivations" in extras and check != "output":
            z = f"z{check[1]}"
            pairs.append((labels.of(z), program.exprs[z]))
        pairs += _pair(check, program, plan, labels, before)
    if "shapes" in extras:
        before.append("print(" + ", ".join(f"{program.exprs[c]}.shape" for c in LAYERS) + ")")
    return _cells(pairs, before, style, wish.rng)


def gradient_cells(
    program: Program, plan: Plan, wish: Wish, labels: Labels, style: str, extras: tuple[str, ...]
) -> list[str]:
    """Cells that show the six gradients, weights beside them where wanted."""
    pairs, before = [], []
    order = list(GRADIENTS)
    if plan.error:
        pass  # what comes before the error is what has been printed
    elif wish.rng.random() < 0.1:
        order = ["dW3", "db3", "dW2", "db2", "dW1", "db1"]
    elif wish.rng.random() < 0.1 and style not in prints.UNLABELLED:
        order = ["dW1", "dW2", "dW3", "db1", "db2", "db3"]
    for check in order:
        if check[1:] not in program.exprs:
            continue
        found = _pair(check, program, plan, labels, before)
        if "weights_beside" in extras and found:
            parameter = check[1:]
            name = labels.of(parameter)
            label = name if name != found[0][0] else name + " value"
            pairs.append((label, program.exprs[parameter]))
        pairs += found
    return _cells(pairs, before, style, wish.rng)


def _cells(pairs: list[tuple[str, str]], before: list[str], style: str, rng: random.Random) -> list[str]:
    if not pairs:
        return []
    shown = prints.STYLES[style](pairs, rng)
    if before:
        shown[0] = "\n".join([*before, shown[0]])
    return shown


def _pair(
    check: str, program: Program, plan: Plan, labels: Labels, before: list[str]
) -> list[tuple[str, str]]:
    """Label and expression for one check, or nothing; statements that it needs go to `before`."""
    shown = plan.shown[check]
    if not shown:
        return []
    name, _, treatment = shown.removeprefix("-").partition(":")
    label = labels.of(check)
    expression = program.exprs[name]
    if plan.error == check:
        return [(label, _misspelt(expression))]
    if shown.startswith("-"):
        expression = f"(-{expression})"
    elif treatment == "first":
        expression = f"{expression}[:, 0]" if program.features_first else f"{expression}[0]"
    elif treatment == "one":
        variable = f"{check.lower()}_shown"
        entry = "[0, 1]" if check[1] != "b" else ".view(-1)[1]"  # a bias may be a row or a column
        before.append(f"{variable} = {expression}.detach().clone()\n{variable}{entry} *= -1.5")
        expression = variable
    elif treatment == "shape":
        expression = f"{expression}.shape"
    elif treatment == "norm":
        expression = f"{expression}.norm()"
    elif treatment == "typed":
        variable = f"{check.lower()}_result"
        before.append(f"{variable} = torch.tensor({literal_statements(check, program.features_first)})")
        expression = variable
    return [(label, expression)]


def _misspelt(expression: str) -> str:
    return "".join(c for c in expression if c.isalnum() or c == "_") + "_tesnor"


def literal_statements(check: str, features_first: bool) -> str:
    """The right values of the handout's world as literals, as somebody copies them from a friend."""
    values = right(HANDOUT)[check]
    if check in LAYERS and not features_first:
        values = values.T
    digits = "{:.4f}" if check in LAYERS or check in ("dW3", "db3") else "{:.4e}"
    rows = np.atleast_2d(values)
    text = ",\n    ".join("[" + ", ".join(digits.format(v) for v in row) + "]" for row in rows)
    return f"[{text}]" if values.ndim == 2 else text


def inside_printer(labels: Labels, style: str) -> Layers:
    """Code that prints the layers from within forward()."""
    mark = random.Random(style).choice([":", " =", ":\\n"])

    def show(local: dict[str, str]) -> str:
        return "\n".join(f'print("{labels.of(check)}{mark}", {local[check]})' for check in LAYERS)

    return show
