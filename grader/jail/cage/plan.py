"""What the grader tells the server: which layers to put up, what may be read, what to start."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

HOME = "/home/student"
"""The working directory inside a minimal root."""

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
"""The order in which a kernel's five listening sockets are passed."""


@dataclass(frozen=True)
class Cgroups:
    """Where the kernels' cgroups are made: one directory for memory and one for pids, or one for both."""

    version: int
    memory: str
    pids: str


@dataclass(frozen=True)
class Plan:
    """The layers of every kernel of one server. What is planned and fails stops the kernel.

    python_path: the server's module search path. read: what kernels may read, with all below it.
    scratch: private directory of the server. user_namespace: needed where the server is not root.
    uids: first user id of the range from which each kernel gets its own, or None.
    setup: Python that defines `install(shell)`, which every kernel calls once it is up.
    nice: how much nicer than the grader the server and its kernels are.
    """

    python_path: tuple[str, ...]
    read: tuple[str, ...]
    scratch: str
    namespaces: bool = False
    user_namespace: bool = False
    private_proc: bool = False
    uids: int | None = None
    cgroups: Cgroups | None = None
    setup: str = ""
    nice: int = 0


@dataclass(frozen=True)
class KernelLimits:
    """Limits of one kernel; bytes, seconds, counts."""

    memory_bytes: int
    cpu_s: float
    disk_bytes: int
    files: int
    open_files: int
    processes: int


@dataclass(frozen=True)
class Order:
    """One kernel to start. work: its directory on the host, where it has no private one.

    heartbeat: for a client that wants one, and all else of Jupyter's protocol; ours asks for less.
    """

    number: int
    key: str
    work: str
    limits: KernelLimits
    heartbeat: bool = True


def pack(record: Plan | Order) -> bytes:
    """As bytes for a socket."""
    return json.dumps(asdict(record)).encode()


def unpack_plan(data: bytes) -> Plan:
    """The plan that `pack` packed."""
    raw = json.loads(data)
    groups = raw["cgroups"]
    raw["cgroups"] = Cgroups(**groups) if groups else None
    for name in ("python_path", "read"):
        raw[name] = tuple(raw[name])
    return Plan(**raw)


def unpack_order(data: bytes) -> Order:
    """The order that `pack` packed."""
    raw = json.loads(data)
    return Order(**{**raw, "limits": KernelLimits(**raw["limits"])})
