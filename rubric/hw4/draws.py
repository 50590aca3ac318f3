"""The parameters and data of somebody who drew, copied or laid them out in another way (numpy, float64)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from rubric.schema import World

from .canonical import BATCH, HIDDEN, INPUT, OUTPUT, Parameters
from .choices import HANDOUT_SEED, Variation

Array = npt.NDArray[np.float64]
Values = dict[str, Array]

# how prelude.py seeds what a notebook leaves unseeded
UNSEEDED_NUMPY = 0x5EED0001
UNSEEDED_TORCH = 0x5EED0002

SHAPES = {
    "W1": (HIDDEN, INPUT), "b1": (HIDDEN,), "W2": (HIDDEN, HIDDEN), "b2": (HIDDEN,),
    "W3": (OUTPUT, HIDDEN), "b3": (OUTPUT,), "x": (INPUT, BATCH), "y": (OUTPUT, BATCH),
}  # fmt: skip
PARAMETERS = Parameters._fields


@lru_cache(maxsize=512)
def draw(world: World, v: Variation) -> tuple[Values, Array, Array]:
    """Parameters, inputs and targets under the choices of `v` that concern them; not to be changed."""
    randn, rand = _generator(world, v)
    drawn: Values = {}
    for _ in range(v.calls_before + 1):
        for name in v.order:
            value = rand(SHAPES[name]) if name in v.uniform else randn(SHAPES[name])
            drawn[name] = value if name in "xy" else value * v.weight_factor
    for name in ("b1", "b2", "b3"):
        drawn.setdefault(name, np.full(SHAPES[name], v.bias_value))
    if v.weights_of_linear or v.biases_of_linear:
        seed = world.seed ^ UNSEEDED_TORCH if v.linear_seed is None else v.linear_seed
        for name, value in zip(PARAMETERS, _linear_layers(seed), strict=True):
            if v.weights_of_linear or name.startswith("b"):
                drawn[name] = value
    for name in v.weights_transposed | v.data_reshaped:
        drawn[name] = drawn[name].reshape(SHAPES[name][::-1]).T
    if v.parameter_decimals is not None:
        for name in ("W1", "W2", "W3"):
            drawn[name] = drawn[name].round(v.parameter_decimals)
    x, y = (_instances(drawn[name], v.instances) for name in "xy")
    return {name: drawn[name] for name in PARAMETERS}, x, y


def _generator(world: World, v: Variation) -> tuple[Callable[[tuple[int, ...]], Array], ...]:
    """randn and rand of the generator in use, as the prelude leaves it in this world."""
    if v.source == "torch":
        generator = torch.Generator().manual_seed(world.seed ^ UNSEEDED_TORCH if v.seed is None else v.seed)
        return (
            lambda shape: torch.randn(shape, generator=generator).double().numpy(),
            lambda shape: torch.rand(shape, generator=generator).double().numpy(),
        )
    if v.source == "default_rng":
        rng = np.random.default_rng(v.seed)
        return rng.standard_normal, rng.random
    if v.seed is None:
        state = np.random.RandomState(world.seed ^ UNSEEDED_NUMPY)
    else:
        state = np.random.RandomState((v.seed - HANDOUT_SEED + world.seed) % 2**32)
    return lambda shape: state.standard_normal(shape) * world.scale, state.random_sample


@lru_cache(maxsize=64)
def _linear_layers(seed: int) -> tuple[Array, ...]:
    """Weights and biases of nn.Linear, made in the order of the network after torch.manual_seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [torch.nn.Linear(i, o) for i, o in ((INPUT, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, OUTPUT))]
    return tuple(p.detach().double().numpy() for layer in layers for p in (layer.weight, layer.bias))


def _instances(data: Array, which: str) -> Array:
    if which == "first":
        return data[:, :1]
    if which == "last":
        return data[:, -1:]
    return data.mean(axis=1, keepdims=True) if which == "mean" else data
