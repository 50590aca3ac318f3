"""What our code fails on, and what goes over a limit, costs no more than itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from class_kit import CANONICAL, RUBRIC, make_assignment

from grader.assignment.loading import Assignment, load
from grader.extract import KEPT_LINES, MAX_TENSORS, Piece, extract, extract_output
from grader.judging import barrier
from grader.judging import decide as decide_module
from grader.judging import grade as grade_module
from grader.judging.barrier import Cut
from grader.judging.grade import Graded, grade_within
from grader.models import Cell, Execution, Output, PrintedTensor, Submission

TOTAL, RATIO = "total = [1.25, 2.5, 3.75]\n", "ratio = [0.125, 0.625]\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    """Two checks: `total` of three numbers, `ratio` of two."""
    rubric = yaml.safe_load(RUBRIC)
    check = {"id": "ratio", "kind": "tensor", "quantity": "ratio", "title": "the ratio", "points": 5}
    rubric["questions"][0]["checks"].append(check | {"labels": [["ratio"]]})
    rubric["vocabulary"]["ratio"] = ["ratio"]
    folder = make_assignment(tmp_path / "two", yaml.safe_dump(rubric))
    both = '"total": np.array([1.25, 2.5, 3.75]) * world.seed, "ratio": np.array([0.125, 0.625]) * world.seed'
    (folder / "canonical.py").write_text(
        CANONICAL.replace('"total": np.array([1.25, 2.5, 3.75]) * world.seed', both)
    )
    return load(str(folder))


def graded(assignment: Assignment, *prints: str | Output, cut: Cut | None = None, **more: Any) -> Graded:
    """prints: what each cell printed in the first world; in the second, all numbers are doubled."""
    worlds = []
    for seed in (1, 2):
        texts = [p if isinstance(p, Output) else _output(p, seed) for p in prints]
        outputs = [o.model_copy(update={"cell": n}) for n, o in enumerate(texts)]
        worlds.append(Execution(status="ok", outputs=tuple(outputs)))
    cells = tuple(Cell(index=n, kind="code", source="show()") for n in range(len(prints)))
    submission = Submission(id="s", path="s", sha256="0", cells=more.get("cells", cells))
    return grade_within(submission, worlds, assignment, cut or Cut())


def _output(text: str, seed: int) -> Output:
    if seed == 2:
        for one, two in (("1.25", "2.5"), ("2.5, 3.75", "5.0, 7.5"), ("0.125, 0.625", "0.25, 1.25")):
            text = text.replace(one, two)
        text = text.replace("[2.5, 2.5, 3.75]", "[2.5, 5.0, 7.5]")
    return Output(cell=0, index=0, kind="stdout", text=text)


def verdicts(found: Graded) -> dict[str, str]:
    return {c.id: c.verdict for q in found.report.questions for c in q.checks}


RIGHT = {"total": "pass", "ratio": "pass"}


@pytest.mark.parametrize(
    "print_",
    [
        pytest.param("tensor([], size=(0, 3))\n", id="an empty tensor"),
        pytest.param("h1[:0] = []\n", id="an empty slice"),
        pytest.param("Empty DataFrame\nColumns: []\nIndex: []\n", id="an empty frame"),
        pytest.param("total = tensor([], size=(0, 3))\n", id="an empty tensor of the name"),
        pytest.param("big = [1e999, -1e400, 12345678901234567890123456789]\n", id="huge numbers"),
        pytest.param("9" * 5000 + "\n", id="a number of thousands of digits"),
        pytest.param("odd = [nan, inf, -inf]\n", id="not a number"),
        pytest.param(
            "tensor(indices=tensor([[0, 1], [1, 0]]),\n       values=tensor([3., 4.]),\n"
            "       size=(2, 2), nnz=2, layout=torch.sparse_coo)\n",
            id="sparse",
        ),
        pytest.param("[" * 3000 + "1.5" + "]" * 3000 + "\n", id="nested"),
        pytest.param(";" * 501 + "\n", id="semicolons"),
    ],
)
def test_odd_prints_are_no_faults_of_ours_and_cost_nothing(tiny: Assignment, print_: str) -> None:
    found = graded(tiny, TOTAL, print_, RATIO)
    assert (verdicts(found), found.traces) == (RIGHT, ())


@pytest.mark.parametrize("source", [";" * 501, "(" * 300 + "1" + ")" * 300, "x = '\x00'", "%%%\n!!"])
def test_odd_code_is_no_fault_of_ours(tiny: Assignment, source: str) -> None:
    cells = (Cell(index=0, kind="code", source=source), Cell(index=1, kind="code", source="show()"))
    found = graded(tiny, TOTAL, RATIO, cells=cells)
    assert (verdicts(found), found.traces) == (RIGHT, ())


def test_an_output_that_can_not_be_read_opens_what_is_not_right(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(piece: Piece, lose: Callable[[], None]) -> tuple[PrintedTensor, ...]:
        if "bad" in piece.output.text:
            raise ZeroDivisionError("odd")
        return extract_output(piece.output)

    monkeypatch.setattr(barrier, "extract_piece", fails)
    found = graded(tiny, TOTAL, "bad\n", "ratio = [9.5, 9.5]\n")
    assert verdicts(found) == {"total": "pass", "ratio": "review"}
    assert "ZeroDivisionError" in found.traces[0]
    assert {f.id for f in found.report.flags} >= {"grader_fault"}
    assert found.report.score == 10.0 and found.report.pending == 5.0


def fails_on(value: float, real: Callable[..., Any]) -> Callable[..., Any]:
    def fails(cells: Any, printed: Any, *more: Any) -> Any:
        if any(value in item.values for world in printed for item in world):
            raise OverflowError("too large")
        return real(cells, printed, *more)

    return fails


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param("x = [77.5, 1.5, 1.5, 1.5]\n", {"total": "pass", "ratio": "fail"}, id="larger than all"),
        pytest.param("x = [77.5, 1.5]\n", {"total": "pass", "ratio": "review"}, id="of its size"),
    ],
)
def test_a_print_that_our_code_fails_on_is_set_aside(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch, bad: str, expected: dict[str, str]
) -> None:
    monkeypatch.setattr(grade_module, "decide", fails_on(77.5, decide_module.decide))
    found = graded(tiny, *["k = 3.5\n"] * 20, TOTAL, bad, "ratio = [9.5, 9.5]\n")
    assert verdicts(found) == expected
    assert "OverflowError" in found.traces[0]


def test_a_check_that_our_code_fails_on_is_for_a_person_alone(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = decide_module.judge

    def fails(check: Any, *more: Any) -> Any:
        if check.id == "total":
            raise IndexError("none")
        return real(check, *more)

    monkeypatch.setattr(decide_module, "judge", fails)
    found = graded(tiny, TOTAL, RATIO)
    assert verdicts(found) == {"total": "review", "ratio": "pass"}
    assert "IndexError" in found.traces[0]


def test_evidence_that_can_not_be_described_opens_its_check(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = grade_module.score_check

    def fails(check: Any, decision: Any, *more: Any) -> Any:
        if check.id == "ratio" and decision.candidate is not None:
            raise KeyError("no evidence")
        return real(check, decision, *more)

    monkeypatch.setattr(grade_module, "score_check", fails)
    found = graded(tiny, TOTAL, RATIO)
    assert verdicts(found) == {"total": "pass", "ratio": "review"}
    assert found.report.score == 10.0


def test_a_fault_that_no_print_causes_opens_everything(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide_module, "pair", lambda worlds: 1 / 0)
    found = graded(tiny, TOTAL, RATIO)
    assert verdicts(found) == {"total": "review", "ratio": "review"}
    assert found.report.score == 0.0 and found.report.pending == 15.0


def test_memory_that_runs_out_is_no_fault_of_a_print(
    tiny: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(decide_module, "judge", fails)
    with pytest.raises(MemoryError):
        graded(tiny, TOTAL)


# ------------------------------------------------------------------ limits


def test_what_was_read_before_the_limit_counts_where_it_is_right(tiny: Assignment) -> None:
    prints = (TOTAL, "more\n", RATIO)
    assert verdicts(graded(tiny, *prints, cut=Cut(unread=(2, 0)))) == {"total": "pass", "ratio": "review"}
    wrong = ("total = [9.5, 9.5, 9.5]\n", TOTAL)
    assert verdicts(graded(tiny, *wrong, cut=Cut(unread=(1, 0)))) == {"total": "review", "ratio": "review"}
    found = graded(tiny, *prints, cut=Cut(unread=(0, 0)))
    assert found.report.score == 0.0 and found.report.pending == 15.0
    assert {f.id for f in found.report.flags} >= {"over_limit"}


def test_nothing_judged_is_everything_for_a_person(tiny: Assignment) -> None:
    found = graded(tiny, TOTAL, RATIO, cut=Cut(judged=False))
    assert verdicts(found) == {"total": "review", "ratio": "review"}
    assert found.report.score == 0.0 and found.report.needs_review


def test_the_steps_are_told(tiny: Assignment) -> None:
    told: list[tuple[str, int, int]] = []
    run = Execution(status="ok", outputs=(_output(TOTAL, 1),))
    submission = Submission(id="s", path="s", sha256="0", cells=(Cell(index=0, kind="code", source="1"),))
    grade_within(
        submission, [run, run], tiny, note=lambda step, cell=-1, output=-1: told.append((step, cell, output))
    )
    assert told.index(("reading", 0, 0)) < told.index(("scoring", -1, -1)) < told.index(("comparing", -1, -1))


def test_the_bounds_are_those_of_a_run_not_of_an_output() -> None:
    outputs = [Output(cell=n, index=0, kind="stdout", text=unlike(MAX_TENSORS // 4)) for n in range(8)]
    found = extract(outputs)
    assert len(found) == MAX_TENSORS
    assert (found[0].cell, found[-1].cell) == (0, 7)


def unlike(count: int) -> str:
    """Prints of which no two are called alike."""
    words = (f"{n:b}".translate(str.maketrans("01", "ox")) for n in range(count))
    return "".join(f"{word} = tensor([1.5])\n" for word in words)


def test_what_a_run_prints_beyond_the_bounds_is_a_persons(tiny: Assignment) -> None:
    found = graded(tiny, unlike(MAX_TENSORS // 2), RATIO, unlike(MAX_TENSORS), "total = [9.5, 9.5, 9.5]\n")
    assert verdicts(found) == {"total": "review", "ratio": "review"}
    assert "over_limit" in {f.id for f in found.report.flags}


# ------------------------------------------------------------------ long loops


def steps(count: int, *lines: str) -> str:
    """What a training loop prints; a line's # is the number of its turn."""
    return "".join(f"{line}\n".replace("#", str(n)) for n in range(count) for line in lines)


@pytest.mark.parametrize(
    "loop",
    [
        pytest.param(("step # loss: 0.#",), id="a line a turn"),
        pytest.param(("Epoch #:", "  loss -0.# (tensor(0.5))", "", "  acc 0.25"), id="lines in turn"),
        pytest.param(("W1 = [[0.5, 0.5],", "      [0.5, 0.5],", "      [0.5, 0.#]]"), id="a tensor a turn"),
        pytest.param(("W1 = [[0.5],", "      [0.5],", "      [0.#]]", "err = 1e-05"), id="and an exponent"),
    ],
)
def test_a_loop_of_thousands_hides_nothing(tiny: Assignment, loop: tuple[str, ...]) -> None:
    long = steps(2 * MAX_TENSORS // 3, *loop)  # twice, with a tensor a turn at least: beyond the bound
    assert verdicts(graded(tiny, long + TOTAL + RATIO + long)) == RIGHT
    assert verdicts(graded(tiny, long, TOTAL + RATIO, long)) == RIGHT
    found = extract([Output(cell=0, index=0, kind="stdout", text=long + TOTAL + long)])
    assert len(found) <= 8 * KEPT_LINES + 1
    (total,) = (item for item in found if item.label == "total")
    assert total.span == (len(long) + len("total = "), len(long) + len(TOTAL) - 1)
    assert {i.values for i in found if len(i.shape) == 2} <= {
        i.values for i in extract_output(Output(cell=0, index=0, kind="stdout", text=long))
    }


def test_a_loop_goes_on_beside_a_progress_bar() -> None:
    bars = [
        Output(cell=0, index=n, kind=kind, text=text)
        for n, (kind, text) in enumerate([("stderr", "50%"), ("stdout", "loss 0.5\nacc 0.25\n")] * 3000)
    ]
    assert 0 < len(extract(bars)) <= 3 * KEPT_LINES


def test_a_long_tensor_is_no_loop() -> None:
    rows = ",\n".join("        [0.5, 0.25]" for _ in range(5000))
    (found,) = extract([Output(cell=0, index=0, kind="stdout", text=f"out = tensor([\n{rows}])\n")])
    assert found.shape == (5000, 2)


@pytest.mark.parametrize(
    "shown", [TOTAL, "total 0: 1.25\ntotal 1: 2.5\ntotal 2: 3.75\n"], ids=["whole", "apart"]
)
def test_what_stood_in_the_middle_of_a_loop_is_no_zero(tiny: Assignment, shown: str) -> None:
    """One of the turns that are not read may have shown it; what none of them shows is judged as ever."""
    turn = "total = [9.5, 9.5, 0.#]" if shown == TOTAL else "total #: 9.5"
    middle = steps(3000, turn) + shown + steps(3000, turn)
    found = graded(tiny, middle, "ratio = [9.5, 9.5]\n")
    assert verdicts(found) == {"total": "review", "ratio": "fail"}
    assert found.report.questions[0].checks[1].score == 0.0
