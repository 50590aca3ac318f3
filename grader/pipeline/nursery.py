"""The process that judges are forked from: assignment loaded, books made, one thread.

Loading an assignment with torch and preparing its books takes seconds, a fork of this process some
milliseconds; so a judge that went over a limit is killed and replaced without anybody waiting, and the
judges share the memory of what they all hold. There is no name to connect to: orders come by an inherited
socket, whose end ends this process, and with it, by PR_SET_PDEATHSIG, every judge.

`grader.pipeline.judges` starts it, with `main` as its whole program.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import GraderError
from grader.jail.cage.fair import session_as_nice
from grader.pipeline import frames
from grader.pipeline.mark import SharedMark

if TYPE_CHECKING:
    from grader.assignment.loading import Assignment
    from rubric.schema import Disclosure

REQUEST = struct.Struct("<cI")
"""What the grader asks for, and of which judge."""
FORK, END, FORGET = b"f", b"e", b"g"
"""a new judge; kill one and say how it ended; the same without an answer"""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a nursery prepares. path: the grader's module search path.

    telling: the most that students are told, whatever the rubric allows.
    nice: how much nicer than the grader it and its judges are.
    """

    folder: str
    telling: Disclosure | None
    path: tuple[str, ...]
    nice: int = 0


@dataclass(frozen=True, slots=True)
class Warmed:
    """A nursery is ready, with this version of the assignment."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call. cpu_s: processor time it may take. memory_bytes: what it may need beside what is warm."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    cpu_s: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Full:
    """The call needed more memory than it may; its judge is gone."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The call raised. ours: on purpose, one of `grader.errors`. text: the traceback."""

    ours: GraderError | None
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What a judge holds, the first argument of all work: its assignment, and where it says how far it is."""

    assignment: Assignment
    mark: SharedMark


def main(descriptor: int) -> None:
    """Prepare what the first frame orders, say so, and fork a judge for each request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then ends us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = socket.socket(fileno=descriptor)
    preparation, warm = frames.receive(control)
    os.nice(preparation.nice)
    session_as_nice()
    try:
        assignment = _prepare(preparation, warm)
    except BaseException as error:
        control.sendall(_failed(error))
        return
    control.sendall(frames.pack(Warmed(assignment.sha256)))
    _serve(control, assignment)


def _prepare(preparation: Preparation, warm: bytes) -> Assignment:
    sys.path[:] = preparation.path
    from grader.assignment import loading

    assignment = loading.load(preparation.folder)
    assignment = replace(assignment, rubric=assignment.rubric.telling(preparation.telling))
    for function in pickle.loads(warm):  # after the search path is set: they may lie anywhere on it
        function(assignment)
    gc.collect()
    gc.freeze()  # or the first collection in each judge would copy what they share
    return assignment


def _serve(control: socket.socket, assignment: Assignment) -> None:
    parent = os.getpid()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 2)
        if len(data) < REQUEST.size:
            os._exit(0)
        kind, pid = REQUEST.unpack(data)
        if kind != FORK:
            code = _end(pid)
            if kind == END:
                control.sendall(frames.pack(code))
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            _judge(descriptors[0], descriptors[1], assignment, parent)
        for received in descriptors:
            os.close(received)
        control.sendall(frames.pack(pid))


def _end(pid: int) -> int:
    """Kill one of our judges if it still lives; its wait status as an exit code, minus a signal's number."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def _judge(descriptor: int, page: int, assignment: Assignment, parent: int) -> None:
    """The life of a judge: one piece of work after another, each within its limits."""
    try:
        _die_with(parent)
        mark = SharedMark(page)
        os.close(page)
        talk = socket.socket(fileno=descriptor)
        bench = Bench(assignment, mark)
        fresh = _data_bytes() or 0
        while True:
            mark.note("")
            try:
                work: Call = frames.receive(talk)
            except (EOFError, OSError):
                os._exit(0)
            except Exception as error:  # its function can't be found here
                talk.sendall(_failed(error))
                continue
            answer = _perform(work, bench)
            mark.weigh((_data_bytes() or 0) - fresh)
            talk.sendall(answer)
            if answer is _FULL:
                os._exit(0)
            del work, answer
    except BaseException:
        traceback.print_exc()
        os._exit(1)


_FULL = frames.pack(Full())


def _perform(work: Call, bench: Bench) -> bytes:
    try:
        with _within(work):
            return frames.pack(Returned(work.function(bench, *work.arguments)))
    except MemoryError:
        return _FULL
    except BaseException as error:
        return _failed(error)


def _failed(error: BaseException) -> bytes:
    ours = error if isinstance(error, GraderError) else None
    return frames.pack(Failed(ours, _one_line(error), "".join(traceback.format_exception(error))))


@contextlib.contextmanager
def _within(work: Call) -> Iterator[None]:
    """Limits that hold against one long call into C, too: the kernel's timer ends the process.

    Memory counts what is written: torch alone maps far more than it uses.
    """
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    used = _data_bytes()
    signal.setitimer(signal.ITIMER_PROF, work.cpu_s)
    if used is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (used + work.memory_bytes, most))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _data_bytes() -> int | None:
    """What Linux holds against RLIMIT_DATA now; None elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:")), None)


def _die_with(parent: int) -> None:
    """Have Linux kill us when the nursery is gone, also while we compute."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300] or "no message"
    return text if isinstance(error, GraderError) else f"{type(error).__name__}: {text}"
