"""Landlock: what the kernel may open, and that it can signal and connect to nobody outside.

Reading is allowed below the listed paths, writing below the working directory, nothing else
exists. The right to execute is given nowhere. From ABI 4 on TCP is closed, from ABI 6 on signals
and abstract sockets end at the domain's border. What Landlock does not mediate (chmod and its
kin, path sockets before ABI 9) the seccomp filters close.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from .syscalls import PR_SET_NO_NEW_PRIVS, prctl, syscall

_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
_READ = _READ_FILE | _READ_DIR
_WRITE_FILE = 1 << 1
_TRUNCATE = 1 << 14
_WRITE = _WRITE_FILE | _TRUNCATE
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 7, 1 << 8, 1 << 12
_REFER = 1 << 13
_MANAGE = _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _REFER

_ON_FILES = _READ_FILE | _WRITE

_UNLOGGED = 1
_LOGS_SINCE = 7

_FILE_RIGHTS = ((9, 17), (5, 16), (3, 15), (2, 14), (1, 13))


def abi() -> int:
    """The Landlock version of this machine; 0 when it has none."""
    try:
        return syscall("landlock_create_ruleset", ctypes.c_char_p(None), 0, 1)
    except OSError:
        return 0


def handled_rights(version: int) -> tuple[int, int, int]:
    """Everything this version can forbid: file rights, network rights, scopes."""
    files = next((1 << bits) - 1 for since, bits in _FILE_RIGHTS if version >= since)
    network = (0b11 if version >= 4 else 0) | (0b1100 if version >= 10 else 0)
    scopes = 0b11 if version >= 6 else 0
    return files, network, scopes


def restrict(read: Iterable[str], write: Iterable[str], devices: Iterable[str]) -> int:
    """Confine this process, for good. Returns the ABI version.

    read: paths readable with all below them; one that does not exist is left out.
    write: directories in which everything but devices, sockets and pipes may be made.
    devices: files that may be read and written.
    Raises OSError when the machine has no Landlock.
    """
    version = abi()
    if not version:
        raise OSError("landlock is not available in this Linux, or not switched on at boot")
    files, network, scopes = handled_rights(version)
    attributes = struct.pack("QQQ", files, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = syscall("landlock_create_ruleset", ctypes.c_char_p(attributes), size, 0)
    try:
        for path in read:
            _allow(ruleset, path, _READ, files)
        for path in write:
            _allow(ruleset, path, _READ | _WRITE | _MANAGE, files)
        for path in devices:
            _allow(ruleset, path, _READ_FILE | _WRITE, files)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        # not for the machine's audit log: while a student fills that, others have to wait for it
        syscall("landlock_restrict_self", ruleset, _UNLOGGED if version >= _LOGS_SINCE else 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int, handled: int) -> None:
    try:
        anchor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(anchor).st_mode):
            rights &= _ON_FILES
        rule = struct.pack("=Qi", rights & handled, anchor)
        syscall("landlock_add_rule", ruleset, 1, ctypes.c_char_p(rule), 0)
    finally:
        os.close(anchor)
