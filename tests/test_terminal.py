"""All that commands print goes through one filter, whatever students are called and whatever they print."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable
from pathlib import Path

import desk_kit
import pytest
from class_kit import RIGHT, FakeRunner, make_notebook
from golden import samples
from test_cli import Terminal

import grader
from grader import cli
from grader.commands import grade as grade_command
from grader.folder.journal import Journal, JournalEntry
from grader.folder.place import remember, traceback_path
from grader.models import Flag, Report
from grader.text import line_of, printable

EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj\u2066\r\n[9/9] eve: 100 of 100\x08\ud800"
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ON_DISK = EVIL.replace("/", "").replace("\ud800", "")
_PRINTS = {"print", "echo", "secho", "write"}
_MAY_PRINT = {  # what prints without the filter, and why
    ("cli.py", "_version"),  # our own version
    ("cli.py", "_usage"),  # the help, which nobody writes but we
    ("cli.py", "_complain"),  # filters itself: there may be no more to import
    ("commands/progress.py", "say"),  # the filter
    ("commands/formats.py", "rubric_schema"),  # JSON, in ASCII
    ("commands/formats.py", "report_schema"),
}


def test_commands_print_through_the_filter_alone() -> None:
    root = Path(grader.__file__).parent
    found = set()
    for file in [root / "cli.py", *(root / "commands").glob("*.py")]:
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                calls = (n.func for n in ast.walk(function) if isinstance(n, ast.Call))
                if any(_prints(call) for call in calls):
                    found.add((str(file.relative_to(root)), function.name))
    found -= {("commands/serve.py", "invite")}  # an address of ours alone, for a pipe
    assert found <= _MAY_PRINT, found - _MAY_PRINT


def _prints(call: ast.expr) -> bool:
    if isinstance(call, ast.Name):
        return call.id == "print"
    owner = call.value if isinstance(call, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id in ("typer", "click", "sys") and call.attr in _PRINTS  # type: ignore[union-attr]


def test_a_line_is_one_line_and_nothing_in_it_acts() -> None:
    assert not ACTS.search(line_of(EVIL)) and "\n" not in line_of(EVIL)
    assert "owned" in line_of(EVIL)
    assert len(printable(EVIL * 500)) < 200


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


def _class(out: Path) -> None:
    """Two graded students and one who was not, all with names and prints that act."""
    students = {}
    for name in ("ada", "bea"):
        flags = (Flag(id=f"odd{EVIL[:8]}", message=EVIL),)
        report, submission = desk_kit.student(name, f"4. {EVIL}", flags=flags, unclear=True, who=EVIL)
        dumped = report.model_dump()
        dumped["submission"]["path"] = f"{EVIL}/{name}.ipynb"
        dumped["execution"] |= {"errors": [{"cell": 0, "name": EVIL, "message": EVIL}], "message": EVIL}
        check = dumped["questions"][1]["checks"][0]
        check.update(message=EVIL)
        check["evidence"].update(text=EVIL, label=EVIL)
        students[name] = (Report.model_validate(dumped), submission)
    desk_kit.lay(out, students, EVIL)
    journal = Journal(out / ".grader" / "journal.jsonl")
    journal.note(JournalEntry(id="cem", origin=f"/u/{ON_DISK}", key="k", state="failed", message=ON_DISK))


WALK: dict[str, Callable[[Path], list[object]]] = {
    "show": lambda out: ["show", out, "ada"],
    "show nobody": lambda out: ["show", out, EVIL],
    "sheet": lambda out: ["sheet", out, "--to", out / "sheet.csv"],
    "mark": lambda out: ["mark", out, "ada", "output", "3", "--reason", EVIL, "--by", EVIL],
    "mark nobody": lambda out: ["mark", out, EVIL, EVIL, "3", "--reason", "x", "--by", "y"],
    "diff": lambda out: ["diff", out, out.with_name("other")],
    "lookalikes": lambda out: ["lookalikes", out],
    "export": lambda out: ["export", "csv", out, "--to", out / EVIL.replace("/", "")[:4]],
    "rescore": lambda out: ["rescore", out],
    "grade what is not there": lambda out: ["grade", out / "no" / ON_DISK, "--out", out],
    "check what is not there": lambda out: ["check", out / "no" / ON_DISK],
    "rubric": lambda out: ["rubric", "check", ON_DISK],
    "no such command": lambda out: [EVIL],
    "no such option": lambda out: ["show", f"--{EVIL}"],
}


@pytest.mark.parametrize("name", WALK)
def test_no_command_lets_a_student_s_text_act(
    terminal: Terminal, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.commands.folder.rubric_of", lambda *_: samples.RUBRIC)
    _class(terminal.folder / "class")
    _class(terminal.folder / "other")
    terminal(*WALK[name](terminal.folder / "class"))
    shown = terminal.stdout + terminal.stderr
    assert shown and not ACTS.search(shown), repr(ACTS.search(shown))
    assert "\n[9/9]" not in shown


def test_a_class_of_such_names_is_graded_line_by_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = FakeRunner({"bad": ValueError(EVIL)})
    monkeypatch.setattr(grade_command, "open_runner", runner.open)
    make_notebook(
        terminal.uploads / f"{EVIL.replace('/', '').encode(errors='replace').decode()}.ipynb", RIGHT
    )
    make_notebook(terminal.uploads / "bad.ipynb", RIGHT)
    (terminal.uploads / "bro\x1b[31mken.ipynb").write_text("{")
    (terminal.uploads / os.fsdecode(b"no\xffcode.ipynb")).write_text("{")
    terminal.grade()
    shown = terminal.stdout + terminal.stderr
    assert shown and not ACTS.search(shown)
    assert "\n[9/9]" not in shown


def test_a_kept_traceback_acts_no_more_than_a_line(tmp_path: Path) -> None:
    remember(tmp_path, "ada", [f"ValueError: {EVIL}"])
    kept = traceback_path(tmp_path, "ada").read_text(encoding="utf-8")
    assert "owned" in kept and not ACTS.search(kept)


def test_a_fault_of_ours_quotes_nothing_that_acts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(EVIL)

    monkeypatch.setattr("grader.commands.show.run", broken)
    assert cli.run(["show", "out", "ada"]) == 3
    assert not ACTS.search(capsys.readouterr().err)
