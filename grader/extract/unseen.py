"""HTML that nobody sees: elements that their own tag hides (pure)."""

from __future__ import annotations

import re

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,12})\b[^<>]*+>")
_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?![0-9.])",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_LONGEST = 400  # characters of a tag
_VOID = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))


def without_unseen(html: str) -> str:
    """The page without its hidden elements; one that is never closed hides the rest, as in a browser."""
    kept: list[str] = []
    at = depth = 0
    name = ""
    for match in _TAG.finditer(html):
        tag = match[2].lower()
        if not depth and not match[1] and tag not in _VOID and _hides(match[0][:_LONGEST]):
            kept.append(html[at : match.start()])
            name, depth, at = tag, 1, len(html)
        elif depth and tag == name:
            depth += -1 if match[1] else 1
            at = len(html) if depth else match.end()
    kept.append(html[at:])
    return "".join(kept)


def _hides(tag: str) -> bool:
    """Does a tag hide its element, by its style or by the attribute `hidden`?"""
    attributes = _QUOTED.sub("", tag.lower()).rstrip(">").replace("=", " ").split()
    return "hidden" in attributes or bool(_STYLE.search(tag))
