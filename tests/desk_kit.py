"""An output folder for tests of the desk: hand-built reports, as a run would have left them."""

from __future__ import annotations

from pathlib import Path

from golden import samples

from grader import report as reports
from grader.folder.journal import Journal, JournalEntry
from grader.models import Cell, Execution, Flag, Output, Report, Student, Submission

ANSWERS = {
    "ada": "4. Yes, the same as before.",
    "bea": "**4)** yes the same as before",
    "cem": "4. No, the gradients are twice as large as last time.",
}


def lay(out: Path, students: dict[str, tuple[Report, Submission]], printed: str = "total 1.0") -> Path:
    """Write these students' reports, and the journal that says so."""
    journal = Journal(out / ".grader" / "journal.jsonl")
    run = Execution(status="ok", outputs=(Output(cell=3, index=0, kind="stdout", text=printed),))
    for name, (report, submission) in students.items():
        reports.write(report, submission, samples.RUBRIC, out / name, run)
        size = (out / name / "report.json").stat().st_size
        journal.note(JournalEntry(id=name, origin=f"/uploads/{name}.ipynb", key="k", state="done", size=size))
    return out


def student(
    name: str, answer: str, *, flags: tuple[Flag, ...] = (), unclear: bool = False, who: str = ""
) -> tuple[Report, Submission]:
    """A student who has everything right and answers question 4 so; unclear: one print waits, too."""
    report, submission = samples.all_right()
    person = Student(name=who or name.title())
    cells = (*submission.cells[:-1], Cell(index=4, kind="markdown", source=answer))
    dumped = report.model_dump()
    dumped["submission"] |= {"id": name, "path": f"{name}.ipynb", "student": person.model_dump()}
    dumped["questions"][2]["checks"][0]["answer"] = {"text": answer, "cell": 4}
    dumped["flags"] = [f.model_dump() for f in flags]
    if unclear:
        check = dumped["questions"][1]["checks"][0]
        check |= {"verdict": "review", "score": None, "message": "Two prints may be meant.", "said": None}
        dumped |= {"score": 50.0, "pending": 50.0}
    submission = submission.model_copy(update={"id": name, "cells": cells, "student": person})
    return Report.model_validate(dumped), submission


def small_class(out: Path) -> Path:
    """Three written answers, two of them the same, one print that waits, one flag."""
    late = (Flag(id="late", message="Handed in 2 h late."),)
    return lay(
        out,
        {
            "ada": student("ada", ANSWERS["ada"]),
            "bea": student("bea", ANSWERS["bea"], unclear=True),
            "cem": student("cem", ANSWERS["cem"], flags=late),
        },
    )
