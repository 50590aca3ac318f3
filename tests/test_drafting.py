"""From a solution notebook to a graded class, in real kernels: four kinds of homework, defaults taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
import yaml

from grader.assignment.kept import KeptValue
from grader.assignment.loading import load
from grader.commands import rubric as command
from grader.drafting.data import redrawn
from grader.drafting.edits import likely
from grader.drafting.infer import FolderFacts, draft
from grader.drafting.notes import note_at, note_in
from grader.drafting.prove import Proof, prove
from grader.drafting.sections import Section, pattern_of, question_of, sections, title_of
from grader.drafting.seeds import seed_of
from grader.drafting.sites import instrument
from grader.drafting.styles import TYPED
from grader.drafting.values import quantities
from grader.drafting.words import words
from grader.errors import RubricError
from grader.execute import Limits, open_runner
from grader.models import Cell

SOLUTIONS = Path(__file__).parent / "data" / "solutions"
KINDS = ("backprop", "clusters", "cnn", "values")


def solution(kind: str, folder: Path) -> Path:
    made = jupytext.reads((SOLUTIONS / f"{kind}.percent").read_text(), fmt="py:percent")
    path = folder / f"{kind}.ipynb"
    nbformat.write(made, path)
    return path


def code(*sources: str) -> list[Cell]:
    return [Cell(index=i, kind="code", source=s) for i, s in enumerate(sources)]


def shown(cell: str, *kept: KeptValue) -> dict[str, tuple[str, tuple[int, ...]]]:
    _, sites = instrument(code(cell))
    found = quantities(sites, [kept, kept])
    return {s.name: (s.label, s.values[0].shape) for s in found}


def number(site: int, value: object, key: str = "") -> KeptValue:
    return KeptValue(site, key, "number", values=np.asarray(value, dtype=float))


# ------------------------------------------------------------------ what is shown


@pytest.mark.parametrize(
    ("cell", "sources"),
    [
        ("print('a', x, 3, y)", ["x", "y"]),
        ("print(f'loss: {loss.item():.3f} and {b}')", ["loss.item()", "b"]),
        ("print('x = ' + str(x))", ["x"]),
        ("print('x = %.3f, y = %d' % (x, y))", ["x", "y"]),
        ("print('x = {}'.format(x))", ["x"]),
        ("x = 3\nx, y", ["x", "y"]),
        ("for n, p in ps:\n    print(n, p)", ["n", "p"]),
        ("display(frame)", ["frame"]),
        ("loss.backward()", []),
        ("%matplotlib inline\nprint(x)", ["x"]),
        ("this is no Python", []),
    ],
)
def test_values_are_kept_before_they_are_formatted(cell: str, sources: list[str]) -> None:
    changed, sites = instrument(code(cell))
    assert [s.source for s in sites] == sources
    assert all(f"__keep__({s.number}, {s.source})" in changed[0].source for s in sites)


def test_a_value_has_the_name_of_its_variable_and_the_label_in_front_of_it() -> None:
    assert shown("print('the loss is:', loss)", number(0, 0.5)) == {"loss": ("the loss is", ())}
    assert shown("print('covariance:')\nprint(C)", number(0, [[1.0, 2.5]])) == {"C": ("covariance", (1, 2))}


def test_what_a_loop_shows_under_its_names_are_several_values() -> None:
    text = (
        KeptValue(0, "", "text", text="dW1"),
        number(1, [1.5, 2.5]),
        KeptValue(0, "", "text", text="db1"),
        number(1, [9.5]),
    )
    assert shown("for name, g in gs:\n    print(name, g)", *text) == {
        "dW1": ("dW1", (2,)),
        "db1": ("db1", (1,)),
    }


def test_what_a_loop_shows_under_one_name_is_a_series_and_a_counter_is_none() -> None:
    turns = [k for i in range(3) for k in (number(0, i + 1), number(1, 0.5**i))]
    assert shown("for e in es:\n    print('epoch', e, 'loss', loss)", *turns) == {"loss": ("loss", (3,))}


# ------------------------------------------------------------------ questions


def test_headings_part_the_questions() -> None:
    texts = [
        "# Sheet 1",
        "import numpy",
        "## Question 1: forward",
        "print(x)",
        "**Question 2** Why?",
        "Because.",
    ]
    kinds = ["markdown", "code", "markdown", "code", "markdown", "markdown"]
    cells = [Cell(index=i, kind=k, source=s) for i, (k, s) in enumerate(zip(kinds, texts, strict=True))]  # type: ignore[arg-type]
    assert title_of(cells) == "Sheet 1"
    assert [(s.title, s.prose, s.code) for s in sections(cells)] == [
        ("", (), (1,)),
        ("Question 1: forward", (), (3,)),
        ("Question 2 Why?", (5,), ()),
    ]


def test_a_heading_finds_itself_and_no_other_one() -> None:
    assert pattern_of("Question 5: small gradients", ["Question 3: gradients"]) == (
        r"\bQuestion\W*5\b",
        r"\bsmall\b",
    )
    only = Section("Aufgabe 5", (0,), (), ())
    assert question_of(only, "## Aufgabe 5 (3 Punkte)\nWarum *so*? Kurz.") == "Aufgabe 5: Warum so?"
    assert (
        title_of([Cell(index=0, kind="markdown", source="# Exercise sheet 6: CNN")])
        == "Exercise sheet 6: CNN"
    )


def test_comments_of_the_teacher_are_read() -> None:
    source = "x = 1\nprint(x)  # grade: 7.5 points, sign free\n# grade: skip\nprint(y)"
    assert (note_at(source, 2).points, note_at(source, 2).more) == (7.5, {"sign": "free"})
    assert note_at(source, 4).skip
    assert note_in("## Question 1 <!-- grade: 20 points -->").points == 20.0
    assert [
        note_in(h).points for h in ("## 1 (7,5 Punkte)\nText (3 points)", "## 2 [10 pts]", "## 3 (a)")
    ] == [
        7.5,
        10.0,
        None,
    ]
    assert note_at("print(x)  # grade: twice", 1).unknown == "twice"
    more = "order free, layout fixed, at least 0.9, tolerance 0.02, also std_2"
    assert note_at(f"print(x)  # grade: {more}", 1).more == {
        "order": "free",
        "layout": "fixed",
        "at_least": 0.9,
        "tolerance": {"rtol": 0.02},
        "also": ["std_2"],
    }


def test_a_word_is_asked_where_it_can_not_be_typed() -> None:
    cells = code(
        "print('converged:', done)\nprint('winner:', name)\nprint('activation:', 'relu'.upper())\n"
        "print('cluster centres:', C)\nprint('symmetric:', np.allclose(A, A.T))"
    )

    def truth(site: int, value: bool) -> KeptValue:
        return KeptValue(site, "", "number", values=np.asarray(float(value)), truth=True)

    def kept(done: bool, name: str) -> list[KeptValue]:
        text = [KeptValue(1, "", "text", text=name), KeptValue(2, "", "text", text="RELU")]
        return [truth(0, done), *text, number(3, np.eye(2) + done), truth(4, True)]

    _, sites = instrument(cells)
    worlds = [kept(True, "A"), kept(False, "B")]
    found = quantities(sites, worlds)
    frame = FolderFacts(
        "s", [{"name": "one", "seed": 1}, {"name": "two", "seed": 2}], {}, words=words(sites, worlds)
    )
    made = draft(cells, found, frame)
    checks = {c["id"]: c for q in made.rubric["questions"] for c in q["checks"]}
    assert (checks["converged"]["kind"], checks["converged"]["answers"]) == (
        "word",
        {"one": "True", "two": "False"},
    )
    assert checks["winner"]["answers"] == {"one": "A", "two": "B"}
    assert checks["symmetric"]["answers"] == "True"
    assert "activation" not in checks and any("'activation' is not asked" in line for line in made.assumed)
    assert checks["C"]["order"] == "free"


def test_points_of_a_heading_are_shared_out() -> None:
    texts = [("markdown", "## 1. Both <!-- grade: 30 points -->"), ("code", "print(a)\nprint(b)")]
    cells = [Cell(index=i, kind=k, source=s) for i, (k, s) in enumerate(texts)]  # type: ignore[arg-type]
    _, sites = instrument(cells)
    found = quantities(
        sites, [[number(0, [1.5, 2.5]), number(1, 0.25)], [number(0, [3.5, 2.5]), number(1, 0.75)]]
    )
    made = draft(cells, found, FolderFacts("sheet", [{"name": "w", "seed": 1}], {}))
    assert [c["points"] for c in made.rubric["questions"][0]["checks"]] == [20.0, 10.0]


def test_the_seed_of_the_handout_is_found() -> None:
    assert seed_of(code("import numpy as np\nrng = np.random.default_rng(42)")) == 42
    assert seed_of(code("torch.manual_seed(7)")) == 7
    assert seed_of(code("x = 1")) is None


# ------------------------------------------------------------------ data and mistakes


def test_rows_are_drawn_anew_and_the_form_stays() -> None:
    table = "a,b\n" + "".join(f"{i},{i * 1.5}\n" for i in range(20))
    made = redrawn("x.csv", table.encode(), 5)
    assert made is not None and made != table.encode()
    lines = made.decode().splitlines()
    assert lines[0] == "a,b" and len(lines) == 21 and set(lines[1:]) <= set(table.splitlines())
    other = redrawn("y.csv", table.replace("a,b", "c,d").encode(), 5)
    assert other is not None and other.decode().splitlines()[1:] == lines[1:], "files that belong together"
    assert redrawn("photo.png", b"\x89PNG", 5) is None


def test_a_likely_mistake_is_one_changed_line() -> None:
    found = {e.id: (e.before, e.after) for e in likely(code("m = x.mean(axis=0)\nv = 0.5 * np.sum(x)"))}
    assert found["sum_for_mean_1"] == ("m = x.mean(axis=0)", "m = x.sum(axis=0)")
    assert found["other_axis_1"] == ("m = x.mean(axis=0)", "m = x.mean(axis=1)")
    assert found["factor_left_out_1"] == ("v = 0.5 * np.sum(x)", "v = np.sum(x)")


# ------------------------------------------------------------------ the whole way


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    home = tmp_path_factory.mktemp("drafts")
    folders = {}
    for kind in KINDS:
        data = SOLUTIONS / f"{kind}_data"
        folders[kind] = home / kind
        said = list(command.draft(solution(kind, home), folders[kind], data if data.is_dir() else None))
        assert said[0].startswith(str(folders[kind]))
    return folders


@pytest.fixture(scope="module")
def proofs(drafted: Mapping[str, Path]) -> Mapping[str, Proof]:
    async def all_of_them() -> dict[str, Proof]:
        async with open_runner(2) as runner:
            return {k: await prove(load(str(f)), runner, Limits()) for k, f in drafted.items()}

    return asyncio.run(all_of_them())


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_the_solution_itself_loses_nothing(proofs: Mapping[str, Proof], kind: str) -> None:
    own = {check: by_style["as it is"].verdict for check, by_style in proofs[kind].results.items()}
    assert own == dict.fromkeys(own, "pass")


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_no_style_of_the_right_values_is_denied(proofs: Mapping[str, Proof], kind: str) -> None:
    assert proofs[kind].lost == ()


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_no_typed_in_value_passes(proofs: Mapping[str, Proof], kind: str) -> None:
    assert proofs[kind].accepted == ()
    assert TYPED in proofs[kind].styles


@pytest.mark.kernel
def test_a_drafted_folder_is_a_sound_assignment(drafted: Mapping[str, Path]) -> None:
    rubric = yaml.safe_load((drafted["backprop"] / "rubric.yaml").read_text())
    assert [q["title"].partition(":")[0] for q in rubric["questions"]] == [
        "Question 1",
        "Question 2",
        "Question 3",
    ]
    assert [c["id"] for c in rubric["questions"][1]["checks"]] == ["dW1", "db1", "dW2", "db2", "dW3", "db3"]
    assert rubric["questions"][2]["checks"][0]["kind"] == "text"
    assert yaml.safe_load((drafted["values"] / "rubric.yaml").read_text())["language"] == "de"
    loaded = load(str(drafted["backprop"]))
    assert len(loaded.mistakes) >= 5
    assert loaded.variants([(loaded.mistakes[0].id,)])


@pytest.mark.kernel
def test_values_of_an_older_solution_are_never_taken(drafted: Mapping[str, Path]) -> None:
    folder = drafted["values"]
    path = folder / "solution.ipynb"
    before = path.read_text()
    notebook = json.loads(before)
    notebook["cells"][1]["source"] = [
        line.replace("gamma = 0.9", "gamma = 0.5") for line in notebook["cells"][1]["source"]
    ]
    path.write_text(json.dumps(notebook))
    with pytest.raises(RubricError, match=r"changed since then; make it: grader rubric solve"):
        load(str(folder))
    old = json.loads((folder / "solution.json").read_text())["worlds"]["handout"]["V"]
    assert list(command.solve(folder))
    assert load(str(folder)).references[0]["V"].ravel().tolist() != old["values"]
    path.write_text(before)
    list(command.solve(folder))


@pytest.mark.kernel
def test_a_world_that_multiplies_autograd_has_the_solution_both_ways(drafted: Mapping[str, Path]) -> None:
    folder = drafted["cnn"]
    path = folder / "rubric.yaml"
    before = path.read_text()
    path.write_text(before.replace("  precision: 10\n", "  precision: 10\n  autograd_factor: 0.5\n"))
    list(command.solve(folder))
    loaded = load(str(folder))
    gradient, other = (r[1]["net_fc_bias_grad"] for r in (loaded.references, loaded.by_other_means))
    assert np.allclose(gradient, 0.5 * other, rtol=1e-6) and other.any()
    assert np.array_equal(loaded.references[1]["logits"], loaded.by_other_means[1]["logits"])
    path.write_text(before)
    list(command.solve(folder))


@pytest.mark.kernel
def test_a_solution_that_fails_is_told_with_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    nbformat.write(jupytext.reads("# %%\nx = 1\n# %%\nprint(y)\n", fmt="py:percent"), path)
    with pytest.raises(RubricError, match=r"cell 2: NameError"):
        list(command.draft(path, tmp_path / "out", None))
