"""The class as an Excel workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grader.models import Report
from grader.report.table import to_csv
from rubric.schema import Rubric


def to_xlsx(reports: Sequence[Report], rubric: Rubric) -> bytes:
    """The cells of grades.csv; numbers are numbers, text is text and never a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("grades")
    sheet.freeze_panes = "B2"
    rows = csv.reader(io.StringIO(to_csv(reports, rubric), newline=""), quoting=csv.QUOTE_NONNUMERIC)
    for index, row in enumerate(rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value if value != "" else None)
            if isinstance(value, str) and value:
                cell.data_type = "s"
            if not index:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
