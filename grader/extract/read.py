"""Text → nodes: tokens drive the bracket stack and the loose rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.extract.brackets import Brackets
from grader.extract.joins import RowJoiner
from grader.extract.loose import loose_node, read_run
from grader.extract.nodes import Form, Node, node_of
from grader.extract.numbers import BARS, Parsed, parse_row, shown_decimals
from grader.extract.tokens import TOKEN

_INNER = re.compile(r"\(\s*+([^()\s]++)\s*+\)")
_VALUE_BEHIND = re.compile(r"[ \t]*+(?:[:=]|->|→)?+[ \t]*+[+\-−]?+[0-9]*+\.[0-9]")
_MORE_BEHIND = re.compile(r"[ \t]++[^\s,;|]")
_LEAVES = {
    **{"newline": "", "noise": ")", "row": "]", "comma": ",", "maker": "(", "scalar": ")"},
    **{"option": ")", "scale": "*", "dots": "."},
}
"""kind of token → what then stands in front, where it is not the token itself"""
_QUOTES = str.maketrans("'\"", "  ")


def read_nodes(text: str, emit: Callable[[Node], None]) -> None:
    """Pass every value of the text to `emit`, in the order of the text."""
    reader = _Reader(text, emit)
    for match in TOKEN.finditer(text):
        reader.take(match)
    reader.finish()


class _Reader:
    """One pass over the tokens.

    before: the token in front on the same line, "" at the start of a line; it decides whether a
    lone integer is a value or part of the words.
    """

    def __init__(self, text: str, emit: Callable[[Node], None]) -> None:
        self._text = text
        self._rows = RowJoiner(text, emit)
        self._brackets = Brackets(self._rows.add)
        self._before = ""
        self._factor = 1.0
        self._factor_end = -1
        self._handlers: dict[str, Callable[[re.Match[str]], None]] = {
            "space": self._space,
            "newline": self._space,
            "words": self._word,
            "word": self._word,
            "attached": self._word,
            "noise": self._word,
            "ansi": self._space,
            "row": self._row,
            "run": self._run,
            "comma": lambda _: self._brackets.comma(),
            "open": self._open,
            "close": lambda match: self._brackets.close(match[0], match.end()),
            "maker": self._open,
            "scalar": self._scalar,
            "option": self._option,
            "scale": self._scale,
            "deep": self._word,
            "dots": lambda _: self._brackets.dots(),
            "quote": lambda _: None,  # around a number or a key it changes nothing
            "other": self._other,
        }

    def take(self, match: re.Match[str]) -> None:
        """The next token."""
        kind = match.lastgroup or ""
        self._handlers[kind](match)
        if kind in _LEAVES:
            self._before = _LEAVES[kind]
        elif kind in ("words", "word", "attached", "run", "open", "close", "deep"):
            self._before = (match[0].split()[-1] if kind == "words" else match[0])[-40:]

    def finish(self) -> None:
        self._brackets.finish(len(self._text))
        self._rows.finish()

    def _space(self, match: re.Match[str]) -> None:
        if self._factor_end == match.start():
            self._factor_end = match.end()

    def _word(self, match: re.Match[str]) -> None:
        self._brackets.interrupt(match.start())

    def _other(self, match: re.Match[str]) -> None:
        if match[0] in BARS and self._brackets.top is not None:
            return  # `[[0.5 | 0.25] | [1.5 | 2.5]]`
        self._brackets.interrupt(match.start())
        if match[0][-1] not in f"`${BARS}":
            self._before = match[0][-2:]

    def _row(self, match: re.Match[str]) -> None:
        start, end = match.span()
        body = match[0][1:-1].translate(_QUOTES)
        parsed = parse_row(body)
        if self._brackets.top is None and self._is_reference(parsed, end):
            return
        if self._factor_end == start:
            parsed = parsed.scaled(self._factor)
        # Only numpy pads elements in front of a comma.
        commas = "," in body and " ," not in body
        room = 0 if commas and not parsed.dotted else shown_decimals(body)
        self._brackets.add_row(node_of(parsed, start, end, "list", room=room, commas=commas))

    def _is_reference(self, parsed: Parsed, end: int) -> bool:
        """`[1]` behind a word (`Epoch [1]`) or ahead of a value, `[0, 1]` ahead of a value: an index."""
        if not parsed.integers or len(parsed.values) > 3 or any(v < 0 for v in parsed.values):
            return False
        if _VALUE_BEHIND.match(self._text, end):
            return True
        if len(parsed.values) > 1:
            return False
        return self._before.isalpha() or (not self._before and bool(_MORE_BEHIND.match(self._text, end)))

    def _run(self, match: re.Match[str]) -> None:
        start, end = match.span()
        if self._brackets.top is not None:
            parsed = parse_row(match[0])
            cut = self._text.startswith(("...", "…"), end)  # pandas cuts long cells anywhere
            self._brackets.add(parsed.without_last() if cut else parsed, start, end, commas="," in match[0])
            if cut:
                self._brackets.interrupt(end)
        else:
            factor = self._factor if self._factor_end == start else 1.0
            node = read_run(
                self._text, start, end, self._before, factor, collection=self._brackets.inside_collection
            )
            if node is not None:
                self._rows.add(node)

    def _scalar(self, match: re.Match[str]) -> None:
        start, end = match.span()
        inner = _INNER.search(match[0])
        parsed = parse_row(inner[1] if inner else "")
        if self._brackets.top is not None:
            self._brackets.add(parsed, start, end, commas=True)
        elif parsed.values:
            self._rows.add(loose_node(parsed, start, end))

    def _scale(self, match: re.Match[str]) -> None:
        self._factor = parse_row(match[0].rstrip("* \t")).values[0]
        if self._brackets.top is not None:
            self._brackets.scale(self._factor)
        else:
            self._factor_end = match.end()

    def _open(self, match: re.Match[str]) -> None:
        bracket = match[0]
        form: Form = "list"
        if match.lastgroup == "maker":
            bracket, form = "m", "tensor" if bracket[-7:].lower() == "tensor(" else "array"
        self._brackets.open(bracket, match.start(), form)
        if self._factor_end == match.start() and bracket != "{":
            self._brackets.scale(self._factor)  # of all that is in it

    def _option(self, match: re.Match[str]) -> None:
        top = self._brackets.top
        if top is not None and top.bracket == "m":
            self._brackets.option(match[0])
        else:
            self._brackets.interrupt(match.start())
