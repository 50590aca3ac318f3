"""The parts of a student's program, and how single lines of it are written."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .truth import Recipe

Layers = Callable[[dict[str, str]], str]
"""Local names of h1, h2 and output → code that prints them inside forward() ("" for none)."""


@dataclass(frozen=True)
class Names:
    """What this student calls things."""

    z1: str
    h1: str
    z2: str
    h2: str
    out: str
    x: str
    y: str
    W1: str
    b1: str
    W2: str
    b2: str
    W3: str
    b3: str
    loss: str
    model: str

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.W1, self.b1, self.W2, self.b2, self.W3, self.b3)


_LAYER_NAMES = [
    ("z1", "h1", "z2", "h2", "out"),
    ("z1", "a1", "z2", "a2", "y_hat"),
    ("s1", "h_1", "s2", "h_2", "f"),
    ("Z1", "A1", "Z2", "A2", "A3"),
    ("lin1", "hidden1", "lin2", "hidden2", "output"),
    ("pre1", "H1", "pre2", "H2", "Y_pred"),
    ("net1", "o1", "net2", "o2", "o3"),
    ("u1", "layer1", "u2", "layer2", "pred"),
]
_PARAMETER_NAMES = [
    ("W1", "b1", "W2", "b2", "W3", "b3"),
    ("W1", "b1", "W2", "b2", "W3", "b3"),
    ("w1", "b1", "w2", "b2", "w3", "b3"),
    ("W_1", "b_1", "W_2", "b_2", "W_3", "b_3"),
    ("W1_t", "b1_t", "W2_t", "b2_t", "W3_t", "b3_t"),
    ("weight1", "bias1", "weight2", "bias2", "weight3", "bias3"),
]
_DATA_NAMES = [("X", "Y"), ("x", "y"), ("xt", "yt"), ("x_t", "y_t"), ("inputs", "targets"), ("X", "T")]


def names(rng: random.Random) -> Names:
    return Names(
        *rng.choice(_LAYER_NAMES),
        *rng.choice(_DATA_NAMES),
        *rng.choice(_PARAMETER_NAMES),
        loss=rng.choice(["loss", "loss", "L", "J", "cost"]),
        model=rng.choice(["net", "model", "mlp", "network"]),
    )


@dataclass(frozen=True)
class Program:
    """One implementation. Every expression in `exprs` gives a torch tensor after `forward` and backward().

    setup: code cells after the handout's. forward: statements that compute every layer (again).
    parameters: an expression to iterate over. features_first: layers are (features, batch).
    gradient_list: name of a list of gradients where the program uses torch.autograd.grad.
    """

    setup: tuple[str, ...]
    forward: str
    exprs: dict[str, str]
    parameters: str
    features_first: bool
    module_names: dict[str, str] = field(default_factory=dict)
    gradient_list: str = ""
    loss_statements: str = ""
    printed_inside: bool = False


@dataclass(frozen=True)
class Wish:
    """What the assembler asks a style for."""

    recipe: Recipe
    names: Names
    dtype: str  # float32 or float64
    rng: random.Random
    detach: str = ""  # "", h1 or h2: cut the graph there
    no_bias: bool = False
    default_init: bool = False
    inside: Layers | None = None


def activation(wish: Wish, name: str, z: str) -> str:
    """An activation applied to the expression z, in this student's way of writing it."""
    style = wish.rng.choice(["torch", "torch", "functional", "method"]) if name != "none" else ""
    if name == "none":
        return z
    if name == "leaky":
        return f"torch.nn.functional.leaky_relu({z})"
    if style == "method":
        return f"({z}).{name}()" if not z.isidentifier() else f"{z}.{name}()"
    if style == "functional" and name != "tanh":
        return f"torch.nn.functional.{name}({z})"
    return f"torch.{name}({z})"


def module_activation(name: str) -> str:
    """The same as a layer of nn.Sequential."""
    modules = {"sigmoid": "Sigmoid", "relu": "ReLU", "tanh": "Tanh", "none": "Identity", "leaky": "LeakyReLU"}
    return f"nn.{modules[name]}()"


def loss_expression(wish: Wish, out: str, y: str, features_first: bool) -> str:
    """The loss as this student writes it; right in one of many equal ways, or wrong as the recipe says."""
    feature, batch = (0, 1) if features_first else (1, 0)
    size = wish.rng.choice(["5", f"{y}.shape[{batch}]", f"{out}.size({batch})"])
    d = f"({out} - {y})"
    if wish.rng.random() < 0.3:
        d = f"({y} - {out})"
    right = [
        f"(0.5 * {d} ** 2).sum() / {size}",
        f"({d} ** 2).sum() / (2 * {size})",
        f"0.5 * ({d} ** 2).sum(dim={feature}).mean()",
        f"torch.mean(torch.sum({d} ** 2, dim={feature}) / 2)",
        f"torch.nn.MSELoss()({out}, {y})",
        f"torch.nn.functional.mse_loss({out}, {y})",
        f"torch.nn.MSELoss(reduction='sum')({out}, {y}) / (2 * {size})",
        f"1 / {size} * torch.sum(1 / 2 * torch.square{d})",
        f"torch.norm{d} ** 2 / (2 * {size})",
        f"{d}.pow(2).mul(0.5).sum({feature}).mean()",
        f"torch.mean(0.5 * torch.linalg.norm({out} - {y}, dim={feature}) ** 2)",
        f"({d} * {d}).sum() * 0.5 / {size}",
    ]
    first = f"{out}[:, 0] - {y}[:, 0]" if features_first else f"{out}[0] - {y}[0]"
    wrong = {
        "no_half": [f"({d} ** 2).sum() / {size}", f"torch.mean(torch.sum({d} ** 2, dim={feature}))"],
        "no_mean": [f"(0.5 * {d} ** 2).sum()", f"torch.nn.MSELoss(reduction='sum')({out}, {y}) / 2"],
        "sum_of_squares": [f"({d} ** 2).sum()", f"torch.nn.MSELoss(reduction='sum')({out}, {y})"],
        "mean_everything": [f"(0.5 * {d} ** 2).mean()", f"0.5 * torch.nn.MSELoss()({out}, {y})"],
        "mean_over_outputs": [f"(0.5 * {d} ** 2).sum(dim={batch}).mean()"],
        "quarter": [f"0.25 * torch.nn.functional.mse_loss({out}, {y})"],
        "negative": [f"-(0.5 * {d} ** 2).sum() / {size}", f"-torch.nn.MSELoss()({out}, {y})"],
        "absolute": [f"torch.nn.L1Loss()({out}, {y})", f"{d}.abs().mean()"],
        "root": [f"torch.sqrt(torch.nn.functional.mse_loss({out}, {y}))", f"({d} ** 2).mean().sqrt()"],
        "huber": [f"torch.nn.SmoothL1Loss()({out}, {y})", f"torch.nn.functional.huber_loss({out}, {y})"],
        "targets_forgotten": [f"(0.5 * {out} ** 2).sum() / {size}"],
        "first_instance": [f"0.5 * ({first}).pow(2).sum()"],
    }
    return wish.rng.choice(right if wish.recipe.loss == "right" else wrong[wish.recipe.loss])
