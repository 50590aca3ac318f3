"""A platform's own CSV, read and written so that nothing changes but the cells we fill in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.csvtext import CsvTable, parse
from grader.errors import UsageError

_MAX_BYTES = 64 * 2**20


@dataclass(slots=True)
class Sheet:
    """Rows of cells as they stand in the file, the header first. written: how they were."""

    path: Path
    rows: list[list[str]]
    written: CsvTable

    @property
    def header(self) -> list[str]:
        return self.rows[0]

    def column(self, names: frozenset[str]) -> int | None:
        """The column with one of these names, whatever its case."""
        found = (i for i, cell in enumerate(self.header) if cell.strip().casefold() in names)
        return next(found, None)

    def to_bytes(self) -> bytes:
        """The file again, in its own encoding, with its own separator and line ends."""
        return self.written.encode(self.rows)


def read(path: Path) -> Sheet:
    """Read a CSV of a platform's. Raises `UsageError` when it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} can't be read ({error.strerror}); name the file from the platform"
        ) from error
    try:
        if len(data) > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES // 2**20} MB")
        table = parse(data)
    except ValueError as error:
        raise UsageError(f"{path} is no CSV of grades ({error}); name the file from the platform") from error
    rows = [row for _, row in table.rows]
    if not rows:
        raise UsageError(f"{path} is empty; name the file from the platform")
    width = len(rows[0])
    return Sheet(path, [row + [""] * (width - len(row)) for row in rows], table)
