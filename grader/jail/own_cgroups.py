"""The cgroups this process is in, as far as they can be seen from here: what a container may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def folders(controller: str, file: str, proc: Path = PROC, cgroups: Path = CGROUPS) -> Iterator[Path]:
    """The directories of our cgroup of a controller and of those above it that hold such a file."""
    for line in read(proc / "self" / "cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        root = cgroups / controllers if controllers else cgroups
        # a container may see its own cgroup as the root, but be told the name it has outside
        inner = PurePosixPath(path.lstrip("/"))
        parts = () if ".." in inner.parts else inner.parts
        for depth in range(len(parts), -1, -1):
            folder = root.joinpath(*parts[:depth])
            if (folder / file).exists():
                yield folder


def read(path: Path) -> str:
    """The text of a file, empty where there is none to be read."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
