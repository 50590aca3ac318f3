"""Self-contained HTML: templates with everything escaped, under a Content-Security-Policy.

A page may run nothing but the one style sheet and the one script whose hashes its policy names,
and may load nothing at all; so even a gap in the escaping could not run a student's script.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from grader import text

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_CODE_SPAN = re.compile(r"`([^`\n]+)`")


def page(template: str, styles: Sequence[str], script: str = "", **values: Any) -> str:
    """One page from `templates/<template>`, with these style sheets and an optional script inline.

    values: what the template names. Strings are escaped and shown as `text.visible` shows them.
    """
    from markupsafe import Markup

    style = "\n".join(map(_source, styles))
    code = _source(script) if script else ""
    # Our own files, no student's text in them.
    own = {"style": Markup(style), "script": Markup(code), "policy": policy([style], [code] if code else [])}
    made = _environment().get_template(template).render(**values, **own)
    return made.encode("utf-8", errors="replace").decode("utf-8")


def policy(styles: Sequence[str], scripts: Sequence[str] = ()) -> str:
    """The Content-Security-Policy of a page that shows these inline styles and runs these inline scripts."""
    parts = [
        "default-src 'none'",
        " ".join(["style-src", *map(_hash, styles)]),
        *([" ".join(["script-src", *map(_hash, scripts)])] if scripts else []),
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(parts)


def prose(value: str) -> Markup:
    """Running text as HTML: escaped, on one line, with `code` in backticks set as code."""
    from markupsafe import Markup, escape

    line = text.one_line(value, 2000)
    made = Markup()
    end = 0
    for span in _CODE_SPAN.finditer(line):
        made += escape(line[end : span.start()]) + Markup("<code>{}</code>").format(span.group(1))
        end = span.end()
    return made + escape(line[end:])


@lru_cache(maxsize=512)
def python(source: str) -> Markup:
    """Python source as HTML: escaped, its words in spans of the classes that notebook.css colours.

    Kept for the cells that a whole class has, the handout's snippet above all.
    """
    from markupsafe import Markup
    from pygments import highlight

    lexer, formatter = _highlighter()
    return Markup(highlight(source, lexer, formatter).rstrip("\n"))  # Pygments escapes every token


@cache
def _highlighter() -> tuple[Any, Any]:
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True, classprefix="py-")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("grader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: text.visible(value) if type(value) is str else value,
    )
    made.filters["prose"] = prose
    made.filters["excerpt"] = text.excerpt
    return made


@cache
def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0].strip()


def _hash(inline: str) -> str:
    digest = hashlib.sha256(inline.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
