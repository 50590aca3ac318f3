"""One entry of the list of misconceptions, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass

from rubric.schema import Mistake

from .choices import Variation


@dataclass(frozen=True, slots=True)
class Known:
    """A misconception: what is told about it, and which choices it is."""

    mistake: Mistake
    variation: Variation


def known(
    id: str,
    touches: str,
    message: str,
    detail: str,
    variation: Variation,
    *,
    signs: str = "",
    easier: bool = False,
    rare: bool = False,
) -> Known:
    """touches and signs: words, separated by spaces; see `rubric.schema.Mistake`."""
    words = frozenset(signs.split())
    return Known(Mistake(id, message, detail, frozenset(touches.split()), easier, words, rare), variation)
