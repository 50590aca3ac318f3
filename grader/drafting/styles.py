"""The solution as students would print it: the same values in other forms, and one typed in (pure)."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence

from grader.assignment.kept import KeptValue
from grader.drafting.sites import Put, Site, rewrite
from grader.drafting.values import ShownQuantity
from grader.models import Cell

TYPED = "typed in"
"""the style that must not pass"""

_ARRAY = "(lambda v: __import__('numpy').asarray(v.detach() if hasattr(v, 'detach') else v))(VALUE)"
_FORMS = {
    "lists": f"{_ARRAY}.tolist()",
    "transposed": f"{_ARRAY}.T",
    "four digits": f"__import__('numpy').array2string({_ARRAY}, precision=4)",
    "row by row": f"'\\n' + '\\n'.join(str(r) for r in {_ARRAY})",
    "DataFrame": f"__import__('pandas').DataFrame({_ARRAY})",
}
_FLAT = {"DataFrame"}


def styles(
    cells: Sequence[Cell],
    sites: Sequence[Site],
    kept: Sequence[KeptValue],
    shown: Sequence[ShownQuantity],
    files: Sequence[str],
) -> Mapping[str, tuple[Cell, ...]]:
    """Style → notebook. kept: of the handout's world. files: names of the course's data."""
    times = Counter(k.site for k in kept)
    once = {k.site: k for k in kept if k.values is not None and times[k.site] == 1}
    made: dict[str, tuple[Cell, ...]] = {"as it is": tuple(cells)}
    made["bare"] = rewrite(cells, lambda _, value: value, lambda text: " " if text else "")[0]
    made["other labels"] = _other_labels(cells, sites)
    for name, form in _FORMS.items():
        made[name] = rewrite(cells, _formed(form, once, most=2 if name in _FLAT else 4))[0]
    if files:
        made["other path"] = tuple(_moved(c, files) for c in cells)
    made[TYPED] = _typed(cells, shown)
    return made


def _other_labels(cells: Sequence[Cell], sites: Sequence[Site]) -> tuple[Cell, ...]:
    """The expression's own text in front of each value, as f"{x = }" has it, in place of the label."""

    def put(site: Site, value: ast.expr) -> ast.expr:
        text = ast.Constant(f"{sites[site.number].source} =")
        shown = ast.Call(ast.Name("str", ast.Load()), [value], [])
        return (
            ast.BinOp(ast.BinOp(text, ast.Add(), ast.Constant(" ")), ast.Add(), shown)
            if not site.last
            else value
        )

    return rewrite(cells, put, lambda text: " " if any(c.isalpha() for c in text) else text)[0]


def _formed(form: str, once: Mapping[int, KeptValue], most: int) -> Put:
    def put(site: Site, value: ast.expr) -> ast.expr:
        kept = once.get(site.number)
        if kept is None or kept.key or kept.values is None or not 1 <= kept.values.ndim <= most:
            return value
        return _filled(form, value)

    return put


def _filled(form: str, value: ast.expr) -> ast.expr:
    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return value if node.id == "VALUE" else node

    filled: ast.expr = Fill().visit(ast.parse(form, mode="eval").body)
    return filled


def _typed(cells: Sequence[Cell], shown: Sequence[ShownQuantity]) -> tuple[Cell, ...]:
    """The handout's numbers in the code, as somebody copies them from a neighbour."""
    made = []
    for cell in cells:
        lines = [
            f"print({_label(s)!r}, np.array({_digits(s)}).reshape({s.values[0].shape}))"
            for s in shown
            if s.cell == cell.index
        ]
        source = "\n".join(["import numpy as np", *lines]) if lines else cell.source
        made.append(cell.model_copy(update={"source": source}))
    return tuple(made)


def _label(shown: ShownQuantity) -> str:
    return f"{shown.label or shown.source or shown.name}:"


def _digits(shown: ShownQuantity) -> list[float]:
    return [float(f"{v:.6g}") for v in shown.values[0].ravel()]


def _moved(cell: Cell, files: Sequence[str]) -> Cell:
    source = cell.source
    if cell.kind == "code":
        for name in files:
            for quote in ("'", '"'):
                source = source.replace(f"{quote}{name}{quote}", f"{quote}./{name}{quote}")
    return cell.model_copy(update={"source": source})
