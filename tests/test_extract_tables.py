"""Tables as libraries draw them: rules, bars, headings, index columns, and how precise their numbers are."""

from __future__ import annotations

import time

import pytest

from grader.extract import extract, extract_text
from grader.models import Output

BLOCK = ((2, 2), (0.5, 0.25, 1.5, 2.5))

HEAVY = """\
┏━━━┳━━━━━┳━━━━━━┓
┃   ┃ 0   ┃ 1    ┃
┣━━━╋━━━━━╋━━━━━━┫
┃ 0 ┃ 0.5 ┃ 0.25 ┃
┣━━━╋━━━━━╋━━━━━━┫
┃ 1 ┃ 1.5 ┃ 2.5  ┃
┗━━━┻━━━━━┻━━━━━━┛
"""
MIXED = """\
┍━━━┯━━━━━┯━━━━━━┑
│   │ 0   │ 1    │
┝━━━┿━━━━━┿━━━━━━┥
│ 0 │ 0.5 │ 0.25 │
├───┼─────┼──────┤
│ 1 │ 1.5 │ 2.5  │
┕━━━┷━━━━━┷━━━━━━┙
"""
DOTTED = """\
┌─────┬──────┐
│ a   ┆ b    │
╞═════╪══════╡
│ 0.5 ┆ 0.25 │
│ 1.5 ┆ 2.5  │
└─────┴──────┘
"""
LATEX = r"""
\begin{tabular}{rrr}
\toprule
  & 0 & 1 \\
\midrule
0 & 0.5 & 0.25 \\
1 & 1.5 & 2.5 \\
\bottomrule
\end{tabular}
"""
HEADED = {
    "heavy": HEAVY,
    "mixed": MIXED,
    "dotted bars": DOTTED,
    "LaTeX": LATEX,
    "LaTeX without rules": LATEX.replace("\\toprule\n", "").replace("\\midrule\n", ""),
    "German CSV": ";0;1\n0;0,5;0,25\n1;1,5;2,5\n",
    "aligned, without an index": "  0    1\n0.5 0.25\n1.5 2.50\n",
    "parted by single blanks": " 0 1\n0 0.5 0.25\n1 1.5 2.5\n",
    "bars in a list": "[[0.5 | 0.25] |\n [1.5 | 2.5]]",
}


@pytest.mark.parametrize("name", HEADED)
def test_a_heading_that_counts_the_columns_and_an_index_are_no_values(name: str) -> None:
    [found] = extract_text(HEADED[name])
    assert (found.shape, found.values) == BLOCK
    assert not found.elided


@pytest.mark.parametrize(
    "text", [",0,1,2\n0,0.5,0.25,1.5\n1,2.5,3.5,4.5", "0,1,2\n0.5,0.25,1.5\n2.5,3.5,4.5"]
)
def test_csv(text: str) -> None:
    [found] = extract_text(text)
    assert (found.shape, found.values) == ((2, 3), (0.5, 0.25, 1.5, 2.5, 3.5, 4.5))


@pytest.mark.parametrize("text", ["0 1 2\n3 4 5\n", "0 1 2\n0.5 1 2\n", "1 2 3\n0.5 0.25 0.125\n"])
def test_a_first_row_of_values_stays(text: str) -> None:
    [found] = extract_text(text)
    assert found.shape == (2, 3)


ONE_ROW = {
    "an unnamed first column": "|   | a | b |\n|---|---|---|\n| 0 | 0.5 | 0.25 |",
    "a column called #": " # ┃ a   ┃ b    \n━━━╇━━━━━╇━━━━━━\n 0 │ 0.5 │ 0.25 \n",
    "no bars": "  #   a     b\n ────────────────\n  0   0.5   0.25\n",
}


@pytest.mark.parametrize("name", ONE_ROW)
def test_the_heading_tells_that_a_single_row_is_numbered(name: str) -> None:
    assert [p.values for p in extract_text(ONE_ROW[name])] == [(0.5, 0.25)]


def test_a_named_first_column_of_a_single_row_stays_a_value() -> None:
    [found] = extract_text("| epoch | loss |\n|---|---|\n| 0 | 0.5 |")
    assert found.values == (0.0, 0.5)


COLUMN = "╭──────╮\n│  c   │\n├──────┤\n│  0   │\n│  3   │\n│ -1.5 │\n╰──────╯"


def test_whole_numbers_alone_in_their_row_of_a_table_are_values() -> None:
    [found] = extract_text(COLUMN)
    assert (found.shape, found.values) == ((3, 1), (0.0, 3.0, -1.5))


@pytest.mark.parametrize(
    "zeros", ["0 0.000e+00 0.000e+00\n1 0.000e+00 2.500e-01", "0 0.000e+00 nan\n1 0.000e+00 inf"]
)
def test_zeros_with_an_exponent_are_no_indices(zeros: str) -> None:
    [found] = extract_text(f"          0         1\n{zeros}\n")
    assert found.shape == (2, 2)
    [found] = extract_text(f"a b c\n\n{zeros}\n")
    assert found.shape == (2, 2)


def test_whole_numbers_among_the_fractions_of_a_column_may_be_rounded() -> None:
    rows = "|   | 0 | 1 |\n|---|---|---|\n| 0 | -13598 | 3 |\n| 1 | 882.637 | 4 |\n| 2 | 0 | 5 |"
    [found] = extract_text(rows)
    assert found.half_unit == (0.5, 0.0, 5e-4, 0.0, 0.0, 0.0)
    cells = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in ((-13598, 3), (882.637, 4), (0, 5)))
    [found] = extract([Output(cell=0, index=0, kind="display", text="<T>", html=f"<table>{cells}</table>")])
    assert found.half_unit == (0.5, 0.0, 5e-4, 0.0, 0.0, 0.0)


def test_a_line_of_dashes_parts_what_is_no_table() -> None:
    assert len(extract_text("0.5 0.25\n────────\n1.5 2.5\n")) == 2


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.50  -12,345.25  7.50", (1234.5, -12345.25, 7.5)),
        ("x: 1,234.50, 2,000,345.25", (1234.5, 2000345.25)),
        ("| 1,234.50 | 7.50 |", (1234.5, 7.5)),
        ("12.5,123.45", (12.5, 123.45)),
        ("x = 12\u202f345.5", (12345.5,)),
        ("x = 12'345.5", (12345.5,)),
        ("x = 12_345.5 1_000", (12345.5, 1000.0)),
        ("file_1_234", ()),
    ],
)
def test_digits_in_groups_of_three(text: str, values: tuple[float, ...]) -> None:
    assert tuple(v for p in extract_text(text) for v in p.values) == values


def test_what_is_printed_behind_a_progress_bar_is_read() -> None:
    bar = " 20%|██        | 1/5 [00:01<00:04,  1.06s/it]"
    [found] = extract_text(f"{bar}train loss: 1.25")
    assert (found.label[-10:], found.values) == ("train loss", (1.25,))
    assert extract_text(f"{bar}\r") == ()


BOX = "┌─────┬─────┬──────┐\n│ dW1 │ 0.5 │ 0.25 │\n│ db1 ┆ [1.5, 2.5] │\n└─────┴─────┴──────┘"


def test_bars_and_wide_punctuation_are_no_part_of_a_label() -> None:
    assert [(p.label, p.values) for p in extract_text(BOX)] == [("dW1", (0.5, 0.25)), ("db1", (1.5, 2.5))]
    assert [p.label for p in extract_text("第一层输出：[0.5]\n梯度 dW1＝[0.5]")] == ["第一层输出", "梯度 dW1"]


def test_a_bracket_that_latex_sizes_opens_no_collection() -> None:
    [found] = extract_text(
        r"\partial W^{(1)} = \left[\begin{array}{cc} 0.5 & 0.25 \\ 1.5 & 2.5 \end{array}\right]"
    )
    assert found.label.startswith(r"\partial W^{(1)}")
    assert (found.shape, found.values) == BLOCK


def test_a_row_of_many_cells_with_tensors_takes_linear_time() -> None:
    start = time.process_time()
    cells = "<td>tensor([0.5])</td>" * 20_000
    found = extract([Output(cell=0, index=0, kind="display", text="<T>", html=f"<table><tr>{cells}</table>")])
    assert len(found) > 1000
    assert time.process_time() - start < 20


def test_rows_in_brackets_below_a_label_are_one_matrix() -> None:
    text = "h2:\n  [0.5000, 0.5001]\n  [0.5003, -0.5004]\nb1 grad =\n[0.0001]\n[-0.0003]\n"
    assert [(p.shape, p.values) for p in extract_text(text)] == [
        ((2, 2), (0.5, 0.5001, 0.5003, -0.5004)),
        ((2, 1), (0.0001, -0.0003)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[0.1, 0.2]\n[0.3, 0.4]\n",
        "biases\n[0.1, 0.2]\n[0.3, 0.4]\n",
        "b1: [0.1, 0.2]\n[0.3, 0.4]\n",
        "b1:\n[0.1, 0.2]\n\n[0.3, 0.4]\n",
        "b1:\n[0.1, 0.2]\n  [0.3, 0.4]\n",
    ],
    ids=["no label", "no colon", "on the label's line", "a blank line", "further right"],
)
def test_rows_that_nothing_announces_as_one_stay_apart(text: str) -> None:
    assert [p.values for p in extract_text(text)] == [(0.1, 0.2), (0.3, 0.4)]


def test_columns_are_numbered_anew_below_a_wider_table() -> None:
    text = (
        "          0         1\n0 -0.001042 -0.022734\n1 -0.001043 -0.022735\n"
        "          0         1         2\n0 -0.296016 -0.293154 -0.295590\n1  0.000636  0.000625  0.000629\n"
    )
    assert [p.shape for p in extract_text(text)] == [(2, 2), (2, 3)]


def test_a_wrapped_table_with_a_named_index_is_one() -> None:
    text = (
        "            h1_1      h1_2  \\\nsample                        \n"
        "0       0.531450  0.150183   \n1       0.167742  0.489627   \n\n"
        "              f1  \nsample            \n0       0.289051  \n1      -2.202882  \n"
    )
    assert [(p.shape, p.values) for p in extract_text(text)] == [
        ((2, 3), (0.53145, 0.150183, 0.289051, 0.167742, 0.489627, -2.202882))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "W1  0.5  0.25\nW1  0.75  0.125\nb1  0.0  1.5\nb1  0.0  2.5\n",
        "0  W1  0.5  0.25\n1  W1  0.75  0.125\n2  b1  0.0  1.5\n3  b1  0.0  2.5\n",
    ],
    ids=["not numbered", "numbered"],
)
def test_rows_of_one_name_are_a_table(text: str) -> None:
    assert [(p.label, p.shape, p.values) for p in extract_text(text)] == [
        ("W1", (2, 2), (0.5, 0.25, 0.75, 0.125)),
        ("b1", (2, 2), (0.0, 1.5, 0.0, 2.5)),
    ]


def test_indices_may_be_followed_by_several_values() -> None:
    text = "W1 0 0 0.5 0.25\nW1 0 1 0.75 0.125\nb1 0 0.0 1.5\nb1 1 0.0 2.5\n"
    assert [(p.label, p.shape) for p in extract_text(text)] == [("W1", (2, 2)), ("b1", (2, 2))]


def test_rows_of_one_name_in_different_lines_of_a_log_stay_apart() -> None:
    text = (
        "loss 0.5 0.25\n"
        + "saved the weights of this epoch to a file with a long name.\n" * 3
        + "loss 0.75 0.125\n"
    )
    assert [p.shape for p in extract_text(text)] == [(2,), (2,)]


def test_whole_numbers_in_a_column_are_values_and_in_prose_are_none() -> None:
    counted = extract_text("species\nAdelie    38\nGentoo     7\nName: count, dtype: int64\n")
    assert [(t.label, t.values) for t in counted] == [("Adelie", (38.0,)), ("Gentoo", (7.0,))]
    assert not extract_text("Epoch 12\nLayer 2\n")
