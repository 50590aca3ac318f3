"""The seccomp filters, as BPF programs that libseccomp builds once in the server.

Stage 1 is an allow-list: what is not named fails with ENOSYS, so that libraries fall back and a
system call invented tomorrow is closed today. What students do reach for (programs, forks,
sockets, memory files) fails with an errno whose message makes sense. Stage 2 comes once ipykernel
runs, on all its threads, and takes away what only the start needed.

Some calls must seem to work, or libraries abort; they return success and do nothing. Scheduling of
threads, which libzmq asks for. What changes modes, owners and times of files: Landlock does not mediate
it, and a file opened for reading can be changed by its owner. Locks of files: a kernel is one process
alone with its files, so nobody is ever in its way, but Linux keeps any number of them, in memory that
counts for nobody. Options of sockets: how much a socket may hold is one. Waiting until files are on the
disk, and advice about Linux's own memory of them: nothing here outlives the kernel, and the neighbours'
files would wait as well.

Nothing may be kept where the supervisor can't see it. Memory shared with nobody yet (anonymous, or
/dev/zero's) stays as a whole while one page is mapped, and no limit of a process counts the rest: it is
refused. So are files opened for neither reading nor writing, of which Landlock asks no right, and files
that are emptied by being opened for reading, of which it asks no right before ABI 3. sendfile puts a
file's pages into sockets and pipes, where they stay, up to 2 MiB for a byte, when the file is emptied.
fallocate takes all of a disk in the time between two looks.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import tempfile
from typing import Any

from . import landlock
from .syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall

OWN_PID = 0x3C0FFEE1
"""Stands in a built filter for the pid of the process that will install it."""

_CLONE_THREAD = 0x10000
_CLONE_SHARED = _CLONE_THREAD | 0x600
"""a thread that shares open files and working directory: what it has open shows in /proc/PID/fd"""
_CLOSE_RANGE_UNSHARE = 2


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ALLOW = _names("""
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2
creat close lseek stat lstat fstat newfstatat statx
access faccessat faccessat2 getdents getdents64 getcwd chdir fchdir
rename renameat renameat2 mkdir mkdirat rmdir unlink unlinkat link linkat symlink symlinkat
readlink readlinkat ftruncate copy_file_range dup dup2 dup3 pipe pipe2 umask statfs fstatfs
getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
munmap mremap mprotect madvise mincore brk membarrier
exit exit_group futex set_robust_list set_tid_address restart_syscall rseq arch_prctl
gettid getpid getppid getpgid getpgrp getsid wait4 waitid
sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr
sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority
rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigsuspend rt_sigreturn sigaltstack
pause alarm setitimer getitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete
timerfd_create timerfd_settime timerfd_gettime
clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage sysinfo uname
getrlimit setrlimit getrandom getcpu
getuid geteuid getgid getegid getgroups getresuid getresgid capget
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
eventfd eventfd2
shutdown getsockname getpeername accept accept4
""")

_PRETEND = _names("""
sched_setscheduler sched_setparam sched_setattr sched_setaffinity
chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
utime utimes futimesat utimensat
setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
flock setsockopt fsync fdatasync msync fadvise64 readahead
""")

_FORBID = _names(
    "execve execveat fork vfork memfd_create ptrace connect bind listen setuid setgid kill tgkill"
)

_START_ONLY = _names("seccomp sendmsg recvmsg")
"""sendmsg passes descriptors: a file that waits in a socket is in no process and no directory"""

_PRCTL = (3, 15, 16, 38, 0x53564D41)
_FCNTL = (*range(6), 36, 1030, 1032)
_FCNTL_LOCK = (6, 7, 37, 38)
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_HOW_OPENED = os.O_ACCMODE | os.O_TRUNC
_READ_OR_WRITE = (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_TRUNC)
_NEITHER = (os.O_RDONLY | os.O_TRUNC, os.O_ACCMODE, os.O_ACCMODE | os.O_TRUNC)
_MAP_SHARED, _MAP_ANONYMOUS = 0x1, 0x20
_MSG_OOB = 1
_SOCKET_ANSWERS = (3, 4, 7, 8, 17, 30, 38, 39)
"""type, error, buffers, peer's ids, listening, protocol, domain; another one gives a pidfd of the peer"""
_TRUNCATE_SINCE = 3
"""Landlock ABI"""


def build_first() -> bytes:
    """Stage 1. Raises OSError or RuntimeError when libseccomp is missing."""
    import pyseccomp as s

    built = _filter(s.ERRNO(errno.ENOSYS))
    for name in _ALLOW + _START_ONLY:
        _add(built, s.ALLOW, name)
    for name in _PRETEND:
        _add(built, s.ERRNO(0), name)
    for name in _FORBID:
        if name not in ("kill", "tgkill"):
            _add(built, s.ERRNO(errno.EPERM), name)
    thread = s.Arg(0, s.MASKED_EQ, _CLONE_SHARED, _CLONE_SHARED)
    other = s.Arg(0, s.MASKED_EQ, _CLONE_THREAD, 0)
    _add(built, s.ALLOW, "clone", thread)
    _add(built, s.ERRNO(errno.EPERM), "clone", other)
    _add(built, s.ALLOW, "close_range", s.Arg(2, s.MASKED_EQ, _CLOSE_RANGE_UNSHARE, 0))
    for name in ("kill", "tgkill"):
        _add(built, s.ALLOW, name, s.Arg(0, s.EQ, OWN_PID))
        _add(built, s.ERRNO(errno.EPERM), name, s.Arg(0, s.NE, OWN_PID))
    _add(built, s.ALLOW, "prlimit64", s.Arg(0, s.EQ, 0))
    for names, argument, values in (("prctl", 0, _PRCTL), ("fcntl", 1, _FCNTL), ("ioctl", 1, _IOCTL)):
        for value in values:
            _add(built, s.ALLOW, names, s.Arg(argument, s.EQ, value))
    for value in _FCNTL_LOCK:
        _add(built, s.ERRNO(0), "fcntl", s.Arg(1, s.EQ, value))
    for name, argument in (("open", 1), ("openat", 2)):
        for action, values in ((s.ALLOW, _READ_OR_WRITE), (s.ERRNO(errno.EACCES), _NEITHER)):
            for value in values:
                _add(built, action, name, s.Arg(argument, s.MASKED_EQ, _HOW_OPENED, value))
    _add(built, s.ALLOW if landlock.abi() >= _TRUNCATE_SINCE else s.ERRNO(errno.EPERM), "truncate")
    ownerless = _MAP_SHARED | _MAP_ANONYMOUS
    for value in (0, _MAP_SHARED, _MAP_ANONYMOUS):
        _add(built, s.ALLOW, "mmap", s.Arg(3, s.MASKED_EQ, ownerless, value))
    _add(built, s.ERRNO(errno.EPERM), "mmap", s.Arg(3, s.MASKED_EQ, ownerless, ownerless))
    _add(built, s.ERRNO(errno.EOPNOTSUPP), "fallocate")  # and libc writes zeros instead
    for name in ("sendto", "recvfrom"):
        _add(built, s.ALLOW, name, s.Arg(3, s.MASKED_EQ, _MSG_OOB, 0))
    for value in _SOCKET_ANSWERS:
        _add(built, s.ALLOW, "getsockopt", s.Arg(1, s.EQ, 1), s.Arg(2, s.EQ, value))
    stream = s.Arg(1, s.MASKED_EQ, 0xF, 1)
    _add(built, s.ALLOW, "socketpair", s.Arg(0, s.EQ, 1), stream)
    # EPERM here would make libzmq abort
    _add(built, s.ERRNO(errno.EOPNOTSUPP), "socket")
    return _export(built)


def build_second() -> bytes:
    """Stage 2. Raises OSError or RuntimeError when libseccomp is missing."""
    import pyseccomp as s

    built = _filter(s.ALLOW)
    for name in _START_ONLY:
        _add(built, s.ERRNO(errno.EPERM), name)
    return _export(built)


def for_process(program: bytes, pid: int) -> bytes:
    """The same program with `OWN_PID` replaced: a process may signal itself and nobody else."""
    wanted, sentinel = struct.pack("=I", pid), struct.pack("=I", OWN_PID)
    parts = [program[at : at + 8] for at in range(0, len(program), 8)]
    return b"".join(part[:4] + wanted if part[4:] == sentinel else part for part in parts)


def install(program: bytes, every_thread: bool = False) -> None:
    """Filter this thread, or every thread of the process, for good."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    buffer = ctypes.create_string_buffer(program, len(program))
    header = Program(len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    failed = syscall("seccomp", 1, 1 if every_thread else 0, ctypes.byref(header))
    if failed:
        raise OSError(errno.ESRCH, f"seccomp: thread {failed} could not be filtered")


def _filter(otherwise: int) -> Any:
    """An empty filter. A system call by another architecture's numbers ends the whole process.

    libseccomp's own default ends the thread alone, and a process that lost its first thread shows
    neither memory nor open files in /proc.
    """
    import pyseccomp as s

    built = s.SyscallFilter(otherwise)
    built.set_attr(s.Attr.ACT_BADARCH, s.KILL_PROCESS)
    return built


def _add(built: Any, action: int, name: str, *arguments: Any) -> None:
    """Add a rule; a call that this processor does not have needs none."""
    import pyseccomp as s

    try:
        number = s.resolve_syscall(s.Arch.NATIVE, name)
    except (OSError, ValueError):
        return
    if number >= 0:
        built.add_rule_exactly(action, number, *arguments)


def _export(built: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        built.export_bpf(file)
        file.seek(0)
        return file.read()
