"""The lines of what was printed, for what is no number (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.assignment.vocabulary import Meaning, Vocabulary
from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.models import Cell, Evidence, Output, Said

_MOST = 2000  # of a notebook's outputs
_LONGEST = 300  # characters of a line


@dataclass(frozen=True, slots=True)
class Shown:
    """What a notebook shows, in each world, and what its words are understood by."""

    outputs: Sequence[Sequence[Output]]
    cells: Sequence[Cell]
    code: Code
    vocabulary: Vocabulary

    @property
    def told(self) -> Sequence[Output]:
        """In the handout's world."""
        return self.outputs[0] if self.outputs else ()

    def meaning(self, line: OutputLine) -> Meaning:
        """What a line is about, by its words and by the code that shows it."""
        return self.vocabulary.meaning(line.text, self.code.shown(line.cell))


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line of an output. start: in characters of the output."""

    output: Output
    start: int
    text: str

    @property
    def cell(self) -> int:
        return self.output.cell

    def evidence(self, *reasons: str, worlds: Sequence[str] = ()) -> Evidence:
        """The line as what answers a check."""
        return Evidence(
            cell=self.cell,
            output=self.output.index,
            span=(self.start, self.start + len(self.text)),
            label="",
            text=self.text,
            shape=(),
            layout="as printed",
            reasons=reasons,
            digits=0.0,
            worlds=tuple(worlds),
        )

    @property
    def for_a_person(self) -> Said:
        """A person decides by this line."""
        return Said(
            "A person decides by these words (cell {cell}): “{words}”",
            {"cell": self.cell + 1, "words": self.text.strip()},
        )

    def open(self, check: str) -> Decision:
        """`review` by this line."""
        return Decision(check, "review", None, self.for_a_person)


def lines_of(outputs: Sequence[Output]) -> Iterator[OutputLine]:
    """Every line that is not too long, of so many as are read; errors aside."""
    left = _MOST
    for output in outputs:
        if output.kind == "error":
            continue
        start = 0
        for line in output.text.splitlines(keepends=True)[:left]:
            left -= 1
            if len(line) <= _LONGEST:
                yield OutputLine(output, start, line.rstrip("\r\n"))
            start += len(line)
