"""Small PNGs, honest and dishonest, built from their chunks."""

from __future__ import annotations

import base64
import struct
import zlib

MAGIC = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png(width: int = 3, height: int = 2, extra: bytes = b"", data: bytes | None = None) -> bytes:
    """A grey picture. extra: chunks between header and data. data: in place of the compressed pixels."""
    rows = zlib.compress((b"\0" + b"\x80" * width) * height) if data is None else data
    return MAGIC + header(width, height) + extra + chunk(b"IDAT", rows) + chunk(b"IEND")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
