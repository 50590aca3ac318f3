"""Bytes of an upload → JSON object, within bounds. Pure; a bad upload is a `Refused` with a reason."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

MAX_BYTES = 64 * 2**20
MAX_BRACKETS = 2_000_000
MAX_COMMAS = 8_000_000

_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive (or an Office file)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer; the notebook itself was not uploaded"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PYTHON = re.compile(r"\s*(#|import \w|from \w+ import|def \w|class \w|\"\"\"|''')")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


class Refused(Exception):  # noqa: N818 - a verdict on the upload, never seen outside intake
    """This upload can't be read; the text says why, in one line, for student and assistant."""


def parse(data: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object in `data` and the encoding it was written in (`utf-8` is the normal one).

    Accepts what Jupyter tolerates and a little more: a byte-order mark, UTF-16 and UTF-32, Windows-1252,
    NaN and Infinity, raw control characters in strings; of duplicate keys the last counts, as in Jupyter.
    Raises `Refused`.
    """
    if len(data) > MAX_BYTES:
        raise Refused(f"larger than {MAX_BYTES // 2**20} MB; clear the large outputs and upload again")
    if not data:
        raise Refused("the file is empty (0 bytes)")
    if not data.strip(b" \t\r\n\0"):
        raise Refused("the file holds nothing but blanks or zero bytes")
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise Refused(f"not a notebook but {what}")
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS or data.count(b",") > MAX_COMMAS:
        raise Refused("holds too many values to be read safely; clear the large outputs and upload again")
    text, encoding = _decode(data)
    try:
        document = json.loads(text.rstrip("\0"), strict=False, parse_int=_small_int)
    except json.JSONDecodeError as error:
        raise Refused(_why_not_json(text, error)) from None
    except RecursionError:
        raise Refused("the JSON is nested too deeply to be a notebook") from None
    if not isinstance(document, dict):
        kind = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
        raise Refused(f"valid JSON, but {kind.get(type(document), 'a number')} instead of a notebook object")
    return document, encoding


def _small_int(digits: str) -> int:
    """Absurdly long integers appear only where we never look; Python refuses to convert them."""
    return int(digits) if len(digits) < 20 else 0


def _decode(data: bytes) -> tuple[str, str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding), encoding
    guess = json.detect_encoding(data)  # tells UTF-16 and UTF-32 by where the zero bytes are
    if guess not in ("utf-8", "utf-8-sig"):
        return _strictly(data, guess), guess
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        if data.lstrip().startswith(b"{") and b"\0" not in data:
            return data.decode("cp1252", errors="replace"), "windows-1252"
        raise Refused("not text: the file is binary or damaged") from None


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Refused(f"not text: looks like {encoding.upper()}, but is binary or damaged") from None


def _why_not_json(text: str, error: json.JSONDecodeError) -> str:
    head = text[:2000].lstrip()
    where = f"line {error.lineno}, column {error.colno}"
    if head[:15].lower().startswith(("<!doctype html", "<html")):
        return "a saved web page, not a notebook; download the .ipynb itself and upload that"
    if head.startswith("{"):
        if _MERGE.search(text):
            return f"not valid JSON at {where}: unresolved git merge markers"
        if error.msg == "Extra data":
            return f"not valid JSON: something follows the notebook's end at {where}"
        end = text.rstrip()
        broke_off = error.pos >= len(end) - 10 and not end.endswith("}")  # in the middle of a word
        if broke_off or error.pos >= len(end) or error.msg.startswith("Unterminated string"):
            return f"the file is cut off: its JSON ends in the middle, at {where}; upload it again"
        return f"not valid JSON at {where}: {error.msg}"
    if _PYTHON.match(head):
        return "Python source, not a notebook; upload the .ipynb file"
    return f"not JSON, so not a notebook ({error.msg} at {where})"
