"""A Python script as a notebook: in the percent format cell by cell, else by its paragraphs (jupytext)."""

from __future__ import annotations

import re

from grader.intake.document import Refused
from grader.intake.notebook import MAX_CELLS, MAX_CODE, Notebook
from grader.models import Cell, Flag

_PERCENT = re.compile(r"^#\s*(%%|In\s*\[)", re.MULTILINE)


def read(data: bytes) -> Notebook:
    """The cells of a script. Never raises for anything a student can upload."""
    import jupytext

    try:
        source = _text(data)
        style = "percent" if _PERCENT.search(source) else "light"
        made = jupytext.reads(source, fmt={"extension": ".py", "format_name": style})
    except Refused as refused:
        return Notebook(problem=str(refused))
    except Exception as error:  # of a parser we did not write, on text a student wrote
        why = " ".join(str(error).split())[:200]
        return Notebook(problem=f"Python source that can't be read as a notebook ({why})")
    if len(made.cells) > MAX_CELLS:
        return Notebook(problem=f"has {len(made.cells):,} cells, more than the {MAX_CELLS:,} that are read")
    cells = tuple(
        Cell(
            index=index,
            kind="code" if cell.cell_type == "code" else "markdown",
            source=str(cell.source),
        )
        for index, cell in enumerate(made.cells)
    )
    how = "cell by cell (percent format)" if style == "percent" else "paragraph by paragraph"
    flags = [Flag(id="script", message=f"A Python script was handed in; it was read {how} as a notebook.")]
    if not any(c.kind == "code" and c.source.strip() for c in cells):
        flags.append(Flag(id="no_code", message="The notebook has no code."))
    return Notebook(cells=cells, flags=tuple(flags))


def _text(data: bytes) -> str:
    if len(data) > MAX_CODE:
        raise Refused(f"holds {len(data):,} bytes of code, more than the {MAX_CODE:,} that are read")
    if not data.strip():
        raise Refused("the file is empty")
    if b"\0" in data:
        raise Refused("not text: the file is binary or damaged")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
