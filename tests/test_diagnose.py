"""Which mistake is named: the margin, the evidence of the code, the parts of a combination."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from grader.assignment.loading import Assignment, load
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.judging.diagnose import named
from grader.judging.rounded import in_double_precision
from grader.models import Cell, Output
from rubric.schema import Mistake

CHECKS = ("h1", "h2", "output", "dW1", "db1", "dW2", "db2", "dW3", "db3")


@pytest.fixture(scope="module")
def hw4() -> Assignment:
    return load("hw4")


def decided(hw4: Assignment, ids: tuple[str, ...], code: str, digits: int = 8) -> dict[str, Decision]:
    """The decisions about somebody who made these mistakes and printed everything."""
    printed = []
    for values in hw4.variants([ids])[ids]:
        text = "\n".join(
            f"{c} =\n{np.array2string(values[c], formatter={'float_kind': f'{{:.{digits}e}}'.format})}"
            for c in CHECKS
            if c in values
        )
        printed.append(extract([Output(cell=0, index=0, kind="stdout", text=text)]))
    return decide([Cell(index=0, kind="code", source=code)], printed, hw4)


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (("loss_quartered",), ""),
        (("loss_targets_forgotten",), ""),
        (("seed_31415",), "np.random.seed(31415)"),
        (("after_7_SGD_0_2",), "optimizer = SGD(p, lr=0.2)\nfor _ in range(7): optimizer.step()"),
        (
            ("gradients_after_3_adam_0_03",),
            "optimizer = Adam(p, lr=0.03)\nfor _ in range(3): optimizer.step()",
        ),
        (("drawn_in_order_W2_W1_W3_y_x",), ""),
        (("seed_31415", "tanh_both"), "np.random.seed(31415); torch.tanh(z)"),
        (("torch_layers_initialised", "tanh_both"), "nn.Linear(3, 4), nn.Tanh()"),
        (("W2_transposed", "weight_factor_1_0"), ""),
        (("no_seed", "relu_both", "loss_quartered"), "nn.ReLU()"),
        (("weight_factor_1_0",), ""),
    ],
)
def test_the_mistake_is_named(hw4: Assignment, ids: tuple[str, ...], code: str) -> None:
    decisions = decided(hw4, ids, code)
    diagnoses = [d.diagnosis for c in CHECKS if (d := decisions[c]).verdict != "pass"]
    assert all(d is not None for d in diagnoses)
    assert {i for d in diagnoses if d for i in d.ids} == set(ids)


def test_code_decides_between_mistakes_with_the_same_numbers(hw4: Assignment) -> None:
    for code, id in (("nn.ReLU()", "relu_second"), ("nn.LeakyReLU()", "leaky_relu_second")):
        found = decided(hw4, (id,), code)["dW3"].diagnosis
        assert found is not None
        assert found.ids == (id,)


def mistakes(*lessons: str) -> tuple[dict[str, Mistake], Sequence[tuple[str, ...]]]:
    known = {
        f"m{n}": Mistake(f"m{n}", lesson, f"Detail {n}.", frozenset()) for n, lesson in enumerate(lessons)
    }
    return known, [(id,) for id in list(known)[1:]]


def test_one_rival_is_named_beside_and_two_are_too_many() -> None:
    known, rivals = mistakes("First.", "Second.")
    found = named(("m0",), known, rivals)
    assert found is not None
    assert found.alternatives == ("m1",)
    assert found.message == "First. Or: Second."
    assert named(("m0",), *mistakes("First.", "Second.", "Third.")) is None


def test_rivals_with_the_same_lesson_are_no_rivals() -> None:
    found = named(("m0",), *mistakes("Same.", "Same.", "Same."))
    assert found is not None
    assert found.message == "Same."
    assert "Detail 2." in found.detail


BIAS_LEFT_OUT = (0.8866265283900967, 0.9170345753723325)
ONE_AFTER_ANOTHER = (0.8866237335715823, 0.9170344806470769)
"""final losses of homework 3 in its worlds: without b3, and with parameters updated one after another"""


@pytest.mark.parametrize(
    ("losses", "digits", "ids"),
    [
        (BIAS_LEFT_OUT, 10, ("bias_left_out_3",)),
        (ONE_AFTER_ANOTHER, 10, None),  # as near as 32 bits allow, and computed in 64
        (ONE_AFTER_ANOTHER, 4, None),  # few digits
    ],
)
def test_one_number_names_a_mistake_only_if_its_digits_tell(
    losses: tuple[float, float], digits: int, ids: tuple[str, ...] | None
) -> None:
    outputs = [
        [Output(cell=0, index=0, kind="stdout", text=f"loss after 500 steps: {loss:.{digits}f}")]
        for loss in losses
    ]
    cells = [Cell(index=0, kind="code", source="print(final_loss)")]
    decision = decide(cells, [extract(o) for o in outputs], load("hw3"), outputs)["final_loss"]
    assert decision.verdict != "pass"
    assert (decision.diagnosis and decision.diagnosis.ids) == ids


def test_biases_after_a_step_are_no_gradients_of_the_other_sign() -> None:
    """Parameters after a step of 1: the biases, which began at zero, are minus their gradients."""
    hw3 = load("hw3")
    outputs = []
    for world, values in zip(hw3.rubric.worlds, hw3.references, strict=True):
        draw = np.random.RandomState(world.seed)
        weights = {"dW1": draw.randn(4, 3), "dW2": draw.randn(4, 4), "dW3": draw.randn(2, 4)}
        after = {c: 0.01 * weights.get(c, 0.0) - values[c] for c in CHECKS if c.startswith("d")}
        with np.printoptions(precision=10):
            text = "\n".join(f"{c} = {value}" for c, value in after.items())
        outputs.append([Output(cell=0, index=0, kind="stdout", text=text)])
    cells = [Cell(index=0, kind="code", source="print(parameters)")]
    decisions = decide(cells, [extract(o) for o in outputs], hw3, outputs)
    told = {c: d.diagnosis.ids for c in CHECKS if (d := decisions[c]).diagnosis is not None}
    assert told == dict.fromkeys(("db1", "db2", "db3"), ("constant_factor",))


def test_digits_tell_64_bits_from_32() -> None:
    values = np.random.RandomState(0).randn(4, 5)

    def printed(values: np.ndarray, precision: int) -> bool:
        text = np.array2string(values, precision=precision)
        return in_double_precision(extract([Output(cell=0, index=0, kind="stdout", text=text)])[0])

    assert printed(values, 10)
    assert not any(printed(values.astype(np.float32), n) for n in (4, 8, 10, 17))
    assert not printed(values, 4)
