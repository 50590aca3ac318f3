"""Bytes → cells: everything a student can upload under the name of a notebook."""

from __future__ import annotations

import json
import warnings
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake import document
from grader.intake.notebook import read


def code(source: Any = "print(1)", **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    } | more


def notebook(*cells: Any, **more: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | more


def dump(value: Any) -> bytes:
    return json.dumps(value).encode()


GOOD = notebook(code("x = 1\nprint(x)"))


# ------------------------------------------------------------------ refused, with a reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "nothing but blanks"),
        (b"\0" * 512, "nothing but blanks or zero bytes"),
        (b"hello", "not JSON"),
        (b"import torch\nprint(1)", "Python source"),
        (b"<!DOCTYPE html><html>", "saved web page"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"%PDF-1.7", "PDF"),
        (bytes(range(256)) * 4, "binary or damaged"),
        (b"version https://git-lfs.github.com/spec/v1\n", "LFS pointer"),
        (b"[1, 2]", "an array"),
        (b"null", "null"),
        (b"3", "a number"),
        (b'"text"', "a string"),
        (b"{}", "no cells"),
        (b'{"cells": null}', "no cells"),
        (b'{"cells": {"a": 1}}', "no list of cells"),
        (b'{"name": "package", "version": 1}', "no cells"),
        (b'{"cells": [] } trailing', "something follows"),
        (b'{"cells": [\n<<<<<<< HEAD\n{}\n=======\n', "merge markers"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": 9, "cells": [{"content": "print(1)"}]}', "format 9 is newer"),
        (b'{"nbformat": 5, "body": []}', "format 5 is newer"),
        (b"[" * (document.MAX_BRACKETS + 1), "too many values"),
    ],
)
def test_unreadable_uploads_get_a_clear_reason(data: bytes, reason: str) -> None:
    result = read(data)
    assert result.problem is not None
    assert reason in str(result.problem)
    assert "\n" not in str(result.problem)
    assert result.cells == ()


def test_a_file_over_the_size_limit_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    assert "larger than" in str(read(dump(GOOD)).problem or "")


def test_every_truncation_of_a_notebook_is_refused_as_cut_off() -> None:
    data = json.dumps(notebook(code('print("ü\\n")', x=None)), ensure_ascii=False).encode()
    for length in range(2, len(data) - 1):
        problem = str(read(data[:length]).problem or "")
        assert "cut off" in problem, (length, problem)


# ------------------------------------------------------------------ sloppy, read in full


@pytest.mark.parametrize(
    ("data", "sources"),
    [
        (b"\xef\xbb\xbf" + dump(GOOD), ["x = 1\nprint(x)"]),
        (json.dumps(GOOD).encode("utf-16"), ["x = 1\nprint(x)"]),
        (json.dumps(GOOD).encode("utf-16-be"), ["x = 1\nprint(x)"]),
        (json.dumps(GOOD).encode("utf-32"), ["x = 1\nprint(x)"]),
        (json.dumps(notebook(code("# Übung")), ensure_ascii=False).encode("cp1252"), ["# Übung"]),
        (dump(GOOD) + b"\n\0\0", ["x = 1\nprint(x)"]),
        (dump({"cells": [code("a")]}), ["a"]),
        (dump({"cells": [code("a")], "nbformat": None, "metadata": None}), ["a"]),
        (dump({"cells": [code("a")], "nbformat": "4", "metadata": []}), ["a"]),
        (dump(notebook(code(None))), [""]),
        (dump(notebook({"cell_type": "code"})), [""]),
        (dump(notebook({"source": "a", "outputs": []})), ["a"]),
        (dump(notebook(code(["a\n", "b"]))), ["a\nb"]),
        (dump(notebook(code(["a", "b"]))), ["a\nb"]),
        (dump(notebook(code(["a\n", None, "b"]))), ["a\nb"]),
        (dump(notebook(code("a", id="same"), code("b", id="same"))), ["a", "b"]),
        (dump(notebook(code("a", id=None), code("b", id={}))), ["a", "b"]),
        (dump(notebook(code("a", metadata="no", outputs="no"))), ["a"]),
        (b'{"cells": [{"cell_type": "code", "source": "a\nb"}], "x": NaN, "y": -Infinity}', ["a\nb"]),
        (b'{"cells": [], "cells": [{"cell_type": "code", "source": "last"}]}', ["last"]),
        (b'{"cells": [{"cell_type": "code", "source": "a"}], "n": ' + b"9" * 5000 + b"}", ["a"]),
        (b'{"cells": [{"cell_type": "code", "source": "\\ud800 \\ud83d\\ude00"}]}', ["\ufffd \U0001f600"]),
    ],
)
def test_sloppy_notebooks_are_read_in_full(data: bytes, sources: list[str]) -> None:
    result = read(data)
    assert result.problem is None
    assert [c.source for c in result.cells] == sources
    assert all(c.kind == "code" for c in result.cells)


def test_nothing_in_metadata_or_tags_reaches_the_cells() -> None:
    cell = code("a", metadata={"tags": ["skip-execution", "raises-exception"], "deletable": False})
    result = read(dump(notebook(cell, metadata={"kernelspec": {"name": "python3"}})))
    assert result.cells[0].model_dump() == {
        "index": 0,
        "kind": "code",
        "source": "a",
        "stored": "",
        "failed": "",
    }
    assert result.flags == ()


@pytest.mark.parametrize("kernel", [{"language": "R", "name": "ir"}, {"name": "ir"}, {"name": "julia-1.9"}])
def test_a_foreign_kernelspec_is_flagged_and_the_cells_are_kept(kernel: dict[str, str]) -> None:
    result = read(dump(notebook(code("print(1)"), metadata={"kernelspec": kernel})))
    assert [f.id for f in result.flags] == ["foreign_kernel"]
    assert result.cells[0].source == "print(1)"


@pytest.mark.parametrize("kernel", [{"name": "dl-course"}, {"name": "conda-env", "language": "python"}, "no"])
def test_a_course_kernel_is_not_foreign(kernel: object) -> None:
    assert read(dump(notebook(code(), metadata={"kernelspec": kernel}))).flags == ()


def test_entries_that_are_no_cells_keep_their_place_and_are_flagged() -> None:
    unknown = {"cell_type": "sql", "source": "b"}
    result = read(dump(notebook(code("a"), None, "text", unknown, code({"x": 1}), code("c"))))
    assert [(c.index, c.kind, c.source) for c in result.cells] == [
        (0, "code", "a"),
        (1, "raw", ""),
        (2, "raw", ""),
        (3, "raw", "b"),
        (4, "code", ""),
        (5, "code", "c"),
    ]
    assert [f.message for f in result.flags] == ["Cells that could not be read as cells: 2, 3, 4, 5."]


def test_absurdly_long_cells_are_bounded() -> None:
    picture = {"cell_type": "markdown", "source": "![](data:" + "A" * 300_000 + ")"}
    result = read(dump(notebook(code("a"), picture)))
    assert (len(result.cells[1].source), [f.id for f in result.flags]) == (200_000, ["long_text"])
    assert "characters of code" in str(read(dump(notebook(code("x = 1\n" * 200_000)))).problem)


@pytest.mark.parametrize("cells", [[], [{"cell_type": "markdown", "source": "only words"}], [code("  ")]])
def test_a_notebook_without_code_is_read_and_flagged(cells: list[Any]) -> None:
    result = read(dump(notebook(*cells)))
    assert result.problem is None
    assert [f.id for f in result.flags] == ["no_code"]


def test_a_later_format_with_readable_cells_is_read_and_flagged() -> None:
    result = read(dump(notebook(code("a"), nbformat=5)))
    assert [c.source for c in result.cells] == ["a"]
    assert [f.id for f in result.flags] == ["newer_format"]


def test_stored_outputs_are_kept_as_text_only() -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["tensor([1.])\n", "x\n"]},
        {"output_type": "execute_result", "data": {"text/plain": "3", "text/html": "<b>3</b>"}},
        {"output_type": "error", "ename": "E", "traceback": ["…"]},
        None,
    ]
    result = read(dump(notebook(code("a", outputs=outputs))))
    assert result.cells[0].stored == "tensor([1.])\nx\n\n3"


# ------------------------------------------------------------------ format 3

V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "hw"},
    "worksheets": [
        {
            "metadata": {},
            "cells": [
                {"cell_type": "heading", "level": 2, "source": ["Homework"], "metadata": {}},
                {"cell_type": "markdown", "source": ["text\n", "more"], "metadata": {}},
                {
                    "cell_type": "code",
                    "collapsed": False,
                    "input": ["x = 1\n", "print x"],
                    "language": "python",
                    "metadata": {},
                    "prompt_number": 1,
                    "outputs": [
                        {"output_type": "stream", "stream": "stdout", "text": ["1\n"]},
                        {"output_type": "pyout", "prompt_number": 1, "metadata": {}, "text": ["7"]},
                    ],
                },
            ],
        },
        {"metadata": {}, "cells": [{"cell_type": "raw", "source": ["raw"], "metadata": {}}]},
    ],
}


def test_format_3_is_read_as_nbformat_upgrades_it() -> None:
    result = read(dump(V3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upgraded = nbformat.reads(json.dumps(V3), as_version=4)
    assert [(c.kind, c.source) for c in result.cells] == [(c.cell_type, c.source) for c in upgraded.cells]
    assert result.cells[2].stored == "1\n\n7"
    assert [f.id for f in result.flags] == ["old_format"]


def test_format_3_without_the_fields_that_its_schema_demands_is_read_too() -> None:
    sloppy = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code", "input": "a"}]}, None, {}]}
    result = read(dump(sloppy))
    assert [c.source for c in result.cells] == ["a"]


# ------------------------------------------------------------------ anything at all

VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "source", "input", "cell_type", "outputs", "data", "metadata"]
            )
            | st.sampled_from(["nbformat", "kernelspec", "name", "level", "text", "language_info"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(VALUES)
def test_no_json_makes_the_reader_raise(value: Any) -> None:
    result = read(dump(value))
    assert [c.index for c in result.cells] == list(range(len(result.cells)))


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    result = read(data)
    assert result.problem is not None or data.strip().startswith(b"{")
