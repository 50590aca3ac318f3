"""Whatever is printed, and however: it is read back within its printed precision, never raising."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grader.extract import extract, extract_text
from grader.models import Output, PrintedTensor

# Half an ulp each: numpy prints the shortest decimal that its own dtype reads back as the value.
FLOAT_ERROR = {np.dtype(np.float32): 2.0**-24, np.dtype(np.float64): 2.0**-52}

magnitudes = st.sampled_from([1e-12, 1e-6, 1e-3, 0.1, 1.0, 10.0, 1e4, 1e9])
units = st.floats(-1, 1, allow_nan=False, width=32)


@st.composite
def tensors(draw: st.DrawFn, least: int = 1, most: int = 3) -> np.ndarray:
    """Arrays as they come out of networks: one scale, some exact zeros and whole numbers."""
    shape = draw(array_shapes(min_dims=least, max_dims=most, max_side=6))
    values = draw(arrays(np.float64, shape, elements=units)) * draw(magnitudes)
    if draw(st.booleans()):
        values = np.where(draw(arrays(np.bool_, shape)), values, np.round(values))
    return values


def assert_reads(found: PrintedTensor, values: np.ndarray) -> None:
    assert found.shape == values.shape
    assert not found.elided
    error = FLOAT_ERROR[values.dtype]
    for truth, value, half in zip(values.ravel().tolist(), found.values, found.half_unit, strict=True):
        if math.isfinite(truth):
            assert abs(truth - value) <= half + error * abs(truth), (truth, value, half)
        else:
            assert value == truth or (math.isnan(value) and math.isnan(truth))


@settings(deadline=None, max_examples=120)
@given(
    tensors(least=0),
    st.sampled_from([torch.float32, torch.float64]),
    st.integers(1, 12),
    st.sampled_from([20, 80, 200]),
    st.sampled_from([None, True, False]),
    st.sampled_from([(), (math.inf, -math.inf, math.nan)]),
)
def test_torch_prints(
    values: np.ndarray,
    dtype: torch.dtype,
    precision: int,
    width: int,
    scientific: bool | None,
    special: tuple[float, ...],
) -> None:
    tensor = torch.tensor(values, dtype=dtype)
    if special and tensor.numel():
        tensor.view(-1)[0] = special[int(precision) % 3]
    before = torch._tensor_str.PRINT_OPTS
    options = (before.precision, before.threshold, before.edgeitems, before.linewidth, before.sci_mode)
    try:
        torch.set_printoptions(precision=precision, linewidth=width, sci_mode=scientific)
        text = f"h1 = {tensor!s}\nloss: 0.5"
    finally:
        names = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")
        torch.set_printoptions(**dict(zip(names, options, strict=True)))
    found, loss = extract_text(text)
    assert (found.form, found.label) == ("tensor", "h1")
    assert (loss.label, loss.values) == ("loss", (0.5,))
    assert_reads(found, tensor.numpy())


@settings(deadline=None, max_examples=120)
@given(
    tensors(),
    st.sampled_from([np.float32, np.float64]),
    st.integers(1, 17),
    st.booleans(),
    st.sampled_from(["maxprec", "fixed", "unique", "maxprec_equal"]),
    st.sampled_from([40, 75, 200]),
    st.sampled_from([str, repr]),
)
def test_numpy_prints(
    values: np.ndarray,
    dtype: type[np.floating],
    precision: int,
    suppress: bool,
    mode: str,
    width: int,
    show: Callable[[object], str],
) -> None:
    array = values.astype(dtype)
    with np.printoptions(precision=precision, suppress=suppress, floatmode=mode, linewidth=width):
        text = f"W1:\n{show(array)}\n"
    [found] = extract_text(text)
    assert (found.above, found.above_distance) == ("W1", 1)
    assert_reads(found, array)


ROWS = {
    "%.4f": lambda v: " ".join(f"{x:.4f}" for x in v),
    "%8.3e": lambda v: "\t".join(f"{x:8.3e}" for x in v),
    "%g": lambda v: ", ".join(f"{x:.4g}" for x in v),
    "repr": lambda v: " ".join(repr(float(x)) for x in v),
    "bars": lambda v: "| " + " | ".join(f"{x:+.5f}" for x in v) + " |",
    "decimal commas": lambda v: "  ".join(f"{x:.4f}" for x in v).replace(".", ","),
}


@settings(deadline=None, max_examples=100)
@given(tensors(least=2, most=2), st.sampled_from(sorted(ROWS)))
def test_rows(values: np.ndarray, style: str) -> None:
    # A first column 0, 1, 2, … beside fractions can't be told from an index.
    values = np.where(np.arange(values.shape[1]) == 0, np.abs(values) + 7.5e-3, values)
    text = "dW1\n" + "\n".join(ROWS[style](row) for row in values.tolist()) + "\n\nthe end"
    printed = [p for p in extract_text(text) if p.values]
    if style == "%g" and not any(h for p in printed for h in p.half_unit):
        return  # all whole: nothing tells 0.99996 printed as `1` from an integer
    assert sum(len(p.values) for p in printed) == values.size
    flat = iter(values.ravel().tolist())
    for found in printed:
        for value, half in zip(found.values, found.half_unit, strict=True):
            truth = next(flat)
            assert abs(truth - value) <= half + 1e-15 * abs(truth), (text, truth, value, half)
    if values.shape != (1, 1):
        assert len(printed) == 1
        assert printed[0].shape in (values.shape, values.shape[1:])


@settings(deadline=None, max_examples=60)
@given(tensors())
def test_python_lists(values: np.ndarray) -> None:
    [found] = extract_text(f"{values.tolist()}")
    assert found.values == tuple(values.ravel().tolist())
    assert found.shape == values.shape


WORDS = "tensor( array( 0.5 -1 1e-05 nan ... .. W1 dtype= 1. 0,7 <a \x1b[0m"
PIECES = st.sampled_from((*"[](){},:='*|\\1%-\n\r \t", *WORDS.split(" "), "Parameter containing:"))


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_read_without_raising(text: str) -> None:
    end = 0
    for found in extract_text(text):
        assert len(found.values) == len(found.half_unit) == math.prod(found.shape)
        assert all(half >= 0 for half in found.half_unit)
        assert end <= found.span[0] < found.span[1] <= len(text)
        end = found.span[1]


SHORT = (*"[](){},:=\n '1", "tensor(", "0.5", "nan", "...", "W1", "x ", "1e-05 *", "dtype=x")


def test_every_short_text_is_read_without_raising() -> None:
    for pieces in itertools.product(SHORT, repeat=3):
        extract_text("".join(pieces))


MARKUP = (
    "<table> </table> <tr> </tr> <td> <th> </td> </th> <br> <p <!-- --> &lt; <style> 0.5 W1 tensor([1.5])"
)
TAGS = st.sampled_from(MARKUP.split(" "))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.one_of(TAGS, PIECES), max_size=40).map("".join), st.text(max_size=20))
def test_any_html_is_read_without_raising(html: str, text: str) -> None:
    for found in extract([Output(cell=0, index=0, kind="display", text=text, html=html)]):
        assert len(found.values) == len(found.half_unit) == math.prod(found.shape)
        assert 0 <= found.span[0] <= found.span[1] <= len(text)


@settings(deadline=None, max_examples=100)
@given(tensors(), st.lists(PIECES, max_size=30).map("".join))
def test_text_around_does_not_change_a_tensor(values: np.ndarray, noise: str) -> None:
    tensor = torch.tensor(values)
    alone = extract_text(str(tensor))[0]
    found = extract_text(f"{noise}\n\nand now\n\nW1 = {tensor!s}\n\nand then\n\n{noise}")
    assert (alone.values, alone.half_unit, alone.shape) in [(p.values, p.half_unit, p.shape) for p in found]


FLOODS = {
    "tensors": f"{torch.arange(12.0).reshape(4, 3) / 7}\n",
    "losses": "Epoch 1, loss: 0.1234\n",
    "one line": "a: 1 b: 0.5 ",
    "rows": "0.1234 0.2345\n",
    "brackets": "[",
    "brackets and numbers": "[1 ",
    "makers": "tensor(",
    "digits": "1",
    "numbers": "1 ",
    "dots": "1.",
    "signs": "-1",
    "exponents": "1e",
    "parameters": "Parameter containing: ",
    "dict": "'W1': tensor([0.1]), ",
    "angles": "<a ",
    "powers": "a^{",
    "indices": "a[1",
    "blank lines": " \n",
    "commas": ",\n",
    "progress": " 50%|███   | 5/10 [00:00<00:00, 12.5it/s]\r",
    "tables": "   0   1\n0 0.1 0.2\n",
    "escapes": "\x1b[",
}


HTML_FLOODS = {
    "open tags": "<a ",
    "open comments": "<!--",
    "styles": "<style>",
    "cells": "<table><tr><td>0.5</td>",
    "rows": "<tr><td>0.5</td><td>W1</td></tr>",
}


@pytest.mark.parametrize("flood", sorted(FLOODS) + [f"html: {name}" for name in sorted(HTML_FLOODS)])
def test_time_grows_with_the_length(flood: str) -> None:
    _, _, name = flood.rpartition("html: ")
    piece = HTML_FLOODS[name] if flood != name else FLOODS[flood]

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        html = f"<table>{text}" if flood != name else None
        start = time.process_time()
        extract([Output(cell=0, index=0, kind="display", text="" if html else text, html=html)])
        return time.process_time() - start

    seconds(2_000)
    small = min(seconds(15_000) for _ in range(3))
    large = min(seconds(120_000) for _ in range(3))
    assert large < 20 * small + 0.05
