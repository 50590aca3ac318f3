"""Forward and backward pass of the network under other choices than the handout's (numpy, float64).

What is common is written out, which makes thousands of variations affordable; rare activations and
losses are differentiated by torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .canonical import HIDDEN, INPUT, OUTPUT
from .choices import Variation
from .draws import Array, Values

# ------------------------------------------------------------------------- activations

TORCH_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "elu": functional.elu,
    "selu": functional.selu,
    "hardsigmoid": functional.hardsigmoid,
    "softsign": functional.softsign,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softplus": functional.softplus,
    "logsigmoid": functional.logsigmoid,
    "softmax": lambda z: torch.softmax(z, dim=0),
    "softmax_over_batch": lambda z: torch.softmax(z, dim=1),
    "sigmoid_twice": lambda z: torch.sigmoid(torch.sigmoid(z)),
    "sigmoid_sign": lambda z: torch.sigmoid(-z),
}
_NUMPY: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array | float]]] = {
    "none": (lambda z: z, lambda z, h: 1.0),
    "sigmoid": (lambda z: 0.5 + 0.5 * np.tanh(0.5 * z), lambda z, h: h * (1 - h)),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z, h: (z > 0).astype(np.float64)),
    "tanh": (np.tanh, lambda z, h: 1 - h * h),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z, h: np.where(z > 0, 1.0, 0.01)),
}


def _activate(name: str, z: Array) -> Array:
    known = _NUMPY.get(name)
    if known is not None:
        return known[0](z)
    return np.asarray(TORCH_ACTIVATIONS[name](torch.from_numpy(z)).numpy())


def _pull_back(name: str, z: Array, h: Array, upstream: Array) -> Array:
    known = _NUMPY.get(name)
    if known is not None:
        return np.asarray(upstream * known[1](z, h))
    leaf = torch.from_numpy(z).requires_grad_()
    (found,) = torch.autograd.grad(TORCH_ACTIVATIONS[name](leaf), leaf, torch.from_numpy(upstream))
    return np.asarray(found.numpy())


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
    "mean_norm": lambda f, y: (f - y).norm(dim=0).mean(),
    "not_squared": lambda f, y: 0.5 * (f - y).sum() / f.shape[1],
    "square_of_sum": lambda f, y: 0.5 * (f - y).sum(dim=0).square().mean(),
    "square_of_mean": lambda f, y: 0.5 * (f - y).mean(dim=1).square().sum(),
    "targets_added": lambda f, y: 0.5 * (f + y).square().sum() / f.shape[1],
    "targets_forgotten": lambda f, y: 0.5 * f.square().sum() / f.shape[1],
    "outputs_summed": lambda f, y: f.sum(),
    "outputs_averaged": lambda f, y: f.mean(),
    "last_instance": lambda f, y: 0.5 * (f[:, -1] - y[:, -1]).square().sum(),
    "first_instance": lambda f, y: 0.5 * (f[:, 0] - y[:, 0]).square().sum(),
    "first_output": lambda f, y: 0.5 * (f[0] - y[0]).square().mean(),
    "last_output": lambda f, y: 0.5 * (f[-1] - y[-1]).square().mean(),
}


def _loss(name: str, output: Array, y: Array) -> tuple[float, Array]:
    """The loss and its derivative by the outputs."""
    if name == "squared":
        slope = (output - y) / output.shape[1]
        return float(0.5 * (slope * (output - y)).sum()), slope
    leaf = torch.from_numpy(output.copy()).requires_grad_()
    loss = OBJECTIVES[name](leaf, torch.from_numpy(y.copy()))
    (slope_tensor,) = torch.autograd.grad(loss, leaf)
    return float(loss.detach()), np.asarray(slope_tensor.numpy())


def loss_factor(v: Variation, instances: int) -> float:
    """The loss, relative to the one with ½ and 1/M."""
    divisors = {
        "instances": 1.0,
        "outputs": OUTPUT / instances,
        "inputs": INPUT / instances,
        "hidden": HIDDEN / instances,
        "entries": float(OUTPUT),
        "instances twice": float(instances),
        "nothing": 1 / instances,
    }
    return v.sign * v.half / 0.5 / divisors[v.divisor]


# ------------------------------------------------------------------------------- both


class Pass(NamedTuple):
    """layers: z1, h1, z2, h2, output. gradients: by the name of the parameter, unscaled by loss_factor."""

    layers: Values
    loss: float
    gradients: Values


def forward_and_backward(p: Values, x: Array, y: Array, v: Variation) -> Pass:
    """One pass; without its second hidden layer (`hidden_layers` 1) W2 and b2 have no gradient."""
    z1 = p["W1"] @ x + p["b1"][:, None]
    a1 = _activate(v.activation1, z1)
    h1 = a1 if v.hidden_decimals is None else a1.round(v.hidden_decimals)
    z2 = p["W2"] @ h1 + p["b2"][:, None]
    a2 = _activate(v.activation2, z2)
    h2 = a2 if v.hidden_decimals is None else a2.round(v.hidden_decimals)
    last = h2 if v.hidden_layers == 2 else h1
    z3 = p["W3"] @ last + p["b3"][:, None]
    output = _activate(v.activation3, z3)
    loss, slope = _loss(v.objective, output, y)
    d3 = _pull_back(v.activation3, z3, output, slope)
    gradients = {"W3": d3 @ last.T, "b3": d3.sum(1)}
    back = p["W3"].T @ d3
    if v.hidden_layers == 2:
        d2 = back if 2 in v.no_derivative else _pull_back(v.activation2, z2, a2, back)
        gradients |= {"W2": d2 @ h1.T, "b2": d2.sum(1)}
        back = p["W2"].T @ d2
    d1 = back if 1 in v.no_derivative else _pull_back(v.activation1, z1, a1, back)
    gradients |= {"W1": d1 @ x.T, "b1": d1.sum(1)}
    return Pass({"z1": z1, "h1": h1, "z2": z2, "h2": h2, "output": output}, loss, gradients)
