"""Judges: processes that read, judge and typeset, each call within limits, replaced when one is over.

Why not a library's pool: pebble's workers share one channel under a lock, so that one who dies in the
middle of a message takes the others along; it limits neither processor time nor memory, tells nobody how
far the work was, and starts a worker by `spawn` (4 s here) or by the standard library's fork server, which
listens on a path in /tmp. `grader.pipeline.nursery` has no path, and forks a judge in 15 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Concatenate, Literal, ParamSpec, TypeVar

from grader.assignment.loading import Assignment
from grader.errors import JudgeError, RubricError, UnusableError
from grader.jail.memory import RESERVE, free_bytes
from grader.jail.processors import processors
from grader.pipeline import frames
from grader.pipeline.mark import JudgingStep, SharedMark
from grader.pipeline.nursery import (
    END,
    FORGET,
    FORK,
    REQUEST,
    Bench,
    Call,
    Failed,
    Full,
    Preparation,
    Returned,
    Warmed,
)
from rubric.schema import Disclosure

_P = ParamSpec("_P")
_T = TypeVar("_T")

MEMORY_BYTES = 384 << 20
"""what one call may need beside what is warm"""

_ROOT = Path(__file__).parents[2]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_WARM_UP_S = 300.0
_STARTS = 3
_PATIENCE = 3.0
_PATIENCE_S = 30.0
"""seconds that may pass for each second of processor time, and at least: others want the processors, too"""
_GROWN_BYTES = 192 << 20
"""a judge that has grown by so much is replaced; younger ones have to compute again what it had kept"""


def how_many() -> int:
    """Judges that pay off on this machine: as many as it has processors, and memory for."""
    free = free_bytes()
    fitting = 1 if free is None else (free - RESERVE) // (2 * MEMORY_BYTES)  # kernels need some, too
    return max(1, min(processors(), fitting))


class OverrunError(Exception):
    """A call went over a limit, or ended its judge. place: how far it was."""

    def __init__(self, reason: Literal["time", "memory", "crash"], place: JudgingStep) -> None:
        super().__init__(f"{reason} at {place}")
        self.reason = reason
        self.place = place


class WorkError(Exception):
    """A call raised what it should not. trace: the traceback in the judge."""

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message)
        self.trace = trace


class Judges:
    """At most so many judges of one assignment; they start when there is work. Made by `open_judges`."""

    def __init__(self, nursery: _Nursery, at_most: int, memory_bytes: int) -> None:
        self.at_most = at_most
        self.memory_bytes = memory_bytes
        self._nursery = nursery
        self._slots = asyncio.Semaphore(at_most)
        self._idle: list[_Judge] = []
        self._all: set[_Judge] = set()
        self._exchanges: set[asyncio.Future[Any]] = set()

    async def call(
        self,
        cpu_s: float,
        function: Callable[Concatenate[Bench, _P], _T],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What `function(bench, *args)` returns in a judge; function and arguments must pickle.

        cpu_s: processor time it may take. Raises `OverrunError` where it went over a limit or its process
        ended, what it raised of `grader.errors`, and `WorkError` for anything else that it raised.
        `JudgeError`, `UnusableError`: no judge could be started. When this is cancelled its judge is killed.
        """
        assert not kwargs, "positional only: it is sent"
        async with self._slots:
            judge = self._idle.pop() if self._idle else await self._start()
            try:
                answer = await judge.ask(
                    Call(function, args, cpu_s, self.memory_bytes), _PATIENCE_S + _PATIENCE * cpu_s
                )
            except (EOFError, OSError, TimeoutError) as gone:
                late = isinstance(gone, TimeoutError)
                place, code = judge.place(), await self._end(judge)
                raise OverrunError("time" if late or code == -signal.SIGPROF else _why(code), place) from None
            except BaseException:
                self._all.discard(judge)
                judge.close()
                self._nursery.forget(judge.pid)
                raise
            if isinstance(answer, Full):
                place = judge.place()
                await self._end(judge)
                raise OverrunError("memory", place)
            if judge.grown() < _GROWN_BYTES:
                self._idle.append(judge)
            else:
                await self._end(judge)
        if isinstance(answer, Failed):
            if answer.ours is not None:
                raise answer.ours
            raise WorkError(answer.message, answer.text)
        assert isinstance(answer, Returned)
        result: _T = answer.value
        return result

    async def _start(self) -> _Judge:
        judge = await self._whole(self._nursery.fork())
        self._all.add(judge)
        return judge

    async def _end(self, judge: _Judge) -> int:
        self._all.discard(judge)
        judge.close()
        return await self._whole(self._nursery.end(judge.pid))

    async def _whole(self, exchange: Coroutine[Any, Any, _T]) -> _T:
        """Come to its end with the nursery, also when cancelled: answers must not get mixed up."""
        task = asyncio.ensure_future(exchange)
        self._exchanges.add(task)
        task.add_done_callback(self._exchanges.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End all of them at once, whatever they do."""
        for task in self._exchanges:
            task.cancel()
        await asyncio.gather(*self._exchanges, return_exceptions=True)
        for judge in self._all:
            judge.close()
        self._all.clear()
        self._idle.clear()
        self._nursery.close()


@asynccontextmanager
async def open_judges(
    folder: Path,
    *,
    at_most: int | None = None,
    telling: Disclosure | None = None,
    warm: Sequence[Callable[[Assignment], object]] = (),
    memory_bytes: int = MEMORY_BYTES,
    nice: int = 0,
) -> AsyncIterator[Judges]:
    """Judges for the assignment in a folder, as long as the context lasts; then nothing of them is left.

    They get ready with the first call, which waits for that and tells what went wrong.
    at_most: None for `how_many`. telling: see `Rubric.telling`. warm: called with
    the assignment once, before any judge is forked, for what all of them hold. nice: how much nicer than
    this process they are.
    """
    judges = Judges(_Nursery(folder, telling, warm, nice), at_most or how_many(), memory_bytes)
    try:
        yield judges
    finally:
        await judges.close()


def _why(code: int) -> Literal["memory", "crash"]:
    """Linux kills for want of memory with the one signal that nothing else sends here."""
    return "memory" if code == -signal.SIGKILL else "crash"


class _Judge:
    """One judge, as the grader holds it."""

    def __init__(self, pid: int, talk: socket.socket, page: SharedMark) -> None:
        self.pid = pid
        self._talk = talk
        self._page = page

    async def ask(self, work: Call, patience_s: float) -> Returned | Failed | Full:
        """Send work, wait for the answer. Raises `EOFError`, `OSError`: it is gone; `TimeoutError`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(patience_s):
            await loop.sock_sendall(self._talk, frames.pack(work))
            answer: Returned | Failed | Full = await frames.receive_soon(self._talk)
            return answer

    def place(self) -> JudgingStep:
        return self._page.place()

    def grown(self) -> int:
        return self._page.grown()

    def close(self) -> None:
        self._talk.close()
        self._page.close()


class _Nursery:
    """The grader's end of one nursery, which is started now and again when it has died."""

    def __init__(
        self,
        folder: Path,
        telling: Disclosure | None,
        warm: Sequence[Callable[[Assignment], object]],
        nice: int,
    ) -> None:
        self._preparation = Preparation(str(folder), telling, tuple(sys.path), nice)
        self._warm = pickle.dumps(tuple(warm))
        self._turn = asyncio.Lock()
        self._ready = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._errors: IO[bytes] | None = None

    async def fork(self) -> _Judge:
        """A fresh judge. Raises `JudgeError`, or what is wrong with the assignment."""
        async with self._turn:
            for _ in range(_STARTS):
                try:
                    await self._warmed()
                    return await self._fork()
                except (EOFError, OSError):
                    self._stop()
            raise JudgeError(f"no judge could be started: {self._last_words()}")

    async def end(self, pid: int) -> int:
        """Kill a judge; how it had ended, as an exit code, if it had."""
        async with self._turn:
            if self._control is None:
                return -signal.SIGKILL
            try:
                self._control.send(REQUEST.pack(END, pid))
                code: int = await frames.receive_soon(self._control)
            except (EOFError, OSError):
                self._stop()
                return -signal.SIGKILL
            return code

    def forget(self, pid: int) -> None:
        """Kill a judge without asking how it had ended."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.send(REQUEST.pack(FORGET, pid))

    def close(self) -> None:
        self._stop()
        if self._errors is not None:
            self._errors.close()

    def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._errors = self._errors or tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        program = (
            f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
            f"from grader.pipeline.nursery import main; main({theirs.fileno()})"
        )
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", program],
                env=os.environ | _ONE_THREAD,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
            )
        self._control, self._ready = ours, False
        with contextlib.suppress(OSError):
            ours.send(frames.pack((self._preparation, self._warm)))

    async def _warmed(self) -> None:
        if self._control is None:
            self._launch()
        if self._ready:
            return
        assert self._control is not None
        try:
            async with asyncio.timeout(_WARM_UP_S):
                answer = await frames.receive_soon(self._control)
        except TimeoutError:
            self._stop()
            raise JudgeError(f"the judges were not ready after {_WARM_UP_S:g} s") from None
        if isinstance(answer, Failed):
            self._stop()
            if isinstance(answer.ours, RubricError):
                raise UnusableError(str(answer.ours))
            raise answer.ours or JudgeError(f"the judges could not get ready: {answer.message}")
        assert isinstance(answer, Warmed)
        self._ready = True

    async def _fork(self) -> _Judge:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        assert self._control is not None
        with theirs, tempfile.TemporaryFile() as page:
            page.truncate(SharedMark.SIZE)
            mark = SharedMark(page.fileno())
            try:
                socket.send_fds(self._control, [REQUEST.pack(FORK, 0)], [theirs.fileno(), page.fileno()])
                pid = await frames.receive_soon(self._control)
            except BaseException:
                ours.close()
                mark.close()
                raise
        return _Judge(pid, ours, mark)

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _last_words(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "they left no message"
