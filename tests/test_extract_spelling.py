"""Numbers as people spell them by hand, and tables whose first line counts the columns."""

from __future__ import annotations

import time

import pytest

from grader.extract import extract, extract_text
from grader.extract.spelling import plain_spelling, unadorned
from grader.models import Output

Reading = tuple[str, tuple[int, ...], tuple[float, ...]]


def read(text: str) -> list[Reading]:
    """(label, shape, values) of everything found."""
    return [(p.label, p.shape, p.values) for p in extract_text(text)]


SPELLINGS = {
    "superscripts": ("h1 = 1.2×10⁻³  −3.4×10⁻⁵", [("h1", (2,), (1.2e-3, -3.4e-5))]),
    "a dot and a caret": ("[1.5·10^-3, -2.5 · 10^2]", [("", (2,), (1.5e-3, -250.0))]),
    "stars": ("db = 2.5 * 10**-3", [("db", (), (2.5e-3,))]),
    "LaTeX": (
        r"$$h = \begin{bmatrix}5 \cdot 10^{-1} & -1.25\times10^{-3} \\ 1.5 \cdot 10^{2} & 0.5\end{bmatrix}$$",
        [(r"$$h = \begin{bmatrix}", (2, 2), (0.5, -1.25e-3, 150.0, 0.5))],
    ),
    "an upright e": (
        r"$\left[\begin{array}{rr}5.25\mathrm{e}-01 & -1.5\text{e}{-03}\\ 0{,}5 & 1.5\end{array}\right]$",
        [(r"$\begin{array}{rr}", (2, 2), (0.525, -0.0015, 0.5, 1.5))],
    ),
    "a blank in front of the exponent": ("h [1.5 E-03 -2.5 E+02]", [("h", (2,), (1.5e-3, -250.0))]),
    "per cent": ("h1: 49.9409% -2.5 %", [("h1", (2,), (0.499409, -0.025))]),
    "per cent in words": ("h1: 49.9409 percent", [("h1", (), (0.499409,))]),
    "decimal commas": ("1,25·10⁻³; 2,5·10⁻²", [("", (2,), (1.25e-3, 0.025))]),
    "a unit in a label": ("Layer 1 (×10⁻³): 0.5 0.25", [("Layer 1 (×10⁻³)", (2,), (0.5, 0.25))]),
    "signs apart in a list": ("[[+ 0.5, - 0.25],\n [- 0.5, + 1.5]]", [("", (2, 2), (0.5, -0.25, -0.5, 1.5))]),
    "signs apart in an array": ("b [- 0.5  - 0.25   1.5]", [("b", (3,), (-0.5, -0.25, 1.5))]),
    "signs apart in a table": ("| - 0.5 | + 1.5 |", [("", (2,), (-0.5, 1.5))]),
    "a sign apart behind =": ("loss = - 0.5", [("loss", (), (-0.5,))]),
    "a dash that lists": ("- 0.5\n- 1.5", [("", (), (0.5,)), ("", (), (1.5,))]),
    "marked up": ("| a | `0.5` | **-1.5** |\nb $2.5$", [("a", (2,), (0.5, -1.5)), ("b", (), (2.5,))]),
    "marked up powers": ("| $1.5\\times10^{-3}$ | $2.5·10^2$ |", [("", (2,), (1.5e-3, 250.0))]),
    "complex numbers": (
        "a 0.5+0.25j [1.5+2.5j  0. +2.5j] tensor([0.5000+0.2500j])\nb 1.5",
        [("b", (), (1.5,))],
    ),
    "complex numbers that are real": (
        "a [ 0.5+0.j -1.5-0.j]\nb [(0.5+0j), (-1.5+0j)]",
        [("a", (2,), (0.5, -1.5)), ("b", (2,), (0.5, -1.5))],
    ),
    "a factor above a matrix": (
        "W = 1e-3 *\n[[0.5 1.5]\n [2.5 3.5]]",
        [("", (2, 2), (5e-4, 1.5e-3, 2.5e-3, 3.5e-3))],
    ),
    "a power ahead of an array": ("db1 = 10^-3 * [0.5 1.5]", [("db1 = 10^-3", (2,), (5e-4, 1.5e-3))]),
    "a power above a matrix": (
        "10⁻³ ·\n[[0.5 1.5]\n [2.5 3.5]]",
        [("", (2, 2), (5e-4, 1.5e-3, 2.5e-3, 3.5e-3))],
    ),
    "a power behind a list": ("db1 = [0.5, 1.5] x 10^{-3}", [("db1", (2,), (5e-4, 1.5e-3))]),
    "a power behind a matrix": (
        "[[0.5 1.5]\n [2.5 3.5]] * 10**(2)\nb [1.5 2.5]",
        [("", (2, 2), (50, 150, 250, 350)), ("b", (2,), (1.5, 2.5))],
    ),
    "a product behind a list": ("[0.5, 1.5] * 10^3 = 500", [("", (2,), (0.5, 1.5)), ("10^3", (), (500.0,))]),
    "a factor ahead of a tensor": ("1e-2 * tensor([[0.5000, 1.5000]])", [("1e-2", (1, 2), (5e-3, 1.5e-2))]),
}


@pytest.mark.parametrize(("text", "expected"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_spelling(text: str, expected: list[Reading]) -> None:
    assert [(name, shape, pytest.approx(values)) for name, shape, values in read(text)] == expected


def test_the_printed_digits_of_a_power_of_ten_are_those_of_its_mantissa() -> None:
    [found] = extract_text("x 1.20×10⁻³ 3×10⁻⁵")
    assert found.half_unit == pytest.approx((5e-6, 5e-6))


def test_a_factor_scales_the_printed_digits_too() -> None:
    [found] = extract_text("W = 1e-3 *\n[[0.5    1.5   ]\n [2.5    3.1234]]")
    assert found.half_unit == pytest.approx((5e-8,) * 4)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 200_000,
        "1.5×10" * 40_000,
        "[" + "- 1 " * 50_000,
        "1+" * 100_000 + "1j",
        "0.5 - 1j" * 20_000,
        "`1" * 60_000,
        "1,1" * 60_000 + "10^",
        "1" * 100_000 + ".1%" * 30_000,
        "1 e-1" * 40_000,
    ],
)
def test_spelling_is_linear_and_keeps_the_length(text: str) -> None:
    start = time.process_time()
    assert len(plain_spelling(unadorned(text + "10^ - 1 1j"))) == len(text) + 10
    assert time.process_time() - start < 1.0


TABLES = {
    "markdown": "#### h1\n\n| 0 | 1 |\n|---|---|\n| 0.5 | 0.25 |\n| 1.5 | 2.5 |\n",
    "markdown with an index": "#### h1\n\n| | 0 | 1 |\n|--|---|---|\n| 0 | 0.5 | 0.25 |\n| 1 | 1.5 | 2.5 |\n",
    "ruled": "h1\n+---+---+\n| 1 | 2 |\n+===+===+\n| 0.5 | 0.25 |\n+---+---+\n| 1.5 | 2.5 |\n+---+---+",
    "heavy rules": "  h1\n┏━━━┳━━━┓\n┃ 0 ┃ 1 ┃\n┡━━━╇━━━┩\n│ 0.5 │ 0.25 │\n│ 1.5 │ 2.5 │\n└───┴───┘",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_a_ruled_line_of_column_numbers_is_no_row(text: str) -> None:
    [found] = extract_text(text)
    assert (found.above, found.shape, found.values) == ("h1", (2, 2), (0.5, 0.25, 1.5, 2.5))


def test_whole_numbers_below_a_rule_stay_values() -> None:
    assert read("1 2\n----\n3 4\n") == [("", (2,), (1.0, 2.0)), ("", (2,), (3.0, 4.0))]


def from_html(html: str) -> list[Reading]:
    found = extract([Output(cell=0, index=0, kind="result", text="<object>", html=html)])
    return [(p.label, p.shape, p.values) for p in found]


def test_powers_and_signs_in_html_cells() -> None:
    cells = "<td>1.5 × 10<sup>-3</sup></td><td>- 0.5</td>"
    assert from_html(f"<table><tr>{cells}</tr></table>") == [("", (1, 2), (1.5e-3, -0.5))]


def test_index_names_that_span_rows() -> None:
    html = (
        "<table><tr><th></th><th></th><th>0</th><th>1</th></tr>"
        '<tr><th rowspan="2">W1</th><th>0</th><td>0.5</td><td>1.5</td></tr>'
        "<tr><th>1</th><td>2.5</td><td>3.5</td></tr>"
        "<tr><th>b1</th><th>0</th><td>0.25</td><td>NaN</td></tr></table>"
    )
    assert from_html(html) == [("W1", (2, 2), (0.5, 1.5, 2.5, 3.5)), ("b1", (1,), (0.25,))]


def test_column_names_that_span_columns() -> None:
    html = (
        '<table><tr><th></th><th colspan="2">h1</th><th>output</th></tr>'
        "<tr><th></th><th>0</th><th>1</th><th>0</th></tr>"
        "<tr><th>0</th><td>0.5</td><td>1.5</td><td>9.5</td></tr>"
        "<tr><th>1</th><td>2.5</td><td>3.5</td><td>8.5</td></tr></table>"
    )
    assert from_html(html) == [("h1", (2, 2), (0.5, 1.5, 2.5, 3.5)), ("output", (2, 1), (9.5, 8.5))]


def test_words_in_front_of_a_table_and_its_caption_stand_above_it() -> None:
    table = "<table>{}<tr><td>0.5</td></tr></table>"
    html = "<h4>h<sub>1</sub></h4>" + table.format("") + table.format("<caption>h2</caption>")
    found = extract([Output(cell=0, index=0, kind="display", text="<object>", html=html)])
    assert [(p.above, p.values) for p in found] == [("h1", (0.5,)), ("h2", (0.5,))]


@pytest.mark.parametrize("line", ["h1;{};{},{}", "h1,{},{},{}", "h1 | {} | {} {}"])
def test_row_numbers_behind_a_name_are_no_values(line: str) -> None:
    text = "\n".join(
        [line.format(0, 0.5, 0.25), line.format(1, 1.5, 2.5), line.format(0, 4.5, 5.5).replace("h1", "db3")]
    )
    assert [v for p in extract_text(text) for v in p.values] == [0.5, 0.25, 1.5, 2.5, 4.5, 5.5]


def test_row_numbers_beside_zeros() -> None:
    [found] = extract_text("0  5.0e-01  0.0e+00\n1  2.5e-01  1.1e-16\n2  1.5e-01  0.0e+00")
    assert (found.shape, found.values[:2]) == ((3, 2), (0.5, 0.0))


def test_a_list_that_was_cut_off_in_a_number_ends_before_it() -> None:
    found = extract_text(
        "0  h1  [[0.499409, 0.501337], [0.5...\n1  h2  [0.25, 1.2345e-0...\n2  b  [2.5, 3.5]"
    )
    assert [(p.values, p.elided) for p in found] == [
        ((0.499409, 0.501337), True),
        ((0.25,), True),
        ((2.5, 3.5), False),
    ]


def test_bars_between_groups_of_columns_part_them() -> None:
    found = extract_text(" n |  x1   x2  |  f\n 1 | 0.5 0.25 | 1.5\n 2 | 2.5 3.25 |-3.5\n")
    assert [(p.shape, p.values) for p in found] == [((2, 2), (0.5, 0.25, 2.5, 3.25)), ((2, 1), (1.5, -3.5))]


def test_bars_around_rows_and_between_all_numbers_part_nothing() -> None:
    assert [p.shape for p in extract_text("|0.5 0.25|\n|1.5 2.5|\n\n| 0.5 | 0.25 |\n| 1.5 | 2.5 |")] == [
        (2, 2),
        (2, 2),
    ]


LONG_TABLES = {
    "named": "name;i;j;value\nh1;0;0;0.5\nh1;0;1;2.5e-01\nh1;1;0;0.125\nh1;1;1;0.0625",
    "tabs": "h1\t0\t0\t0.5\nh1\t0\t1\t0.25\nh1\t1\t0\t0.125\nh1\t1\t1\t0.0625",
    "numbered lines": "name i j value\n0 h1 0 0 0.5\n1 h1 0 1 0.25\n2 h1 1 0 0.125\n3 h1 1 1 0.0625",
    "from 1": "| h1 | 1 | 1 | 0.5 |\n| h1 | 1 | 2 | 0.25 |\n| h1 | 2 | 1 | 0.125 |\n| h1 | 2 | 2 | 0.0625 |",
    "in another order": "h1 0 0 0.5\nh1 1 0 0.125\nh1 0 1 0.25\nh1 1 1 0.0625",
    "below the name": "h1\nrow col value\n0 0 0.5\n0 1 0.25\n1 0 0.125\n1 1 0.0625",
    "stacked by pandas": "h1\n0  0    0.5000\n   1    0.2500\n1  0    0.1250\n   1    0.0625\ndtype: float64",
}


@pytest.mark.parametrize("name", LONG_TABLES)
def test_a_table_with_a_line_per_entry_is_the_tensor(name: str) -> None:
    (found,) = extract_text(LONG_TABLES[name])
    assert found.shape == (2, 2)
    assert found.values == (0.5, 0.25, 0.125, 0.0625)
    assert "h1" in f"{found.label} {found.above}" or found.above == "row col value"


@pytest.mark.parametrize(
    "text", ["0 0 0.5\n0 2 0.25\n1 0 0.125", "0 0 0.5\n0 0 0.25", "2 0 0.5\n2 1 0.25\n3 0 0.5"]
)
def test_indices_that_fill_no_grid_are_values(text: str) -> None:
    (found,) = extract_text(text)
    assert found.shape == (text.count("\n") + 1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "layer unit  x1   x2\n1 1 0.5 0.25\n1 2 0.125 1.5\n2 1 2.5 0.75",
        "1,1,1,0.5\n1,1,2,0.25\n1,2,1,0.125\n1,2,2,1.5\n2,1,1,2.5\n2,1,2,0.75",
    ],
)
def test_indices_that_count_up_row_by_row_are_no_values(text: str) -> None:
    (found,) = extract_text(text)
    assert found.values == (0.5, 0.25, 0.125, 1.5, 2.5, 0.75)


def test_a_bar_chart_beside_the_numbers_parts_no_column() -> None:
    (found,) = extract_text("h1\n+0.5 |#####\n-0.25 |\n+0.125 |#")
    assert found.values == (0.5, -0.25, 0.125)


def test_terms_and_definitions_in_html_stand_on_lines_of_their_own() -> None:
    html = "<dl><dt>h1</dt><dd>0.5&nbsp;0.25</dd><dd>1.5&nbsp;2.5</dd></dl>"
    found = extract([Output(cell=0, index=0, kind="display", text="<HTML object>", html=html)])
    assert [(p.values, p.above) for p in found] == [((0.5, 0.25), "h1"), ((1.5, 2.5), "h1")]
