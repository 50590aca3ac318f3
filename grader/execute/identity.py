"""What runs notebooks here: the environment that kernels see, and the code that runs them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sys
from functools import cache
from pathlib import Path

_ROOMS = ("execute", "jail")


def packages() -> tuple[str, ...]:
    """Every installed distribution as `name==version`, sorted."""
    return tuple(sorted({f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}))


def interpreter() -> str:
    """The interpreter and the machine it was built for, on one line."""
    return f"{' '.join(sys.version.split())} {platform.machine()}"


@cache
def environment_digest() -> str:
    """SHA-256 of the environment that kernels run in: interpreter, machine, every distribution."""
    return _digest(interpreter(), packages())


@cache
def execution_digest() -> str:
    """SHA-256 of the source that runs notebooks."""
    home = Path(__file__).parent.parent
    sources = sorted(p for room in _ROOMS for p in (home / room).rglob("*.py"))
    return _digest([(str(p.relative_to(home)), hashlib.sha256(p.read_bytes()).hexdigest()) for p in sources])


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
