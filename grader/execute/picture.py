"""Pictures that a cell showed, as PNG: checked and shortened without ever decoding a pixel.

A picture is for people and no evidence: extraction and judging never look at it. What a browser will
decode is bounded here by the size that the header claims, and only the chunks that make up the picture
stay: no text, no colour profile, no animation, nothing behind the end.
"""

from __future__ import annotations

import base64
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grader.models import Execution

MOST_BYTES = 1 << 20
"""of one picture, decoded from base64"""
MOST_SIDE = 4096
"""pixels of width and of height"""
MOST_OF_A_CELL = 8
"""of more, the last ones count: a plot that is drawn again after each epoch ends as it should"""
MOST = 40
"""pictures of one run"""
MOST_BYTES_IN_ALL = 4 << 20
MOST_PIXELS_IN_ALL = 1 << 26
"""256 MiB in the memory of a browser"""

_MAGIC = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MOST_CHUNKS = 2_000
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by kind of colour


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole PNG. base64: ASCII on one line. size: bytes before base64. pixels: width times height."""

    base64: str
    size: int
    pixels: int


def picture(text: str) -> Picture | None:
    """The picture that a message holds as base64; None where that is no PNG, or too large a one."""
    text = "".join(text.split()) if len(text) <= 2 * MOST_BYTES else ""
    if not text or len(text) > (MOST_BYTES + 2) // 3 * 4:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    parts = _chunks(data)
    if not parts or parts[0][0] != b"IHDR" or parts[-1][0] != b"IEND":
        return None
    pixels = _pixels(parts[0][1][8:-4])
    if not pixels or not any(kind == b"IDAT" for kind, _ in parts) or len(data) > MOST_BYTES:
        return None
    kept = _MAGIC + b"".join(chunk for kind, chunk in parts if kind in _KEPT)
    return Picture(base64.b64encode(kept).decode("ascii"), len(kept), pixels)


def choose(shown: Sequence[tuple[int, Picture | None]]) -> list[str]:
    """Which pictures of a run are kept, in order: their base64, "" for each that is not.

    shown: the cell and the picture of each output that had one; None where `picture` found none.
    """
    last: dict[int, list[int]] = defaultdict(list)
    for position, (cell, found) in enumerate(shown):
        if found is not None:
            last[cell].append(position)
    wanted = {position for positions in last.values() for position in positions[-MOST_OF_A_CELL:]}
    kept = []
    count, size, pixels = MOST, MOST_BYTES_IN_ALL, MOST_PIXELS_IN_ALL
    for position, (_, found) in enumerate(shown):
        fits = found is not None and count > 0 and found.size <= size and found.pixels <= pixels
        if found is None or position not in wanted or not fits:
            kept.append("")
            continue
        kept.append(found.base64)
        count, size, pixels = count - 1, size - found.size, pixels - found.pixels
    return kept


def without(execution: Execution) -> Execution:
    """The same run, told that its pictures were not kept."""
    if not any(o.image for o in execution.outputs):
        return execution
    bare = tuple(o.model_copy(update={"image": ""}) if o.image else o for o in execution.outputs)
    return execution.model_copy(update={"outputs": bare})


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and bytes of each chunk up to the end; empty where one is damaged, or there are too many."""
    found: list[tuple[bytes, bytes]] = []
    at = len(_MAGIC)
    while data.startswith(_MAGIC) and len(found) < _MOST_CHUNKS:
        end = at + 12 + int.from_bytes(data[at : at + 4])
        chunk = data[at:end]
        if len(chunk) < 12 or end > len(data) or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            break
        found.append((chunk[4:8], chunk))
        if chunk[4:8] == b"IEND":
            return found
        at = end
    return []


def _pixels(header: bytes) -> int:
    """Width times height as a PNG's header says; 0 where no picture of ours has such a header."""
    if len(header) != 13:
        return 0
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    depth, colour, *rest = header[8:]
    allowed = depth in _DEPTHS.get(colour, ()) and rest in ([0, 0, 0], [0, 0, 1])
    return width * height if allowed and max(width, height) <= MOST_SIDE else 0
