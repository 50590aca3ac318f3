"""Notebooks that each try to cost the judge the most, all within the limits of a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_SEED = "import numpy as np, sys\nnp.random.seed(1)\nlabel = lambda: f'v{np.random.randint(10**9)}'\n"

CODE = {
    # ten thousand tensors an output, in many outputs: caps that count per output don't hold
    "alternating": (
        "for i in range(300):\n    print('tensor([1.5])\\n' * 1500)\n    print('x', file=sys.stderr)"
    ),
    # digits in groups, parted by thin blanks
    "thin_blanks": "print('1\\u2009' * 2_000_000)",
    # one line of nothing but blanks, and a word
    "wide_blanks": "print((' ' * 200_000 + '1.5') * 20)",
    # labels that differ between the worlds: nothing pairs, everything is compared
    "labels_differ": "for i in range(9000):\n    print(label(), '=', np.random.rand(3))",
    # brackets that never close
    "deep": "print('[' * 3_000_000)\nprint('tensor(' * 300_000)",
    # one number of a million digits, and numbers that are none
    "digits": "print('9' * 1_000_000)\nprint('1e' + '9' * 1_000_000)\nprint('0.' + '1' * 3_000_000)",
    # tables in tables
    "tables": (
        "from IPython.display import HTML, display\n"
        "display(HTML('<table><tr><td>' * 200_000))\n"
        "display(HTML('<table>' + '<tr><td>1.5<td>2.5' * 100_000))"
    ),
    # every print might be any answer
    "shotgun": "for i in range(9000):\n    print('dW1 =', np.random.rand(3, 4).round(4))",
    # lines that might be rows of one matrix, entries of one tensor, columns of one table
    "rows": (
        "for i in range(60_000):\n    print(f'W[{i // 300},{i % 300}] {i / 7:.4f}')\n"
        "for i in range(60_000):\n    print(f'{i} | {i / 7:.3f} | {i / 9:.3f}')"
    ),
}
_SHOW = "from IPython.display import HTML, JSON, display\n"
_NAME = "name = lambda i: str(i).translate(str.maketrans('0123456789', 'abcdefghij'))\n"
CODE |= {
    # characters that HTML spells with many, cells that stand for thousands, a table for each number
    "entities": f"{_SHOW}display(HTML('&lt;&amp;&#49;.5 ' * 800_000))",
    "spans": f"{_SHOW}display(HTML('<table>' + '<tr><th rowspan=99999 colspan=99999>a<td>1.5' * 300_000))",
    "many_tables": f"{_SHOW}display(HTML('<table><tr><th>W1<td>1.5<td>2.5</table>' * 250_000))",
    # colours that never end, a carriage return for each number
    "colours": "print('\\x1b[31m\\x1b[1m0.5\\x1b[0m \\x1b[3' * 300_000)",
    "returns": "print('\\r'.join(f'{i}/90000 loss 0.{i}' for i in range(300_000)))",
    # one character that is eighteen, and no two prints called alike
    "letters": (
        f"{_NAME}print('\\n'.join(f'\\ufdfa\\u0344{{name(i)}} {{i / 7:.4f}}' for i in range(300_000)))"
    ),
    "dictionaries": (
        f"{_NAME}for i in range(80_000):\n    print({{name(i): [i / 7, {{'W1': [i / 9, 0.5]}}]}})"
    ),
    "one_line": f"{_NAME}print(''.join(f'{{name(i)}} = {{i / 7:.4f}}, ' for i in range(600_000)))",
    # integers of forty thousand digits
    "integers": "sys.set_int_max_str_digits(0)\nfor i in range(380):\n    print(7 ** 47_000 + i)",
    # one display, changed nineteen thousand times
    "updates": f"{_SHOW}h = display(0.5, display_id=True)\nfor i in range(19_000):\n    h.update(i / 7)",
}
MARKDOWN = {"pictures": "![" * 150_000 + "\n" + "# " * 50_000}
MARKDOWN["lists"] = "\n".join(" " * (i % 300) + "- a" for i in range(1_200))
SOURCES = {
    "minus": "x = " + "-" * 60_000 + "1",
    "semicolons": ";" * 501 + "\n" + "%time 1\n" * 3000 + "#" * 300_000,
    "nested": "print(" + "(" * 150 + "1" + ")" * 150 + ")\n" + "[" * 5_000,
}


def write_bombs(folder: Path) -> list[str]:
    """Write them; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, list[dict[str, Any]]] = {
        name: [_code(_SEED + source), _code("print('tensor([[1.5, 2.5]])')")] for name, source in CODE.items()
    }
    made |= {
        name: [_text(source)] * (90 if name == "lists" else 3) + [_code("1.5")]
        for name, source in MARKDOWN.items()
    }
    made |= {name: [_code(source), _code("1.5")] for name, source in SOURCES.items()}
    made["stored"] = [_stored()]
    made["cells"] = [_code(f"dW1 = [{n}.5, 0.25]\nprint('dW1', dW1)") for n in range(4_900)]
    for name, cells in made.items():
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        (folder / f"bomb_{name}.ipynb").write_text(json.dumps(notebook))
    return [f"bomb_{name}" for name in made]


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def _stored() -> dict[str, Any]:
    """Saved outputs that all equal the last of many prints."""
    last = "[[9.5, 8.5], [7.5, 6.5]]\n"
    said = {"output_type": "stream", "name": "stdout", "text": last * 7_500}
    source = f"for i in range(9000):\n    print([[i + .5, 1.5], [2.5, 3.5]])\nprint({last.strip()})"
    return _code(source) | {"outputs": [said]}
