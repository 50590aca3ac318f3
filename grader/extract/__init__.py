"""Output text → printed tensors: everything that looks like a value, with its precision and place.

Pure, never raises on any text, linear in the text's length. Bounded: of one output, at most
`MAX_TENSORS` tensors and about `MAX_VALUES` values are kept, half from the beginning and half from
the end; of one tensor the first `MAX_VALUES_PER_TENSOR` values (then it counts as elided).
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.extract.nodes import MAX_TENSORS, MAX_VALUES, MAX_VALUES_PER_TENSOR
from grader.extract.read import extract_text
from grader.models import Output, PrintedTensor

__all__ = ["MAX_TENSORS", "MAX_VALUES", "MAX_VALUES_PER_TENSOR", "extract", "extract_text"]


def extract(outputs: Sequence[Output]) -> tuple[PrintedTensor, ...]:
    """Every printed tensor of these outputs, in order. Tracebacks (kind `error`) hold none.

    Spans count characters of `Output.text`. Where only the output's HTML table could be read,
    the span is the whole text.
    """
    found: list[PrintedTensor] = []
    for output in outputs:
        if output.kind == "error":
            continue
        found.extend(extract_text(output.text, cell=output.cell, output=output.index, channel=output.kind))
    return tuple(found)
