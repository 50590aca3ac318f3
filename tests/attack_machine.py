"""What an attack could reach on this machine: secrets and services planted, and a look at what changed."""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import socket
import stat
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import Any

_SHM_KEY = 0x5EC2E7
_ATTACKERS_KEY = 0x47524144
_SHARED_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue", "/")


def canary(where: str) -> str:
    """A secret that nobody can guess and that says where it leaked from."""
    return f"CANARY-{where}-{secrets.token_hex(8)}"


class Machine:
    """Secrets in a directory open to everybody, in this process and behind sockets; all in vain."""

    def __init__(self, folder: Path) -> None:
        self.marker = f"dropped-{secrets.token_hex(6)}"
        self.touched: list[str] = []
        self._folder = folder
        self.outside = folder / "outside"
        self._secret = ctypes.create_string_buffer(canary("memory").encode())
        self._plant()
        self._stop = threading.Event()
        self._listeners = list(self._listen())
        self._threads = [threading.Thread(target=self._serve, args=pair) for pair in self._listeners]
        for thread in self._threads:
            thread.start()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._shm = self._libc.shmget(_SHM_KEY + os.getpid(), 4096, 0o1666)
        self.before = self.tree()
        self._system = self._modes()

    def _plant(self) -> None:
        rubric = self.outside / "rubric" / "hw9"
        rubric.mkdir(parents=True)
        self.secret_files = [self.outside / "secret.txt", rubric / "rubric.yaml", rubric / "canonical.py"]
        for path in self.secret_files:
            path.write_text(f"# {canary('file')}\nANSWER = 1\n")
        for path in (self.outside, *self.outside.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        private = self.outside / "private.txt"
        private.write_text(canary("private"))
        private.chmod(0o600)
        self.secret_files.append(private)
        home = self._folder / "home"
        home.mkdir()
        (home / ".netrc").write_text(canary("home"))
        self.secret_files.append(home / ".netrc")

    def _listen(self) -> Any:
        tcp = socket.create_server(("127.0.0.1", 0))
        self.tcp = tcp.getsockname()[1]
        yield "tcp", tcp
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        self.udp = udp.getsockname()[1]
        yield "udp", udp
        self.paths = [str(self.outside / "service"), f"@{self.marker}"]
        for path in self.paths:
            unix = socket.socket(socket.AF_UNIX)
            unix.bind("\0" + path[1:] if path.startswith("@") else path)
            unix.listen()
            if not path.startswith("@"):
                Path(path).chmod(0o777)
            yield path, unix

    def _serve(self, name: str, listener: socket.socket) -> None:
        listener.settimeout(0.2)
        while not self._stop.is_set():
            try:
                if listener.type == socket.SOCK_DGRAM:
                    listener.recv(99)
                else:
                    with listener.accept()[0] as other:
                        other.sendall(canary("service").encode())
            except TimeoutError:
                continue
            self.touched.append(name)

    def knowledge(self) -> dict[str, Any]:
        """What the attackers are told; nothing of it is a secret."""
        checkout = Path(__file__).resolve().parents[1]
        return {
            "secret_files": [str(path) for path in self.secret_files],
            "outside": str(self.outside),
            "home": str(self._folder / "home"),
            "rubric": str(checkout / "rubric"),
            "checkout": str(checkout),
            "grader_source": str(checkout / "grader" / "judging" / "judge.py"),
            "tcp": self.tcp,
            "udp": self.udp,
            "paths": self.paths,
            "shm_key": _SHM_KEY + os.getpid(),
            "address": ctypes.addressof(self._secret),
            "marker": self.marker,
            "uid": os.getuid(),
        }

    def tree(self) -> dict[str, tuple[Any, ...]]:
        """Everything below the planted directories: kind, mode, owner, times, attributes, content."""
        found = {}
        for path in (
            self.outside,
            *self.outside.rglob("*"),
            self._folder / "home",
            self._folder / "home" / ".netrc",
        ):
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(info.st_mode) else ""
            attributes = os.listxattr(path, follow_symlinks=False)
            found[str(path)] = (info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, attributes, content)
        return found

    @staticmethod
    def _modes() -> dict[str, int]:
        return {
            path: Path(path).stat().st_mode for path in (os.__file__, sys.prefix, "/usr/lib", "/dev/null")
        }

    def close(self) -> list[str]:
        """Take everything down; says what attackers changed or left."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        after = self.tree()
        said = [
            f"changed: {path}"
            for path in {**self.before, **after}
            if self.before.get(path) != after.get(path)
        ]
        said += [
            f"mode changed: {path}" for path, mode in self._modes().items() if self._system[path] != mode
        ]
        said += [f"connected: {name}" for name in self.touched]
        for _, listener in self._listeners:
            listener.close()
        self._libc.shmctl(self._shm, 0, None)
        said += self._left_by_name()
        for kind in ("shm", "sem", "msg"):
            rows = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]
            said += [f"left: sysv {kind}" for row in rows if int(row.split()[0]) == _ATTACKERS_KEY]
        return said

    def _left_by_name(self) -> list[str]:
        checkout = Path(__file__).resolve().parents[1]
        places = [*_SHARED_PLACES, sys.prefix, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")]
        places += [str(checkout), str(checkout / "rubric"), str(Path.home()), str(self.outside)]
        said = [
            f"left: {Path(place, 'bash-was-here')}"
            for place in ("/tmp",)
            if Path(place, "bash-was-here").exists()
        ]
        for place in places:
            try:
                names = [path.name for path in Path(place).iterdir()]
            except OSError:
                continue
            said += [
                f"left: {place}/{name}"
                for name in names
                if name.startswith(self.marker) or name == "evil.pth"
            ]
        return said


def descendants(pid: int) -> list[int]:
    """All processes below one, nearest first; one that ends meanwhile is passed over."""
    found, pending = [], [pid]
    while pending:
        for thread in _entries(Path(f"/proc/{pending.pop()}/task")):
            try:
                children = [int(child) for child in (thread / "children").read_text().split()]
            except OSError:
                continue
            found += children
            pending += children
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def discard(folder: Path | str) -> None:
    """Remove a directory of ours in which attackers may have left anything, however deep."""
    subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)


class MemoryWatch:
    """This process's resident memory, bytes, sampled every few milliseconds beside the event loop."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def growth(self, start: float, end: float) -> int:
        """Largest rise within a time span of `time.monotonic()`."""
        sizes = [size for at, size in list(self._samples) if start - 0.02 <= at <= end + 0.02]
        return max(sizes) - sizes[0] if sizes else 0

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.005):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self._samples.append((time.monotonic(), pages * 4096))
