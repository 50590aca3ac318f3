"""Bytes of an upload → JSON object, within bounds. Pure; a bad upload is a `Refused` with a reason."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from grader.models import Said, Values

MAX_BYTES = 64 * 2**20
MAX_BRACKETS = 2_000_000
MAX_COMMAS = 8_000_000

_MAGIC = (
    (b"PK\x03\x04", Said("not a notebook but a ZIP archive (or an Office file)")),
    (b"PK\x05\x06", Said("not a notebook but an empty ZIP archive")),
    (b"%PDF", Said("not a notebook but a PDF")),
    (b"\x1f\x8b", Said("not a notebook but a gzip archive")),
    (b"7z\xbc\xaf", Said("not a notebook but a 7z archive")),
    (b"Rar!", Said("not a notebook but a RAR archive")),
    (b"\x89PNG", Said("not a notebook but a PNG image")),
    (b"\xff\xd8\xff", Said("not a notebook but a JPEG image")),
    (b"\x7fELF", Said("not a notebook but a program")),
    (
        b"version https://git-lfs",
        Said("not a notebook but a Git LFS pointer; the notebook itself was not uploaded"),
    ),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_A_NUMBER = Said("valid JSON, but a number instead of a notebook object")
_OTHER_JSON = {
    list: Said("valid JSON, but an array instead of a notebook object"),
    str: Said("valid JSON, but a string instead of a notebook object"),
    bool: Said("valid JSON, but true or false instead of a notebook object"),
    type(None): Said("valid JSON, but null instead of a notebook object"),
}
NOT_TEXT = Said("not text: the file is binary or damaged")
_PYTHON = re.compile(r"\s*(#|import \w|from \w+ import|def \w|class \w|\"\"\"|''')")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)


class Refused(Exception):  # noqa: N818 - a verdict on the upload, never seen outside intake
    """This upload can't be read; `said` says why, in one line, for student and assistant."""

    def __init__(self, said: Said) -> None:
        super().__init__(str(said))
        self.said = said


def parse(data: bytes) -> tuple[dict[str, Any], str]:
    """The JSON object in `data` and the encoding it was written in (`utf-8` is the normal one).

    Accepts what Jupyter tolerates and a little more: a byte-order mark, UTF-16 and UTF-32, Windows-1252,
    NaN and Infinity, raw control characters in strings; of duplicate keys the last counts, as in Jupyter.
    Raises `Refused`.
    """
    if len(data) > MAX_BYTES:
        raise Refused(
            Said(
                "larger than {size} MB; clear the large outputs and upload again",
                {"size": MAX_BYTES // 2**20},
            )
        )
    if not data:
        raise Refused(Said("the file is empty (0 bytes)"))
    if not data.strip(b" \t\r\n\0"):
        raise Refused(Said("the file holds nothing but blanks or zero bytes"))
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise Refused(what)
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS or data.count(b",") > MAX_COMMAS:
        raise Refused(
            Said("holds too many values to be read safely; clear the large outputs and upload again")
        )
    text, encoding = _decode(data)
    try:
        document = json.loads(text.rstrip("\0"), strict=False, parse_int=_small_int)
    except json.JSONDecodeError as error:
        raise Refused(_why_not_json(text, error)) from None
    except RecursionError:
        raise Refused(Said("the JSON is nested too deeply to be a notebook")) from None
    if not isinstance(document, dict):
        raise Refused(_OTHER_JSON.get(type(document), _A_NUMBER))
    return document, encoding


def _small_int(digits: str) -> int:
    """Absurdly long integers appear only where we never look; Python refuses to convert them."""
    return int(digits) if len(digits) < 20 else 0


def marked(data: bytes) -> tuple[str, str] | None:
    """Text that begins with a mark of its encoding, and which that is; None without one. Raises `Refused`."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data[len(bom) :], encoding), encoding
    return None


def _decode(data: bytes) -> tuple[str, str]:
    if (found := marked(data)) is not None:
        return found
    guess = json.detect_encoding(data)  # tells UTF-16 and UTF-32 by where the zero bytes are
    if guess not in ("utf-8", "utf-8-sig"):
        return _strictly(data, guess), guess
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        if data.lstrip().startswith(b"{") and b"\0" not in data:
            return data.decode("cp1252", errors="replace"), "windows-1252"
        raise Refused(NOT_TEXT) from None


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        what = {"encoding": encoding.upper()}
        raise Refused(Said("not text: looks like {encoding}, but is binary or damaged", what)) from None


def _why_not_json(text: str, error: json.JSONDecodeError) -> Said:
    head = text[:2000].lstrip()
    where: Values = {"line": error.lineno, "column": error.colno, "what": error.msg}
    if head[:15].lower().startswith(("<!doctype html", "<html")):
        return Said("a saved web page, not a notebook; download the .ipynb itself and upload that")
    if head.startswith("{"):
        if _MERGE.search(text):
            return Said("not valid JSON at line {line}, column {column}: unresolved git merge markers", where)
        if error.msg == "Extra data":
            return Said(
                "not valid JSON: something follows the notebook's end at line {line}, column {column}", where
            )
        end = text.rstrip()
        broke_off = error.pos >= len(end) - 10 and not end.endswith("}")  # in the middle of a word
        if broke_off or error.pos >= len(end) or error.msg.startswith("Unterminated string"):
            return Said(
                "the file is cut off: its JSON ends in the middle, at line {line}, column {column}; "
                "upload it again",
                where,
            )
        return Said("not valid JSON at line {line}, column {column}: {what}", where)
    if _PYTHON.match(head):
        return Said("Python source, not a notebook; upload the .ipynb file")
    return Said("not JSON, so not a notebook ({what} at line {line}, column {column})", where)
