"""What a grader that was killed has left on the machine goes with the next command; a living one's stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from grader import cli
from grader.folder import private
from grader.folder.private import private_directory
from grader.jail.cgroups import _owner, sweep_cgroups

OWNER = """
import sys, time
from grader.folder.private import PrivateDirectory
kept = PrivateDirectory()
(kept.path / "deep" / "er").mkdir(parents=True)
print(kept.path, flush=True)
time.sleep(60)
"""


def test_a_directory_that_is_just_being_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another command starts between the making of the lock and the holding of it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    hold = private.fcntl.flock

    def meanwhile(lock: int, how: int) -> None:
        monkeypatch.setattr(private.fcntl, "flock", hold)
        private.sweep_directories(tmp_path)
        hold(lock, how)

    monkeypatch.setattr(private.fcntl, "flock", meanwhile)
    with private_directory() as mine:
        assert mine.is_dir()


def test_any_command_removes_what_a_killed_one_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert left.is_dir()
        cli.run(["show", str(tmp_path / "nothing"), "nobody"])
        assert left.is_dir()  # it lives
        process.send_signal(signal.SIGKILL)
    with private_directory() as mine:
        cli.run(["show", str(tmp_path / "nothing"), "nobody"])
        assert not left.exists()
        assert mine.is_dir()


def test_cgroups_of_the_dead_go_and_those_nobody_can_tell_stay(tmp_path: Path) -> None:
    here, space = _owner(os.getpid()), Path("/proc/self/ns/pid").stat().st_ino
    dead = [f"{space}-999999999-1-5", f"{space}-{os.getpid()}-1-5"]  # the number is another's now
    stay = [f"{here}-5", f"{space + 1}-999999999-1-5", "77-5", "x"]
    for folder in ("memory", "pids"):
        for name in (*dead, *stay):
            (tmp_path / folder / f"notebook-grader-{name}" / "kernel-1").mkdir(parents=True)
    sweep_cgroups(tmp_path)
    for folder in ("memory", "pids"):
        assert {p.name for p in (tmp_path / folder).iterdir()} == {f"notebook-grader-{n}" for n in stay}
