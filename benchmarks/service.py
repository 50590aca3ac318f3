"""Load on the course's server and the death of its parts, measured on the machine at hand.

    python benchmarks/service.py [--uploads 500] [--seconds 60] [--kills 5] [--class 1000] [--marks 40]

Starts `grader serve` with the shipped assignment on SQLite (or `--database postgresql://…`), signs in
students who send real notebooks padded to 300 kB, and prints: received → self-check when quiet; how long a
mark takes while three assistants mark a large class; what was lost or counted twice over kills;
confirmation and pages p50 and p95 while uploads come evenly, and when all were graded; confirmed uploads a
second at full speed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
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

from grader.service import founding
from grader.service.blobs import Blobs
from grader.service.database import at as service_database
from grader.service.tables import Course, CourseAssignment, Run, Upload

HERE = Path(__file__).parent.parent
SIZE = 300_000


class Server:
    """`grader serve` in a process of its own."""

    def __init__(self, data: Path, address: str | None) -> None:
        self.data, self.address, self.port = data, address, 0
        self.environment = os.environ | ({"GRADER_DATABASE": address} if address else {})
        self.process: subprocess.Popen[str] | None = None

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
            return httpx.get(f"{self.base}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def metric(self, name: str) -> float:
        found = re.search(rf"^{name} (\S+)$", httpx.get(f"{self.base}/metrics").text, re.M)
        return float(found[1]) if found else 0.0

    def idle(self) -> bool:
        return self.metric("grader_queue_runs") + self.metric("grader_running_runs") == 0

    def workers(self) -> list[psutil.Process]:
        assert self.process
        return [
            p for p in psutil.Process(self.process.pid).children() if "grader.service.worker" in p.cmdline()
        ]

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()


def wait(happened: Callable[[], object], patience_s: float = 900.0) -> float:
    """Until it happened; the seconds that took."""
    started = time.monotonic()
    while not happened():
        if time.monotonic() - started > patience_s:
            raise TimeoutError
        time.sleep(0.1)
    return time.monotonic() - started


def signed_in(server: Server, count: int) -> list[httpx.Client]:
    """Students with tokens, by one link of the course."""
    link = server.command("course", "invite").strip().rpartition("/")[2]

    def one(number: int) -> httpx.Client:
        client = httpx.Client(base_url=server.base, follow_redirects=True, timeout=60)
        client.post(f"/invited/{link}", data={"name": f"Student {number:03}"})
        csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/me").text)
        assert csrf
        page = client.post("/me/tokens", data={"csrf": csrf[1], "name": "benchmark"}).text
        token = re.search(r"(grader_[\w-]+)", page)
        assert token
        client.headers["Authorization"] = f"Bearer {token[1]}"
        return client

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


def notebooks() -> list[bytes]:
    """The sample class, each padded to the size of a notebook with a plot."""
    made = []
    for path in sorted((HERE / "submissions").glob("*.ipynb")):
        document = json.loads(path.read_bytes())
        document["metadata"]["padding"] = "x" * max(0, SIZE - path.stat().st_size)
        made.append(json.dumps(document).encode())
    return made


def send(client: httpx.Client, data: bytes, key: str) -> tuple[str, float]:
    """Hand in; the receipt's id, and the seconds until it came."""
    started = time.perf_counter()
    answer = client.post(
        "/api/v1/assignments/hw4/uploads",
        files={"files": ("hw4.ipynb", data)},
        headers={"Idempotency-Key": key},
    )
    answer.raise_for_status()
    return str(answer.json()["id"]), time.perf_counter() - started


def percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1] if len(values) > 1 else values[0]


def told(what: str, value: str) -> None:
    print(f"{what:<62} {value}", flush=True)


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
    told("  confirmation p95", f"{percentile(times, 95):.2f} s")


def steady(
    server: Server, students: Sequence[httpx.Client], data: Sequence[bytes], uploads: int, seconds: float
) -> None:
    pages: list[float] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            client = random.choice(students)
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
    graded = wait(server.idle, 3600)
    stop.set()
    watcher.join()
    told(f"{uploads} uploads of 300 kB in {sent:.0f} s: confirmation p50 / p95", _both(times))
    told("  pages meanwhile p50 / p95", _both(pages))
    told("  all checked and graded, after the last upload", f"{graded:.0f} s")


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
    told("  the class page of the teacher", f"{_class_page(server):.2f} s")


def _class_page(server: Server) -> float:
    link = server.command("course", "invite", "--role", "teacher", "--name", "Teacher")
    client = httpx.Client(base_url=server.base, follow_redirects=True, timeout=60)
    client.post(f"/invited/{link.strip().rpartition('/')[2]}")
    client.get("/teach/hw4").raise_for_status()
    started = time.perf_counter()
    client.get("/teach/hw4").raise_for_status()
    return time.perf_counter() - started


def killed(server: Server, students: Sequence[httpx.Client], data: Sequence[bytes], kills: int) -> None:
    """Kill server and workers by turns while uploads come; whoever gets no receipt sends the same again."""
    receipts: dict[tuple[int, int], set[str]] = {}
    stop = threading.Event()

    def work(who: int) -> None:
        number = 0
        while not stop.is_set():
            key = (who, number)
            try:
                id, _ = send(students[who], data[number % len(data)], f"kill {number}")
            except httpx.HTTPError:
                time.sleep(0.2)
                continue
            receipts.setdefault(key, set()).add(id)
            number += 1
            time.sleep(0.3)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for number in range(kills):
        time.sleep(3.0)
        if number % 2:
            server.kill()
            server.start()
        else:
            for worker in server.workers():
                worker.kill()
    stop.set()
    for thread in threads:
        thread.join()
    wait(server.idle, 3600)
    known: dict[int, set[str]] = {}
    for who in range(4):
        listed = students[who].get("/api/v1/assignments/hw4/uploads").json()
        known[who] = {u["id"] for u in listed}
    lost = sum(not ids <= known[who] for (who, _), ids in receipts.items())
    doubled = sum(len(ids) > 1 for ids in receipts.values())
    told(f"{kills} kills of workers and server, {len(receipts)} confirmed: lost", str(lost))
    told("  counted twice", str(doubled))
    told("  stuck", f"{server.metric('grader_stuck_runs'):.0f}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Load and kill figures of the course's server.")
    parser.add_argument("--uploads", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--burst", type=float, default=10.0)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--class", dest="students", type=int, default=1000)
    parser.add_argument("--marks", type=int, default=40, help="of each assistant")
    parser.add_argument("--database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home) / "data", asked.database)
        server.command("course", "add", "course")
        server.command("assignment", "add", "hw4", "--due", "2099-01-01T00:00+00:00")
        server.start()
        try:
            students = signed_in(server, 130)
            data = notebooks()
            wait(lambda: server.workers() and server.idle())
            quiet(server, students[0], data)
            quiet(server, students[1], data)
            if asked.marks:
                marking(server, asked.students, asked.marks)
            if asked.kills:
                killed(server, students[2:6], data, asked.kills)
            if asked.uploads:
                steady(server, students[6:], data, asked.uploads, asked.seconds)
            if asked.burst:
                burst(students[:8], data, asked.burst)
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
