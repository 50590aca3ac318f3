"""Processor time, shared evenly among kernels however many threads they start.

Linux shares a processor among threads, not among processes, wherever a session or a container is a cgroup
of its own: beside a notebook with a hundred busy threads an honest one would get a hundredth. So the
threads that a notebook starts weigh as much as two, all together; the kernel's own stay as they are.
"""

from __future__ import annotations

import math
import os

_TOGETHER = 2
_STEP = 1.25
"""factor between the weights of neighbouring nice values"""
_LOWEST = 19


def nice_value(threads: int) -> int:
    """How much nicer so many threads have to be to weigh at most as much as two; 19 at most."""
    if threads <= _TOGETHER:
        return 0
    return min(_LOWEST, math.ceil(math.log(threads / _TOGETHER, _STEP)))


def session_as_nice() -> None:
    """Have this process's own session weigh what its niceness says, best effort.

    Where sessions are scheduled as groups (`kernel.sched_autogroup_enabled`, what most distributions have) a
    new one gets as much as any other, and niceness counts only within it: see sched(7).
    """
    if nice := os.getpriority(os.PRIO_PROCESS, 0):
        try:
            with open("/proc/self/autogroup", "w") as file:
                file.write(str(nice))
        except OSError:
            pass  # no such groups here, or too many were changed this tenth of a second


def threads_of(pid: int) -> frozenset[int]:
    """Thread ids of a process; none when it is gone."""
    try:
        return frozenset(int(name) for name in os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return frozenset()


def even_out(pid: int, own: frozenset[int], count: int, uid: int) -> None:
    """Lower the priority of a kernel's threads but its own, if there are more than two.

    own: none before the kernel is ready. count: threads it has altogether. uid: the kernel's user, as
    whom we may do it also without the capability.
    """
    if not own or count <= len(own) + _TOGETHER:
        return
    started = threads_of(pid) - own
    us = os.geteuid()
    os.seteuid(uid)
    try:
        nice = min(_LOWEST, os.getpriority(os.PRIO_PROCESS, pid) + nice_value(len(started)))
        for thread in started:
            try:
                if os.getpriority(os.PRIO_PROCESS, thread) < nice:
                    os.setpriority(os.PRIO_PROCESS, thread, nice)
            except OSError:
                continue  # it has ended
    except ProcessLookupError:
        return  # all of it
    finally:
        os.seteuid(us)
