"""A platform's own CSV, read and written so that nothing changes but the cells we fill in."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

_MAX_BYTES = 64 * 2**20


@dataclass(slots=True)
class Sheet:
    """Rows of cells as they stand in the file, the header first. The rest is how it was written."""

    path: Path
    rows: list[list[str]]
    delimiter: str
    newline: str
    encoding: str
    quote_all: bool

    @property
    def header(self) -> list[str]:
        return self.rows[0]

    def column(self, names: frozenset[str]) -> int | None:
        """The column with one of these names, whatever its case."""
        found = (i for i, cell in enumerate(self.header) if cell.strip().casefold() in names)
        return next(found, None)

    def to_bytes(self) -> bytes:
        """The file again, in its own encoding, with its own separator and line ends."""
        buffer = io.StringIO()
        table = csv.writer(
            buffer,
            delimiter=self.delimiter,
            lineterminator=self.newline,
            quoting=csv.QUOTE_ALL if self.quote_all else csv.QUOTE_MINIMAL,
        )
        table.writerows(self.rows)
        return buffer.getvalue().encode(self.encoding, "replace")


def read(path: Path) -> Sheet:
    """Read a CSV of a platform's. Raises `UsageError` when it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} can't be read ({error.strerror}); name the file from the platform"
        ) from error
    if len(data) > _MAX_BYTES or b"\0" in data:
        raise UsageError(f"{path} is no CSV of grades; name the file from the platform")
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, "replace")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    newline = "\r\n" if "\r\n" in text else "\n"
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    if not rows:
        raise UsageError(f"{path} is empty; name the file from the platform")
    width = len(rows[0])
    rows = [row + [""] * (width - len(row)) for row in rows]
    cells = text.count('"') // 2
    return Sheet(path, rows, delimiter, newline, encoding, cells >= width * len(rows))
