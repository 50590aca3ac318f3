"""A course of the service for tests: in SQLite and in a real PostgreSQL, with a clock that is set by hand."""

from __future__ import annotations

import atexit
import functools
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from golden import samples

from grader.service import accounts, founding, runs
from grader.service.app import make_app
from grader.service.blobs import Blobs
from grader.service.database import FILE, Database
from grader.service.place import DataFolder, Settings
from grader.service.tables import Base, Course, CourseAssignment, Edition, Run, Upload
from grader.service.web import Service

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
SHA = "ab" * 32
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@dataclass
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class World:
    """A service with one course and one assignment, `tiny`."""

    service: Service
    clock: Clock
    app: FastAPI
    links: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.service.database

    def invite(self, role: str, name: str, section: str = "", team: str = "") -> str:
        with self.database.writing() as session:
            course = founding.course_named(session, "course")
            place = founding.MemberPlace.of(section, team=team)
            _, secret = founding.add_member(session, course, name, role, place, self.clock())
        return secret

    def client(self) -> TestClient:
        return TestClient(self.app, base_url="http://localhost", follow_redirects=True)

    def person(self, role: str, name: str, section: str = "", team: str = "") -> Browser:
        """Somebody who has signed in by a link."""
        browser = Browser(self.client())
        browser.client.post(f"/invited/{self.invite(role, name, section, team)}")
        return browser

    def graded(self, upload: str, report: Any, submission: Any, check: bytes | None = None) -> None:
        """As a worker would have left it."""
        from grader.report import to_json
        from grader.report.notebook import to_ipynb

        result = self.service.blobs.put(to_json(report).encode()).sha256
        notebook = self.service.blobs.put(to_ipynb(submission.cells, ()).encode()).sha256
        told = None if check is None else self.service.blobs.put(check).sha256
        with self.database.writing() as session:
            found = session.query(Upload).filter_by(name=upload).one()
            for run in session.query(Run).filter_by(upload_id=found.id):
                if run.kind == "grade" or told:
                    run.state, run.finished = "done", self.clock()
                    run.result = result if run.kind == "grade" else told
                    run.notebook = notebook if run.kind == "grade" else None

    def report_of(self, upload: str, kind: str = "right", **changed: Any) -> None:
        """Grade an upload with one of the hand-built reports: right, or open (question 4 waits)."""
        report, submission = samples.all_right()
        dumped = report.model_dump(mode="json")
        dumped["submission"] |= {"id": upload, "path": "hw.ipynb"}
        if kind == "right":
            question = dumped["questions"][2]
            question["checks"][0] |= {"verdict": "pass", "score": 10.0}
            question["score"] = 10.0
            dumped |= {"score": 100.0, "pending": 0.0, "needs_review": False}
        dumped |= changed
        self.graded(upload, type(report).model_validate(dumped), submission, self_check())

    def work(self, state: str = "done") -> list[runs.Held]:
        """Take everything from the queue."""
        taken = []
        while True:
            with self.database.writing() as session:
                held = runs.take(session, "w", self.clock(), busy=False)
                if held is None:
                    return taken
                runs.finish(session, "w", held.id, runs.Outcome(state), self.clock())
            taken.append(held)


def self_check(state: str = "found") -> bytes:
    """What a worker leaves of a self-check."""
    item = {"title": "Output", "state": state, "where": "cell 3", "notes": [], "printed": True}
    told = {
        "title": "t",
        "level": "found",
        "language": "en",
        "troubles": [],
        "groups": [{"title": "2.", "items": [item]}],
        "why_missing": "Print it.",
    }
    return json.dumps(told).encode()


@dataclass
class Browser:
    """A signed-in browser that fills in forms as they stand on the page."""

    client: TestClient

    def form(self, page: str) -> dict[str, str]:
        text = self.client.get(page).text
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
        found.pop("back", None)
        return found

    def hand_in(self, *files: tuple[str, bytes], slug: str = "tiny", key: str = "") -> Any:
        form = self.form(f"/a/{slug}")
        if key:
            form["key"] = key
        given = files or (("hw.ipynb", NOTEBOOK),)
        return self.client.post(f"/a/{slug}/uploads", data=form, files=[("files", f) for f in given])

    def attempt(self) -> str:
        """Hand in; the upload's name."""
        return str(self.hand_in().url).rpartition("/")[2]

    def post(self, address: str, page: str = "/me", **values: Any) -> Any:
        return self.client.post(address, data={"csrf": self.form(page)["csrf"], **values})


@functools.cache
def _empty() -> Path:
    """A database in SQLite with its tables, made once: a copy costs nothing."""
    home = tempfile.TemporaryDirectory(prefix="grader-empty-")
    atexit.register(home.cleanup)
    made = Database(f"sqlite:///{home.name}/{FILE}")
    made.migrate()
    made.settle()
    made.close()
    return Path(home.name) / FILE


def make_world(folder: Path, postgres: str | None = None, **settings: Any) -> World:
    place = DataFolder(folder)
    for path in (place.blobs, place.editions, place.kept):
        path.mkdir(parents=True)
    edition = place.editions / SHA
    edition.mkdir()
    (edition / "rubric.yaml").write_text(
        yaml.safe_dump(samples.RUBRIC.model_dump(mode="json"), allow_unicode=True)
    )
    if postgres is None:
        shutil.copy(_empty(), folder / FILE)
    database = Database(postgres or f"sqlite:///{folder / FILE}")
    if postgres is not None:
        database.migrate()
    clock = Clock()
    service = Service(place, Settings(**settings), database, Blobs(place.blobs), clock)
    with database.writing() as session:
        course = founding.add_course(session, "course", "Deep Learning", "en", "Europe/Berlin", START)
        assignment = CourseAssignment(
            course_id=course.id, slug="tiny", title="Homework 9", due=DUE, edition_id=0, made=START
        )
        session.add(assignment)
        session.flush()
        made = Edition(assignment_id=assignment.id, sha256=SHA, version="1", made=START)
        session.add(made)
        session.flush()
        assignment.edition_id = made.id
        assert isinstance(course, Course)
    return World(service, clock, make_app(service))


# ----------------------------------------------------------------- PostgreSQL


def _binaries() -> Path | None:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        places.insert(0, Path(found).parent)
    return next((p for p in places if (p / "initdb").exists()), None)


@functools.cache
def _as_user() -> list[str]:
    """PostgreSQL refuses root: its own user runs it then."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own on loopback; the address of its first database."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL is installed here (apt-get install postgresql)")
    home = Path(tempfile.mkdtemp(prefix="grader-pg-"))
    home.chmod(0o777)
    run = functools.partial(
        subprocess.run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/"
    )
    data = home / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run(
        [
            *_as_user(),
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "grader",
            "-E",
            "UTF8",
            "--no-sync",
        ]
    )
    local = "-c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    options = f"-p {port} {local} -c fsync=off -c max_connections=200"
    control = [*_as_user(), str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    run([*control, "-o", options, "-l", str(home / "log"), "start"])
    try:
        yield f"postgresql://grader@127.0.0.1:{port}/postgres"
    finally:
        run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(home, ignore_errors=True)


def fresh_database(address: str) -> str:
    """The database, emptied: its tables stay, which costs a tenth of a new one."""
    with psycopg.connect(address, autocommit=True) as connection:
        tables = ", ".join(f'"{t.name}"' for t in Base.metadata.sorted_tables)
        if connection.execute("SELECT to_regclass('person')").fetchone() != (None,):
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    return address


def csrf_of(browser: Browser) -> str:
    return accounts.csrf(browser.client.cookies["grader"])
