"""The words and tables that a page of HTML shows, as a browser would (pure).

Built on the standard library's parser, which tells tags, attributes, comments and text apart. What a
browser adds, this adds: `<td>`, `<tr>`, `<li>` and their like end where the next one begins, a table within a
cell is a table, text between cells stands before the table, and what is hidden is not there. Linear in the
text, which is a student's: an element is opened and closed once, and reading stops at a tag that never ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]

_LINES = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "tr",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_NEVER_SHOWN = frozenset(("script", "style", "template", "title"))
_CELLS = frozenset(("td", "th", "caption"))
_SECTIONS = frozenset(("thead", "tbody", "tfoot"))
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "td": (_CELLS, frozenset(("table",))),
    "th": (_CELLS, frozenset(("table",))),
    "caption": (_CELLS, frozenset(("table",))),
    "tr": (_CELLS | {"tr"}, frozenset(("table",))),
    "thead": (_CELLS | {"tr"} | _SECTIONS, frozenset(("table",))),
    "tbody": (_CELLS | {"tr"} | _SECTIONS, frozenset(("table",))),
    "tfoot": (_CELLS | {"tr"} | _SECTIONS, frozenset(("table",))),
    "li": (frozenset(("li",)), frozenset(("ul", "ol", "table"))),
    "dt": (frozenset(("dt", "dd")), frozenset(("dl", "table"))),
    "dd": (frozenset(("dt", "dd")), frozenset(("dl", "table"))),
}
"""tag → what ends where it begins, and what keeps those that are open further out"""
_WITHIN_TABLE = _CELLS | _SECTIONS | {"tr"}
_STYLE = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden"
    r"|(?:opacity|font-size)\s{0,9}:\s{0,9}0(?:\.0*+)?(?![0-9.])",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\s{0,9}(\d{1,4})", re.ASCII)


@dataclass(slots=True)
class TableCell:
    """A cell's text as it stands there. head: `<th>`. rows, columns: how many it spans."""

    text: str
    head: bool
    rows: int = 1
    columns: int = 1


@dataclass(slots=True)
class HtmlTable:
    """title: its caption; of a table in a cell without one, the words before it in its row."""

    title: str = ""
    rows: list[list[TableCell]] = field(default_factory=list)


def pieces(html: str) -> list[str | HtmlTable]:
    """Text and tables in the order in which they begin; text keeps its blanks, with a line for each block."""
    reader = _Reader()
    reader.feed(html)
    reader.finish()
    return [piece if isinstance(piece, HtmlTable) else "".join(piece) for piece in reader.found]


def words_of(html: str) -> str:
    """What a page says as plain text: a line for each block and each row, cells two blanks apart."""
    lines: list[str] = []
    for piece in pieces(html):
        if isinstance(piece, HtmlTable):
            lines.append(piece.title)
            lines += ["  ".join(" ".join(cell.text.split()) for cell in row) for row in piece.rows]
        else:
            lines += [" ".join(line.split()) for line in piece.split("\n")]
    return "\n".join(line.strip() for line in lines if line.strip())


@dataclass(slots=True)
class _Open:
    """A table that is being read. words: those of the cell or caption that is open, None between cells."""

    table: HtmlTable
    words: list[str] | None = None
    cell: TableCell | None = None

    def before(self) -> str:
        """What stands before a table in the cell that is open, or else in its row."""
        own = "".join((self.words or [])[-9:])[-300:].strip()
        row = self.table.rows[-1] if self.table.rows else []
        return own or " ".join(cell.text.strip()[:100] for cell in row[-3:])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._before: list[str] = []
        self.found: list[list[str] | HtmlTable] = [self._before]
        self._tables: list[_Open] = []
        self._stack: list[str] = []
        self._places: dict[str, list[int]] = {}
        self._hidden: int | None = None

    def finish(self) -> None:
        """The end of the text; what is left is a tag that never ends, shown as the text it may be."""
        rest = self.rawdata
        self.rawdata = ""
        if self.cdata_elem is None and not rest.startswith(("<!", "<?", "</")):
            self.handle_data(unescape(rest))
        self._close_to(0)

    # ------------------------------------------------------------------ what the parser tells

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag in _ENDS:
            inner, outer = _ENDS[tag]
            self._close_from(inner, self._innermost(outer))
        if tag in _WITHIN_TABLE and not self._places.get("table"):
            return
        if tag == "table" and self._tables and self._innermost(_CELLS) < self._innermost({"table"}):
            self._close_to(self._innermost({"table"}))  # a table where no cell is open ends the one around it
        if tag in _LINES:
            self._line()
        if tag in _VOID:
            return
        if tag == "sup" and self._hidden is None and self._text()[-1:] and self._text()[-1].endswith("10"):
            self._text().append("^")
        self._places.setdefault(tag, []).append(len(self._stack))
        self._stack.append(tag)
        if self._hidden is None and (tag in _NEVER_SHOWN or _hides(attrs)):
            self._hidden = len(self._stack) - 1
        if self._hidden is None:
            self._begin(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if self._places.get("svg") or self._places.get("math"):
            self.handle_endtag(tag)  # elsewhere the stroke means nothing

    def handle_endtag(self, tag: str) -> None:
        place = self._innermost({tag})
        if place < 0 or (tag in _WITHIN_TABLE and place < self._innermost({"table"})):
            if tag in _LINES and not (tag in _WITHIN_TABLE and self._places.get("table")):
                self._line()
            return
        self._close_to(place)
        if tag in _LINES:
            self._line()

    def handle_data(self, data: str) -> None:
        if self._hidden is None and (data.strip() or not self._between_cells):
            self._text().append(data)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """`<![CDATA[` and its like are comments in HTML; the parser's own method raises for most."""
        end = self.rawdata.find(">", i + 3)
        return end + 1 if end >= 0 else -1

    def updatepos(self, i: int, j: int) -> int:
        """Nobody asks for line numbers."""
        return j

    # ------------------------------------------------------------------ open elements

    def _innermost(self, tags: frozenset[str] | set[str]) -> int:
        """Where the innermost of these stands in the stack; -1 where none is open."""
        innermost = -1
        for tag in tags:
            places = self._places.get(tag)
            if places and places[-1] > innermost:
                innermost = places[-1]
        return innermost

    def _close_from(self, tags: frozenset[str], outer: int) -> None:
        """Close the outermost of these elements that stands within `outer`, and all in it."""
        outermost = len(self._stack)
        for tag in tags:
            places = self._places.get(tag)
            if places and outer < places[-1] < outermost:
                outermost = places[-1]
        self._close_to(outermost)

    def _close_to(self, place: int) -> None:
        while len(self._stack) > place:
            tag = self._stack.pop()
            self._places[tag].pop()
            if self._hidden is None:
                self._end(tag)
            elif self._hidden == len(self._stack):
                self._hidden = None

    # ------------------------------------------------------------------ what is shown

    def _begin(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "table":
            around = self._tables[-1] if self._tables else None
            table = HtmlTable(around.before() if around else "")
            self.found.append(table)
            self._tables.append(_Open(table))
        elif tag == "tr":
            self._tables[-1].table.rows.append([])
        elif tag in _CELLS:
            now = self._tables[-1]
            now.words = []
            if tag != "caption":
                if not now.table.rows:
                    now.table.rows.append([])
                now.cell = TableCell(
                    "", tag == "th", _span(attrs.get("rowspan")), _span(attrs.get("colspan"))
                )

    def _end(self, tag: str) -> None:
        if tag == "table":
            self._tables.pop()
            if not self._tables:
                self._before = []
                self.found.append(self._before)
        elif tag in _CELLS:
            now = self._tables[-1]
            text = "".join(now.words or ())
            now.words = None
            if tag == "caption":
                now.table.title = " ".join(text.split())
            elif now.cell is not None:
                now.cell.text = text
                now.table.rows[-1].append(now.cell)
                now.cell = None

    def _text(self) -> list[str]:
        """Where words go: into the cell that is open, or before the outermost table."""
        if self._tables and (own := self._tables[-1].words) is not None:
            return own
        return self._before

    @property
    def _between_cells(self) -> bool:
        return bool(self._tables) and self._tables[-1].words is None

    def _line(self) -> None:
        if self._hidden is None and not self._between_cells:
            self._text().append("\n")


def _hides(attrs: Attributes) -> bool:
    """Does a tag hide its element, by its style or by the attribute `hidden`?"""
    return any(
        name == "hidden" or (name == "style" and bool(_STYLE.search(value or ""))) for name, value in attrs
    )


def _span(value: str | None) -> int:
    found = _SPAN.match(value or "")
    return max(1, int(found[1])) if found else 1
