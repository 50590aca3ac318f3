"""Homework 4 done otherwise: what somebody holds who made other choices than the handout's.

`quantities` recomputes everything under the choices of a `Variation`, the way canonical.py does it
under the right ones. `mistakes.py` names those that people really make.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from rubric.schema import World

from .choices import HANDOUT_SEED, RIGHT, Variation, combine, computing, drawing
from .draws import PARAMETERS, Array, Values, draw
from .network import Pass, forward_and_backward, loss_factor

__all__ = ["HANDOUT_SEED", "RIGHT", "Variation", "combine", "forget", "quantities"]


class _Training:
    """The parameters after every update, computed once as far as somebody asked.

    `sums` are the gradients that add up when nothing zeroes them ("unzeroed").
    """

    def __init__(self, p: Values, x: Array, y: Array, v: Variation) -> None:
        assert v.training is not None
        self._optimiser, self._rate, _ = v.training
        self._x, self._y, self._v = x, y, v
        self._factor = loss_factor(v, x.shape[1])
        zeros = {n: np.zeros_like(t) for n, t in p.items()}
        self._first, self._second = dict(zeros), dict(zeros)
        self.parameters = [p]
        self.sums = [zeros]

    def at(self, updates: int) -> tuple[Values, Values]:
        """Parameters after so many updates, and the unzeroed gradients before the next backward pass."""
        while len(self.parameters) <= updates:
            self._step()
        return self.parameters[updates], self.sums[updates]

    def _step(self) -> None:
        before = self.parameters[-1]
        raw = forward_and_backward(before, self._x, self._y, self._v).gradients
        after, sums, step = dict(before), dict(self.sums[-1]), len(self.parameters)
        for name, slope in raw.items():
            gradient = slope * self._factor
            sums[name] = sums[name] + gradient
            if self._optimiser == "unzeroed":
                gradient = sums[name]
            elif self._optimiser == "momentum":
                gradient = self._first[name] = 0.9 * self._first[name] + gradient
            elif self._optimiser == "adam":
                first = self._first[name] = 0.9 * self._first[name] + 0.1 * gradient
                second = self._second[name] = 0.999 * self._second[name] + 0.001 * gradient * gradient
                gradient = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
            after[name] = before[name] - self._rate * gradient
        self.parameters.append(after)
        self.sums.append(sums)


@lru_cache(maxsize=24)
def _training(world: World, v: Variation) -> _Training:
    """`v` with zero updates: all numbers of updates share one training."""
    return _Training(*draw(world, drawing(v)), v)


@lru_cache(maxsize=1024)
def _solved(world: World, v: Variation) -> tuple[Values, Array, Array, Pass]:
    p, x, y = draw(world, drawing(v))
    return p, x, y, forward_and_backward(p, x, y, v)


def forget() -> None:
    """Drop everything that was computed and kept."""
    for kept in (_solved, _training, draw):
        kept.cache_clear()


def quantities(world: World, v: Variation) -> dict[str, Tensor]:
    """What somebody holds who made the choices of `v`; shapes and names as in `canonical.quantities`.

    What does not exist (a dropped layer) or overflows is left out.
    """
    with np.errstate(all="ignore"):
        found = _trained(world, v) if v.training is not None else _untrained(world, v)
    for number in v.printed_before_activation:
        found[f"h{number}"] = found[f"z{number}"]
    if v.hidden_layers == 1:
        del found["z2"], found["h2"]
    with np.errstate(all="ignore"):
        return {
            name: torch.from_numpy(np.asarray(value))
            for name, value in found.items()
            if math.isfinite(value if isinstance(value, float) else value.sum())
        }


def _untrained(world: World, v: Variation) -> dict[str, Array | float]:
    p, x, y, done = _solved(world, computing(v))
    factor = loss_factor(v, x.shape[1])
    slopes = {n: g * factor * v.backward_calls for n, g in done.gradients.items()}
    return _everything(p, x, y, done.layers, done.loss * factor, slopes, v)


def _trained(world: World, v: Variation) -> dict[str, Array | float]:
    assert v.training is not None
    optimiser, _, updates = v.training
    core = computing(v)
    x, y = draw(world, drawing(v))[1:]
    path = _training(world, _with_updates(core, 0))
    p, unzeroed = path.at(updates)
    done = forward_and_backward(p, x, y, v)
    factor = loss_factor(v, x.shape[1])
    slopes = {n: g * factor * v.backward_calls for n, g in done.gradients.items()}
    if optimiser == "unzeroed":
        slopes = {n: unzeroed[n] + g for n, g in slopes.items()}
    layers = done.layers
    if v.layers_after != "the same":
        shown = path.at(0 if v.layers_after == "none" else updates + 1)[0]
        layers = forward_and_backward(shown, x, y, v).layers
    return _everything(p, x, y, layers, done.loss * factor, slopes, v)


def _with_updates(v: Variation, updates: int) -> Variation:
    assert v.training is not None
    return replace(v, training=(*v.training[:2], updates))


def _everything(
    p: Values, x: Array, y: Array, layers: Values, loss: float, slopes: Values, v: Variation
) -> dict[str, Array | float]:
    if v.bias_gradients_averaged:
        slopes = {n: g / x.shape[1] if n.startswith("b") else g for n, g in slopes.items()}
    if v.penalty:
        slopes = {n: g + v.penalty * p[n] if n.startswith("W") else g for n, g in slopes.items()}
    if v.weights_transposed == {"W2"}:
        slopes = slopes | {"W2": slopes["W2"].T} if "W2" in slopes else slopes  # .grad of the leaf
    gradients = {f"d{n}": slopes[n] for n in PARAMETERS if n in slopes}
    return {**p, "x": x, "y": y, **layers, "loss": loss, **gradients}
