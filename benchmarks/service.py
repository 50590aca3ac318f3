"""Load on the course's server and the death of its parts, measured on the machine at hand.

    python benchmarks/service.py --kills 0 --uploads 0 --burst 0    quiet, marks
    python benchmarks/service.py --kills 0 --marks 0 --burst 0      load
    python benchmarks/service.py --kills 0 --marks 0 --uploads 0    full speed
    python benchmarks/service.py --kills 40 --uploads 0 --burst 0 --marks 0
    python benchmarks/service.py --kills 40 --parts judge,database … --database postgresql

Starts `grader serve` with the shipped assignment on SQLite, on a PostgreSQL of its own (`--database
postgresql`, as Debian sets it up, with fsync) or on another (`--database postgresql://…`), signs in students
who send real notebooks padded to 300 kB, and prints as rows of a table: received → self-check when quiet; how
long a mark takes while three assistants mark a large class; what was lost or counted twice over kills of
`--parts` by turns; confirmation and pages p50 and p95 while uploads come evenly, and when all were graded;
confirmed uploads a second at full speed. Each takes less than four minutes on two processors.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import psutil
from sqlalchemy import select

from grader.service import accounts, founding
from grader.service.blobs import Blobs
from grader.service.database import at as service_database
from grader.service.tables import Course, CourseAssignment, Run, Upload

HERE = Path(__file__).parent.parent
SIZE = 300_000
OWN = "@own@"
"""in a notebook: what makes each upload another one, so that nothing is run before"""
LOOKING = 30
"""students who look at pages"""
PATIENCE_S = 170.0


class Server:
    """`grader serve` in a process of its own."""

    def __init__(self, data: Path, address: str | None) -> None:
        self.data, self.address, self.port = data, address, 0
        self.environment = os.environ | ({"GRADER_DATABASE": address} if address else {})
        self.process: subprocess.Popen[str] | None = None
        self.http = httpx.Client()  # one: each makes a TLS context

    def command(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments, "--data", str(self.data)],
            check=True,
            capture_output=True,
            text=True,
            env=self.environment,
        ).stdout

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "serve", "--data", str(self.data), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=(self.data.parent / "log").open("a"),
            text=True,
            env=self.environment,
        )
        assert self.process.stdout
        found = re.search(r"at http://127.0.0.1:(\d+)", self.process.stdout.readline())
        assert found
        self.port = int(found[1])
        wait(self.ready)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        try:
            return self.http.get(f"{self.base}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def metric(self, name: str) -> float:
        return self.metrics(name)[0]

    def metrics(self, *names: str) -> list[float]:
        text = self.http.get(f"{self.base}/metrics").text
        found = [re.search(rf"^{name} (\S+)$", text, re.M) for name in names]
        return [float(f[1]) if f else 0.0 for f in found]

    def left(self) -> float:
        """Runs that wait or go on."""
        return sum(self.metrics("grader_queue_runs", "grader_running_runs"))

    def idle(self) -> bool:
        return self.left() == 0

    def workers(self) -> list[psutil.Process]:
        assert self.process
        return [
            p for p in psutil.Process(self.process.pid).children() if "grader.service.worker" in p.cmdline()
        ]

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


def wait(happened: Callable[[], object], patience_s: float = 900.0, look_s: float = 0.1) -> float:
    """Until it happened; the seconds that took."""
    started = time.monotonic()
    while not happened():
        if time.monotonic() - started > patience_s:
            raise TimeoutError
        time.sleep(look_s)
    return time.monotonic() - started


def signed_in(server: Server, count: int) -> list[httpx.Client]:
    """Students with tokens."""
    database, now = service_database(server.data, server.address), datetime.now(UTC)
    clients = []
    with database.writing() as session:
        course = session.scalars(select(Course)).one()
        for number in range(count):
            name, place = f"Student {number:03}", founding.MemberPlace()
            person, _ = founding.add_member(session, course, name, "student", place, now)
            token = accounts.make_token(session, person.id, "benchmark", now)
            headers = {"Authorization": f"Bearer {token}"}
            made = httpx.Client(base_url=server.base, follow_redirects=True, timeout=60, headers=headers)
            if number < LOOKING:
                made.cookies["grader"] = accounts.sign_in(session, person.id, None, now)
            clients.append(made)
    database.close()
    return clients


def notebooks() -> list[bytes]:
    """The sample class, each padded to the size of a notebook with a plot; no two uploads are the same."""
    made = []
    for path in sorted((HERE / "submissions").glob("*.ipynb")):
        document = json.loads(path.read_bytes())
        sheet = document if "cells" in document else document["worksheets"][0]
        code = next(c for c in sheet["cells"] if c["cell_type"] == "code")
        text = "source" if "source" in code else "input"
        code[text] = [f"# {OWN}\n", *code[text]]
        document["metadata"]["padding"] = "x" * max(0, SIZE - path.stat().st_size)
        made.append(json.dumps(document).encode())
    return made


def send(client: httpx.Client, data: bytes, key: str) -> tuple[str, float]:
    """Hand in; the receipt's id, and the seconds until it came."""
    own = data.replace(OWN.encode(), f"{id(client)} {key}".encode())
    started = time.perf_counter()
    answer = client.post(
        "/api/v1/assignments/hw4/uploads",
        files={"files": ("hw4.ipynb", own)},
        headers={"Idempotency-Key": key},
    )
    answer.raise_for_status()
    return str(answer.json()["id"]), time.perf_counter() - started


def percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1] if len(values) > 1 else values[0]


def told(what: str, value: str) -> None:
    print(f"| {what} | {value} |", flush=True)


def quiet(server: Server, student: httpx.Client, data: Sequence[bytes]) -> None:
    times = []
    for number, one in enumerate(data[:5]):
        started = time.perf_counter()
        id, _ = send(student, one, f"quiet {number}")
        while student.get(f"/api/v1/uploads/{id}").json()["check"]["state"] in ("waits", "runs"):
            time.sleep(0.02)
        times.append(time.perf_counter() - started)
    wait(server.idle)
    told("quiet: sent → self-check, median", f"{statistics.median(times):.2f} s")


def burst(students: Sequence[httpx.Client], data: Sequence[bytes], seconds: float) -> None:
    end = time.monotonic() + seconds

    def work(client: httpx.Client) -> list[float]:
        times, number = [], 0
        while time.monotonic() < end:
            times.append(send(client, data[number % len(data)], f"burst {number}")[1])
            number += 1
        return times

    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        times = [t for of_one in pool.map(work, students[:8]) for t in of_one]
    rate = len(times) / (time.monotonic() - started)
    told(f"full speed, 8 senders, {seconds:g} s: confirmed uploads a second", f"{rate:.0f}")
    told("confirmation p95", f"{percentile(times, 95):.2f} s")


def steady(
    server: Server,
    students: Sequence[httpx.Client],
    looking: Sequence[httpx.Client],
    data: Sequence[bytes],
    uploads: int,
    seconds: float,
) -> None:
    pages: list[float] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            client = random.choice(looking)
            started = time.perf_counter()
            client.get("/a/hw4").raise_for_status()
            pages.append(time.perf_counter() - started)
            time.sleep(0.2)

    watcher = threading.Thread(target=look)
    watcher.start()
    started = time.monotonic()

    def one(number: int) -> float:
        time.sleep(max(0.0, started + number * seconds / uploads - time.monotonic()))
        return send(students[number % len(students)], data[number % len(data)], f"steady {number}")[1]

    with ThreadPoolExecutor(32) as pool:
        times = list(pool.map(one, range(uploads)))
    sent = time.monotonic() - started
    graded = graded_after(server)
    stop.set()
    watcher.join()
    told(f"{uploads} uploads of 300 kB in {sent:.0f} s: confirmation p50 / p95", _both(times))
    told("pages meanwhile p50 / p95", _both(pages))
    told("all checked and graded, after the last upload", graded)


def graded_after(server: Server) -> str:
    """When nothing waits or runs any more."""
    try:
        return f"{wait(server.idle, PATIENCE_S, look_s=2):.0f} s"
    except TimeoutError:
        return f"not within {PATIENCE_S:.0f} s: {server.left():.0f} runs are left"


def _both(times: Sequence[float]) -> str:
    return f"{1000 * statistics.median(times):.0f} / {1000 * percentile(times, 95):.0f} ms"


def fill(server: Server, students: int) -> None:
    """A class of so many, each with a report that the server made of one of the sample class."""
    database = service_database(server.data, server.address)
    blobs = Blobs(server.data / "blobs")
    now = datetime.now(UTC)
    with database.writing() as session:
        assignment = session.scalars(select(CourseAssignment)).one()
        done = session.scalars(select(Run).where(Run.kind == "grade", Run.state == "done")).all()
        made = [(r, json.loads(blobs.get(str(r.result)))) for r in done]
        for number in range(students):
            run, report = made[number % len(made)]
            person, _ = founding.add_member(
                session,
                session.scalars(select(Course)).one(),
                f"Filled {number:04}",
                "student",
                founding.MemberPlace(),
                now,
            )
            upload = Upload(
                name=f"{number:016x}",
                assignment_id=assignment.id,
                person_id=person.id,
                number=1,
                key="filled",
                sha256="0" * 64,
                began=now,
                received=now,
            )
            session.add(upload)
            session.flush()
            report["submission"]["id"] = upload.name
            kept = blobs.put(json.dumps(report).encode()).sha256
            session.add(
                Run(
                    upload_id=upload.id,
                    edition_id=run.edition_id,
                    kind="grade",
                    state="done",
                    priority=0,
                    tries=1,
                    queued=now,
                    started=now,
                    finished=now,
                    message="",
                    result=kept,
                    notebook=run.notebook,
                )
            )
    database.close()


def marking(server: Server, students: int, each: int) -> None:
    """Three assistants mark one student after the other, each at their own; a person's pause between."""
    fill(server, students)
    desks = []
    for number in range(3):
        link = server.command("course", "invite", "--role", "assistant", "--name", f"Assistant {number}")
        client = httpx.Client(base_url=server.base, follow_redirects=True, timeout=60)
        client.post(f"/invited/{link.strip().rpartition('/')[2]}")
        desks.append(client)
    opened = time.perf_counter()
    items = desks[0].get("/desk/hw4/api/queue").json()["items"]
    told(f"the desk of {students} students, opened the first time", f"{time.perf_counter() - opened:.2f} s")
    waiting = [(i["id"], name) for i in items if i["max"] for name in i["submissions"]]
    random.Random(0).shuffle(waiting)

    def work(who: int) -> list[float]:
        times = []
        for item, name in waiting[who::3][:each]:
            body = {"item": item, "seen": {name: 0}, "points": 1, "reason": "Read."}
            started = time.perf_counter()
            desks[who].post("/desk/hw4/api/mark", json=body).raise_for_status()
            times.append(time.perf_counter() - started)
            time.sleep(random.uniform(0.3, 0.7))
        return times

    with ThreadPoolExecutor(3) as pool:
        times = [t for of_one in pool.map(work, range(3)) for t in of_one]
    told(f"{len(times)} marks by three assistants: p50 / p95", _both(times))
    told("the class page of the teacher", f"{_class_page(server):.2f} s")


def _class_page(server: Server) -> float:
    link = server.command("course", "invite", "--role", "teacher", "--name", "Teacher")
    client = httpx.Client(base_url=server.base, follow_redirects=True, timeout=60)
    client.post(f"/invited/{link.strip().rpartition('/')[2]}")
    client.get("/teach/hw4").raise_for_status()
    started = time.perf_counter()
    client.get("/teach/hw4").raise_for_status()
    return time.perf_counter() - started


def judges(server: Server) -> list[psutil.Process]:
    """What judges are forked from, and the judges: the children of workers that are no kernels."""
    below = [p for w in server.workers() for p in w.children(recursive=True)]
    return [p for p in below if "grader.pipeline.nursery" in " ".join(command_of(p))]


def command_of(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def kill(part: str, server: Server, database: Postgres | None) -> None:
    """SIGKILL one part of the service; what a person would start again is started again."""
    if part == "server":
        server.kill()
        server.start()
    elif part == "database":
        assert database is not None, "a database of the benchmark's own: --database postgresql"
        database.kill()
        time.sleep(0.5)
        database.start()
    else:
        for process in server.workers() if part == "worker" else judges(server):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def killed(
    server: Server,
    students: Sequence[httpx.Client],
    data: Sequence[bytes],
    kills: int,
    parts: Sequence[str],
    database: Postgres | None,
) -> None:
    """Kill parts by turns while uploads come; whoever gets no receipt sends the same again."""
    receipts: dict[tuple[int, int], set[str]] = {}
    stop = threading.Event()

    def work(who: int) -> None:
        number, confirmed = 0, True
        while not stop.is_set() or not confirmed:
            try:
                id, _ = send(students[who], data[number % len(data)], f"kill {number}")
            except httpx.HTTPError:
                confirmed = False
                time.sleep(0.2)
                continue
            confirmed = True
            receipts.setdefault((who, number), set()).add(id)
            number += 1
            time.sleep(4.0)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(students))]
    for thread in threads:
        thread.start()
    for number in range(kills):
        time.sleep(1.0 + random.random())  # at no moment that the rest could be in step with
        kill(parts[number % len(parts)], server, database)
    stop.set()
    for thread in threads:
        thread.join()
    graded = graded_after(server)
    known = [{u["id"] for u in s.get("/api/v1/assignments/hw4/uploads").json()} for s in students]
    lost = sum(not ids <= known[who] for (who, _), ids in receipts.items())
    doubled = sum(len(k) for k in known) - len(receipts)
    turns = f"{kills} kills of {' and '.join(parts)} by turns"
    told(f"{turns}, {len(receipts)} uploads confirmed: lost", str(lost))
    told("counted twice", str(doubled))
    told("failed by our fault", f"{server.metric('grader_stuck_runs'):.0f}")
    told("all checked and graded, after the last kill", graded)


class Postgres:
    """A PostgreSQL of our own on loopback, durable as Debian sets it up; it refuses root."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.chmod(0o777)
        self.binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", str(home / "data"), "-A", "trust", "-U", "grader", "-E", "UTF8")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.user, str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    @property
    def address(self) -> str:
        return f"postgresql://grader@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        data, log = str(self.home / "data"), str(self.home / "log")
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", log, "start")

    def kill(self) -> None:
        """All of its processes, as a power cut would."""
        first = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        parent = psutil.Process(first)
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs([parent], timeout=10)
        (self.home / "data" / "postmaster.pid").unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Load and kill figures of the course's server.")
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--burst", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--class", dest="students", type=int, default=1000)
    parser.add_argument("--marks", type=int, default=40, help="of each assistant")
    parser.add_argument("--parts", default="worker,server", help="worker, server, judge, database")
    parser.add_argument("--database", help="postgresql://…, or postgresql for one of its own")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        Path(home).chmod(0o755)
        database = None
        if asked.database == "postgresql":
            (Path(home) / "postgres").mkdir()
            database = Postgres(Path(home) / "postgres")
            stack.callback(database.kill)
        address = database.address if database else asked.database
        told("measured by `benchmarks/service.py`", "PostgreSQL" if address else "SQLite")
        print("|---|---|")
        server = Server(Path(home) / "data", address)
        server.command("course", "add", "course")
        server.command("assignment", "add", "hw4", "--due", "2099-01-01T00:00+00:00")
        server.start()
        try:
            students = signed_in(server, 160)
            looking, students = students[:LOOKING], students[LOOKING:]
            data = notebooks()
            wait(lambda: server.workers() and server.idle())
            quiet(server, students[0], data)
            if asked.marks:
                marking(server, asked.students, asked.marks)
            if asked.kills:
                killed(server, students[2:6], data, asked.kills, asked.parts.split(","), database)
            if asked.uploads:
                steady(server, students[6:], looking, data, asked.uploads, asked.seconds)
            if asked.burst:
                burst(students[:8], data, asked.burst)
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
