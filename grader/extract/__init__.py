"""Output text → printed tensors: everything that looks like a value, with its precision and place.

Pure, never raises on any text, linear in the text's length. Bounded: of a long loop the first and the last
turns are read (`loops`); of one run, however many outputs it has, at most `MAX_TENSORS` tensors and about
`MAX_VALUES` values are kept, half from the beginning and half from the end; of one tensor the first
`MAX_VALUES_PER_TENSOR` values (then it counts as elided).
A tensor without elements is no value.

What a caller should know beyond `PrintedTensor`:

- Half units follow the form. `tensor([0., 1.])` is exact (torch prints bare points only where all
  elements are whole); in numpy's fixed notation the longest element tells the precision of all,
  so `[0. 0.]` says no more than ±0.5 (it may have been rounded); zero with an exponent is exact.
- Rows printed line by line are one tensor of form `row`, shape (rows, columns), numbers one a
  line too: (n, 1). Whether rows belong together is for the caller to say; a blank line, a word or
  another length parts them. A row or number that stands alone has shape (n,) or ().
- Entries one a line (`dW1[0,0] -0.0997`) whose indices fill a grid are one `row` labelled `dW1`.
- The elements of a tuple, list or dict of tensors are tensors of their own, in order; the name of
  the whole is their `above`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from grader.extract.attach import Channel, attach_labels
from grader.extract.entries import drop_row_numbers, join_entries, join_lines, stack_rows
from grader.extract.html import extract_html
from grader.extract.loops import KEPT_LINES, Piece, pieces
from grader.extract.nodes import MAX_TENSORS, MAX_VALUES, MAX_VALUES_PER_TENSOR, Node, Sink
from grader.extract.read import read_nodes
from grader.extract.spelling import plain_spelling, power_behind, unadorned
from grader.models import Output, PrintedTensor

__all__ = [
    "KEPT_LINES",
    "MAX_TENSORS",
    "MAX_VALUES",
    "MAX_VALUES_PER_TENSOR",
    "Piece",
    "Sink",
    "extract",
    "extract_output",
    "extract_piece",
    "extract_text",
    "pieces",
]


def _unheard() -> None:
    """For whom it makes no difference."""


def extract(outputs: Sequence[Output]) -> tuple[PrintedTensor, ...]:
    """Every printed tensor of these outputs, in order. Tracebacks (kind `error`) hold none.

    Spans count characters of `Output.text`. Where only the output's HTML could be read, the span
    is the whole text.
    """
    found: Sink[PrintedTensor] = Sink(_unheard)
    for piece in pieces(outputs):
        for item in () if piece.left_out else extract_piece(piece):
            found.add(item)
    return tuple(found)


def extract_piece(piece: Piece, lose: Callable[[], None] = _unheard) -> tuple[PrintedTensor, ...]:
    """`extract_output` of a piece of one; spans are those of the whole output."""
    items = extract_output(piece.output, lose)
    at = piece.offset
    return tuple(replace(i, span=(i.span[0] + at, i.span[1] + at)) for i in items) if at else items


def extract_output(output: Output, lose: Callable[[], None] = _unheard) -> tuple[PrintedTensor, ...]:
    """`extract` of one output; several go into one `Sink`, which holds the bounds of a run.

    lose: called where a bound leaves something out.
    """
    if output.kind == "error":
        return ()
    plain = extract_text(output.text, cell=output.cell, output=output.index, channel=output.kind, lose=lose)
    if not output.html:
        return plain
    rich = join_lines(join_entries(extract_html(output.html, output.text, extract_text, lose)))
    if not rich or [item.values for item in rich] == [item.values for item in plain]:
        return plain
    return tuple(
        replace(item, cell=output.cell, output=output.index, channel=output.kind)
        for item in rich
        if item.values
    )


def extract_text(
    text: str,
    *,
    cell: int = 0,
    output: int = 0,
    channel: Channel = "stdout",
    lose: Callable[[], None] = _unheard,
) -> tuple[PrintedTensor, ...]:
    """Every printed tensor in one text, in order."""
    sink: Sink[Node] = Sink(lose)
    text = unadorned(text)
    read_nodes(plain_spelling(text), sink.add)
    found = stack_rows(text, attach_labels(text, list(sink), cell=cell, output=output, channel=channel))
    found = [_multiplied(item, power_behind(text, item.span[1])) if item.shape else item for item in found]
    return tuple(item for item in join_lines(drop_row_numbers(join_entries(found))) if item.values)


def _multiplied(item: PrintedTensor, factor: float) -> PrintedTensor:
    if factor == 1.0:
        return item
    return replace(
        item,
        values=tuple(v * factor for v in item.values),
        half_unit=tuple(h * factor for h in item.half_unit),
    )
