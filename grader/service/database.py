"""The database: SQLite in the data folder, or PostgreSQL by its address. The same statements on both."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session

from grader.errors import StorageError, UsageError

if TYPE_CHECKING:
    from alembic.config import Config

FILE = "service.sqlite"
_SHARED_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"}
_WAIT_MS = 20_000


class Database:
    """Sessions for reading and for writing: SQLite has one writer at a time, PostgreSQL locks rows."""

    def __init__(self, address: str) -> None:
        """address: as SQLAlchemy has them; `postgresql://` means psycopg. Raises `UsageError`."""
        try:
            url = make_url(address)
        except ArgumentError:
            raise UsageError("no address of a database; it looks like postgresql://user@host/name") from None
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        if url.drivername not in ("sqlite", "postgresql+psycopg"):
            raise UsageError(f"{url.drivername} is no database for the service; use SQLite or PostgreSQL")
        self.sqlite = url.drivername == "sqlite"
        self._url = url
        self._turn: AbstractContextManager[object] = nullcontext()
        if self.sqlite:
            assert url.database
            _refuse_shared(Path(url.database))
            self._turn = _Turn(Path(f"{url.database}.turn"))
            self._reads = _sqlite(url, "BEGIN")
            self._writes = _sqlite(url, "BEGIN IMMEDIATE")
        else:
            # without it text comes in the database's own encoding, whatever that is
            text = {"client_encoding": "utf8"}
            self._reads = self._writes = create_engine(
                url, connect_args=text, pool_pre_ping=True, pool_size=20, max_overflow=30
            )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at one state of the database. Nothing can be written."""
        with Session(self._reads, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: on the disk, all of it, when the context ends well; else nothing of it."""
        with self._turn, Session(self._writes, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def founding(self) -> Iterator[Session]:
        """As `writing`, one server after the other: what is not there yet is made once."""
        with self.writing() as session:
            self._one_at_a_time(session.connection())
            yield session

    def migrate(self) -> None:
        """Bring the tables to this version.

        Raises `StorageError` where they are of a later one or nobody answers, `UsageError` where it can't
        keep every name.
        """
        try:
            with self._writes.connect() as connection:
                self._upgrade(connection)
        except DatabaseError as error:
            where, reason = self._url.render_as_string(), " ".join(str(error.orig).split())
            raise StorageError(
                f"the database {where} can't be used ({reason}); start it, or name another with --database"
            ) from error

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command  # only who brings a database up to date needs it
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        if not self.sqlite:
            _refuse_other_scripts(connection)
        scripts = _alembic(connection)
        known = {s.revision for s in ScriptDirectory.from_config(scripts).walk_revisions()}
        at = MigrationContext.configure(connection).get_current_revision()
        if at is not None and at not in known:
            raise StorageError(f"the database is of a later version of the grader ({at}); install that one")
        self._one_at_a_time(connection)
        command.upgrade(scripts, "head")
        connection.commit()

    def _one_at_a_time(self, connection: Connection) -> None:
        """Until this transaction ends, other servers that start wait here; with SQLite writers take turns."""
        if not self.sqlite:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7301)")

    def settle(self) -> None:
        """Let go of what was deleted: SQLite's log still holds it until it is written over.

        PostgreSQL does it by itself (autovacuum).
        """
        if self.sqlite:
            with self._turn, closing(self._writes.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def alive(self) -> bool:
        """Does it answer?"""
        try:
            with self._reads.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except (DatabaseError, OSError):
            return False
        return True

    def close(self) -> None:
        """Give the connections back."""
        self._reads.dispose()
        self._writes.dispose()


class _Turn:
    """Writers of SQLite one after the other, in this process and in others.

    Who waits for SQLite's own lock sleeps and looks again, up to a tenth of a second too long.
    """

    def __init__(self, path: Path) -> None:
        self._mine, self._path = threading.Lock(), path
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._mine.acquire()
        try:
            self._file = self._file or self._path.open("a")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._mine.release()
            raise

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._mine.release()


def at(data: Path, address: str | None) -> Database:
    """The database of a data folder; address None: SQLite in it."""
    return Database(address or f"sqlite:///{data.absolute() / FILE}")


def _sqlite(url: Any, begin: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": _WAIT_MS / 1000},
        pool_size=20,
        max_overflow=30,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_WAIT_MS}",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _refuse_other_scripts(connection: Connection) -> None:
    """Names are of any script: a database that keeps text in another encoding loses some, or refuses them."""
    name, encoding = connection.exec_driver_sql(
        "SELECT current_database(), current_setting('server_encoding')"
    ).one()
    if encoding != "UTF8":
        raise UsageError(
            f"the database {name} keeps text as {encoding}, in which not every name can be written; "
            f"make one with CREATE DATABASE {name}_utf8 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0, "
            "and name that one"
        )


def _refuse_shared(path: Path) -> None:
    """Locks on network disks are promises that nobody keeps: a database there is lost some day."""
    kind = _file_system(path.parent)
    if kind in _SHARED_DISKS:
        raise UsageError(
            f"{path.parent} lies on a network disk ({kind}), where SQLite loses data; "
            "name a folder on a local disk, or a PostgreSQL with --database"
        )


def _file_system(folder: Path) -> str:
    try:
        mounts = [
            line.split() for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()
        ]
    except OSError:
        return ""
    here = folder.resolve()
    fitting = [(m[1], m[2]) for m in mounts if len(m) > 2 and here.is_relative_to(m[1])]
    return max(fitting, key=lambda m: len(m[0]), default=("", ""))[1]


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("grader.service") / "migrations"))
    config.attributes["connection"] = connection
    return config
