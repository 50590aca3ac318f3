"""Bytes of an upload → cells. Pure. Old and sloppy notebooks are read in full; nothing in metadata steers.

Reads every notebook format that Jupyter ever wrote (1 to 4) and later ones whose cells look alike.
nbformat's own reader is not used: it validates, and fails on notebooks that are merely sloppy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from grader.intake.document import Refused, parse
from grader.models import Cell, Flag, Said

NEWEST_FORMAT = 4
MAX_CELLS = 5_000
MAX_CODE = 1_000_000
"""characters in all code cells together; parsing more of it could take gigabytes"""
MAX_TEXT = 200_000
"""characters of one markdown cell that are read: some hold whole pictures as text"""
MAX_STORED = 65_536
NO_CODE = Said("The notebook has no code.")
_NO_CELLS = Said("valid JSON, but not a notebook: it has no cells")
_NO_LIST = Said("valid JSON, but not a notebook: it has no list of cells")

Kind = Literal["code", "markdown", "raw"]
_KINDS: dict[str, Kind] = {
    "code": "code",
    "markdown": "markdown",
    "heading": "markdown",
    "html": "markdown",
    "text": "markdown",
    "raw": "raw",
}


@dataclass(frozen=True, slots=True)
class Notebook:
    """What could be read. `problem` set: nothing could, and why (one line)."""

    cells: tuple[Cell, ...] = ()
    flags: tuple[Flag, ...] = ()
    problem: Said | None = None
    language: str = ""


def read(data: bytes) -> Notebook:
    """The notebook in these bytes. Never raises for anything a student can upload."""
    try:
        document, encoding = parse(data)
        raw_cells, flags = _cells_of(document)
        if encoding not in ("utf-8", "utf-8-sig"):
            stored = {"encoding": encoding.upper()}
            flags.append(
                Flag.of("encoding", Said("Stored as {encoding} instead of UTF-8; read anyway.", stored))
            )
        language = _language(document)
        flags.extend(_foreign_kernel(language))
        cells = _read_cells(raw_cells, flags)
    except Refused as refused:
        return Notebook(problem=refused.said)
    if not any(c.kind == "code" and c.source.strip() for c in cells):
        flags.append(Flag.of("no_code", NO_CODE))
    return Notebook(cells=cells, flags=tuple(flags), language=language)


def too_many_cells(count: int) -> Said:
    """Why a notebook of so many cells is not read."""
    return Said(
        "has {count:,} cells, more than the {most:,} that are read", {"count": count, "most": MAX_CELLS}
    )


def _cells_of(document: dict[str, Any]) -> tuple[list[Any], list[Flag]]:
    """The raw cells, wherever this format keeps them."""
    major = _major(document.get("nbformat"))
    cells, sheets = document.get("cells"), document.get("worksheets")
    if isinstance(sheets, list) and (not isinstance(cells, list) or (major is not None and major < 4)):
        cells = [
            c for s in sheets if isinstance(s, dict) and isinstance(s.get("cells"), list) for c in s["cells"]
        ]
        major = major if major is not None and major < 4 else 3
    if major is not None and major > NEWEST_FORMAT:
        if not isinstance(cells, list) or not any(_is_cell(c) for c in cells):
            raise Refused(
                Said(
                    "notebook format {format} is newer than this grader knows and its cells can't be read; "
                    "save it in format 4 and upload again",
                    {"format": major},
                )
            )
        newer = Said(
            "Notebook format {format} is newer than this grader knows; its cells were read as format 4.",
            {"format": major},
        )
        return cells, [Flag.of("newer_format", newer)]
    if not isinstance(cells, list):
        raise Refused(_NO_CELLS if cells is None else _NO_LIST)
    if len(cells) > MAX_CELLS:
        raise Refused(too_many_cells(len(cells)))
    if major is not None and major < 4:
        return cells, [
            Flag.of("old_format", Said("Notebook format {format}, upgraded to 4.", {"format": major}))
        ]
    return cells, []


def _major(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_cell(raw: Any) -> bool:
    return isinstance(raw, dict) and "source" in raw and isinstance(raw.get("cell_type"), str)


def _read_cells(raw_cells: list[Any], flags: list[Flag]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    damaged: list[int] = []
    cut: list[int] = []
    for index, raw in enumerate(raw_cells):
        if not isinstance(raw, dict):
            damaged.append(index)
            cells.append(Cell(index=index, kind="raw", source=""))
            continue
        kind, source = _kind(raw), _source(raw)
        if kind is None or source is None:
            damaged.append(index)
        text = _printable(source or "")
        if kind != "code" and len(text) > MAX_TEXT:
            text = text[:MAX_TEXT]
            cut.append(index)
        if raw.get("cell_type") == "heading":
            level = raw.get("level")
            text = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + f" {text}"
        stored = _stored(raw.get("outputs")) if kind == "code" else ""
        failed = _failed(raw.get("outputs")) if kind == "code" else ""
        cells.append(Cell(index=index, kind=kind or "raw", source=text, stored=stored, failed=failed))
    length = sum(len(c.source) for c in cells if c.kind == "code")
    if length > MAX_CODE:
        raise Refused(
            Said(
                "holds {size:,} characters of code, more than the {most:,} that are read",
                {"size": length, "most": MAX_CODE},
            )
        )
    if damaged:
        said = Said("Cells that could not be read as cells: {cells}.", {"cells": _numbers(damaged)})
        flags.append(Flag.of("damaged_cells", said))
    if cut:
        said = Said("Text cells of which only the beginning was read: {cells}.", {"cells": _numbers(cut)})
        flags.append(Flag.of("long_text", said))
    return tuple(cells)


def _numbers(indices: list[int]) -> str:
    return ", ".join(str(i + 1) for i in indices[:5]) + (", …" if len(indices) > 5 else "")


def _kind(raw: dict[str, Any]) -> Kind | None:
    """A cell without a type is code when it has what only code cells have."""
    declared = raw.get("cell_type")
    if isinstance(declared, str) and declared.strip().lower() in _KINDS:
        return _KINDS[declared.strip().lower()]
    if declared is None and raw.keys() & {"outputs", "execution_count", "prompt_number", "input", "code"}:
        return "code"
    return None


def _source(raw: dict[str, Any]) -> str | None:
    """None: the field holds something that is no text at all. A null source is an empty cell."""
    for key in ("source", "input", "code", "text"):
        if key in raw:
            return _text(raw[key])
    return ""


def _text(value: Any) -> str | None:
    """A string, or the list of lines in which notebooks store one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        # Every writer ends each line but the last with a newline; a list without any lost them.
        lost = len(lines) > 1 and not any(line.endswith("\n") for line in lines[:-1])
        return ("\n" if lost else "").join(lines)
    return None


def _printable(text: str) -> str:
    """Half characters (lone surrogates) can't be stored or sent on; they become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _stored(outputs: Any) -> str:
    """The text that the file claims the cell printed, shortened."""
    if not isinstance(outputs, list):
        return ""
    text = "\n".join(t for t in map(_output_text, outputs) if t)
    return _printable(text[:MAX_STORED])


def _failed(outputs: Any) -> str:
    """The name of the error that the file claims the cell ended with."""
    told = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []
    names = (o.get("ename") for o in told if o.get("output_type") == "error")
    return next((_printable(name)[:100] for name in names if isinstance(name, str)), "")


def _output_text(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    value = data.get("text/plain") if isinstance(data, dict) else output.get("text")
    return _text(value) or ""


def _language(document: dict[str, Any]) -> str:
    """What the file says it is written in, "" where it does not: 'R', 'python 3.13'."""
    metadata = document.get("metadata")
    for section, key in (("kernelspec", "language"), ("language_info", "name"), ("kernelspec", "name")):
        entry = metadata.get(section) if isinstance(metadata, dict) else None
        name = entry.get(key) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.strip():
            continue
        if key == "name" and section == "kernelspec" and not _names_other_language(name):
            continue
        if "python" in name.lower():
            return f"python {_version(metadata)}".strip()
        return _printable(" ".join(name.split()))[:40]
    return ""


def _version(metadata: Any) -> str:
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    version = info.get("version") if isinstance(info, dict) else None
    found = re.match(r"(\d{1,2}\.\d{1,3})(?:\.|\Z)", version) if isinstance(version, str) else None
    return found[1] if found else ""


def _foreign_kernel(language: str) -> Iterable[Flag]:
    if not language or language.startswith("python"):
        return []
    text = Said(
        "The file says its language is {language!r}; its cells were run as Python all the same.",
        {"language": language},
    )
    return [Flag.of("foreign_kernel", text)]


def _names_other_language(kernel: str) -> bool:
    """Kernel names are free text (a course's own environment); only well-known others count."""
    return kernel.lower().startswith(
        ("ir", "julia", "xcpp", "scala", "octave", "matlab", "javascript", "sagemath")
    )
