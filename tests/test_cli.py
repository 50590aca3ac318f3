"""The command line as a person uses it: what it prints, where, and its exit codes."""

from __future__ import annotations

import csv
import errno
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from class_kit import RIGHT, RUBRIC, WRONG, FakeRunner, make_assignment, make_class, make_notebook

from grader import cli
from grader.commands import grade as command
from grader.errors import IsolationError, KernelStartError, StorageError
from grader.execute import Job
from grader.folder.lock import hold
from grader.jail.probe import LayerFinding
from grader.models import Execution, Output


class Terminal:
    """Calls the command line in this process, with `runner` in place of kernels."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.rubric = make_assignment(folder / "tiny")
        self.uploads = folder / "class"
        self.out = folder / "out"
        self.stdout = self.stderr = ""

    def __call__(self, *arguments: object) -> int:
        code = cli.run([str(a) for a in arguments])
        self.stdout, self.stderr = self._capsys.readouterr()
        return code

    def grade(self, *more: object) -> int:
        return self("grade", self.uploads, "--out", self.out, "--rubric", self.rubric, *more)

    def grades(self) -> dict[str, str]:
        with (self.out / "grades.csv").open(newline="") as file:
            return {row["id"]: row["score"] for row in csv.DictReader(file)}


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    fake = FakeRunner()
    monkeypatch.setattr(command, "open_runner", fake.open)
    return fake


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


# ------------------------------------------------------------------ grade


def test_a_class_is_graded_and_the_last_line_says_who_waits(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT, ben=WRONG)
    assert terminal.grade() == 0
    title, *lines = terminal.stdout.splitlines()
    assert title == f"Tiny (tiny, version 1, {terminal.rubric.resolve()})"
    assert [line.split(" (")[0] for line in sorted(lines[:2], key=lambda x: x[6:])] == [
        "[1/2] anna: 10 of 10",
        "[2/2] ben: 0 of 10",
    ]
    assert lines[-1] == f"2 of 2 graded; 0 wait for a person. Reports: {terminal.out}"
    assert terminal.grades() == {"anna": "10", "ben": "0"}
    assert terminal.stderr == ""
    assert terminal.grade() == 0
    assert "[1/2] anna: unchanged, kept" in terminal.stdout
    assert len(runner.ran) == 4


def test_one_broken_file_among_thirty_leaves_the_others_whole(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, **{f"s{i:02}": RIGHT for i in range(29)})
    (terminal.uploads / "broken.ipynb").write_bytes(b'{"cells": [')
    assert terminal.grade() == 1
    assert terminal.stdout.splitlines()[-1].startswith("29 of 30 graded; 1 could not be read; 0 wait")
    scores = terminal.grades()
    assert scores.pop("broken") == ""
    assert set(scores.values()) == {"10"} and len(scores) == 29


def test_our_failure_is_exit_code_3_and_the_next_run_repairs_it(
    terminal: Terminal, runner: FakeRunner
) -> None:
    make_class(terminal.uploads, anna=RIGHT, ben=RIGHT)
    runner.faults = {"ben": KernelStartError("no kernel could be started")}
    assert terminal.grade() == 3
    assert "not graded: ben: no kernel could be started" in terminal.stdout
    assert "1 failed by our fault, run the same command again" in terminal.stdout.splitlines()[-1]
    assert terminal.grades() == {"anna": "10", "ben": ""}
    runner.faults = {}
    assert terminal.grade() == 0
    assert terminal.grades() == {"anna": "10", "ben": "10"}


@pytest.mark.judges
def test_a_solution_with_a_mistake_stops_the_run_and_blames_no_submission(
    terminal: Terminal, runner: FakeRunner
) -> None:
    make_class(terminal.uploads, anna=RIGHT, ben=RIGHT)
    (terminal.rubric / "canonical.py").write_text("def quantities(world):\n    return {}\n")
    assert terminal.grade() == 2
    assert "is not computed by the solution" in terminal.stderr and terminal.stderr.count("\n") == 1
    assert runner.ran == []
    make_assignment(terminal.rubric)
    assert terminal.grade() == 0
    assert terminal.grades() == {"anna": "10", "ben": "10"}


def test_whoever_only_hands_out_and_keeps_does_not_import_torch(terminal: Terminal) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    (terminal.rubric / "canonical.py").write_text(
        "import torch\n" + (terminal.rubric / "canonical.py").read_text()
    )
    program = (
        "import sys; from pathlib import Path; from class_kit import FakeRunner; from grader import cli; "
        "from grader.commands import grade; grade.open_runner = FakeRunner().open; "
        "code = cli.run(sys.argv[1:]); print('torch' in sys.modules); sys.exit(code)"
    )
    arguments = ["grade", terminal.uploads, "--out", terminal.out, "--rubric", terminal.rubric]
    found = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert found.stdout.endswith("False\n")
    assert terminal.grades() == {"anna": "10"}


def test_without_isolation_nothing_runs_and_one_line_says_so(
    terminal: Terminal, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    asked: list[tuple[str, bool]] = []

    def refuse(*, isolation: str, allow_unsafe: bool, **_: object) -> object:
        asked.append((isolation, allow_unsafe))
        if isolation != "none":
            raise IsolationError("this machine has no cage; see grader doctor")
        return runner.open()

    monkeypatch.setattr(command, "open_runner", refuse)
    assert terminal.grade() == 3
    assert terminal.stderr == "grader: this machine has no cage; see grader doctor\n"
    assert terminal.grade("--isolation", "full", "--allow-unsafe") == 3
    assert runner.ran == []
    assert terminal.grade("--allow-unsafe") == 0
    assert asked == [("base", False), ("full", True), ("base", True), ("none", True)]


def test_limits_reach_the_runner(
    terminal: Terminal, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    seen = []

    def spy(**given: object) -> object:
        seen.append(given)
        return runner.open()

    monkeypatch.setattr(command, "open_runner", spy)
    assert terminal.grade("--jobs", 5, "--timeout", 7, "--isolation", "namespaces") == 0
    assert (seen[0]["jobs"], seen[0]["isolation"]) == (5, "namespaces")
    limits = seen[0]["limits"]
    assert isinstance(limits, command.Limits)
    assert (limits.total_s, limits.cell_s) == (7, 7)
    assert terminal.grade("--cell-timeout", 3) == 0
    assert isinstance(limits := seen[1]["limits"], command.Limits)
    assert (limits.total_s, limits.cell_s) == (command.Limits().total_s, 3)


def test_only_some_and_the_class_keeps_the_others(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT, ben=WRONG, bea=RIGHT)
    assert terminal.grade() == 0
    make_notebook(terminal.uploads / "ben.ipynb", RIGHT)
    make_notebook(terminal.uploads / "anna.ipynb", WRONG)
    assert terminal.grade("--only", "be*") == 0
    assert terminal.stdout.splitlines()[-1].startswith("2 of 2 graded")
    assert terminal.grades() == {"anna": "10", "ben": "10", "bea": "10"}
    assert terminal.grade("--only", "bnn") == 2
    assert terminal.stderr == "grader: --only bnn names no submission; did you mean ben, anna?\n"


def test_what_belongs_to_nobody_is_listed(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT, ben=RIGHT)
    for i in range(7):
        (terminal.uploads / f"={i}.csv").write_text("")
    assert terminal.grade() == 0
    assert terminal.stdout.count("not assigned: =") == 5
    assert f"not assigned: 2 more, listed in {terminal.out / 'not_assigned.csv'}" in terminal.stdout
    rows = list(csv.reader((terminal.out / "not_assigned.csv").open(newline="")))
    assert rows[1] == ["'=0.csv", "beside several notebooks: whose it is can't be told"]
    assert len(rows) == 8


def test_neither_rubric_nor_reports_are_handed_to_a_notebook_beside_them(
    terminal: Terminal, runner: FakeRunner
) -> None:
    make_class(terminal.folder, anna=RIGHT)
    (terminal.folder / "data.csv").write_text("1")
    for _ in range(2):
        assert terminal("grade", terminal.folder, "--out", terminal.out, "--rubric", terminal.rubric) == 0
    assert [[f.name for f in files] for files in runner.files] == [["data.csv"], ["data.csv"]]


def test_absurd_names_reach_the_screen_as_text(terminal: Terminal, runner: FakeRunner) -> None:
    for name in ("[red]x[/red]", "a\x1b[31mb\nc", "=1+1", "😀", "two words"):
        make_notebook(terminal.uploads / f"{name}.ipynb", RIGHT)
    assert terminal.grade() == 0
    assert "\x1b" not in terminal.stdout
    assert len(terminal.grades()) == 5


def test_a_second_run_on_the_same_folder_refuses(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    assert terminal.grade() == 0
    with (terminal.out / ".grader" / "lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert terminal.grade() == 2
    assert f"another run (process {os.getpid()}) is writing there" in terminal.stderr
    assert terminal.grade() == 0


def test_reports_of_another_assignment_are_not_overwritten(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    assert terminal.grade() == 0
    terminal.rubric = make_assignment(terminal.folder / "other", RUBRIC.replace("id: tiny", "id: other"))
    assert terminal.grade() == 2
    assert f"{terminal.out} holds reports of tiny, not of other" in terminal.stderr
    assert terminal.grades() == {"anna": "10"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["grade", "nowhere", "--out", "o"], "nowhere does not exist"),
        (["grade", "{empty}", "--out", "o"], "no notebook found in"),
        (["grade", "{class}", "--out", "{class}"], "holds the uploads"),
        (["grade", "{class}", "--out", "{class}/.."], "holds the uploads"),
        (["grade", "{class}", "--out", "o", "--rubric", "hw99"], "no rubric.yaml there"),
        (["grade", "{rubric}", "--out", "o", "--rubric", "{rubric}"], "holds the rubric with its solution"),
        (["grade", "{class}"], "Missing option '--out'"),
        (["grade", "--out", "o"], "Missing argument"),
        (["grade", "{class}", "--out", "o", "--jobs", "0"], "--jobs"),
        (["grade", "{class}", "--out", "o", "--isolation", "much"], "--isolation"),
        (["grade", "{class}", "--out", "o", "--frobnicate"], "No such option"),
        (["frobnicate"], "No such command"),
        (["show", "{empty}", "anna"], "holds no reports"),
        (["rubric", "check", "{empty}"], "no rubric.yaml there"),
    ],
)
def test_mistakes_in_the_command_are_one_line_and_exit_code_2(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    (terminal.folder / "empty").mkdir()
    monkeypatch.chdir(terminal.folder)
    places = {
        "class": terminal.uploads,
        "empty": terminal.folder / "empty",
        "rubric": terminal.rubric,
    }
    assert terminal(*(a.format(**places) for a in arguments)) == 2
    assert terminal.stderr.startswith("grader: ") and terminal.stderr.count("\n") == 1
    assert reason in terminal.stderr
    assert not (terminal.folder / "o").exists()


def test_an_output_folder_that_cannot_be_written_is_one_line(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna=RIGHT)
    terminal.out.write_text("a file")
    assert terminal.grade() == 3
    assert "can't be written" in terminal.stderr and terminal.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "user", "said"),
    [
        (errno.EROFS, 0, "mount one there: --volume FOLDER:"),
        (
            errno.EACCES,
            1,
            "belongs to user {owner}, and this is user {user}); name another with --out, or run as",
        ),
        (errno.EACCES, 0, "(Permission denied); name another with --out"),
    ],
)
def test_an_output_folder_of_somebody_elses_or_not_mounted_says_what_to_do(
    number: int, user: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("grader.folder.lock.os.geteuid", lambda: owner + user)

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("grader.folder.lock.os.open", refuse)
    with pytest.raises(StorageError, match=re.escape(said.format(owner=owner, user=owner + user))):
        hold(tmp_path / "out", tmp_path / "out" / ".grader").__enter__()


def test_without_a_folder_for_temporary_files_the_message_says_what_to_do(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = make_class(terminal.uploads, anna=RIGHT) / "anna.ipynb"
    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    for arguments in (["doctor"], ["check", notebook, "--rubric", terminal.rubric]):
        assert terminal(*arguments) == 3
        assert "start the container with --tmpfs /tmp" in terminal.stderr


def nowhere() -> str:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")


def test_a_bug_is_one_line_too_unless_debugging(
    terminal: Terminal, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise ValueError("two\nlines")

    make_class(terminal.uploads, anna=RIGHT)
    monkeypatch.setattr(command, "collect", broken)
    assert terminal.grade() == 3
    assert terminal.stderr == (
        "grader: a fault of the grader: ValueError: two lines; GRADER_DEBUG=1 shows where\n"
    )
    monkeypatch.setenv("GRADER_DEBUG", "1")
    with pytest.raises(ValueError, match="two"):
        terminal.grade()


# ------------------------------------------------------------------ show, rubric, report


def test_show_finds_a_student_by_part_of_the_id(terminal: Terminal, runner: FakeRunner) -> None:
    make_class(terminal.uploads, anna_muster=RIGHT, anna_other=WRONG, ben=WRONG)
    assert terminal.grade() == 0
    assert terminal("show", terminal.out, "ben") == 0
    assert "score: 0 of 10" in terminal.stdout
    assert terminal("show", terminal.out, "MUSTER", "--rubric", terminal.rubric) == 0
    assert "score: 10 of 10" in terminal.stdout
    assert terminal("show", terminal.out, "anna") == 2
    assert "anna fits 2 students" in terminal.stderr
    assert terminal("show", terminal.out, "bert") == 2
    assert terminal.stderr.endswith("fits no student in " + f"{terminal.out}: ben\n")


def test_rubric_check_prints_the_reference_of_every_world(terminal: Terminal) -> None:
    assert terminal("rubric", "check", terminal.rubric) == 0
    assert "world handout: seed 1" in terminal.stdout and "[1.25 2.5  3.75]" in terminal.stdout
    assert "world second: seed 2" in terminal.stdout and "[2.5 5.  7.5]" in terminal.stdout


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("rubric.yaml", RUBRIC.replace("points: 10", "points: ten"), "questions.0.checks.0.points"),
        ("rubric.yaml", "worlds: [", "not YAML"),
        ("canonical.py", "def quantities(world):\n    return {}\n", "is not computed by the solution"),
        ("prelude.py", "seed = (\n", "prelude.py: '(' was never closed"),
        (
            "mistakes.py",
            "from rubric.schema import Mistake\n"
            "MISTAKES = [Mistake('sign', 'm', 'd', frozenset())]\n"
            "def variant(world, ids):\n    return {}\n",
            "variant() of 'sign' lacks total",
        ),
    ],
)
def test_rubric_check_names_the_mistake(terminal: Terminal, file: str, content: str, reason: str) -> None:
    (terminal.rubric / file).write_text(content)
    assert terminal("rubric", "check", terminal.rubric) == 2
    assert reason in terminal.stderr and terminal.stderr.count("\n") == 1


@pytest.mark.parametrize(("name", "title"), [("rubric", "Rubric"), ("report", "Report")])
def test_schemas_are_printed_as_json(terminal: Terminal, name: str, title: str) -> None:
    assert terminal(name, "schema") == 0
    assert json.loads(terminal.stdout)["title"] == title


# ------------------------------------------------------------------ doctor


def test_doctor_says_what_to_do_and_whether_this_machine_can_grade(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.commands import doctor

    class Machine:
        def findings(self) -> list[LayerFinding]:
            return [LayerFinding("cgroup", "CAUTION", "not root", "run as root")]

    class Sandbox:
        printed = "6.0\n"

        async def run(self, job: Job) -> Execution:
            return Execution(
                status="ok", outputs=(Output(cell=1, index=0, kind="stdout", text=self.printed),)
            )

    @asynccontextmanager
    async def opened(**_: object) -> AsyncIterator[Sandbox]:
        yield Sandbox()

    monkeypatch.setattr(doctor, "examine", Machine)
    monkeypatch.setattr(doctor, "open_runner", opened)
    assert terminal("doctor") == 0
    assert terminal.stdout.splitlines() == [
        "CAUTION cgroup: not root; to fix: run as root",
        "PASS    notebook: ran in 0.00 s, isolation none",
        "this machine can grade",
    ]
    Sandbox.printed = ""
    assert terminal("doctor") == 1
    assert "FAIL    notebook: ok: printed ''" in terminal.stdout


# ------------------------------------------------------------------ as a process


MAIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite started in the background has it ignored
from class_kit import FakeRunner, freeze_source
from grader.commands import grade
freeze_source()
grade.open_runner = FakeRunner(seconds={seconds}).open
from grader.cli import main
main()
"""


def start(terminal: Terminal, *arguments: object, seconds: float = 0.0) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    options = ["grade", terminal.uploads, "--out", terminal.out, "--rubric", terminal.rubric, *arguments]
    return subprocess.Popen(
        [sys.executable, "-c", MAIN.format(seconds=seconds), *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_is_quick_says_what_is_done_and_loses_nothing(terminal: Terminal, number: int) -> None:
    make_class(terminal.uploads, **{f"s{i:02}": [float(i)] for i in range(40)})
    with start(terminal, "--jobs", 2, seconds=0.3) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("Tiny (")
        first = process.stdout.readline()
        asked = time.monotonic()
        process.send_signal(number)
        rest, errors = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert time.monotonic() - asked < 5
    assert first.startswith("[1/40] ")
    assert errors == ""
    last = rest.splitlines()[-1]
    assert last.startswith("stopped; the same command goes on from here; ")
    done = set(terminal.grades())
    assert 1 <= len(done) < 40
    with start(terminal) as process:
        output, _ = process.communicate()
    assert process.returncode == 0
    assert {line.split()[1].rstrip(":") for line in output.splitlines() if "unchanged, kept" in line} == done
    assert len(terminal.grades()) == 40


def test_every_command_stops_at_sigterm_as_at_ctrl_c(tmp_path: Path) -> None:
    """The first process of a container, for which Linux drops a signal that has no handler, too."""
    code = (
        "import time\nfrom grader import cli\n"
        "cli.run = lambda _: print('works', flush=True) or time.sleep(60)\ncli.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"works\n"
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None and b"KeyboardInterrupt" in process.stderr.read()


def test_when_nobody_reads_the_output_the_class_is_still_graded(terminal: Terminal) -> None:
    make_class(terminal.uploads, **{f"s{i:02}": [float(i)] for i in range(12)})
    with start(terminal, "--jobs", 1, seconds=0.02) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
    assert len(terminal.grades()) == 12


def test_help_is_fast_because_it_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom grader.cli import run\nassert run(['--help']) == 0\n"
        "heavy = {'torch', 'numpy', 'nbclient', 'zmq', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "print('heavy:', *sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: grader" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy:"
