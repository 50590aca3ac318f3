"""Prints made by hand, for tests that start after extraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from grader.models import PrintedTensor

Array = npt.NDArray[np.float64]


def show(
    values: Array, label: str = "", *, decimals: int = 4, cell: int = 1, above: str = ""
) -> PrintedTensor:
    """What `print(label, values)` would be extracted as, at a fixed number of decimals."""
    values = np.asarray(values, dtype=np.float64)
    rounded = np.round(values, decimals).ravel()
    return PrintedTensor(
        values=tuple(rounded.tolist()),
        half_unit=(0.5 * 10.0**-decimals,) * rounded.size,
        shape=values.shape,
        elided=False,
        form="tensor",
        label=label,
        after="",
        above=above,
        above_distance=1 if above else 0,
        cell=cell,
        output=0,
        span=(0, 1),
        channel="stdout",
    )


def in_worlds(
    worlds: Sequence[Mapping[str, Array]],
    prints: Sequence[tuple[str, str]],
    *,
    decimals: Sequence[int] = (4, 12),
    cell: int = 1,
) -> list[list[PrintedTensor]]:
    """The same (label, quantity) prints in every world; decimals: per world."""
    return [
        [show(world[quantity], label, decimals=d, cell=cell) for label, quantity in prints]
        for world, d in zip(worlds, decimals, strict=True)
    ]
