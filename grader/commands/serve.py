"""`grader serve`, `grader course`, `grader assignment`: the service, and what is set up by command."""

from __future__ import annotations

import gc
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from grader.commands.progress import say
from grader.errors import UsageError

LOOPBACK = "127.0.0.1"
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Serving:
    """`grader serve` as it was asked for. broker: of machines that run the notebooks; None: this one does."""

    data: Path
    database: str | None = None
    host: str = LOOPBACK
    port: int = 8000
    workers: int | None = None
    jobs: int | None = None
    broker: str | None = None


def serve(asked: Serving) -> int:
    """Serve a data folder until Ctrl-C or SIGTERM; 0. Raises `GraderError`."""
    _needed()
    import uvicorn

    from grader.service import founding, log, lti, server
    from grader.service.app import make_app
    from grader.service.patience import Patience

    log.to_stderr()
    opened = server.open_place(asked.data, asked.database)
    if asked.workers is not None:
        opened.settings = opened.settings.model_copy(update={"workers": asked.workers})
    server.alone(opened)
    listening = server.listen(asked.host, asked.port)
    port = listening.getsockname()[1]
    public = (
        opened.settings.address
        or f"http://{LOOPBACK if asked.host in ('0.0.0.0', '::') else asked.host}:{port}"
    )
    jobs = asked.jobs or opened.settings.jobs
    team = server.Workers(
        opened.place, opened.address, opened.database, opened.settings.workers, jobs, asked.broker
    )
    service = server.make_service(opened, lambda: team.alive)
    with opened.database.founding() as session:
        secret = founding.first_teacher(session, datetime.now(UTC))
    say(f"serving {asked.data} at {public} (stop with Ctrl-C)")
    if secret:
        say(f"the teacher's invitation: {public.rstrip('/')}/invited/{secret}")
    config = uvicorn.Config(
        make_app(service),
        http=Patience,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
    )
    running = uvicorn.Server(config)
    sockets = [listening]
    if opened.settings.proxy is not None:
        sockets.append(server.listen_unix(opened.settings.proxy.socket))
    team.start()
    gc.freeze()  # what is there now stays: looking through it again and again costs a page tenths of a second
    stop = threading.Event()
    if opened.settings.lti:
        threading.Thread(target=lti.keep_handing_back, args=(service, stop), daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):
            running.run(sockets=sockets)
    finally:
        stop.set()
        team.close()
        opened.database.close()
    return 0


def _needed() -> None:
    try:
        import alembic  # noqa: F401
        import fastapi  # noqa: F401
        import sqlalchemy  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"the service needs {error.name}, which is not installed; "
            "pip install -c constraints.txt '.[service]' in the grader's folder"
        ) from error


def add_course(
    data: Path, database: str | None, name: str, title: str | None, language: str, zone: str
) -> int:
    """Make a course."""
    _needed()
    from grader.service import founding, server

    opened = server.open_place(data, database)
    with opened.database.writing() as session:
        founding.add_course(session, name, title or name, language, zone, datetime.now(UTC))
    say(f"course {name} is there; now: grader course invite --role teacher --name … --course {name}")
    return 0


def invite(
    data: Path,
    database: str | None,
    course: str | None,
    role: str,
    name: str | None,
    section: str,
) -> int:
    """Print a link: for one person by name, or for whoever has it."""
    _needed()
    from grader.service import accounts, founding, record, rules, server

    if role not in rules.ROLES:
        raise UsageError(f"{role!r} is no role; use {', '.join(rules.ROLES)}")
    opened = server.open_place(data, database)
    with opened.database.writing() as session:
        now = datetime.now(UTC)
        home = founding.course_named(session, course)
        if name is None and role != "student":
            raise UsageError(
                "a link that makes whoever has it an assistant or a teacher is not made; use --name"
            )
        if name is not None:
            _, secret = founding.add_member(session, home, name, role, founding.MemberPlace.of(section), now)
        else:
            secret = accounts.invite(session, home.id, role, now, section=section)
            record.event(session, home.id, None, "invited", record.by_course_link(), now)
    public = opened.settings.address or f"http://{LOOPBACK}:8000"
    print(f"{public.rstrip('/')}/invited/{secret}")
    return 0


def add_assignment(
    data: Path,
    database: str | None,
    folder: str | None,
    course: str | None,
    name: str | None,
    due: str | None,
) -> int:
    """Take an assignment's folder in."""
    _needed()
    from grader.service import founding, server

    opened = server.open_place(data, database)
    now = datetime.now(UTC)
    added = founding.add_assignment(opened.database, opened.place, folder, course, name, now)
    at = added.assignment.slug
    if due is not None:
        _dates(opened.database, at, due, now)
    if not added.fresh:
        say(f"{at}: this very edition ({added.edition.version}) is there already; nothing to do")
    elif added.current:
        say(f"{at} is there: students hand in at /a/{at}")
    else:
        say(
            f"{at} has a further edition ({added.edition.version}); grades are by the old one "
            f"until a teacher looks at /teach/{at}/regrade and takes it over"
        )
    return 0


def import_graded(
    data: Path, database: str | None, out: Path, slug: str | None, uploads: Sequence[Path]
) -> int:
    """Take in what `grader grade` left in a folder."""
    _needed()
    from sqlalchemy import select

    from grader.folder import about
    from grader.folder.place import STATE
    from grader.folder.private import PrivateDirectory
    from grader.service import founding, importing, server
    from grader.service.blobs import Blobs
    from grader.service.tables import CourseAssignment

    opened = server.open_place(data, database)
    graded_by = about.read(out / STATE)
    at = slug or (founding.slug_of(graded_by.rubric) if graded_by else None)
    keeper = PrivateDirectory()
    try:
        graded = importing.read(out, uploads, keeper)
        blobs = Blobs(opened.place.blobs)
        with blobs.held(), opened.database.writing() as session:
            found = session.scalar(select(CourseAssignment).where(CourseAssignment.slug == (at or "")))
            if found is None:
                raise UsageError(
                    f"there is no assignment {at}; name it with --as, or make it: grader assignment add"
                )
            taken = importing.take_in(session, blobs, found, graded, datetime.now(UTC))
    finally:
        keeper.close()
    for id in taken.without[:_SHOWN]:
        say(f"{id}: not among the uploads named; the notebook as it ran stands for it")
    if len(taken.without) > _SHOWN:
        say(f"and {len(taken.without) - _SHOWN} more")
    say(f"{at}: {taken.new} uploads new, {taken.known} known already, {taken.marks} marks new")
    return 0


def _dates(database: object, slug: str, due: str, now: datetime) -> None:
    from sqlalchemy import select

    from grader.service import courses, founding
    from grader.service.database import Database
    from grader.service.tables import CourseAssignment

    assert isinstance(database, Database)
    try:
        moment = datetime.fromisoformat(due)
    except ValueError as error:
        raise UsageError(f"--due {due}: expected a time as 2026-06-09T14:25:00+02:00") from error
    if moment.tzinfo is None:
        raise UsageError(f"--due {due}: expected a time with its zone, as 2026-06-09T14:25:00+02:00")
    with database.writing() as session:
        found = session.scalar(select(CourseAssignment).where(CourseAssignment.slug == slug))
        assert found is not None
        dates = replace(courses.common_dates(found), due=moment)
        founding.set_dates(session, found, dates, found.checks, None, now)


def backup(data: Path, database: str | None, to: Path) -> int:
    """Copy a data folder."""
    _needed()
    from grader.service import operate, server

    opened = server.open_place(data, database)
    new = operate.backup(opened.place, opened.database, to)
    rest = "" if opened.database.sqlite else "; the database is PostgreSQL's: keep its pg_dump beside it"
    say(f"backed up to {to}, {new} blobs new{rest}")
    return 0


def check(data: Path, database: str | None, drop_unnamed: bool) -> int:
    """Compare blobs with records; 1 where some are missing or damaged."""
    _needed()
    from grader.service import erasing, operate, server
    from grader.service.blobs import Blobs

    opened = server.open_place(data, database)
    found = operate.check(opened.place, opened.database)
    for kind, names in (("missing", found.missing), ("damaged", found.damaged)):
        for name in names:
            say(f"{kind}: {name}")
    say(f"{found.blobs} blobs named, {len(found.missing)} missing, {len(found.damaged)} damaged")
    if found.unnamed and drop_unnamed and not found.missing:
        erasing.drop(opened.database, Blobs(opened.place.blobs), set(found.unnamed))
        say(f"{len(found.unnamed)} deleted that no record names")
    elif found.unnamed:
        say(f"{len(found.unnamed)} that no record names, as a killed upload leaves them")
    return 1 if found.missing or found.damaged else 0
