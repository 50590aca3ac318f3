"""From a solution notebook to a graded class, in real kernels: four kinds of homework, defaults taken."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
import yaml
from kernels_kit import Kernels

from benchmarks.drafts import as_notebook
from grader.assignment.kept import KeptValue
from grader.assignment.loading import load
from grader.commands import rubric as command
from grader.drafting import make as drafting
from grader.drafting.data import redrawn
from grader.drafting.edits import likely
from grader.drafting.infer import FolderFacts, _met, draft
from grader.drafting.make import data_files, make, read_solution
from grader.drafting.notes import note_at, note_in
from grader.drafting.page import page
from grader.drafting.prove import Proof, prove
from grader.drafting.sections import Section, pattern_of, question_of, sections, title_of
from grader.drafting.seeds import seed_of
from grader.drafting.sites import instrument
from grader.drafting.styles import TYPED
from grader.drafting.turned import Turn
from grader.drafting.values import quantities
from grader.drafting.words import words
from grader.errors import RubricError
from grader.execute import Limits
from grader.judging.word import folded
from grader.models import Cell

SOLUTIONS = Path(__file__).parent / "data" / "solutions"
EVERY = ("backprop", "cnn", "clusters", "values")
KINDS = [*EVERY[:2], *(pytest.param(kind, marks=pytest.mark.slow) for kind in EVERY[2:])]
MISTAKES = 3  # that are looked for in the suite


def solution(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.ipynb"
    as_notebook(SOLUTIONS / f"{kind}.percent", path)
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


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        ("print(np.round(x, 3))", "x"),
        ("print('x', round(x, 4))", "x"),
        ("x.round(2)", "x"),
        ("x.round(3), 1", "x"),
        ("print('norms:', [round(g.norm().item(), 4) for g in x])", "[g.norm().item() for g in x]"),
        ("print({k: round(v, 2) for k, v in d.items()})", "{k: v for k, v in d.items()}"),
        ("x.round(3).tolist()", "x.tolist()"),
    ],
)
def test_a_value_is_kept_before_it_is_rounded(cell: str, source: str) -> None:
    assert instrument(code(cell))[1][0].source == source
    assert instrument(code("print(round(x), x.round())"))[1][0].source == "round(x)", (
        "a whole number is another"
    )


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


def test_what_is_called_alike_belongs_to_its_group() -> None:
    lines = (f"print(f'{who}: n = {{n}}, mean = {{m}}')" for who in ("Men", "Women"))
    _, sites = instrument(code("\n".join(lines)))
    kept = [number(i, i + 0.5) for i in range(4)]
    found = quantities(sites, [kept, kept])
    assert [s.title for s in found] == ["Men: n", "Men: mean", "Women: n", "Women: mean"]
    assert [s.name for s in found] == ["n", "Men_mean", "n_2", "Women_mean"]


def test_single_numbers_that_a_loop_shows_by_their_names_are_one_value() -> None:
    named = [k for i, n in enumerate("abc") for k in (KeptValue(0, "", "text", text=n), number(1, i / 4))]
    assert shown("for n, weight in ws:\n    print(n, weight)", *named) == {"weight": ("", (3,))}


def test_several_numbers_that_a_loop_shows_by_their_names_are_the_columns_of_a_table() -> None:
    line = "for w in ws:\n    print(f'{w}: {len(t)} days, {100 * share:.1f} %, mean = {m}')"
    kept = [
        k
        for i, w in enumerate(("sun", "rain", "snow"))
        for k in (KeptValue(0, "", "text", text=w), number(1, i + 3), number(2, 100 * i), number(3, i / 2))
    ]
    assert shown(line, *kept) == {
        "len_t": ("", (3,)),
        "share": ("", (3,)),
        "m": ("mean", (3,)),
    }


def test_what_a_loop_shows_under_one_name_is_a_series_and_a_counter_is_none() -> None:
    turns = [k for i in range(3) for k in (number(0, i + 1), number(1, 0.5**i))]
    assert shown("for e in es:\n    print('epoch', e, 'loss', loss)", *turns) == {"loss": ("loss", (3,))}


@pytest.mark.parametrize(
    "cell",
    [
        "print(f'hit rate: {100 * a:.1f} %')",
        "print('hit rate:', 100 * a, '%')",
        "print('hit rate: %.1f%%' % (100 * a))",
    ],
)
def test_a_number_in_front_of_a_per_cent_sign_is_a_share(cell: str) -> None:
    _, sites = instrument(code(cell))
    (found,) = quantities(sites, [[number(0, 97.5)], [number(0, 90.0)]])
    assert (found.name, found.label) == ("hit_rate", "hit rate")
    assert [v.item() for v in found.values] == [0.975, 0.9]


def test_numbers_in_one_bracket_are_one_value() -> None:
    cell = "print(f'95 % CI: [{m - d:.2f}, {m + d:.2f}], n = {n}')"
    assert shown(cell, number(0, 1.5), number(1, 2.5), number(2, 30)) == {
        "CI": ("95 % CI", (2,)),
        "n": ("n", ()),
    }


def test_a_row_of_words_that_moves_is_an_answer() -> None:
    _, sites = instrument(code("print('path:', ' -> '.join(path))\nprint('states:', path)"))
    one = [
        KeptValue(0, "", "text", text="sun -> rain -> sun -> sun"),
        *(KeptValue(1, f"[{i}]", "text", text=t) for i, t in enumerate(["sun", "rain"])),
    ]
    two = [
        KeptValue(0, "", "text", text="rain -> rain -> sun -> rain"),
        *(KeptValue(1, f"[{i}]", "text", text=t) for i, t in enumerate(["rain", "rain"])),
    ]
    assert [w.answers for w in words(sites, [one, two])] == [
        (one[0].text, two[0].text),
        ("sun, rain", "rain, rain"),
    ]
    assert folded("['sun', 'rain']") == folded("sun -> rain") == folded("Sun, rain")


# ------------------------------------------------------------------ questions


def texts(*sources: str) -> list[Cell]:
    """Code where a text begins with a statement, else Markdown."""
    return [
        Cell(index=i, kind="code" if s.startswith(("print", "def", "x =")) else "markdown", source=s)
        for i, s in enumerate(sources)
    ]


def test_parts_share_the_points_of_their_question() -> None:
    cells = texts(
        "## Task 2 (9 points)",
        "a) Compute a.",
        "print(a)",
        "b) And c.",
        "print(c)",
        "## Task 3 (4 points)",
        "print(d)",
    )
    _, sites = instrument(cells)
    kept = [[number(i, [1.5 + i + w, 2.5]) for i in range(3)] for w in (0, 1)]
    made = draft(
        cells,
        quantities(sites, kept),
        FolderFacts("sheet", [{"name": "v", "seed": 1}, {"name": "w", "seed": 2}], {}),
    )
    assert [[c["points"] for c in q["checks"]] for q in made.rubric["questions"]] == [[4.5], [4.5], [4.0]]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("(rows: true, columns: predicted)", "fixed"),
        ("(Zeilen: wahr)", "fixed"),
        ("with the true classes in rows", "fixed"),
        ("; its columns are what is predicted", "fixed"),
        ("as a matrix", None),
        ("row by row", None),
    ],
)
def test_the_layout_of_a_square_table_is_fixed_where_the_question_says_what_its_rows_are(
    text: str, layout: str | None
) -> None:
    cells = texts(f"## Task 1\nPrint the confusion matrix {text}.", "print(C)")
    _, sites = instrument(cells)
    kept = [[number(0, [[5 + w, 1], [2, 7]])] for w in (0, 1)]
    frame = FolderFacts("sheet", [{"name": "v", "seed": 1}, {"name": "w", "seed": 2}], {})
    (question,) = draft(cells, quantities(sites, kept), frame).rubric["questions"]
    assert question["checks"][0].get("layout") == layout


def test_a_list_that_answers_is_no_question_and_neither_is_the_word_answer() -> None:
    cells = texts(
        "## Question 1: Why?", "1. Because.\n2. It is so.", "## Question 2: How?", "### Answer", "Slowly."
    )
    assert [s.title for s in sections(cells)] == ["Question 1: Why?", "Question 2: How?"]


def test_what_the_solution_does_not_pass_is_not_asked_and_its_question_stays_one() -> None:
    cells = texts("## Task 1 (6 points)", "print(a)\nprint(b)", "## Task 2 (4 points)", "print(d)")
    _, sites = instrument(cells)
    kept = [[number(i, [1.5 + i + w, 2.5]) for i in range(3)] for w in (0, 1)]
    frame = FolderFacts(
        "sheet", [{"name": "v", "seed": 1}, {"name": "w", "seed": 2}], {}, waits={"b": "so", "d": "so"}
    )
    made = draft(cells, quantities(sites, kept), frame)
    checks = [c for q in made.rubric["questions"] for c in q["checks"]]
    assert [(c["kind"], c["points"]) for c in checks] == [("tensor", 6.0), ("manual", 4.0)]
    assert sum("the solution itself waits" in told.taken for told in made.assumed) == 2


def test_one_letter_of_a_common_word_speaks_only_where_it_stands_alone() -> None:
    known = ["p-value", "p"]
    assert _met(known, ["p"]) == ("p",)
    assert _met(known, ["p", "value", "of", "the", "test"]) == ("p", "value")
    assert _met(known, ["p", "spam"]) is None


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
    said = (
        "- 4 points",
        "(5 + 5 points)",
        "\n\n*Points: 6*",
        "\nPrint x. (2 pts)\nPrint y. (3 pts)",
        "\nWhy? *4 Punkte*",
    )
    assert [note_in(f"## Task 1 {words}").points for words in said] == [4.0, 10.0, 6.0, 5.0, 4.0]
    assert note_in("## Task 1\nGiven 3 points in the plane").points is None
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
    assert "activation" not in checks and any(told.name == "activation" for told in made.assumed)
    assert checks["C"]["order"] == "free"


def test_what_is_left_open_stands_on_one_page_with_its_default() -> None:
    texts = [
        ("markdown", "# Sheet"),
        ("code", "print(data)"),
        ("markdown", "## 1. Components (6 points)"),
        ("code", "print(v)"),
        ("markdown", "## 2. Is it symmetric? Say why."),
        ("code", "print('symmetric:', ok)"),
        ("markdown", "Yes: it equals its transposed."),
    ]
    cells = [Cell(index=i, kind=k, source=s) for i, (k, s) in enumerate(texts)]  # type: ignore[arg-type]
    _, sites = instrument(cells)
    truth = KeptValue(2, "", "number", values=np.asarray(1.0), truth=True)
    worlds = [[number(0, [n, 2.5]), number(1, [n, 0.5]), truth] for n in (1.5, 3.5)]
    frame = FolderFacts(
        "s",
        [{"name": "one", "seed": 1}, {"name": "two", "seed": 2}],
        {},
        words=words(sites, worlds),
        turned={"v": Turn("v", "free")},
    )
    made = draft(cells, quantities(sites, worlds), frame)
    asked = [(c["id"], c["kind"], c["points"]) for q in made.rubric["questions"] for c in q["checks"]]
    assert asked == [("v", "tensor", 6.0), ("answer", "text", 10.0)]
    lines = page(made, mistakes=3).splitlines()
    assert any(line.startswith("| data | not asked, since it stands above") for line in lines)
    assert any(
        line.startswith("| v | its sign is free") and "`# grade: sign fixed`" in line for line in lines
    )
    assert any(line.startswith("| symmetric | not asked, since the text") for line in lines)
    assert any(line.startswith("| points | ") and "2. Is it symmetric?" in line for line in lines)


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
    table = "a,b\n" + "".join(f"{i * i},{i * 1.5}\n" for i in range(20))
    made = redrawn("x.csv", table.encode(), 5)
    assert made is not None and made != table.encode()
    lines = made.decode().splitlines()
    assert lines[0] == "a,b" and len(lines) == 21 and set(lines[1:]) <= set(table.splitlines())
    other = redrawn("y.csv", table.replace("a,b", "c,d").encode(), 5)
    assert other is not None and other.decode().splitlines()[1:] == lines[1:], "files that belong together"
    assert redrawn("photo.png", b"\x89PNG", 5) is None
    semicolons = redrawn("z.csv", "größe;note\n1,5;2,0\n2,5;1,0\n3,5;3,0\n".encode("latin-1"), 5)
    assert semicolons is not None and semicolons.startswith("größe;note\n".encode("latin-1"))


def test_what_names_or_numbers_the_rows_stays_where_it_is() -> None:
    """Somebody sorts by it, or asks for the row of a day."""
    rows = [
        f"{day},{n},{n * n}"
        for day, n in zip(("mon", "tue", "wed", "thu", "fri", "sat"), range(6), strict=True)
    ]
    made = redrawn("x.csv", "\n".join(["day,n,square", *rows]).encode(), 5)
    assert made is not None
    days, *rest = zip(*(line.split(",") for line in made.decode().split()[1:]), strict=True)
    assert days == ("mon", "tue", "wed", "thu", "fri", "sat") and rest[0] != tuple("012345")
    assert all(int(b) == int(a) ** 2 for a, b in zip(*rest, strict=True)), (
        "the rest of a row belongs together"
    )
    sizes = redrawn("x.csv", b"size,price\n1.5,3\n2.5,5\n4.0,8\n", 5)
    assert sizes is not None and set(sizes.split()[1:]) <= {b"1.5,3", b"2.5,5", b"4.0,8"}, "no names"


def test_the_data_that_the_code_names_lie_beside_the_solution(tmp_path: Path) -> None:
    for name in ("birds.csv", "other.csv", "data/nests.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n1\n")
    notebook = tmp_path / "solution.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = ['birds.csv', 'data/nests.csv']")]),
        notebook,
    )
    found = dict(data_files(read_solution(notebook), notebook, None))
    assert found == {"birds.csv": b"birds.csv\n1\n", "data/nests.csv": b"data/nests.csv\n1\n"}


def test_a_likely_mistake_is_one_changed_line() -> None:
    found = {e.id: (e.before, e.after) for e in likely(code("m = x.mean(axis=0)\nv = 0.5 * np.sum(x)"))}
    assert found["sum_for_mean_1"] == ("m = x.mean(axis=0)", "m = x.sum(axis=0)")
    assert found["other_axis_1"] == ("m = x.mean(axis=0)", "m = x.mean(axis=1)")
    assert found["factor_left_out_1"] == ("v = 0.5 * np.sum(x)", "v = np.sum(x)")


# ------------------------------------------------------------------ the whole way


class Drafts:
    """Assignments of solutions, each drafted and proved once."""

    def __init__(self, home: Path, kernels: Kernels) -> None:
        self._home, self._kernels = home, kernels
        self._proofs: dict[str, Proof] = {}

    def folder(self, kind: str) -> Path:
        self.proof(kind)
        return self._home / kind

    def proof(self, kind: str) -> Proof:
        if kind not in self._proofs:
            self._proofs[kind] = asyncio.run(self._proved(kind))
        return self._proofs[kind]

    async def _proved(self, kind: str) -> Proof:
        data = SOLUTIONS / f"{kind}_data"
        notebook = solution(kind, self._home)
        await make(notebook, data if data.is_dir() else None, self._home / kind, self._kernels, Limits())
        return await prove(load(str(self._home / kind)), self._kernels, Limits())


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory, kernels: Kernels) -> Iterator[Drafts]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafting, "_KEPT_MISTAKES", MISTAKES)
        patch.setattr(command, "open_runner", kernels.open)
        yield Drafts(tmp_path_factory.mktemp("drafts"), kernels)


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_the_solution_itself_loses_nothing(drafts: Drafts, kind: str) -> None:
    own = {check: by_style["as it is"].verdict for check, by_style in drafts.proof(kind).results.items()}
    assert own == dict.fromkeys(own, "pass")


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_no_style_of_the_right_values_is_denied(drafts: Drafts, kind: str) -> None:
    assert drafts.proof(kind).lost == ()


@pytest.mark.kernel
@pytest.mark.parametrize("kind", KINDS)
def test_no_typed_in_value_passes(drafts: Drafts, kind: str) -> None:
    assert drafts.proof(kind).accepted == ()
    assert TYPED in drafts.proof(kind).styles


@pytest.mark.kernel
def test_a_drafted_folder_is_a_sound_assignment(drafts: Drafts) -> None:
    folder = drafts.folder("backprop")
    rubric = yaml.safe_load((folder / "rubric.yaml").read_text())
    assert [q["title"].partition(":")[0] for q in rubric["questions"]] == [
        "Question 1",
        "Question 2",
        "Question 3",
    ]
    assert [c["id"] for c in rubric["questions"][1]["checks"]] == ["dW1", "db1", "dW2", "db2", "dW3", "db3"]
    assert rubric["questions"][2]["checks"][0]["kind"] == "text"
    loaded = load(str(folder))
    assert len(loaded.mistakes) == MISTAKES
    assert loaded.variants([(loaded.mistakes[0].id,)])


@pytest.mark.kernel
def test_values_of_an_older_solution_are_never_taken(drafts: Drafts, tmp_path: Path) -> None:
    folder = shutil.copytree(drafts.folder("backprop"), tmp_path / "changed")
    path = folder / "solution.ipynb"
    changed = path.read_text().replace("seed(12345)", "seed(54321)")
    assert changed != path.read_text()
    path.write_text(changed)
    with pytest.raises(RubricError, match=r"changed since then; make it: grader rubric solve"):
        load(str(folder))
    old = json.loads((folder / "solution.json").read_text())["worlds"]["handout"]["dW1"]
    assert list(command.solve(folder))
    assert load(str(folder)).references[0]["dW1"].ravel().tolist() != old["values"]


@pytest.mark.kernel
def test_a_world_that_multiplies_autograd_has_the_solution_both_ways(drafts: Drafts, tmp_path: Path) -> None:
    folder = shutil.copytree(drafts.folder("cnn"), tmp_path / "factor")
    path = folder / "rubric.yaml"
    line = "  precision: 10\n"
    path.write_text(path.read_text().replace(line, f"{line}  autograd_factor: 0.5\n"))
    list(command.solve(folder))
    loaded = load(str(folder))
    gradient, other = (r[1]["net_fc_bias_grad"] for r in (loaded.references, loaded.by_other_means))
    assert np.allclose(gradient, 0.5 * other, rtol=1e-6) and other.any()
    assert np.array_equal(loaded.references[1]["logits"], loaded.by_other_means[1]["logits"])


@pytest.mark.kernel
def test_a_function_that_is_asked_for_and_not_shown_is_tried(tmp_path: Path, kernels: Kernels) -> None:
    path = tmp_path / "functions.ipynb"
    text = """# %% [markdown]
# ## Task 1: write `softplus(x)` (6 points)
# %%
import numpy as np
def softplus(x):
    return np.log1p(np.exp(x))
# %% [markdown]
# ## Task 2: put the sum of ten random numbers into `total` (4 points)
# %%
total = np.random.default_rng(3).random(10).sum()
"""
    nbformat.write(jupytext.reads(text, fmt="py:percent"), path)

    asyncio.run(make(path, None, tmp_path / "out", kernels, Limits()))
    checks = {c.id: c for c in load(str(tmp_path / "out")).rubric.tensor_checks()}
    assert (checks["softplus"].points, checks["total"].of) == (6.0, "variable")
    assert isinstance(checks["softplus"].calls, dict) and len(set(checks["softplus"].calls.values())) == 2


@pytest.mark.kernel
def test_a_solution_that_fails_is_told_with_its_cell(
    tmp_path: Path, kernels: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_runner", kernels.open)
    path = tmp_path / "broken.ipynb"
    nbformat.write(jupytext.reads("# %%\nx = 1\n# %%\nprint(y)\n", fmt="py:percent"), path)
    with pytest.raises(RubricError, match=r"cell 2: NameError"):
        list(command.draft(path, tmp_path / "out", None))
