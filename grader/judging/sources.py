"""By what values were computed that nothing explains: told by a factor, or by what stands near (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from grader.assignment.values import Array
from grader.judging.book import Source
from grader.judging.books import Books
from grader.judging.evidence import joined
from grader.judging.match import Candidate, Candidates
from grader.judging.source import Code
from grader.models import PrintedTensor
from rubric.schema import TensorCheck

References = Sequence[Mapping[str, Array]]
_NAMES = ("backward", "autograd", "grad", "torch.func", "requires_grad", "requires_grad_", "jacobian")
_ALIKE = 1e-3  # a factor that is the same in both worlds, relative


def no_autograd_behind(cell: int, code: Code) -> bool:
    """Is there nothing of autograd in the code of a cell, nor in what made what it uses?"""
    reach = code.reach(cell)
    return bool(reach) and not any(code.uses(name, reach) for name in _NAMES)


def with_sources(candidates: Candidates, books: Books, code: Code) -> dict[str, tuple[Candidate, ...]]:
    """The same candidates, where a source is unknown with that of a factor, of their cell or code."""
    quantities = {c.id: c.quantity for c in books.checks if c.by_autograd}

    def told(candidate: Candidate, quantity: str) -> Candidate:
        if candidate.source != "unknown":
            return candidate
        source = _by_factor(candidate, quantity, books)
        by_name = candidate.kind in ("named", "placed")
        if source == "unknown" and by_name and no_autograd_behind(candidate.cell, code):
            source = "other means"
        return replace(candidate, source=source)

    return {
        check: tuple(told(c, quantities[check]) for c in found) if check in quantities else found
        for check, found in candidates.items()
    }


def by_hand_or_autograd(candidates: Candidates, checks: Sequence[TensorCheck]) -> tuple[bool, bool]:
    """Are right derivatives of other means alone; is a right one, or else a wrong one, autograd's?"""
    found = [c for check in checks if check.by_autograd for c in candidates.get(check.id, ())]
    right = {c.source for c in found if c.kind == "right"}
    otherwise = "other means" in right
    if "autograd" in right:
        return False, True
    return otherwise, not otherwise and any(c.source == "autograd" for c in found)


def _by_factor(candidate: Candidate, quantity: str, books: Books) -> Source:
    """Is it the expected value times a factor that is the same in every world, by one way to compute it?"""
    if not candidate.seen_everywhere:
        return "unknown"
    prints = [joined(candidate, world) for world in range(len(books.references))]
    if any(len(p.values) != r[quantity].size for p, r in zip(prints, books.references, strict=True)):
        return "unknown"
    ways: dict[Source, References] = {"autograd": books.references, "other means": books.by_other_means}
    fitting = [source for source, way in ways.items() if _scales(prints, [r[quantity].ravel() for r in way])]
    return fitting[0] if len(fitting) == 1 else "unknown"


def _scales(prints: Sequence[PrintedTensor], expected: Sequence[Array]) -> bool:
    """Is the largest element, in each world, what is expected times one factor?"""
    biggest = int(np.argmax(np.abs(expected[-1])))
    if not expected[-1][biggest] or not np.isfinite(prints[-1].values[biggest]):
        return False
    factor = prints[-1].values[biggest] / expected[-1][biggest]
    return bool(factor) and all(
        abs(p.values[biggest] - factor * e[biggest]) <= p.half_unit[biggest] + _ALIKE * abs(p.values[biggest])
        for p, e in zip(prints, expected, strict=True)
    )
