"""Values that a notebook rounded itself, whatever number of digits it then prints (pure)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grader.assignment import Array
from grader.models import PrintedTensor

_BY_CHANCE = 2e-2  # how probable a grid may be in values that were not rounded
_TINY = float(np.finfo(np.float64).tiny)


def as_rounded(printed: PrintedTensor) -> PrintedTensor:
    """Recognise values that the notebook rounded itself: the honest interval is half a step of their grid.

    ``tensor.round(decimals=4)`` printed to ten digits shows 0.7311000228: all elements lie on a decimal
    grid much coarser than the print. Of ``float(f"{x:.3g}")`` each has a grid of its own: three
    significant digits, whatever stands behind them.
    """
    value = np.asarray(printed.values)
    half = np.asarray(printed.half_unit)
    if value.size < 2 or not np.isfinite(value).all() or np.count_nonzero(value) < 2:
        return printed
    if (value == np.round(value)).all():
        return printed
    noise = 1.2e-7 * np.abs(value) + half
    _, distinct = np.unique(np.abs(value), return_index=True)
    telling = distinct[value[distinct] != 0]
    magnitude = np.floor(np.log10(np.where(value != 0, np.abs(value), 1.0)))
    decimal = (np.full(value.size, 10.0**-d) for d in range(1, 11))
    # zero has no digit to be rounded at
    significant = (np.where(value != 0, 10.0 ** (magnitude - d), _TINY) for d in range(1, 8))
    grids = []
    for steps in (decimal, significant):
        for step in steps:
            chance = float(np.prod(np.minimum(1.0, 2 * noise[telling] / step[telling])))
            if chance > _BY_CHANCE:
                break
            if _lies_on(value, step, noise):
                grids.append((chance, tuple(np.maximum(step / 2, half).tolist())))
                break
    return replace(printed, half_unit=min(grids)[1]) if grids else printed


def _lies_on(value: Array, step: Array, noise: Array) -> bool:
    return bool((np.abs(value - np.round(value / step) * step) <= noise).all())
