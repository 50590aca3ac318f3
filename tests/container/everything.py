#!/usr/bin/env python3
"""Builds the image with a real engine and uses it as a course would; prints a line per check.

    tests/container/run [--engine podman|docker] [--no-build] [--no-attacks] [--outside COMMAND]

Needs an engine and what the Dockerfile's FROM names (tests/container/prepare gets both on Debian), and
nothing else: without --outside, a grader to compare with is installed from the same lock. Torch is its
CPU-only build: from the folder of wheels that pip is set to, else from the index of its makers. The tree
that is tested is the one this file lies in. Exit code 0: every check held.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import checks
from engine import Engine, run
from tally import Tally

ROOT = Path(__file__).resolve().parents[2]
BASE = "docker.io/library/python:3.13-slim-bookworm"
CPU_TORCH = "https://download.pytorch.org/whl/cpu"


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--engine", default="podman", choices=("podman", "docker"))
    options.add_argument("--image", default="notebook-grader")
    options.add_argument("--no-build", action="store_true", help="use the image that is there")
    options.add_argument("--no-attacks", action="store_true", help="leave the attack corpus out")
    options.add_argument("--outside", help="a grader outside the container, with the lock's packages")
    options.add_argument("--build-option", action="append", default=[], help="handed to `build`; repeatable")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("run this as root: it gives folders to the users that the containers run as")
    with tempfile.TemporaryDirectory(prefix="container-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        engine = Engine(chosen.engine, chosen.image)
        wheels = folder_of_wheels(engine)
        if wheels is not None:
            where = ["--volume", f"{wheels}:{wheels}:ro"]
        else:
            where = ["--build-arg", f"TORCH_INDEX={CPU_TORCH}"]
        tally = Tally()
        report = checks.Checks(engine, ROOT, folder, [*where, *chosen.build_option], tally.check)
        if not chosen.no_build and not report.build():
            return 1  # nothing below is about this tree
        report.image()
        report.service()
        report.doctor()
        report.same_grades(shlex.split(chosen.outside) if chosen.outside else outside(folder, wheels))
        report.memory()
        report.exit_codes()
        report.relative_paths()
        report.github()
        report.github_class()
        report.gitlab()
        report.gitlab_class()
        if not chosen.no_attacks:
            report.attacks()
    return tally.end()


def folder_of_wheels(engine: Engine) -> Path | None:
    """Where the base image that `prepare` made looks for wheels; None for a pulled one."""
    found = engine.call("image", "inspect", "--format", "{{json .Config.Env}}", BASE)
    given = dict(x.partition("=")[::2] for x in json.loads(found.stdout or "[]") or [])
    path = Path(given.get("PIP_FIND_LINKS", ""))
    return path if path.is_absolute() and path.is_dir() else None


def outside(folder: Path, wheels: Path | None) -> list[str]:
    """A grader installed from the same lock, beside the container."""
    place = folder / "outside"
    pip = [str(place / "bin/pip"), "install", "--quiet", "--constraint", str(ROOT / "constraints.txt")]
    commands = [
        [sys.executable, "-m", "venv", str(place)],
        [*pip, "--no-deps", "torch", "torchvision", *(["--index-url", CPU_TORCH] if wheels is None else [])],
        [*pip, f"{ROOT}[kernel]"],
        [*pip, "--no-deps", str(ROOT / "rubric")],
    ]
    for command in commands:
        done = run(command, cwd=ROOT, env={} if wheels is None else {"PIP_FIND_LINKS": str(wheels)})
        if done.returncode:
            sys.exit(f"no grader outside: {shlex.join(command)} failed: {done.stderr[-500:]}")
    return [str(place / "bin/grader")]


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
