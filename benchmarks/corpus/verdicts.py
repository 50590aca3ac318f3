"""The truth about each check of a plan, decided by this package's own numpy computation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .mistakes import Plan
from .truth import CHECKS, DIFFERENT, GRADIENTS, SAME, WORLDS, Array, Values, compute, distance, right

Status = Literal["right", "wrong", "missing", "partial", "either"]


@dataclass(frozen=True)
class Fact:
    """status: either means that the value is there and right, under another check's label.

    share: of entries that are right, where some but not all are. gap: how far the shown values are from
    the right ones in the world that shows it best, relative to the tensor.
    """

    status: Status
    share: float = 0.0
    gap: float = 0.0


class UnclearError(Exception):
    """The plan's values differ from the right ones by no more than float noise: nothing to decide."""


def facts(plan: Plan, *, layers_apart: bool = False, gradients_apart: bool = False) -> dict[str, Fact]:
    """The truth for each of the nine numeric checks.

    apart: each of these prints stands in a cell of its own, so that an error ends no other.

    Raises UnclearError where right and wrong can't be told apart with certainty.
    """
    found = {check: _fact(plan, check) for check in CHECKS}
    if plan.error == "loss":
        found |= dict.fromkeys(GRADIENTS, Fact("missing"))
    elif plan.error:
        group, apart = (GRADIENTS, gradients_apart) if plan.error in GRADIENTS else (CHECKS[:3], layers_apart)
        for check in [plan.error] if apart else group[group.index(plan.error) :]:
            found[check] = Fact("missing")
    return found


def _fact(plan: Plan, check: str) -> Fact:
    shown = plan.shown[check]
    if not shown or shown.endswith((":shape", ":norm")):
        return Fact("missing")
    if check in GRADIENTS and plan.grads == "before":
        return Fact("missing")
    if check in GRADIENTS and plan.grads == "zeroed":
        return Fact("wrong", gap=1.0)
    if plan.no_bias and check in ("db1", "db2", "db3"):
        return Fact("missing")
    cut = {"h1": ("dW1", "db1"), "h2": ("dW1", "db1", "dW2", "db2")}.get(plan.detach, ())
    if check in cut:
        return Fact("missing")
    if shown.endswith(":typed"):
        return Fact("wrong", gap=1.0)
    if plan.unseeded or (plan.default_init and not shown.startswith("x")):
        return Fact("wrong", gap=1.0)
    if check in plan.swapped:
        inner = _compared(plan, check, check)
        return Fact("either") if inner.status == "right" else inner
    return _compared(plan, check, shown)


def _compared(plan: Plan, check: str, shown: str) -> Fact:
    """Compare what is shown with what is right, in every world."""
    gaps, agreeing = [], None
    for world in WORLDS:
        values, expected = shown_values(compute(plan.recipe, world), shown), right(world)[check]
        gaps.append(distance(values, expected))
        if values.shape == expected.shape:
            close = np.abs(values - expected) <= SAME * np.max(np.abs(expected))
            agreeing = close if agreeing is None else agreeing & close
    if shown.endswith(":first"):
        rest = _compared(plan, check, check)
        return Fact("partial", 0.2, 1.0) if rest.status == "right" else Fact("wrong", gap=1.0)
    if shown.endswith(":one"):
        rest = _compared(plan, check, check)
        size = right(WORLDS[0])[check].size
        return Fact("partial", 1 - 1 / size, 1.0) if rest.status == "right" else rest
    gap = max(gaps)
    if gap <= SAME:
        return Fact("right")
    if gap < DIFFERENT:
        raise UnclearError(f"{check}: differs by {gap:.1e} of its magnitude")
    share = float(agreeing.mean()) if agreeing is not None else 0.0
    return Fact("partial", share, gap) if share >= 0.5 else Fact("wrong", share, gap)


def shown_values(values: Values, shown: str) -> Array:
    """The values behind a `Plan.shown` entry, in the handout's layout."""
    name, _, treatment = shown.removeprefix("-").partition(":")
    value = values[name]
    if shown.startswith("-"):
        value = -value
    if treatment == "first":
        value = value[:, :1]
    return value
