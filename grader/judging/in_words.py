"""What stands in words instead of a print of its own: whole numbers, truth values, None (pure).

``The model has 148 parameters`` and ``torch.Size([2, 3, 4, 4])`` are words to the extraction: a whole
number among words may be anything. Where a check asks for such a number and a line that speaks of it
holds it, the value is there, and only a person can say whether it is meant. A row of them needs no name.
`True` and `no` are words as well; where 1 or 0 is asked for, they may say it. `None` says that there was
no value, and a picture with text in it may say anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from grader.assignment.values import Array
from grader.assignment.vocabulary import Vocabulary
from grader.judging.decision import Decision
from grader.judging.lines import OutputLine, Shown, lines_of
from grader.judging.typed import written_in_a_row
from grader.judging.wording import PASSED
from grader.models import Said
from rubric.schema import TensorCheck

_TRUTH = {"0": "false|no|nein|falsch", "1": "true|yes|ja|wahr"}
_NONE = re.compile(r"\bNone\b")
_SAYS = re.compile(r"[^\W\d_xX]")  # a truth value, not the `x` of a shape
_FREE = re.compile(r"(?<!\w)\d")  # of a number that is no part of a name
_LABELLED = re.compile(r"[:=]\s*+(?:torch\.Size)?+[(\[{\s]*+\Z")
_LETTER = re.compile(r"[^\W\d_]")
_WRITES = re.compile(r"\bannot\s*=\s*(?!False|None)|\.(?:text|annotate|table|figtext|bar_label)\(")
_MOST = 8  # numbers that are sought in a line
_COUNT = 10  # from which on a number that moves is found in its place by hardly any accident
_TELLING = 3  # so many numbers in a row need no name to be noticed


def in_words(check: TensorCheck, worlds: Sequence[Array], shown: Shown) -> Decision | None:
    """`pass` where a line named so shows the expected whole numbers, and nothing else, in every world.

    `review` where a line about this check holds them otherwise, or where they stand in the code; else None.
    worlds: what is expected in each.
    """
    expected = worlds[0]
    pattern = _written(expected)
    if pattern is None:
        return None
    alone = _shown_alone(check, worlds, shown)
    if alone is not None and not written_in_a_row([int(v) for v in expected.ravel()], shown.code):
        return Decision(check.id, "pass", 1.0, PASSED, evidence=alone.evidence("label", "value"))
    for line in lines_of(shown.told):
        if not pattern.search(line.text):
            continue
        meaning = shown.meaning(line)
        a_row = expected.size >= _TELLING
        if not meaning.names_background and (check.id in meaning.checks or a_row):
            return line.open(check.id)
    return None


def _shown_alone(check: TensorCheck, worlds: Sequence[Array], shown: Shown) -> OutputLine | None:
    """A line whose words mean this check and that shows the expected numbers alone; None where there is none
    in some world, or another such line shows others."""
    if len(worlds) < 2 or len(shown.outputs) < len(worlds):
        return None
    last: list[OutputLine] = []
    for expected, told in zip(worlds, shown.outputs, strict=True):
        pattern = _written(expected)
        assert pattern is not None, "whole numbers, of which no more are expected in another world"
        lines = (x for x in lines_of(told) if _FREE.search(x.text))
        named = [x for x in lines if _names(x.text, pattern, shown.vocabulary) == check.id]
        if not named or not all(_alone(x.text, pattern) for x in named):
            return None
        last.append(named[-1])
    return last[0]


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


def spoken_of(check: TensorCheck, shown: Shown) -> Decision | None:
    """`review` where a line whose words mean this check holds a number at all (`accuracy: 950 of 1000`)."""
    for line in lines_of(shown.told):
        if _FREE.search(line.text) and shown.vocabulary.meaning(_FREE.sub(" ", line.text)).check == check.id:
            return line.open(check.id)
    return None


def in_a_sentence(check: TensorCheck, worlds: Sequence[Array], shown: Shown) -> Decision | None:
    """`review` where whole numbers are expected that move and stand in the same line of one cell, or one a
    line below each other in any order, in every world; one number also where a line shows it alone.

    Else None.
    """
    if worlds[0].size > _MOST or len(shown.outputs) < len(worlds):
        return None
    sought = [[_written(np.asarray(value)) for value in expected.ravel()] for expected in worlds]
    if not all(map(all, sought)):
        return None
    moves = any((w != worlds[0]).any() for w in worlds)
    counts = max(float(w.max(initial=0.0)) for w in worlds) >= _COUNT
    among = moves and (counts or worlds[0].size >= _TELLING)
    found: list[dict[tuple[int, int], OutputLine]] = []
    for numbers, told in zip(sought, shown.outputs, strict=False):
        patterns = [number for number in numbers if number is not None]
        lines = list(lines_of(told))
        alone = {(x.cell, -1): x for x in lines if len(patterns) == 1 and _only(x.text, patterns[0])}
        rows = ((n, lines[n]) for n in (_begin(patterns, lines) if among else ()))
        found.append(
            alone | {(x.cell, n): x for n, x in rows if counts or not shown.meaning(x).names_background}
        )
    places = set.intersection(*map(set, found))
    return found[0][max(places)].open(check.id) if places else None


def _begin(patterns: Sequence[re.Pattern[str]], lines: Sequence[OutputLine]) -> Iterator[int]:
    """The lines that hold the numbers in their order, or one of them while each line below holds one."""
    held = [{i for i, pattern in enumerate(patterns) if pattern.search(line.text)} for line in lines]
    for n, line in enumerate(lines):
        below = slice(n, n + len(patterns))
        rows = held[below] if {x.cell for x in lines[below]} == {line.cell} else []
        one_a_line = len(rows) == len(patterns) == len(set().union(*rows)) and all(rows)
        if one_a_line or _in_order(patterns, line.text):
            yield n


def _in_order(patterns: Sequence[re.Pattern[str]], text: str) -> bool:
    at = 0
    for pattern in patterns:
        number = pattern.search(text, at)
        if number is None:
            return False
        at = number.end()
    return True


def _only(line: str, pattern: re.Pattern[str]) -> bool:
    found = pattern.search(line)
    return found is not None and not _FREE.search(f"{line[: found.start()]} {line[found.end() :]}")


def shown_as_none(check: TensorCheck, shown: Shown) -> Decision | None:
    """`missing`, with the reason, where `None` is printed under the name of this check; else None."""
    above = ""
    for line in lines_of(shown.told):
        *labels, rest = _NONE.split(line.text)
        for label in labels:
            name = label if _LETTER.search(label) else above
            if shown.vocabulary.meaning(name, shown.code.shown(line.cell)).check == check.id:
                text = Said("None is printed under this name: there was no value.")
                return Decision(check.id, "missing", 0.0, text)
        above = rest if rest.strip() else above
    return None


def in_a_picture(check: TensorCheck, shown: Shown) -> Decision | None:
    """`review` where the notebook showed a picture, and its code writes text into pictures; else None.

    An annotated heatmap shows a tensor as well as a print does.
    """
    cell = next((o.cell for o in shown.told if o.image is not None), None)
    if cell is None or not any(_WRITES.search(c.source) for c in shown.code.cells):
        return None
    text = Said(
        "It was not printed; a person looks whether a picture shows it (cell {cell}).", {"cell": cell + 1}
    )
    return Decision(check.id, "review", None, text)


def _written(expected: Array) -> re.Pattern[str] | None:
    """The numbers as they stand in a line, one after the other; None where they are not few and whole."""
    if expected.size > _MOST or not (np.abs(expected) < 1e15).all() or (expected != np.round(expected)).any():
        return None
    grouped = (re.escape(f"{int(value):,}").replace(",", "[,_ ']?") for value in expected.ravel())
    numbers = (f"(?:{n}|{_TRUTH[n]})" if n in _TRUTH else n for n in grouped)
    return re.compile(r"(?<![\w.,-])" + r"[\s,;x×*]+".join(numbers) + r"(?!\w|[.,]\d)", re.IGNORECASE)
