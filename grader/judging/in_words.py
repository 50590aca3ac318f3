"""What stands in words instead of a print of its own: whole numbers, truth values, None (pure).

``The model has 148 parameters`` and ``torch.Size([2, 3, 4, 4])`` are words to the extraction: a whole
number among words may be anything. Where a check asks for such a number and a line that speaks of it
holds it, the value is there, and only a person can say whether it is meant. A row of them needs no name.
`True` and `no` are words as well; where 1 or 0 is asked for, they may say it. `None` says that there was
no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from grader.assignment.values import Array
from grader.assignment.vocabulary import Vocabulary
from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.models import Output, Said
from rubric.schema import TensorCheck

_TRUTH = {0: "false|no|nein|falsch", 1: "true|yes|ja|wahr"}
_NONE = re.compile(r"\bNone\b")
_LETTER = re.compile(r"[^\W\d_]")
_MOST = 8  # numbers that are sought in a line
_TELLING = 3  # so many numbers in a row need no name to be noticed
_LINES = 2000  # of a notebook's outputs
_LONGEST = 300  # characters of a line


def in_words(
    check: TensorCheck, expected: Array, outputs: Sequence[Output], code: Code, vocabulary: Vocabulary
) -> Decision | None:
    """`review` where a line about this check holds the expected whole numbers; else None."""
    pattern = _written(expected)
    if pattern is None:
        return None
    for cell, line in _lines(outputs):
        if not pattern.search(line):
            continue
        source = code.cell(cell)
        meaning = vocabulary.meaning(line, *([source.shown] if source else []))
        a_row = expected.size >= _TELLING and not meaning.names_background
        if check.id in meaning.options or a_row:
            text = Said(
                "A person decides by these words (cell {cell}): “{words}”",
                {"cell": cell + 1, "words": line.strip()},
            )
            return Decision(check.id, "review", None, text)
    return None


def shown_as_none(
    check: TensorCheck, outputs: Sequence[Output], code: Code, vocabulary: Vocabulary
) -> Decision | None:
    """`missing`, with the reason, where `None` is printed under the name of this check; else None."""
    above = ""
    for cell, line in _lines(outputs):
        source = code.cell(cell)
        *labels, rest = _NONE.split(line)
        for label in labels:
            name = label if _LETTER.search(label) else above
            meaning = vocabulary.meaning(name, *([source.shown] if source else []))
            if meaning.check == check.id:
                text = Said("None is printed under this name: there was no value.")
                return Decision(check.id, "missing", 0.0, text)
        above = rest if rest.strip() else above
    return None


def _written(expected: Array) -> re.Pattern[str] | None:
    """The numbers as they stand in a line, one after the other, or a share in whole per cent.

    None where they are not few and whole.
    """
    if expected.size == 1 and 0 < (share := float(expected.ravel()[0])) < 1:
        return re.compile(
            rf"(?<![\w.,]){share:.0%}".replace("%", r"\s*(?:%|per ?cent|prozent)"), re.IGNORECASE
        )
    if expected.size > _MOST or not (np.abs(expected) < 1e15).all() or (expected != np.round(expected)).any():
        return None
    numbers = (_said(int(value)) for value in expected.ravel())
    return re.compile(r"(?<![\w.,-])" + r"[\s,;x×*]+".join(numbers) + r"(?!\w|[.,]\d)", re.IGNORECASE)


def _said(number: int) -> str:
    return f"(?:{number}|{_TRUTH[number]})" if number in _TRUTH else _grouped(number)


def _grouped(number: int) -> str:
    """`1234` also as `1,234`, `1_234`, `1 234`."""
    return re.escape(f"{number:,}").replace(",", "[,_ ']?")


def _lines(outputs: Sequence[Output]) -> Iterator[tuple[int, str]]:
    left = _LINES
    for output in outputs:
        if output.kind == "error":
            continue
        for line in output.text.splitlines()[:left]:
            left -= 1
            if len(line) <= _LONGEST:
                yield output.cell, line
