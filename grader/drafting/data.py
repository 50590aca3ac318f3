"""The course's data for a second world: the same files with their rows drawn anew (pure but for reading).

What is computed from them moves, and formats, columns and counts of rows stay: rows are drawn with
replacement, the same ones in files of as many rows, so that files that belong together still do. The first
line stays, be it a heading or not, and so does a first column that names or numbers the rows.
"""

from __future__ import annotations

import io
import itertools
import random
import re

import numpy as np

_TABLES = (".csv", ".tsv", ".txt", ".dat")
_BETWEEN = (b",", b";", b"\t")
_NUMBER = re.compile(rb"[-+]?[\d.,]*\d[\d.,]*([eE][-+]?\d+)?|nan|", re.IGNORECASE)


def redrawn(name: str, data: bytes, seed: int) -> bytes | None:
    """The file with its rows drawn anew; None for a kind of file that is left as it is."""
    ending = name[name.rfind(".") :].lower()
    if ending in _TABLES:
        return _table(data, seed)
    if ending == ".npy":
        return _array(data, seed)
    return None


def _table(data: bytes, seed: int) -> bytes | None:
    lines = data.splitlines(keepends=True)
    head = next((i for i, line in enumerate(lines) if not line.startswith(b"#")), 0) + 1
    rows = [line if line.endswith(b"\n") else line + b"\n" for line in lines[head:] if line.strip()]
    if b"\0" in data or len(rows) < 2:
        return None
    drawn = [rows[i] for i in _drawn(len(rows), seed)]
    mark = max(_BETWEEN, key=rows[0].count)
    names = [row.partition(mark)[0] for row in rows]
    if mark in rows[0] and _tell_apart(names):
        drawn = [name + mark + row.partition(mark)[2] for name, row in zip(names, drawn, strict=True)]
    return b"".join([*lines[:head], *drawn])


def _tell_apart(names: list[bytes]) -> bool:
    """Do the first entries of the rows name or number them? A quantity is neither."""
    if len(set(names)) < len(names) or names[0].startswith(b'"'):
        return False
    if all(name.strip().isdigit() for name in names):
        return all(int(b) - int(a) == 1 for a, b in itertools.pairwise(names))
    return not any(_NUMBER.fullmatch(name.strip()) for name in names)


def _array(data: bytes, seed: int) -> bytes | None:
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError):
        return None
    if not array.ndim or len(array) < 2:
        return None
    buffer = io.BytesIO()
    np.save(buffer, array[_drawn(len(array), seed)], allow_pickle=False)
    return buffer.getvalue()


def _drawn(rows: int, seed: int) -> list[int]:
    """Which rows, in order. The first ones are among them in turn, so that nothing but chance repeats."""
    draw = random.Random(f"{seed} {rows}")
    return [draw.randrange(rows) for _ in range(rows)]
