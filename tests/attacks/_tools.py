# Runs as the first cell of every attack, after a line that sets T: what the best informed attacker knows
# of this machine (paths, pids, ports), but no secret.
import _io
import builtins
import ctypes
import glob
import importlib.util
import io
import os
import re
import socket
import struct
import sys
import time

# What makes honest notebooks' habits work takes a path outside for one of its own: an attack goes past it.
real = importlib.util.module_from_spec(importlib.util.find_spec("os"))
real.__spec__.loader.exec_module(real)
for name in ("stat", "lstat", "chdir", "listdir", "scandir", "mkdir", "makedirs", "rename", "replace", "remove",
             "unlink", "rmdir", "utime", "chmod", "access", "open"):  # fmt: skip
    setattr(os, name, getattr(real, name))
builtins.open = io.open = open = _io.open

libc = ctypes.CDLL(None, use_errno=True)
NEEDLE = b"CAN" + b"ARY-"
N = {
    "read": 0, "ioctl": 16, "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49,
    "listen": 50, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "exit": 60, "kill": 62, "shmget": 29,
    "shmat": 30, "semget": 64, "msgget": 68, "ptrace": 101, "setuid": 105, "setgid": 106, "syslog": 103,
    "setpgid": 109, "setsid": 112, "setreuid": 113, "setregid": 114, "setgroups": 116, "setresuid": 117,
    "setresgid": 119, "capset": 126, "rt_sigqueueinfo": 129, "mknod": 133, "personality": 135,
    "setpriority": 141, "prctl": 157, "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165,
    "umount2": 166, "swapon": 167, "reboot": 169, "sethostname": 170, "iopl": 172, "ioperm": 173,
    "init_module": 175, "quotactl": 179, "tkill": 200, "io_setup": 206, "mq_open": 240, "tgkill": 234,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "inotify_init": 253,
    "ioprio_set": 251, "migrate_pages": 256, "mknodat": 259, "unshare": 272, "vmsplice": 278, "move_pages": 279,
    "signalfd": 282, "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
    "finit_module": 313, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321,
    "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424, "io_uring_setup": 425, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "pidfd_open": 434, "clone3": 435, "pidfd_getfd": 438,
    "process_madvise": 440, "mount_setattr": 442, "landlock_create_ruleset": 444, "memfd_secret": 447,
    "pivot_root": 155, "clock_settime": 227, "rt_tgsigqueueinfo": 297, "prlimit64": 302, "shmctl": 31,
}


def through(*what):
    """The attack got through. (A traceback that quotes a call of this does not say so.)"""
    print("BREA" + "CH", *what, flush=True)


def attempt(what, act):
    """Say BREACH when the act succeeds."""
    try:
        got = act()
    except BaseException as error:
        print("refused", what, type(error).__name__, str(error)[:80].replace("\n", " "))
    else:
        through(what, repr(got)[:2000])


def found(value):
    """Something counts only when there is something."""
    if not value:
        raise ValueError("nothing there")
    return value


def call(name, *args):
    """A raw system call; OSError when it fails."""
    number = N[name] if isinstance(name, str) else name
    raw = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    result = libc.syscall(ctypes.c_long(number), *raw)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def slurp(path, most=1 << 20):
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return found(os.read(fd, most))
    finally:
        os.close(fd)


def canaries(data):
    return re.findall(NEEDLE + b"[a-z]+-[0-9a-f]{16}", data)


def connections(channel):
    """Descriptors of accepted connections on one of the kernel's own listening sockets: 1 shell, 2 iopub."""
    for fd in range(3, 256):
        try:
            s = socket.socket(fileno=os.dup(fd))
        except OSError:
            continue
        try:
            ours = str(s.getsockname()).strip("'b").endswith(f"k-{channel}")
            listens = s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError:
            continue
        finally:
            s.close()
        if ours and not listens:
            yield fd
