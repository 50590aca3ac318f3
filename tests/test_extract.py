"""What people print, and what is read from it."""

from __future__ import annotations

from grader.extract import extract_text


def test_a_labelled_tensor() -> None:
    [found] = extract_text("W1.grad: tensor([[ 0.1234, -0.2000],\n        [ 1.0000,  2.5000]])\n")
    assert found.values == (0.1234, -0.2, 1.0, 2.5)
    assert found.half_unit == (5e-5,) * 4
    assert (found.shape, found.form, found.label) == ((2, 2), "tensor", "W1.grad")
