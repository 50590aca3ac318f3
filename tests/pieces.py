"""What readers of a student's text look for: pieces that hostile texts are made of. `{i}` counts."""

from __future__ import annotations

PRINTS = [
    *("tensor([", "array(", "0.5", "1", "1.", "[", "]", "(", ")", "{", "}", ",", ":", "=", "|"),
    *("--", "\\", "...", "W1: ", "W1[0,{i}] 0.5\n", "W1 {i} 0.5 0.25\n", "h1[0] 0.5\n"),
    *("Layer 1 ", "a b\n", "W1:\n", "unit{i} ", "0 1 2\n", "0.5 0.25\n", "0  0.5 {i}\n"),
    *("{i}\n", "{i}\n\n", "[0.5, {i}.5]\n", "W1 = tensor([0.5, 0.5])\n", " ", "\n", "\u3000"),
    *("\xa0", "\t", "1\u2009111", "1,5 ", "1'000", "12 E-03", "5 %", "1+2j ", "1/2 ", "---\n"),
    *("<tf.x ", "**", "`", "$", "10^", "1.5* ", "size=(0,3)", "None ", "nan "),
    *("x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x ", "\x1b[1m"),
]

HTML = [
    *("<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<td>0.5</td>", "<th>", "</th>"),
    *("<th rowspan=9>", "<br>", "<!--", "-->", "<style>", "</style>", "<script>", "<sup>"),
    *("10<sup>", "&lt;", "&", "<", '<p a="', "'", "<p hidden>", "<div style='display:none'>"),
    *("</div>", "<caption>", "x ", "0.5 ", "<template>", "<pre>"),
]

CODE = [
    *("-", "#", "\n", " ", "\t", "(", ")", "[", "{", "}", "]", '"', "'", '"""', "\\\n", "?"),
    *("@", "**", "~", ".a", "x=1\n", "x -= 1\n", "%m\n", "!ls\n", "x?\n", "x = !ls\n", " %m\n"),
    *("%%time\n", "%%x\n", ">>> ", "In [1]: ", "def f{i}(\n", "def f{i}():\n  torch.rand(3)\n"),
    *("f{i}(", "class A{i}: pass\n", "print(x)\n", "print(print(", "import a as b{i}\n"),
    *("from x import y{i}\n", "if x:\n ", "lambda: ", "1.5 ", 'f"{x}"\n', "x; ", "rand("),
    *("not ", "await ", "'\\'", "x.copy_(", "-lr", "- x * x.grad", "# yes\n", "x = x = "),
    *("a.b.c", "{i}\n", "lr=0.1 "),
]

WORDS = [
    *("# Question 4\n", "# Q\n", "![", "](", ")", "```", "#", "\n", "yes\n", "<", ">", "a "),
    *("b? ", "?", " ", "**", "4. ", "=1", "[0.5", "comparison ", "same ", "# yes\n"),
    *("print(1)\n", "None", "1 ", "0.5 ", "W1 ", "True ", "1, ", "_", "\\hat ", "{", "aA", "∂"),
    *("/", "(", "2, ", "h1 ", "gradient of ", "| a ", "|-", "- ", "1. "),
]

BYTES = [
    *("{", "[", '"', ",", "\\", '{"a":', "\n", "1", "-", "<<<<<<< ", "null,", "1e", "\x00"),
    *("#", "# %%\n", "# +\n", "'''", "x = 1\n\n", '{"cells":[', "\r", "# %% [markdown]\n"),
    *("\ud800", "\\u", "import x\n", "    ", "# -\n"),
]

PEOPLE = [
    *("`", "*", "_", "[", "]", "(", ")", "<", "\n", " ", "\t", "\u202e", "\x1b", "\x1b["),
    *("\x1b]", "\r", "x", "://", "www.", "-", "=", "#", "1.", "0;", "\x07", "\ud800", "é"),
    *("  \n",),
]
