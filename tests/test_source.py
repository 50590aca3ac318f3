"""What the code of a notebook says, without running it."""

from __future__ import annotations

import time

import pytest

from grader.extract import extract_text
from grader.judging.source import Code
from grader.models import Cell


def code(*sources: str) -> Code:
    return Code([Cell(index=i, kind="code", source=s) for i, s in enumerate(sources)])


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("import torch\ntorch.ones(1)", "torch"),
        ("from torch import *", "torch"),
        ("import torch.nn as nn\nnn.Sigmoid()", "torch"),
        ("from torch import nn\nnn.Sigmoid()", "Sigmoid"),
        ("from torch.nn.functional import sigmoid as s\ns(x)", "sigmoid"),
        ("np.random.seed(12345)", "random.seed"),
        ("from numpy.random import seed\nseed(12345)", "random.seed"),
        ("x.sigmoid()", "sigmoid"),
        ("%%time\nimport torch\ntorch.ones(1)", "torch"),
        ("!pip install x\nimport torch\ntorch.ones(1)", "torch"),
        ("import torch\nthis is not python (", "torch"),
    ],
)
def test_names_are_found_through_aliases_magics_and_broken_code(source: str, wanted: str) -> None:
    assert code(source).uses(wanted)


@pytest.mark.parametrize(
    "source", ["import torch", "from torch import nn", "if False:\n    torch.ones(1)", "'torch' # torch"]
)
def test_what_never_runs_uses_nothing(source: str) -> None:
    assert not code("import torch", source).uses("torch")


@pytest.mark.parametrize(
    "source",
    [
        "print(" + "+".join("a" * 900) + ")",
        "a" + ".b" * 900,
        "print(0x" + "f" * 5000 + ")",
        "x = 'a" + "b" * 190_000 + "'",
    ],
)
def test_hostile_code_is_read_in_a_moment(source: str) -> None:
    begun = time.monotonic()
    assert code(source).words is not None
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("source", ["# torch", "'torch'", "torchvision = 1", "my_sigmoid(x)", ""])
def test_names_in_text_and_parts_of_names_do_not_count(source: str) -> None:
    assert not code(source).uses("torch")
    assert not code(source).uses("sigmoid")


def test_the_first_working_cell_is_the_first_that_does_more_than_import() -> None:
    first = code(
        "import numpy as np\n%matplotlib inline", "'''notes'''", "x = f(1)", "x = 1"
    ).first_working_cell
    assert first is not None
    assert first.index == 2


@pytest.mark.parametrize(
    "setup",
    [
        "torch.set_default_dtype(torch.float64)\ntorch.manual_seed(0)",
        "pd.set_option('display.precision', 8)\nnp.set_printoptions(suppress=True)",
        "SEED = 12345\ndtype = torch.float64\nname: str = 'A. Student'",
        "if torch.cuda.is_available():\n    device = 'cuda'\nelse:\n    device = 'cpu'",
        "try:\n    import tqdm\nexcept ImportError:\n    !pip install tqdm",
        "sns.set_theme()\nlogging.basicConfig(level=20)\nprint(torch.__version__)",
        "start = time.time()\nassert np.__version__ >= '1.20'\nDEVICE = torch.device('cpu')",
        "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\nsquare = lambda z: np.square(z)",
        "log = logging.getLogger('hw4')\nlog.info('started')",
        "np.random.seed(12345)",  # the snippet's own, in a cell of its own
    ],
)
def test_a_cell_that_only_sets_up_is_not_the_first(setup: str) -> None:
    first = code(setup, "x = np.zeros(3)").first_working_cell
    assert first is not None
    assert first.index == 1


@pytest.mark.parametrize(
    "source",
    ["np.random.seed(1)\nx = f()", "x = np.zeros(3)", "if True:\n    x = f()", "net = nn.Linear(3, 4)"],
)
def test_what_computes_is_work(source: str) -> None:
    first = code(f"from torch import nn\n{source}", "x = np.zeros(3)").first_working_cell
    assert first is not None
    assert first.index == 0


def test_printed_expressions_come_in_order_with_texts_left_out() -> None:
    cell = code(
        "print('h1', h1)\nfor p in q:\n    print(p)\nprint(f'{a} and {b.grad}')\nW1.grad, b1.grad"
    ).cells[0]
    assert cell.printed == ("h1", "a", "b.grad")
    assert cell.result_parts == ("W1.grad", "b1.grad")
    assert "p" in cell.shown.split("; ")


def test_a_semicolon_hides_the_result() -> None:
    assert code("W1.grad;").cells[0].result == ""


@pytest.mark.parametrize(
    "printed, written",
    [
        ("0.4975", True),
        ("-3.456 12345", True),
        ("0.5000", False),
        ("7.00", False),
        ("0.4975 1.25 2.75", False),
    ],
)
def test_most_printed_numbers_stand_in_the_code_with_three_digits_or_more(
    printed: str, written: bool
) -> None:
    typed = code("a = [0.4975, -1.2e-05, 0.5, 12345, 7]\nprint('dW1 = 3.456')")
    assert typed.writes(extract_text(printed)) is written


def test_a_print_reaches_the_cells_that_made_what_it_shows() -> None:
    made = code("def f(): return torch.exp(x)", "h = 1", "h = f()", "print(h)", "h = np.exp(0)")
    assert [c.index for c in made.reach(3)] == [0, 2, 3]


def test_huge_and_deep_code_is_read_without_a_fault() -> None:
    assert not code("(" * 100_000).cells[0].parsed
    assert code("x = " + "-" * 5000 + "1").cells[0] is not None
