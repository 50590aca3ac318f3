"""Print styles: code that shows (label, expression) pairs, as different students write it.

Every style works on expressions that give torch tensors and prints all values of each of them. A
style returns one cell or several. `CLEAN` styles also work where a value is None, and evaluate one
value at a time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Pair = tuple[str, str]  # label, expression
PrintStyle = Callable[[Sequence[Pair], random.Random], list[str]]


def _one(lines: Sequence[str]) -> list[str]:
    return ["\n".join(lines)]


def _q(label: str) -> str:
    return '"' + label.replace('"', "'") + '"'


def _np(e: str) -> str:
    return f"{e}.detach().numpy()"


def _loop(pairs: Sequence[Pair], body: str, wrap: Callable[[str], str] = lambda e: e) -> list[str]:
    """One loop over names and values."""
    names = ", ".join(_q(label) for label, _ in pairs)
    values = ", ".join(wrap(e) for _, e in pairs)
    body = (
        "\n".join("    " + line for line in body.split("\n"))
        .replace("NAME", "name")
        .replace("VALUE", "value")
    )
    return [f"for name, value in zip([{names}], [{values}]):\n{body}"]


def same_line(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    mark = rng.choice([":", " =", "", " :", " ->"])
    return _one([f"print({_q(label + mark)}, {e})" for label, e in pairs])


def same_line_detached(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({_q(label + ':')}, {e}.data)" for label, e in pairs])


def above(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    mark = rng.choice([":", "", " ="])
    return _one([f"print({_q(label + mark)})\nprint({e})" for label, e in pairs])


def newline_in_label(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({_q(label + ':' + chr(92) + 'n')}, {e})" for label, e in pairs])


def fstring(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    mark = rng.choice([": ", " = ", ":\\n", " is "])
    braces = str.maketrans({"{": "{{", "}": "}}"})
    return _one([f'print(f"{label.translate(braces)}{mark}{{{e}}}")' for label, e in pairs])


def format_method(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(pairs, "print('{}: {}'.format(NAME, VALUE))")


def loop_tensors(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    body = rng.choice(
        [
            "print(NAME)\nprint(VALUE)\nprint()",
            "print(NAME, VALUE)",
            "print(NAME + ':')\nprint(VALUE)\nprint('-' * 50)",
            "print('%s:\\n%s\\n' % (NAME, VALUE))",
            "print(NAME, tuple(VALUE.shape))\nprint(VALUE)",
        ]
    )
    return _loop(pairs, body)


def unlabelled(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({e})" for _, e in pairs])


def unlabelled_one_call(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return [f"print({', '.join(e for _, e in pairs)}, sep='\\n')"]


def cell_results(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return [e for _, e in pairs]


def commented_cell_results(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return [f"# {label}\n{e}" for label, e in pairs]


def tuple_result(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    a, b = rng.choice(["[]", "()"]) if len(pairs) > 1 else "[]"
    return [a + ", ".join(e for _, e in pairs) + b]


def dict_result(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    inner = ",\n ".join(f"{_q(label)}: {e}" for label, e in pairs)
    return ["{" + inner + "}"]


def dict_printed(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    inner = ",\n    ".join(f"{_q(label)}: {e}.tolist()" for label, e in pairs)
    return ["print({\n    " + inner + "\n})"]


def ordered_dict(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    inner = ",\n    ".join(f"({_q(label)}, {e})" for label, e in pairs)
    return ["from collections import OrderedDict\nprint(OrderedDict([\n    " + inner + ",\n]))"]


def list_of_pairs(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return ["[" + ",\n ".join(f"({_q(label)}, {e})" for label, e in pairs) + "]"]


def numpy_same_line(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({_q(label + ' =')}, {_np(e)})" for label, e in pairs])


def numpy_above(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(pairs, "print(NAME)\nprint(VALUE)", _np)


def numpy_repr(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(pairs, "print(NAME, repr(VALUE))", _np)


def numpy_suppressed(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one(
        ["np.set_printoptions(suppress=True, precision=10)"]
        + [f"print({_q(label)}, {_np(e)}, sep='\\n')" for label, e in pairs]
    )


def numpy_cell_results(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return [_np(e) for _, e in pairs]


def lists(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({_q(label + ':')}, {e}.tolist())" for label, e in pairs])


def pretty_lists(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return ["from pprint import pprint\n" + _loop(pairs, "print(NAME)\npprint(VALUE.tolist())")[0]]


def rows_as_lists(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    function = "def show(name, t):\n    print(name + ':')\n    for row in t.tolist():\n        print(row)\n"
    return _one([function] + [f"show({_q(label)}, {e})" for label, e in pairs])


def several_on_a_line(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    lines = []
    for i in range(0, len(pairs), 2):
        lines.append(
            "print(" + ", ".join(f"{_q(la + ':')}, {e}.tolist()" for la, e in pairs[i : i + 2]) + ")"
        )
    return _one(lines)


def self_documenting(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f'print(f"{{{e}=}}")' for _, e in pairs])


def percent_rows(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    spec = rng.choice(["%12.5e", "%.6e", "%10.4e", "%.8g"])
    function = (
        "def table(title, t):\n    print(title)\n    for row in t.detach().numpy().reshape(t.shape[0], -1):\n"
        f"        print('  '.join('{spec}' % v for v in row))\n"
    )
    return _one([function] + [f"table({_q(label)}, {e})" for label, e in pairs])


def fixed_rows(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    places = rng.choice([4, 5, 6, 8])
    return _loop(
        pairs,
        f"print(NAME + ':')\nfor row in VALUE.reshape(VALUE.shape[0], -1).tolist():\n"
        f"    print('  [' + ', '.join(f'{{v:.{places}f}}' for v in row) + ']')",
    )


def bars(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(
        pairs,
        "print(f'--- {NAME} ---')\nfor row in VALUE.reshape(-1, VALUE.shape[-1]).tolist():\n"
        "    print('| ' + ' | '.join(f'{v: .5e}' for v in row) + ' |')",
    )


def entry_by_entry(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    function = (
        "def entries(name, t):\n    t = t.detach().numpy()\n    for index in np.ndindex(*t.shape):\n"
        "        print(f\"{name}[{','.join(map(str, index))}] {t[index]:.6g}\")\n"
    )
    return _one([function] + [f"entries({_q(label)}, {e})" for label, e in pairs])


def instance_columns(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    function = (
        "def per_column(name, t):\n    if t.dim() == 1:\n        print(name, t)\n    else:\n"
        "        for j in range(t.shape[1]):\n            print(f'{name}, column {j}:', t[:, j])\n"
    )
    return _one([function] + [f"per_column({_q(label)}, {e})" for label, e in pairs])


def dataframes(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return ["import pandas as pd\n" + _loop(pairs, "print(NAME)\nprint(pd.DataFrame(VALUE))", _np)[0]]


def dataframes_shown(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return ["import pandas as pd\n" + _loop(pairs, "print(NAME)\ndisplay(pd.DataFrame(VALUE))", _np)[0]]


def html_tables(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    body = "display(HTML('<b>' + NAME + '</b>' + pd.DataFrame(VALUE).to_html(float_format='%.6e')))"
    return ["import pandas as pd\nfrom IPython.display import HTML\n" + _loop(pairs, body, _np)[0]]


def displayed(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    if rng.random() < 0.5:
        return _one([f"display({e})" for _, e in pairs])
    return _one([f"print({_q(label)}); display({e})" for label, e in pairs])


def label_after(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one([f"print({e}.data, {_q('<- ' + label)})" for label, e in pairs])


def decimal_commas(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    function = (
        "def zeige(name, t):\n    print(name)\n"
        "    for zeile in t.detach().reshape(t.shape[0], -1).tolist():\n"
        "        print('   '.join(f'{v:.5e}'.replace('.', ',') for v in zeile))\n"
    )
    return _one([function] + [f"zeige({_q(label)}, {e})" for label, e in pairs])


def scientific(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one(
        ["torch.set_printoptions(sci_mode=True)"] + [f"print({_q(label + ':')}, {e})" for label, e in pairs]
    )


def many_digits(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    digits, width = rng.choice([6, 8, 10]), rng.choice([40, 120])
    options = f"torch.set_printoptions(precision={digits}, sci_mode=False, linewidth={width})"
    return _one([options] + [f"print({_q(label + ' =')}, {e})" for label, e in pairs])


def to_stderr(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _one(["import sys"] + [f"print({_q(label)}, {e}, file=sys.stderr)" for label, e in pairs])


def with_shape_and_norm(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(
        pairs, "print(f'{NAME} (shape {tuple(VALUE.shape)}): {VALUE}, norm {VALUE.norm().item():.4f}')"
    )


def rounded(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    places = rng.choice([6, 7, 8])
    return _one([f"print({_q(label + ' =')}, {_np(e)}.round({places}))" for label, e in pairs])


def transposed(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(pairs, "print(NAME)\nprint(VALUE.detach().numpy().T)")


def banner(pairs: Sequence[Pair], rng: random.Random) -> list[str]:
    return _loop(pairs, "print('=' * 20, NAME, '=' * 20)\nprint(VALUE, end='\\n\\n')")


STYLES: dict[str, PrintStyle] = {
    f.__name__: f
    for f in (
        same_line, same_line_detached, above, newline_in_label, fstring, format_method, loop_tensors,
        unlabelled, unlabelled_one_call, cell_results, commented_cell_results, tuple_result, dict_result,
        dict_printed, ordered_dict, list_of_pairs, numpy_same_line, numpy_above, numpy_repr,
        numpy_suppressed, numpy_cell_results, lists, pretty_lists, rows_as_lists, several_on_a_line,
        self_documenting, percent_rows, fixed_rows, bars, entry_by_entry, instance_columns, dataframes,
        dataframes_shown, html_tables, displayed, label_after, decimal_commas, scientific, many_digits,
        to_stderr, with_shape_and_norm, rounded, transposed, banner,
    )
}  # fmt: skip
CLEAN = ("same_line", "above", "newline_in_label", "fstring", "unlabelled", "cell_results")
OWN_CELLS = frozenset({"cell_results", "commented_cell_results", "numpy_cell_results"})
UNLABELLED = frozenset(
    {
        "unlabelled",
        "unlabelled_one_call",
        "cell_results",
        "commented_cell_results",
        "tuple_result",
        "numpy_cell_results",
    }
)
