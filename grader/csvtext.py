"""CSV as platforms and spreadsheets save it: encoding, separator and line ends are found out, not asked for.

UTF-8 with and without a byte-order mark, the UTF-16 of Excel's "Unicode text", Windows-1252; commas,
semicolons, tabs; Excel's own first line `sep=;`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass

_SEPARATORS = ",;\t"
_SAID = re.compile(r'"?sep=([,;\t|])"?\r?\n', re.IGNORECASE)
_LONGEST_CELL = 16 * 2**20


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The rows, each with the number of the line it ends on, and how they were written.

    said: the line in which the file names its own separator, empty for most.
    """

    rows: tuple[tuple[int, list[str]], ...]
    encoding: str
    delimiter: str
    newline: str
    quote_all: bool
    said: str = ""

    def encode(self, rows: list[list[str]]) -> bytes:
        """Rows as bytes, written as these were."""
        buffer = io.StringIO()
        table = csv.writer(
            buffer,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL,
        )
        table.writerows(rows)
        return (self.said + buffer.getvalue()).encode(self.encoding, "replace")


def parse(data: bytes) -> CsvTable:
    """The table in these bytes. Raises `ValueError` where there is none."""
    text, encoding = _decode(data)
    said = _SAID.match(text)
    body = text[said.end() :] if said else text
    delimiter = said[1] if said else _delimiter(body)
    csv.field_size_limit(_LONGEST_CELL)  # an essay typed into Moodle is longer than Python's own limit
    # strict: a quote that is never closed would swallow the lines behind it
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    skipped = 1 if said else 0
    try:
        rows = tuple((reader.line_num + skipped, row) for row in reader if row)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num + skipped}: {error}") from None
    width = len(rows[0][1]) if rows else 0
    return CsvTable(
        rows=rows,
        encoding=encoding,
        delimiter=delimiter,
        newline="\r\n" if "\r\n" in body else "\n",
        quote_all=body.count('"') // 2 >= width * len(rows),
        said=said[0] if said else "",
    )


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), "utf-16"
    if b"\0" in data:
        raise ValueError("it is binary")
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "cp1252"


def _delimiter(text: str) -> str:
    """The separator that makes the most of the first line; commas within quotes make nothing of it."""
    head = text.lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=lambda mark: len(next(csv.reader([head], delimiter=mark), [])))
