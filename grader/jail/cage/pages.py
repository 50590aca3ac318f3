"""Large pages for what every kernel shares: a fork copies one entry for 2 MiB instead of 512."""

from __future__ import annotations

import contextlib

from . import syscalls as sc

_HUGE = 2 << 20


def collapse() -> None:
    """Put this process's private memory into large pages, as far as Linux can; before 6.1 it can't."""
    with open("/proc/self/maps") as maps:
        lines = [line.split(maxsplit=5) for line in maps]
    for where, rights, _, _, inode, *_ in lines:
        if rights != "rw-p" or inode != "0":
            continue
        first, end = (int(address, 16) for address in where.split("-"))
        first += -first % _HUGE
        for start in range(first, end - _HUGE + 1, _HUGE):
            with contextlib.suppress(OSError):  # this one stays as it is
                sc.collapse(start, _HUGE)
