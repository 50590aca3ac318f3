"""`grader serve`: the web server in this process, workers in processes of their own beside it."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from grader.errors import StorageError, UsageError
from grader.service import database, runs
from grader.service.blobs import Blobs
from grader.service.database import Database
from grader.service.place import DataFolder, Settings, settings
from grader.service.web import Service

_AGAIN_S = 2.0
_log = logging.getLogger("grader.web")


@dataclass(slots=True)
class Workers:
    """Keeps workers alive. One that dies gives its runs back at once and is started again."""

    place: DataFolder
    address: str | None
    database: Database
    count: int
    jobs: int | None
    broker: str | None = None
    _alive: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(self.count):
            name = f"{socket.gethostname()}-{os.getpid()}-{number}"
            thread = threading.Thread(target=self._keep, args=(name,), daemon=True)
            thread.start()
            self._threads.append(thread)

    @property
    def alive(self) -> int:
        return sum(p.poll() is None for p in list(self._alive.values()))

    def _keep(self, name: str) -> None:
        tries = 0
        while not self._stop.is_set():
            called = f"{name}-{tries}"
            process = self._started(called)
            self._alive[name] = process
            code = process.wait()
            tries += 1
            if self._stop.is_set():
                return
            _log.warning("worker ended", extra={"worker": called, "status": code})
            try:
                with self.database.writing() as session:
                    runs.release(session, [called], datetime.now(UTC))
            except Exception:  # the lease does it then
                _log.warning("worker's runs wait for their lease", extra={"worker": called})
            if code:
                self._stop.wait(_AGAIN_S if tries > 1 else 0.0)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "grader.service.worker",
            "--data",
            str(self.place.folder),
            "--name",
            name,
        ]
        if self.jobs:
            command += ["--jobs", str(self.jobs)]
        environment = dict(os.environ)
        if self.address:
            environment["GRADER_DATABASE"] = self.address
        if self.broker:
            environment["GRADER_BROKER"] = self.broker
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment, start_new_session=True
        )

    def close(self) -> None:
        """Stop them in order: they give back what they have in hand."""
        self._stop.set()
        for process in list(self._alive.values()):
            process.send_signal(signal.SIGTERM)
        for process in list(self._alive.values()):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(slots=True)
class Opened:
    """A data folder in use. keeper: its lock."""

    place: DataFolder
    settings: Settings
    database: Database
    address: str | None
    keeper: object = None


def open_place(folder: Path, address: str | None) -> Opened:
    """A data folder, made if it is not there, with its database brought to this version.

    Raises `UsageError`, `StorageError`.
    """
    place = DataFolder(folder)
    try:
        for path in (place.folder, place.blobs, place.editions, place.kept):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"{error.filename} could not be made ({error.strerror})") from error
    address = address or _database_address()
    held = database.at(folder, address)
    held.migrate()
    return Opened(place, settings(place), held, address)


def _database_address() -> str | None:
    """From GRADER_DATABASE, or from the file that GRADER_DATABASE_FILE names, as containers get secrets.

    Raises `UsageError`.
    """
    given = os.environ.get("GRADER_DATABASE")
    path = os.environ.get("GRADER_DATABASE_FILE")
    if given or not path:
        return given or None
    try:
        return Path(path).read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"GRADER_DATABASE_FILE: {path} can't be read ({error})") from error


def alone(opened: Opened) -> None:
    """Take the data folder for this server; with SQLite nobody else may serve it.

    Raises `UsageError` where another does.
    """
    if not opened.database.sqlite:
        return
    path = opened.place.folder / "serve.lock"
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError(f"{opened.place.folder} is being served already; stop that server first") from None
    opened.keeper = file
    with opened.database.writing() as session:
        runs.release(session, None, datetime.now(UTC))  # nobody else is at work: what runs is nobody's


def make_service(opened: Opened, workers: Callable[[], int]) -> Service:
    """What the routes share."""
    address = opened.settings.address or ""
    return Service(
        place=opened.place,
        settings=opened.settings,
        database=opened.database,
        blobs=Blobs(opened.place.blobs),
        secure=address.startswith("https://"),
        workers=workers,
    )


def listen(host: str, port: int) -> socket.socket:
    """Raises `UsageError` where it can't be."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(512)
    except OSError as error:
        made.close()
        raise UsageError(
            f"{host}:{port} can't be used ({error.strerror}); name another with --port"
        ) from error
    return made


def listen_unix(path: Path) -> socket.socket:
    """A socket for the proxy that signs people in: whoever may write to it is believed.

    Raises `UsageError` where it can't be.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        path.unlink(missing_ok=True)
        made.bind(str(path))
        made.listen(512)
    except OSError as error:
        made.close()
        raise UsageError(f"{path} can't be used as a socket ({error.strerror})") from error
    finally:
        os.umask(before)
    return made
