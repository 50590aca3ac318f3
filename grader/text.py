"""Makes untrusted text harmless: for Markdown, for spreadsheets, for a terminal.

Students choose names, labels, error messages and everything they print. Nothing of it may close a
code block, start a link or a tag, become a formula, move a cursor or reorder what a reader sees.
"""

from __future__ import annotations

import re

_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # reordering
    "\u180e\u200b\u2028\u2029\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"  # not to be seen
    "\ud800-\udfff]"  # no characters
)
_FORMULA = frozenset("=+-@\t\r＝＋－＠")
_MARKDOWN = re.compile(r"[\\`*\[\]<>&|~$^]")
_UNDERSCORE = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_LINE_START = re.compile(r"^(?:[#>=+-]|\d+(?=[.)]))")
_CODE_SPAN = re.compile(r"`([^`\n]+)`")


def line_of(text: str) -> str:
    """`visible` text as the one line of a terminal or a log that it is: an end of a line is shown, too."""
    return visible(text).replace("\n", "⟨U+000A⟩").replace("\t", " ")


def printable(text: str) -> str:
    """A name in such a line: its beginning and its end where it is long."""
    clean = line_of(text[:4000])
    return clean if len(clean) <= 200 else f"{clean[:120]}…{clean[-60:]}"


def visible(text: str) -> str:
    """The text with every character shown that could act instead of being read.

    Control, reordering and invisible characters become their code (⟨U+001B⟩), lone surrogates
    U+FFFD. Newline and tab stay; carriage returns end a line.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ACTS.sub(_named, text)


def one_line(text: str, limit: int = 300) -> str:
    """`visible` text on one line, runs of white space joined, cut at `limit` characters."""
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def excerpt(text: str, lines: int = 14, width: int = 120) -> str:
    """`visible` text of at most `lines` lines of `width` characters, without blank lines at the ends."""
    kept = visible(text).expandtabs(4).strip("\n").split("\n")
    shown = kept if len(kept) <= lines else [*kept[: lines - 3], "…", *kept[-2:]]
    cut = [line if len(line) <= width else line[: width - 1] + "…" for line in shown]
    return "\n".join(line.rstrip() for line in cut)


def markdown(text: str, limit: int = 2000) -> str:
    """Running text for Markdown, on one line: nothing in it is markup, except code in backticks."""
    line = one_line(text, limit)
    parts: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(line):
        parts += [_escaped(line[end : span.start()]), code(span.group(1))]
        end = span.end()
    parts.append(_escaped(line[end:]))
    return "".join(parts)


def paragraph(text: str, limit: int = 2000) -> str:
    """`markdown` text that may also begin a block: it starts no heading, list, quote or rule."""
    return _LINE_START.sub(lambda m: _escaped_start(m.group()), markdown(text, limit))


def code(text: str, limit: int = 80) -> str:
    """A Markdown code span that the text can't close."""
    line = one_line(text, limit) or " "
    ticks = "`" * (_longest_run("`", line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fence(text: str) -> str:
    """A fenced Markdown block that the text can't close."""
    ticks = "`" * max(3, _longest_run("`", text) + 1)
    return f"{ticks}text\n{text}\n{ticks}"


def spreadsheet(text: str) -> str:
    """A text cell on one line that no spreadsheet takes for a formula."""
    line = one_line(text, 2000)
    return f"'{line}" if like_formula(text) else line


def like_formula(text: str) -> bool:
    """Would a spreadsheet compute what begins like this?"""
    return bool(text.strip()) and (text[0] in _FORMULA or text.lstrip()[0] in _FORMULA)


def _named(found: re.Match[str]) -> str:
    number = ord(found.group())
    return "\ufffd" if 0xD800 <= number <= 0xDFFF else f"⟨U+{number:04X}⟩"


def _escaped(text: str) -> str:
    text = _MARKDOWN.sub(lambda m: "\\" + m.group(), text)
    text = _UNDERSCORE.sub(r"\\_", text)
    return text.replace("://", "\\://").replace("www.", "www\\.")


def _escaped_start(start: str) -> str:
    return f"{start}\\" if start[0].isdigit() else f"\\{start}"


def _longest_run(char: str, text: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(char)}+", text)), default=0)
