"""`grader serve` as people start it, with real kernels, killed in the middle: nothing confirmed is lost."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import httpx2 as httpx
import psutil
import pytest
import rabbit_kit
from class_kit import command_line
from service_kit import fresh_database

from grader.service import accounts, database, founding

pytestmark = pytest.mark.kernel
SUBMISSIONS = Path(__file__).parent.parent / "submissions"
PATIENCE_S = 90.0


def grader(*arguments: str, address: str | None) -> str:
    with patch.dict(os.environ, {"GRADER_DATABASE": address} if address else {}):
        done = command_line(Path.cwd(), *arguments)
    assert done.code == 0, done.err
    return done.out


@functools.cache
def _founded() -> Path:
    """A data folder with a course and an assignment, made by the commands once."""
    home = tempfile.TemporaryDirectory(prefix="grader-founded-")
    atexit.register(home.cleanup)
    data = Path(home.name) / "data"
    _found(data, None)
    return data


def _found(data: Path, address: str | None) -> None:
    grader("course", "add", "dl", "--title", "Deep Learning", "--data", str(data), address=address)
    due = "2099-01-01T00:00+00:00"
    grader("assignment", "add", "hw4", "--data", str(data), "--due", due, address=address)


def found(data: Path, address: str | None) -> None:
    """A course with an assignment that is due some day."""
    if address is None:
        shutil.copytree(_founded(), data)
    else:
        _found(data, address)


@dataclass
class Served:
    """A server in a process of its own."""

    data: Path
    address: str | None
    port: int = 0
    process: subprocess.Popen[str] | None = None
    invitation: str = ""

    def start(self, *options: str) -> None:
        environment = os.environ | ({"GRADER_DATABASE": self.address} if self.address else {})
        command = [
            sys.executable,
            "-m",
            "grader",
            "serve",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
        ]
        log = (self.data.parent / "log").open("a")
        self.process = subprocess.Popen(
            [*command, "--jobs", "2", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"at http://127.0.0.1:(\d+)", line):
                self.port = int(found[1])
            if found := re.search(r"invitation: (\S+)", line):
                self.invitation = found[1]
                break
            if self.invitation and self.port:
                break
        until(self.answers)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.base}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def workers(self) -> list[psutil.Process]:
        assert self.process
        found = psutil.Process(self.process.pid).children()
        return [p for p in found if "grader.service.worker" in " ".join(_command(p))]

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


def until(happened: object, patience: float = PATIENCE_S) -> None:
    assert callable(happened)
    end = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    address = None
    if request.param == "postgresql":
        address = fresh_database(request.getfixturevalue("postgres_address"))
    made = Served(tmp_path / "data", address)
    found(made.data, address)
    made.start()
    yield made
    made.kill()


def student(served: Served, name: str) -> httpx.Client:
    shared, now = database.at(served.data, served.address), datetime.now(UTC)
    with shared.writing() as session:
        course = founding.course_named(session, "dl")
        person, _ = founding.add_member(session, course, name, "student", founding.MemberPlace(), now)
        token = accounts.make_token(session, person.id, "t", now)
    shared.close()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=served.base, follow_redirects=True, timeout=30, headers=headers)


def send(client: httpx.Client, path: Path, key: str) -> str:
    answer = client.post(
        "/api/v1/assignments/hw4/uploads",
        files={"files": (path.name, path.read_bytes())},
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def test_confirmed_uploads_survive_the_death_of_everything(served: Served) -> None:
    anna = student(served, "Anna")
    notebooks = sorted(SUBMISSIONS.glob("*.ipynb"))[:4]
    until(served.workers)
    ids = [send(anna, path, f"k{n}") for n, path in enumerate(notebooks[:2])]
    for worker in served.workers():
        worker.kill()  # it is started again, and its runs are anybody's at once
    ids += [send(anna, path, f"k{n + 2}") for n, path in enumerate(notebooks[2:])]
    served.kill()
    orphans = [p for p in psutil.process_iter() if str(served.data) in " ".join(_command(p))]
    served.start()
    assert [send(anna, path, f"k{n}") for n, path in enumerate(notebooks)] == ids, "sent again, counted once"

    def checks() -> list[dict[str, object]]:
        return [anna.get(f"/api/v1/uploads/{id}").json()["check"] for id in ids]

    until(lambda: all(c["state"] in ("done", "unreadable") for c in checks()))
    assert any(c["found"] == c["all"] for c in checks())
    assert "expected" not in str(checks()) and "score" not in str(checks())
    until(lambda: "grader_queue_runs 0.0" in httpx.get(f"{served.base}/metrics").text)
    assert "grader_stuck_runs 0.0" in httpx.get(f"{served.base}/metrics").text
    assert not [p for p in orphans if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert served.process
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(20)
    log = (served.data.parent / "log").read_text()
    assert "Anna" not in log and notebooks[0].name not in log


def test_workers_elsewhere_run_what_is_handed_in(tmp_path: Path) -> None:
    """With a real RabbitMQ: the notebook runs where a worker's login alone is known."""
    served = Served(tmp_path / "data", None)
    found(served.data, None)
    with rabbit_kit.running(tmp_path / "rabbit") as rabbit, rabbit_kit.worker(rabbit.worker, tmp_path / "w"):
        served.start("--broker", rabbit.head)
        try:
            anna = student(served, "Anna")
            id = send(anna, sorted(SUBMISSIONS.glob("*.ipynb"))[0], "k")
            until(lambda: anna.get(f"/api/v1/uploads/{id}").json()["check"]["state"] == "done")
            check = anna.get(f"/api/v1/uploads/{id}").json()["check"]
            assert check["found"] == check["all"]
            until(lambda: "grader_queue_runs 0.0" in httpx.get(f"{served.base}/metrics").text)
        finally:
            served.kill()


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
