"""Markdown cells as a student reads them, and what of them never reaches the page."""

from __future__ import annotations

import re
import time

import pytest

from grader.report.typeset import typeset


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("# Title", '<h4 class="h1">Title</h4>'),
        ("### Deep", '<h4 class="h3">Deep</h4>'),
        ("*a* **b** ~~c~~", "<p><em>a</em> <strong>b</strong> <s>c</s></p>"),
        ("3. x\n4. y", '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>'),
        ("use `x < 1`", "<p>use <code>x &lt; 1</code></p>"),
        ("```\na <b>\n```", '<pre tabindex="0">a &lt;b&gt;</pre>'),
        ("```python\nx = 1\n```", '<span class="py-mi">1</span>'),
        ("$h_1 = W_1 * x * y$", '<code class="math">h_1 = W_1 * x * y</code>'),
        ("$$\na_1*b_2*c\n$$", '<pre class="math" tabindex="0">a_1*b_2*c</pre>'),
        ("\\begin{align}a&=b\\end{align}", "\\begin{align}a&amp;=b\\end{align}</pre>"),
        ("it costs $5 and $6", "<p>it costs $5 and $6</p>"),
        ("|a|b|\n|-|-:|\n|1|2|", '<td class="right">2</td>'),
        ("[here](https://a.example/x)", 'here <span class="address">(https://a.example/x)</span>'),
        ("<https://a.example>", "<p>https://a.example</p>"),
        ("![net](attachment:n.png)", '[net] <span class="address">(attachment:n.png)</span>'),
        ("one<br>two", "<p>one&lt;br&gt;two</p>"),
    ],
)
def test_what_markdown_becomes(source: str, made: str) -> None:
    assert made in str(typeset(source))


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '[x](javascript:alert(1)) [y](data:text/html,x) [z](https://e.example/"onclick="a)',
        '![a"><script>](https://e.example/"onerror="x "t\\"><script>")',
        '[x][r]\n\n[r]: https://e.example/<script> "\\"><script>"',
        "```<script>\n</pre><script>\n```",
        '```py" onload="x\n</pre><script>\n```',
        "$</code><script>$ $$</pre><script>$$",
        "\\begin{align}</pre><script>\\end{align}",
        "|<script>|\n|:-:|\n|<img src=x>|",
        "&lt;script&gt; &#60;script&#62;",
    ],
)
def test_nothing_in_markdown_runs_loads_or_leads_anywhere(source: str) -> None:
    made = str(typeset(source))
    ours = "p|h[456]|pre|code|table|thead|tbody|tr|th|td|div|span|em|strong"
    attributes = '(?: (?:class="(?:wide|math|address|center|py-[a-z0-9]+)"|tabindex="0"))*'
    assert not re.sub(f"</?(?:{ours}){attributes}>", "", made).count("<")


def test_an_entity_cannot_reorder_what_a_reader_sees() -> None:
    assert "\u202e" not in str(typeset("a &#x202e;b")) and "⟨U+202E⟩b" in str(typeset("a &#x202e;b"))


def test_much_made_of_little_is_shown_as_written() -> None:
    assert typeset(f"[a]: /{'x' * 3000}\n\n" + "[a]" * 1500) is None


@pytest.mark.parametrize(
    "part", ["[", "![", "*a", "**a_", "[a](", "$a", "$$a\n", "> ", "- ", "|a", "[a\n", "<", "`"]
)
def test_hostile_markdown_is_quick(part: str) -> None:
    start = time.perf_counter()
    typeset((part * 8000)[:8000])
    assert time.perf_counter() - start < 3, "a tenth of a second where nothing else runs"
