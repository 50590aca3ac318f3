"""Checks of words, and what a person looks at below a heading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from class_kit import make_assignment

from grader.assignment.loading import Assignment, load
from grader.desk.queue import queue
from grader.errors import RubricError
from grader.extract import extract
from grader.judging.decide import decide
from grader.judging.decision import Decision
from grader.judging.grade import grade
from grader.judging.word import _printed, folded
from grader.marks.marks import seen_in
from grader.models import Cell, Execution, Output, Submission

RUBRIC = """
id: words
version: "1"
title: Words
worlds: [{name: handout, seed: 1}, {name: second, seed: 2}]
vocabulary:
  total: [total]
  activation: [activation, activation function]
  better: [better model, better, winner]
  symmetric: [symmetric]
  verdict: [diagnosis, the model is]
  path: [path]
questions:
  - id: q1
    title: Words
    checks:
      - {id: total, kind: tensor, quantity: total, title: t, points: 1, labels: [[total]]}
      - id: activation
        kind: word
        title: t
        points: 1
        labels: [[activation]]
        answers: relu
        wrong: [tanh, sigmoid]
        from_data: false
      - id: better
        kind: word
        title: t
        points: 1
        labels: [[better]]
        answers: {handout: A, second: B}
      - {id: symmetric, kind: word, title: t, points: 1, labels: [[symmetric]], answers: True}
      - {id: verdict, kind: word, title: t, points: 1, labels: [[verdict]], answers: [overfitting, overfit]}
      - id: path
        kind: word
        title: t
        points: 1
        labels: [[path]]
        answers: {handout: a -> b -> c, second: b -> b -> c}
  - id: q2
    title: The plot
    checks:
      - {id: plot, kind: manual, title: The plot, points: 5, headings: ['\\bplot\\b'], wants: picture}
      - {id: derivation, kind: manual, title: The derivation, points: 5, headings: ['\\bderiv']}
"""
Show = Callable[[int], str]
PICTURE = "iVBORw0KGgo="


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return made(tmp_path_factory.mktemp("words"), RUBRIC)


def made(folder: Path, rubric: str) -> Assignment:
    make_assignment(folder, rubric)
    (folder / "prelude.py").unlink()
    return load(str(folder))


def judged(assignment: Assignment, show: Show, code: str = "compute()") -> dict[str, Decision]:
    """The decisions on what one cell prints in each world, 0 and 1."""
    worlds = [[Output(cell=0, index=0, kind="stdout", text=show(world))] for world in (0, 1)]
    cells = [Cell(index=0, kind="code", source=code)]
    return decide(cells, [extract(outputs) for outputs in worlds], assignment, worlds)


@pytest.mark.parametrize(
    "line",
    [
        "activation: relu",
        "Activation function = ReLU",
        "activation 'relu'",
        "activation: ReLU()",
        "activation: <class 'torch.nn.modules.activation.ReLU'>",
        "activation:\nReLU",
        "{'activation': 'relu', 'lr': 0.1}",
        "lr: 0.1, activation: re-lu",
        "The activation is “ReLU”.".replace(" is", ":"),
        "activation     relu\ndtype: object",
    ],
)
def test_a_word_is_right_in_any_spelling(words: Assignment, line: str) -> None:
    decision = judged(words, lambda _: line, "print('activation:', 'relu')")["activation"]
    assert decision.verdict == "pass", decision.reason


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("activation: tanh", "fail"),
        ("activation: Sigmoid()", "fail"),
        ("activation: gelu", "review"),  # the rubric does not know it
        ("activation: not relu", "review"),
        ("activation: relu, tanh", "review"),
        ("activation: relu\nactivation: tanh", "review"),
        ("activation: relu or tanh", "review"),
        ("relu", "review"),  # nothing says what it is
        ("batch size: relu", "review"),
        ("nothing", "missing"),
        ("", "missing"),
    ],
)
def test_a_wrong_an_unknown_or_a_missing_word(words: Assignment, line: str, verdict: str) -> None:
    decision = judged(words, lambda _: line)["activation"]
    assert decision.verdict == verdict, decision.reason


@pytest.mark.parametrize(
    ("name", "verdict", "show", "code"),
    [
        # what moves with the world was computed, though its letters stand in the code
        (
            "better",
            "pass",
            lambda w: f"better model: {'AB'[w]}",
            "print('better model:', 'A' if a > b else 'B')",
        ),
        ("better", "fail", lambda w: "better model: A", "print('better model: A')"),
        ("better", "fail", lambda w: "better model: A", "x = 'A'\nprint('better model:', x)"),
        ("better", "fail", lambda w: "better model: B", "print('better model:', best(a, b))"),
        ("better", "review", lambda w: "better model: A", "print('better model:', best(a, b))"),
        ("path", "pass", lambda w: f"path {'ab'[w]}→b→c", "print('path', '→'.join(path))"),
        ("path", "review", lambda w: f"path {'ab'[w]}→c→c", "print('path', '→'.join(path))"),
        ("path", "pass", lambda w: f"path → {'ab'[w]}, b, c", "print('path →', ', '.join(path))"),
        ("better", "missing", lambda w: "I don't know", "print('I don\\'t know')"),
        # what no world moves passes where it does not stand in the code
        ("symmetric", "pass", lambda w: "symmetric: True", "print('symmetric:', np.allclose(A, A.T))"),
        ("symmetric", "pass", lambda w: "symmetric? yes", "print('symmetric?', say(A.sum(keepdims=True)))"),
        (
            "symmetric",
            "pass",
            lambda w: "symmetric: tensor(True)",
            "print('symmetric:', torch.equal(A, A.T))",
        ),
        ("symmetric", "pass", lambda w: "symmetric: np.True_", "print('symmetric:', repr((A == A.T).all()))"),
        (
            "symmetric",
            "pass",
            lambda w: "symmetric: True",
            "while True:\n    break\nprint('symmetric:', (A.sum(axis=-1) == A[-1]).all())",
        ),
        ("symmetric", "review", lambda w: "symmetric: True", "print('symmetric:', True)"),
        ("symmetric", "review", lambda w: "symmetric: True", "print('symmetric:', 1 == 1)"),
        ("symmetric", "review", lambda w: "symmetric: True", "x = not False\nprint('symmetric:', x)"),
        ("symmetric", "fail", lambda w: "symmetric: False", "print('symmetric:', np.allclose(A, A.T))"),
        ("symmetric", "review", lambda w: "symmetric: 1", "print('symmetric:', int(np.allclose(A, A.T)))"),
        ("verdict", "pass", lambda w: "The model is overfitting.", "print(f'The model is {diagnose(m)}.')"),
        ("verdict", "review", lambda w: "diagnosis: overfitting", "print('diagnosis:', 'overfitting')"),
        ("verdict", "review", lambda w: "diagnosis: overfitting", "print('diagnosis: overfitting')"),
        (
            "verdict",
            "review",
            lambda w: ("diagnosis: overfit", "diagnosis: underfit")[w],
            "print(diagnose(m))",
        ),
    ],
)
def test_a_word_that_depends_on_the_data_has_to_be_computed(
    words: Assignment, name: str, verdict: str, show: Show, code: str
) -> None:
    decision = judged(words, show, code)[name]
    assert decision.verdict == verdict, decision.reason
    assert (decision.credit is None) == (verdict == "review")


def test_where_it_was_read_is_told(words: Assignment) -> None:
    evidence = judged(words, lambda _: "lr: 0.1\nactivation: tanh")["activation"].evidence
    assert evidence is not None
    assert (evidence.cell, evidence.text, evidence.span) == (0, "activation: tanh", (8, 24))


def test_spellings_of_one_word() -> None:
    assert {folded(t) for t in ("Over-Fitting", "over fitting", "`overfitting`", "OVERFITTING.")} == {
        "overfitting"
    }
    assert {folded(t) for t in ("True", "yes", "Ja", "tensor(True)", "np.True_", "[True]")} == {"true"}
    assert folded("not relu") != folded("relu")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("answers: {handout: A, second: B}", "answers: {handout: A}", "expected every world"),
        ("answers: True", "answers: []", "expected the right words"),
        ("labels: [[better]]", "labels: [[worse]]", "expected a vocabulary entry"),
    ],
)
def test_a_rubric_without_right_words_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(RubricError, match=said):
        made(tmp_path, RUBRIC.replace(before, after))


# ----------------------------------------------------------------------------- what a person looks at


def looked_at(
    words: Assignment, sources: Sequence[tuple[str, str]], shown: Sequence[int] = ()
) -> dict[str, Decision]:
    """The decisions on a notebook. shown: cells that show a picture."""
    cells = [Cell(index=i, kind=kind, source=s) for i, (kind, s) in enumerate(sources)]  # type: ignore[arg-type]
    outputs = [Output(cell=i, index=0, kind="display", text="<Figure>", image=PICTURE) for i in shown]
    return decide(cells, [extract(outputs)] * 2, words, [outputs] * 2)


def test_what_stands_below_the_heading_waits_with_its_picture(words: Assignment) -> None:
    decision = looked_at(
        words,
        [
            ("markdown", "## Question 1\nText"),
            ("code", "plt.plot(other)"),
            ("markdown", "## The plot"),
            ("code", "plt.plot(loss)"),
            ("markdown", "It falls."),
            ("markdown", "## Derivation\n1. Take the derivative\n2. Set it to zero"),
        ],
        shown=[1, 3],
    )
    plot, derivation = decision["plot"], decision["derivation"]
    assert (plot.verdict, plot.credit) == ("review", None)
    assert plot.answer is not None and derivation.answer is not None
    assert (plot.answer.cells, len(plot.answer.pictures)) == ((3, 4), 1)
    assert plot.answer.text == "plt.plot(loss)\n\nIt falls."
    assert derivation.answer.text == "1. Take the derivative\n2. Set it to zero"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([("markdown", "## The plot"), ("markdown", "## Derivation\nx")], "Nothing was handed in below"),
        ([("code", "plt.plot(x)")], "No heading of this question"),
        ([("markdown", "## The plot"), ("code", "draw(x)")], "there is no picture"),
        ([("code", "# the plot\ndraw(x)")], "there is no picture"),
    ],
)
def test_what_was_not_handed_in_is_said_and_costs_nothing_by_itself(
    words: Assignment, sources: list[tuple[str, str]], said: str
) -> None:
    decision = looked_at(words, sources)["plot"]
    assert (decision.verdict, decision.credit) == ("review", None)
    assert said in str(decision.reason)


def test_the_desk_shows_each_ones_cells_apart_and_what_is_lacking(words: Assignment) -> None:
    """Alike code draws other pictures: nobody's is settled by another's."""
    reports = []
    for name, source in (("ann", "draw(1)"), ("ben", "draw(1)"), ("cleo", "")):
        cells = (
            Cell(index=0, kind="markdown", source="## The plot"),
            Cell(index=1, kind="code", source=source),
        )
        outputs = (Output(cell=1, index=0, kind="display", image=PICTURE + name),) if source else ()
        run = Execution(status="ok", outputs=outputs)
        reports.append(grade(Submission(id=name, path=name, sha256=name, cells=cells), [run, run], words))
    items = [i for i in queue(reports, words.rubric) if i.topic == "plot"]
    assert [(i.kind, i.submissions, i.cells, i.text) for i in items] == [
        ("text", ("ann",), (1,), "draw(1)"),
        ("text", ("ben",), (1,), "draw(1)"),
        ("text", ("cleo",), (), ""),
    ]
    assert "Nothing was handed in" in items[2].said
    plots = [c for r in reports[:2] for q in r.questions for c in q.checks if c.id == "plot"]
    assert seen_in(plots[0]) != seen_in(plots[1])


def test_a_heading_of_another_level_does_not_end_it(words: Assignment) -> None:
    found = looked_at(
        words,
        [("markdown", "## Plot\n### Loss"), ("code", "a()"), ("markdown", "### Accuracy"), ("code", "b()")],
    )["plot"]
    assert found.answer is not None and found.answer.cells == (0, 1, 2, 3)


def test_a_row_of_words_waits_where_numbers_or_another_name_stand_for_it() -> None:
    right = ["sun -> rain -> sun -> sun"]
    for text, found in [
        ("states: [0, 2, 0, 0]", True),
        ("1 sun\n2 rain\n3 sun\n4 sun", True),
        ("[np.int64(1), np.int64(0), np.int64(1), np.int64(1)]", True),
        ("states: [0, 2, 2, 0]", False),
        ("sun and rain", False),
    ]:
        assert _printed([right], [[Output(cell=0, index=0, kind="stdout", text=text)]]) is found, text
