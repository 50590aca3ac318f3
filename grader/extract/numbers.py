"""Number literals: how they are spelled, what they are worth, and how far off they may be.

A literal's half unit is half a unit of its last printed digit, with these exceptions, all of them
proven by the spelling itself:

- an integer literal (`3`) is exact: 0.0;
- zero in scientific notation (`0.0000e+00`) is exact: any other value would show its own exponent;
- nan and inf are exact.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

_FIXED = r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)"
_EXPONENT = r"(?:[eE][+\-−]?[0-9]{1,6}+)?+"
HOLE = "\ue0f8"  # written by `spelling` where a table's cell is empty: not a number, one character long
_SPECIAL = rf"(?:{HOLE}|nan|NaN|NAN|inf(?:inity)?+|Inf(?:inity)?+|INF|∞)"
NUMBER = rf"(?:[+\-−]|(?<![\w.])–)?(?:{_FIXED}{_EXPONENT}|{_SPECIAL})"

_LITERAL = re.compile(NUMBER)
_LITERAL_OR_DOTS = re.compile(rf"{NUMBER}|\.\.\.|…")
_COMMA_NUMBER = r"[+\-−]?[0-9]++(?:,[0-9]++)?+(?:[eE][+\-−]?[0-9]{1,6}+)?+"
_COMMA_ROW = re.compile(
    rf"[\s|]*+(?:{_COMMA_NUMBER}(?=[\s;|&,]|\Z)(?:\s*+[;|&]\s*+|\s++|,\s++|,\Z)?+)++[\s|]*+\Z"
)
_COMMA_LITERAL = re.compile(_COMMA_NUMBER)
_THOUSANDS = re.compile(r"[+\-−]?[1-9][0-9]{0,2}(?:,[0-9]{3})++(?:\.[0-9]++)?+\Z")
_GERMAN_THOUSANDS = re.compile(r"[+\-−]?[1-9][0-9]{0,2}(?:\.[0-9]{3})++,[0-9]++\Z")
_PADDED = re.compile(r"\.([0-9]*+)([ ]*+)(?![\r\n])([,;]|\Z)?+")
_GROUPED_ROW = re.compile(
    r"(?:[+\-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})++|[0-9]{1,3}+)\.[0-9]++(?:[ \t]*[|;&][ \t]*|,?[ \t]++|\Z))++\Z"
)
BARS = "|│┃║┆┇┊┋╎╏"  # what parts the columns of a table
ANY_ROOM = 10_000
_GROUP_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_LONGEST = 1100  # digits of a double that can matter; more can't come from printing one


class Parsed(NamedTuple):
    """Literals read: parallel lists, and whether an ellipsis stood among them.

    dotted: every finite literal ends in a bare point (`1.`), as torch prints whole floats.
    scientific: some literal has an exponent.
    integers: every literal is an integer.
    whole: for each literal, whether it is spelled as an integer.
    """

    values: list[float]
    half_units: list[float]
    elided: bool = False
    dotted: bool = False
    scientific: bool = False
    integers: bool = False
    whole: tuple[bool, ...] = ()

    def scaled(self, factor: float) -> Parsed:
        """The same under a common factor."""
        return self._replace(
            values=[v * factor for v in self.values],
            half_units=[h * abs(factor) for h in self.half_units],
        )

    def without_last(self) -> Parsed:
        """The same but for the last literal, and elided."""
        return self._replace(values=self.values[:-1], half_units=self.half_units[:-1], elided=True)


@lru_cache(maxsize=4096)
def half_unit_at(power: int) -> float:
    """Half of 10**power; the smallest double instead of zero, inf when too large."""
    return float(f"5e{power - 1}") or 5e-324


def literal_half_unit(literal: str) -> float:
    """Half unit of one ASCII literal's last digit, by the rules in the module's docstring."""
    mark = literal.find("e")
    if mark < 0:
        mark = literal.find("E")
    if mark >= 0:
        mantissa, exponent = literal[:mark], int(literal[mark + 1 :])
        if not mantissa.strip("+-0."):
            return 0.0
        point = mantissa.find(".")
        return half_unit_at(exponent - (len(mantissa) - point - 1 if point >= 0 else 0))
    point = literal.find(".")
    return half_unit_at(point + 1 - len(literal)) if point >= 0 else 0.0


def _parse_literals(literals: list[str]) -> Parsed:
    values: list[float] = []
    halves: list[float] = []
    whole: list[bool] = []
    elided = scientific = False
    dotted = integers = True
    for literal in literals:
        if literal in ("...", "…"):
            elided = True
            continue
        if len(literal) > _LONGEST:
            literal = literal[:_LONGEST]  # noqa: PLW2901
        value = float(literal.replace("∞", "inf").replace(HOLE, "nan"))
        if math.isfinite(value):
            half = literal_half_unit(literal)
            if literal[-1] != ".":
                dotted = False
            exponent = "e" in literal or "E" in literal
            whole.append(not (half or exponent))
            integers = integers and whole[-1]
            scientific = scientific or exponent
        else:
            half, integers = 0.0, False
            whole.append(False)
        values.append(value)
        halves.append(half)
    return Parsed(
        values, halves, elided, dotted and bool(values), scientific, integers and bool(values), tuple(whole)
    )


def _with_hyphens(body: str) -> str:
    """Minus signs and dashes as ASCII, same length."""
    return body if body.isascii() else body.replace("−", "-").replace("–", "-")


def shown_decimals(body: str) -> int:
    """How many decimals every number of a row has or has room for, as numpy pads trimmed zeros.

    `1.5    0.1234` → 4, `1.5 0.1234` → 1. A number at the end of a line has all the room it needs.
    """
    least = ANY_ROOM
    for match in _PADDED.finditer(body):
        room = len(match[1]) + len(match[2])
        least = min(least, room - 1 if match[3] is None else room)
    return least


def parse_row(body: str) -> Parsed:
    """Read numbers separated by white space, commas, semicolons, bars; decimal commas where clear.

    body: text that consists of nothing but literals, ellipses, quotes and separators.
    """
    body = _with_hyphens(body)
    if "," in body and "." not in body:
        decimal = decimal_comma_literals(body)
        if decimal is not None:
            return _parse_literals(decimal)
    return _parse_literals(_LITERAL_OR_DOTS.findall(body))


def decimal_comma_literals(body: str) -> list[str] | None:
    """Literals of a row with decimal commas, with points instead; None where it isn't one.

    `0,7311; 0,2345`, `0,7311 0,2345` and `0,7311, 0,2345` are; `1,2,3` and `0, 1` are not; two
    bare integers (`0,1`) are not unless the second can't be an integer or has three digits.
    """
    if not _COMMA_ROW.match(body):
        return None
    literals = _COMMA_LITERAL.findall(body)
    with_comma = [item for item in literals if "," in item]
    if not with_comma or ("," in body and re.search(r",\s", body) and len(with_comma) < len(literals)):
        return None
    if len(literals) == 1:
        whole, _, fraction = literals[0].partition(",")
        if not (len(fraction) > 2 or fraction.startswith("0")) or (whole == "0" and fraction == "0"):
            return None
    return [item.replace(",", ".") for item in literals]


def parse_loose_row(body: str) -> Parsed:
    """As `parse_row` for a run of numbers outside brackets, where `0,7` is one number and so is `1,234.5`."""
    body = _with_hyphens(body).strip()
    if "," in body:
        if body[-1] == "." and "." not in body[:-1]:
            body = body[:-1]  # the end of a sentence
        if _THOUSANDS.match(body):
            return _parse_literals([body.replace(",", "")])
        if _GROUPED_ROW.match(body):
            return _parse_literals(_LITERAL.findall(_GROUP_COMMA.sub("", body)))
        if _GERMAN_THOUSANDS.match(body):
            return _parse_literals([body.replace(".", "").replace(",", ".")])
        if "." not in body and _COMMA_LITERAL.fullmatch(body):
            return _parse_literals([body.replace(",", ".")])
    return parse_row(body)
