"""What each print shows and is called: values looked up, labels understood (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal

from grader.assignment.vocabulary import Meaning, Vocabulary
from grader.judging.book import Book, TargetView
from grader.judging.pairing import Slot
from grader.judging.rounded import as_rounded
from grader.judging.source import Code
from grader.models import Cell, PrintedTensor

Movement = Literal["moves", "constant", "absent"]

_COUNT = re.compile(r"\d+")
_STEP = re.compile(r"\W*(?:step|schritt|étape|part|teil)\W{0,3}\d{1,2}\b", re.IGNORECASE)  # of the exercise


@dataclass(frozen=True, slots=True)
class Reading:
    """One print, understood.

    exact: views of canonical quantities that fit in every world in which the print appeared.
    handout: views that fit in the handout's world, whatever the others show.
    meant: the check that the label means; where a label fits several, the one whose size the print has.
    called: the label itself says so; a context (line above, code, heading) alone does not count.
    unknown: words of its own label that the rubric does not know.
    aside: its label, the line above, its section or the heading says that it stands beside the answer.
    movement: does the print change between the worlds; absent: it did not appear in all of them.
    """

    slot: Slot
    meaning: Meaning
    meant: str | None
    called: bool
    unknown: frozenset[str]
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
    singles = 1 in sizes.values()
    readings = []
    for original in slots:
        slot = replace(original, prints=tuple(p and as_rounded(p) for p in original.prints))
        printed = slot.first
        above = printed.above if printed.above_distance else ""
        expression = expressions.get(slot.order, "")
        near = [above, expression] if printed.above_distance == 1 else [expression, above]
        cell = code.cell(printed.cell)
        contexts = [printed.after, *near, cell.shown if cell else "", headings.get(printed.cell, "")]
        around = (above, printed.section, *titles.get(printed.cell, ()))
        worlds = range(len(slot.prints))
        meaning = vocabulary.meaning(printed.label, *(c for c in contexts if c))
        if len(printed.values) == 1 and singles:
            # what else stands in the cell may speak of another number
            meaning = vocabulary.meaning(printed.label, *(c for c in (printed.after, *near) if c))
        fitting = [c for c in meaning.options if sizes[c] == len(printed.values)]
        if len(printed.values) == 1 and not fitting:  # "softmax loss: 1.1" is no tensor of probabilities
            fitting = [c for c in meaning.checks if sizes[c] == 1 and not meaning.names_background]
        meant = fitting[0] if len(fitting) == 1 else meaning.check
        # a row of zeros is like any other zeros: it shows a piece of what it is called
        nothing = not any(v for p in slot.prints if p for v in p.values)
        piece = meant is not None and len(printed.values) < sizes[meant]
        wanted = quantities[meant] if meant is not None and nothing and piece else None
        # so is one number like many others: it is no element of a tensor where it is called one number
        single = meant is not None and len(printed.values) == sizes[meant] == 1
        called = {quantities[c] for c in meaning.checks} if single else set()
        exact, handout = (book.lookup(slot, among) for among in (worlds, [0]))
        readings.append(
            Reading(
                slot=slot,
                meaning=meaning,
                meant=meant,
                called=bool(vocabulary.meaning(printed.label).options),
                unknown=vocabulary.unknown(printed.label),
                exact=_shown(exact, wanted, whole=single, called=called),
                handout=_shown(handout, wanted, whole=single, called=called),
                aside=vocabulary.aside(printed.label, *(_STEP.sub("", t, count=1) for t in around)),
                movement=movement(slot),
            )
        )
    return tuple(readings)


def _shown(
    views: Sequence[TargetView], quantity: str | None, *, whole: bool, called: Collection[str]
) -> tuple[TargetView, ...]:
    """Those of a quantity, where one is given; only whole ones and those `called` so where asked for."""
    return tuple(
        v
        for v in views
        if (v.whole or not whole or v.target.quantity in called) and quantity in (None, v.target.quantity)
    )


def movement(slot: Slot) -> Movement:
    """Do the numbers of a print differ between the runs, beyond the digits that were printed?"""
    first, *others = slot.prints
    if first is None or any(p is None for p in others):
        return "absent"
    if any(other is not None and _differ(first, other) for other in others):
        return "moves"
    return "constant" if others else "moves"


def _differ(a: PrintedTensor, b: PrintedTensor) -> bool:
    return len(a.values) != len(b.values) or not all(
        abs(v - w) <= h + k + 1e-7 * abs(v)
        for v, h, w, k in zip(a.values, a.half_unit, b.values, b.half_unit, strict=True)
    )


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

    @cache
    def last_line(index: int) -> str:
        lines = [line.strip(" #*_") for line in by_index[index].source.splitlines() if line.strip(" #*_")]
        return lines[-1][:200] if lines else ""

    by_index = {c.index: c for c in cells if c.kind == "markdown"}
    return {c.index: last_line(c.index - 1) for c in cells if c.kind == "code" and (c.index - 1) in by_index}


def _titles_above(cells: Sequence[Cell]) -> Mapping[int, tuple[str, ...]]:
    """For each code cell, the last line and the last heading of the Markdown cell directly above it."""
    found: dict[int, tuple[str, ...]] = {}
    for cell, after in pairwise(cells):
        if cell.kind == "markdown" and after.kind == "code":
            lines = [line.strip(" *_") for line in cell.source.splitlines() if line.strip(" #*_")]
            titles = [line for line in lines if line.startswith("#")]
            found[after.index] = tuple(dict.fromkeys(t[:200] for t in (*lines[-1:], *titles[-1:])))
    return found
