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
from dataclasses import dataclass

import numpy as np

from grader.assignment.values import Array
from grader.assignment.vocabulary import Vocabulary
from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.judging.typed import written_in_a_row
from grader.judging.wording import PASSED
from grader.models import Evidence, Output, Said
from rubric.schema import TensorCheck

_TRUTH = {0: "false|no|nein|falsch", 1: "true|yes|ja|wahr"}
_NONE = re.compile(r"\bNone\b")
_SAYS = re.compile(r"[^\W\d_xX]")  # a truth value, not the `x` of a shape
_FREE = re.compile(r"(?<!\w)\d")  # of a number that is no part of a name
_LABELLED = re.compile(r"[:=]\s*+(?:torch\.Size)?+[(\[{\s]*+\Z")
_LETTER = re.compile(r"[^\W\d_]")
_MOST = 8  # numbers that are sought in a line
_TELLING = 3  # so many numbers in a row need no name to be noticed
_LINES = 2000  # of a notebook's outputs
_LONGEST = 300  # characters of a line


def in_words(
    check: TensorCheck,
    worlds: Sequence[Array],
    outputs: Sequence[Sequence[Output]],
    code: Code,
    vocabulary: Vocabulary,
) -> Decision | None:
    """`pass` where a line named so shows the expected whole numbers, and nothing else, in every world.

    `review` where a line about this check holds them otherwise, or where they stand in the code; else None.
    worlds: what is expected in each. outputs: of each.
    """
    expected, told = worlds[0], outputs[0] if outputs else ()
    pattern = _written(expected)
    if pattern is None:
        return None
    alone = _shown_alone(check, worlds, outputs, vocabulary)
    if alone is not None and not written_in_a_row([int(v) for v in expected.ravel()], code):
        return Decision(check.id, "pass", 1.0, PASSED, evidence=alone.evidence())
    for shown in _lines(told):
        cell, line = shown.output.cell, shown.text
        if not pattern.search(line):
            continue
        source = code.cell(cell)
        meaning = vocabulary.meaning(line, *([source.shown] if source else []))
        a_row = expected.size >= _TELLING and not meaning.names_background
        if (check.id in meaning.checks and not meaning.names_background) or a_row:
            text = Said(
                "A person decides by these words (cell {cell}): “{words}”",
                {"cell": cell + 1, "words": line.strip()},
            )
            return Decision(check.id, "review", None, text)
    return None


def _shown_alone(
    check: TensorCheck,
    worlds: Sequence[Array],
    outputs: Sequence[Sequence[Output]],
    vocabulary: Vocabulary,
) -> _Line | None:
    """A line whose words mean this check and that shows the expected numbers alone; None where there is none
    in some world, or another such line shows others."""
    if len(worlds) < 2 or len(outputs) < len(worlds):
        return None
    last: _Line | None = None
    for world, (expected, told) in enumerate(zip(worlds, outputs, strict=True)):
        pattern = _written(expected)
        assert pattern is not None, "whole numbers, of which no more are expected in another world"
        named = [
            x
            for x in _lines(told)
            if _FREE.search(x.text) and _names(x.text, pattern, vocabulary) == check.id
        ]
        if not named or not all(_alone(x.text, pattern) for x in named):
            return None
        last = named[-1] if world == 0 else last
    return last


def _names(line: str, pattern: re.Pattern[str], vocabulary: Vocabulary) -> str | None:
    """The check that a line's words mean, its values apart."""
    found = pattern.search(line)
    words = f"{line[: found.start()]} {line[found.end() :]}" if found else _FREE.sub(" ", line)
    return vocabulary.meaning(words).check


def _alone(line: str, pattern: re.Pattern[str]) -> bool:
    """Are the numbers the only ones of a line, those of its label apart (`layer 2: 148`)?"""
    found = pattern.search(line)
    if found is None or _SAYS.search(found[0]) or _FREE.search(line[found.end() :]):
        return False
    before = line[: found.start()]
    return not _FREE.search(before) or _LABELLED.search(before) is not None


def spoken_of(check: TensorCheck, outputs: Sequence[Output], vocabulary: Vocabulary) -> Decision | None:
    """`review` where a line whose words mean this check holds a number at all (`accuracy: 950 of 1000`)."""
    for line in _lines(outputs):
        if _FREE.search(line.text) and vocabulary.meaning(_FREE.sub(" ", line.text)).check == check.id:
            text = Said(
                "A person decides by these words (cell {cell}): “{words}”",
                {"cell": line.output.cell + 1, "words": line.text.strip()},
            )
            return Decision(check.id, "review", None, text)
    return None


def in_a_sentence(
    check: TensorCheck, worlds: Sequence[Array], outputs: Sequence[Sequence[Output]]
) -> Decision | None:
    """`review` where one whole number is expected that a line of one cell shows alone, whatever its words,
    in every world; else None."""
    if worlds[0].size != 1 or len(outputs) < len(worlds):
        return None
    shown: list[dict[int, _Line]] = []
    for expected, told in zip(worlds, outputs, strict=True):
        pattern = _written(expected)
        if pattern is None:
            return None
        lines = (x for x in _lines(told) if _only(x.text, pattern))
        shown.append({line.output.cell: line for line in lines})
    cells = set.intersection(*map(set, shown))
    if not cells:
        return None
    last = shown[0][max(cells)]
    text = Said(
        "A person decides by these words (cell {cell}): “{words}”",
        {"cell": last.output.cell + 1, "words": last.text.strip()},
    )
    return Decision(check.id, "review", None, text)


def _only(line: str, pattern: re.Pattern[str]) -> bool:
    found = pattern.search(line)
    return found is not None and not _FREE.search(f"{line[: found.start()]} {line[found.end() :]}")


def shown_as_none(
    check: TensorCheck, outputs: Sequence[Output], code: Code, vocabulary: Vocabulary
) -> Decision | None:
    """`missing`, with the reason, where `None` is printed under the name of this check; else None."""
    above = ""
    for shown in _lines(outputs):
        source = code.cell(shown.output.cell)
        *labels, rest = _NONE.split(shown.text)
        for label in labels:
            name = label if _LETTER.search(label) else above
            meaning = vocabulary.meaning(name, *([source.shown] if source else []))
            if meaning.check == check.id:
                text = Said("None is printed under this name: there was no value.")
                return Decision(check.id, "missing", 0.0, text)
        above = rest if rest.strip() else above
    return None


def _written(expected: Array) -> re.Pattern[str] | None:
    """The numbers as they stand in a line, one after the other; None where they are not few and whole."""
    if expected.size > _MOST or not (np.abs(expected) < 1e15).all() or (expected != np.round(expected)).any():
        return None
    numbers = (_said(int(value)) for value in expected.ravel())
    return re.compile(r"(?<![\w.,-])" + r"[\s,;x×*]+".join(numbers) + r"(?!\w|[.,]\d)", re.IGNORECASE)


def _said(number: int) -> str:
    return f"(?:{number}|{_TRUTH[number]})" if number in _TRUTH else _grouped(number)


def _grouped(number: int) -> str:
    """`1234` also as `1,234`, `1_234`, `1 234`."""
    return re.escape(f"{number:,}").replace(",", "[,_ ']?")


@dataclass(frozen=True, slots=True)
class _Line:
    """start: in characters of the output."""

    output: Output
    start: int
    text: str

    def evidence(self) -> Evidence:
        return Evidence(
            cell=self.output.cell,
            output=self.output.index,
            span=(self.start, self.start + len(self.text)),
            label="",
            text=self.text,
            shape=(),
            layout="as printed",
            reasons=("label", "value"),
            digits=0.0,
            worlds=(),
        )


def _lines(outputs: Sequence[Output]) -> Iterator[_Line]:
    left = _LINES
    for output in outputs:
        if output.kind == "error":
            continue
        start = 0
        for line in output.text.splitlines(keepends=True)[:left]:
            left -= 1
            if len(line) <= _LONGEST:
                yield _Line(output, start, line.rstrip("\r\n"))
            start += len(line)
