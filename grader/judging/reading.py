"""What each print shows and is called: values looked up, labels understood (pure)."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from grader.assignment.vocabulary import Meaning, Vocabulary
from grader.judging.book import Book, TargetView
from grader.judging.pairing import Slot, alike
from grader.judging.rounded import as_rounded
from grader.judging.source import Code
from grader.models import Cell, PrintedTensor

Movement = Literal["moves", "constant", "absent"]

_COUNT = re.compile(r"\d+")
_STEP = re.compile(r"\b(?:step|schritt|étape|part|teil)\W{0,3}\d{1,2}\b", re.IGNORECASE)  # of the exercise


@dataclass(frozen=True, slots=True)
class Reading:
    """One print, understood.

    exact: views of canonical quantities that fit in every world in which the print appeared.
    handout: views that fit in the handout's world, whatever the others show.
    meant: the check that the label means; where a label fits several, the one whose size the print has.
    called: the label itself says so, or where there is none the line above; a context (code, heading) alone
        does not count.
    aside: its label, the line above, its section or the heading says that it stands beside the answer.
    movement: does the print change between the worlds; absent: it did not appear in all of them.
    """

    slot: Slot
    meaning: Meaning
    meant: str | None
    called: bool
    exact: tuple[TargetView, ...]
    handout: tuple[TargetView, ...]
    aside: bool
    movement: Movement

    @property
    def order(self) -> int:
        return self.slot.order

    @property
    def size(self) -> int:
        return len(self.slot.first.values)

    @property
    def seen_everywhere(self) -> bool:
        return self.movement != "absent"


def read(
    slots: Sequence[Slot],
    book: Book,
    vocabulary: Vocabulary,
    code: Code,
    cells: Sequence[Cell],
    sizes: Mapping[str, int],
    quantities: Mapping[str, str],
) -> tuple[Reading, ...]:
    """Look every print up among the canonical quantities and understand its label.

    sizes: check id → number of elements of its reference; quantities: check id → what it asks for.
    """
    expressions = _expressions(slots, code)
    headings = headings_above(cells)
    titles = _titles_above(cells)
    readings = []
    for original in slots:
        slot = replace(original, prints=tuple(p and as_rounded(p) for p in original.prints))
        printed = slot.first
        above = printed.above if printed.above_distance else ""
        expression = expressions.get(slot.order, "")
        near = [above, expression] if printed.above_distance == 1 else [expression, above]
        contexts = [printed.after, *near, code.shown(printed.cell), headings.get(printed.cell, "")]
        around = (above, printed.section, *titles.get(printed.cell, ()))
        worlds = range(len(slot.prints))
        meaning = vocabulary.meaning(printed.label, *(c for c in contexts if c))
        fitting = [c for c in meaning.options if sizes[c] == len(printed.values)]
        if len(printed.values) == 1 and not fitting:  # "softmax loss: 1.1" is no tensor of probabilities
            fitting = [c for c in meaning.checks if sizes[c] == 1 and not meaning.names_background]
        meant = fitting[0] if len(fitting) == 1 else meaning.check
        # one number is like many others: it is no element of a tensor where it is called one number
        label = printed.label or (above if printed.above_distance == 1 else "")
        single = len(printed.values) == 1 and meant in vocabulary.meaning(label).options and sizes[meant] == 1
        called = {quantities[c] for c in meaning.checks} if single else set()
        exact, handout = (book.lookup(slot, among) for among in (worlds, [0]))
        readings.append(
            Reading(
                slot=slot,
                meaning=meaning,
                meant=meant,
                called=bool(vocabulary.meaning(label).options),
                exact=_shown(exact, whole=single, called=called),
                handout=_shown(handout, whole=single, called=called),
                aside=vocabulary.aside(printed.label, *(_STEP.sub("", t, count=1) for t in around)),
                movement=movement(slot),
            )
        )
    return tuple(readings)


def _shown(views: Sequence[TargetView], *, whole: bool, called: Collection[str]) -> tuple[TargetView, ...]:
    """Them all; only whole ones and those `called` so where asked for."""
    return tuple(v for v in views if v.whole or not whole or v.target.quantity in called)


def movement(slot: Slot) -> Movement:
    """Do the numbers of a print differ between the runs, beyond the digits that were printed?"""
    first, *others = slot.prints
    there = [p for p in others if p is not None]
    if first is None or len(there) < len(others):
        return "absent"
    finite = all(map(math.isfinite, first.values))
    still = there and finite and all(_same(first, p) for p in there)
    return "constant" if still else "moves"


def _same(first: PrintedTensor, other: PrintedTensor) -> bool:
    """One number alone has as many digits in every world, or all that it has: `1.0` is no `0.9545454545`."""
    if first.form == other.form == "number":
        finer = tuple(map(min, first.half_unit, other.half_unit))
        first, other = replace(first, half_unit=finer), replace(other, half_unit=finer)
    return alike(first, other, rtol=1e-7)


def named_like(reading: Reading) -> str:
    """Its label, whatever turn it counts: alike for all prints of a loop."""
    return _COUNT.sub("#", reading.slot.first.label)


def _expressions(slots: Sequence[Slot], code: Code) -> dict[int, str]:
    """The source expression behind a print, where order makes it certain."""
    per_cell: dict[tuple[int, bool], list[Slot]] = defaultdict(list)
    for slot in slots:
        per_cell[slot.first.cell, slot.first.channel == "result"].append(slot)
    found: dict[int, str] = {}
    for (index, is_result), prints in per_cell.items():
        cell = code.cell(index)
        if cell is None:
            continue
        sources: Sequence[str] = cell.printed
        if is_result:
            sources = cell.result_parts if len(cell.result_parts) == len(prints) else [cell.result]
        if len(sources) == len(prints):
            found.update({slot.order: text for slot, text in zip(prints, sources, strict=True)})
    return found


def headings_above(cells: Sequence[Cell]) -> Mapping[int, str]:
    """For each code cell, the last line of text in the Markdown cell directly above it."""
    return {index: titles[0].strip(" #*_") for index, titles in _titles_above(cells).items() if titles}


def _titles_above(cells: Sequence[Cell]) -> Mapping[int, tuple[str, ...]]:
    """For each code cell, the last line and the last heading of the Markdown cell directly above it."""
    found: dict[int, tuple[str, ...]] = {}
    for cell, after in pairwise(cells):
        if cell.kind == "markdown" and after.kind == "code":
            lines = [line.strip(" *_") for line in cell.source.splitlines() if line.strip(" #*_")]
            titles = [line for line in lines if line.startswith("#")]
            found[after.index] = tuple(dict.fromkeys(t[:200] for t in (*lines[-1:], *titles[-1:])))
    return found
