"""What stands in words instead of a print of its own: whole numbers, truth values, None (pure).

``The model has 148 parameters`` and ``torch.Size([2, 3, 4, 4])`` are words to the extraction: a whole
number among words may be anything. Where a check asks for such a number and a line that speaks of it
holds it, the value is there, and only a person can say whether it is meant. A row of them needs no name.
`True` and `no` are words as well; where 1 or 0 is asked for, they may say it. `None` says that there was
no value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from grader.assignment.values import Array
from grader.assignment.vocabulary import Vocabulary
from grader.judging.decision import Decision
from grader.judging.lines import OutputLine, lines_of
from grader.judging.source import Code
from grader.judging.typed import written_in_a_row
from grader.judging.wording import PASSED
from grader.models import Output, Said
from rubric.schema import TensorCheck

_TRUTH = {0: "false|no|nein|falsch", 1: "true|yes|ja|wahr"}
_NONE = re.compile(r"\bNone\b")
_SAYS = re.compile(r"[^\W\d_xX]")  # a truth value, not the `x` of a shape
_FREE = re.compile(r"(?<!\w)\d")  # of a number that is no part of a name
_LABELLED = re.compile(r"[:=]\s*+(?:torch\.Size)?+[(\[{\s]*+\Z")
_LETTER = re.compile(r"[^\W\d_]")
_MOST = 8  # numbers that are sought in a line
_COUNT = 10  # from which on a number that moves is found in its place by hardly any accident
_TELLING = 3  # so many numbers in a row need no name to be noticed


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
        return Decision(check.id, "pass", 1.0, PASSED, evidence=alone.evidence("label", "value"))
    for line in lines_of(told):
        if not pattern.search(line.text):
            continue
        meaning = vocabulary.meaning(line.text, code.shown(line.cell))
        a_row = expected.size >= _TELLING and not meaning.names_background
        if (check.id in meaning.checks and not meaning.names_background) or a_row:
            return line.open(check.id)
    return None


def _shown_alone(
    check: TensorCheck,
    worlds: Sequence[Array],
    outputs: Sequence[Sequence[Output]],
    vocabulary: Vocabulary,
) -> OutputLine | None:
    """A line whose words mean this check and that shows the expected numbers alone; None where there is none
    in some world, or another such line shows others."""
    if len(worlds) < 2 or len(outputs) < len(worlds):
        return None
    last: OutputLine | None = None
    for world, (expected, told) in enumerate(zip(worlds, outputs, strict=True)):
        pattern = _written(expected)
        assert pattern is not None, "whole numbers, of which no more are expected in another world"
        named = [
            x
            for x in lines_of(told)
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
    for line in lines_of(outputs):
        if _FREE.search(line.text) and vocabulary.meaning(_FREE.sub(" ", line.text)).check == check.id:
            return line.open(check.id)
    return None


def in_a_sentence(
    check: TensorCheck, worlds: Sequence[Array], outputs: Sequence[Sequence[Output]]
) -> Decision | None:
    """`review` where one whole number is expected that a line of one cell shows alone, whatever its words,
    or that moves and stands in the same line of one cell, in every world; else None."""
    patterns = [pattern for expected in worlds if (pattern := _written(expected)) is not None]
    if worlds[0].size != 1 or len(outputs) < len(worlds) or len(patterns) < len(worlds):
        return None
    among = len({p.pattern for p in patterns}) > 1 and max(float(w.ravel()[0]) for w in worlds) >= _COUNT
    shown: list[dict[tuple[int, int], OutputLine]] = []
    for pattern, told in zip(patterns, outputs, strict=False):
        lines = [(x, n) for n, x in enumerate(lines_of(told)) if pattern.search(x.text)]
        shown.append({(x.cell, -1): x for x, _ in lines if _only(x.text, pattern)})
        shown[-1] |= {(x.cell, n): x for x, n in lines if among}
    places = set.intersection(*map(set, shown))
    if not places:
        return None
    return shown[0][max(places)].open(check.id)


def _only(line: str, pattern: re.Pattern[str]) -> bool:
    found = pattern.search(line)
    return found is not None and not _FREE.search(f"{line[: found.start()]} {line[found.end() :]}")


def shown_as_none(
    check: TensorCheck, outputs: Sequence[Output], code: Code, vocabulary: Vocabulary
) -> Decision | None:
    """`missing`, with the reason, where `None` is printed under the name of this check; else None."""
    above = ""
    for line in lines_of(outputs):
        *labels, rest = _NONE.split(line.text)
        for label in labels:
            name = label if _LETTER.search(label) else above
            if vocabulary.meaning(name, code.shown(line.cell)).check == check.id:
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
