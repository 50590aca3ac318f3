"""Worker, broker and head killed at random moments: nothing lost, nothing doubled, nobody blamed.

    pytest tests/test_cluster_chaos.py                    # a few kills, some of the sample class
    pytest tests/test_cluster_chaos.py -m slow            # twenty, of each kind some, all of it

Each round grades a class with two workers on a real RabbitMQ, kills some of them all in the middle
with SIGKILL, starts them again, and compares every report with that of a run on this machine alone.
"""

from __future__ import annotations

import contextlib
import csv
import json
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rabbit_kit import PYTHON, SUBMISSIONS, Graded, Rabbit, alone, reports, running

pytestmark = pytest.mark.kernel

TARGETS = ("worker", "broker", "head")
SEED = 2611


class Cast:
    """Everybody who can be killed."""

    def __init__(self, rabbit: Rabbit, folder: Path, uploads: Path) -> None:
        self.rabbit, self.folder, self.uploads = rabbit, folder, uploads
        self.workers = [self._worker(n) for n in range(2)]
        self.head: subprocess.Popen[bytes] | None = None
        self.log = folder / "head.txt"

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        with (self.folder / f"worker{number}.txt").open("ab") as log:
            command = [*PYTHON, "worker", "--broker", self.rabbit.worker, "--jobs", "1"]
            return subprocess.Popen(command, stdout=log, stderr=log)

    def grade(self, out: Path) -> None:
        with self.log.open("ab") as log:
            command = [*PYTHON, "grade", str(self.uploads), "--out", str(out), "--broker", self.rabbit.head]
            self.head = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, target: str, out: Path) -> None:
        if target == "broker":
            self.rabbit.kill()
            time.sleep(0.5)
            self.rabbit.start()
        elif target == "worker":
            self.workers[0].kill()
            self.workers[0].wait()
            self.workers = [*self.workers[1:], self._worker(0)]
        elif self.head is not None:
            self.head.kill()
            self.head.wait()
            self.grade(out)

    def close(self) -> None:
        for process in (*self.workers, self.head):
            if process is not None:
                process.kill()
                process.wait()


@contextlib.contextmanager
def cast(folder: Path, uploads: Path) -> Iterator[Cast]:
    (folder / "rabbit").mkdir()
    with running(folder / "rabbit") as rabbit:
        found = Cast(rabbit, folder, uploads)
        try:
            yield found
        finally:
            found.close()


def in_the_middle(out: Path, count: int, dice: random.Random) -> None:
    """Wait until some reports are there, and not all."""
    some = dice.randrange(0, 2 * count // 3)
    deadline = time.monotonic() + 120
    while len(list(out.glob("*/report.json"))) < some and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(dice.random() * 0.3)


def rounds(folder: Path, kills: list[list[str]], graded: Graded) -> None:
    dice, expected = random.Random(SEED), graded.reports
    with cast(folder, graded.uploads) as everybody:
        for number, targets in enumerate(kills):
            out = folder / f"out{number}"
            everybody.grade(out)
            for target in targets:
                in_the_middle(out, len(expected), dice)
                everybody.kill(target, out)
            assert everybody.head is not None
            code = everybody.head.wait(300)
            said = everybody.log.read_text()[-3000:]
            what = f"round {number}, killed: {', '.join(targets)}"
            assert code == 0, f"{what}: {said}"
            assert reports(out) == expected, what
            with (out / "grades.csv").open(encoding="utf-8-sig") as file:
                assert len(list(csv.DictReader(file))) == len(expected), what
            lines = (out / ".grader" / "journal.jsonl").read_text().split("\n")
            journal = [json.loads(line) for line in lines if line]
            assert {entry["state"] for entry in journal} == {"done"}, what
            assert {entry["id"] for entry in journal} == set(expected), what


def test_a_few_kills(tmp_path: Path, graded_here: Graded) -> None:
    rounds(tmp_path, [list(TARGETS)], graded_here)


@pytest.mark.slow
def test_twenty_kills(tmp_path: Path) -> None:
    kills = [TARGETS[n % len(TARGETS)] for n in range(20)]
    random.Random(SEED).shuffle(kills)
    alone(SUBMISSIONS, tmp_path / "alone")
    graded = Graded(SUBMISSIONS, reports(tmp_path / "alone"))
    rounds(tmp_path, [kills[n : n + 2] for n in range(0, 20, 2)], graded)
