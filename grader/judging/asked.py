"""What a rubric allows for a quantity: other values, signs, an order, a layout, a tolerance (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.assignment.values import Array, margin
from grader.judging.book import Target, with_signs
from grader.judging.free import Arrange, laid_as, left_free
from rubric.schema import Rubric, TensorCheck

Worlds = tuple[Array, ...]
Bounds = Mapping[str, Sequence[Sequence[tuple[Array, float]]]]
"""quantity → each of its right values → in every world: the value, and the distance that is none"""


class Asked:
    """The quantities that a rubric's checks ask for, and in which forms each is right.

    quantities: those whose value is asked; one that is right within bounds is none.
    """

    def __init__(self, rubric: Rubric) -> None:
        self.checks: tuple[TensorCheck, ...] = tuple(c for c in rubric.tensor_checks() if not c.bounded)
        self.quantities = frozenset(c.quantity for c in self.checks)
        self._by_quantity = {c.quantity: c for c in self.checks}
        self._tolerance = {q: rubric.tolerance_of(q) for q in self.quantities}
        self._signs = frozenset(c.quantity for c in self.checks if c.sign != "fixed")
        self._left_free = {c.quantity: left_free(c) for c in self.checks}

    def references(self, references: Sequence[Mapping[str, Array]]) -> list[Target]:
        """Every quantity of the solution; one that is as right as another is filed as that one, too."""
        others = {name for c in self.checks for name in c.also} - self.quantities
        known = [name for name in references[0] if name not in others]
        named = [
            (quantity, name)
            for quantity in known
            for name in (quantity, *(self._by_quantity[quantity].also if quantity in self.quantities else ()))
        ]
        return [Target(quantity, (), tuple(r[name] for r in references)) for quantity, name in named]

    def forms(self, targets: Iterable[Target]) -> list[Target]:
        """The same as they are asked: in every sign, with their tolerance and layout."""
        made = [self._as_asked(t) if t.quantity in self.quantities else t for t in targets]
        return with_signs(made, self._signs)

    def _as_asked(self, target: Target) -> Target:
        check = self._by_quantity[target.quantity]
        if check.tolerance is None and check.layout != "fixed":
            return target
        return replace(target, tolerance=check.tolerance, fixed=check.layout == "fixed")

    def free(self, targets: Iterable[Target]) -> list[tuple[Target, Arrange]]:
        """Targets of which the order or signs are free, with what is."""
        return [(t, arrange) for t in targets for arrange in self._left_free.get(t.quantity, ())]

    def right(self, quantity: str, references: Sequence[Mapping[str, Array]]) -> list[Worlds]:
        """Every value of a quantity that is right, in each world, but for sign and order."""
        names = (quantity, *self._by_quantity[quantity].also)
        return [tuple(r[name] for r in references) for name in names]

    def in_every_sign(self, quantity: str, references: Sequence[Mapping[str, Array]]) -> list[Worlds]:
        """The same with every sign that it may have in each world."""
        targets = [Target(quantity, (), right) for right in self.right(quantity, references)]
        return [target.values for target in with_signs(targets, self._signs)]

    def bounds(self, references: Sequence[Mapping[str, Array]]) -> Bounds:
        """For each quantity every right value and how far from it an honest computation may be."""
        return {
            quantity: [
                [(r, 4 * margin(r, self._tolerance[quantity])) for r in right]
                for right in self.right(quantity, references)
            ]
            for quantity in self.quantities
        }

    def differs(self, quantity: str, values: Worlds, bounds: Bounds) -> bool:
        """Is this, in some world, none of the right values, by more than an honest computation errs?"""
        return not any(
            all(
                v.shape == r.shape and self._distance(quantity, v, r) <= most
                for v, (r, most) in zip(values, right, strict=True)
            )
            for right in bounds[quantity]
        )

    def _distance(self, quantity: str, value: Array, right: Array) -> float:
        for arrange in self._left_free[quantity]:
            value = laid_as(value, right, arrange)
        far = _largest(value - right)
        return min(far, _largest(value + right)) if quantity in self._signs else far


def _largest(difference: Array) -> float:
    return float(np.maximum.reduce(np.abs(difference), axis=None, initial=0.0))
