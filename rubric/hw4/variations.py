"""Homework 4 done otherwise: what somebody holds who made other choices than the handout's.

A `Variation` lists the choices that lead from the handout to somebody's numbers; its defaults are the
right ones. `quantities` recomputes everything under them, the way canonical.py does it under the right
ones. `mistakes.py` names those that people really make.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rubric.schema import World

from .canonical import BATCH, HIDDEN, INPUT, OUTPUT, Layers, Parameters

# the handout's seed, and how prelude.py seeds what a notebook leaves unseeded
HANDOUT_SEED = 12345
UNSEEDED_NUMPY = 0x5EED0001
UNSEEDED_TORCH = 0x5EED0002

SHAPES = {
    "W1": (HIDDEN, INPUT), "b1": (HIDDEN,), "W2": (HIDDEN, HIDDEN), "b2": (HIDDEN,),
    "W3": (OUTPUT, HIDDEN), "b3": (OUTPUT,), "x": (INPUT, BATCH), "y": (OUTPUT, BATCH),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variation:
    """What somebody did; the defaults are the handout's words."""

    # draws
    source: str = "numpy"  # "default_rng" and "torch" are other generators
    seed: int | None = HANDOUT_SEED  # as typed; None: never seeded
    calls_before: int = 0  # of initialize, since seeding
    order: tuple[str, ...] = ("W1", "W2", "W3", "x", "y")  # what is drawn; biases otherwise zero
    uniform: frozenset[str] = frozenset({"x"})  # drawn by rand, the others by randn
    weight_factor: float = 0.01
    bias_value: float = 0.0
    weights_of_linear: bool = False  # nn.Linear's own weights and biases, nothing copied in
    biases_of_linear: bool = False  # the weights copied in, the biases not
    linear_seed: int | None = None  # torch.manual_seed before the layers are made
    # layout and data
    weights_transposed: frozenset[str] = frozenset()  # used as if they were (in, out)
    data_reshaped: frozenset[str] = frozenset()  # .reshape(batch, …) instead of a transposition
    instances: str = "all"  # "first", "last", "mean"
    parameter_decimals: int | None = None
    hidden_decimals: int | None = None
    # network
    activation1: str = "sigmoid"
    activation2: str = "sigmoid"
    activation3: str = "none"
    hidden_layers: int = 2
    derivative: bool = True  # of the hidden activations, in the backward pass
    # loss
    objective: str = "squared"
    half: float = 0.5
    divisor: str = "instances"  # "outputs", "entries", "instances twice", "nothing"
    sign: float = 1.0
    # backward, update, print
    training: tuple[str, float, int] | None = None  # optimiser, learning rate, steps before printing
    backward_calls: int = 1  # without zeroing in between; 0: zeroed before printing
    printed_before_activation: frozenset[int] = frozenset()  # hidden layers


RIGHT = Variation()
# choices that decide the parameters and data, and those that only scale or relabel what was computed
_DRAWING = (
    "source", "seed", "calls_before", "order", "uniform", "weight_factor", "bias_value",
    "weights_of_linear", "biases_of_linear", "linear_seed", "weights_transposed", "data_reshaped",
    "instances", "parameter_decimals",
)  # fmt: skip
_FINAL = ("half", "divisor", "sign", "backward_calls", "printed_before_activation")
_RIGHT: dict[str, Any] = {f.name: getattr(RIGHT, f.name) for f in fields(Variation)}
_RIGHT_SINCE_DRAWING = {name: value for name, value in _RIGHT.items() if name not in _DRAWING}
_RIGHT_FINAL = {name: _RIGHT[name] for name in _FINAL}


def combine(variations: Iterable[Variation]) -> Variation | None:
    """All wrong choices of these variations in one; None where two of them decide the same thing."""
    changes: dict[str, Any] = {}
    for variation in variations:
        for choice, right in _RIGHT.items():
            chosen = getattr(variation, choice)
            if chosen != right:
                if choice in changes:
                    return None
                changes[choice] = chosen
    return replace(RIGHT, **changes)


# ------------------------------------------------------------------------------- draws


def _generator(world: World, v: Variation) -> tuple[Callable[[tuple[int, ...]], Tensor], ...]:
    """randn and rand of the generator in use, as the prelude leaves it in this world."""
    if v.source == "torch":
        generator = torch.Generator().manual_seed(world.seed ^ UNSEEDED_TORCH if v.seed is None else v.seed)
        return (
            lambda shape: torch.randn(shape, generator=generator).double(),
            lambda shape: torch.rand(shape, generator=generator).double(),
        )
    if v.source == "default_rng":
        rng = np.random.default_rng(v.seed)
        return (
            lambda shape: torch.from_numpy(rng.standard_normal(shape)),
            lambda shape: torch.from_numpy(rng.random(shape)),
        )
    if v.seed is None:
        state = np.random.RandomState(world.seed ^ UNSEEDED_NUMPY)
    else:
        state = np.random.RandomState((v.seed - HANDOUT_SEED + world.seed) % 2**32)
    return (
        lambda shape: torch.from_numpy(state.standard_normal(shape) * world.scale),
        lambda shape: torch.from_numpy(state.random_sample(shape)),
    )


@lru_cache(maxsize=32)
def _linear_layers(seed: int) -> tuple[Tensor, ...]:
    """Weights and biases of nn.Linear, made in the order of the network after torch.manual_seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(i, o) for i, o in ((INPUT, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUT))]
    return tuple(p.detach().double() for layer in layers for p in (layer.weight, layer.bias))


@lru_cache(maxsize=512)
def _initialize(world: World, v: Variation) -> tuple[Parameters, Tensor, Tensor]:
    randn, rand = _generator(world, v)
    drawn: dict[str, Tensor] = {}
    for _ in range(v.calls_before + 1):
        for name in v.order:
            value = rand(SHAPES[name]) if name in v.uniform else randn(SHAPES[name])
            drawn[name] = value if name in "xy" else value * v.weight_factor
    for name in ("b1", "b2", "b3"):
        drawn.setdefault(name, torch.full(SHAPES[name], v.bias_value, dtype=torch.float64))
    if v.weights_of_linear or v.biases_of_linear:
        seed = world.seed ^ UNSEEDED_TORCH if v.linear_seed is None else v.linear_seed
        for name, value in zip(Parameters._fields, _linear_layers(seed), strict=True):
            if v.weights_of_linear or name.startswith("b"):
                drawn[name] = value
    for name in v.weights_transposed:
        rows, columns = SHAPES[name]
        drawn[name] = drawn[name].reshape(columns, rows).T
    for name in v.data_reshaped:
        rows, columns = SHAPES[name]
        drawn[name] = drawn[name].reshape(columns, rows).T
    if v.parameter_decimals is not None:
        for name in ("W1", "W2", "W3"):
            drawn[name] = drawn[name].round(decimals=v.parameter_decimals)
    x, y = (_instances(drawn[name], v.instances) for name in "xy")
    return Parameters(*(drawn[name] for name in Parameters._fields)), x, y


def _instances(data: Tensor, which: str) -> Tensor:
    if which == "first":
        return data[:, :1]
    if which == "last":
        return data[:, -1:]
    return data.mean(dim=1, keepdim=True) if which == "mean" else data


# ----------------------------------------------------------------------------- network

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda z: z,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softplus": functional.softplus,
    "logsigmoid": functional.logsigmoid,
    "softmax": lambda z: torch.softmax(z, dim=0),
    "softmax_over_batch": lambda z: torch.softmax(z, dim=1),
    "sigmoid_twice": lambda z: torch.sigmoid(torch.sigmoid(z)),
    "sigmoid_sign": lambda z: torch.sigmoid(-z),
}


def _forward(p: Parameters, x: Tensor, v: Variation) -> Layers:
    z1 = p.W1 @ x + p.b1[:, None]
    h1 = _hidden(z1, v.activation1, v)
    z2 = p.W2 @ h1 + p.b2[:, None]
    h2 = _hidden(z2, v.activation2, v)
    z3 = p.W3 @ (h2 if v.hidden_layers == 2 else h1) + p.b3[:, None]
    return Layers(z1, h1, z2, h2, ACTIVATIONS[v.activation3](z3))


def _hidden(z: Tensor, activation: str, v: Variation) -> Tensor:
    h = ACTIVATIONS[activation](z)
    if not v.derivative:
        h = z + (h - z).detach()
    if v.hidden_decimals is not None:
        h = h + (h.round(decimals=v.hidden_decimals) - h).detach()
    return h


# -------------------------------------------------------------------------------- loss

# Each as its users write it. "squared" is equation (1).
OBJECTIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": lambda f, y: 0.5 * (f - y).square().sum() / f.shape[1],
    "absolute": functional.l1_loss,
    "smooth_l1": functional.smooth_l1_loss,
    "cross_entropy": lambda f, y: functional.cross_entropy(f.T, y.T),
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "root": lambda f, y: functional.mse_loss(f, y).sqrt(),
    "norm": lambda f, y: (f - y).norm(),
    "not_squared": lambda f, y: 0.5 * (f - y).sum() / f.shape[1],
    "square_of_sum": lambda f, y: 0.5 * (f - y).sum(dim=0).square().mean(),
    "square_of_mean": lambda f, y: 0.5 * (f - y).mean(dim=1).square().sum(),
    "outputs_summed": lambda f, y: f.sum(),
    "outputs_averaged": lambda f, y: f.mean(),
    "last_instance": lambda f, y: 0.5 * (f[:, -1] - y[:, -1]).square().sum(),
    "first_instance": lambda f, y: 0.5 * (f[:, 0] - y[:, 0]).square().sum(),
}


def _factor(v: Variation, instances: int) -> float:
    """The loss, relative to the one with ½ and 1/M."""
    divisors = {
        "instances": 1.0,
        "outputs": OUTPUT / instances,
        "entries": float(OUTPUT),
        "instances twice": float(instances),
        "nothing": 1 / instances,
    }
    return v.sign * v.half / 0.5 / divisors[v.divisor]


# ------------------------------------------------------------------------------ all of it


def _gradients(p: Parameters, x: Tensor, y: Tensor, v: Variation) -> tuple[Layers, Tensor, dict[str, Tensor]]:
    used = {n: t.detach().requires_grad_() for n, t in p._asdict().items()}
    layers = _forward(Parameters(**used), x, v)
    loss = OBJECTIVES[v.objective](layers.output, y)
    if v.hidden_layers == 1:
        used = {n: t for n, t in used.items() if n not in ("W2", "b2")}
    grads = torch.autograd.grad(loss, tuple(used.values()))
    return Layers(*(t.detach() for t in layers)), loss.detach(), dict(zip(used, grads, strict=True))


def _train(p: Parameters, x: Tensor, y: Tensor, v: Variation) -> Parameters:
    """The parameters after plain SGD or Adam (torch's defaults)."""
    assert v.training is not None
    optimiser, rate, steps = v.training
    values = p._asdict()
    first = {n: torch.zeros_like(t) for n, t in values.items()}
    second = {n: torch.zeros_like(t) for n, t in values.items()}
    for step in range(1, steps + 1):
        _, _, grads = _gradients(Parameters(**values), x, y, v)
        for name, raw in grads.items():
            gradient = raw * _factor(v, x.shape[1])
            if optimiser == "adam":
                first[name] = 0.9 * first[name] + 0.1 * gradient
                second[name] = 0.999 * second[name] + 0.001 * gradient.square()
                mean, spread = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
                gradient = mean / (spread.sqrt() + 1e-8)
            values[name] = values[name] - rate * gradient
    return Parameters(**values)


def _solve(
    world: World, v: Variation
) -> tuple[Parameters, Tensor, Tensor, Layers, Tensor, dict[str, Tensor]]:
    p, x, y = _initialize(world, replace(v, **_RIGHT_SINCE_DRAWING))
    if v.training is not None:
        p = _train(p, x, y, v)
    return p, x, y, *_gradients(p, x, y, v)


_solve_core = lru_cache(maxsize=1024)(_solve)


def quantities(world: World, v: Variation) -> dict[str, Tensor]:
    """What somebody holds who made the choices of `v`; shapes and names as in `canonical.quantities`.

    What does not exist (a dropped layer) or overflows is left out.
    """
    # a scaled loss moves the parameters differently, so training can't share the core
    solved = _solve(world, v) if v.training is not None else _solve_core(world, replace(v, **_RIGHT_FINAL))
    p, x, y, layers, loss, grads = solved
    factor = _factor(v, x.shape[1])
    found = {**p._asdict(), "x": x, "y": y, **layers._asdict(), "loss": loss * factor}
    for number in v.printed_before_activation:
        found[f"h{number}"] = found[f"z{number}"]
    if v.hidden_layers == 1:
        del found["z2"], found["h2"]
    factor *= v.backward_calls
    found |= {f"d{n}": g if factor == 1 else g * factor for n, g in grads.items()}
    return {name: value for name, value in found.items() if math.isfinite(value.sum())}
