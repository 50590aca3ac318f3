"""What a person looks at below a question's heading: a plot, a derivation, a cell (pure).

Nothing about it is judged. It is found, so that nobody has to look for it, and what is not there is said.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from grader.judging.answers import before_the_next, by_number
from grader.judging.decision import Decision
from grader.models import Answer, Cell, Output, Said
from rubric.schema import ManualCheck

_LONGEST = 2000  # characters of a line in which a heading is sought
_MOST = 4000  # characters that are shown to whoever marks

_NO_HEADING = Said("No heading of this question was found; a person looks through the notebook.")


def judge_manual(
    check: ManualCheck, number: int, cells: Sequence[Cell], outputs: Sequence[Output]
) -> Decision:
    """`review`, with what stands below the heading. number: of the question. outputs: in the first world."""
    patterns = [re.compile(p, re.IGNORECASE) for p in (*check.headings, *by_number(number))]
    heading, below = "", list[tuple[int, str]]()
    for place, line, rest in _headings(cells):
        if not below and any(p.search(line[:_LONGEST]) for p in patterns):
            heading, below = line.strip().strip("#*_ "), list(_section(cells, place, line, rest, patterns))
    if not heading:
        return Decision(check.id, "review", None, _NO_HEADING)
    told = {"heading": heading[:80]}
    if not below:
        said = Said("Nothing was handed in below the heading {heading!r}; a person decides.", told)
        return Decision(check.id, "review", None, said)
    indices = tuple(dict.fromkeys(index for index, _ in below))
    pictures = [o.image for o in outputs if o.cell in indices and o.image is not None]
    answer = Answer(
        text="\n\n".join(part for _, part in below)[:_MOST],
        cell=indices[0],
        cells=indices,
        pictures=tuple(hashlib.sha256(image.encode()).hexdigest()[:16] for image in pictures),
    )
    said = Said("A person looks at what stands below the heading {heading!r}.", told)
    if check.wants == "picture" and not pictures:
        said = Said("Below the heading {heading!r} there is no picture; a person decides.", told)
    return Decision(check.id, "review", None, said, answer=answer)


def _headings(cells: Sequence[Cell]) -> Iterator[tuple[int, str, Sequence[str]]]:
    """Lines that may be a question's heading, in text first and then in comments that begin a code cell.

    Each with the place of its cell and the lines that follow in it.
    """
    for kind in ("markdown", "code"):
        for place, cell in enumerate(cells):
            if (cell.kind == "code") != (kind == "code"):
                continue
            lines = cell.source.splitlines()
            for count, line in enumerate(lines[:1] if kind == "code" else lines):
                if kind == "markdown" or line.lstrip().startswith("#"):
                    yield place, line, lines[count + 1 :]


def _section(
    cells: Sequence[Cell],
    place: int,
    heading: str,
    rest: Sequence[str],
    patterns: Sequence[re.Pattern[str]],
) -> Iterator[tuple[int, str]]:
    """Index and text of what stands below a heading, up to the next one of its level or above."""
    in_code = cells[place].kind == "code"
    following = ((cell, cell.source.splitlines()) for cell in cells[place + 1 :])
    for cell, lines in ((cells[place], rest), *following):
        kept = lines if cell.kind == "code" else before_the_next(heading, lines, patterns)
        commented = cell.kind == "code" and "".join(lines[:1]).lstrip().startswith("#")
        if in_code and commented and lines is not rest:
            return
        if "\n".join(kept).strip():
            yield cell.index, "\n".join(kept).strip()
        if len(kept) < len(lines):
            return
