"""What students call things, against the vocabulary of Homework 4."""

from __future__ import annotations

import pytest

from grader.assignment.loading import Assignment
from grader.assignment.vocabulary import Vocabulary, tokens


@pytest.fixture(scope="module")
def vocabulary(hw4: Assignment) -> Vocabulary:
    return Vocabulary(hw4.rubric, list(hw4.references[0]))


@pytest.mark.parametrize(
    "text",
    [
        "∂L/∂W₁",
        r"\frac{\partial L}{\partial W_1}",
        "dL_dW1",
        r"$\frac{\partial \mathcal{L}}{\partial W_{1}}$",
    ],
)
def test_notations_of_one_derivative_read_alike(text: str) -> None:
    assert "".join(tokens(text)) == "dldw1"


@pytest.mark.parametrize(
    ("label", "check"),
    [
        ("dW1 =", "dW1"),
        ("dw1", "dW1"),
        ("dL/dW1:", "dW1"),
        ("W1.grad:", "dW1"),
        ("grad of w1:", "dW1"),
        ("∂L/∂w1:", "dW1"),
        ("∂L/∂W₁", "dW1"),
        ("fc1.weight grad:", "dW1"),
        ("model.fc1.weight.grad", "dW1"),
        ("Gradient von W1", "dW1"),
        ("Ableitung nach b3", "db3"),
        ("gradient of the loss with respect to the weights of the first layer", "dW1"),
        ("Hidden Layer 1:", "h1"),
        ("Output of Layer 1:", "h1"),
        ("h^(1):", "h1"),
        ("A1", "h1"),
        ("Schicht 1", "h1"),
        ("Ausgabe", "output"),
        ("y_hat", "output"),
        ("layer 3", "output"),
        ("W1", None),
        ("Z1", None),
        ("x", None),
        ("loss", None),
        ("", None),
        ("Let us begin", None),
    ],
)
def test_label_means_check(vocabulary: Vocabulary, label: str, check: str | None) -> None:
    assert vocabulary.meaning(label).check == check


def test_a_line_above_completes_what_the_label_begins(vocabulary: Vocabulary) -> None:
    assert vocabulary.meaning("0.weight", "Gradients").check == "dW1"
    assert vocabulary.meaning("b2", "Gradients:").check == "db2"


def test_a_line_above_does_not_overrule_the_label(vocabulary: Vocabulary) -> None:
    meaning = vocabulary.meaning("z1", "h1")
    assert meaning.check is None
    assert meaning.names_background


def test_code_speaks_where_the_label_is_silent(vocabulary: Vocabulary) -> None:
    assert vocabulary.meaning("", "", "fc2.bias.grad").check == "db2"
