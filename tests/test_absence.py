"""What a refusal turns into `review`, and what stays as it was decided."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
from execute_kit import cells

from grader.assignment.loading import load
from grader.judging.grade import grade
from grader.judging.source import Code
from grader.models import CellError, CheckResult, Execution, Output, Refusal, Submission

SAVED = {name: load("hw4").references[0][name].tolist() for name in ("output", "db3")}
H1_OF_ANOTHER = "h1 = tensor([[0.11, 0.22], [0.33, 0.44]])\n"


def checks(  # noqa: PLR0913, PLR0917  (all that a run may bring along)
    sources: Sequence[str],
    refusals: Sequence[Refusal] = (),
    prints: dict[int, str] | None = None,
    errors: Sequence[CellError] = (),
    language: str = "",
    stored: dict[int, str] | None = None,
    failed: dict[int, str] | None = None,
    otherwise: str = "",
) -> dict[str, CheckResult]:
    """The checks of hw4 for a notebook that printed this, the same in every world."""
    assignment = load("hw4")
    outputs = tuple(Output(cell=n, index=0, kind="stdout", text=t) for n, t in (prints or {}).items())
    shown = (Output(cell=0, index=0, kind="stdout", text=otherwise),)
    run = Execution(
        status="ok", outputs=outputs, refusals=tuple(refusals), errors=tuple(errors), otherwise=shown
    )
    stored, failed = stored or {}, failed or {}
    saved = tuple(
        c.model_copy(update={"stored": stored.get(c.index, ""), "failed": failed.get(c.index, "")})
        for c in cells(*sources)
    )
    made = Submission(id="a", path="a", sha256="0", cells=saved, language=language)
    report = grade(made, [run] * len(assignment.rubric.worlds), assignment)
    return {c.id: c for q in report.questions for c in q.checks}


def refusal(effect: str, cell: int | None, lost: tuple[int, ...] = (), kind: str = "file") -> Refusal:
    return Refusal.model_validate(
        {"kind": kind, "about": "data.csv", "cell": cell, "effect": effect, "lost": lost}
    )


def test_a_name_that_only_another_world_holds_is_not_carried_out() -> None:
    assignment = load("hw4")
    made = Submission(
        id="a", path="a", sha256="0", cells=cells("open(f'{W1[0, 0]}.csv')\nopen('data.csv')\nprint(1)")
    )
    known = refusal("raised", 0, (0,))
    secret = known.model_copy(update={"about": "0.33441.csv", "call": "open('0.33441.csv')"})
    worlds = [
        Execution(status="ok", refusals=(known,)),
        Execution(status="timeout", message="0.33441", refusals=(secret, known)),
        *[Execution(status="ok")] * (len(assignment.rubric.worlds) - 2),
    ]
    report = grade(made, worlds, assignment)
    assert "0.33441" not in report.model_dump_json()
    assert "data.csv" in report.model_dump_json()
    assert any(f.id == "worlds_differ" and "timeout" in f.message for f in report.flags)


def test_what_is_missing_waits_when_code_that_may_print_did_not_happen() -> None:
    found = checks(["x = open('data.csv')", "print(x)"], [refusal("raised", 0, (0, 1))])
    assert {found[id].verdict for id in ("h1", "dW3")} == {"review"}
    assert found["h1"].cause == "file:data.csv" and found["h1"].score is None
    assert "data.csv (cell 1)" in found["h1"].message
    assert found["network"].cause in (None, "file:data.csv")


@pytest.mark.parametrize(
    ("sources", "one"),
    [
        (["while True:\n    pass", "print(1)"], refusal("ended", 0, (0,), "time")),
        (["!pip install torch", "1/0"], refusal("instead", 0, (), "command")),
        (["seed = input()", "print(1)"], refusal("changed", 0, (), "question")),
    ],
)
def test_a_refusal_that_kept_nothing_away_changes_nothing(sources: list[str], one: Refusal) -> None:
    found = checks(sources, [one])
    assert {found[id].verdict for id in ("h1", "dW3")} == {"missing"}
    assert {c.cause for c in found.values()} == {None}


def test_the_output_of_a_program_that_was_skipped_may_be_the_answer() -> None:
    assert checks(["!./train"], [refusal("skipped", 0, (0,), "command")])["h1"].verdict == "review"


def test_a_wrong_value_that_needs_nothing_refused_stays_wrong() -> None:
    sources = ["h = 1", "print('h1 =', h)", "while True: pass", "print(h)"]
    found = checks(sources, [refusal("ended", 2, (2, 3), "time")], {1: H1_OF_ANOTHER})
    assert (found["h1"].verdict, found["h2"].verdict) == ("fail", "review")


def test_a_wrong_value_made_from_what_was_refused_waits() -> None:
    sources = ["w = input()", "v = w * 2", "print('h1 =', v)"]
    found = checks(sources, [refusal("changed", 0, (), "question")], {2: H1_OF_ANOTHER})
    assert found["h1"].verdict == "review" and found["h2"].verdict == "missing"


def test_a_notebook_in_another_language_waits_whole() -> None:
    found = checks(
        ["x <- 5", "print(x)"], errors=[CellError(cell=0, name="NameError", message="")], language="R"
    )
    assert {c.verdict for c in found.values()} == {"review"} and {c.cause for c in found.values()} == {
        "language:R"
    }


def test_a_syntax_error_counts_where_the_file_asks_for_a_newer_python() -> None:
    errors = [CellError(cell=0, name="SyntaxError", message="invalid syntax")]
    sources = ["print(f'{d['a']}')"]
    newer = checks(sources, errors=errors, language="python 99.1")
    assert newer["h1"].cause == "version:Python 99.1"
    for known in ("python 3.8", "python", "", "python 3." + "9" * 5000):
        assert checks(sources, errors=errors, language=known)["h1"].verdict == "missing"


def test_a_name_that_a_newer_python_does_not_look_up_yet() -> None:
    errors = [CellError(cell=0, name="NameError", message="name 'Net' is not defined")]
    for language, cause in (("python 3.14", "version:Python 3.14"), ("python 3.12", None), ("", None)):
        if sys.version_info < (3, 14):
            found = checks(["def f(n: Net) -> int: ...\nprint(1)"], errors=errors, language=language)
            assert found["h1"].cause == cause
    assert checks(["print(Net)"], errors=errors, language="python 3.14")["h1"].cause is None


def test_the_saved_outputs_are_laid_beside_what_waits_and_decide_nothing() -> None:
    right = "\n".join(f"{name} = {numbers}" for name, numbers in SAVED.items())
    found = checks(["x = open('data.csv')", "print(x)"], [refusal("raised", 0, (0, 1))], stored={1: right})
    for id in SAVED:
        assert (found[id].verdict, found[id].score) == ("review", None)
        seen = found[id].witness
        assert seen is not None and (seen.fits, seen.cell) == (True, 1) and seen.text
    assert found["dW1"].witness is not None and not found["dW1"].witness.fits
    assert checks(["print(1)"], stored={0: right})["h1"].verdict == "missing"
    nothing = checks(["x = open('data.csv')", "print(x)"], [refusal("raised", 0, (0, 1))])
    assert nothing["h1"].witness is None


RIGHT = "\n".join(f"{name} = {numbers}" for name, numbers in SAVED.items())
WENT_WRONG = [
    CellError(cell=1, name="ValueError", message="who knows"),
    CellError(cell=2, name="NameError", message=""),
]


def test_an_error_that_the_saved_output_contradicts_waits() -> None:
    sources = ["import torch", "run()", "print(x)"]
    found = checks(sources, errors=WENT_WRONG, stored={2: RIGHT})
    for id in SAVED:
        assert (found[id].verdict, found[id].score) == ("review", None)
        assert found[id].cause == "error:ValueError: who knows" and found[id].witness is not None
    assert found["dW1"].verdict == "missing"


@pytest.mark.parametrize(
    ("stored", "errors"),
    [
        ({2: RIGHT.replace("0", "7")}, WENT_WRONG),
        ({2: RIGHT}, []),
        ({0: RIGHT}, WENT_WRONG),
    ],
    ids=["it shows wrong values", "the cell ran and prints nothing", "another cell's"],
)
def test_saved_outputs_that_contradict_nothing(stored: dict[int, str], errors: list[CellError]) -> None:
    found = checks(["import torch", "run()", "print(x)"], errors=errors, stored=stored)
    assert {found[id].verdict for id in SAVED} == {"missing"}


LOOKED = Refusal(
    kind="device",
    about="GPU",
    call="torch.cuda.is_available()",
    cell=0,
    effect="instead",
    told_by="kernel",
)
"""that a notebook asked whether there is a GPU"""


def test_what_is_done_only_where_there_is_a_gpu_waits() -> None:
    sources = ["import torch\nuse = torch.cuda.is_available()\nif use:\n    print(f(x))"]
    found = checks(sources, [LOOKED], stored={0: RIGHT})
    assert {found[id].cause for id in SAVED} == {"device:GPU"} and found["dW1"].verdict == "missing"
    assert checks(sources, [LOOKED])["output"].verdict == "missing"


ASKED = Refusal(kind="answer", about="ready()", cell=0, effect="instead", told_by="kernel")
"""that the machine decided on a branch"""


def test_a_branch_that_the_machine_decided_against_waits_where_it_shows_what_is_missing() -> None:
    found = checks(["if ready(): show()"], [ASKED], otherwise=RIGHT)
    assert {found[id].cause for id in SAVED} == {"answer:ready()"} and found["dW1"].verdict == "missing"
    assert checks(["if ready(): show()"], [ASKED], otherwise=H1_OF_ANOTHER)["h1"].verdict == "missing"
    assert checks(["if ready(): show()"], otherwise=RIGHT)["output"].verdict == "missing"
    unseen = ASKED.model_copy(update={"effect": "skipped", "lost": (0,)})
    assert checks(["if ready(): show()"], [unseen])["dW1"].verdict == "review"


def test_what_the_other_run_shows_never_passes_and_takes_nothing() -> None:
    wrong = f"output = {[[7.25] * 5] * 2}\n"
    found = checks(["show()"], [ASKED], {0: wrong}, otherwise=wrong + RIGHT)
    assert found["output"].verdict == "fail" and found["db3"].verdict == "review"


def test_a_wrong_value_waits_where_the_other_run_shows_the_right_one_in_its_place() -> None:
    wrong = {0: f"output = {[[7.25] * 5] * 2}"}
    found = checks(["import torch\nshow(torch.nn, ready())"], [ASKED], wrong, otherwise=RIGHT)
    assert found["output"].cause == "answer:ready()" and found["output"].score is None
    assert checks(["show(2)"], [ASKED], wrong, otherwise=wrong[0])["output"].verdict == "fail"


def test_an_error_that_the_file_shows_itself_is_the_notebooks() -> None:
    told = refusal("raised", 0, (0, 1), "error").model_copy(update={"call": "RuntimeError: of a library"})
    sources = ["plot()", "print(x)"]
    assert checks(sources, [told])["h1"].verdict == "review"
    assert checks(sources, [told], failed={0: "RuntimeError"})["h1"].verdict == "missing"
    assert checks(sources, [told], failed={0: "KeyError", 1: "RuntimeError"})["h1"].verdict == "review"


def test_which_cells_use_what_others_make() -> None:
    made = cells(
        "import torch, numpy as np\ndef f(x):\n    return x",
        "model.load_state_dict(torch.load('w.pt'))",
        "y = model(x)",
        "z = f(y)",
        "print(np.ones(3))",
        "print(z.sum())",
    )
    assert [n for n in range(6) if Code(made).depends(n, {1})] == [1, 2, 3, 5]


@pytest.mark.parametrize(
    ("source", "may"),
    [
        ("while True:\n    pass", False),
        ("x = 3", False),
        ("def f():\n    return 1", False),
        ("'a comment'", False),
        ("x", True),
        ("f()", True),
        ("!ls", True),
        ("%%bash\nls", True),
        ("x = (", True),
    ],
)
def test_what_may_print(source: str, may: bool) -> None:
    assert Code(cells(source)).cells[0].may_print is may
