"""What a kernel uses at this moment, as its supervisor sees it from outside.

Where cgroups and a tmpfs of limited size do this exactly, they kill first; this is what holds
without them. Memory counts what the kernel does not share with a file: anonymous and shared
memory. Disk counts what lies in the working directory, and files that are deleted but still open
or mapped.
"""

from __future__ import annotations

import os
import stat

_EXITING = 4
"""PF_EXITING in the flags of /proc/PID/task/TID/stat"""
_KILL_PENDING = 1 << 8


class Watch:
    """Reads the /proc entries of one process through descriptors opened at the start.

    first_thread_left: the first thread has ended and others go on; nothing here counts any more what
    they use.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.first_thread_left = False
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        self.baseline = self.memory_and_threads()[0]

    def memory_and_threads(self) -> tuple[int, int]:
        """Bytes in use and number of threads; (0, 0) when the process is gone."""
        try:
            text = os.pread(self._status, 8192, 0)
        except OSError:
            return 0, 0
        memory = threads = 0
        for line in text.splitlines():
            if line.startswith((b"RssAnon:", b"RssShmem:", b"VmSwap:")):
                memory += int(line.split()[1]) << 10
            elif line.startswith(b"State:"):
                self.first_thread_left = b"Z" in line and self._others_go_on()
            elif line.startswith(b"Threads:"):
                threads = int(line.split()[1])
        return memory, threads

    def _others_go_on(self) -> bool:
        """Whether a thread but the first runs, and is neither ending nor about to be killed."""
        folder = f"/proc/{self._pid}/task"
        try:
            for name in os.listdir(folder):
                with open(f"{folder}/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b") ")[2].split()
                ending = int(fields[6]) & _EXITING or int(fields[28]) & _KILL_PENDING
                if fields[0] not in (b"Z", b"X") and not ending:
                    return True
        except OSError:
            return False  # a thread has ended meanwhile: the next look will tell
        return False

    def disk(self, directory: str, most_files: int) -> tuple[int, int]:
        """Bytes and files below a directory, plus deleted files still in use; stops at most_files."""
        size = count = 0
        seen: set[tuple[int, int]] = set()
        try:
            device = os.stat(directory).st_dev
        except OSError:
            return 0, 0
        pending = [directory]
        while pending and count <= most_files:
            try:
                entries = os.scandir(pending.pop())
            except FileNotFoundError:
                continue
            except OSError:  # a directory hidden from us: too deep, or closed to its owner
                return size, most_files + 1
            with entries:
                for entry in entries:
                    count += 1
                    if count > most_files:
                        break
                    try:
                        info = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    except OSError:
                        return size, most_files + 1
                    if stat.S_ISDIR(info.st_mode):
                        pending.append(entry.path)
                    elif (info.st_dev, info.st_ino) not in seen:
                        seen.add((info.st_dev, info.st_ino))
                        size += info.st_blocks * 512
        return size + self._open_and_deleted(device) + self._mapped_and_deleted(device), count

    def _open_and_deleted(self, device: int) -> int:
        sizes = {}
        folder = f"/proc/{self._pid}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            return 0
        for name in names:
            try:
                info = os.stat(f"{folder}/{name}")
            except OSError:
                continue
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 0 and info.st_dev == device:
                sizes[info.st_ino] = info.st_blocks * 512
        return sum(sizes.values())

    def _mapped_and_deleted(self, device: int) -> int:
        wanted = f"{os.major(device):02x}:{os.minor(device):02x}"
        size = 0
        try:
            with open(f"/proc/{self._pid}/maps", errors="replace") as maps:
                for line in maps:
                    if not line.endswith("(deleted)\n"):
                        continue
                    area, _, _, where = line.split()[:4]
                    if where == wanted:
                        start, end = (int(edge, 16) for edge in area.split("-"))
                        size += end - start
        except OSError:
            return 0
        return size
