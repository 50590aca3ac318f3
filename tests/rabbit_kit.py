"""A real RabbitMQ of a test's own: free ports on the loopback, everything in a folder that goes away."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.cluster import logins

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""without the wrapper in /usr/sbin, which changes to the user rabbitmq and its folders"""
SUBMISSIONS = Path(__file__).parents[1] / "submissions"
FEW = (
    "Anna Müller - HW4",
    "Diallo-Amara-homework4",
    "Fatima Zahra El Amrani",
    "Jonas_Weber_Blatt4",
    "O'Brien Ciara DL4",
    "Tobias Schäfer HA4",
    "li_wei_homework_4",
    "mehmet_yıldız",
)
"""of the sample class: right, wrong, typed in, an error, an old format; names of all kinds"""
PYTHON = [sys.executable, "-m", "grader"]


def server() -> str:
    """The command of the server; skips the test where it is not installed."""
    found = str(SERVER) if SERVER.exists() else shutil.which("rabbitmq-server")
    if not found:
        pytest.skip(
            "no rabbitmq-server: README's second command installs it (apt-get install rabbitmq-server)"
        )
    return found


class Rabbit:
    """One broker, set up by `grader broker`'s own files. Killed and started again it has what it had.

    written: the files are in the folder already. around: the command that starts it somewhere else.
    """

    def __init__(self, folder: Path, *, written: bool = False, around: Sequence[str] = ()) -> None:
        self.folder = folder
        self._command = [*around, server()]
        self.port, self._distribution, self._epmd = _free_ports(3)
        if not written:
            logins.write(folder, logins.BrokerSite("127.0.0.1", str(folder), self.port, "127.0.0.1"))
        (folder / "plugins").write_text("[].\n")
        (folder / "home").mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def head(self) -> str:
        return (self.folder / "head.url").read_text().strip()

    @property
    def worker(self) -> str:
        return (self.folder / "worker.url").read_text().strip()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "RABBITMQ_NODENAME": f"grader{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def start(self) -> None:
        log = self.folder / "started.txt"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                self._command, env=self.environment(), stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + 180  # ten seconds on an idle machine
        while "completed with" not in log.read_text(errors="replace"):
            assert self._process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        """As a power cut would, with everything it started but epmd."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        epmd = shutil.which("epmd")
        if epmd is not None:
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:  # it stays while it still takes the node for alive
                done = subprocess.run(
                    [epmd, "-kill"], env=self.environment(), capture_output=True, text=True, check=False
                )
                if "not allowed" not in done.stdout + done.stderr:
                    break
                time.sleep(0.2)


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Rabbit]:
    rabbit = Rabbit(folder, **options)
    try:
        rabbit.start()
        yield rabbit
    finally:
        rabbit.close()


@contextlib.contextmanager
def worker(url: str, log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`grader worker` in a process of its own."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*PYTHON, "worker", "--broker", url, *options], stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass(frozen=True)
class Graded:
    """A class, and its reports by student as `reports` has them."""

    uploads: Path
    reports: dict[str, Any]


def alone(uploads: Path, out: Path) -> None:
    """Grade a class on this machine alone."""
    command = [*PYTHON, "grade", str(uploads), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    count = len(list(uploads.glob("*.ipynb")))
    assert f"{count} of {count} graded" in done.stdout, done.stdout + done.stderr


def reports(out: Path) -> dict[str, Any]:
    """Every report without what differs from run to run: times, memory, and the paths of files."""
    found = {}
    for path in sorted(out.glob("*/report.json")):
        report = json.loads(path.read_text())
        for part in (report["execution"], *report["provenance"]["worlds"]):
            part.pop("wall_s")
        report["execution"].pop("usage")
        found[path.parent.name] = report
    return found


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
