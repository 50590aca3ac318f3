"""Try every layer in throwaway children and say what held.

A child takes the very steps that a kernel takes, with the same functions, and reports each one it
survived; the first that fails ends it and gives its reason. A step counts only when its effect
was seen, not when its call returned.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from . import cgroup, filters, kernel, landlock, namespaces
from . import syscalls as sc
from .plan import HOME, KernelLimits, Plan, unpack_plan

Steps = Iterator[str]

_LIMITS = KernelLimits(1 << 30, 60, 1 << 20, 100, 64, 64)


def main(descriptor: int) -> None:
    """Answer one plan with what each layer said: layer → "on" or the reason it is off."""
    talk = socket.socket(fileno=descriptor)
    plan = unpack_plan(talk.recv(1 << 20))
    sys.path[:] = plan.python_path
    talk.send(json.dumps(try_all(plan)).encode())


def try_all(plan: Plan) -> dict[str, str]:
    """Every layer, tried alone; then the namespaces, tried in a chain as a kernel meets them."""
    found: dict[str, str] = {}
    found.update(_in_child(["no_new_privs", "capabilities"], _privileges))
    found.update(_in_child(["landlock"], lambda: _landlock(plan)))
    found.update(_in_child(["seccomp"], _seccomp))
    found.update(_in_child(["rlimits"], _limits))
    chain = ["mount_namespace", "pid_namespace", "net_namespace", "ipc_namespace"]
    root = os.getuid() == 0
    spaces = _in_child(chain, lambda: _namespaces(replace(plan, user_namespace=not root)))
    if root and spaces["mount_namespace"] != "on":
        inside = _in_child(chain, lambda: _namespaces(replace(plan, user_namespace=True)))
        if inside["mount_namespace"] == "on":
            spaces, root = inside, False
    found["user_namespace"] = (
        "not needed: root, with a user id per kernel instead" if root else spaces[chain[0]]
    )
    found.update(spaces)
    together = all(spaces[name] == "on" for name in chain)
    plan = replace(plan, user_namespace=together and not root, namespaces=together)
    proc = replace(plan, private_proc=True)
    found.update(_in_child(["private_proc"], lambda: _private_proc(proc), off="needs the namespaces above"))
    if os.getuid() != 0 or plan.user_namespace:
        found["uid"] = "only root can give each kernel a user id"
    else:
        found.update(_in_child(["uid"], lambda: _uid(plan)))
    if plan.cgroups is None:
        found["cgroup"] = "no cgroup can be made here"
    else:
        found.update(_in_child(["cgroup"], lambda: _cgroup(plan)))
    return found


def _in_child(names: list[str], steps: Callable[[], Steps], off: str = "") -> dict[str, str]:
    """Run steps in a child; each name it yields is on, the next one has the reason it ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            for name in steps():
                os.write(writer, f"{name}\n".encode())
        except BaseException as error:
            os.write(writer, f"!{error}".replace("\n", " ").encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    passed, _, problem = text.partition("!")
    held = passed.split()
    reason = problem or "the child that tried it ended without a word"
    return {name: "on" if name in held else reason for name in names}


def _privileges() -> Steps:
    sc.prctl(sc.PR_SET_NO_NEW_PRIVS, 1)
    with open("/proc/self/status") as status:
        if "NoNewPrivs:\t1" in status.read():
            yield "no_new_privs"
    sc.drop_bounding_set()
    sc.drop_capabilities()
    if sc.capabilities() == 0:
        yield "capabilities"


def _landlock(plan: Plan) -> Steps:
    probe = plan.python_path[0] + "/os.py"
    landlock.restrict([os.path.dirname(probe)], [], [])
    open(probe).close()
    try:
        os.listdir("/")
    except PermissionError:
        yield "landlock"


def _seccomp() -> Steps:
    first, second = filters.build_first(), filters.build_second()
    filters.install(filters.for_process(first, os.getpid()))
    filters.install(second, every_thread=True)
    refused = 0
    for attempt in (os.fork, lambda: os.execv("/", ["x"]), lambda: os.kill(os.getppid(), 0), socket.socket):
        try:
            attempt()
        except OSError:
            refused += 1
    if refused == 4:
        yield "seccomp"


def _limits() -> Steps:
    kernel.set_limits(_LIMITS)
    try:
        bytearray(3 << 30)
    except MemoryError:
        yield "rlimits"


def _namespaces(plan: Plan) -> Steps:
    namespaces.enter_minimal_root(plan)
    if os.path.exists("/root/.bashrc") or not os.path.exists(plan.python_path[0]):
        raise OSError("the minimal root does not hold what it should")
    yield "mount_namespace"
    namespaces.isolate(plan)
    reader, writer = os.pipe()
    if os.fork() == 0:
        if os.getpid() == 1:
            os.write(writer, b"pid_namespace ")
        with open("/proc/net/dev") as devices:
            os.write(writer, b"net_namespace " if len(devices.readlines()) == 3 else b"")
        os.write(writer, b"ipc_namespace ")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        yield from pipe.read().split()


def _private_proc(plan: Plan) -> Steps:
    if not plan.namespaces:
        raise OSError("needs the namespaces above")
    namespaces.enter_minimal_root(plan)
    namespaces.isolate(plan)
    pid = os.fork()
    if pid == 0:
        held = False
        try:
            namespaces.mount_private(plan, 1 << 20, 10, os.getuid())
            alone = [name for name in os.listdir("/proc") if name.isdigit()] == ["1"]
            held = alone and os.access(HOME, os.W_OK)
        finally:  # out of here its exception would be told as its parent's
            os._exit(0 if held else 1)
    _, status = os.waitpid(pid, 0)
    if status:
        raise OSError("this container does not let a fresh /proc be mounted")
    yield "private_proc"


def _uid(plan: Plan) -> Steps:
    if plan.namespaces:
        namespaces.enter_minimal_root(plan)
    if plan.uids is None:
        raise OSError("no user ids planned")
    kernel.lose_privileges(plan.uids)
    for folder in plan.python_path:
        if not os.access(folder, os.R_OK | os.X_OK):
            raise OSError(f"{folder} is closed to other users")
    yield "uid"


def _cgroup(plan: Plan) -> Steps:
    assert plan.cgroups is not None
    group = cgroup.KernelCgroup(cgroup.open_parents(plan.cgroups), 0, _LIMITS)
    pid = os.fork()
    if pid == 0:
        group.enter()
        with open("/proc/self/cgroup") as file:
            os._exit(0 if "/kernel-0" in file.read() else 1)
    _, status = os.waitpid(pid, 0)
    group.remove()
    if status == 0:
        yield "cgroup"
