"""`grader review`: the desk at which a person settles what waits, in the browser."""

from __future__ import annotations

import getpass
import os
import secrets
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from grader.commands import folder
from grader.commands.progress import say
from grader.errors import UsageError

if TYPE_CHECKING:
    from uvicorn import Server

LOOPBACK = "127.0.0.1"


def run(out: Path, by: str | None, port: int, browser: bool, rubric: str | None) -> int:
    """Serve the desk until Ctrl-C; 0. port 0: any that is free.

    Raises `UsageError` for a folder without reports, a port in use, or the extra `desk` not installed.
    """
    try:
        import uvicorn

        from grader.desk.app import make_app
    except ImportError as error:
        raise UsageError(
            f"the desk needs {error.name}, which is not installed; "
            "pip install -c constraints.txt '.[desk]' in the grader's folder, "
            "or mark with `grader sheet` and `grader mark --from`"
        ) from error
    from grader.desk.desk import Desk
    from grader.desk.folder import ReportFolder
    from grader.desk.publish import Publisher

    asked = folder.rubric_of(out, rubric)
    desk = Desk(ReportFolder(out), asked, by or _user())
    publisher = Publisher(out, asked)
    token, ticket = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    listening = _listen(port)
    host = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
    address = f"{host}/{token}/"
    waiting = sum(not desk.settled(item, view) for view in [desk.look()] for item in view.items)
    things = "thing waits" if waiting == 1 else "things wait"
    say(f"{waiting} {things} for a person; marks go to {out / 'marks.jsonl'} as {desk.author}")
    say(f"review desk: {address} (stop with Ctrl-C)")
    app = make_app(desk, publisher, token, ticket)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    server: Server = uvicorn.Server(config)
    publisher.start()
    doors = ExitStack()
    if browser and _has_screen():
        webbrowser.open(doors.enter_context(_door(f"{host}/open/{ticket}")).as_uri())
    with suppress(ValueError):  # not the main thread: nobody closes a terminal there
        signal.signal(signal.SIGHUP, lambda *_: setattr(server, "should_exit", True))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # uvicorn has shut down in order by then
    finally:
        doors.close()
        if publisher.due:
            say(f"writing {publisher.due} marked pages and the class")
        publisher.close()
    if publisher.problem:
        say(f"the marks are kept, but the pages could not be written: {publisher.problem}")
    return 0


@contextmanager
def _door(address: str) -> Iterator[Path]:
    """A page that leads to an address, and that nobody but this user can read.

    What is on the browser's command line everybody on this machine can: only this page's name is.
    """
    with tempfile.TemporaryDirectory(prefix="grader-desk-") as folder:
        page = Path(folder) / "desk.html"
        page.touch(mode=0o600)
        page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">')
        yield page


def _has_screen() -> bool:
    """Without one, a browser for terminals would take this one over."""
    return sys.platform != "linux" or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


def _listen(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen()  # whoever is quick with the address waits instead of being refused
    except OSError as error:
        made.close()
        raise UsageError(f"port {port} can't be used ({error.strerror}); name another with --port") from error
    return made


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("who is marking can't be told on this machine; say so with --by") from None
