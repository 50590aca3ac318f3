"""An output's HTML → printed tensors: tables cell by cell, everything else as text without tags.

Works on a tag's name alone and with one linear pattern, since the text is a student's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import unescape

from grader.extract.labels import LONGEST
from grader.extract.nodes import MAX_TENSORS
from grader.extract.numbers import NUMBER, Parsed, parse_loose_row
from grader.models import PrintedTensor

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,12})\b[^<>]*+>")
_HIDDEN = re.compile(r"<(style|script)\b[^<>]*+>[^<]*+</\1>", re.IGNORECASE)
_LINE_TAGS = frozenset({"br", "p", "div", "li", "tr", "table", "h1", "h2", "h3", "h4", "pre", "ul", "ol"})
_ONE_NUMBER = re.compile(rf"\s*{NUMBER}(?:,[0-9]++)?\s*\Z")
_COUNT = re.compile(r"\s*[0-9]+\s*\Z")
_MISSING = frozenset({"", "...", "…"})

Read = Callable[[str], tuple[PrintedTensor, ...]]


@dataclass(slots=True)
class _Cell:
    text: str
    head: bool


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)


def extract_html(html: str, text: str, read: Read) -> list[PrintedTensor]:
    """Every printed tensor of an HTML output; each span is the whole of `text`.

    read: reads plain text, as for text/plain. Rows with a name are tensors of their own, labelled
    with it; rows with a number as index, or none, are one table. Empty where nothing was found.
    """
    found: list[PrintedTensor] = []
    span = (0, len(text))
    for piece in _pieces(_HIDDEN.sub("", _without_comments(html))):
        if isinstance(piece, str):
            found.extend(read(piece))
        else:
            found.extend(_read_table(piece, read))
        if len(found) > MAX_TENSORS:
            break
    return [replace(item, span=span) for item in found[:MAX_TENSORS]]


def _without_comments(html: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        kept.append(html[at:start])
        at = end + 3
    kept.append(html[at:])
    return "".join(kept)


def _pieces(html: str) -> Iterator[str | _Table]:
    """Text and tables, in order. A table inside a table is read as part of the cell it is in."""
    words: list[str] = []
    table: _Table | None = None
    depth = 0
    at = 0
    for match in _TAG.finditer(html):
        words.append(html[at : match.start()])
        at = match.end()
        closing, name = match[1] == "/", (match[2] or "").lower()
        if name == "table":
            depth += -1 if closing else 1
            if depth == 1 and not closing:
                yield unescape("".join(words))
                words, table = [], _Table()
            elif depth <= 0 and table is not None:
                yield table
                words, table, depth = [], None, 0
        elif table is not None and depth == 1 and name in ("tr", "td", "th"):
            if name == "tr":
                if not closing:
                    table.rows.append([])
            elif closing and table.rows:
                table.rows[-1].append(_Cell(unescape("".join(words)).strip(), name == "th"))
            words = []
        elif name in _LINE_TAGS:
            words.append("\n")
    words.append(html[at:])
    if table is not None:
        yield table
    else:
        yield unescape("".join(words))


def _read_table(table: _Table, read: Read) -> list[PrintedTensor]:
    found: list[PrintedTensor] = []
    heads = [c.text for row in table.rows if row and all(c.head for c in row) for c in row]
    above = " ".join(h for h in heads if h and not _COUNT.match(h))[:LONGEST]
    block: list[Parsed] = []
    for row in table.rows:
        cells = [c for c in row if not c.head]
        if not cells:
            continue
        words = [
            c.text for c in row if (c.head or not _ONE_NUMBER.match(c.text)) and not _COUNT.match(c.text)
        ]
        label = " ".join(w for w in words if w not in _MISSING)[:LONGEST]
        numeric = [c.text for c in cells if _ONE_NUMBER.match(c.text)]
        if label and not numeric:
            found.extend(_flush(block, above))
            for cell in cells:
                name = " ".join(c.text for c in row if c is not cell)[:LONGEST]
                found.extend(
                    replace(item, label=item.label or name, above=item.above or above)
                    for item in read(cell.text)
                )
        elif label:
            found.extend(_flush(block, above))
            found.extend(_flush([_parse(numeric)], above, label))
        else:
            parsed = _parse(numeric)
            if block and len(block[-1].values) != len(parsed.values) and parsed.values:
                found.extend(_flush(block, above))
            block.append(parsed._replace(elided=len(numeric) < len(cells)))
    found.extend(_flush(block, above))
    return found


def _parse(cells: list[str]) -> Parsed:
    parts = [parse_loose_row(cell) for cell in cells]
    return Parsed([v for part in parts for v in part.values], [h for part in parts for h in part.half_units])


def _flush(block: list[Parsed], above: str, label: str = "") -> list[PrintedTensor]:
    """The rows so far as one tensor; empties the block."""
    rows = [row for row in block if row.values]
    elided = any(row.elided for row in block)
    block.clear()
    if not rows:
        return []
    columns = len(rows[0].values)
    return [
        PrintedTensor(
            values=tuple(v for row in rows for v in row.values),
            half_unit=tuple(h for row in rows for h in row.half_units),
            shape=(columns,) if label else (len(rows), columns),
            elided=elided,
            form="table",
            label=label,
            after="",
            above=above,
            above_distance=1 if above else 0,
            cell=0,
            output=0,
            span=(0, 0),
            channel="display",
        )
    ]
