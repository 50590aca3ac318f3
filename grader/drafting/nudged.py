"""Which of a solution's values hang on rounding errors: it runs again with its random numbers a little off.

Two honest computations of one value differ in their last digits. A long training can turn that into another
result. How far a value moves when its inputs move by some last digits is measured, not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from grader.assignment.values import Array
from grader.drafting.values import ShownQuantity

NUDGING = r"""
def _install_nudging(ulps):
    import sys
    import numpy as np

    def nudged(value):
        if isinstance(value, float):
            return value * (1 + ulps * 2.0**-52)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            signs = np.where(np.arange(value.size) % 3, 1.0, -1.0).reshape(value.shape)
            return (value * (1 + signs * ulps * np.finfo(value.dtype).eps)).astype(value.dtype)
        return value

    def moved(function):
        return lambda *args, **kwargs: nudged(function(*args, **kwargs))

    draws = ("rand", "randn", "random", "random_sample", "ranf", "sample", "normal", "uniform", "exponential")
    draws += ("standard_normal", "multivariate_normal", "laplace", "gamma", "beta")
    for name in draws:
        setattr(np.random, name, moved(getattr(np.random, name)))

    def subclass(original):
        methods = {
            name: lambda self, *args, _of=getattr(original, name), **more: nudged(_of(self, *args, **more))
            for name in draws
            if hasattr(original, name)
        }
        return type(original.__name__, (original,), methods)

    np.random.RandomState = subclass(np.random.RandomState)
    generator, seeded = subclass(np.random.Generator), np.random.default_rng
    np.random.default_rng = lambda *args, **kwargs: generator(seeded(*args, **kwargs).bit_generator)
    torch = sys.modules.get("torch")
    if torch is None:
        return

    def in_place(tensor):
        with torch.no_grad():
            if tensor.is_floating_point():
                flat = torch.arange(tensor.numel()).reshape(tensor.shape) % 3
                signs = torch.where(flat > 0, 1.0, -1.0).to(tensor.dtype)
                tensor.mul_(1 + signs * ulps * torch.finfo(tensor.dtype).eps)
        return tensor

    def moved_in_place(function):
        return lambda *args, **kwargs: in_place(function(*args, **kwargs))

    for module, names in ((torch, ("randn", "rand", "normal")), (torch.Tensor, ("normal_", "uniform_"))):
        for name in names:
            setattr(module, name, moved_in_place(getattr(module, name)))


_install_nudging(4)
del _install_nudging
"""
"""a prelude, behind that of the world: draws of floats are off by four units of their last place"""

_AMPLY = 10.0  # honest computations differ more than by their inputs' last places
_MOST = 1e-3
"""the largest tolerance that is proposed: what moves further has no value that all reach"""


def shakes(
    shown: Sequence[ShownQuantity], nudged: Sequence[ShownQuantity]
) -> Mapping[str, tuple[float, ...]]:
    """Name → how far a value moved in each world, relative to its largest magnitude.

    What is not there in the nudged run, or in another shape, has moved by infinity.
    """
    again = {s.name: s.values for s in nudged}
    return {
        s.name: tuple(map(_moved, s.values, again[s.name]))
        if s.name in again
        else (math.inf,) * len(s.values)
        for s in shown
    }


def tolerance_for(moved: float, usual: float) -> float | None:
    """The relative tolerance that a value needs: the usual one, a larger one, or None where none would do."""
    if moved <= usual / 3:
        return usual
    return float(f"{_AMPLY * moved:.0e}") if _AMPLY * moved <= _MOST else None


def _moved(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return math.inf
    largest = float(np.abs(one).max(initial=0.0))
    return float(np.abs(one - other).max(initial=0.0)) / largest if largest else 0.0
