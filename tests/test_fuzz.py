"""Whatever is handed in and printed, a report is written: by no fault of ours less, and within its time.

Submissions without kernels: what their cells print in each world is made up of the pieces that the readers
look for, of right values in odd places, and of text that nobody thought of.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pieces
import pytest
import torch
from doubling import cost
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from grader.assignment.loading import Assignment, load
from grader.intake import notebook, script
from grader.judging.grade import grade_within
from grader.models import Cell, CellError, Execution, Isolation, Output, Report, Submission
from grader.report.markdown import to_markdown
from grader.report.notebook import kept_outputs, to_ipynb
from grader.report.serial import to_json
from grader.report.student_page import to_html

_SLOWEST_S = 20.0  # of processor time that a report takes, and its pages; pairs of mistakes take some

_ODD = [
    *(
        "tensor([], size=(0, 3))",
        "tensor([], dtype=torch.int64)",
        "[]",
        "Empty DataFrame\nColumns: []\nIndex: []",
    ),
    *(
        "tensor(indices=tensor([[0, 1]]),\n       values=tensor([1., 2.]), size=(2,), "
        "layout=torch.sparse_coo)",
        "nan",
    ),
    *(
        "1e999999",
        "1e-999999",
        "1e" + "1" * 5000,
        "0." + "1" * 5000,
        "-inf",
        "9" * 400,
        "0x1p-3",
        ";" * 501,
        "[" * 200,
        "]" * 200,
        "(" * 40,
        "1" * 5000,
    ),
    *(
        "[nan, nan, nan, nan]",
        "tensor([nan, inf, -inf, 0.])",
        "[[1, 2], [3]]",
        "{1: [2, {3: (4,)}]}",
        "1j",
        "\x00",
    ),
]
_HW4 = load("hw4")


def _right(draw: st.DrawFn, world: int) -> str:
    """A right value, or nearly, in some spelling."""
    references = _HW4.references[world]
    name = draw(st.sampled_from(sorted(references)))
    value = references[name] * draw(st.sampled_from([1.0, 1.0, 1.0, 0.5, -1.0, 1.001, np.nan, 1e30]))
    if draw(st.booleans()):
        value = value.T
    spelled = draw(st.sampled_from([repr, str, lambda v: str(torch.tensor(v)), lambda v: str(v.tolist())]))
    return draw(st.sampled_from(["", f"{name} = ", f"{name}\n", f"{name}:\n\n", "h1: "])) + spelled(value)


@st.composite
def _printed(draw: st.DrawFn) -> list[str]:
    """What a cell prints, in each world."""
    same = draw(st.lists(st.one_of(_TEXT[0], st.sampled_from(_ODD)), max_size=12))
    made = []
    for world in range(len(_HW4.references)):
        parts = list(same) if draw(st.booleans()) else draw(st.lists(_TEXT[0], max_size=12))
        for _ in range(draw(st.integers(0, 2))):
            parts.insert(draw(st.integers(0, len(parts))), _right(draw, world) + "\n")
        made.append("".join(parts) * draw(st.sampled_from([1, 1, 1, 30])))
    return made


def _of(kinds: list[str]) -> st.SearchStrategy[str]:
    counted = [kind.replace("{i}", str(i)) for kind in kinds for i in (0, 7)]
    return st.one_of(st.sampled_from(counted), st.sampled_from(counted), st.text(max_size=8))


_TEXT = [_of(kinds) for kinds in (pieces.PRINTS, pieces.HTML, pieces.CODE, pieces.WORDS, pieces.BYTES)]
_SOURCES = st.one_of(*(st.lists(text, max_size=25).map("".join) for text in (_TEXT[2], _TEXT[3])))


@st.composite
def _submissions(draw: st.DrawFn) -> tuple[Submission, list[Execution]]:
    if draw(st.integers(0, 3)) == 0:
        parts = draw(
            st.lists(
                st.one_of(_TEXT[4], st.binary(max_size=6).map(lambda b: b.decode("latin-1"))), max_size=30
            )
        )
        data = "".join(parts).encode("utf-8", "surrogatepass")
        read = draw(st.sampled_from([notebook.read, script.read]))(data)
    else:
        kinds = draw(st.lists(st.sampled_from(["code", "code", "markdown", "raw"]), min_size=1, max_size=6))
        raw = [
            {"cell_type": kind, "source": draw(_SOURCES), "outputs": [{"text": draw(_printed())[0]}]}
            for kind in kinds
        ]
        data = json.dumps({"cells": raw, "nbformat": 4}).encode()
        read = notebook.read(data)
    submission = Submission(
        id="odd",
        path="odd.ipynb",
        sha256=hashlib.sha256(data).hexdigest(),
        cells=read.cells,
        flags=read.flags,
        problem=read.problem,
    )
    return submission, _executions(draw, read.cells)


def _executions(draw: st.DrawFn, cells: tuple[Cell, ...]) -> list[Execution]:
    worlds: list[list[Output]] = [[] for _ in _HW4.references]
    for cell in (c for c in cells if c.kind == "code"):
        for index in range(draw(st.integers(0, 3))):
            kind = draw(st.sampled_from(["stdout", "stdout", "stderr", "result", "display", "error"]))
            html = (
                draw(st.lists(_TEXT[1], max_size=25).map("".join)) if kind in ("display", "result") else None
            )
            for outputs, text in zip(worlds, draw(_printed()), strict=True):
                if draw(st.integers(0, 9)):  # one that another world lacks
                    made = Output(cell=cell.index, index=index, kind=kind, text=text, html=html or None)
                    outputs.append(made)
    status = st.sampled_from(["ok", "ok", "ok", "error", "timeout", "killed"])
    errors = (CellError(cell=0, name=draw(st.text(max_size=5)) or "E", message=draw(st.text(max_size=20))),)
    return [
        Execution(
            status=draw(status),
            outputs=tuple(outputs),
            errors=draw(st.sampled_from([(), errors])),
            isolation=Isolation(tier="none"),
        )
        for outputs in worlds
    ]


def _report(submission: Submission, executions: list[Execution], hw4: Assignment) -> Report:
    graded = grade_within(submission, executions, hw4)
    assert not graded.traces, "\n".join(graded.traces)
    report = graded.report
    outputs = kept_outputs(executions[0]) if executions else ()
    to_json(report)
    to_markdown(report, submission, hw4.rubric)
    to_html(report, submission, hw4.rubric, outputs)
    to_ipynb(submission.cells, outputs)
    return report


def _holds(made: tuple[Submission, list[Execution]], hw4: Assignment) -> None:
    submission, executions = made
    reports = []
    assert cost(lambda: reports.append(_report(submission, executions, hw4)), _SLOWEST_S) < _SLOWEST_S
    checks = [c for q in reports[0].questions for c in q.checks]
    assert (reports[0].score is None) == (submission.problem is not None)
    assert all((c.score is None) == (c.verdict == "review") for c in checks)


_quiet = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=60, derandomize=True, **_quiet)  # type: ignore[arg-type]
@given(_submissions())
def test_anything_has_a_report(hw4: Assignment, made: tuple[Submission, list[Execution]]) -> None:
    _holds(made, hw4)


@pytest.mark.slow
@settings(max_examples=10_000, phases=[Phase.generate], **_quiet)  # type: ignore[arg-type]
@given(_submissions())
def test_ten_thousand_of_anything_have_reports(
    hw4: Assignment, made: tuple[Submission, list[Execution]]
) -> None:
    _holds(made, hw4)
