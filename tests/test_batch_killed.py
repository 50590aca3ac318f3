"""A run killed with SIGKILL at random moments ends with the very files of an undisturbed one.

    pytest tests/test_batch_killed.py             # four moments
    pytest -m slow tests/test_batch_killed.py     # twenty

Each start loads the judges, which is most of what this costs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from class_kit import RUBRIC, make_assignment, make_notebook

STUDENTS = 40

NURSERY = """
import json, os, random, signal, sys, time
from pathlib import Path
from class_kit import FakeRunner, freeze_source
from grader import cli
from grader.commands import grade
freeze_source()
folder, kills = Path(sys.argv[1]), int(sys.argv[2])
grade.open_runner = FakeRunner(seconds=0.03).open

def start(out):
    child = os.fork()
    if child:
        return child
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    code = cli.run(["grade", str(folder / "class.zip"), "--out", str(folder / out),
                    "--rubric", str(folder / "tiny"), "--jobs", "2"])
    os._exit(code)

began = time.monotonic()
undisturbed = os.waitstatus_to_exitcode(os.waitpid(start("whole"), 0)[1])
took = time.monotonic() - began
draw, done, codes = random.Random(4), [], []
killed = folder / "killed"

def executions():
    return len(list(killed.glob(".grader/executions/??/*.gz")))

def reports():
    return len(list(killed.glob("*/report.json")))

def ended(child):
    return os.waitid(os.P_PID, child, os.WNOHANG | os.WEXITED | os.WNOWAIT)

while len(codes) < kills:
    child = start("killed")
    if len(codes) % 4 == 3:  # at any moment of the start, unpacking and loading included
        time.sleep(draw.uniform(0, took * 0.5))
    else:  # in the middle: a few students further, and a little
        further = executions if len(codes) % 4 == 1 else reports
        goal, end = further() + draw.randint(1, 3), time.monotonic() + 60
        while further() < goal and time.monotonic() < end and not ended(child):
            time.sleep(0.0005)
        time.sleep(draw.uniform(0, 0.01))
    os.kill(child, signal.SIGKILL)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    done.append(reports())
last = os.waitstatus_to_exitcode(os.waitpid(start("killed"), 0)[1])
print(json.dumps({"undisturbed": undisturbed, "codes": codes, "done": done, "last": last}))
"""


def files(out: Path) -> dict[str, bytes]:
    """Everything but what is kept for the grader's own use."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and ".grader" not in path.relative_to(out).parts
    }


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments(tmp_path: Path, kills: int) -> None:
    make_assignment(tmp_path / "tiny", RUBRIC)
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for i in range(STUDENTS):
            notebook = make_notebook(tmp_path / "hw.ipynb", [float(i), 2.5, 3.75])
            archive.write(notebook, f"Student {i:02}_{i}_assignsubmission_file/hw.ipynb")
        archive.writestr("Broken_99_assignsubmission_file/hw.ipynb", "{")
        archive.writestr("readme.txt", "of nobody")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", NURSERY, str(tmp_path), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["undisturbed"], told["last"]) == (1, 1)  # one upload can't be read
    assert told["codes"].count(-9) >= kills // 2  # most were killed before they were done
    assert told["done"] == sorted(told["done"])
    assert len(set(told["done"])) >= kills // 2  # every second one found more reports than the one before
    whole, killed = files(tmp_path / "whole"), files(tmp_path / "killed")
    assert whole.keys() == killed.keys()
    assert [name for name in whole if whole[name] != killed[name]] == []
    assert len([name for name in whole if name.endswith("/report.json")]) == STUDENTS + 1
