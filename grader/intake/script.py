"""A Python script as a notebook: in the percent format cell by cell, else by its paragraphs (jupytext)."""

from __future__ import annotations

import io
import re
import tokenize

from grader.intake.document import NOT_TEXT, Refused, marked
from grader.intake.notebook import MAX_CELLS, NO_CODE, Notebook, too_many_cells
from grader.models import Cell, Flag, Said

_BY_CELLS = Said("A Python script was handed in; it was read cell by cell (percent format) as a notebook.")
_BY_PARAGRAPHS = Said("A Python script was handed in; it was read paragraph by paragraph as a notebook.")
LONGEST = 200_000
"""bytes of a script; jupytext takes up to 0.07 ms for each"""
_PERCENT = re.compile(r"^#\s*(%%|In\s*\[)", re.MULTILINE)


def read(data: bytes) -> Notebook:
    """The cells of a script. Never raises for anything a student can upload."""
    import jupytext

    try:
        source = _text(data)
        style = "percent" if _PERCENT.search(source) else "light"
        made = jupytext.reads(source, fmt={"extension": ".py", "format_name": style})
    except Refused as refused:
        return Notebook(problem=refused.said)
    except Exception as error:  # of a parser we did not write, on text a student wrote
        why = " ".join(str(error).split())[:200]
        return Notebook(problem=Said("Python source that can't be read as a notebook ({why})", {"why": why}))
    if len(made.cells) > MAX_CELLS:
        return Notebook(problem=too_many_cells(len(made.cells)))
    cells = tuple(
        Cell(
            index=index,
            kind="code" if cell.cell_type == "code" else "markdown",
            source=str(cell.source),
        )
        for index, cell in enumerate(made.cells)
    )
    flags = [Flag.of("script", _BY_CELLS if style == "percent" else _BY_PARAGRAPHS)]
    if not any(c.kind == "code" and c.source.strip() for c in cells):
        flags.append(Flag.of("no_code", NO_CODE))
    return Notebook(cells=cells, flags=tuple(flags))


def _text(data: bytes) -> str:
    if len(data) > LONGEST:
        raise Refused(
            Said(
                "holds {size:,} bytes of code, more than the {most:,} that are read",
                {"size": len(data), "most": LONGEST},
            )
        )
    if not data.strip():
        raise Refused(Said("the file is empty"))
    text = _decoded(data)
    first = text.split("\n", 2)
    for n, line in enumerate(first[:2]):
        if line.lstrip().startswith("#") and ("coding:" in line or "coding=" in line):
            first[n] = "# coding: utf-8"  # jupytext takes no other
    return "\n".join(first)


def _decoded(data: bytes) -> str:
    """As its mark says, which Windows' shell sets; else as UTF-8, or as its first lines say."""
    if (found := marked(data)) is not None:
        return found[0]
    if b"\0" in data:
        raise Refused(NOT_TEXT)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_declared(data), "replace")


def _declared(data: bytes) -> str:
    """The encoding that its first lines name; Windows' own where they name none that is known."""
    try:
        named, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        return "cp1252"
    return named
