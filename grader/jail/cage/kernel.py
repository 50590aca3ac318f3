"""A forked process becomes a caged IPython kernel.

The order matters: what needs a privilege comes before that privilege goes, and nothing of the
student's runs before the last line of `run`.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import socket
import sys
import time

from . import filters, friendly, landlock, namespaces
from . import syscalls as sc
from .cgroup import KernelCgroup
from .fair import session_as_nice
from .plan import CHANNELS, HOME, KernelLimits, Order, Plan

programs: dict[str, bytes] = {}
"""The seccomp programs, built once by the server."""

ours: list[str] = []
"""Names of our own modules, found once by the server: looking through all would unshare their pages."""

DIRECTORY = b"directory"
"""The message that carries the working directory's descriptor, sent while that is still possible."""

_SLACK = 2 << 30
_TIMERS = 64
"""and signals that wait: a user has so many, and each keeps some hundred bytes of Linux's memory"""
_OWN_PROC = (
    "status",
    "stat",
    "statm",
    "maps",
    "smaps",
    "smaps_rollup",
    "cmdline",
    "comm",
    "cgroup",
    "limits",
    "environ",
    "auxv",
    "io",
)
_SHARED_PROC = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/version",
)


def run(
    plan: Plan, order: Order, ready: socket.socket, sockets: list[int], group: KernelCgroup | None, uid: int
) -> None:
    """Build the cage around this process, start ipykernel in it, and serve until killed."""
    clock = [time.perf_counter()]
    os.setsid()
    session_as_nice()
    _go_first()
    if group is not None:
        group.enter()
    limits = order.limits
    home = order.work
    if plan.namespaces:
        home = HOME
        namespaces.mount_private(plan, limits.disk_bytes, limits.files, uid)
    elif uid != os.getuid():
        os.chown(home, uid, -1)
    clock.append(time.perf_counter())
    lose_privileges(uid)
    sc.prctl(sc.PR_SET_PDEATHSIG, signal.SIGKILL)
    sc.prctl(sc.PR_SET_DUMPABLE, 1)
    if group is None:  # a large page of which one small one stays mapped stays whole, and counts as small
        sc.prctl(sc.PR_SET_THP_DISABLE, 1)
    os.chdir(home)
    _set_environment(home)
    _roll_dice()
    sockets = _keep_only(ready, sockets)
    set_limits(order.limits)
    version = landlock.restrict(_readable(plan), [home], ["/dev/null"])
    filters.install(filters.for_process(programs["first"], os.getpid()))

    friendly.die_when_told()
    clock.append(time.perf_counter())
    friendly.explain_refusals()  # before what the shell is set up with, which knows a way for some of it
    from .application import start

    application = start(order, dict(zip(CHANNELS, sockets, strict=False)))
    where = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    socket.send_fds(ready, [DIRECTORY], [where])
    os.close(where)
    filters.install(programs["second"], every_thread=True)
    _forget()
    clock.append(time.perf_counter())
    spent = [round(after - before, 5) for before, after in itertools.pairwise(clock)]
    message = json.dumps({"ready": {"landlock": version, "spent": spent}}).encode()
    ready.send(message)
    ready.close()
    application.start()  # type: ignore[no-untyped-call]


def _go_first() -> None:
    """When memory runs out, Linux is to choose a kernel, not the grader, the server or a supervisor."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("900")
    except OSError:
        pass  # a read-only /proc: then it chooses by size alone


def lose_privileges(uid: int) -> None:
    """Become the kernel's own user, without capabilities and without a way back."""
    sc.prctl(sc.PR_SET_NO_NEW_PRIVS, 1)
    sc.drop_bounding_set()
    if uid != os.getuid():
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    sc.drop_capabilities()
    if sc.capabilities():
        raise PermissionError("the kernel's process kept a capability")


def _set_environment(home: str) -> None:
    os.environ.clear()
    os.environ |= {  # no keyword arguments: `update` would ask every kind of mapping whether it is one
        "HOME": home,
        "TMPDIR": home,
        "USER": "student",
        "LOGNAME": "student",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "IPYTHONDIR": home + "/.ipython",
        "JUPYTER_CONFIG_DIR": home + "/.jupyter",
        "JUPYTER_RUNTIME_DIR": home,
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "JOBLIB_MULTIPROCESSING": "0",
        "KMP_INIT_AT_FORK": "FALSE",
        "TORCHDYNAMO_DISABLE": "1",
    }
    import tempfile

    tempfile.tempdir = None
    os.umask(0o077)


def _roll_dice() -> None:
    """Unseeded random numbers differ from kernel to kernel; the server's state would give all the same.

    Python's own generator sees to that itself.
    """
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()


def _keep_only(ready: socket.socket, sockets: list[int]) -> list[int]:
    """Close every descriptor but the given ones; standard input and output lead nowhere."""
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    keep = sorted({ready.fileno(), *sockets})
    last = 3
    for descriptor in keep:
        os.closerange(last, descriptor)
        last = descriptor + 1
    os.closerange(last, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return sockets


def set_limits(limits: KernelLimits) -> None:
    """The rlimits, on top of what the process holds already."""
    sizes = {"VmData:": 0, "VmSize:": 0}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, size = line.partition("\t")
            if name in sizes:
                sizes[name] = int(size.split()[0]) << 10
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: _TIMERS,
        resource.RLIMIT_FSIZE: limits.disk_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_DATA: sizes["VmData:"] + limits.memory_bytes,
        resource.RLIMIT_AS: sizes["VmSize:"] + limits.memory_bytes + _SLACK,
    }
    for which, value in values.items():
        resource.setrlimit(which, (value, value))
    seconds = max(1, int(limits.cpu_s))
    # the hard limit kills; the soft one's signal could be ignored, and is by the first process of a namespace
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    sc.limit_arenas(2)


def _readable(plan: Plan) -> list[str]:
    if plan.namespaces:
        paths = [f"/{name}" for name in os.listdir("/") if name not in ("proc", "home", "dev")]
        paths += ["/dev/urandom", "/dev/random"]
    else:
        paths = [*plan.read, "/sys/devices/system/cpu", "/dev/urandom", "/dev/random"]
    if plan.private_proc:
        return [*paths, "/proc"]
    # the name that this /proc has for us: without a fresh /proc our own pid means somebody else there
    own = os.readlink("/proc/self")
    return [*paths, *_SHARED_PROC, *(f"/proc/{own}/{name}" for name in _OWN_PROC)]


def _forget() -> None:
    """Take our own modules out of the student's reach; they hold nothing secret, but are not his."""
    for name in ours:
        sys.modules.pop(name, None)
    sys.modules["__mp_main__"] = sys.modules["__main__"]  # what was main when multiprocessing came
    sys.argv[:] = [""]
    sys.path_importer_cache.clear()
    programs.clear()
