"""The few system calls that Python does not offer, through ctypes. Each raises OSError."""

from __future__ import annotations

import ctypes
import os
import platform
import struct

_libc = ctypes.CDLL(None, use_errno=True)

_NUMBERS = {
    "x86_64": {"seccomp": 317, "pivot_root": 155, "capset": 126},
    "aarch64": {"seccomp": 277, "pivot_root": 41, "capset": 91},
}
_COMMON = {
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_SET_THP_DISABLE = 41
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

_M_ARENA_MAX = -8
_LAST_CAP = 63


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(name: str, *args: object) -> int:
    """A raw system call by name; integers are passed as 64 bit."""
    table = _NUMBERS.get(platform.machine(), {})
    number = _COMMON.get(name) or table.get(name)
    if number is None:
        raise OSError(f"{name}: not known for {platform.machine()} processors")
    raw = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return _check(_libc.syscall(ctypes.c_long(number), *raw), name)


def prctl(option: int, *args: int) -> int:
    """prctl(2)."""
    padded = [ctypes.c_ulong(value) for value in (*args, 0, 0, 0, 0)[:4]]
    return _check(_libc.prctl(option, *padded), f"prctl {option}")


def unshare(flags: int) -> None:
    """unshare(2)."""
    _check(_libc.unshare(flags), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    _check(_libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def detach(target: str) -> None:
    """umount2(2), lazily."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2)."""
    syscall("pivot_root", ctypes.c_char_p(new.encode()), ctypes.c_char_p(old.encode()))


def make_read_only(path: str) -> None:
    """Make a mount and all below it read-only and without set-uid, keeping their other flags."""
    at_recursive, read_only, no_suid = 0x8000, 1, 2
    attributes = struct.pack("QQQQ", read_only | no_suid, 0, 0, 0)
    syscall("mount_setattr", -100, ctypes.c_char_p(path.encode()), at_recursive, attributes, len(attributes))


def drop_bounding_set() -> None:
    """No program this process might ever execute gains a capability. Needs CAP_SETPCAP."""
    for capability in range(_LAST_CAP + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # not known to this kernel, or not ours to drop


def drop_capabilities() -> None:
    """Give up the ambient, inheritable, permitted and effective capabilities, for good."""
    try:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    except OSError:
        pass  # Linux before 4.3 has none
    header = struct.pack("Ii", 0x20080522, 0)
    syscall("capset", header, bytes(24))


def capabilities() -> int:
    """The effective and permitted capabilities of this process, as a bit mask."""
    mask = 0
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(("CapEff:", "CapPrm:", "CapInh:")):
                mask |= int(line.split()[1], 16)
    return mask


def collapse(start: int, length: int) -> None:
    """madvise(2) with MADV_COLLAPSE, of Linux 6.1: put a range of memory into large pages."""
    advice = 25
    _check(_libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), advice), "madvise")


def limit_arenas(count: int) -> None:
    """Cap glibc's malloc arenas, which reserve address space per thread."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, count)
