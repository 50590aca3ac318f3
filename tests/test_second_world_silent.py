"""What a notebook finds out under another seed stays there: no text of that run is in a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from class_kit import make_assignment

from grader import report as reports
from grader.assignment.loading import load
from grader.judging.grade import grade_within
from grader.models import Cell, CellError, Execution, Output, Refusal, Said, Submission

WORD = "zanzibar"
SOURCE = f"import os\nshow()  # '{WORD[:4]}' '{WORD[4:]}' 'saved.csv'"
FIRST = {"right": "total = [1.25, 2.5, 3.75]\n", "wrong": "total = [9.5, 8.5, 7.5]\n", "missing": "none\n"}


def _refusals() -> tuple[Refusal, ...]:
    """As a kernel may forge them: names of its own, and the notebook's words in a telling order."""
    forged = [("file", WORD, WORD), ("package", WORD, f"import {WORD}"), ("command", "zanz", "ibar")]
    forged += [("file", "zanz", "ibar"), ("path", "ibar", "zanz"), ("file", "ibar", "saved.csv")] * 20
    return tuple(
        Refusal(kind=kind, about=about, call=call, cell=0, effect="raised", lost=(n % 2,), told_by="kernel")  # type: ignore[arg-type]
        for n, (kind, about, call) in enumerate(forged)
    )


SECOND: dict[str, dict[str, Any]] = {
    "a label": {
        "outputs": (("stdout", f"{WORD} total = [2.5, 5.0, 7.5]\n{WORD}: [7.25, 7.5, 7.75]\n", None),)
    },
    "the same, and words": {"outputs": (("stdout", f"total = [2.5, 5.0, 7.5]\n{WORD}\n", None),)},
    "stderr": {"outputs": (("stderr", f"{WORD}Warning: total\n", None),)},
    "a table": {"outputs": (("display", WORD, f"<table><tr><th>{WORD}<td>2.5<td>5.0<td>7.5</table>"),)},
    "an error's name": {"status": "error", "errors": ((0, WORD, WORD),), "message": f"cell 1 raised {WORD}"},
    "an absent module": {"errors": ((0, "ModuleNotFoundError", f"No module named '{WORD}'"),)},
    "an absent file": {"errors": ((0, "FileNotFoundError", f"[Errno 2] No such file: '{WORD}.csv'"),)},
    "what was missing": {"missing_packages": (WORD,)},
    "refusals": {"refusals": _refusals()},
    "what it answered": {"taken": ((WORD, "stdout"),)},
}


def _run(status: str, outputs: Any, errors: Any = (), **more: Any) -> Execution:
    made = tuple(
        Output(cell=0, index=n, kind=kind, text=text, html=html)
        for n, (kind, text, html) in enumerate(outputs)
    )
    taken = tuple(Output(cell=1, index=0, kind="stdout", text=text) for text, _ in more.pop("taken", ()))
    failed = tuple(CellError(cell=cell, name=name, message=message) for cell, name, message in errors)
    message = more.pop("message", "")
    said = Said("{x}", {"x": message}) if message else None
    return Execution(
        status=status,
        outputs=made,
        errors=failed,
        taken=taken,
        message=message,
        said=said,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("second", SECOND)
def test_no_word_of_another_world_is_in_a_report(first: str, second: str, tmp_path: Path) -> None:
    tiny = load(str(make_assignment(tmp_path / "tiny")))
    cells = (Cell(index=0, kind="code", source=SOURCE),)
    submission = Submission(id="eve", path="eve.ipynb", sha256="0", cells=cells)
    shown = _run("ok", (("stdout", FIRST[first], None),))
    other = _run(**{"status": "ok", "outputs": (("stdout", FIRST[first], None),), **SECOND[second]})
    report = grade_within(submission, [shown, other], tiny).report
    for name, page in reports.pages(report, submission, tiny.rubric, shown).items():
        assert WORD not in page, name
    told = [(r.kind, r.about, r.call) for r in report.execution.refusals]
    assert len(told) <= len({kind for kind, *_ in told})
