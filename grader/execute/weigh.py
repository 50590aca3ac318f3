"""What a message would cost to parse, told from its bytes.

Few bytes of JSON become many objects: `[],` is three bytes and an empty list takes 56. So values are
counted before anything is parsed; text inside of strings, which may be full of brackets, is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.models import Said

MOST_VALUES = 200_000
"""values in one message: some 20 MB of objects; a plot of 50,000 points has 100,000"""
MOST_HEADER_BYTES = 64 << 10
"""size of the header, of the parent's header and of the metadata, each"""

_REST = bytes(byte for byte in range(256) if byte not in b'[{,:"')
_STRING = re.compile(rb'"[^"]*+(?:"|$)')


def too_costly(parts: Sequence[bytes]) -> Said | None:
    """Why the parts of a message, from its signature on, must not be parsed; None when they may be."""
    if any(len(part) > MOST_HEADER_BYTES for part in parts[1:4]):
        return Said("a message whose header has more than {kib} KiB", {"kib": MOST_HEADER_BYTES >> 10})
    if any(values(part, MOST_VALUES) > MOST_VALUES for part in parts[4:5]):
        return Said("a message of more than {count} values", {"count": MOST_VALUES})
    return None


def values(text: bytes, enough: int) -> int:
    """At least the number of values in a JSON text but one; exact where that may exceed `enough`.

    Every value but the first follows an opening bracket, a comma or a colon.
    """
    found = _count(text)
    if found <= enough:
        return found
    # in this order: of backslashes in a row every second one is itself escaped
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    strings = unescaped.count(b'"') // 2
    if strings > enough:
        return strings
    return _count(_STRING.sub(b"", unescaped.translate(None, _REST)))


def _count(text: bytes) -> int:
    return sum(text.count(byte) for byte in (b"[", b"{", b",", b":"))
