"""Are the outputs saved in the uploaded file those that the notebook prints when it is run? (pure)

Stored outputs are claims, never graded. They are compared with the run so that a person learns when
a file shows something its code does not print.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from grader.extract import extract_text, pieces
from grader.judging.pairing import alike
from grader.models import Cell, Flag, Output, PrintedTensor, Said

_LONGEST = 200_000  # characters of one cell's stored output that are read
_COMPARED = 100_000  # times that a print saved is laid beside one of the run, in a notebook


def compare_stored(cells: Sequence[Cell], printed: Sequence[PrintedTensor]) -> list[Flag]:
    """A flag naming the cells whose stored tensors the run did not print.

    printed: what the run printed, in the handout's world. Single numbers (timings, counters) and
    values that differ in the last printed digit are not compared, nor is what comes after `_COMPARED`
    comparisons: where a file says what the run prints, in its order, each of its prints needs one.
    """
    different: list[int] = []
    by_cell: dict[int, list[PrintedTensor]] = defaultdict(list)
    for tensor in printed:
        by_cell[tensor.cell].append(tensor)
    left = _COMPARED
    for cell in cells:
        if cell.kind != "code" or not cell.stored:
            continue
        said = Output(cell=cell.index, index=0, kind="stdout", text=cell.stored)
        # as what was run is read
        read = "".join(p.output.text for p in pieces([said]) if not p.left_out)[:_LONGEST]
        claimed = [t for t in extract_text(read, cell=cell.index) if len(t.values) > 1]
        here = by_cell[cell.index]
        at = 0  # behind the print that was found last
        for claim in claimed:
            for tried in range(min(len(here), left)):
                ran, far = here[(at + tried) % len(here)], float(np.abs(claim.values).max())
                if alike(claim, ran, units=2, atol=1e-5 * far):
                    left, at = left - tried - 1, at + tried + 1
                    break
            else:
                left -= len(here)
                if left >= 0:
                    different.append(cell.index + 1)
                break
    if not different:
        return []
    text = Said(
        "The outputs saved in cell {cells} are not what the notebook prints when it is run.",
        {"cells": tuple(different)},
    )
    return [Flag.of("stored_outputs_differ", text)]
