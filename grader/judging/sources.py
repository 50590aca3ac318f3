"""By what values were computed that nothing explains: told by a factor, or by what stands near (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.assignment.values import Array
from grader.judging.book import Source
from grader.judging.evidence import joined
from grader.judging.match import Candidate, Candidates
from grader.judging.source import Code
from rubric.schema import TensorCheck

References = Sequence[Mapping[str, Array]]
_NAMES = ("backward", "autograd", "grad", "torch.func", "requires_grad", "requires_grad_", "jacobian")
_ALIKE = 1e-3  # a factor that is the same in both worlds, relative


@dataclass(frozen=True, slots=True)
class DerivativeSources:
    """What derivatives come from: any of autograd, right ones of it, right ones of other means."""

    autograd: bool
    right_by_autograd: bool
    right_otherwise: bool


def no_autograd_behind(cell: int, code: Code) -> bool:
    """Is there nothing of autograd in the code of a cell, nor in what made what it uses?"""
    reach = code.reach(cell)
    return bool(reach) and not any(code.uses(name, reach) for name in _NAMES)


def with_sources(
    candidates: Candidates,
    checks: Sequence[TensorCheck],
    references: tuple[References, References],
    code: Code,
) -> dict[str, tuple[Candidate, ...]]:
    """The same candidates, where a source is unknown with that of a constant factor, of their cell or code.

    references: by autograd, and by other means.
    """
    autograd, otherwise = references
    asked = {c.id: c.quantity for c in checks if c.by_autograd}
    known = {
        check: tuple(
            c
            if c.source != "unknown"
            else replace(c, source=_by_factor(c, asked[check], autograd, otherwise))
            for c in found
        )
        for check, found in candidates.items()
        if check in asked
    }

    def told(candidate: Candidate) -> Candidate:
        if candidate.source != "unknown" or candidate.kind not in ("named", "placed"):
            return candidate
        return (
            replace(candidate, source="other means")
            if no_autograd_behind(candidate.cell, code)
            else candidate
        )

    return {**candidates, **{check: tuple(map(told, found)) for check, found in known.items()}}


def seen(candidates: Candidates, checks: Sequence[TensorCheck]) -> DerivativeSources:
    """What the derivatives that were printed come from."""
    found = [c for check in checks if check.by_autograd for c in candidates.get(check.id, ())]
    right = {c.source for c in found if c.kind == "right"}
    return DerivativeSources(
        autograd=any(c.source == "autograd" for c in found),
        right_by_autograd="autograd" in right,
        right_otherwise="other means" in right,
    )


def _by_factor(candidate: Candidate, quantity: str, autograd: References, otherwise: References) -> Source:
    """Is it the expected value times a factor that is the same in every world, by one way to compute it?"""
    if not candidate.seen_everywhere:
        return "unknown"
    prints = [joined(candidate, world) for world in range(len(autograd))]
    if any(len(p.values) != r[quantity].size for p, r in zip(prints, autograd, strict=True)):
        return "unknown"
    ways: dict[Source, References] = {"autograd": autograd, "other means": otherwise}
    fitting: list[Source] = []
    for source, references in ways.items():
        known, expected = np.asarray(prints[-1].values), references[-1][quantity].ravel()
        biggest = int(np.argmax(np.abs(expected)))
        factor = known[biggest] / expected[biggest] if expected[biggest] else np.nan
        if (
            np.isfinite(factor)
            and factor
            and all(
                abs(p.values[biggest] - factor * r[quantity].ravel()[biggest])
                <= p.half_unit[biggest] + _ALIKE * abs(p.values[biggest])
                for p, r in zip(prints, references, strict=True)
            )
        ):
            fitting.append(source)
    return fitting[0] if len(fitting) == 1 else "unknown"
