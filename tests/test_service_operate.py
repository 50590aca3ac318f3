"""Backup and restore, the check of a data folder, databases that can not be used, and `grader submit`."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import uvicorn
from service_kit import NOTEBOOK, Browser, World, make_world
from sqlalchemy import select

from grader.commands import submit
from grader.errors import GraderError, OperationError, StorageError, UsageError
from grader.service import founding, operate, server
from grader.service.app import make_app
from grader.service.blobs import Blobs
from grader.service.database import at
from grader.service.grading import Editions
from grader.service.place import DataFolder, Settings
from grader.service.tables import Course
from grader.service.web import Service


def test_a_restored_backup_is_the_course_as_it_was(tmp_path: Path) -> None:
    world = make_world(tmp_path / "data")
    link = world.invite("student", "Anna")
    anna = Browser(world.client())
    anna.client.post(f"/invited/{link}")
    first = anna.attempt()
    world.report_of(first)
    copy = tmp_path / "backup"
    assert operate.backup(world.service.place, world.database, copy) == 4
    anna.hand_in(("later.ipynb", NOTEBOOK + b" "))
    assert operate.backup(world.service.place, world.database, copy) == 1, "only what is new"
    shutil.rmtree(tmp_path / "data")

    restored = DataFolder(tmp_path / "restored")
    shutil.copytree(copy, restored.folder)
    database = at(restored.folder, None)
    database.migrate()
    found = operate.check(restored, database)
    assert (found.missing, found.damaged, found.unnamed) == ((), (), ())
    service = Service(restored, Settings(), database, Blobs(restored.blobs), world.clock)
    again = World(service, world.clock, make_app(service))
    client = Browser(again.client())
    client.client.post(f"/invited/{link}")
    page = client.client.get("/a/tiny").text
    assert "Attempt 2" in page and "later.ipynb" in page
    assert client.client.get(f"/u/{first}/files/0").content == NOTEBOOK


def test_a_check_names_what_is_missing_and_damaged(tmp_path: Path) -> None:
    world = make_world(tmp_path / "data")
    name = world.person("student", "Anna").attempt()
    world.report_of(name)
    blobs = list(world.service.blobs.names())
    world.service.blobs.drop(blobs[:1])
    world.service.blobs.path(blobs[1]).write_bytes(b"other")
    found = operate.check(world.service.place, world.database)
    assert found.missing == (blobs[0],) and found.damaged == (blobs[1],)
    with pytest.raises(UsageError, match="lies in the data folder"):
        operate.backup(world.service.place, world.database, tmp_path / "data" / "backup")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str]]:
    world = make_world(tmp_path / "data")
    listening = server.listen("127.0.0.1", 0)
    running = uvicorn.Server(uvicorn.Config(world.app, log_level="error"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield world, f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    thread.join(5)


def test_submit_prints_the_receipt_and_the_self_check(
    served: tuple[World, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, base = served
    notebook = tmp_path / 'a "b".ipynb'
    notebook.write_bytes(NOTEBOOK)
    token = re.search(r"(grader_[\w-]+)", world.person("student", "Anna").post("/me/tokens", name="x").text)
    assert token
    with pytest.raises(UsageError, match="GRADER_TOKEN"):
        submit.run([notebook], f"{base}/a/tiny", None, 0)
    with pytest.raises(UsageError, match="is no token") as told:
        submit.run([notebook], f"{base}/a/tiny", "grader_a\nb", 0)
    assert "grader_a" not in str(told.value), "logs of CI keep what is said"
    monkeypatch.setenv("GRADER_TOKEN", f"{token[1]}\n")
    assert submit.run([notebook], f"{base}/a/tiny", None, 0) == 0
    said = capsys.readouterr()
    assert "received as attempt 1" in said.out + said.err
    tell = threading.Timer(1.0, lambda: world.report_of(_last(world)))
    tell.start()
    assert submit.run([notebook], f"{base}/a/tiny", None, 20) == 0
    said = capsys.readouterr()
    assert "found: Output, cell 3" in said.out + said.err and "1 of 1 found" in said.out + said.err
    with pytest.raises(UsageError, match="no notebook among these files"):
        essay = tmp_path / "x.pdf"
        essay.write_bytes(b"x")
        submit.run([essay], f"{base}/a/tiny", None, 0)
    with pytest.raises(UsageError, match="in the clear"):
        submit.run([notebook], "http://grader.example.org/a/tiny", None, 0)


def _last(world: World) -> str:
    from sqlalchemy import select

    from grader.service.tables import Upload

    with world.database.reading() as session:
        return str(session.scalars(select(Upload.name).order_by(Upload.id.desc())).first())


def test_submit_says_when_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = tmp_path / "a.ipynb"
    notebook.write_bytes(NOTEBOOK)
    monkeypatch.setattr(submit, "_WAIT_S", 0.01)
    with pytest.raises(OperationError, match="can't be reached"):
        submit.run([notebook], "http://127.0.0.1:9/a/tiny", "grader_x", 0)


def test_a_worker_runs_no_assignments_python(tmp_path: Path) -> None:
    """What holds the solution are the judges that it starts."""
    folder = tmp_path / "e"
    shutil.copytree(Path(__file__).parent / "data" / "softmax", folder)
    (folder / "canonical.py").write_text("raise SystemExit('it ran')")
    assert Editions(tmp_path).load("e", released=False).rubric.id


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "postgresql://grader:secret@127.0.0.1:1/course",
            "127.0.0.1:1/course can't be used (connection failed",
        ),
        ("mysql://database/course", "use SQLite or PostgreSQL"),
        ("course", "it looks like postgresql://user@host/name"),
    ],
)
def test_a_database_that_can_not_be_used_is_called_by_its_address(
    address: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(GraderError) as caught:
        server.open_place(tmp_path / "data", address)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "service.sqlite").write_text("my notes")
    with pytest.raises(StorageError, match=r"service\.sqlite can't be used \(file is not a database\)"):
        server.open_place(tmp_path, None)


def test_a_database_that_can_not_write_every_name_is_refused(postgres_address: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("CREATE DATABASE old ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(
        UsageError, match=r"the database old keeps text as SQL_ASCII.*CREATE DATABASE old_utf8"
    ):
        server.open_place(tmp_path, postgres_address.replace("/postgres", "/old"))


def test_two_servers_that_start_at_once_make_one_course(postgres_address: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_address, autocommit=True) as connection:
        connection.execute("CREATE DATABASE twice ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")
    address = postgres_address.replace("/postgres", "/twice")
    together = threading.Barrier(2)

    def start(_: int) -> None:
        opened = server.open_place(tmp_path, address)
        together.wait(30)
        with opened.database.founding() as session:
            assert founding.first_teacher(session, datetime.now(UTC))
        opened.database.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(start, range(2)))
    with at(tmp_path, address).reading() as session:
        assert len(session.scalars(select(Course)).all()) == 1
