"""Where a solution shows values, and its cells changed so that each is kept before it is formatted (pure)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from grader.models import Cell
from grader.syntax import parse

KEEP = "__keep__"
"""the function that the cells call; see `grader.assignment.kept`"""
SHOWS = {"print", "display", "pprint"}
_GLUED = re.compile(r"(?<![^\W\d])[^\W\d]++$")
_TEXT_OF = {"str", "repr", "format"}
_ROUNDS = {"round", "around"}
_CONVERTS = {"tolist", "item", "numpy", "detach", "to_numpy", "list", "tuple", "float", "dict", "sorted"}
_UNIT = re.compile(r"[ ]?%(?!\w)")
_OPENS = re.compile(r"(?:^|[:=\s])[(\[]\s*$")
_NEXT = re.compile(r"\s*[,;]\s*")
_HEAD = re.compile(r"([^:]*[^\W\d_])\s*:\s*[^\W\d_]")
_CONVERSION = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_PLACE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Site:
    """One expression whose value is shown.

    number: counts all sites of the notebook from 0. statement: counts the statements that show something.
    source: the expression as Python. before: the constant text in front of it in the same statement.
    line: of the statement's last line in the cell, from 1. last: it is the cell's last expression.
    stem: the word that the site before it is glued to: `h_` of `h_{t} = {h}`. per_cent: its value stands in
    front of a `%`. joins: the number of the site with which it stands in one bracket, `[{low}, {high}]`.
    head: what the statement begins with, `Men` of `Men: n = {n}, mean = {m}`, for all but the first value.
    """

    number: int
    cell: int
    statement: int
    source: str
    before: str
    line: int
    last: bool = False
    stem: str = ""
    per_cent: bool = False
    joins: int | None = None
    head: str = ""


Put = Callable[[Site, ast.expr], ast.expr]
"""the expression that takes the place of a shown one"""


def _kept(site: Site, value: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(KEEP, ast.Load()), [ast.Constant(site.number), value], [])


def _as_it_is(text: str) -> str:
    return text


@dataclass(slots=True)
class _Statement:
    """The sites of one statement, in order. said: the constant text since the last of them, first
    that of a statement before that shows text alone."""

    cell: int
    number: int
    line: int
    first: int
    last: bool
    said: str
    put: Put
    label: Callable[[str], str]
    sites: list[Site] = field(default_factory=list)
    stem: str = ""
    bracket: int | None = None
    head: str = ""

    def say(self, text: str) -> str:
        """Constant text that is shown; gives it back as the style wants it, a `%` behind a value as it is."""
        unit = _UNIT.match(text) if self.sites and not self.said.strip() else None
        if unit is None:
            self.said += text
            return self.label(text)
        self.sites[-1] = replace(self.sites[-1], per_cent=True)
        self.said += text[unit.end() :]
        return unit[0] + self.label(text[unit.end() :])

    def keep(self, value: ast.expr) -> ast.expr:
        number = self.first + len(self.sites)
        source = ast.unparse(value)
        joins = self.bracket if self.sites and _NEXT.fullmatch(self.said) else None
        self.bracket = number if _OPENS.search(self.said) else joins
        said = self.said.strip()
        site = Site(number, self.cell, self.number, source, said, self.line, self.last, self.stem)
        self.sites.append(replace(site, joins=joins, head=self.head))
        if len(self.sites) == 1 and (begins := _HEAD.match(said)):
            self.head = begins[1]
        self.stem = found[0] if (found := _GLUED.search(self.said)) else ""
        self.said = ""
        return ast.copy_location(self.put(self.sites[-1], value), value)

    def through(self, shown: ast.expr) -> ast.expr:
        """The expression with every value in it kept that a person sees."""
        match shown:
            case ast.Constant(value=str(text)):
                shown.value = self.say(text)
            case ast.Constant() | ast.Starred():
                pass
            case ast.JoinedStr():
                shown.values = [self._in_text(part) for part in shown.values]
            case ast.BinOp(op=ast.Add()) if _is_text(shown):
                shown.left, shown.right = self.through(shown.left), self.through(shown.right)
            case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
                values = shown.right.elts if isinstance(shown.right, ast.Tuple) else [shown.right]
                pieces = [piece.replace("%%", "%") for piece in _CONVERSION.split(text)]
                values = self._between(pieces, values)
                if isinstance(shown.right, ast.Tuple):
                    shown.right.elts = values
                else:
                    shown.right = values[0]
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
                shown.args = self._between(_PLACE.split(text), shown.args)
            case ast.Call(func=ast.Name(id=name), args=[only]) if name in _TEXT_OF:
                shown.args = [self.through(only)]
            case _:
                return self.keep(_exact(shown))
        return shown

    def _in_text(self, part: ast.expr) -> ast.expr:
        if isinstance(part, ast.FormattedValue):
            part.value = self.through(part.value)
            if self.put is not _kept:
                part.format_spec = None  # what took the value's place may be no number
            return part
        return self.through(part)

    def _between(self, pieces: Sequence[str], values: Sequence[ast.expr]) -> list[ast.expr]:
        """The values that stand between the pieces of a format's text."""
        made = []
        for at, value in enumerate(values):
            self.say(pieces[at] if at < len(pieces) else "")
            made.append(self.through(value))
        self.say("".join(pieces[len(values) :]))
        return made


def _exact(shown: ast.expr) -> ast.expr:
    """A value, or its elements, before they are rounded to some digits, which only says how they print."""
    match shown:
        case ast.Call(func=ast.Attribute(value=value, attr="round"), args=[_], keywords=[]) if _digits(shown):
            return value
        case ast.Call(func=called, args=[value, _]) if (
            _digits(shown) and ast.unparse(called).rpartition(".")[2] in _ROUNDS
        ):
            return value
        case ast.Call(func=ast.Attribute(attr=name) as called, args=[]) if name in _CONVERTS:
            called.value = _exact(called.value)
        case ast.Call(func=ast.Name(id=name), args=[only]) if name in _CONVERTS:
            shown.args = [_exact(only)]
        case ast.ListComp() | ast.GeneratorExp():
            shown.elt = _exact(shown.elt)
        case ast.DictComp():
            shown.value = _exact(shown.value)
        case ast.List() | ast.Tuple():
            shown.elts = [_exact(e) for e in shown.elts]
        case ast.Dict():
            shown.values = [_exact(e) for e in shown.values]
    return shown


def _digits(rounded: ast.Call) -> bool:
    """Does it round to digits behind the point?"""
    match rounded.args[-1]:
        case ast.Constant(value=int(digits)):
            return digits > 0
    return False


def _is_text(shown: ast.expr) -> bool:
    """Does an addition put text together, rather than numbers?"""
    match shown:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _TEXT_OF
        case ast.BinOp(op=ast.Add()):
            return _is_text(shown.left) or _is_text(shown.right)
    return False


def instrument(cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], tuple[Site, ...]]:
    """The cells with every shown value kept, and the sites. Cells that are no Python stay as they are."""
    return rewrite(cells, _kept)


def rewrite(
    cells: Sequence[Cell], put: Put, label: Callable[[str], str] = _as_it_is
) -> tuple[tuple[Cell, ...], tuple[Site, ...]]:
    """The cells with every shown expression changed by `put`, every constant text by `label`; the sites."""
    sites: list[Site] = []
    made: list[Cell] = []
    statements = 0
    for cell in cells:
        tree = python(cell.source) if cell.kind == "code" else None
        if tree is None:
            made.append(cell)
            continue
        above = ""
        for call, last in _showing(tree):
            statement = _Statement(
                cell.index, statements, call.end_lineno or 0, len(sites), last, above, put, label
            )
            _keep_in(call, statement)
            above = "" if statement.sites else statement.said
            sites += statement.sites
            statements += 1
        made.append(cell.model_copy(update={"source": ast.unparse(ast.fix_missing_locations(tree))}))
    return tuple(made), tuple(sites)


def python(source: str) -> ast.Module | None:
    """A cell's syntax tree, its magics and shell lines as the calls that they are; None for no Python."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return parse(TransformerManager().transform_cell(source))  # type: ignore[no-untyped-call]
    except (SyntaxError, ValueError, RecursionError):
        return None


def _showing(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.Expr, bool]]:
    """Calls that show something, in the order of the text, and the cell's last expression."""
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWS
    ]
    yield from ((call, False) for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)))
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and last.value not in calls and not _silent(last.value):
        yield last, True


def _silent(value: ast.expr) -> bool:
    """A last expression that shows nothing of its own: a call for its effect (`backward()`), a text."""
    return isinstance(value, ast.Constant | ast.Await) or (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr
        in ("backward", "step", "zero_grad", "fit", "eval", "train", "show", "append", "seed")
    )


def _keep_in(shown: ast.expr | ast.Expr, statement: _Statement) -> None:
    if isinstance(shown, ast.Expr):
        value = shown.value
        if isinstance(value, ast.Tuple):
            value.elts = [statement.keep(_exact(e)) for e in value.elts]
        else:
            shown.value = statement.keep(_exact(value))
    elif isinstance(shown, ast.Call):
        made = []
        for argument in shown.args:
            made.append(statement.through(argument))
            statement.said += " "
        shown.args = made
