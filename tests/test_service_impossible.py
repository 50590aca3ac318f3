"""What must not happen, whoever dies when: deletion that leaves something, half a transaction, oracles."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from golden import samples
from service_kit import NOTEBOOK, Browser, World, fresh_database, make_world, self_check
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from grader.service import (
    erasing,
    log,
    operate,
    patience,
    publish,
    runs,
    server,
    shown,
    standing,
    student,
    uploads,
    web,
)
from grader.service.database import Database
from grader.service.opening import StoredFile, StoredUpload
from grader.service.tables import CourseAssignment, Published, Run, Upload

CANARY = b"CANARY-8f3a"


def files_with(folder: Path, needle: bytes) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and needle in p.read_bytes()]


def test_of_an_erased_student_no_byte_is_left(world: World, tmp_path: Path) -> None:
    teacher = world.person("teacher", "Tea")
    anna = world.person("student", CANARY.decode())
    name = str(anna.hand_in((f"{CANARY.decode()}.ipynb", NOTEBOOK + CANARY)).url).rpartition("/")[2]
    world.report_of(name)
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    anna.post("/a/tiny/inquiries", text=CANARY.decode())
    kept = world.service.place.kept / "ab" / "run.json.gz"
    kept.parent.mkdir()
    kept.write_bytes(CANARY)
    if world.database.sqlite:
        assert files_with(world.service.place.folder, CANARY)
    teacher.post("/course/course/people/2/erase", sure=CANARY.decode())
    assert files_with(world.service.place.folder, CANARY) == []
    if not world.database.sqlite:
        tables = "person upload file inquiry event mark identity published member"
        with world.database.reading() as session:
            rows = [
                str(session.connection().exec_driver_sql(f'SELECT * FROM "{t}"').all())
                for t in tables.split()
            ]
        assert CANARY.decode() not in "".join(rows)
    checked = operate.check(world.service.place, world.database)
    assert (checked.missing, checked.unnamed) == ((), ())


def test_what_somebody_hands_in_while_the_same_is_erased_is_kept(world: World) -> None:
    """The same file of another: on the disk already, and named a moment later."""
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    anna.attempt()
    entered, go = threading.Event(), threading.Event()
    enter = uploads._enter

    def slowly(*arguments: Any) -> Any:
        entered.set()
        go.wait(5)
        return enter(*arguments)

    uploads._enter = slowly
    try:
        sending = threading.Thread(target=bea.attempt)
        sending.start()
        assert entered.wait(5)
        erasing_now = threading.Thread(
            target=erasing.drop,
            args=(world.database, world.service.blobs, set(world.service.blobs.names())),
        )
        erasing_now.start()
        erasing_now.join(0.3)
        assert erasing_now.is_alive(), "it waits for whoever has just put something"
        go.set()
        sending.join()
        erasing_now.join()
    finally:
        uploads._enter = enter
    assert operate.check(world.service.place, world.database).missing == ()


def _publish_and_die(folder: Path, address: str | None) -> None:
    """In a process of its own: everything is entered, and before it counts the process is killed."""
    from grader.service.blobs import Blobs
    from grader.service.place import DataFolder
    from grader.service.standing import Reports

    database = Database(address or f"sqlite:///{folder / 'service.sqlite'}")
    blobs = Blobs(DataFolder(folder).blobs)
    reports = Reports(blobs)
    entered = publish._enter

    def dies(*arguments: Any) -> int:
        entered(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    publish._enter = dies
    with database.reading() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        seen = publish.preview(standing.lines(session, reports, assignment, samples.RUBRIC)).seen
    from service_kit import START

    asked = publish.PublishRequest(seen, 1)
    publish.publish(database, blobs, reports, assignment, samples.RUBRIC, asked, START)


def test_who_is_killed_while_publishing_gave_nobody_anything(
    request: pytest.FixtureRequest, world: World
) -> None:
    teacher = world.person("teacher", "Tea")
    for n in range(3):
        world.report_of(world.person("student", f"S{n}").attempt())
    address = None if world.database.sqlite else request.getfixturevalue("postgres_address")
    victim = multiprocessing.get_context("spawn").Process(
        target=_publish_and_die, args=(world.service.place.folder, address)
    )
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Published)) == 0
    teacher.client.post("/teach/tiny/publish", data=teacher.form("/teach/tiny/publish"))
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Published)) == 3


@pytest.fixture
def on_postgres(postgres_address: str, tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path / "data", fresh_database(postgres_address))
    yield made
    made.database.close()


def _cut(address: str) -> None:
    """As PostgreSQL's end cuts everybody off."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def test_whoever_is_cut_off_from_postgresql_looks_again(on_postgres: World, postgres_address: str) -> None:
    anna = on_postgres.person("student", "Anna")
    _cut(postgres_address)
    assert anna.hand_in().status_code == 200
    with pytest.raises(DBAPIError), on_postgres.database.writing() as session:
        session.scalars(select(Upload)).one().number = 7
        session.flush()
        _cut(postgres_address)
    assert "Attempt 1" in anna.client.get("/a/tiny").text, "whole transactions or none"


def _tool(name: str) -> str:
    found = [shutil.which(name), *map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))]
    return next(p for p in found if p)


def test_a_dump_and_a_backup_of_postgresql_are_the_course_as_it_was(
    on_postgres: World, postgres_address: str, tmp_path: Path
) -> None:
    """As docs/service.md says: pg_dump first, then the folder."""
    name = on_postgres.person("student", "Anna").attempt()
    on_postgres.report_of(name)
    dump = subprocess.run(
        [_tool("pg_dump"), "--format=custom", postgres_address], check=True, capture_output=True
    ).stdout
    operate.backup(on_postgres.service.place, on_postgres.database, tmp_path / "backup")
    later = on_postgres.person("student", "Bea")
    later.hand_in(("later.ipynb", NOTEBOOK + b" "))
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS restored")
        connection.execute("CREATE DATABASE restored")
    address = postgres_address.rpartition("/")[0] + "/restored"
    restore = [_tool("pg_restore"), "--dbname", address, "--no-owner"]
    subprocess.run(restore, input=dump, check=True, capture_output=True)
    from grader.service.place import DataFolder

    database = Database(address)
    database.migrate()
    found = operate.check(DataFolder(tmp_path / "backup"), database)
    with database.reading() as session:
        names = list(session.scalars(select(Upload.name)))
    database.close()
    assert (found.missing, found.damaged, names) == ((), (), [name])


def test_a_self_check_says_the_same_of_right_and_wrong(world: World) -> None:
    """Whatever a worker may leave: what is shown has no word for right; another state is a fault of ours."""
    with world.database.reading() as session:
        assert session.scalars(select(Run)).all() == []
    run = Run(kind="check", state="done", message="", result="x")
    told = self_check("found")
    assert {i.state for g in shown.check(run, told).groups for i in g.items} == {"found"}
    for state in ("pass", "fail", "correct", "review"):
        with pytest.raises(ValueError, match="a self-check says"):
            shown.check(run, self_check(state))


def test_a_zip_bomb_is_unreadable_and_fills_nothing(tmp_path: Path) -> None:
    from grader.service.blobs import Blobs

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(12):
            archive.writestr(f"{n}.ipynb", b"0" * (64 << 20))
    data = held.getvalue()
    assert len(data) < 4 << 20
    blob = Blobs(tmp_path / "blobs").put(data)
    folder = tmp_path / "w"
    folder.mkdir()
    read = StoredUpload("u", [StoredFile("hw.zip", blob.sha256)], tmp_path / "blobs", folder, ()).read()
    assert read.problem is not None or read.flags
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 600 << 20


def test_notebooks_are_called_by_their_own_names(tmp_path: Path) -> None:
    """Not by the first file's, and by no folder of an archive, which may look like a platform's name."""
    from grader.service.blobs import Blobs

    cell = '{"cells": [{"cell_type": "code", "metadata": {}, "source": "%s"}], "metadata": {}'
    rest = ', "nbformat": 4, "nbformat_minor": 4}'
    files = {"data.csv": "1", "draft.ipynb": cell % "1" + rest, "hw.ipynb": cell % "print(2)" + rest}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("Bo_7_assignsubmission_file_/hw.ipynb", cell % "3" + rest)
    store = Blobs(tmp_path / "blobs")
    stored = [StoredFile(n, store.put(io.BytesIO(t.encode())).sha256) for n, t in files.items()]
    zipped_up = [StoredFile("mine.zip", store.put(io.BytesIO(held.getvalue())).sha256)]
    seen = []
    for sent in (stored, zipped_up):
        folder = tmp_path / f"w{len(seen)}"
        folder.mkdir()
        read = StoredUpload("u", sent, tmp_path / "blobs", folder, ()).read()
        seen.append({n.path for n in (read, *read.others)})
    assert seen == [{"draft.ipynb", "hw.ipynb"}, {"hw.ipynb"}]


def test_same_files_again_are_an_attempt_and_are_said_to_be_the_same(world: World) -> None:
    anna = world.person("student", "Anna")
    anna.hand_in()
    assert "the same files as those of attempt 1" in anna.hand_in().text


def test_methods_that_are_not_allowed(world: World) -> None:
    anna: Browser = world.person("student", "Anna")
    name = anna.attempt()
    for method, address in (
        ("DELETE", f"/u/{name}"),
        ("PUT", "/a/tiny"),
        ("PATCH", "/a/tiny/uploads"),
        ("TRACE", "/"),
        ("GET", f"/u/{name}/choose"),
    ):
        assert anna.client.request(method, address).status_code in (404, 405), (method, address)
    assert anna.client.get(f"/u/{name}").status_code == 200


def test_numbers_that_no_database_knows(world: World) -> None:
    teacher = world.person("teacher", "Tea")
    for huge in (2**31, 10**30):
        for address, values in (
            (f"/me/tokens/{huge}/revoke", {}),
            (f"/course/course/people/{huge}/remove", {}),
            (f"/inquiries/tiny/{huge}", {"answer": "a"}),
            ("/teach/tiny/regrade", {"edition": huge}),
            ("/teach/tiny/extensions", {"person": huge}),
        ):
            assert teacher.post(address, **values).status_code in (404, 405, 422), address
        assert teacher.client.get(f"/teach/tiny/regrade?edition={huge}").status_code == 422


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, int]]:
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    world = make_world(tmp_path / "data")
    listens = server.listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(world.app, http=patience.Patience, log_level="error"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listens]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield world, listens.getsockname()[1]
    running.should_exit = True
    thread.join(5)


def test_who_never_says_what_they_want_is_let_go(listening: tuple[World, int]) -> None:
    _, port = listening
    with (
        socket.create_connection(("127.0.0.1", port), 5) as slow,
        socket.create_connection(("127.0.0.1", port), 5) as twice,
    ):
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127")
        twice.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        said = b""
        while not said.endswith(b"ok\n"):
            said += twice.recv(4000)
        twice.sendall(b"GET /hea")
        assert slow.recv(10) == b"" and twice.recv(10) == b""
    with socket.create_connection(("127.0.0.1", port), 5) as patient:
        # a body may take its time
        patient.sendall(b"POST /sign-out HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n")
        time.sleep(0.6)
        patient.sendall(b"a=bc")
        assert patient.recv(4000).startswith(b"HTTP/1.1 ")


def test_a_body_that_never_ends_holds_nothing(
    listening: tuple[World, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, port = listening
    head = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\nContent-Type: {}\r\n\r\na="

    def answer(address: str, kind: str = "application/x-www-form-urlencoded") -> bytes:
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(head.format(address, kind).encode())
            found = line.recv(4000)
            while more := line.recv(4000):
                found += more
            return found

    monkeypatch.setattr(web, "FORM_S", 0.2)
    monkeypatch.setattr(patience, "BODY_S", 0.5)
    assert answer(f"/invited/{world.invite('student', 'Anna')}").startswith(b"HTTP/1.1 408")
    # answered before its end, and let go all the same
    assert answer("/a/tiny/uploads", "multipart/form-data; boundary=b").startswith(b"HTTP/1.1 303")


def test_a_librarys_error_quotes_nobody_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    before = [(logging.getLogger(n), [*logging.getLogger(n).handlers]) for n in (None, "grader")]
    try:
        log.to_stderr()
        try:
            raise ValueError("CANARY")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
            logging.getLogger("asyncio").exception("Task exception\nfuture: ValueError('CANARY')")
    finally:
        for logger, handlers in before:
            logger.handlers = handlers
    said = capsys.readouterr().err
    assert "Task exception" in said and "ValueError" in said and "CANARY" not in said


def test_a_connection_lost_in_the_middle_leaves_nothing_and_the_same_again_is_taken(
    listening: tuple[World, int],
) -> None:
    world, port = listening
    token = re.search(r"(grader_[\w-]+)", world.person("student", "Anna").post("/me/tokens", name="x").text)
    assert token
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="hw.ipynb"\r\n\r\n'
    body = part + NOTEBOOK + b"\r\n--b--\r\n"
    head = (
        "POST /api/v1/assignments/tiny/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {token[1]}\r\nIdempotency-Key: k\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    ).encode()

    def send(most: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(head + body[:most])
            return b"" if most < len(body) else line.recv(4000)

    for most in (0, len(part), len(body) - 3):
        send(most)
    assert send(len(body)).startswith(b"HTTP/1.1 201")
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 1
    assert len(list(world.service.blobs.names())) == 1
    assert not world.service.sending.total(), "nobody is counted as sending"


def test_one_person_holds_only_so_many_connections(
    listening: tuple[World, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = listening
    anna, bea = world.person("student", "Anna"), world.person("student", "Bea")
    world.service.sending[1] = student.AT_ONCE
    assert anna.hand_in().status_code == 429
    assert bea.hand_in().status_code == 200
    world.service.sending[1] = 0
    assert anna.hand_in().status_code == 200


def test_a_clock_that_jumps_runs_something_twice_at_worst_and_counts_it_once(world: World) -> None:
    anna = world.person("student", "Anna")
    anna.attempt()

    def take() -> int:
        with world.database.writing() as session:
            held = runs.take(session, "w", world.clock(), busy=False)
        assert held
        return held.id

    first = take()
    world.clock.forward(hours=1)
    assert take() == first, "its lease is over, as far as the clock tells"
    with world.database.writing() as session:
        outcomes = [runs.finish(session, "w", first, runs.Outcome("done"), world.clock()) for _ in range(2)]
    assert outcomes == [True, False]
    world.clock.forward(hours=-2)
    assert take() != first
    assert anna.hand_in().status_code == 200
    assert "Attempt 2" in anna.client.get("/a/tiny").text
