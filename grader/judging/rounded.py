"""What the digits of a print say of how it was computed: rounded by the notebook, in 64 bits (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from grader.assignment.values import Array
from grader.models import PrintedTensor

_BY_CHANCE = 2e-2  # how probable a grid may be in values that were not rounded
_MOST_DECIMALS, _MOST_DIGITS = 10, 7
_DECIMALS = 10.0 ** -np.arange(1.0, _MOST_DECIMALS + 1)
_DIGITS = np.arange(1.0, _MOST_DIGITS + 1)
_FLOAT32 = 1.2e-7
_SLIGHTLY = 1e-9  # of a logarithm
_TINY = float(np.finfo(np.float64).tiny)


def as_rounded(printed: PrintedTensor) -> PrintedTensor:
    """Recognise values that the notebook rounded itself: the honest interval is half a step of their grid.

    ``tensor.round(decimals=4)`` printed to ten digits shows 0.7311000228: all elements lie on a decimal
    grid much coarser than the print. Of ``float(f"{x:.3g}")`` each has a grid of its own: three
    significant digits, whatever stands behind them.
    """
    if _off_every_grid(printed.values, printed.half_unit):
        return printed
    value = np.asarray(printed.values)
    half = np.asarray(printed.half_unit)
    if (value == np.round(value)).all():
        return printed
    noise = _FLOAT32 * np.abs(value) + half
    _, distinct = np.unique(np.abs(value), return_index=True)
    telling = distinct[value[distinct] != 0]
    magnitude = np.floor(np.log10(np.where(value != 0, np.abs(value), 1.0)))
    decimal = np.broadcast_to(_DECIMALS[:, None], (_DECIMALS.size, value.size))
    # zero has no digit to be rounded at
    significant = np.where(value != 0, 10.0 ** (magnitude - _DIGITS[:, None]), _TINY)
    found = [grid for steps in (decimal, significant) if (grid := _coarsest(value, steps, noise, telling))]
    if not found:
        return printed
    _, step = min(found, key=lambda grid: grid[0])
    return replace(printed, half_unit=tuple(np.maximum(step / 2, half).tolist()))


def in_double_precision(printed: PrintedTensor) -> bool:
    """Does it show a number that is none of 32 bits, neither to all its digits nor as short as one prints?"""
    with np.errstate(over="ignore"):
        held = np.asarray(printed.values).astype(np.float32)
    return any(
        math.isfinite(one) and abs(value - float(one)) > half and value != float(str(one))
        for value, half, one in zip(printed.values, printed.half_unit, held, strict=True)
    )


def _off_every_grid(values: Sequence[float], halves: Sequence[float]) -> bool:
    """Is there plainly no grid? Of most prints the first number tells, without arrays.

    What lies on a grid lies on every finer one of its kind, and a grid no coarser than twice the noise is
    there by chance: one number off the finest grid that could count is enough.
    """
    if not all(map(math.isfinite, values)):
        return True
    telling = [(v, _FLOAT32 * abs(v) + h) for v, h in zip(values, halves, strict=True) if v]
    if len(telling) < 2:
        return True
    if min(n for _, n in telling) < _TINY:
        return False
    powers = [math.log10(abs(v)) for v, _ in telling]
    room = [_SLIGHTLY - math.log10(2 * n) for _, n in telling]
    decimals = min(_MOST_DECIMALS, math.floor(max(room)))
    digits = min(
        _MOST_DIGITS,
        max(math.floor(math.floor(p + _SLIGHTLY) + r) for p, r in zip(powers, room, strict=True)),
    )
    return _off(telling, (10.0**-decimals for _ in telling)) and _off(
        telling, (10.0 ** (math.floor(p - _SLIGHTLY) - digits) for p in powers)
    )


def _off(telling: Sequence[tuple[float, float]], steps: Iterable[float]) -> bool:
    """Is some value off its grid? telling: each with its noise."""
    return any(
        2 * noise < step and abs(value - round(value / step) * step) > 1.0001 * noise
        for (value, noise), step in zip(telling, steps, strict=False)
    )


def _coarsest(
    value: Array, steps: Array, noise: Array, telling: npt.NDArray[np.intp]
) -> tuple[float, Array] | None:
    """The coarsest grid that all values lie on and that is not there by chance, and how probable that is.

    steps: shape (k, n), coarse to fine. telling: the elements that count for the probability.
    """
    chances = np.prod(np.minimum(1.0, 2 * noise[telling] / steps[:, telling]), axis=1)
    likely = np.flatnonzero(chances > _BY_CHANCE)
    steps = steps[: likely[0]] if likely.size else steps
    lies = (np.abs(value - np.round(value / steps) * steps) <= noise).all(axis=1)
    fitting = np.flatnonzero(lies)
    return (float(chances[fitting[0]]), steps[fitting[0]]) if fitting.size else None
