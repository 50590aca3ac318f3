"""Rare spellings of numbers → the plain ones that the tokens know.

Every rewrite keeps the text's length and leaves what follows in its place, so that spans found in
the result hold in the original. Linear: each pattern starts only where a run of digits, a bracket
or a sign starts, and never reads one twice.

- `1.2×10⁻³`, `1.2·10^-3`, `1.2 \\times 10^{-3}`, `1.2*10**-3` → `1.2e-3`
- `10^-3 * [`, `10⁻³ · tensor(` → `1e-3 *`, a factor of what follows
- `[- 0.5, + 0.3]`, `| - 0.5 |`, `loss = - 0.5` → the sign beside its number
- `` `0.5` ``, `**0.5**`, `$0.5$` → the number between blanks
- `1.2\\mathrm{e}-3` → `1.2e-3`; `0{,}5` → `0.5`
- `1.2 E-03` → `1.2E-03`; `49.94%`, `49.94 percent` → `.4994`
- digits in groups of three, `12 345.5` with a thin space, `12'345.5`, `12_345.5` → `12345.5`
- `0.1, 0.2 and 0.3` → a comma for the `and`, in some languages
- `1  0.5  -` and lines that end early below a full one and a header: the empty cells are not numbers
- `0.5+0.25j` is no real number, let alone two: hidden; `0.5+0.j` is one
"""

from __future__ import annotations

import re

from grader.extract.numbers import HOLE

_FIXED = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)"
_REAL = rf"(?:{_FIXED}(?:[eE][+\-−]?[0-9]{{1,4}}+)?+|nan|inf)"
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_AS_DIGITS = str.maketrans(_SUPERSCRIPTS + "−", "0123456789+--")
_BLANK = r"(?:[ \xa0\u2009\u202f]|\\[,;:! ]|\{\}){0,4}+"

_A_POWER = re.compile(rf"10(?:[{_SUPERSCRIPTS}]|\^|\*\*)")
_TIMES = r"(?:[×·⋅∙*xX]|\\times|\\cdot)"
_TEN_TO_THE = r"""10(?:(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4}+)
       |(?:\^|\*\*)(?:\{[ ]?(?P<braced>[+\-−]?[0-9]{1,4}+)[ ]?\}
                     |\((?P<bracketed>[+\-−]?[0-9]{1,4}+)\)
                     |(?P<bare>[+\-−]?[0-9]{1,4}+)))"""
_POWER = re.compile(
    rf"(?<![\w.])(?P<mantissa>[0-9]++(?:[.,][0-9]++|\.)?+)(?P<gap>{_BLANK}){_TIMES}{_BLANK}"
    rf"{_TEN_TO_THE}(?![\w^]|\.[0-9])",
    re.VERBOSE,
)
_POWER_AHEAD = re.compile(
    rf"(?<![\w.^]){_TEN_TO_THE}(?P<times>{_BLANK}{_TIMES})(?={_BLANK}\r?\n?(?:\[|[\w.]{{0,9}}(?:tensor|array)\())",
    re.VERBOSE,
)
_POWER_BEHIND = re.compile(
    rf"{_BLANK}{_TIMES}{_BLANK}(?:{_TEN_TO_THE}|1(?:\.0*+)?[eE](?P<exponent>[+\-]?[0-9]{{1,4}}+))"
    r"(?![\w^.]|[ ]*[=\[*])",
    re.VERBOSE,
)
_A_COMPLEX = re.compile(r"[0-9.nf][ji]\b", re.IGNORECASE)
_COMPLEX = re.compile(
    rf"(?<![\w.])(?P<open>\()?+(?P<real>[+\-−]?+{_REAL})[ ]{{0,20}}+"
    rf"[+\-−](?P<imaginary>{_REAL})[jJi]\b(?(open)\))"
)
_A_PARTED_SIGN = re.compile(r"[+\-−][ ]{1,3}+[0-9.]")
_BRACKET = re.compile(r"\[[0-9.eE+\-−\s,;|]*+\]")
_PARTED_IN_BRACKET = re.compile(r"(?<![eE0-9.])([+\-−])([ ]{1,3}+)(?=\.?[0-9])")
_PARTED = re.compile(r"([,;|&:=(│┃║][ \t]{0,20}+)([+\-−])([ ]{1,3}+)(?=[0-9]*+\.[0-9])")
_PARTED_EXPONENT = re.compile(r"(?<=[0-9.])([ ])([eE][+\-−][0-9]{2,3})(?![\w.])")
_LETTER_E = re.compile(  # in LaTeX, in another font
    r"(?<=[0-9.])\\(?:mathrm|mathit|text|textrm|operatorname)\{ ?[eE] ?\}(\{)?([+\-−]?[0-9]{1,4}+)(?(1)\})"
)
_BRACED_COMMA = re.compile(r"(?<![\w.])([0-9]++)\{,\}([0-9]++)")
_PER_CENT = r"[ ]?(?:%|per[ ]?cent|Prozent)"
_A_PERCENT = re.compile(rf"[0-9]{_PER_CENT}")
_PERCENT = re.compile(rf"(?<![\w.])([0-9]{{1,6}}+)\.([0-9]{{1,20}}+){_PER_CENT}(?![\w|])")
_GROUPED = re.compile(
    r"(?<![\w.,'’])(?<![\u2009\u202f'’_][0-9]{3}[\u2009\u202f])([1-9][0-9]{0,2}(?:[\u2009\u202f'’_][0-9]{3})++)(\.[0-9]*+)?+(?![\w'’]|\.\w)"
)
_BETWEEN_GROUPS = re.compile(r"[^0-9]")
_MARKED = re.compile(rf"([`$]|\*\*)([ ]?[+\-−]?{_FIXED}(?:[eE][+\-−]?[0-9]{{1,4}}+)?+[ ]{{0,20}}+)\1")
_A_LIST = re.compile(
    rf"(?<![\w.])([+\-−]?{_REAL},[ \t]{{1,3}}[+\-−]?{_REAL})"
    r"(,?[ \t]{1,3}(?:and|und|et|y|e|ed|i|и|en|og|och|ve|&)[ \t]{1,3})"
    r"(?=[+\-−]?(?:[0-9]++[.eE]|\.[0-9]))"
)
_ROW_OF_CELLS = re.compile(rf"[ \t]*(?:[+\-−]?{_REAL}|[-–—])(?:[ \t]+(?:[+\-−]?{_REAL}|[-–—]))++[ \t]*\r?\Z")
_EMPTY_CELL = re.compile(r"(?<=[ \t])[-–—](?=[ \t\r]|\Z)")
_WIDEST_TABLE = 40  # columns of a table whose lines may end early


def unadorned(text: str) -> str:
    """The text with signs beside their numbers and no markup around them, of the same length."""
    text = _MARKED.sub(_blank_markup, text)
    if _A_PARTED_SIGN.search(text):
        text = _BRACKET.sub(lambda match: _PARTED_IN_BRACKET.sub(r"\2\1", match[0]), text)
        text = _PARTED.sub(r"\1\3\2", text)
    return text


def plain_spelling(text: str) -> str:
    """The text with powers of ten as exponents, without per cent and complex numbers, of the same length."""
    if _A_POWER.search(text):
        text = _POWER_AHEAD.sub(_power_ahead, text)
        text = _MARKED.sub(_blank_markup, _POWER.sub(_power, text))
    if "{" in text:
        text = _LETTER_E.sub(lambda match: f"e{match[2]}".ljust(len(match[0])), text)
        text = _BRACED_COMMA.sub(lambda match: f"{match[1]}.{match[2]}".ljust(len(match[0])), text)
    text = _GROUPED.sub(_ungroup, text)
    text = _A_LIST.sub(lambda match: match[1] + ",".ljust(len(match[2])), text)
    text = _with_holes(text)
    text = _PARTED_EXPONENT.sub(r"\2\1", text)
    if _A_PERCENT.search(text):
        text = _PERCENT.sub(_percent, text)
    if _A_COMPLEX.search(text):
        text = _COMPLEX.sub(_complex, text)
    return text


def _complex(match: re.Match[str]) -> str:
    if match["imaginary"].strip("0."):
        return "z" * len(match[0])
    return f"{' ' * len(match['open'] or '')}{match['real']}".ljust(len(match[0]))


def _with_holes(text: str) -> str:
    """Empty cells of tables, a dash or nothing at a line's end, are told from no cells at all."""
    if "\n" not in text or not ("-" in text or " \n" in text or "–" in text or "—" in text):
        return text
    lines = text.split("\n")
    widths = [len(line.split()) if _ROW_OF_CELLS.match(line) else 0 for line in lines]
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and widths[end]:
            end += 1
        full = max(widths[start:end], default=0)
        if 1 < full <= _WIDEST_TABLE and end - start > 1:
            headed = start > 0 and len(lines[start - 1].split()) == full
            for n in range(start, end):
                if widths[n] == full:
                    lines[n] = _EMPTY_CELL.sub(HOLE, lines[n])
                elif headed and lines[n][-1:] == " ":
                    lines[n] = _filled(lines[n], full - widths[n])
        start = end + 1
    return "\n".join(lines)


def _filled(line: str, lacking: int) -> str:
    """A line with a hole for each cell that it lacks at its end, as far as there is room."""
    cells = line.rstrip(" ")
    room = len(line) - len(cells)
    if room < 2 * lacking - 1:
        return line
    return (cells + " ".join(HOLE * lacking)).ljust(len(line))


def _blank_markup(match: re.Match[str]) -> str:
    blanks = " " * len(match[1])
    return f"{blanks}{match[2]}{blanks}"


def _ungroup(match: re.Match[str]) -> str:
    return f"{_BETWEEN_GROUPS.sub('', match[1])}{match[2] or ''}".ljust(len(match[0]))


def _percent(match: re.Match[str]) -> str:
    whole = match[1].zfill(2)
    return f"{whole[:-2]}.{whole[-2:]}{match[2]}".ljust(len(match[0]))


def _power(match: re.Match[str]) -> str:
    mantissa = match["mantissa"]
    before = match.string[max(0, match.start() - 4) : match.start()].rstrip(" ")
    if match["gap"] and mantissa.isdigit() and before[-1:].isalpha():
        return match[0]  # `Layer 1 ×10⁻³` names a unit
    return f"{mantissa}e{_exponent(match)}".ljust(len(match[0]))


def _exponent(match: re.Match[str]) -> int:
    said = match["raised"] or match["braced"] or match["bracketed"] or match["bare"]
    return int((said or match["exponent"]).translate(_AS_DIGITS))


def _power_ahead(match: re.Match[str]) -> str:
    return f"1e{_exponent(match)}".ljust(len(match[0]) - 1) + "*"


def power_behind(text: str, at: int) -> float:
    """The power of ten by which what ends at `at` is multiplied, as in `[0.5 1.5] * 10^-3`; 1 if none."""
    match = _POWER_BEHIND.match(text, at)
    return 10.0 ** max(-300, min(300, _exponent(match))) if match else 1.0
