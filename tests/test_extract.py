"""What people print, and what is read from it. One print style per case, in the order of issue 4."""

from __future__ import annotations

import math

import pytest

from grader.extract import MAX_TENSORS, extract, extract_text
from grader.models import Output, PrintedTensor

Reading = tuple[str, tuple[int, ...], tuple[float, ...]]


def read(text: str) -> list[Reading]:
    """(label, shape, values) of everything found."""
    return [(p.label, p.shape, p.values) for p in extract_text(text)]


def only(text: str) -> PrintedTensor:
    [found] = extract_text(text)
    return found


TORCH = {
    "nested": (
        "W1: tensor([[ 0.1234, -0.2000],\n        [ 1.0000,  2.5000]])",
        [("W1", (2, 2), (0.1234, -0.2, 1.0, 2.5))],
    ),
    "scalar": ("loss tensor(0.1234)", [("loss", (), (0.1234,))]),
    "scalar with its graph": (
        "tensor(0.6931, grad_fn=<BinaryCrossEntropyBackward0>)",
        [("", (), (0.6931,))],
    ),
    "options on their own line": (
        "h1 = tensor([[0.5, 0.25]], dtype=torch.float64,\n       grad_fn=<SigmoidBackward0>)\nb: [2.5]",
        [("h1", (1, 2), (0.5, 0.25)), ("b", (1,), (2.5,))],
    ),
    "device and requires_grad": (
        "tensor([0.1, 0.2], device='cuda:0', dtype=torch.float64, requires_grad=True)",
        [("", (2,), (0.1, 0.2))],
    ),
    "a row wrapped at 80 columns": (
        "x tensor([0.0000e+00, 1.0000e+00, 2.0000e+00,\n        3.0000e+00])",
        [("x", (4,), (0.0, 1.0, 2.0, 3.0))],
    ),
    "a parameter": (
        "Parameter containing:\ntensor([[0.5, 0.25]], requires_grad=True)",
        [("", (1, 2), (0.5, 0.25))],
    ),
    "a parameter behind its name": (
        "fc1.weight: Parameter containing:\ntensor([0.5], requires_grad=True)",
        [("fc1.weight", (1,), (0.5,))],
    ),
    "three dimensions": (
        "tensor([[[1.5, 2.5]],\n\n        [[3.5, 4.5]]])",
        [("", (2, 1, 2), (1.5, 2.5, 3.5, 4.5))],
    ),
    "empty": ("tensor([])\ntensor([], size=(0, 3))", []),
    "scientific": (
        "tensor([1.0000e-05, -2.5000e-120, 1.e-05])",
        [("", (3,), (1e-5, -2.5e-120, 1e-5))],
    ),
    "infinite": ("tensor([inf, -inf, -0., 1.])", [("", (4,), (math.inf, -math.inf, -0.0, 1.0))]),
    "common factor before the values": (
        "tensor(1.00000e-02 *\n       [[ 1.5000,  2.5000]])",
        [("", (1, 2), (0.015, 0.025))],
    ),
    "common factor above the rows": (
        "W1:\n1.00000e-02 *\n  1.5000  2.5000\n  3.5000  4.5000\n[torch.FloatTensor of size 2x2]\n",
        [("", (2, 2), (0.015, 0.025, 0.035, 0.045))],
    ),
    "booleans are no numbers": ("tensor([True, False])\ntensor(True)", []),
    "coloured numbers": ("W1: \x1b[1m0.5\x1b[0m", [("W1", (), (0.5,))]),
    "colours": ("\x1b[31mW1\x1b[0m: \x1b[1mtensor([0.5])\x1b[0m", [("W1", (1,), (0.5,))]),
    "scalars side by side": (
        "tensor(0.1, grad_fn=<SelectBackward0>) tensor(0.2)\ntensor(0.3) tensor(0.4)",
        [("", (2, 2), (0.1, 0.2, 0.3, 0.4))],
    ),
}

NUMPY_AND_LISTS = {
    "str without commas": ("W1\n[[ 0.5  -0.25]\n [ 1.    2.  ]]", [("", (2, 2), (0.5, -0.25, 1.0, 2.0))]),
    "repr": ("array([[0.5, 0.25]], dtype=float32)", [("", (1, 2), (0.5, 0.25))]),
    "f'{A.grad=}'": ("A.grad=array([0.5, 0.25])", [("A.grad", (2,), (0.5, 0.25))]),
    "list": ("db1 [0.5, 0.25, -1e-05]", [("db1", (3,), (0.5, 0.25, -1e-5))]),
    "list of lists": ("[[0.5, 0.25], [1.5, 2.5]]", [("", (2, 2), (0.5, 0.25, 1.5, 2.5))]),
    "numpy 2 scalars in a list": (
        "[np.float64(0.5), np.float32(0.25)]",
        [("", (2,), (0.5, 0.25))],
    ),
    "numpy 2 scalar": ("np.float64(0.5)", [("", (), (0.5,))]),
    "list of scalar tensors": ("[tensor(0.5), tensor(0.25)]", [("", (2,), (0.5, 0.25))]),
    "list of formatted strings": ("b1: ['0.5000', '0.2500']", [("b1", (2,), (0.5, 0.25))]),
    "list of arrays": (
        "[array([0.5, 0.25]), array([1.5, 2.5])]",
        [("", (2,), (0.5, 0.25)), ("", (2,), (1.5, 2.5))],
    ),
    "ragged list": (
        "[[0.5, 0.25], [1.5]]",
        [("", (2,), (0.5, 0.25)), ("", (1,), (1.5,))],
    ),
    "tuple": ("(0.5, 0.25)", [("", (2,), (0.5, 0.25))]),
    "tensorflow variable": (
        "<tf.Variable 'w:0' shape=(1,) dtype=float32, numpy=array([0.5], dtype=float32)>",
        [("", (1,), (0.5,))],
    ),
    "tensorflow": (
        "h: <tf.Tensor: shape=(2,), dtype=float32, numpy=array([0.1, 0.2], dtype=float32)>",
        [("h", (2,), (0.1, 0.2))],
    ),
    "decimal commas": (
        "[0,7311; 0,2345]\n[0,7311 0,2345]\n[0,7311, 0,2345]",
        [("", (2,), (0.7311, 0.2345))] * 3,
    ),
    "unicode minus": ("[−0.5, −1e−05]", [("", (2,), (-0.5, -1e-5))]),
    "integers with commas are integers": ("[0,1]\n[1,2,3]", [("", (2,), (0, 1)), ("", (3,), (1, 2, 3))]),
}

COLLECTIONS = {
    "tuple of tensors": (
        "(tensor([0.5, 0.25]), tensor([1.5]), tensor(2.5))",
        [("", (2,), (0.5, 0.25)), ("", (1,), (1.5,)), ("", (), (2.5,))],
    ),
    "dict": (
        "{'W1': tensor([0.5]), 'b1': tensor([[1.5],\n        [2.5]])}",
        [("W1", (1,), (0.5,)), ("b1", (2, 1), (1.5, 2.5))],
    ),
    "dict of floats": ("{'loss': 0.5, 'acc': 0.25}", [("loss", (), (0.5,)), ("acc", (), (0.25,))]),
    "dict with numbers as keys": ("{0: 0.5, 1: 0.25}", [("0", (), (0.5,)), ("1", (), (0.25,))]),
    "OrderedDict": (
        "OrderedDict([('W1', tensor([0.5])),\n             ('b1', tensor([1.5]))])",
        [("W1", (1,), (0.5,)), ("b1", (1,), (1.5,))],
    ),
    "OrderedDict from Python 3.12 on": (
        "OrderedDict({'W1': tensor([0.5]),\n             'b1': tensor([1.5])})",
        [("W1", (1,), (0.5,)), ("b1", (1,), (1.5,))],
    ),
    "pairs": (
        "[('W1', Parameter containing:\ntensor([0.5], requires_grad=True)), ('b1', array([1.5]))]",
        [("W1", (1,), (0.5,)), ("b1", (1,), (1.5,))],
    ),
    "namedtuple or dataclass": (
        "Grads(W1=tensor([0.5]), b1=[1.5, 2.5], loss=0.25)",
        [("W1", (1,), (0.5,)), ("b1", (2,), (1.5, 2.5)), ("loss", (), (0.25,))],
    ),
    "a None among them": (
        "[None, tensor([0.5]), None]",
        [("", (1,), (0.5,))],
    ),
}

LOOSE = {
    "rows": ("0.1234 0.2345\n0.3456 -0.4567\n", [("", (2, 2), (0.1234, 0.2345, 0.3456, -0.4567))]),
    "rows with commas, tabs, bars": (
        "0.1, 0.2\n0.3, 0.4\n\n0.1\t0.2\n\n| 0.1 | 0.2 |\n| 0.3 | 0.4 |\n",
        [("", (2, 2), (0.1, 0.2, 0.3, 0.4)), ("", (2,), (0.1, 0.2)), ("", (2, 2), (0.1, 0.2, 0.3, 0.4))],
    ),
    "row behind its label": (
        "h1: 0.1 0.2 0.3\nh2: 0.4 0.5",
        [("h1", (3,), (0.1, 0.2, 0.3)), ("h2", (2,), (0.4, 0.5))],
    ),
    "one number a line": ("0.1\n0.2\n0.3\n", [("", (3, 1), (0.1, 0.2, 0.3))]),
    "a number below a labelled one is another value": (
        "loss: 0.5\n0.25\n",
        [("loss", (), (0.5,)), ("", (), (0.25,))],
    ),
    "counted lines": ("0 0.5\n1 0.25\n2 0.125\n", [("", (3,), (0.5, 0.25, 0.125))]),
    "one entry a line": (
        "dW1[0,0] -0.0997\ndW1[0,1] 0.5\ndW1[1,0] 0.25\ndW1[1,1] 0\n",
        [("dW1", (2, 2), (-0.0997, 0.5, 0.25, 0.0))],
    ),
    "one entry a line, other brackets": (
        "h1[0][1] = 0.5\nW1(0,1): 0.25",
        [("h1[0][1]", (), (0.5,)), ("W1(0,1)", (), (0.25,))],
    ),
    "one entry a line behind a formula": (
        "$h_1$[0,0] 0.5\n$h_1$[0,1] 0.6\n$h_1$[1,0] 0.7\n$h_1$[1,1] 0.8",
        [("$h_1$", (2, 2), (0.5, 0.6, 0.7, 0.8))],
    ),
    "one entry a line, the name ends in a number": (
        "Output of layer 1[0,0] 0.5\nOutput of layer 1[0,1] 0.25",
        [("Output of layer 1", (1, 2), (0.5, 0.25))],
    ),
    "one entry a line, the index apart": (
        "dW1 [0, 0]: 0.5\ndW1 [0, 1]: -0.25",
        [("dW1", (1, 2), (0.5, -0.25))],
    ),
    "entries with several values each, to compare them": (
        "     param   index  torch  numpy   error\n0       W1  (0, 0)    0.5    0.5  1.0e-17\n"
        "1       W1  (0, 1)  -0.25  -0.25  2.0e-17\n2       b1    (0,)    1.5    1.5  0.0e+00\n"
        "3       b1    (1,)    2.5    2.5  0.0e+00\n",
        [
            ("W1", (2, 3), (0.5, 0.5, 1e-17, -0.25, -0.25, 2e-17)),
            ("b1", (2, 3), (1.5, 1.5, 0.0, 2.5, 2.5, 0.0)),
        ],
    ),
    "double bars between two matrices": (
        "0.5  0.25  ||  0.5  0.25\n1.5  1.25  ||  1.5  1.25\n",
        [("", (2, 2), (0.5, 0.25, 1.5, 1.25)), ("", (2, 2), (0.5, 0.25, 1.5, 1.25))],
    ),
    "counted instances": (
        "instance 1/5 [0.1 0.2]\n2/5 [0.3]",
        [("instance 1/5", (2,), (0.1, 0.2)), ("2/5", (1,), (0.3,))],
    ),
    "between angles": ("<W1: 0.5>", [("<W1", (), (0.5,))]),
    "instance by instance": (
        "Instance 1: h1 = [0.1, 0.2], h2 = [0.3, 0.4], out = [.5, .6]",
        [("Instance 1: h1", (2,), (0.1, 0.2)), ("h2", (2,), (0.3, 0.4)), ("out", (2,), (0.5, 0.6))],
    ),
    "several scalars on a line": (
        "Epoch 3, loss: 0.5, acc = 0.25",
        [("Epoch 3, loss", (), (0.5,)), ("acc", (), (0.25,))],
    ),
    "German decimals": (
        "Der Verlust beträgt 0,7311.\n0,7311 0,2345\n",
        [("Der Verlust beträgt", (), (0.7311,)), ("", (2,), (0.7311, 0.2345))],
    ),
    "values parted by a slash": ("loss G/D: 0.5/0.25", [("loss G/D", (), (0.5,)), ("", (), (0.25,))]),
    "a None before a value": ("W1.grad None W2.grad 0.5", [("W2.grad", (), (0.5,))]),
    "thousands": ("total = 1,234.5\nsum = 1.234,5", [("total", (), (1234.5,)), ("sum", (), (1234.5,))]),
    "a numbered label before a row": (
        "Layer 1 0.5 0.6\nh1 0 0.5 0.25",
        [("Layer 1", (2,), (0.5, 0.6)), ("h1", (3,), (0, 0.5, 0.25))],
    ),
    "LaTeX matrix": (
        r"\begin{bmatrix} 0.1 & 0.2\\ 0.3 & 0.4 \end{bmatrix}",
        [(r"\begin{bmatrix}", (2, 2), (0.1, 0.2, 0.3, 0.4))],
    ),
    "table with rules": (
        "+-----+-----+\n| 0.1 | 0.2 |\n+-----+-----+\n| 0.3 | 0.4 |\n+-----+-----+",
        [("", (2, 2), (0.1, 0.2, 0.3, 0.4))],
    ),
    "lines numbered in brackets": (
        "[1] 0.5\n[2] [0.25, 0.5]",
        [("[1]", (), (0.5,)), ("[2]", (2,), (0.25, 0.5))],
    ),
    "a formula in front": ("L = 1/M * sum = 0.5", [("L = 1/M * sum", (), (0.5,))]),
    "dashes for minus": ("x: –0.5 and −0.25", [("x", (), (-0.5,)), ("and", (), (-0.25,))]),
    "signed format": ("+0.5000 -0.2500", [("", (2,), (0.5, -0.25))]),
    "not a number": ("loss nan\nloss = -inf", None),
}

NO_VALUES = {
    "shapes": "torch.Size([4, 3])\nshape: (4, 3)\n(4,)\nW1.shape=torch.Size([4, 3])\nsize: (3, 4) (5, 2)",
    "headings": "Layer 1\nEpoch 10/100\nHidden layer 2:\n1. Forward\nTask 2.1: gradients\n(2)\n10x",
    "names with digits": "W1 h^(1) fc1.weight 0.weight dL/dW1 b_2 W^{[1]} a^[2] x_{12} 2nd",
    "types and addresses": "<class 'torch.Tensor'> <AddmmBackward0 object at 0x7f3a12b45> float32",
    "dates, times, versions": "2026-11-23 12:30:45 torch 2.13.0 took 0.35s, 12ms, 23.11.2026",
    "a progress bar": "100%|██████| 5/5 [00:00<00:00, 123.4it/s]\r 20%|█    | 1/5 [00:00<00:01,  3.9it/s]\r",
    "a module": "Sequential(\n  (0): Linear(in_features=3, out_features=4, bias=True)\n  (1): Sigmoid()\n)",
    "an index": "Epoch [1/10] Step [3] params[0] x[1:3, 2]",
    "nothing": "",
    "None": "W1.grad None",
}


@pytest.mark.parametrize("case", [pytest.param(c, id=i) for i, c in (TORCH | NUMPY_AND_LISTS).items()])
def test_values_in_brackets(case: tuple[str, list[Reading]]) -> None:
    text, expected = case
    assert [(label, shape, pytest.approx(values)) for label, shape, values in expected] == read(text)


@pytest.mark.parametrize("case", [pytest.param(c, id=i) for i, c in COLLECTIONS.items()])
def test_collections_fall_apart_into_their_elements(case: tuple[str, list[Reading]]) -> None:
    text, expected = case
    assert read(text) == expected


@pytest.mark.parametrize("case", [pytest.param(c, id=i) for i, c in LOOSE.items()])
def test_values_without_brackets(case: tuple[str, list[Reading] | None]) -> None:
    text, expected = case
    if expected is None:
        first, second = extract_text(text)
        assert math.isnan(first.values[0])
        assert second.values == (-math.inf,)
        assert first.half_unit == second.half_unit == (0.0,)
    else:
        assert read(text) == expected


@pytest.mark.parametrize("text", [pytest.param(t, id=i) for i, t in NO_VALUES.items()])
def test_words_with_digits_are_no_values(text: str) -> None:
    assert read(text) == []


# ------------------------------------------------------------------------- precision

PRECISION = {
    "own digits": ("tensor([0.7311, 1.2e-3, 2.5e+10])", (5e-5, 5e-5, 5e8)),
    "integers are exact": ("tensor([1, 2])", (0.0, 0.0)),
    "torch prints bare points only for whole numbers": ("tensor([0., 3.])", (0.0, 0.0)),
    "zero with an exponent is zero": ("tensor([0.0000e+00, 1.0000e-05])", (0.0, 5e-10)),
    "numpy trims zeros and pads": ("[0.12345679 0.5        1.        ]", (5e-9, 5e-9, 5e-9)),
    "%g in brackets is not padded": ("[1.5 0.1234]", (0.05, 5e-5)),
    "nor is it with a formatter, row by row": ("[[1.5 2.5]\n [0.1234 0.25]]", (0.05, 0.05, 5e-5, 5e-3)),
    "array2string pads, too": ("[0.5   , 0.1234, 1.    ]", (5e-5, 5e-5, 5e-5)),
    "numpy trims zeros, with commas": ("array([0.12345679, 0.5       ])", (5e-9, 5e-9)),
    "numpy may have rounded to whole numbers": ("[0. 1.]", (0.5, 0.5)),
    "numpy in scientific notation": ("[1.00e-05 2.50e-04]", (5e-8, 5e-7)),
    "numpy integers": ("[1 2 3]", (0.0, 0.0, 0.0)),
    "a list shows each element's digits": ("[0.5, 0.1234567890123456, 1]", (0.05, 5e-17, 0.0)),
    "%g drops zeros": ("0.5 1 0.2346 0", (0.05, 0.5, 5e-5, 0.0)),
    "a row of integers": ("x: 3 0 1", (0.0, 0.0, 0.0)),
    "the common factor counts": ("tensor(1.00000e-02 *\n [ 1.5000])", (5e-7,)),
    "decimal comma": ("[0,7311; 0,2345]", (5e-5, 5e-5)),
}


@pytest.mark.parametrize("case", [pytest.param(c, id=i) for i, c in PRECISION.items()])
def test_half_unit_of_the_last_digit(case: tuple[str, tuple[float, ...]]) -> None:
    text, expected = case
    assert only(text).half_unit == pytest.approx(expected, rel=1e-12)


def test_a_number_too_large_for_a_float_is_infinite_and_a_long_one_is_read() -> None:
    assert only("x = " + "9" * 10_000).values == (math.inf,)
    assert only("x = 1e999").values == (math.inf,)
    assert only("x = 0." + "3" * 10_000).values == (pytest.approx(1 / 3),)


# ------------------------------------------------------------------------ elided, cut


def test_an_elided_matrix_shows_its_visible_elements() -> None:
    found = only("tensor([[0.1, 0.2,  ..., 0.3],\n        ...,\n        [0.4, 0.5,  ..., 0.6]])")
    assert found.elided
    assert found.shape == (2, 3)
    assert found.values == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


@pytest.mark.parametrize("text", ["[0.1 0.2 ... 0.9]", "array([0.1, 0.2, ..., 0.9])", "0.1 0.2 ... 0.9"])
def test_an_elided_vector(text: str) -> None:
    found = only(text)
    assert (found.elided, found.shape, found.values) == (True, (3,), (0.1, 0.2, 0.9))


@pytest.mark.parametrize("tail", ["", "\nTraceback: something else", "\n... output cut ..."])
def test_what_was_read_of_a_tensor_that_never_closes(tail: str) -> None:
    found = extract_text("dW1 tensor([[0.1, 0.2],\n        [0.3," + tail)[0]
    assert (found.label, found.form, found.elided) == ("dW1", "tensor", True)
    assert (found.shape, found.values) == ((3,), (0.1, 0.2, 0.3))


def test_a_tensor_cut_off_does_not_swallow_the_next_one() -> None:
    first, second = extract_text("tensor([[0.1, 0.2],\nW2: tensor([0.5])")
    assert (first.values, first.elided) == ((0.1, 0.2), True)
    assert (second.label, second.values, second.elided) == ("W2", (0.5,), False)


# ---------------------------------------------------------------------------- labels

LABELS = {
    "dW1 = [0.5]": "dW1",
    "dL/dW1: [0.5]": "dL/dW1",
    "W1.grad -> [0.5]": "W1.grad",
    "Gradient w.r.t. w: [0.5]": "Gradient w.r.t. w",
    "∂L/∂W₁ → [0.5]": "∂L/∂W₁",
    "The output is [0.5]": "The output",
    "Ausgabe der Schicht 1 ist: [0.5]": "Ausgabe der Schicht 1",
    "$h^{(1)}$ = [0.5]": "$h^{(1)}$",
    "h^(1): [0.5]": "h^(1)",
    "net.fc1.weight.grad tensor([0.5])": "net.fc1.weight.grad",
    "grads['W1'] = [0.5]": "grads['W1']",
    "  >>> b1 : tensor(0.5)": "b1",
    "损失: 0.5": "损失",
    "Loss (mean): 0.5": "Loss (mean)",
    "a) h1: [0.5]": "a) h1",
    "f(x): tensor([0.5])": "f(x)",
    "  (x): tensor([0.5])": "(x)",
    "**W1** [0.5]": "W1",
    "[0.5]": "",
}


@pytest.mark.parametrize("text", LABELS)
def test_the_label_in_the_students_words(text: str) -> None:
    assert only(text).label == LABELS[text]


def above(text: str, index: int = -1) -> tuple[str, int]:
    found = extract_text(text)[index]
    return found.above, found.above_distance


ABOVE = {
    "directly above": ("W1:\n[0.5]", ("W1", 1)),
    "a parameter": ("W1:\nParameter containing:\ntensor([0.5])", ("W1", 1)),
    "rules and blank lines between": ("=== Gradients ===\n-------\n\n[0.5]", ("Gradients", 1)),
    "the shape between": ("W1\ntorch.Size([1])\n(1,)\nshape: (1,)\n[0.5]", ("W1", 1)),
    "a numbered heading": ("Layer: 1\n[0.5]", ("Layer: 1", 1)),
    "another value between": ("Gradients\n[0.1]\n[0.5]", ("Gradients", 2)),
    "two values between": ("Gradients\nW1: [0.1] b1: [0.2]\n[0.5]", ("Gradients", 3)),
    "a None is no heading": ("Gradients\nW1.grad: None\n[0.5]", ("Gradients", 1)),
    "announced behind a value": ("loss 0.5, dW1:\n[0.5]", ("dW1", 1)),
    "a heading after a value": ("W1\n[0.1]\nW2\n[0.5]", ("W2", 1)),
    "nothing": ("[0.5]", ("", 0)),
    "the name of a dict": ("Grads: {'W1': [0.1], 'b1': [0.5]}", ("Grads", 2)),
    "nested dicts": ("{'l1': {'W': [0.1]}, 'l2': {'W': [0.5]}}", ("l2", 1)),
}


@pytest.mark.parametrize("case", [pytest.param(c, id=i) for i, c in ABOVE.items()])
def test_the_heading_above(case: tuple[str, tuple[str, int]]) -> None:
    text, expected = case
    assert above(text) == expected


def test_what_a_line_begins_with_is_said_of_all_its_values() -> None:
    text = "instance 1: loss 0.5, db3 [0.1 0.2]\ndb3 [0.3 0.4]"
    assert [(p.label, p.section) for p in extract_text(text)] == [
        ("instance 1: loss", "instance 1"),
        ("db3", "instance 1"),
        ("db3", ""),
    ]


def test_of_two_lines_above_the_upper_one_is_a_section_until_there_are_two_again() -> None:
    text = "first attempt:\nW1:\n[0.5]\nb1:\n[0.25]\ncorrected:\nW1:\n[0.75]\n"
    assert [(p.section, p.above) for p in extract_text(text)] == [
        ("first attempt", "W1"),
        ("first attempt", "b1"),
        ("corrected", "W1"),
    ]


def test_text_behind_a_value() -> None:
    first, second, third = extract_text("[0.5] is h1\n[0.25] = h2, loss 0.125\n")
    assert (first.after, second.after, third.after) == ("is h1", "= h2, loss", "")


def test_none_does_not_lend_its_label_to_the_next_line() -> None:
    found = only("W1.grad: None\ntensor([0.5])")
    assert (found.label, found.above, found.above_distance) == ("", "", 0)


def test_the_span_is_the_print() -> None:
    text = "W1: tensor([[0.5, 0.25]],\n       dtype=torch.float64) and more"
    start, end = only(text).span
    assert text[start:end] == "tensor([[0.5, 0.25]],\n       dtype=torch.float64)"


# ---------------------------------------------------------------------------- tables

FRAME = """\
          0         1
0  1.764052  0.400157
1  2.240893 -1.867558
"""
NAMED = """\
   epoch  loss
0      1  0.50
1      2  0.25
"""
WRAPPED = """\
     0    1  \\
0  0.1  0.2
1  0.5  0.6

     2    3
0  0.3  0.4
1  0.7  0.8
"""
ROWS_NAMED = """\
      h1   h2
W1  0.10  0.2
b1 -0.30  0.4
"""
ABRIDGED = """\
           0         1
0   1.139401 -1.234826
1  -0.684810 -0.870797
..       ...       ...
98 -0.190653 -0.394850
99 -1.128011  0.280442

[100 rows x 2 columns]
"""
SERIES = "0    0.5\n1    0.25\nName: b1, dtype: float64\n"


def test_a_data_frame_without_its_index_and_columns() -> None:
    found = only("dW1\n" + FRAME)
    assert (found.form, found.shape) == ("table", (2, 2))
    assert found.values == (1.764052, 0.400157, 2.240893, -1.867558)
    assert (found.above, found.above_distance) == ("dW1", 1)


def test_named_columns() -> None:
    found = only(NAMED)
    assert (found.form, found.shape, found.values) == ("table", (2, 2), (1, 0.5, 2, 0.25))
    assert found.above == "epoch  loss"


def test_columns_continued_below() -> None:
    found = only(WRAPPED)
    assert (found.shape, found.values) == ((2, 4), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8))


def test_named_rows_are_tensors_of_their_own() -> None:
    assert read(ROWS_NAMED) == [("W1", (2,), (0.1, 0.2)), ("b1", (2,), (-0.3, 0.4))]


def test_an_abridged_data_frame_is_elided() -> None:
    found = only(ABRIDGED)
    assert (found.elided, found.shape) == (True, (4, 2))


def test_a_series() -> None:
    found = only(SERIES)
    assert (found.form, found.shape, found.values) == ("table", (2,), (0.5, 0.25))


HTML = """<style scoped>.x { width: 0.5 }</style><table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>0</th><th>1</th></tr></thead>
<tbody><tr><th>0</th><td>1.764052</td><td>0.400157</td></tr>
<tr><th>1</th><td>2.240893</td><td>-1.867558</td></tr></tbody></table>"""


def display(text: str, html: str) -> tuple[PrintedTensor, ...]:
    return extract([Output(cell=3, index=1, kind="display", text=text, html=html)])


def test_a_table_in_text_and_html_is_reported_once_from_the_text() -> None:
    [found] = display(FRAME, HTML)
    assert (found.form, found.shape, found.values[3]) == ("table", (2, 2), -1.867558)
    assert FRAME[slice(*found.span)].endswith("-1.867558")


@pytest.mark.parametrize(
    ("html", "values"),
    [
        ("<div style='display: none'>h1 [0.25, 0.5]</div>h2 [0.75]", (0.75,)),
        ("<p hidden>[0.25, <p>0.5]</p></p>h2 [0.75]", (0.75,)),
        ("<span style='VISIBILITY:hidden'>[0.25]</span>h2 [0.75]<div style='opacity:0'>[0.5]", (0.75,)),
        ("<br hidden>h2 [0.75]", (0.75,)),
        ("<details><summary>h2</summary>[0.75]</details>", (0.75,)),
        ("<div style='opacity: 0.9; font-size: 0.8em' class='not hidden'>h2 [0.75]</div>", (0.75,)),
    ],
)
def test_what_a_page_hides_is_not_read(html: str, values: tuple[float, ...]) -> None:
    [found] = display("<IPython.core.display.HTML object>", html)
    assert found.values == values


def test_a_table_only_in_html() -> None:
    [found] = display("<pandas.io.formats.style.Styler at 0x7f>", HTML)
    assert (found.form, found.shape) == ("table", (2, 2))
    assert found.values == (1.764052, 0.400157, 2.240893, -1.867558)
    assert (found.cell, found.output, found.channel) == (3, 1, "display")


def test_named_rows_and_tensors_in_html_cells() -> None:
    rows = "<tr><td>W1</td><td>tensor([0.5, 0.25])</td></tr><tr><td>loss</td><td>0.125</td></tr>"
    found = display("", f"<table><tr><th>name</th><th>value</th></tr>{rows}</table>")
    assert [(p.label, p.values, p.above) for p in found] == [
        ("W1", (0.5, 0.25), "name value"),
        ("loss", (0.125,), "name value"),
    ]


def test_html_without_a_table_is_text() -> None:
    [found] = display("<IPython.core.display.HTML object>", "<p>W1 &amp; <b>b1</b>: [0.5, &minus;0.25]</p>")
    assert (found.label, found.values) == ("W1 & b1", (0.5, -0.25))


# ------------------------------------------------------------------------ whole outputs


def test_outputs_in_order_with_their_places_and_no_tracebacks() -> None:
    outputs = [
        Output(cell=1, index=0, kind="stdout", text="loss 0.5"),
        Output(cell=1, index=1, kind="stderr", text="W1 [0.25]"),
        Output(cell=1, index=2, kind="error", text="----> 3 x = [0.125, 0.5]"),
        Output(cell=2, index=0, kind="result", text="tensor([1.5])"),
    ]
    assert [(p.cell, p.output, p.channel, p.values) for p in extract(outputs)] == [
        (1, 0, "stdout", (0.5,)),
        (1, 1, "stderr", (0.25,)),
        (2, 0, "result", (1.5,)),
    ]


def test_a_flood_keeps_the_first_and_the_last() -> None:
    found = extract_text("".join(f"a{i}: 0.5\n" for i in range(MAX_TENSORS + 500)))
    assert len(found) == MAX_TENSORS
    assert (found[0].label, found[-1].label) == ("a0", f"a{MAX_TENSORS + 499}")
