"""What a kernel may read of this machine: Python, its packages, system libraries. Nothing of ours.

The list is an allow-list. Where one of our own packages, or a file that leads to a checkout, lies
inside a directory on it, that directory is replaced by its entries, without ours.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_SITE = ("site-packages", "dist-packages")
_OURS = ("grader", "rubric")
_OUR_NAMES = (
    "grader",
    "rubric",
    "notebook_grader",
    "_notebook_grader",
    "notebook-grader",
    "__editable__",
    "_editable_impl_",
)
"""beginnings of names; the last two are what setuptools and hatchling call editable installs"""
_SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/ld.so.cache",
)


@dataclass(frozen=True, slots=True)
class KernelView:
    """python_path: module search path of a kernel. read: paths it may read, with all below them."""

    python_path: tuple[str, ...]
    read: tuple[str, ...]


def kernel_view() -> KernelView:
    """The view for kernels of this interpreter."""
    stdlib = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")]
    python_path = list(dict.fromkeys(os.path.realpath(path) for path in stdlib if path))
    site = list(dict.fromkeys(os.path.realpath(entry) for entry in sys.path if Path(entry).name in _SITE))
    system = [path for path in _SYSTEM if not os.path.islink(path)]
    if sys.base_prefix != "/usr":
        system.append(os.path.join(sys.base_prefix, "lib"))
    hidden = _hidden(site)
    read: dict[str, None] = {}
    for path in (*python_path, *site, *(os.path.realpath(path) for path in system)):
        for part in around(path, hidden):
            read[part] = None
    kept = tuple(path for path in read if not any(_below(path, other) for other in read))
    return KernelView(tuple(path for path in (*python_path, *site) if os.path.isdir(path)), kept)


def around(path: str, hidden: frozenset[str]) -> Iterator[str]:
    """The path itself, or its entries, so that nothing hidden is inside."""
    if path in hidden or not os.path.exists(path):
        return
    if not any(_below(secret, path) for secret in hidden):
        yield path
        return
    for entry in sorted(os.listdir(path)):
        inner = os.path.join(path, entry)
        if not os.path.islink(inner) or os.path.realpath(inner) not in hidden:
            yield from around(inner, hidden)


def _hidden(site: Iterable[str]) -> frozenset[str]:
    """Real paths that no kernel may see: wherever one of our packages is installed, and checkouts."""
    found: set[str] = set()
    for name in _OURS:
        spec = find_spec(name)
        places = spec.submodule_search_locations if spec is not None else None
        found.update(os.path.realpath(place) for place in places or ())
    for folder in {*site, *_other_sites()}:
        for name in os.listdir(folder):
            if name.startswith(_OUR_NAMES):
                found.add(os.path.join(folder, name))
    return frozenset(found)


def _other_sites() -> Iterator[str]:
    for prefix in dict.fromkeys((sys.base_prefix, sys.prefix, "/usr", "/usr/local")):
        for site in _SITE:
            for path in Path(prefix).glob(f"lib*/python3*/{site}"):
                yield os.path.realpath(path)


def _below(path: str, folder: str) -> bool:
    return path != folder and path.startswith(folder.rstrip("/") + "/")
