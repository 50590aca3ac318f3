#!/usr/bin/env python3
"""Starts the compose files with a real Docker and uses them as a course would; prints a line per check.

    tests/container/compose [--no-build] [--keep]

`compose` beside this file gets what is needed first. The tree that is tested is the one this file lies in.
Exit code 0: every check held.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import secrets
import shlex
import signal
import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parent))

from engine import Done, run
from tally import Tally

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
HOST = "grader.example.org"
PATIENCE_S = 240.0
REACHED = """
import socket
for place in (("broker", 5672), ("database", 5432), ("web", 8000), ("proxy", 443), ("192.0.2.1", 80)):
    try:
        socket.create_connection(place, 2).close()
        print(place[0])
    except OSError:
        pass
"""


class Composed:
    """One compose file, called as a person calls it. environment: what its head says is to be set."""

    def __init__(self, compose: str, file: str, environment: dict[str, str]) -> None:
        self._compose, self._environment = [*shlex.split(compose), "-f", file], environment

    def call(self, *arguments: str) -> Done:
        return run([*self._compose, *arguments], cwd=ROOT, env=self._environment)

    def containers(self, service: str) -> list[str]:
        return self.call("ps", "--quiet", service).stdout.split()

    def kill(self, service: str) -> None:
        """SIGKILL the first process of each of its containers, as the machine's own killer does."""
        for container in self.containers(service):
            pid = int(run(["docker", "inspect", "--format", "{{.State.Pid}}", container]).stdout)
            if pid:
                os.kill(pid, signal.SIGKILL)


class Site:
    """The course's pages, through the proxy and its TLS, in one browser's place."""

    def __init__(self, authority: str) -> None:
        self._context = ssl.create_default_context(cadata=authority)
        self._cookies: dict[str, str] = {}
        self._headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """Status and text. Raises `OSError` where nobody answers."""
        connection = http.client.HTTPSConnection(HOST)
        plain = socket.create_connection(("127.0.0.1", 443), 30)
        connection.sock = self._context.wrap_socket(plain, server_hostname=HOST)
        cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())} if self._cookies else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, self._headers | cookies | named)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                self._cookies[name] = value
            return answer.status, answer.read().decode("utf-8", "replace")
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def become(self, link: str) -> None:
        """Follow an invitation, make a token, and be nothing but its bearer from then on."""
        self.ask("POST", link.removeprefix(f"https://{HOST}"))
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.ask("GET", "/me")[1])
        body = f"name=script&csrf={csrf[1] if csrf else ''}".encode()
        page = self.ask("POST", "/me/tokens", body, Content_Type="application/x-www-form-urlencoded")[1]
        token = re.search(r'class="secret"><code>([^<]+)<', page)
        self._headers, self._cookies = {"Authorization": f"Bearer {token[1] if token else ''}"}, {}

    def hand_in(self, notebook: Path) -> str:
        """Send it until there is a receipt, with one key; the receipt's id."""
        edge, key = secrets.token_hex(16), secrets.token_hex(8)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="hw4.ipynb"\r\n\r\n'
        body = head.encode() + notebook.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"

        def confirmed() -> str:
            status, text = self.ask(
                "POST", "/api/v1/assignments/hw4/uploads", body, Content_Type=kind, Idempotency_Key=key
            )
            return str(json.loads(text)["id"]) if status in (200, 201) else ""

        return until(confirmed)

    def states(self) -> dict[str, str]:
        """Upload's id → the state of its self-check."""
        status, text = self.ask("GET", "/api/v1/assignments/hw4/uploads")
        return {u["id"]: u["check"]["state"] for u in json.loads(text)} if status == 200 else {}


def until(happened: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """What it gives once it is true, or at the end of all patience; nobody at home is no answer yet."""
    end = time.monotonic() + patience_s
    while True:
        try:
            if (given := happened()) or time.monotonic() > end:
                return given
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(0.5)


def build(tally: Tally) -> bool:
    """Both images, as the documents say."""
    plain = {"DOCKER_BUILDKIT": "0"}  # Debian's engine comes without buildx
    for target in (["--tag", "notebook-grader"], ["--target", "worker", "--tag", "notebook-grader-worker"]):
        done = run(["docker", "build", *target, "."], cwd=ROOT, env=plain)
        tally.check(f"docker build {' '.join(target)}", done.returncode == 0, _trouble(done))
        if done.returncode:
            return False
    return True


def service(compose: str, tally: Tally, folder: Path, keep: bool) -> None:
    """A course from nothing to a backup, with everybody killed in the middle."""
    course = Composed(compose, "service/compose.yaml", {"GRADER_HOST": HOST, "GRADER_TLS": "internal"})
    start = ("up", "--detach", "--wait", "--scale", "worker=2")
    began = time.monotonic()
    done = course.call(*start)
    tally.check(
        "the service is up",
        done.returncode == 0,
        f"{time.monotonic() - began:.0f} s {_trouble(done)}",
    )
    try:
        link = re.search(r"invitation: (\S+)", course.call("logs", "web").stdout)
        tally.check("the log has the teacher's invitation", link is not None)
        done = course.call("run", "--rm", "grader", "assignment", "add", "hw4", "--data", "/data")
        tally.check("an assignment is added", "students hand in at" in done.stdout, _said(done))
        _used(course, tally)
        done = course.call("down")
        tally.check("down", done.returncode == 0, _trouble(done))
        _kept(course, start, tally, folder)
    finally:
        if not keep:
            course.call("down", "--volumes")


def _trouble(done: Done) -> str:
    """The end of its errors where it failed; else compose tells its own steps there."""
    return done.stderr[-500:] if done.returncode else ""


def _said(done: Done) -> str:
    return _trouble(done) or done.stdout


def _used(course: Composed, tally: Tally) -> None:
    notebooks = sorted((ROOT / "submissions").glob("*.ipynb"))
    anna = _student(course, "Anna")
    tally.check("metrics are refused to the outside", anna.ask("GET", "/metrics")[0] == 404)
    sent = {anna: [anna.hand_in(path) for path in notebooks[:2]]}
    tally.check("two notebooks through the proxy, checked", until(lambda: _checked(sent)), str(anna.states()))
    reached = course.call("exec", "--no-TTY", "worker", "python", "-c", REACHED)
    tally.check("a worker reaches the broker alone", reached.stdout.split() == ["broker"], reached.stdout)
    inside = course.call(
        "exec", "--no-TTY", "worker", "sh", "-c", "ls /run/grader /data /etc/grader; env"
    ).stdout
    own = "worker.url" in inside and not re.search("password|database|head", inside, re.I)
    tally.check("a worker holds its own login alone", own, inside[-300:] * (not own))
    for name, notebook in zip(("worker", "broker", "database", "web"), notebooks[2:], strict=False):
        student = _student(course, name)
        first = student.hand_in(notebook)
        course.kill(name)
        sent[student] = [first, student.hand_in(notebooks[0])]
        held = until(lambda: _checked(sent))
        tally.check(
            f"{name} killed: what came before and after is checked, once", held, str(student.states())
        )


def _checked(sent: dict[Site, list[str]]) -> bool:
    return all(site.states() == dict.fromkeys(ids, "done") for site, ids in sent.items())


def _student(course: Composed, name: str) -> Site:
    root = "/data/caddy/pki/authorities/local/root.crt"
    site = Site(course.call("exec", "--no-TTY", "proxy", "cat", root).stdout)
    who = ("--data", "/data", "--role", "student", "--name", name)
    site.become(course.call("run", "--rm", "grader", "course", "invite", *who).stdout.strip())
    return site


def _kept(course: Composed, start: Sequence[str], tally: Tally, folder: Path) -> None:
    """After everything went down: started again, all is there, and a backup is whole."""
    done = course.call(*start)
    tally.check("up again", done.returncode == 0, _trouble(done))
    done = course.call("run", "--rm", "grader", "course", "check", "--data", "/data")
    tally.check("all that records name is there", done.returncode == 0, _said(done))
    copy = folder / "backup"
    copy.mkdir()
    os.chown(copy, 10001, 10001)
    to = ("--volume", f"{copy}:/backup")
    done = course.call(
        "run", "--rm", *to, "grader", "course", "backup", "--data", "/data", "--to", "/backup/course"
    )
    tally.check("a backup", done.returncode == 0 and any(copy.rglob("*")), _said(done))


def cluster(compose: str, tally: Tally, folder: Path, keep: bool) -> None:
    """The sample class by a head and two workers."""
    out = folder / "out"
    out.mkdir()
    os.chown(out, 10001, 10001)
    head = {"SUBMISSIONS": str(ROOT / "submissions"), "OUT": str(out)}
    course = Composed(compose, "cluster/compose.yaml", head)
    done = course.call("up", "--detach", "--wait", "--scale", "worker=2")
    tally.check("the cluster is up", done.returncode == 0, _trouble(done))
    try:
        done = course.call("--profile", "head", "run", "--rm", "head")
        reports = list(out.rglob("report.json"))
        people = len(list((ROOT / "submissions").glob("*.ipynb")))
        held = done.returncode == 0 and len(reports) >= people
        tally.check(
            "a head grades the sample class with it",
            held,
            f"{len(reports)} reports {_trouble(done)}",
        )
    finally:
        if not keep:
            course.call("down", "--volumes")


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--compose", default="docker compose", help="how compose is called")
    options.add_argument("--no-build", action="store_true", help="use the images that are there")
    options.add_argument("--keep", action="store_true", help="leave all running at the end")
    chosen = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("run this as root: it kills what runs in containers")
    tally = Tally()
    if not chosen.no_build and not build(tally):
        return 1  # nothing below is about this tree
    with tempfile.TemporaryDirectory(prefix="composed-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        service(chosen.compose, tally, folder, chosen.keep)
        cluster(chosen.compose, tally, folder, chosen.keep)
    return tally.end()


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
