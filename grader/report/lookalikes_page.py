"""The page of code that is alike, side by side, for a person to judge (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from grader.lookalikes.search import Lookalikes, Pair, SubmittedCode
from grader.report.html import policy
from grader.text import one_line
from grader.words.speech import ENGLISH, Speech

_SHOWN = 60
_STYLE = """
:root { color-scheme: light dark; --page: #f6f5f1; --ink: #1c1d20; --code: #fff; --line: #dcd9d1;
  --mark: #ffe08a }
@media (prefers-color-scheme: dark) {
  :root { --page: #141619; --ink: #e9e7e2; --code: #1d2024; --line: #363a41; --mark: #5c4a12 }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1.25rem;
  color: var(--ink); background: var(--page); overflow-wrap: anywhere }
h3 { font-size: 1rem; margin: 1.5rem 0 0 }
figure { margin: 0; min-width: 0 } figcaption { margin: .2rem 0; opacity: .8 }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem;
  margin: .5rem 0 2rem; scroll-margin-top: 1rem }
pre { overflow: auto; max-height: 40rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 8px; padding: .75rem; font-size: 12px; margin: 0 }
mark { background: var(--mark); color: inherit }
:target { outline: 3px solid var(--mark); outline-offset: 4px }
"""


def to_page(found: Lookalikes, speak: Speech = ENGLISH) -> str:
    """The whole page as HTML. Everything a student chose is escaped; the page runs no script."""
    introduction = speak(
        "These submissions have code in common that most of the class does not have. That proves nothing: "
        "people learn together, use the same book, or hand in for each other by mistake. Read both, and ask. "
        "Names of variables, comments, strings and blanks were not compared."
    )
    parts = [
        f"<!doctype html><html lang={speak.language}><meta charset=utf-8>",
        _element("title", speak("Look-alikes")),
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f'<meta http-equiv=Content-Security-Policy content="{escape(policy([_STYLE]))}">',
        f"<style>{_STYLE}</style><main>",
        _element("h1", speak("Code that is alike")),
        _element("p", introduction),
    ]
    if found.identical:
        parts.append(_element("h2", speak("The same code, but for names and comments")))
        parts += [_side_by_side(n, group) for n, group in enumerate(found.identical, 1)]
    if found.pairs:
        parts.append(_element("h2", speak("Pairs, the most alike first")))
    else:
        parts.append(_element("p", speak("No pair of different code is alike.")))
    parts += [_pair(n, pair, speak) for n, pair in enumerate(found.pairs[:_SHOWN], 1)]
    if more := len(found.pairs[_SHOWN:]):
        told = speak.counted(
            more,
            "{n} more pair stands in the table beside this page.",
            "{n} more pairs stand in the table beside this page.",
        )
        parts.append(_element("p", told))
    return "\n".join([*parts, "</main>"]) + "\n"


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _pair(number: int, pair: Pair, speak: Speech) -> str:
    one, two = (f"{100 * share:.0f} %" for share in pair.share)
    head = f"<h3 id=pair-{number}>{_who(pair.first)}, {_who(pair.second)}</h3>"
    said = _element(
        "p",
        speak(
            "{first} of the first's own code is in the second, {second} the other way round.",
            first=one,
            second=two,
        ),
    )
    left, right = pair.passages
    return f"{head}{said}<div class=pair>{_code(pair.first, left)}{_code(pair.second, right)}</div>"


def _side_by_side(number: int, group: Sequence[SubmittedCode]) -> str:
    """Everybody's name, and two of them, as the others are the same."""
    head = f"<h3 id=group-{number}>{', '.join(map(_who, group))}</h3>"
    codes = "".join(_code(code, ()) for code in group[:2]) if number <= _SHOWN else ""
    return f"{head}<div class=pair>{codes}</div>" if codes else head


def _code(code: SubmittedCode, passages: Sequence[tuple[int, int]]) -> str:
    parts, end = [], 0
    for start, stop in sorted(passages):
        start = max(start, end)  # noqa: PLW2901
        if stop > start:
            parts += [escape(code.text[end:start]), "<mark>", escape(code.text[start:stop]), "</mark>"]
            end = stop
    parts.append(escape(code.text[end:]))
    return f"<figure><figcaption>{_who(code)}</figcaption><pre tabindex=0>{''.join(parts)}</pre></figure>"


def _who(code: SubmittedCode) -> str:
    name = one_line(code.name, 80)
    shown = f"<bdi>{escape(name)}</bdi>"
    return shown if code.name == code.id else f"{shown} (<bdi>{escape(one_line(code.id, 80))}</bdi>)"
