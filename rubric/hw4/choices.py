"""The choices that lead from the handout to somebody's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

HANDOUT_SEED = 12345


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
    no_derivative: frozenset[int] = frozenset()  # hidden layers whose activation the backward pass skips
    # loss
    objective: str = "squared"
    half: float = 0.5
    divisor: str = "instances"  # "outputs", "inputs", "hidden", "entries", "instances twice", "nothing"
    sign: float = 1.0
    # backward, update, print
    training: tuple[str, float, int] | None = None  # optimiser, learning rate, updates before the gradients
    layers_after: str = "the same"  # "none": layers before any update; "one more" than the gradients
    backward_calls: int = 1  # without zeroing in between; 0: zeroed before printing
    bias_gradients_averaged: bool = False
    penalty: float = 0.0  # so many times each weight is in its gradient
    printed_before_activation: frozenset[int] = frozenset()  # hidden layers


RIGHT = Variation()
# choices that decide the parameters and data, and those that only scale or relabel what was computed
_DRAWING = (
    "source", "seed", "calls_before", "order", "uniform", "weight_factor", "bias_value",
    "weights_of_linear", "biases_of_linear", "linear_seed", "weights_transposed", "data_reshaped",
    "instances", "parameter_decimals",
)  # fmt: skip
_SCALING = ("half", "divisor", "sign")
_PRINTING = (
    "layers_after",
    "backward_calls",
    "bias_gradients_averaged",
    "penalty",
    "printed_before_activation",
)
_RIGHT: dict[str, Any] = {f.name: getattr(RIGHT, f.name) for f in fields(Variation)}
_RIGHT_SINCE_DRAWING = {name: value for name, value in _RIGHT.items() if name not in _DRAWING}
_RIGHT_PRINTING = {name: _RIGHT[name] for name in _PRINTING}
_RIGHT_SCALING = {name: _RIGHT[name] for name in _SCALING}


def drawing(v: Variation) -> Variation:
    """Only the choices that decide the parameters and data."""
    return replace(v, **_RIGHT_SINCE_DRAWING)


def computing(v: Variation) -> Variation:
    """All but what relabels or scales what was computed; a scaled loss only trains differently."""
    return replace(v, **_RIGHT_PRINTING, **({} if v.training is not None else _RIGHT_SCALING))


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
