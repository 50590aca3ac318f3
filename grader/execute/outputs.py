"""Kernel messages → Output records.

A log only grows: `clear_output` erases nothing and `update_display_data` is a new output of the
cell that runs, so no later code can change what an earlier cell printed. Every field of a message
is hostile: whatever has not the expected type is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from grader.execute.own import within
from grader.execute.picture import Picture, choose, picture
from grader.models import CellError, Output, Refusal

Kind = Literal["stdout", "stderr", "result", "display", "error"]

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")

# what a person reads of a display, best first; text/plain of the first two only names an object
_TEXTS = ("text/markdown", "text/latex", "text/plain")

_AN_OBJECT = re.compile(r"<[\w.]{1,80} object>")


def _traceback(content: Mapping[str, Any]) -> str:
    lines = content.get("traceback")
    return "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""


_KINDS: dict[str, Kind] = {
    "execute_result": "result",
    "display_data": "display",
    "update_display_data": "display",
}


_BEGINNING = 1 << 16
"""characters"""


def clean(text: str) -> str:
    """Text without terminal escapes and control characters.

    A carriage return becomes a line end: a progress bar that redraws its line hides nothing.
    """
    if not text.isprintable():
        text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))
    return text


def _as_text(value: Any) -> str:
    """What `display(JSON(…))` shows, as JSON; "" where that can't be written."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        return ""


def first_line(text: str, most: int = 300) -> str:
    """First line that says something, at most `most` characters; "" where it comes after pages of nothing."""
    beginning = clean(text[:_BEGINNING])
    line = next((part.strip() for part in beginning.splitlines() if part.strip()), "")
    return line if len(line) <= most else line[: most - 1] + "…"


_MOST_ERRORS = 1000
_MOST_REFUSALS = 100
REFUSAL = "refusal"
"""the message in which a kernel tells of one"""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An output. pictured: it had a picture, a sound one in `picture`."""

    cell: int
    kind: Kind
    parts: list[str]
    html: str | None = None
    pictured: bool = False
    picture: Picture | None = None


class OutputLog:
    """Collects the messages of one kernel, by the cell that was running when they arrived."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._errors: list[CellError] = []
        self._refusals: dict[Refusal, None] = {}

    def take(self, cell: int, message: dict[str, Any]) -> None:
        """File one iopub message under a cell; messages that print nothing are ignored."""
        kind = message.get("msg_type")
        content = message.get("content")
        if not isinstance(content, dict):
            return
        if kind == "stream":
            self._stream(cell, content)
        elif kind == "error":
            self._error(cell, content)
        elif kind == REFUSAL:
            self._refusal(cell, content)
        elif kind in _KINDS:
            self._data(cell, _KINDS[kind], content)

    def take_reply(self, cell: int, content: dict[str, Any]) -> None:
        """Note an error that the reply to a cell tells of, unless the cell has shown it already."""
        if content.get("status") == "error" and not any(error.cell == cell for error in self._errors):
            self._note_error(cell, content)

    def outputs(self) -> tuple[Output, ...]:
        """Everything that was printed, in order of arrival."""
        counts: dict[int, int] = {}
        found = []
        pictures = iter(choose([(e.cell, e.picture) for e in self._entries if e.pictured]))
        for entry in self._entries:
            index = counts.get(entry.cell, 0)
            counts[entry.cell] = index + 1
            found.append(
                Output(
                    cell=entry.cell,
                    index=index,
                    kind=entry.kind,
                    text=clean("".join(entry.parts)),
                    html=entry.html,
                    image=next(pictures) if entry.pictured else None,
                )
            )
        return tuple(found)

    def errors(self) -> tuple[CellError, ...]:
        """The cells that raised, in order."""
        return tuple(self._errors)

    def refusals(self) -> tuple[Refusal, ...]:
        """What the kernel says was refused, each once, in order; at most a hundred."""
        return tuple(self._refusals)

    def _refusal(self, cell: int, content: dict[str, Any]) -> None:
        about, call = content.get("about"), content.get("call")
        if not isinstance(about, str) or not isinstance(call, str) or len(self._refusals) >= _MOST_REFUSALS:
            return
        if content.get("effect") == "ended":
            return  # that is for the grader to say
        with suppress(ValidationError):
            told = Refusal.model_validate(
                {
                    "kind": content.get("kind"),
                    "about": first_line(about, 80),
                    "call": first_line(call, 200),
                    "cell": cell,
                    "effect": content.get("effect"),
                    "told_by": "kernel",
                }
            )
            self._refusals[told] = None

    def _stream(self, cell: int, content: dict[str, Any]) -> None:
        text = content.get("text")
        if not isinstance(text, str) or not text:
            return
        kind: Kind = "stderr" if content.get("name") == "stderr" else "stdout"
        if self._entries:
            last = self._entries[-1]
            if last.cell == cell and last.kind == kind:
                last.parts.append(text)
                return
        self._entries.append(_Entry(cell, kind, [text]))

    def _data(self, cell: int, kind: Kind, content: dict[str, Any]) -> None:
        data = content.get("data")
        if not isinstance(data, dict):
            return
        html = data.get("text/html")
        plain = next((data[m] for m in _TEXTS if isinstance(data.get(m), str)), "")
        if _AN_OBJECT.fullmatch(plain) and "application/json" in data:
            plain = _as_text(data["application/json"])
        table = _SURROGATE.sub("\ufffd", html) if isinstance(html, str) else None
        png = data.get("image/png")
        shown = picture(png) if isinstance(png, str) else None
        self._entries.append(_Entry(cell, kind, [plain], table, png is not None, shown))

    def _error(self, cell: int, content: dict[str, Any]) -> None:
        name, value = self._note_error(cell, content)
        self._entries.append(_Entry(cell, "error", [_traceback(content) or f"{name}: {value}"]))

    def _note_error(self, cell: int, content: dict[str, Any]) -> tuple[str, str]:
        name, value = content.get("ename"), content.get("evalue")
        name = first_line(name, 100) if isinstance(name, str) else "Error"
        value = value if isinstance(value, str) else ""
        if len(self._errors) < _MOST_ERRORS:
            where = within(clean(_traceback(content)[-_BEGINNING:]))
            error = CellError(cell=cell, name=name or "Error", message=first_line(value), within=where)
            self._errors.append(error)
        return name, value
