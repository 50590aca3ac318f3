"""A student's Markdown as HTML that can neither run, load nor lead anywhere.

HTML in it stays text, a link is its words with the address behind them, a picture its description, a
formula its LaTeX. Headings start below those of the page.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from grader.report.html import python
from grader.text import one_line, visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

_LARGEST = 100_000  # characters of HTML; a reference used a thousand times makes much of little
_ADDRESS = 200
_PYTHON = frozenset({"py", "python", "python3", "ipython", "ipython3"})

Env = MutableMapping[str, Any]


@lru_cache(maxsize=512)
def typeset(source: str) -> Markup | None:
    """Markdown as Jupyter shows it, as HTML; None where it is better shown as it was written.

    Kept for the cells that a whole class has.
    """
    from markupsafe import Markup

    try:
        made = _parser().render(source)
    except Exception:  # whatever hostile text makes of a parser, the report does without
        return None
    # visible here: an entity (&#x202e;) is a character only now
    return Markup(visible(made)) if len(made) <= _LARGEST else None


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from mdit_py_plugins.amsmath import amsmath_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.use(dollarmath_plugin, double_inline=True, allow_digits=False).use(amsmath_plugin)
    assert isinstance(made.renderer, RendererHTML)
    rules: dict[str, Any] = {
        "heading_open": _heading,
        "heading_close": _heading,
        "link_open": _link_open,
        "link_close": _link_close,
        "image": _image,
        "th_open": _table_cell,
        "td_open": _table_cell,
        "table_open": lambda *_: '<div class="wide" tabindex="0"><table>\n',
        "table_close": lambda *_: "</table></div>\n",
        "fence": _block,
        "code_block": _block,
        "math_inline": _formula,
        "math_inline_double": _formula,
        "math_block": _formulas,
        "amsmath": _formulas,
    }
    made.renderer.rules.update(rules)
    return made


def _heading(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    """All of one rank, which no order of theirs can upset; a class says how large they are."""
    return f'<h4 class="{tokens[at].tag}">' if tokens[at].nesting > 0 else "</h4>\n"


def _link_open(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    shown = "" if tokens[at].info == "auto" else str(tokens[at].attrGet("href") or "")
    env.setdefault("addresses", []).append(shown)
    return ""


def _link_close(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return _address(env["addresses"].pop())


def _image(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f"[{_escape(tokens[at].content)}]" + _address(str(tokens[at].attrGet("src") or ""))


def _address(address: str) -> str:
    return f' <span class="address">({_escape(one_line(address, _ADDRESS))})</span>' if address else ""


def _table_cell(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    """The policy forbids style attributes; a class says how a column is aligned."""
    side = str(tokens[at].attrGet("style") or "").rpartition(":")[2]
    return f'<{tokens[at].tag} class="{side}">' if side in ("right", "center") else f"<{tokens[at].tag}>"


def _block(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    text = tokens[at].content.rstrip("\n")
    language = (tokens[at].info.split() or [""])[0].lower()
    return f'<pre tabindex="0">{python(text) if language in _PYTHON else _escape(text)}</pre>\n'


def _formula(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f'<code class="math">{_escape(tokens[at].content.strip())}</code>'


def _formulas(tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f'<pre class="math" tabindex="0">{_escape(tokens[at].content.strip())}</pre>\n'


def _escape(text: str) -> str:
    from markupsafe import escape

    return str(escape(text))
