"""An output's HTML → printed tensors: tables cell by cell, everything else as text (pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from grader.extract.labels import LONGEST, heading, tidy
from grader.extract.nodes import MAX_TENSORS
from grader.extract.numbers import NUMBER, Parsed, parse_loose_row
from grader.extract.precision import softened
from grader.extract.spelling import plain_spelling
from grader.hypertext import HtmlTable, TableCell, pieces
from grader.models import PrintedTensor

_ONE_NUMBER = re.compile(rf"\s*{NUMBER}(?:,[0-9]++)?\s*\Z")
_COUNT = re.compile(r"\s*[0-9]+\s*\Z")
_SIGN = re.compile(r"([+\-−])[ ]{1,3}(?=[0-9.])")
_MOST_LEVELS = 4
_MISSING = frozenset({"", "...", "…"})

Read = Callable[[str], tuple[PrintedTensor, ...]]


def extract_html(html: str, text: str, read: Read, lose: Callable[[], None]) -> list[PrintedTensor]:
    """Every printed tensor of an HTML output; each span is the whole of `text`.

    read: reads plain text, as for text/plain. lose: called where there is too much. Rows with a name are
    tensors of their own, labelled with it; rows with a number as index, or none, are one table. A caption,
    or else the line in front of a table, stands above what is in it. Empty where nothing was found.
    """
    found: list[PrintedTensor] = []
    title = ""
    span = (0, len(text))
    for piece in pieces(html):
        if isinstance(piece, str):
            found.extend(read(piece))
            title = _last_words(piece, read)
        else:
            found.extend(_read_table(piece, tidy(piece.title) or title, read))
        if len(found) > MAX_TENSORS:
            lose()
            break
    return [replace(item, span=span) for item in found[:MAX_TENSORS]]


def _rows(table: HtmlTable) -> list[list[TableCell]]:
    """Its rows with their texts as read; index names that span several rows are in each of them."""
    made: list[list[TableCell]] = []
    carried: list[tuple[TableCell, int]] = []
    for row in table.rows:
        made.append([cell for cell, _ in carried])
        carried = [(cell, left - 1) for cell, left in carried if left > 1]
        for cell in row:
            cell.text = _cell_text(cell.text)
            made[-1].append(cell)
            if cell.head and cell.rows > 1 and len(carried) < _MOST_LEVELS:
                carried.append((cell, cell.rows - 1))
    return made


def _cell_text(text: str) -> str:
    text = text.strip()
    plain = _SIGN.sub(r"\1", plain_spelling(text), count=1).strip()
    return plain if _ONE_NUMBER.match(plain) else text


def _last_words(text: str, read: Read) -> str:
    """The heading that a text ends with, "" where its last line holds a value."""
    line = text[-2 * LONGEST :].rstrip().rsplit("\n", 1)[-1]
    return "" if read(line) else heading(line)


def _read_table(table: HtmlTable, title: str, read: Read) -> list[PrintedTensor]:
    found: list[PrintedTensor] = []
    rows = _rows(table)
    heads = [row for row in rows if row and all(c.head for c in row)]
    named = [c.text for row in heads for c in row if c.text and not _COUNT.match(c.text)]
    block = _Block((title or " ".join(named))[:LONGEST], groups=_column_groups(heads))
    for row in rows:
        cells = [c for c in row if not c.head]
        if not cells:
            continue
        words = [c for c in row if (c.head or not _ONE_NUMBER.match(c.text)) and not _COUNT.match(c.text)]
        label = " ".join(c.text for c in words if c.text not in _MISSING)[:LONGEST]
        numeric = [c.text for c in cells if _ONE_NUMBER.match(c.text)]
        shared = all(c.rows > 1 for c in words)
        if label and not numeric:
            found.extend(block.flush())
            for cell in cells:
                name = _beside(row, cell)
                found.extend(
                    replace(item, label=item.label or name, above=item.above or block.above)
                    for item in read(cell.text)
                )
            continue
        parsed = _parse(numeric)
        if label != block.label or (label and not shared) or not block.takes(parsed):
            found.extend(block.flush())
        block.label, block.shared = label, bool(label) and shared
        block.rows.append(parsed._replace(elided=len(numeric) < len(cells) and not label))
    found.extend(block.flush())
    return found


def _beside(row: list[TableCell], cell: TableCell) -> str:
    """The words of the other cells of a row, as many as a label takes."""
    words: list[str] = []
    length = 0
    for other in row:
        if other is not cell:
            words.append(other.text[:LONGEST])
            length += len(words[-1]) + 1
        if length > LONGEST:
            break
    return " ".join(words)[:LONGEST]


def _column_groups(heads: list[list[TableCell]]) -> list[tuple[str, int]]:
    """Names over several columns each, with their widths (`h1` over four, `h2` over four); else []."""
    for row in heads:
        groups = [(cell.text, cell.columns) for cell in row if cell.text and not _COUNT.match(cell.text)]
        if len(groups) > 1 and any(width > 1 for _, width in groups):
            return groups
    return []


def _parse(cells: list[str]) -> Parsed:
    parts = [parse_loose_row(cell) for cell in cells]
    return Parsed([v for part in parts for v in part.values], [h for part in parts for h in part.half_units])


@dataclass(slots=True)
class _Block:
    """Rows of a table that belong together.

    label: of all its rows, "" if they have none; shared: it spans several of them.
    groups: as in `_column_groups`.
    """

    above: str
    groups: list[tuple[str, int]]
    label: str = ""
    shared: bool = False
    rows: list[Parsed] = field(default_factory=list)

    def takes(self, row: Parsed) -> bool:
        """Whether a row is as wide as the others, or empty."""
        return not (self.rows and row.values) or len(self.rows[-1].values) == len(row.values)

    def flush(self) -> list[PrintedTensor]:
        """The rows so far, as one tensor or as one per group of columns; empties the block."""
        rows = [row for row in self.rows if row.values]
        elided = any(row.elided for row in self.rows)
        self.rows = []
        if not rows:
            return []
        columns = len(rows[0].values)
        if self.groups and sum(width for _, width in self.groups) == columns:
            parts = []
            first = 0
            for name, width in self.groups:
                label = f"{self.label} {name}".strip()[:LONGEST]
                own = slice(first, first + width)
                shown = [
                    row for row in rows if not all(map(math.isnan, row.values[own]))
                ]  # the rest is padding
                parts.append(self._tensor(shown or rows, own, label, elided))
                first += width
            return parts
        if self.label:
            while columns > 1 and all(math.isnan(row.values[columns - 1]) for row in rows):
                columns -= 1  # pandas fills up with NaN what is narrower than another part
        return [self._tensor(rows, slice(columns), self.label, elided)]

    def _tensor(self, rows: list[Parsed], columns: slice, label: str, elided: bool) -> PrintedTensor:
        width = len(rows[0].values[columns])
        values = tuple(v for row in rows for v in row.values[columns])
        halves = tuple(h for row in rows for h in row.half_units[columns])
        return PrintedTensor(
            values=values,
            half_unit=tuple(softened(values, halves, max(width, 1))),
            shape=(width,) if self.label and not self.shared else (len(rows), width),
            elided=elided,
            form="table",
            label=label,
            after="",
            above=self.above,
            above_distance=1 if self.above else 0,
            cell=0,
            output=0,
            span=(0, 0),
            channel="display",
        )
