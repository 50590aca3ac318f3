"""A worker: takes runs from the queue and grades them, in a process of its own.

It ends when its standard input does: a server that is killed leaves no worker behind. What it had in hand
is queued again, at once by a server that sees it die, else when its lease runs out.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from grader.batch.keys import environment_digest, execution_digest, interpreter, packages
from grader.errors import GraderError, IsolationError, StorageError
from grader.execute import Limits, Runner, open_runner
from grader.jail.processors import processors
from grader.service import database, erasing, log, runs
from grader.service.blobs import Blobs
from grader.service.database import Database
from grader.service.grading import ISOLATION, NICE, EditionGrader, Editions, RunResult
from grader.service.opening import StoredFile, StoredUpload
from grader.service.place import DataFolder
from grader.service.runs import Held, Outcome
from grader.service.tables import CourseAssignment, Edition, File, Upload

_LOOK_S = 0.15
_RENEW_S = 5.0
_AWAY_S = 1.0
UNDER_WAY = 64
"""uploads in hand at once when other machines run them; the broker's queue holds what they can't"""
_T = TypeVar("_T")
_log = logging.getLogger("grader.worker")


class EndedError(Exception):
    """The worker shall end, and can't tell the database."""


@dataclass(slots=True)
class GradingWorker:
    """Works until it is told to stop."""

    name: str
    database: Database
    blobs: Blobs
    bench: EditionGrader
    most: int
    scratch: Path
    held: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    alone: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        """Take runs, several at a time, until stopped; what is in hand then is given back."""
        renewing = asyncio.create_task(self._renew())
        try:
            while not self.stopping.is_set():
                taken = None
                if not self.alone and len(self.held) < self.most:
                    taken = await self._lasting(self._take)
                if taken is None:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.stopping.wait(), _LOOK_S)
                    continue
                if taken.alone:
                    self.alone = True
                    await asyncio.gather(*self.held.values(), return_exceptions=True)
                task = asyncio.create_task(self._one(taken))
                self.held[taken.id] = task
                task.add_done_callback(lambda _, id=taken.id: self._done(id))  # type: ignore[misc]
        finally:
            renewing.cancel()
            for task in self.held.values():
                task.cancel()
            await asyncio.gather(*self.held.values(), renewing, return_exceptions=True)

    async def prepare(self) -> None:
        """Open what is current, so that the first student waits no longer than the others."""
        for sha256 in await self._lasting(self._current):
            for released in (True, False):
                try:
                    await self.bench.pipeline(sha256, released=released)
                except GraderError as error:  # its runs will say so
                    _log.warning("an edition can't be loaded", extra={"fault": type(error).__name__})

    def _current(self) -> list[str]:
        with self.database.reading() as session:
            current = select(Edition.sha256).join(CourseAssignment, CourseAssignment.edition_id == Edition.id)
            return list(session.scalars(current))

    async def _lasting(self, act: Callable[[], _T]) -> _T:
        return await waited_for(act, self.stopping)

    def _done(self, id: int) -> None:
        self.held.pop(id, None)
        if not self.held:
            self.alone = False

    def _take(self) -> Held | None:
        now = datetime.now(UTC)
        with self.database.reading() as session:
            # a look costs nobody anything; only what is there is worth a lock
            if runs.nothing_to_take(session, now):
                return None
        with self.database.writing() as session:
            return runs.take(session, self.name, now, busy=bool(self.held))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEW_S)
            if self.held:
                await self._lasting(self._renew_held)

    def _renew_held(self) -> None:
        with self.database.writing() as session:
            runs.renew(session, self.name, list(self.held), datetime.now(UTC))

    async def _one(self, held: Held) -> None:
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            result = await self._result(held, folder)
        except asyncio.CancelledError:
            await asyncio.shield(self._lasting(lambda: self._give_back(held)))
            raise
        except IsolationError as error:
            result = RunResult("failed", str(error))
        except (GraderError, OSError) as error:
            result = RunResult("failed", " ".join(str(error).split()))
        except Exception as error:  # a bug of ours: the run fails, the worker goes on
            _log.exception("run failed", extra={"run": held.id})
            result = RunResult("failed", f"the grader failed: {type(error).__name__}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        await self._lasting(lambda: self._finish(held, result))

    async def _result(self, held: Held, folder: Path) -> RunResult:
        upload, files, sha256 = await self._lasting(lambda: self._look(held))
        released = held.kind == "check"
        edition = await self.bench.pipeline(sha256, released=released)
        attempt = StoredUpload(
            upload.name, files, self.blobs.folder, folder, edition.assignment.rubric.notebooks
        )
        return await (self.bench.check if released else self.bench.grade)(attempt, sha256)

    def _look(self, held: Held) -> tuple[Upload, list[StoredFile], str]:
        with self.database.reading() as session:
            upload = session.get(Upload, held.upload_id)
            edition = session.get(Edition, held.edition_id)
            assert upload is not None and edition is not None
            files = session.scalars(select(File).where(File.upload_id == upload.id).order_by(File.id))
            return upload, [StoredFile(f.name, f.sha256) for f in files], edition.sha256

    def _give_back(self, held: Held) -> None:
        with self.database.writing() as session:
            runs.give_back(session, self.name, held.id, datetime.now(UTC))

    def _finish(self, held: Held, result: RunResult) -> None:
        with self.blobs.held():
            kept = [None if b is None else self.blobs.put(b).sha256 for b in (result.result, result.notebook)]
            with self.database.writing() as session:
                outcome = Outcome(result.state, result.message, *kept)
                stands = runs.finish(session, self.name, held.id, outcome, datetime.now(UTC))
        if not stands:  # another's counts, or whose it was is erased
            erasing.drop(self.database, self.blobs, {b for b in kept if b})
        extra = {"run": held.id, "kind": held.kind, "state": result.state}
        _log.info("run", extra=extra | ({"limits": len(result.traces)} if result.traces else {}))


async def waited_for(act: Callable[[], _T], stopping: asyncio.Event) -> _T:
    """Do something in the database or the blob store; while one is away or full, wait and try again.

    Raises `EndedError` where that is still so when the worker shall end: its leases run out then.
    """
    while True:
        try:
            return await asyncio.to_thread(act)
        except (DBAPIError, StorageError, OSError) as error:
            fault = error.orig if isinstance(error, DBAPIError) else error
            _log.warning("the database or the data folder is away", extra={"fault": type(fault).__name__})
            if stopping.is_set():
                raise EndedError from error
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _AWAY_S)


@asynccontextmanager
async def runner_of(broker: str | None, jobs: int, limits: Limits) -> AsyncIterator[Runner]:
    """Kernels of this machine, or of the machines that a broker reaches (`grader worker`).

    Raises `IsolationError`, `OperationError` without a broker, `UsageError` without the extra `cluster`.
    """
    if broker is None:
        async with open_runner(jobs, ISOLATION, limits=limits, nice=NICE) as here:
            yield here
        return
    from grader.cluster.broker import address
    from grader.cluster.handshake import Machine
    from grader.cluster.head import Name, open_head

    machine = Machine(environment_digest(), execution_digest(), interpreter(), packages())
    # a worker that dies has its runs queued again in the database, so nobody looks for its answers
    async with open_head(address(broker), Name.new(), machine, ISOLATION, lambda _: None) as head:
        yield head


async def run(
    place: DataFolder, address: str | None, name: str, jobs: int, broker: str | None = None
) -> None:
    """Work at a data folder until standard input ends or SIGTERM comes. Raises `IsolationError`."""
    shared = database.at(place.folder, address)
    limits = Limits()
    editions = Editions(place.editions)
    with tempfile.TemporaryDirectory(prefix="grader-worker-") as scratch:
        async with (
            runner_of(broker, jobs, limits) as runner,
            EditionGrader.at(editions, runner, place.kept, limits) as bench,
        ):
            worker = GradingWorker(
                name=name,
                database=shared,
                blobs=Blobs(place.blobs),
                bench=bench,
                most=UNDER_WAY if broker else jobs + 1,
                scratch=Path(scratch),
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, worker.stopping.set)
            if not os.isatty(0):
                loop.add_reader(0, _until_closed, worker.stopping)
            with contextlib.suppress(EndedError):
                await worker.prepare()
                print("ready", flush=True)
                await worker.work()
    shared.close()


def _until_closed(stopping: asyncio.Event) -> None:
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        stopping.set()


def main() -> int:
    """What `grader serve` starts."""
    parser = argparse.ArgumentParser(prog="grader worker (of the service)")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", default=f"{socket.gethostname()}-{secrets.token_hex(4)}")
    parser.add_argument("--jobs", type=int, default=processors())
    given = parser.parse_args()
    log.to_stderr()
    # not on the command line, which everybody on the machine can read
    address = os.environ.pop("GRADER_DATABASE", None)
    try:
        broker = os.environ.pop("GRADER_BROKER", None)
        asyncio.run(run(DataFolder(given.data), address, given.name, given.jobs, broker))
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
