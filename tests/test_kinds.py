"""What a check may say about its value: tolerance, other right values, order, layout, bounds.

Each kind with right values in several print styles, wrong ones, typed-in ones, missing ones and evasions.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from class_kit import make_assignment

from grader.assignment.examine import notes
from grader.assignment.loading import Assignment, load
from grader.errors import RubricError
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.judging.score import expected_of
from grader.models import Cell, Output

RUBRIC = """
id: kinds
version: "1"
title: Kinds
worlds: [{name: handout, seed: 1}, {name: second, seed: 2, precision: 10}]
vocabulary:
  integral: [integral]
  std: [std, standard deviation]
  eigenvalues: [eigenvalues]
  centres: [centres, centers]
  confusion: [confusion matrix, confusion]
  accuracy: [accuracy, acc]
  train: [train accuracy]
  error: [error rate]
  vectors: [vectors, eigenvectors]
questions:
  - id: q
    title: Q
    checks:
      - id: integral
        kind: tensor
        quantity: integral
        title: Monte Carlo
        points: 1
        labels: [[integral]]
        tolerance: {rtol: 0.02}
      - {id: std, kind: tensor, quantity: std, title: t, points: 1, labels: [[std]], also: [std_of_sample]}
      - {id: eigen, kind: tensor, quantity: eigen, title: t, points: 1, labels: [[eigenvalues]], order: free}
      - {id: centres, kind: tensor, quantity: centres, title: t, points: 1, labels: [[centres]], order: free}
      - {id: confusion, kind: tensor, quantity: confusion, title: t, points: 1,
         labels: [[confusion]], layout: fixed}
      - {id: accuracy, kind: tensor, quantity: accuracy, title: t, points: 1,
         labels: [[accuracy]], at_least: 0.9}
      - {id: error, kind: tensor, quantity: error, title: t, points: 1, labels: [[error]], at_most: 0.1}
      - {id: vectors, kind: tensor, quantity: vectors, title: t, points: 1,
         labels: [[vectors]], sign: columns}
"""
SOLUTION = """
import numpy as np

def quantities(world):
    rng = np.random.default_rng(world.seed)
    x = rng.normal(size=(20, 3)) * [3, 2, 1]
    confusion = rng.integers(1, 40, size=(3, 3))
    return {
        "integral": 3.1415 * world.seed,
        "std": x.std(axis=0), "std_of_sample": x.std(axis=0, ddof=1),
        "eigen": np.linalg.eigvalsh(np.cov(x.T)), "centres": rng.normal(size=(4, 2)),
        "confusion": confusion, "accuracy": 0.95 if world.seed == 1 else 0.94,
        "vectors": np.linalg.eigh(np.cov(x.T))[1],
        "train": 0.99, "error": 0.05 if world.seed == 1 else 0.06,
    }
"""
Values = dict[str, Any]
Show = Callable[[Values], str]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return made(tmp_path_factory.mktemp("kinds"))


def made(folder: Path, rubric: str = RUBRIC, solution: str = SOLUTION) -> Assignment:
    make_assignment(folder, rubric)
    (folder / "canonical.py").write_text(solution)
    (folder / "prelude.py").unlink()
    return load(str(folder))


def judged(assignment: Assignment, show: Show, code: str = "compute()") -> dict[str, Decision]:
    """The decisions on what a notebook prints in each world, given the solution's values there."""
    worlds = [
        [Output(cell=0, index=0, kind="stdout", text=show({**r, "world": w}))]
        for w, r in enumerate(assignment.references)
    ]
    cells = [Cell(index=0, kind="code", source=code)]
    return decide(cells, [extract(outputs) for outputs in worlds], assignment, worlds)


def typed(assignment: Assignment, show: Show, name: str) -> Decision:
    """The handout's values in the code, the same in every world."""
    text = show({**assignment.references[0], "world": 0})
    return judged(assignment, lambda _: text, f"print({text!r})")[name]


def rows(values: Any) -> str:
    return "\n".join(str(row.tolist()) for row in values)


def numbered(values: Any, name: str) -> str:
    return "\n".join(f"{name} {i}: {row.tolist()}" for i, row in enumerate(values))


CASES: list[tuple[str, str, Show]] = [
    # tolerance of its own
    ("integral", "pass", lambda q: f"integral: {q['integral']}"),
    ("integral", "pass", lambda q: f"integral = {q['integral'] * 1.015:.6f}"),
    ("integral", "pass", lambda q: f"The integral is {q['integral'] * 0.985:.3f}."),
    ("integral", "pass", lambda q: f"integral tensor({q['integral'] * 1.01:.4f})"),
    ("integral", "pass", lambda q: f"integral:\n{q['integral'] * 0.99}"),
    ("integral", "fail", lambda q: f"integral: {q['integral'] * 1.05}"),
    ("integral", "missing", lambda q: "I could not do it"),
    # two right values
    ("std", "pass", lambda q: f"std: {q['std']}"),
    ("std", "pass", lambda q: f"std: {q['std_of_sample']}"),
    ("std", "pass", lambda q: f"{q['std_of_sample'].tolist()}"),
    ("std", "pass", lambda q: f"standard deviation\n{q['std_of_sample'].round(4)}"),
    ("std", "pass", lambda q: f"std tensor({q['std_of_sample'].tolist()})"),
    ("std", "fail", lambda q: f"std: {q['std'] ** 2}"),
    ("std", "review", lambda q: f"std: {q['std'] if q['world'] == 0 else q['std_of_sample']}"),
    # another order
    ("eigen", "pass", lambda q: f"eigenvalues: {q['eigen'][::-1]}"),
    ("eigen", "pass", lambda q: f"eigenvalues {np.roll(q['eigen'], 1 + q['world']).tolist()}"),
    ("eigen", "pass", lambda q: f"{q['eigen'][[1, 0, 2]]}"),
    ("eigen", "pass", lambda q: f"eigenvalues:\n{q['eigen'][::-1][:, None]}"),
    ("eigen", "pass", lambda q: f"eigenvalues: {np.round(q['eigen'][::-1], 3)}"),
    ("eigen", "pass", lambda q: "\n".join(f"eigenvalue {i} = {v}" for i, v in enumerate(q["eigen"][::-1]))),
    ("eigen", "fail", lambda q: f"eigenvalues: {(q['eigen'] / 20)[::-1]}"),
    ("eigen", "partial", lambda q: f"eigenvalues: {[q['eigen'][0], q['eigen'][0], q['eigen'][2]]}"),
    ("centres", "pass", lambda q: f"centres:\n{q['centres'][::-1]}"),
    ("centres", "pass", lambda q: f"centres:\n{q['centres'][[2, 0, 3, 1]].T}"),
    ("centres", "pass", lambda q: f"centres {np.roll(q['centres'], q['world'], axis=0).tolist()}"),
    ("centres", "pass", lambda q: rows(q["centres"][[3, 1, 2, 0]])),
    ("centres", "pass", lambda q: f"centres: {q['centres'][[3, 1, 2, 0]].round(3)}"),
    ("centres", "pass", lambda q: numbered(q["centres"][[2, 1, 3, 0]], "centre")),
    ("centres", "fail", lambda q: f"centres:\n{q['centres'] + 0.1}"),
    ("centres", "fail", lambda q: f"centres:\n{q['centres'][[0, 0, 1, 2]]}"),
    # each column in its own sign
    ("vectors", "pass", lambda q: f"eigenvectors:\n{q['vectors'] * [1, -1, 1 - 2 * q['world']]}"),
    ("vectors", "pass", lambda q: f"eigenvectors: {(q['vectors'] * [1, 1, -1]).T.tolist()}"),
    ("vectors", "pass", lambda q: f"eigenvectors: {np.round(-q['vectors'], 4)}"),
    ("vectors", "pass", lambda q: rows((q["vectors"] * [-1, 1, -1]).T)),
    ("vectors", "pass", lambda q: numbered((q["vectors"] * [-1, 1, 1 - 2 * q["world"]]).T, "eigenvector")),
    ("vectors", "fail", lambda q: numbered(np.abs(q["vectors"]).T, "eigenvectors")),
    ("vectors", "fail", lambda q: f"eigenvectors:\n{q['vectors'] * [[1], [-1], [1]] + 0.1}"),
    ("vectors", "fail", lambda q: f"eigenvectors:\n{np.abs(q['vectors'])}"),
    # a layout that is asked
    ("confusion", "pass", lambda q: f"confusion matrix:\n{q['confusion'].astype(int)}"),
    ("confusion", "pass", lambda q: f"{q['confusion'].astype(int).tolist()}"),
    ("confusion", "pass", lambda q: rows(q["confusion"].astype(int))),
    ("confusion", "pass", lambda q: f"confusion tensor({q['confusion'].tolist()})"),
    ("confusion", "pass", lambda q: f"confusion matrix\n{q['confusion']}"),
    ("confusion", "fail", lambda q: f"confusion matrix:\n{q['confusion'].T.astype(int)}"),
    ("confusion", "fail", lambda q: f"confusion matrix: {q['confusion'].T.astype(int).tolist()}"),
    ("confusion", "fail", lambda q: f"{q['confusion'].T.astype(int).tolist()}"),
    ("confusion", "fail", lambda q: f"confusion matrix:\n{q['confusion'].astype(int) + 1}"),
    # at least so much
    ("accuracy", "pass", lambda q: f"accuracy: {0.913 + 0.01 * q['world']}"),
    ("accuracy", "pass", lambda q: f"acc = {0.9 + 0.02 * q['world']:.2f}"),
    ("accuracy", "pass", lambda q: f"The model has an accuracy of {91.3 + q['world']:.1f} %"),
    ("accuracy", "pass", lambda q: f"accuracy {91.3 + q['world']:.1f}%"),
    ("accuracy", "pass", lambda q: f"accuracy tensor({0.913 + 0.01 * q['world']:.4f})"),
    ("accuracy", "pass", lambda q: f"accuracy: {0.93 - 0.05 * q['world']}"),  # the handout's world decides
    ("accuracy", "pass", lambda q: f"epoch 1 accuracy: 0.{31 + q['world']}\naccuracy: 0.9{3 + q['world']}"),
    ("accuracy", "pass", lambda q: f"train accuracy: 0.71\naccuracy: 0.9{3 + q['world']}"),
    ("accuracy", "fail", lambda q: f"accuracy: {0.893 + 0.01 * q['world']}"),
    ("accuracy", "fail", lambda q: f"accuracy: {45.5 + q['world']}%"),
    ("accuracy", "fail", lambda q: "accuracy: nan"),
    ("accuracy", "review", lambda q: f"accuracy: {45.5 + q['world']}"),  # a share, or per cent?
    ("accuracy", "review", lambda q: f"accuracy: {450 + q['world']}/1000"),
    ("accuracy", "review", lambda q: f"accuracy: {450 + q['world']} of 1000"),
    ("accuracy", "review", lambda q: f"accuracy: {1e6 + q['world']}"),
    ("error", "review", lambda q: f"error rate: {-3.5 - q['world']}"),
    ("accuracy", "review", lambda q: "accuracy: 0.93"),  # under every seed the same
    ("accuracy", "review", lambda q: f"accuracy: 0.{52 + q['world']}\naccuracy: 0.9{3 + q['world']}"),
    ("accuracy", "review", lambda q: f"0.9{13 + q['world']}"),  # nothing says what it is
    ("accuracy", "missing", lambda q: f"train accuracy: 0.9{1 + q['world']}"),
    ("accuracy", "missing", lambda q: "I could not do it"),
    ("error", "pass", lambda q: f"error rate: {0.07 + 0.01 * q['world']}"),
    ("error", "pass", lambda q: f"error rate: {7.1 + q['world']} %"),
    ("error", "fail", lambda q: f"error rate: {0.17 + 0.01 * q['world']}"),
]


@pytest.mark.parametrize(("name", "verdict", "show"), CASES)
def test_a_kind(kinds: Assignment, name: str, verdict: str, show: Show) -> None:
    decision = judged(kinds, show)[name]
    assert decision.verdict == verdict, decision.reason


@pytest.mark.parametrize(
    ("name", "show"),
    [
        ("integral", lambda q: f"integral: {q['integral']:.4f}"),
        ("std", lambda q: f"std: {q['std_of_sample'].tolist()}"),
        ("eigen", lambda q: f"eigenvalues: {q['eigen'][::-1].tolist()}"),
        ("centres", lambda q: f"centres: {q['centres'][::-1].tolist()}"),
        ("confusion", lambda q: f"confusion: {q['confusion'].tolist()}"),
        ("accuracy", lambda q: "accuracy: 0.934"),
        ("vectors", lambda q: f"eigenvectors: {(-q['vectors']).tolist()}"),
        ("error", lambda q: "error rate: 0.0432"),
    ],
)
def test_what_was_typed_in_never_passes(kinds: Assignment, name: str, show: Show) -> None:
    decision = typed(kinds, show, name)
    assert decision.verdict in ("fail", "review"), decision.reason
    assert decision.credit in (None, 0.0)


def test_typed_numbers_in_another_order_are_known_as_typed(kinds: Assignment) -> None:
    decision = typed(kinds, lambda q: f"centres: {q['centres'][::-1].tolist()}", "centres")
    assert (decision.verdict, decision.typed_in) == ("fail", True)


def test_both_worlds_typed_in_wait_for_a_person(kinds: Assignment) -> None:
    code = "print('accuracy:', 0.931 if seed == 1 else 0.942)"
    decision = judged(kinds, lambda q: f"accuracy: {(0.931, 0.942)[q['world']]}", code)["accuracy"]
    assert decision.verdict == "review"


def test_a_bound_that_nobody_can_reach_in_a_world_tells_made_up_numbers(tmp_path: Path) -> None:
    assignment = made(tmp_path, solution=SOLUTION.replace("else 0.94", "else 0.34"))
    made_up = judged(assignment, lambda q: f"accuracy: {0.931 + 0.01 * q['world']}")["accuracy"]
    assert made_up.verdict == "review"
    honest = judged(assignment, lambda q: f"accuracy: {(0.931, 0.29)[q['world']]}")["accuracy"]
    assert honest.verdict == "pass"


def test_what_bounds_can_not_tell_is_noted(kinds: Assignment) -> None:
    said = list(notes(kinds))
    assert any(n.startswith("check accuracy: within the bounds in every world") for n in said)


@pytest.mark.parametrize(
    ("name", "verdict", "show"),
    [
        # both layouts, the right one and another guess, all guesses in one table
        ("confusion", "review", lambda q: f"confusion:\n{q['confusion']}\nconfusion:\n{q['confusion'].T}"),
        ("confusion", "review", lambda q: f"{q['confusion']}\n\n{q['confusion'].T}"),
        ("std", "review", lambda q: f"std: {q['std']}\nstd: {q['std'] * 2}"),
        ("std", "pass", lambda q: f"std: {q['std']}\nstd: {q['std_of_sample']}"),  # both are right
        ("centres", "review", lambda q: f"centres:\n{q['centres']}\ncentres:\n{q['centres'] + 1}"),
        ("eigen", "review", lambda q: f"eigenvalues: {q['eigen']}\neigenvalues: {q['eigen'] / 2}"),
        ("integral", "review", lambda q: f"integral: {q['integral']}\nintegral: {q['integral'] * 2}"),
    ],
)
def test_a_shotgun_hits_nothing(kinds: Assignment, name: str, verdict: str, show: Show) -> None:
    decision = judged(kinds, show)[name]
    assert decision.verdict == verdict, decision.reason


def test_transposed_is_told_and_a_table_with_headings_goes_to_a_person(kinds: Assignment) -> None:
    decision = judged(kinds, lambda q: f"confusion matrix:\n{q['confusion'].T}")["confusion"]
    assert "transposed" in str(decision.reason)
    table = judged(
        kinds,
        lambda q: (
            "confusion matrix\n      a   b   c\n"
            + "\n".join(
                f"{name} {' '.join(f'{int(v):3}' for v in row)}"
                for name, row in zip("abc", q["confusion"].T, strict=True)
            )
        ),
    )["confusion"]
    assert table.verdict == "review"


@pytest.mark.parametrize("turned", [False, True])
def test_a_fixed_layout_is_seen_within_a_table_with_margins(kinds: Assignment, *, turned: bool) -> None:
    pandas = pytest.importorskip("pandas")

    def show(q: Values) -> str:
        table = pandas.DataFrame(q["confusion"].T if turned else q["confusion"]).astype(int)
        table["All"] = table.sum(axis=1)
        table.loc["All"] = table.sum()
        return str(table.rename_axis(index="true", columns="predicted"))

    assert judged(kinds, show)["confusion"].verdict == ("review" if turned else "pass")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("also: [std_of_sample]", "also: [nothing]", "quantity 'nothing' is not computed"),
        ("also: [std_of_sample]", "also: [accuracy]", "expected that of std"),
        ("at_least: 0.9", "at_least: 0.9, also: [train]", "at_least and at_most take no also"),
        ("at_least: 0.9", "at_least: 0.9, at_most: 0.5", "expected at most at_most"),
    ],
)
def test_a_rubric_that_asks_for_the_impossible_is_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    with pytest.raises(RubricError, match=said):
        made(tmp_path, RUBRIC.replace(before, after))


def test_a_known_mistake_that_gives_another_right_value_is_no_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    made(folder)
    (folder / "mistakes.py").write_text(
        "from rubric.schema import Mistake\nfrom .canonical import quantities\n"
        "MISTAKES = (Mistake('ddof', 'n - 1', 'ddof=1', frozenset()),)\n"
        "def variant(world, ids):\n    q = quantities(world)\n    return {**q, 'std': q['std_of_sample']}\n"
    )
    decision = judged(load(str(folder)), lambda q: f"std: {q['std_of_sample']}")["std"]
    assert decision.verdict == "pass", decision.reason


def test_a_bound_has_no_expected_value_to_show(kinds: Assignment) -> None:
    checks = {c.id: c for c in kinds.rubric.tensor_checks()}
    assert expected_of(checks["accuracy"], kinds.references[0]) is None
    assert expected_of(checks["integral"], kinds.references[0]) == 3.1415


def test_zeros_that_are_exact_are_an_answer_and_rounded_ones_tell_nothing(tmp_path: Path) -> None:
    rubric = RUBRIC.replace("questions:", "  dead: [dead]\nquestions:", 1)
    rubric += "      - {id: dead, kind: tensor, quantity: dead, title: t, points: 1, labels: [[dead]]}\n"
    dead = made(tmp_path, rubric, SOLUTION.replace('"train"', '"dead": np.zeros((2, 3)), "train"'))
    shown = {
        "tensor([[0., 0., 0.],\n        [0., 0., 0.]])": "pass",
        "[[0.00 0.00 0.00]\n [0.00 0.00 0.00]]": "review",
    }
    assert {text: judged(dead, lambda _, t=text: f"dead {t}")["dead"].verdict for text in shown} == shown


COUNTS = """
id: counts
version: "1"
title: Counts
worlds: [{name: handout, seed: 1}, {name: second, seed: 2}]
vocabulary: {sizes: [group sizes]}
questions:
  - id: q
    title: Q
    checks:
      - {id: sizes, kind: tensor, quantity: sizes, title: t, points: 1, labels: [[sizes]]}
"""
SIZES = "def quantities(world):\n    return {'sizes': [5, 4, 6] if world.seed == 1 else [8, 3, 4]}\n"


@pytest.mark.parametrize(
    ("order", "verdict"),
    [((0, 1, 2), "review"), ((2, 0, 1), "review"), ((2, 0, 0), "missing")],
    ids=["in order", "in another order", "one is not there"],
)
def test_counts_in_sentences_wait_in_any_order(tmp_path: Path, order: tuple[int, ...], verdict: str) -> None:
    counts = made(tmp_path, COUNTS, SIZES)

    def show(q: Values) -> str:
        days = ("sunny", "cloudy", "rainy")
        return "\n".join(f"It was {days[i]} on {q['sizes'][i]:.0f} days, 40.0% of them dry." for i in order)

    assert judged(counts, show)["sizes"].verdict == verdict


@pytest.mark.parametrize(
    ("values", "beside", "verdict"),
    [
        ("0.73113271, 0.81149353", "0", "pass"),
        ("0.85, 0.925", "0", "review"),
        ("128 / 150, 131 / 150", "0", "review"),
        ("0.73113271, 0.81149353", "error", "review"),
    ],
    ids=["an error of many digits", "a share", "a share of more", "another quantity is the same"],
)
def test_one_number_without_its_name_passes_where_nothing_else_can_be_meant(
    tmp_path: Path, values: str, beside: str, verdict: str
) -> None:
    solution = f"""
def quantities(world):
    error = ({values})[world.seed - 1]
    return {{"error": error, "beside": {beside}}}
"""
    rubric = COUNTS.replace("sizes: [group sizes]", "error: [error rate]").replace("sizes", "error")
    error = made(tmp_path, rubric, solution)
    assert judged(error, lambda q: f"{float(q['error']):.8f}")["error"].verdict == verdict


@pytest.mark.parametrize(("printed", "verdict"), [("1.00000", "fail"), ("0.97607421875", "review")])
def test_a_whole_number_does_not_tell_of_half_precision(tmp_path: Path, printed: str, verdict: str) -> None:
    solution = "def quantities(world):\n    return {'share': 0.97603 + world.seed / 1e5}\n"
    share = made(
        tmp_path, COUNTS.replace("sizes: [group sizes]", "share: [share]").replace("sizes", "share"), solution
    )
    assert judged(share, lambda _: f"share: {printed}")["share"].verdict == verdict


def test_a_number_whose_name_fits_two_checks_answers_the_one_whose_value_it_is(tmp_path: Path) -> None:
    check = "      - {id: ID, kind: tensor, quantity: ID, title: t, points: 1, labels: [[sizes]]}\n"
    head = COUNTS.partition("      - {id")[0].replace("group sizes", "error rate")
    solution = "def quantities(world):\n    return {'first': 0.71 * world.seed, 'last': 0.53 * world.seed}\n"
    rates = made(tmp_path, head + check.replace("ID", "first") + check.replace("ID", "last"), solution)
    found = judged(rates, lambda q: f"error rate: {q['last']:.2f}\nerror rate: {q['first']:.2f}")
    assert {name: d.verdict for name, d in found.items()} == {"first": "pass", "last": "pass"}
