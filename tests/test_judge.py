"""Verdicts on prints made by hand: what passes, what does not, what goes to a person."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printing import in_worlds, show

from grader.assignment.loading import Assignment, load
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.models import Cell, Output, PrintedTensor

LABELS = {
    "h1": "h1",
    "h2": "h2",
    "output": "output",
    "dW1": "dW1",
    "db1": "db1",
    "dW2": "dW2",
    "db2": "db2",
    "dW3": "dW3",
    "db3": "db3",
}
CODE = (Cell(index=1, kind="code", source="import torch\nprint(torch.sigmoid(x))"),)


def verdicts(
    hw4: Assignment, printed: Sequence[Sequence[PrintedTensor]], cells: Sequence[Cell] = CODE
) -> dict[str, Decision]:
    return decide(cells, printed, hw4)


def points(hw4: Assignment, decisions: dict[str, Decision]) -> float:
    return sum(c.points * (decisions[c.id].credit or 0.0) for c in hw4.rubric.checks())


def everything(hw4: Assignment, decimals: tuple[int, int] = (4, 12)) -> list[list[PrintedTensor]]:
    return in_worlds(hw4.references, [(label, q) for q, label in LABELS.items()], decimals=decimals)


def test_right_values_pass_with_labels(hw4: Assignment) -> None:
    decisions = verdicts(hw4, everything(hw4))
    assert {c: decisions[c].verdict for c in LABELS} == dict.fromkeys(LABELS, "pass")


def test_right_values_pass_without_labels_in_any_order(hw4: Assignment) -> None:
    prints = [("", q) for q in LABELS]
    random.Random(0).shuffle(prints)
    decisions = verdicts(hw4, in_worlds(hw4.references, prints))
    assert {c: decisions[c].verdict for c in LABELS} == dict.fromkeys(LABELS, "pass")


def test_transposed_is_right(hw4: Assignment) -> None:
    printed = [
        [show(world[q].T if world[q].ndim == 2 else world[q][:, None], q, decimals=d) for q in LABELS]
        for world, d in zip(hw4.references, (4, 12), strict=True)
    ]
    decisions = verdicts(hw4, printed)
    assert {c: decisions[c].verdict for c in LABELS} == dict.fromkeys(LABELS, "pass")


@pytest.mark.parametrize("by", ["row", "column"])
def test_split_over_prints_is_right(hw4: Assignment, by: str) -> None:
    printed = [
        [show(piece, "", decimals=d) for piece in (world["h1"] if by == "row" else world["h1"].T)]
        for world, d in zip(hw4.references, (4, 12), strict=True)
    ]
    assert verdicts(hw4, printed)["h1"].verdict == "pass"


def test_columns_that_end_before_a_longer_one_are_taken_apart(hw4: Assignment) -> None:
    checks = [c for c in LABELS if c[0] == "d"]
    printed = []
    for world in hw4.references:
        table = np.full((30, 1 + len(checks)), np.nan)
        table[:, 0] = np.arange(30)
        for n, check in enumerate(checks, start=1):
            table[: world[check].size, n] = world[check].ravel()
        printed.append([show(table, "", decimals=12)])
    decisions = verdicts(hw4, printed)
    assert {c: decisions[c].verdict for c in checks} == dict.fromkeys(checks, "pass")


def test_two_layers_printed_as_one_block_are_taken_apart(hw4: Assignment) -> None:
    printed = [
        [show(np.concatenate([w["h1"], w["h2"], w["output"]]), "", decimals=d)]
        for w, d in zip(hw4.references, (4, 12), strict=True)
    ]
    decisions = verdicts(hw4, printed)
    assert {decisions[c].verdict for c in ("h1", "h2", "output")} == {"pass"}


def test_a_stack_of_layers_is_taken_apart(hw4: Assignment) -> None:
    printed = [
        [show(np.stack([w["h1"], w["h2"]]), "", decimals=d)]
        for w, d in zip(hw4.references, (4, 12), strict=True)
    ]
    decisions = verdicts(hw4, printed)
    assert {decisions[c].verdict for c in ("h1", "h2")} == {"pass"}


def test_a_wrong_value_shown_to_compare_with_is_no_rival(hw4: Assignment) -> None:
    printed = [
        [show(w["dW1"], "dW1", decimals=d), show(w["dW1"] * 1.3 + 0.1, "dW1 by hand", decimals=d)]
        for w, d in zip(hw4.references, (8, 12), strict=True)
    ]
    assert verdicts(hw4, printed)["dW1"].verdict == "pass"


def test_half_precision_goes_to_a_person(hw4: Assignment) -> None:
    printed = [
        [show(w["h1"].astype(np.float16), "h1", decimals=d)]
        for w, d in zip(hw4.references, (4, 12), strict=True)
    ]
    assert verdicts(hw4, printed)["h1"].verdict == "review"


def test_exchanged_names_on_the_line_above_go_to_a_person(hw4: Assignment) -> None:
    printed = [
        [show(w["db1"], above="dL/db2", decimals=d), show(w["db2"], above="dL/db1", decimals=d)]
        for w, d in zip(hw4.references, (9, 12), strict=True)
    ]
    decisions = verdicts(hw4, printed)
    assert {decisions[c].verdict for c in ("db1", "db2")} == {"review"}
    assert "under the name of ∂L/∂b2," in str(decisions["db1"].reason), "as the report calls it"


def test_a_mistake_that_half_of_the_values_speak_against_is_not_named(hw4: Assignment) -> None:
    gradients = ("dW1", "db1", "dW2", "db2", "dW3", "db3")
    printed = [
        [show(w[q] * (5 if q.startswith("db") else 1), q, decimals=d) for q in gradients]
        for w, d in zip(hw4.references, (9, 12), strict=True)
    ]
    decisions = verdicts(hw4, printed)
    diagnoses = [decisions[c].diagnosis for c in ("db1", "db2", "db3")]
    assert {d.ids for d in diagnoses if d is not None} == {("constant_factor",)}


def test_most_of_a_vector_under_its_name_goes_to_a_person(hw4: Assignment) -> None:
    printed = [[show(w["db1"][:3], "db1", decimals=d)] for w, d in zip(hw4.references, (9, 12), strict=True)]
    assert verdicts(hw4, printed)["db1"].verdict == "review"


def test_half_the_tensor_is_partial(hw4: Assignment) -> None:
    printed = [
        [show(row, "h1", decimals=d) for row in world["h1"][:3]]
        for world, d in zip(hw4.references, (4, 12), strict=True)
    ]
    decision = verdicts(hw4, printed)["h1"]
    assert decision.verdict == "partial"
    assert decision.credit == pytest.approx(0.5 * 0.75)


def test_what_four_decimals_hide_the_second_world_shows(hw4: Assignment) -> None:
    zeros = [
        [show(w["dW1"] * f, "dW1", decimals=d), show(w["h1"], "h1", decimals=d)]
        for w, d, f in zip(hw4.references, (4, 12), (2.0, 2.0), strict=True)
    ]
    assert not any(zeros[0][0].values)
    assert verdicts(hw4, zeros)["dW1"].verdict == "fail"


def test_a_print_that_says_nothing_and_is_seen_once_goes_to_a_person(hw4: Assignment) -> None:
    printed = [[show(hw4.references[0]["dW1"], "dW1")], []]
    assert verdicts(hw4, printed)["dW1"].verdict == "review"


def test_a_print_seen_once_goes_to_a_person_however_much_it_says(hw4: Assignment) -> None:
    once = show(hw4.references[0]["h1"], "h1", decimals=8)
    everywhere = [show(r["db2"], "db2", decimals=d) for r, d in zip(hw4.references, (8, 12), strict=True)]
    assert verdicts(hw4, [[once, everywhere[0]], everywhere[1:]])["h1"].verdict == "review"


def test_numbers_typed_in_for_every_world_go_to_a_person(hw4: Assignment) -> None:
    printed = [[show(w["h1"], "h1", decimals=d)] for w, d in zip(hw4.references, (4, 12), strict=True)]
    typed = [[[round(v, 12) for v in row] for row in w["h1"].tolist()] for w in hw4.references]
    cells = (Cell(index=1, kind="code", source=f"h1 = {typed[0]} if here else {typed[1]}"),)
    assert verdicts(hw4, printed, cells)["h1"].verdict == "review"
    assert verdicts(hw4, printed)["h1"].verdict == "pass"


def test_typed_in_numbers_fail(hw4: Assignment) -> None:
    once = show(hw4.references[0]["h1"], "h1")
    source = f"h1 = torch.tensor({[[round(v, 4) for v in row] for row in hw4.references[0]['h1'].tolist()]})"
    cells = (Cell(index=1, kind="code", source=source),)
    decision = verdicts(hw4, [[once], [once]], cells)["h1"]
    assert (decision.verdict, decision.typed_in) == ("fail", True)


def test_right_numbers_that_never_move_and_are_not_in_the_code_go_to_a_person(hw4: Assignment) -> None:
    once = show(hw4.references[0]["h1"], "h1", decimals=8)
    assert verdicts(hw4, [[once], [once]])["h1"].verdict == "review"


def test_what_an_update_gives_is_no_rival(hw4: Assignment) -> None:
    updated = hw4.variants([("after_1_SGD_0_1",)])["after_1_SGD_0_1",]
    printed = [
        [show(w["dW3"], "dW3", decimals=12), show(u["dW3"], "dW3", decimals=12, cell=2)]
        for w, u in zip(hw4.references, updated, strict=True)
    ]
    assert verdicts(hw4, printed)["dW3"].verdict == "pass"


def test_rival_values_without_a_word_go_to_a_person(hw4: Assignment) -> None:
    printed = [
        [show(w["h1"], "h1", decimals=d), show(w["h1"] * 1.2 + 0.05, "h1", decimals=d)]
        for w, d in zip(hw4.references, (4, 12), strict=True)
    ]
    assert verdicts(hw4, printed)["h1"].verdict == "review"


def test_the_last_of_two_values_is_not_taken_for_the_answer(hw4: Assignment) -> None:
    printed = [
        [show(w["h1"] * 1.2 + 0.05, "h1", decimals=d), show(w["h1"], "h1", decimals=d, cell=2)]
        for w, d in zip(hw4.references, (4, 12), strict=True)
    ]
    assert verdicts(hw4, printed)["h1"].verdict == "review"


def test_copied_labels_are_flagged_not_punished(hw4: Assignment) -> None:
    printed = in_worlds(hw4.references, [("db1", "db1"), ("db1", "db2")])
    decisions = verdicts(hw4, printed)
    assert (decisions["db1"].verdict, decisions["db2"].verdict) == ("pass", "pass")
    assert [f.id for f in decisions["db2"].flags] == ["label_mismatch"]


def test_the_value_of_another_check_under_this_label_fails(hw4: Assignment) -> None:
    decisions = verdicts(hw4, in_worlds(hw4.references, [("db1", "db2"), ("db2", "db2")]))
    assert (decisions["db1"].verdict, decisions["db2"].verdict) == ("fail", "pass")


def test_zeros_under_a_name_are_called_zeros(hw4: Assignment) -> None:
    printed = [[show(np.zeros(4), "db1", decimals=d)] for d in (4, 12)]
    assert (
        str(verdicts(hw4, printed)["db1"].reason)
        == "The print labelled 'db1' in cell 2 shows nothing but zeros."
    )


@pytest.mark.parametrize("text", ["dL/db1: None", "dL/db1 =\nNone\n", "dL/dW1 None dL/db1 None"])
def test_none_under_a_name_is_missing_and_told(hw4: Assignment, text: str) -> None:
    output = Output(cell=1, index=0, kind="stdout", text=text)
    decisions = decide(CODE, [extract([output])] * 2, hw4, [[output]] * 2)
    assert decisions["db1"].verdict == "missing"
    assert str(decisions["db1"].reason).startswith("None is printed")
    assert not str(decisions["db2"].reason).startswith("None is printed")


SPELLINGS: dict[str, Callable[[float], str]] = {
    "ratios": lambda v: repr(Fraction(v).limit_denominator(10**9)),
    "digits of another script": lambda v: f"{v:.6f}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "an exponent behind a dash": lambda v: f"{v:.6e}".replace("e-", "e–"),
    "a raised exponent": lambda v: f"{v * 1e3:.6f}×10<sup>-3</sup>",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_right_values_in_a_spelling_that_only_people_read_wait(hw4: Assignment, spelling: str) -> None:
    texts = [
        "h1 = [" + ", ".join(SPELLINGS[spelling](v) for v in world["h1"].ravel().tolist()) + "]"
        for world in hw4.references
    ]
    outputs = [[Output(cell=1, index=0, kind="stdout", text=text)] for text in texts]
    decisions = decide(CODE, [extract(told) for told in outputs], hw4, outputs)
    assert decisions["h1"].verdict == "review"
    assert decisions["h2"].verdict == "missing"


def test_follow_through_needs_an_earlier_failure(hw4: Assignment) -> None:
    def by_mistake(mistake: str, quantities: Sequence[str]) -> dict[str, Decision]:
        worlds = hw4.variants([(mistake,)])[(mistake,)]
        return verdicts(hw4, in_worlds(worlds, [(q, q) for q in quantities]))

    whole = by_mistake("relu_both", list(LABELS))
    assert {whole[c].verdict for c in ("h1", "h2", "output")} == {"fail"}
    assert {whole[c].verdict for c in ("dW1", "db1", "dW3")} == {"partial"}
    gradients_only = by_mistake("relu_both", ["dW1", "db1", "dW2", "db2", "dW3", "db3"])
    assert {gradients_only[c].verdict for c in ("dW1", "db1", "dW3")} == {"fail"}
    easier = by_mistake("no_activation_both", list(LABELS))
    assert {easier[c].verdict for c in ("dW1", "dW2", "dW3")} == {"fail"}
    half = by_mistake("loss_without_half", list(LABELS))
    assert {half[c].verdict for c in ("dW1", "db1", "dW3")} == {"fail"}
    assert {half[c].verdict for c in ("h1", "h2", "output")} == {"pass"}


def test_nothing_follows_from_zeros_of_few_digits(hw4: Assignment) -> None:
    worlds = hw4.variants([("relu_both",)])[("relu_both",)]
    layers = in_worlds(worlds, [(q, q) for q in ("h1", "h2", "output")])
    coarse = in_worlds(worlds, [("dW1", "dW1"), ("db1", "db1")], decimals=(1, 1))
    decisions = verdicts(hw4, [[*a, *b] for a, b in zip(layers, coarse, strict=True)])
    assert not {decisions[c].verdict for c in ("dW1", "db1")} & {"pass", "partial"}


# ------------------------------------------------------------------------------- properties

some_check = st.sampled_from(sorted(LABELS))


@settings(max_examples=25, deadline=None)
@given(check=some_check, decimals=st.integers(8, 14), noise=st.floats(-3e-7, 3e-7))
def test_canonical_values_pass_at_any_precision_and_honest_noise(
    hw4: Assignment, check: str, decimals: int, noise: float
) -> None:
    printed = [
        [show(w[check] + noise * np.abs(w[check]).max(), "", decimals=decimals)] for w in hw4.references
    ]
    assert verdicts(hw4, printed)[check].verdict == "pass"


@settings(max_examples=25, deadline=None)
@given(check=some_check, data=st.data(), sign=st.sampled_from([-1, 1]), labelled=st.booleans())
def test_any_element_moved_beyond_its_interval_loses_the_pass(
    hw4: Assignment, check: str, data: st.DataObject, sign: int, labelled: bool
) -> None:
    size = hw4.references[0][check].size
    element = data.draw(st.integers(0, size - 1))
    printed = []
    for world in hw4.references:
        values = world[check].copy()
        values.ravel()[element] += sign * 1e-3 * np.abs(values).max()
        printed.append([show(values, check if labelled else "", decimals=12)])
    assert verdicts(hw4, printed)[check].verdict != "pass"


@settings(max_examples=25, deadline=None)
@given(
    missing=st.sets(some_check, max_size=6),
    junk=st.lists(
        st.tuples(
            st.sampled_from(["", "foo", "loss", "x", "W1", "total"]),
            st.sampled_from([(4, 5), (2, 5), (4, 3), (4, 4), (2, 4), (4,), (2,), (3,), ()]),
            st.integers(0, 2**31),
        ),
        max_size=5,
    ),
    seed=st.integers(0, 1000),
)
def test_unrelated_prints_never_raise_a_score(
    hw4: Assignment, missing: set[str], junk: list[tuple[str, tuple[int, ...], int]], seed: int
) -> None:
    kept = [(q, q) for q in LABELS if q not in missing]
    plain = in_worlds(hw4.references, kept)
    noisy = []
    for number, prints in enumerate(plain):
        extra = [
            show(np.random.default_rng(s + number).normal(size=shape), label, decimals=12)
            for label, shape, s in junk
        ]
        mixed = [*prints, *extra]
        random.Random(seed).shuffle(mixed)
        noisy.append(mixed)
    before, after = verdicts(hw4, plain), verdicts(hw4, noisy)
    assert points(hw4, after) <= points(hw4, before) + 1e-9
    assert 0 <= points(hw4, after) <= hw4.rubric.points


# ------------------------------------------------------------------ one number


@pytest.fixture(scope="module")
def hw3() -> Assignment:
    return load("hw3")


def one_number(
    hw3: Assignment, label: str, *, decimals: int = 4, beside: str = "", factor: float = 2.0
) -> str:
    """The verdict on the final loss under a label, beside the loss and perhaps another number."""
    printed = in_worlds(
        hw3.references, [("loss", "loss"), (label, "final_loss")], decimals=(decimals, decimals)
    )
    if beside:
        for prints, world in zip(printed, hw3.references, strict=True):
            prints.append(show(world["final_loss"] * factor, beside, decimals=decimals))
    return decide(CODE, printed, hw3)["final_loss"].verdict


@pytest.mark.parametrize("label", ["", "at the end", "L after training", "final loss"])
def test_one_number_of_many_digits_passes_whatever_it_is_called(hw3: Assignment, label: str) -> None:
    assert one_number(hw3, label) == "pass"
    assert one_number(hw3, label, beside="norm of dW1") == "pass"


def test_one_number_that_may_be_another_goes_to_a_person(hw3: Assignment) -> None:
    assert one_number(hw3, "", decimals=2) == "review", "few digits"
    assert one_number(hw3, "", beside="try") == one_number(hw3, "a", beside="b") == "review", "two guesses"
    assert one_number(hw3, "L", beside="L") == "review", "the same name twice"
    assert one_number(hw3, "dW1") == "review", "called something else"
