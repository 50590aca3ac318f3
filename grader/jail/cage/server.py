"""The warm fork server's main loop.

One socket, inherited, to the grader: first the plan, then any number of orders (each with the
descriptors of the kernel's own sockets) and names to preload. The end of that socket ends the
server, and with it, by PR_SET_PDEATHSIG, every supervisor and every kernel.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import tempfile
import traceback
from dataclasses import replace

from . import cgroup, filters, kernel, namespaces, preload, supervisor
from .fair import session_as_nice
from .plan import CHANNELS, HOME, Plan, unpack_order, unpack_plan

_ORDER, _PRELOAD = b"o", b"p"


def main(descriptor: int) -> None:
    """Serve until the grader hangs up."""
    control = socket.socket(fileno=descriptor)
    # what a process was started with stays readable in /proc for its children, whatever it does later
    with open("/proc/self/environ", "rb") as environment:
        if environment.read(1):
            raise RuntimeError("the warm server must be started with an empty environment")
    os.environ.clear()
    os.environ.update(preload.BEFORE_IMPORT)
    plan = unpack_plan(control.recv(1 << 20))
    os.nice(plan.nice)
    session_as_nice()
    try:
        plan, parents = _prepare(plan)
    except BaseException as error:
        control.send(f"failed: {type(error).__name__}: {error}".encode()[:4000])
        traceback.print_exc()
        raise SystemExit(1) from error
    control.send(b"warm")
    _serve(control, plan, parents)


def _prepare(plan: Plan) -> tuple[Plan, cgroup.Parents | None]:
    """Everything that happens once: imports, filters, the minimal root."""
    sys.dont_write_bytecode = True
    private = HOME if plan.namespaces else plan.scratch
    os.environ.update(HOME=private, TMPDIR=private, MPLCONFIGDIR=private)
    parents = cgroup.open_parents(plan.cgroups) if plan.cgroups is not None else None
    sys.path[:] = plan.python_path
    kernel.programs["first"] = filters.build_first()
    kernel.programs["second"] = filters.build_second()
    from . import application, friendly  # noqa: F401  (from inside the root they can't be read)

    if plan.namespaces:
        namespaces.enter_minimal_root(plan)
    else:
        plan = _link_split_paths(plan)
    sys.path_importer_cache.clear()
    tempfile.tempdir = None
    preload.load_always()
    application.prepare(plan.setup)
    preload.settle()
    kernel.ours += [name for name in sys.modules if name.partition(".")[0] in ("_cage", "pyseccomp")]
    return plan, parents


def _link_split_paths(plan: Plan) -> Plan:
    """Replace a module directory of which only some entries may be read by links to these entries."""
    python_path, read = [], list(plan.read)
    for number, folder in enumerate(plan.python_path):
        inside = [path for path in plan.read if os.path.dirname(path) == folder]
        if folder in plan.read or not inside:
            python_path.append(folder)
            continue
        view = os.path.join(plan.scratch, f"modules{number}")
        os.mkdir(view, 0o755)
        for path in inside:
            os.symlink(path, os.path.join(view, os.path.basename(path)))
        python_path.append(view)
        read.append(view)
    sys.path[:] = python_path
    return replace(plan, python_path=tuple(python_path), read=tuple(read))


def _serve(control: socket.socket, plan: Plan, parents: cgroup.Parents | None) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = os.getpid()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, len(CHANNELS) + 1)
        if not data:
            os._exit(0)
        if data[:1] == _PRELOAD:
            gc.enable()
            preload.load_on_demand(data[1:].decode())
            sys.modules["_cage.application"].note_modules()
            continue
        order = unpack_order(data[1:])
        if os.fork() == 0:
            control.close()
            gc.enable()
            talk = socket.socket(fileno=descriptors[0])
            supervisor.supervise(plan, order, talk, descriptors[1:], parents, server)
        for descriptor in descriptors:
            os.close(descriptor)
