"""What IPython adds to Python, out of a cell's source (pure).

IPython's own transformer reads the whole cell again for every magic in it, and gives up after 500.
"""

from __future__ import annotations

import contextlib
import re
import tokenize
from collections.abc import Callable, Sequence
from functools import cache
from itertools import takewhile

_CALL = "get_ipython()"
_SAYS_MAGIC = re.compile(r"([ \t]*+)(?:[%!?,;/](?!\s*$)|[%\w.*]++\?{1,2}+\s*+$)")
_IS_GIVEN_MAGIC = re.compile(r"([ \t]*+[^\s=#'\"(%!][^=\n#'\"(]*+=[ \t]*+)[%!]")
_LONGEST_LINE = 1000  # characters; the tokenizer reads a line again for each quote that nothing closes
_MAY_GO_ON = re.compile(r"[(\[{'\"\\]")


def plain(source: str) -> str:
    """A cell with `get_ipython()` where it says what only IPython understands: magics, shell, help, prompts.

    A cell magic takes the whole cell. Reads each line once, or twice where something is open in it.
    """
    lines: list[str] = source.splitlines(keepends=True)
    for tidy in _tidying():
        lines = tidy(lines)
    if lines and lines[0].startswith("%%"):
        return _CALL
    made: list[str] = []
    at = 0
    while at < len(lines):
        said, given = _SAYS_MAGIC.match(lines[at]), _IS_GIVEN_MAGIC.match(lines[at])
        if said or given:
            made.append(f"{(said or given)[1]}{_CALL}\n")  # type: ignore[index]
            while lines[at].rstrip("\r\n").endswith("\\") and at + 1 < len(lines):
                at += 1
            at += 1
        else:
            end = _end(lines, at)
            made.extend(lines[at:end])
            at = end
    return "".join(made)


@cache
def _tidying() -> tuple[Callable[[list[str]], list[str]], ...]:
    """Imported where a cell is read: IPython is half of what whoever only shows reports would wait for."""
    from IPython.core import inputtransformer2 as of

    return (of.leading_empty_lines, of.leading_indent, of.classic_prompt, of.ipython_prompt)


def _end(lines: Sequence[str], at: int) -> int:
    """The line after the statement that begins in line `at`; the end where it is never closed."""
    if lines[at].lstrip().startswith("#") or not _MAY_GO_ON.search(lines[at]):
        return at + 1
    rest = takewhile(lambda line: len(line) <= _LONGEST_LINE, (lines[i] for i in range(at, len(lines))))
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(lambda: next(rest, "")):
            if token.type == tokenize.NEWLINE:
                return at + token.end[0]
    return len(lines)
