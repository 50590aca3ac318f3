"""What a kernel uses at this moment, as its supervisor sees it from outside.

Where cgroups and a tmpfs of limited size do this exactly, they kill first; this is what holds
without them. Memory counts what the kernel does not share with a file: anonymous and shared
memory. Disk counts what lies in the working directory, and what is deleted but still open or mapped.
Of a file that is only mapped nobody is told the size; as long as there is one, disk counts what the
file system has lost altogether.
"""

from __future__ import annotations

import os
import stat

from . import fair

_EXITING = 4
"""PF_EXITING in the flags of /proc/PID/task/TID/stat"""
_KILL_PENDING = 1 << 8
_LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_NOATIME", 0)
"""its time of access would tell when a directory has been counted, and what is in it could move on"""


class Watch:
    """Reads the /proc entries of one process through descriptors opened at the start.

    directory: where the process writes; "" when that needs no watching. own_threads: those of ipykernel.
    first_thread_left: the first thread has ended and others go on; nothing here counts any more what
    they use.
    """

    def __init__(self, pid: int, directory: str) -> None:
        self._pid = pid
        self._directory = os.path.realpath(directory) if directory else ""
        self._free = _free_bytes(self._directory)
        self.first_thread_left = False
        self._status = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        self.own_threads: frozenset[int] = frozenset()
        self.baseline = self.memory_and_threads()[0]

    def set_out(self) -> None:
        """From now on what is used is the student's."""
        self.baseline = self.memory_and_threads()[0]
        self.own_threads = fair.threads_of(self._pid)

    def memory_and_threads(self) -> tuple[int, int]:
        """Bytes in use and number of threads; (0, 0) when the process is gone."""
        try:
            text = os.pread(self._status, 8192, 0)
        except OSError:
            return 0, 0
        memory = threads = 0
        for line in text.split(b"\n"):  # and at nothing else: the process chooses its own name
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

    def disk(self, most_files: int) -> tuple[int, int]:
        """Bytes and files below the directory, plus deleted files still in use; stops at most_files."""
        size = count = 0
        seen: set[tuple[int, int]] = set()
        pending = [self._directory]
        while pending and count <= most_files:
            where = pending.pop()
            try:
                folder = os.open(where, _LIST)
            except FileNotFoundError:
                continue
            except OSError:  # a directory hidden from us: too deep, or closed to its owner
                return size, most_files + 1
            try:
                size += os.fstat(folder).st_blocks * 512  # it keeps what the names took that it has lost
                for entry in os.listdir(folder):
                    count += 1
                    if count > most_files:
                        break
                    try:
                        info = os.stat(entry, dir_fd=folder, follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISDIR(info.st_mode):
                        pending.append(f"{where}/{entry}")
                    elif (info.st_dev, info.st_ino) not in seen:
                        seen.add((info.st_dev, info.st_ino))
                        size += info.st_blocks * 512
            except OSError:
                return size, most_files + 1
            finally:
                os.close(folder)
        return size + self._deleted(), count

    def _deleted(self) -> int:
        """Bytes of files without a name."""
        opened = self._open_and_deleted()
        mapped = self._mapped_and_deleted() - opened.keys()
        free = _free_bytes(self._directory)
        # counted from when there was none, and from the best since: others may have freed what they used
        self._free = max(self._free, free) if mapped else free
        return sum(opened.values()) + self._free - free

    def _open_and_deleted(self) -> dict[int, int]:
        """Bytes by inode."""
        sizes: dict[int, int] = {}
        folder = f"/proc/{self._pid}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            return sizes
        for name in names:
            try:
                info = os.stat(f"{folder}/{name}")
            except OSError:
                continue
            if info.st_nlink == 0:
                sizes[info.st_ino] = info.st_blocks * 512
        return sizes

    def _mapped_and_deleted(self) -> set[int]:
        """Inodes of the directory's files."""
        found = set()
        inside = os.fsencode(self._directory) + b"/"
        try:
            with open(f"/proc/{self._pid}/maps", "rb") as maps:
                for line in maps:
                    if line.endswith(b"(deleted)\n"):
                        _, _, _, _, inode, path = line.split(maxsplit=5)
                        if path.startswith(inside):
                            found.add(int(inode))
        except OSError:
            return set()
        return found


def _free_bytes(directory: str) -> int:
    try:
        info = os.statvfs(directory)
    except OSError:
        return 0
    return info.f_bfree * info.f_frsize
