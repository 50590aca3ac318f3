"""The solution of Homework 4, computed in any world, in float64.

Layout as in the handout: features × batch. With 3 inputs, 4 hidden units, 2 outputs and 5
instances, x is (3, 5), h1 and h2 are (4, 5), output and y are (2, 5), W1 is (4, 3), b1 is (4,).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rubric.schema import World

INPUT, HIDDEN, OUTPUT, BATCH = 3, 4, 2, 5


class Parameters(NamedTuple):
    """The handout's list of all network parameters."""

    W1: Tensor
    b1: Tensor
    W2: Tensor
    b2: Tensor
    W3: Tensor
    b3: Tensor


class Layers(NamedTuple):
    """What the forward pass computes: pre-activations and outputs of every layer."""

    z1: Tensor
    h1: Tensor
    z2: Tensor
    h2: Tensor
    output: Tensor


def initialize(world: World) -> tuple[Parameters, Tensor, Tensor]:
    """Parameters, inputs and targets, drawn in the order of the handout's snippet.

    `world.seed` stands for the handout's 12345; `world.scale` multiplies every normal draw.
    """
    rng = np.random.RandomState(world.seed)

    def randn(*shape: int) -> Tensor:
        return torch.from_numpy(rng.randn(*shape) * world.scale)

    W1 = randn(HIDDEN, INPUT) * 0.01
    b1 = torch.zeros(HIDDEN, dtype=torch.float64)
    W2 = randn(HIDDEN, HIDDEN) * 0.01
    b2 = torch.zeros(HIDDEN, dtype=torch.float64)
    W3 = randn(OUTPUT, HIDDEN) * 0.01
    b3 = torch.zeros(OUTPUT, dtype=torch.float64)
    x = torch.from_numpy(rng.rand(INPUT, BATCH))
    y = randn(OUTPUT, BATCH)
    return Parameters(W1, b1, W2, b2, W3, b3), x, y


def forward(parameters: Parameters, x: Tensor) -> Layers:
    """Two sigmoid layers and a linear one; x is (features, batch)."""
    W1, b1, W2, b2, W3, b3 = parameters
    z1 = W1 @ x + b1[:, None]
    h1 = torch.sigmoid(z1)
    z2 = W2 @ h1 + b2[:, None]
    h2 = torch.sigmoid(z2)
    output = W3 @ h2 + b3[:, None]
    return Layers(z1, h1, z2, h2, output)


def loss(output: Tensor, y: Tensor) -> Tensor:
    """Equation (1): half the squared distance of every instance, averaged over the M instances."""
    per_instance = 0.5 * ((output - y) ** 2).sum(dim=0)
    return per_instance.mean()


def quantities(world: World) -> dict[str, Tensor]:
    """Everything the solution holds, by name: parameters, data, layers, loss and gradients.

    And what people print beside it that has the output's shape and talks of it, so that it is known when
    it is seen: `residual` (output - y), `shortfall` (y - output), `doutput` (∂L/∂output).
    """
    parameters, x, y = initialize(world)
    for parameter in parameters:
        parameter.requires_grad_()
    layers = forward(parameters, x)
    objective = loss(layers.output, y)
    gradients = torch.autograd.grad(objective, parameters)
    residual = layers.output.detach() - y
    return {
        **{name: value.detach() for name, value in parameters._asdict().items()},
        "x": x,
        "y": y,
        **{name: value.detach() for name, value in layers._asdict().items()},
        "loss": objective.detach(),
        "residual": residual,
        "shortfall": -residual,
        "doutput": residual / BATCH,
        **{f"d{name}": value for name, value in zip(parameters._fields, gradients, strict=True)},
    }
