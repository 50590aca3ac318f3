"""HTML is read as a browser shows it: implied ends, nested tables, hidden parts, attributes of any kind."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.extract import extract
from grader.hypertext import HtmlTable, pieces, words_of
from grader.models import Output


def values(html: str) -> list[tuple[str, tuple[float, ...]]]:
    """Label and values of each tensor that an output with this HTML shows."""
    shown = Output(cell=0, index=0, kind="display", text="<IPython.core.display.HTML object>", html=html)
    return [(p.label, p.values) for p in extract([shown])]


def rows(html: str) -> list[list[str]]:
    """The cells of the only table."""
    [table] = [piece for piece in pieces(html) if isinstance(piece, HtmlTable)]
    return [[cell.text.strip() for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>0.5<td>0.25<tr><td>1.5<td>2.5</table>",
        "<table><tbody><tr><td>0.5<td>0.25</tbody><tbody><tr><td>1.5<td>2.5",
        "<TABLE><TR><TD>0.5</TD><TD>0.25</TR><TR><TD>1.5</TD><TD>2.5</TR></TABLE>",
        '<table data-x="a > b"><tr title=\'>"\'><td x=">">0.5</td><td>0.25</td></tr><tr><td>1.5</td><td>2.5',
        "<table><td>0.5</td><td>0.25</td></tr><tr><td>1.5</td><td>2.5</td></tr></table>",
        "<table><tr><td>0.5<!-- </td> 7 --></td><td>0.25</td></tr></td><tr><td>1.5</td><td>2.5</td></table>",
    ],
)
def test_a_table_is_read_however_its_tags_end(html: str) -> None:
    assert rows(html) == [["0.5", "0.25"], ["1.5", "2.5"]]
    assert values(html) == [("", (0.5, 0.25, 1.5, 2.5))]


def test_a_table_in_a_cell_is_a_table_under_what_stands_before_it() -> None:
    inner = "<table><tr><td>0.5</td><td>0.25</td></tr></table>"
    html = f"<table><tr><td>W1</td><td>{inner}</td></tr><tr><td>b1</td><td>{inner}</td></tr></table>"
    found = [piece for piece in pieces(html) if isinstance(piece, HtmlTable)]
    assert [t.title for t in found] == ["", "W1", "b1"]
    assert [v for _, v in values(html)] == [(0.5, 0.25), (0.5, 0.25)]


def test_a_table_where_no_cell_is_open_ends_the_one_around_it() -> None:
    found = [p for p in pieces("<table><tr><td>0.5</td></tr><table><tr><td>0.25") if isinstance(p, HtmlTable)]
    assert [[[c.text for c in row] for row in t.rows] for t in found] == [[["0.5"]], [["0.25"]]]


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<template><p>9.5</p></template>h2 0.75", "h2 0.75"),
        ("<template>9.5", ""),
        ("<script>if (a < b) 9.5</script>h2 0.75", "h2 0.75"),
        ("<style>td > p { width: 9.5 }</style>h2 0.75", "h2 0.75"),
        ("<svg hidden/>h2 0.75", "h2 0.75"),
        ("<ul><li hidden>9.5<li>0.75</ul>", "0.75"),
        ("<table><tr><td hidden>9.5<td>0.75</table>", "0.75"),
        ("<table><tr hidden><td>9.5<tr><td>0.75</table>", "0.75"),
        ("<div hidden><table><tr><td>9.5</div>0.75", "0.75"),
        ("<p title='display:none'>0.75", "0.75"),
        ("<![if mso]>0.75<![endif]>", "0.75"),
        ("<?xml version=1?>0.75", "0.75"),
        ("0.75<!-- 9.5", "0.75"),
    ],
)
def test_what_a_browser_does_not_show_is_not_there(html: str, shown: str) -> None:
    assert words_of(html) == shown


def test_text_between_cells_stands_before_the_table() -> None:
    assert words_of("<p>a<table>W1<tr><td>0.5</td></table>z") == "a\nW1\n0.5\nz"
    assert values("<table>W1<tr><td>0.5</td><td>0.25</td></table>")[0][1] == (0.5, 0.25)


def test_a_tag_that_never_ends_is_text() -> None:
    assert words_of("W1<W2 0.5 0.25") == "W1<W2 0.5 0.25"
    assert words_of("<b>0.5</b> &amp; 0.25 &lt 1 &") == "0.5 & 0.25 < 1 &"


def test_the_words_of_a_page_have_a_line_for_each_row() -> None:
    html = "<h2>Loss</h2><table><caption>by epoch</caption><tr><th>1<th>2<tr><td>0.5<td>0.25</table>done"
    assert words_of(html) == "Loss\nby epoch\n1  2\n0.5  0.25\ndone"


def test_a_power_of_ten_keeps_its_sign() -> None:
    assert words_of("3.5·10<sup>-3</sup>, x<sup>2</sup>") == "3.5·10^-3, x2"


SOUP = st.lists(
    st.sampled_from(
        [
            *(
                "<table>",
                "</table>",
                "<tr>",
                "</tr>",
                "<td>",
                "</td>",
                "<th rowspan=2>",
                "<caption>",
                "<tbody>",
            ),
            *("<p>", "</p>", "<li>", "<ul>", "</ul>", "<div hidden>", "</div>", "<template>", "</template>"),
            *(
                "<script>",
                "</script>",
                "<!--",
                "-->",
                "<![x",
                "<?",
                "<a b='",
                '"',
                ">",
                "<",
                "&lt;",
                "0.5 ",
                "W1",
            ),
            *("<br/>", "<svg/>", "<svg>", "</svg>", "<sup>", "10", "</sup>", "<title>", "</title>", "</"),
        ]
    ),
    max_size=60,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(SOUP)
def test_any_soup_of_tags_is_read_without_raising(html: str) -> None:
    for piece in pieces(html):
        assert isinstance(piece, str) or all(cell.rows >= 1 for row in piece.rows for cell in row)
    words_of(html)


FLOODS = (
    *("<a ", "<!--", "<style>", "<td>0.5", "<table><tr><td>x", "<table>", "<ul><li>", "<p hidden>", "</td>"),
    *(
        "<a x='",
        '<a b="c"d',
        "<![CDATA[",
        "<?x",
        "</",
        "<",
        "&",
        "<b></p>",
        "<dl><dt><dd>",
        "10<sup>",
        "<a =y/",
    ),
    *("<script></scrip", "<svg><![CDATA[x]]>", "<table><caption>", "<tr hidden><td>", "a=b ", "<x y=z "),
)


@pytest.mark.parametrize("piece", FLOODS)
def test_time_grows_with_the_length(piece: str) -> None:
    def seconds(size: int, before: str) -> float:
        start = time.process_time()
        pieces(before + piece * (size // len(piece)) + ">")
        return time.process_time() - start

    for before in ("", "<table><tr>", "<script>", "<a b='"):
        small = min(seconds(15_000, before) for _ in range(2))
        large = min(seconds(120_000, before) for _ in range(2))
        assert large < 20 * small + 0.05, before
