"""Values that stand in a picture: only a person can read them (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.models import Output, Said
from rubric.schema import TensorCheck

_WRITES = re.compile(r"\bannot\s*=\s*(?!False|None)|\.(?:text|annotate|table|figtext|bar_label)\(")


def in_a_picture(check: TensorCheck, outputs: Sequence[Output], code: Code) -> Decision | None:
    """`review` where the notebook showed a picture, and its code writes text into pictures; else None.

    An annotated heatmap shows a tensor as well as a print does.
    """
    shown = next((o.cell for o in outputs if o.image is not None), None)
    if shown is None or not any(_WRITES.search(cell.source) for cell in code.cells):
        return None
    text = Said(
        "It was not printed; a person looks whether a picture shows it (cell {cell}).", {"cell": shown + 1}
    )
    return Decision(check.id, "review", None, text)
