"""The trusted process beside every kernel: starts it, watches it, kills it, says how it ended.

It speaks over one socket to the grader, in JSON: ``{"ready": …}`` once, with the descriptor of
the working directory, then ``{"exit": …}`` once. A byte from the grader is a signal number for
the kernel; the end of the socket kills it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any

from . import fair, kernel, namespaces
from . import syscalls as sc
from .cgroup import KernelCgroup, Parents
from .plan import Order, Plan
from .watch import Watch

_TICK_MS = 40
_DISK_EVERY = 6
_FAILED = 97
_CPU_ROUNDING_S = 0.2


def supervise(
    plan: Plan, order: Order, talk: socket.socket, sockets: list[int], parents: Parents | None, server: int
) -> None:
    """The whole life of a supervisor; never returns. Called in the process forked for it."""
    code = _FAILED
    try:
        sc.prctl(sc.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != server:
            os._exit(_FAILED)
        sc.prctl(sc.PR_SET_CHILD_SUBREAPER, 1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        group = KernelCgroup(parents, order.number, order.limits) if parents is not None else None
        try:
            _live(plan, order, talk, sockets, group)
        finally:
            if group is not None:
                group.remove()
        code = 0
    except BaseException:
        _tell(talk, {"failed": traceback.format_exc(limit=4)[-1500:]})
    finally:
        os._exit(code)


def _live(
    plan: Plan, order: Order, talk: socket.socket, sockets: list[int], group: KernelCgroup | None
) -> None:
    uid = os.getuid() if plan.uids is None else plan.uids + order.number % 4000
    if plan.namespaces:
        namespaces.isolate(plan)
    ready, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        talk.close()
        ready.close()
        _become_kernel(plan, order, theirs, sockets, group, uid)
    theirs.close()
    for descriptor in sockets:
        os.close(descriptor)
    ending = _wait(pid, uid, os.pidfd_open(pid), order, talk, ready, group)
    _kill_stragglers()
    _tell(talk, {"exit": ending})


def _become_kernel(
    plan: Plan, order: Order, ready: socket.socket, sockets: list[int], group: KernelCgroup | None, uid: int
) -> None:
    try:
        kernel.run(plan, order, ready, sockets, group, uid)
    except BaseException:
        _tell(ready, {"failed": traceback.format_exc()[-1500:]})
    finally:
        os._exit(_FAILED)


def _wait(
    pid: int,
    uid: int,
    handle: int,
    order: Order,
    talk: socket.socket,
    ready: socket.socket,
    group: KernelCgroup | None,
) -> dict[str, Any]:
    """Relay, watch and kill until the kernel is gone; then say how it ended."""
    limits = order.limits
    poll = select.poll()
    for source in (handle, talk.fileno(), ready.fileno()):
        poll.register(source, select.POLLIN)
    watch = Watch(pid, order.work)
    reason = ""
    ticks = 0
    peak = 0
    due = time.monotonic()
    while True:
        events = [source for source, _ in poll.poll(_TICK_MS)]
        if ready.fileno() in events:
            poll.unregister(ready.fileno())
            if _relay_ready(ready, talk):
                watch.set_out()
        if talk.fileno() in events and not _obey(talk, handle):
            poll.unregister(talk.fileno())
        if handle in events:
            break
        if time.monotonic() < due:
            continue
        due = time.monotonic() + _TICK_MS / 1000
        ticks += 1
        memory, threads = watch.memory_and_threads()
        peak = max(peak, memory - watch.baseline)
        if reason:
            continue
        fair.even_out(pid, watch.own_threads, threads, uid)
        if watch.first_thread_left:
            reason = "leader"
        elif memory - watch.baseline > limits.memory_bytes:
            reason = "memory"
        elif threads > limits.processes:
            reason = "processes"
        elif order.work and ticks % _DISK_EVERY == 0:
            size, files = watch.disk(limits.files)
            reason = "files" if files > limits.files else "disk" if size > limits.disk_bytes else ""
        if reason:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    if reason == "leader" and code != -signal.SIGKILL:
        reason = ""  # it was ending as a whole
    if not reason and group is not None:
        reason = group.killed_for()
    # a kernel that Linux is killing may have been seen without its first thread, which goes before the others
    if reason in ("", "leader") and code == -signal.SIGKILL and cpu >= limits.cpu_s - _CPU_ROUNDING_S:
        reason = "cpu"
    exact = group.peak() if group is not None else None
    return {"code": code, "reason": reason, "cpu_s": round(cpu, 4), "peak": peak if exact is None else exact}


def _relay_ready(ready: socket.socket, talk: socket.socket) -> bool:
    data, descriptors, _, _ = socket.recv_fds(ready, 65536, 1)
    if data == kernel.DIRECTORY:  # what it has to say follows at once, and nobody else speaks yet
        data = ready.recv(65536)
    if data:
        socket.send_fds(talk, [data], descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return bool(descriptors)


def _obey(talk: socket.socket, handle: int) -> bool:
    """Pass a signal on; at the end of the socket, kill. False when nothing more will come."""
    try:
        data = talk.recv(16)
    except OSError:
        data = b""
    try:
        if not data:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        elif data[0] in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(handle, data[0])
    except ProcessLookupError:
        pass
    return bool(data)


def _kill_stragglers() -> None:
    """Belt and braces: a kernel can't fork, so there is nothing to find; if there is, it dies."""
    for _ in range(100):
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                children = [int(pid) for pid in file.read().split()]
        except OSError:
            return
        if not children:
            return
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _tell(talk: socket.socket, message: dict[str, Any]) -> None:
    try:
        talk.send(json.dumps(message).encode())
    except OSError as error:
        print(f"supervisor: {error}", file=sys.stderr)
