"""The reference solution, proved three ways: against torch's modules, by hand, by finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from rubric.hw4 import canonical
from rubric.schema import World

Array = NDArray[np.float64]
NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")
SHAPES = {
    "W1": (4, 3), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (2, 4), "b3": (2,),
    "x": (3, 5), "y": (2, 5), "z1": (4, 5), "h1": (4, 5), "z2": (4, 5), "h2": (4, 5),
    "output": (2, 5), "loss": (), "residual": (2, 5), "shortfall": (2, 5), "doutput": (2, 5),
    "dz1": (4, 5), "dh1": (4, 5), "dz2": (4, 5), "dh2": (4, 5),
    "dW1": (4, 3), "db1": (4,), "dW2": (4, 4), "db2": (4,), "dW3": (2, 4), "db3": (2,),
}  # fmt: skip

worlds = pytest.mark.parametrize(
    "world",
    [World(name="w", seed=seed, scale=scale) for seed in (12345, 0, 77, 2**32 - 1) for scale in (1.0, 37.5)],
    ids=lambda w: f"seed{w.seed}-scale{w.scale}",
)


def snippet(world: World) -> tuple[list[Array], Array, Array]:
    """The handout's snippet, copied; only the seed and the scale of the normal draws are the world's."""
    np.random.seed(world.seed)

    def randn(*shape: int) -> Array:
        return np.random.randn(*shape) * world.scale

    def initialize(input_dim: int, hidden_dim: int, output_dim: int, batch_size: int):  # type: ignore[no-untyped-def]
        W1 = randn(hidden_dim, input_dim) * 0.01
        b1 = np.zeros((hidden_dim,))
        W2 = randn(hidden_dim, hidden_dim) * 0.01
        b2 = np.zeros((hidden_dim,))
        W3 = randn(output_dim, hidden_dim) * 0.01
        b3 = np.zeros((output_dim,))
        # list of all network parameters
        parameters = [W1, b1, W2, b2, W3, b3]
        # minibatch of input instances
        x = np.random.rand(input_dim, batch_size)
        # ground truths
        y = randn(output_dim, batch_size)
        return parameters, x, y

    return initialize(3, 4, 2, 5)  # type: ignore[no-any-return]


def loss_by_loops(parameters: list[Array], x: Array, y: Array) -> float:
    """Equation (1), read aloud: scalars, loops, no linear algebra."""
    W1, b1, W2, b2, W3, b3 = parameters
    total = 0.0
    for n in range(x.shape[1]):
        h1 = [1 / (1 + np.exp(-(b1[j] + sum(W1[j, i] * x[i, n] for i in range(3))))) for j in range(4)]
        h2 = [1 / (1 + np.exp(-(b2[j] + sum(W2[j, i] * h1[i] for i in range(4))))) for j in range(4)]
        f = [b3[k] + sum(W3[k, i] * h2[i] for i in range(4)) for k in range(2)]
        total += 0.5 * sum((f[k] - y[k, n]) ** 2 for k in range(2))
    return float(total / x.shape[1])


@worlds
def test_names_shapes_and_dtype(world: World) -> None:
    found = canonical.quantities(world)
    assert {name: tuple(value.shape) for name, value in found.items()} == SHAPES
    assert all(value.dtype == torch.float64 and not value.requires_grad for value in found.values())


@worlds
def test_draws_are_the_handouts(world: World) -> None:
    found = canonical.quantities(world)
    parameters, x, y = snippet(world)
    for name, value in zip((*NAMES, "x", "y"), (*parameters, x, y), strict=True):
        assert np.array_equal(found[name].numpy(), value), name


@worlds
def test_agrees_with_torch_modules(world: World) -> None:
    parameters, x, y = snippet(world)
    network = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2))
    network.double()
    with torch.no_grad():
        for own, given in zip(network.parameters(), parameters, strict=True):
            own.copy_(torch.from_numpy(given))
    output = network(torch.from_numpy(x).T)
    # with two outputs, the mean over all entries is equation (1)
    nn.MSELoss()(output, torch.from_numpy(y).T).backward()

    found = canonical.quantities(world)
    torch.testing.assert_close(found["output"], output.T.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(found["h1"], network[:2](torch.from_numpy(x).T).T.detach())
    torch.testing.assert_close(found["h2"], network[:4](torch.from_numpy(x).T).T.detach())
    for name, own in zip(NAMES, network.parameters(), strict=True):
        assert own.grad is not None
        torch.testing.assert_close(found[f"d{name}"], own.grad, rtol=1e-10, atol=1e-14)


@worlds
def test_agrees_with_backpropagation_by_hand(world: World) -> None:
    (W1, b1, W2, b2, W3, b3), x, y = snippet(world)
    z1 = W1 @ x + b1[:, None]
    h1 = 1 / (1 + np.exp(-z1))
    z2 = W2 @ h1 + b2[:, None]
    h2 = 1 / (1 + np.exp(-z2))
    output = W3 @ h2 + b3[:, None]
    delta3 = (output - y) / 5
    delta2 = W3.T @ delta3 * h2 * (1 - h2)
    delta1 = W2.T @ delta2 * h1 * (1 - h1)
    by_hand = {
        "z1": z1, "h1": h1, "z2": z2, "h2": h2, "output": output,
        "loss": np.asarray(((output - y) ** 2).sum() / 10),
        "residual": output - y, "shortfall": y - output, "doutput": delta3,
        "dW1": delta1 @ x.T, "db1": delta1.sum(axis=1),
        "dW2": delta2 @ h1.T, "db2": delta2.sum(axis=1),
        "dW3": delta3 @ h2.T, "db3": delta3.sum(axis=1),
    }  # fmt: skip
    found = canonical.quantities(world)
    for name, value in by_hand.items():
        torch.testing.assert_close(found[name], torch.from_numpy(value), rtol=1e-10, atol=1e-14)


@worlds
def test_agrees_with_finite_differences(world: World) -> None:
    parameters, x, y = snippet(world)
    found = canonical.quantities(world)
    assert found["loss"].item() == pytest.approx(loss_by_loops(parameters, x, y), rel=1e-12)
    step = 1e-5
    for name, parameter in zip(NAMES, parameters, strict=True):
        measured = np.zeros_like(parameter)
        for index in np.ndindex(parameter.shape):
            held = parameter[index]
            parameter[index] = held + step
            above = loss_by_loops(parameters, x, y)
            parameter[index] = held - step
            below = loss_by_loops(parameters, x, y)
            parameter[index] = held
            measured[index] = (above - below) / (2 * step)
        np.testing.assert_allclose(found[f"d{name}"].numpy(), measured, rtol=1e-5, atol=1e-7)
