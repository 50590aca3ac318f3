"""The words around a value: label, after, above. Kept in the student's spelling, trimmed."""

from __future__ import annotations

import re

from grader.extract.numbers import BARS

LONGEST = 200
_FAR = 20_000
_MANY_LINES = 200
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|.)")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?|\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?")
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_WIDE = "：＝，；、。"
_LEADING = f"/→⇒ \t\xa0,;)]}}>'\"*#_~•·–—─━═&{BARS}{_WIDE}"
_TRAILING = f"/↓ \t\xa0:=→⇒≈~'\",;*#_─━═&{BARS}{_WIDE}"
_ENDINGS = ("->", "=>", "--", " is", " are", " ist", " sind", " est", " equals")
_TF = re.compile(r"\A(?>(.*?)<tf\.\w+\b).*numpy=\s*+\Z", re.DOTALL)  # the first one decides, once
_LEFT = re.compile(r"\\left[ ]?\\?[\[({|.]")
_CLASS = re.compile(r"<class '[^']*'>")
_MAKERS = re.compile(
    r"(?:(?:Parameter|Variable)\s*+)?containing\b|\A(?:OrderedDict|ParameterDict|dict|list|tuple|Parameter|defaultdict)\Z"
)
_SILENT = re.compile(
    r"(?:torch\.)?Size\(\[[^\[\]]*+\]\)|<class '[^']*'>"
    r"|\btorch\.(?:float|int|double|long|bool)\w*|\bfloat(?:32|64)\b"
    r"|\(\s*+\d++\s*+(?:,\s*+\d++\s*+)*+,?\s*+\)|\b(?:shape|size|dtype|type)\b"
    r"|\b(?:Parameter|Variable) containing:?|(?<!\d)\d++%\|.*"
    r"|(?<![0-9.])[0-9.]++(?:[eE][+-]?[0-9]++)?+[ ]*+\*"
)
_A_NONE = re.compile(r"\bNone\b(?=[\s,)\]}])")
_NONE = re.compile(r"\bNone\W*\Z")
_SPELLED = re.compile(r"[^\W_]|[∂∇Δ∆Σ∑]")
_WORDY = re.compile(r"[^\W\d_]|[∂∇Δ∆Σ∑]")


def tidy(text: str) -> str:
    """Trim decoration, separators and a trailing `is`; at most the last LONGEST characters."""
    text = _ANSI.sub("", text[-4 * LONGEST :])
    if text.count(":") > 1:
        text = _TIME.sub("", text)  # of a log: no two lines have the same
    for _ in range(4):
        before = text
        text = text.lstrip(_LEADING + "-=")
        text = text.rstrip(_TRAILING)
        for ending in _ENDINGS:
            text = text.removesuffix(ending)
        if text == before:
            break
    return text[-LONGEST:].strip()


def tidy_after(text: str) -> str:
    """Trim what stands behind a value: brackets, separators, quotes; at most LONGEST characters."""
    text = _ANSI.sub("", text)
    return text.lstrip(_LEADING + "([{").rstrip(_TRAILING + "([{")[:LONGEST]


def split_label(text: str) -> tuple[str, str]:
    """(label, label of the collection) from the text in front of a value.

    Behind the last bracket that is still open stands the key; in front of it what the whole
    collection is called: `Gradients: {'W1': ` → ("W1", "Gradients").
    """
    text = _ANSI.sub("", text[-4 * LONGEST :])
    text = _LEFT.sub("", _TF.sub(r"\1", text))
    text = _A_NONE.split(text)[-1]
    opened = _last_open(text)
    if opened >= 0:
        key, outer = tidy(text[opened + 1 :]), _unopened(text[:opened])
        return (key, outer) if _SPELLED.search(key) else (outer, "")
    return _named(tidy(text)), ""


def _last_open(text: str) -> int:
    """Where the last bracket stands that nothing closes; -1 where there is none."""
    closed = 0
    for i in range(len(text) - 1, -1, -1):
        if text[i] in ")]}":
            closed += 1
        elif text[i] in "([{":
            if not closed:
                return i
            closed -= 1
    return -1


def _unopened(text: str) -> str:
    """The name in front of opening brackets; the words inside an outer one don't count."""
    text = _CLASS.sub("", text).rstrip("([{ \t")
    text = text[_last_open(text) + 1 :]
    words = tidy(text)
    head, _, last = words.rpartition(" ")
    if _MAKERS.search(last):
        words = tidy(head)
    return _named(words)


def _named(words: str) -> str:
    return "" if _MAKERS.match(words) or not _SPELLED.search(words) else words


def heading(line: str) -> str:
    """What a line without values says, or "" for decoration, types, shapes and `label: None`."""
    line = _ANSI.sub("", line[-4 * LONGEST :])
    if _NONE.search(line) or not _WORDY.search(_SILENT.sub("", line)):
        return ""
    words = tidy(re.sub(r"\b(?:Parameter|Variable) containing:?", "", line))
    return words.rstrip("([{ \t-=")


def nearest_headings(text: str, start: int, end: int) -> tuple[str, str]:
    """The last line of text[start:end] that is a heading, and the one above; looks back a bounded way.

    "" where there is none.
    """
    found: list[str] = []
    start = max(start, end - _FAR)
    for _ in range(_MANY_LINES):
        if end <= start:
            break
        line = max(start, text.rfind("\n", start, end - 1) + 1)
        for part in reversed(_LINE_END.split(text[max(line, end - 4 * LONGEST) : end])):
            words = heading(part) if part else ""
            if words:
                found.append(words)
        if len(found) > 1:
            break
        end = line
    nearest, above, *_ = (*found, "", "")
    return nearest, above
