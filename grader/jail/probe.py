"""What this machine can do: every layer tried, as data.

`examine` is what `open_runner` plans from and what `grader doctor` prints.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from grader.folder.private import private_directory
from grader.jail import cgroups
from grader.jail.cage.plan import Plan, pack
from grader.jail.view import kernel_view

Mark = Literal["PASS", "CAUTION", "FAIL"]
Tier = Literal["none", "base", "namespaces", "full"]

TIERS: tuple[Tier, ...] = ("none", "base", "namespaces", "full")
CAGE = Path(__file__).parent / "cage"

_BASE = ("no_new_privs", "capabilities", "landlock", "seccomp", "rlimits")
_NAMESPACES = ("mount_namespace", "pid_namespace", "net_namespace", "ipc_namespace")
_FULL = ("uid", "cgroup")
_UIDS = 61_200
_TRIAL_S = 30.0

_FIXES = {
    "landlock": "boot Linux 5.13 or later with landlock in the lsm= list",
    "seccomp": "install libseccomp2 (Debian, Ubuntu: apt install libseccomp2) and pyseccomp",
    "mount_namespace": "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0), or run as root, outside of a container; "
    "base is enough to grade",
    "private_proc": "podman: --security-opt unmask=ALL; kernels see only their own part of /proc without it",
    "uid": "run as root, with Python installed where every user may read it; not needed to grade",
    "cgroup": "run as root, outside of a container, with the memory and pids controllers; without it "
    "memory is watched, not metered",
}


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """One layer for a person: what it does, whether it holds here, and the fix where it does not."""

    layer: str
    mark: Mark
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """layers: name → "on" or the reason it is off. tier: the strongest that holds."""

    layers: dict[str, str]
    tier: Tier
    plan: Plan

    def complaint(self, least: Tier) -> str:
        """One line: which layer is missing for a tier, why, and what to do."""
        names = (*_BASE, *(_NAMESPACES if least != "base" else ()), *(_FULL if least == "full" else ()))
        name = next(iter(_missing(self.layers, names)), "tier")
        why = self.layers.get(name, "off")
        fix = _FIXES.get(name, _fix_by_group(name))
        return f"isolation {least} needs the layer {name}, which is off here ({why}): {fix}"

    def findings(self) -> tuple[LayerFinding, ...]:
        """One line per layer, and the tier; FAIL only where grading is impossible without."""
        found = []
        for name, state in self.layers.items():
            mark: Mark = "PASS" if state == "on" or state.startswith("not needed") else "CAUTION"
            if mark == "CAUTION" and name in _BASE:
                mark = "FAIL"
            fix = "" if mark == "PASS" else _FIXES.get(name, _fix_by_group(name))
            found.append(LayerFinding(name, mark, state, fix))
        verdict: Mark = "FAIL" if self.tier == "none" else "PASS"
        fix = "" if verdict == "PASS" else "fix the layers above, or accept no isolation with --allow-unsafe"
        return (*found, LayerFinding("tier", verdict, self.tier, fix))


def _missing(layers: dict[str, str], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if layers.get(name) != "on"]


def _fix_by_group(name: str) -> str:
    return _FIXES["mount_namespace"] if name in (*_NAMESPACES, "user_namespace") else "run on Linux"


def examine() -> Examination:
    """Try every layer of this machine, in about a quarter of a second, in children that end.

    Raises `StorageError` where there is no folder for temporary files.
    """
    view = kernel_view()
    with private_directory() as scratch, cgroups.made() as groups:
        plan = Plan(view.python_path, view.read, str(scratch), uids=_UIDS, cgroups=groups)
        if not sys.platform.startswith("linux"):
            layers = dict.fromkeys((*_BASE, *_NAMESPACES, *_FULL), "needs Linux")
        else:
            layers = _try(plan)
    return Examination(layers, _tier(layers), _choose(plan, layers))


def limit(examination: Examination, most: Tier) -> Examination:
    """The same machine, with the layers above a tier left out: for tests of the weaker tiers."""
    if TIERS.index(examination.tier) <= TIERS.index(most):
        return examination
    layers = dict(examination.layers)
    plan = replace(examination.plan, uids=None, cgroups=None)
    left_out = list(_FULL)
    if most == "base":
        left_out += [*_NAMESPACES, "private_proc", "user_namespace"]
        plan = replace(plan, namespaces=False, user_namespace=False, private_proc=False)
    layers.update(dict.fromkeys(left_out, f"left out: at most {most} was asked for"))
    return Examination(layers, most, plan)


def _try(plan: Plan) -> dict[str, str]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, tempfile.TemporaryFile() as errors:
        with theirs:
            command = [sys.executable, "-I", "-S", str(CAGE), "probe", str(theirs.fileno())]
            process = subprocess.Popen(
                command,
                env={},
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        try:
            ours.settimeout(_TRIAL_S)
            ours.send(pack(plan))
            answer = ours.recv(1 << 16)
        except OSError as error:
            answer = json.dumps({"trial": str(error)}).encode()
        finally:
            process.kill()
            process.wait()
        if answer:
            layers: dict[str, str] = json.loads(answer)
            return {**dict.fromkeys(_BASE, "the trial did not come that far"), **layers}
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
        reason = f"the trial failed: {said[-1] if said else 'no message'}"
        return dict.fromkeys((*_BASE, *_NAMESPACES, *_FULL), reason)


def _tier(layers: dict[str, str]) -> Tier:
    if _missing(layers, _BASE):
        return "none"
    if _missing(layers, _NAMESPACES):
        return "base"
    return "namespaces" if _missing(layers, _FULL) else "full"


def _choose(plan: Plan, layers: dict[str, str]) -> Plan:
    namespaces = not _missing(layers, _NAMESPACES)
    return replace(
        plan,
        scratch="",
        namespaces=namespaces,
        user_namespace=namespaces and layers.get("user_namespace") == "on",
        private_proc=layers.get("private_proc") == "on",
        uids=plan.uids if layers.get("uid") == "on" else None,
        cgroups=plan.cgroups if layers.get("cgroup") == "on" else None,
    )
