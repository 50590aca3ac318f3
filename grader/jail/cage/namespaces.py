"""Namespaces and the minimal root.

The server moves itself into a root of its own once: a tmpfs with bind mounts of what kernels may
read, all read-only. A kernel adds two mounts of its own, the working directory (a tmpfs of limited
size and number of files) and a fresh /proc that shows only itself.
"""

from __future__ import annotations

import os
import stat

from . import syscalls as sc
from .plan import HOME, Plan

_SMALL = "size=1m,nr_inodes=4k,mode=755"
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")
_LINKS = ("/lib", "/lib64", "/bin", "/sbin")


def enter_minimal_root(plan: Plan) -> None:
    """Move this process into a root that holds what the plan lets kernels read. Raises OSError."""
    uid, gid = os.getuid(), os.getgid()
    sc.unshare(sc.CLONE_NEWNS | (sc.CLONE_NEWUSER if plan.user_namespace else 0))
    if plan.user_namespace:
        map_user(uid, gid)
    sc.mount(None, "/", None, sc.MS_REC | sc.MS_PRIVATE)
    root = os.path.join(plan.scratch, "root")
    os.makedirs(root, 0o755, exist_ok=True)
    sc.mount("tmpfs", root, "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, _SMALL)
    for path in _LINKS:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
    for path in (*plan.read, "/sys/devices/system/cpu", *_DEVICES):
        _bind(path, root)
    os.makedirs(root + "/proc")
    os.makedirs(root + HOME)
    with open(_made_parent(root + "/etc/passwd"), "w") as file:
        file.write(f"student:x:{uid}:{gid}::{HOME}:/\n")
    sc.make_read_only(root)
    sc.mount("/proc", root + "/proc", None, sc.MS_BIND | sc.MS_REC)
    sc.mount("tmpfs", root + HOME, "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, "size=64m,mode=700")
    os.chdir(root)
    sc.pivot_root(".", ".")
    sc.detach(".")
    os.chdir("/")


def map_user(uid: int, gid: int) -> None:
    """Be oneself in the user namespace just entered; nobody else exists in it."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def isolate(plan: Plan) -> None:
    """Called by the supervisor: the next fork is alone in its namespaces."""
    uid, gid = os.getuid(), os.getgid()
    flags = sc.CLONE_NEWPID | sc.CLONE_NEWNET | sc.CLONE_NEWIPC | sc.CLONE_NEWUTS
    sc.unshare(flags | (sc.CLONE_NEWUSER if plan.user_namespace else 0))
    if plan.user_namespace:
        map_user(uid, gid)


def mount_private(plan: Plan, size: int, files: int, uid: int) -> None:
    """Called by the kernel while it still may: its own working directory and its own /proc."""
    sc.unshare(sc.CLONE_NEWNS)
    sc.mount(None, "/", None, sc.MS_REC | sc.MS_PRIVATE)
    options = f"size={size},nr_inodes={files + 2},mode=700"
    sc.mount("tmpfs", HOME, "tmpfs", sc.MS_NOSUID | sc.MS_NODEV, options)
    os.chown(HOME, uid, -1)
    if plan.private_proc:
        sc.mount("proc", "/proc", "proc", sc.MS_NOSUID | sc.MS_NODEV | sc.MS_NOEXEC)


def _bind(path: str, root: str) -> None:
    """Show one file or directory below the new root, at its own path."""
    try:
        kind = os.stat(path).st_mode
    except OSError:
        return
    target = _made_parent(root + path)
    if os.path.islink(root + os.path.dirname(path)) or os.path.lexists(target):
        return
    if stat.S_ISDIR(kind):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    sc.mount(path, target, None, sc.MS_BIND | sc.MS_REC)


def _made_parent(path: str) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
