"""What of ours kept a notebook from doing what it says (pure).

A kernel tells what it did otherwise than at home (`grader.execute.habits`); the rest is read from errors,
from the sources and from what ended the run. All that a kernel says is untrusted: a record sends a check
to a person at most, see `grader.judging.absence`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.execute.absent import installed
from grader.execute.once import ONCE
from grader.execute.own import NotebookCode, may_be_ours
from grader.models import Cell, CellError, Refusal, RefusalKind, Status
from grader.text import one_line

_MOST = 100


@dataclass(frozen=True, slots=True)
class _Sign:
    """An error that tells of our environment. about: a pattern whose first group names what it is about."""

    kind: RefusalKind
    names: frozenset[str]
    message: re.Pattern[str]
    about: str = ""


def _sign(kind: RefusalKind, names: str, message: str = "", about: str = "") -> _Sign:
    return _Sign(kind, frozenset(names.split()), re.compile(message, re.IGNORECASE), about)


_LIBRARY = re.compile(
    r"(?i)\b(?:numpy|torchvision|torch|pandas|scipy|sklearn|matplotlib|seaborn|networkx|PIL)\b"
)
_SIGNS = (
    _sign("device", "AssertionError RuntimeError AcceleratorError NotImplementedError ValueError",
          r"\b(?:cuda|nvidia|mps|gpu|xpu|hip)\b", "GPU"),
    _sign("command", "CalledProcessError", r"exit status 12[67]\b"),
    _sign("process", "RuntimeError OSError BlockingIOError", r"can't start new thread|resource temporarily"),
    _sign("process", "PermissionError", r"processes can't be started"),
    _sign("storage", "OSError", r"\[errno (?:24|27|28|122)\]"),
    _sign("memory", "MemoryError OutOfMemoryError _ArrayMemoryError"),
    _sign("memory", "RuntimeError", r"not enough memory|can't allocate memory|out of memory"),
    _sign("locale", "Error", r"unsupported locale"),
    _sign("network", "URLError HTTPError gaierror ConnectionError ConnectTimeout ConnectionRefusedError "
          "MaxRetryError NewConnectionError SSLError TimeoutError RemoteDisconnected ProxyError "
          "LocalEntryNotFoundError OfflineModeIsEnabled GaiError ClientConnectorError"),
    _sign("network", "RuntimeError", r"internet connection"),
    _sign("network", "OSError", r"\[errno (?:95|97|101|110|111|113|-[235])\]|couldn't connect|we couldn't"),
    _sign("display", "TclError"),
    _sign("display", "ImportError RuntimeError", r"\$?DISPLAY\b|headless|libGL|tkinter|backend"),
    _sign("question", "EOFError StdinNotImplementedError"),
    _sign("version", "AttributeError ImportError TypeError RuntimeError NameError ModuleNotFoundError",
          r"\b(?:deprecated|removed|no longer (?:supported|available)|newer version|older version)\b"),
    _sign("version", "ImportError", r"cannot import name .* from '(?!__main__)"),
    _sign("version", "AttributeError", ONCE),
    _sign("version", "ValueError", r"unable to avoid copy|inhomogeneous shape"),
    _sign("version", "TypeError", r"only (?:0-dimensional|size-1|length-1) arrays"),
    _sign("version", "NameError", r"'(?:xrange|raw_input|unicode|unichr|basestring|execfile)'", "Python 2.7"),
    _sign("error", "NameError", r"'(?:dbutils|spark|displayHTML|__vsc_ipynb_file__)'"),  # of another platform
    _sign("version", "OptionError UnpicklingError"),
    _sign("version", "KeyError", r"rcparam"),
    _sign("error", "KeyError", r"uid not found"),
    _sign("error", "ValueError RuntimeError", r"environment variable|pip install"),
    _sign("version", "OSError", r"is not a valid package style"),
    _sign("storage", "PermissionError", r"\[errno 1\]"),
    _sign("path", "PermissionError OSError", r"\[errno (?:13|30|21|20)\]"),
    _sign("path", "OperationalError OSError", r"unable to open database file|non-existent directory"),
    _sign("path", "NotADirectoryError IsADirectoryError"),
    _sign("file", "FileNotFoundError"),
    _sign("file", "Exception", r"^file .* not found"),  # of `%run`
    _sign("file", "OSError RuntimeError ValueError", r"no such file|not a regular file|does not exist"),
)  # fmt: skip
_PATH = re.compile(
    r"'((?:[^'\\]|\\.){1,300})'\s*$|^(?:file )?[`']*(\S{1,300}?)[`']* not found",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"^Command '(?:\[')?([^' ]+)")
_IMPORTED = re.compile(r"^cannot import name '\w{1,80}' from '([\w.]{1,80})'")
_GUARDS = ("AssertionError", "SystemExit")
"""raised by a notebook that will not go on without a GPU"""
_PACKAGE = re.compile(r"\bpackage '([\w.-]{1,80})'|No module named '([\w.]{1,80})'")


def read_error(
    error: CellError, missing: Sequence[str], written: NotebookCode | None = None
) -> Refusal | None:
    """The error of a cell as a refusal; None where it is the notebook's own. lost: not filled in.

    missing: packages that the notebook imports and nobody provides. written: what its code says.
    """
    if error.name == "ModuleNotFoundError" or (
        error.name == "ImportError" and _PACKAGE.search(error.message)
    ):
        match = _PACKAGE.search(error.message)
        named = (match[1] or match[2]) if match else ""
        about = next((name for name in missing if named.partition(".")[0] == name), "")
        about = about or next((name for name in missing if repr(name) in error.message), "")
        about = about or (named if error.within and not installed(named.partition(".")[0]) else "")
        if about:
            return _made("package", about, error)
        top, _, inside = named.partition(".")
        return _made("version", top, error) if inside and installed(top) else None
    for sign in _SIGNS:
        if error.name.rpartition(".")[2] in sign.names and sign.message.search(error.message):
            return _made(sign.kind, sign.about or _about(sign.kind, error), error)
    if may_be_ours(error, written or NotebookCode()):
        return _made("error", _about("error", error), error)
    return None


def _made(kind: RefusalKind, about: str, error: CellError) -> Refusal:
    return Refusal(kind=kind, about=about, call=error.told[:200], cell=error.cell, effect="raised")


def _about(kind: RefusalKind, error: CellError) -> str:
    """The program's or file's name without its folders: it is what many students have in common."""
    if kind == "command":
        program = _PROGRAM.search(error.message)
        return PurePosixPath(program[1]).name[:80] if program else ""
    said = one_line(error.told, 80)
    if kind == "version":
        library = _LIBRARY.search(error.message)
        module = _IMPORTED.search(error.message)
        return library[0].lower() if library else module[1] if module else said
    if kind == "error":
        return said
    if kind not in ("file", "path"):
        return ""
    match = _PATH.search(error.message)
    found = (match[1] or match[2]) if match else ""
    return PurePosixPath(found.replace("\\", "/")).name[:80]


def refused(
    told: Iterable[Refusal],
    errors: Sequence[CellError],
    missing: Sequence[str] = (),
    interrupted: Sequence[int] = (),
    cells: Sequence[Cell] = (),
) -> tuple[Refusal, ...]:
    """Everything but what ended the run, with the cells of which something did not happen.

    told: by the kernel. Where one of them explains an error in its cell, that one is not told twice.
    """
    failed = [error.cell for error in errors if error.cell not in interrupted]
    written = NotebookCode(cells)
    found: dict[Refusal, None] = {}
    explained: set[int] = set()
    for one in told:
        assert one.cell is not None, "the log files it under a cell"
        if one.effect == "raised" and one.cell in failed:
            explained.add(one.cell)
        found[one.model_copy(update={"lost": _lost(one, failed)})] = None
    for error in errors:
        if error.cell in interrupted or error.cell in explained:
            continue
        own = _guard(error, found, written) or read_error(error, missing, written)
        if own is not None:
            found[own.model_copy(update={"lost": _lost(own, failed)})] = None
    for cell in interrupted:
        lost = (cell, *(n for n in failed if n > cell))
        found[Refusal(kind="time", about="", cell=cell, effect="ended", lost=lost)] = None
    return tuple(found)[:_MOST]


def _guard(error: CellError, told: Iterable[Refusal], written: NotebookCode) -> Refusal | None:
    """The end of a cell that asked for a GPU and will not go on without one."""
    if not any(r.kind == "device" and r.cell == error.cell for r in told):
        return None
    if error.name not in _GUARDS and error.name not in written.raises_after_a_look(error.cell):
        return None
    return _made("device", "GPU", error)


def _lost(refusal: Refusal, failed: Sequence[int]) -> tuple[int, ...]:
    """What did not happen: cells that failed in it or after it, and the output of what was skipped."""
    if refusal.effect == "instead" or refusal.cell is None:
        return ()
    later = [cell for cell in failed if cell >= refusal.cell]
    own = [refusal.cell] if refusal.effect == "skipped" else []
    return tuple(dict.fromkeys([*own, *later]))


_KINDS: dict[str, RefusalKind] = {
    "timeout": "time",
    "memory_limit": "memory",
    "output_limit": "output",
    "killed": "kernel",
}


def ended(cell: int, status: Status, reason: str, cells: Iterable[Cell]) -> tuple[Refusal, ...]:
    """What ended the run, with the cells that never ran. reason: of the kernel's end, as its watch says."""
    lost = (cell, *(c.index for c in cells if c.kind == "code" and c.index > cell and c.source.strip()))
    kind = "storage" if reason in ("disk", "files") else _KINDS.get(status, "kernel")
    return (Refusal(kind=kind, about="", cell=cell, effect="ended", lost=lost),)
