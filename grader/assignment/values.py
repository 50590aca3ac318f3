"""Reference values and the float error that an honest computation of them may show (pure)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rubric.schema import Tolerance

Array = npt.NDArray[np.float64]


def moves(worlds: Sequence[Array], tolerance: Tolerance) -> bool:
    """Does a quantity differ between the worlds? What does not can't show that it was computed."""
    first = worlds[0]
    return any(bool((np.abs(v - first) > margin(first, tolerance)).any()) for v in worlds[1:])


def near(one: Array, other: Array, tolerance: Tolerance) -> bool:
    """Are they the same but for the float error of two honest computations, taken amply?"""
    return one.shape == other.shape and bool((np.abs(one - other) <= 10 * margin(one, tolerance)).all())


def margin(values: Array, tolerance: Tolerance) -> float:
    """Absolute float error granted to an honest computation of this tensor."""
    return tolerance.atol + tolerance.rtol * magnitude(values)


def magnitude(values: Array) -> float:
    """The largest finite one, without its sign; 0 where there is none."""
    largest = float(np.maximum.reduce(np.abs(values), axis=None, initial=0.0))
    if math.isfinite(largest):
        return largest
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0
