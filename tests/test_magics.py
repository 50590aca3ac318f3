"""What only IPython understands leaves the rest of a cell readable."""

from __future__ import annotations

import ast

import pytest

from grader.judging.magics import plain
from grader.judging.source import Code
from grader.models import Cell


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("%matplotlib inline\nx = 1", "get_ipython()\nx = 1"),
        ("if True:\n    !ls\n    y = 2", "if True:\n    get_ipython()\n    y = 2"),
        ("files = !ls *.csv\nz = 3", "files = get_ipython()\nz = 3"),
        ("t = %timeit -o f(x)\n", "t = get_ipython()\n"),
        ("!pip install \\\n  torch\nx = 1", "get_ipython()\nx = 1"),
        ("torch.nn?\nx = 1", "get_ipython()\nx = 1"),
        ("??len", "get_ipython()\n"),
        ("\n\n%%writefile a.py\nx = = 1", "get_ipython()"),
        (">>> x = 1\n>>> print(x)\n1\n", "x = 1\nprint(x)\n1\n"),
        ("x = [7\n% 2\n]\n%m", "x = [7\n% 2\n]\nget_ipython()\n"),
        ("'''\n%m\n'''\n%m\n", "'''\n%m\n'''\nget_ipython()\n"),
        ("y = x \\\n  % 2\n%m\n", "y = x \\\n  % 2\nget_ipython()\n"),
        ("# why (\n%m\nx = 1", "# why (\nget_ipython()\nx = 1"),
    ],
)
def test_what_only_ipython_understands_becomes_a_call(source: str, made: str) -> None:
    assert plain(source).rstrip("\n") == made.rstrip("\n")
    ast.parse(plain(source))


def test_a_thousand_magics_hide_nothing() -> None:
    """IPython's own transformer gives up after 500."""
    source = "%m\n" * 1000 + "import torch\nprint(torch.nn.Linear)"
    [cell] = Code([Cell(index=0, kind="code", source=source)]).cells
    assert cell.parsed and "torch.nn.Linear" in cell.names
    assert cell.printed == ("torch.nn.Linear",)


def test_a_name_of_thousands_of_parts_is_named_by_its_last_ones() -> None:
    [cell] = Code([Cell(index=0, kind="code", source="x" + ".a" * 90)]).cells
    assert max(map(len, cell.names)) < 50
