"""What is called the same on every page: verdicts, and how a run ended."""

from __future__ import annotations

from collections.abc import Mapping

from grader.models import Said, Status, VerdictName
from grader.words.speech import Speech

MARKS: Mapping[VerdictName, str] = {"pass": "✓", "partial": "◐", "fail": "✗", "missing": "–", "review": "?"}

VERDICTS: Mapping[VerdictName, Said] = {
    "pass": Said("correct"),
    "partial": Said("partly correct"),
    "fail": Said("not correct"),
    "missing": Said("not found"),
    "review": Said("a person decides"),
}

STATUSES: Mapping[Status, Said] = {
    "ok": Said("ran to its end"),
    "error": Said("a cell raised an error"),
    "timeout": Said("took too long"),
    "killed": Said("the kernel was killed"),
    "output_limit": Said("printed too much"),
    "memory_limit": Said("used too much memory"),
    "unreadable": Said("the file could not be read as a notebook"),
    "sandbox_error": Said("our side failed"),
}


def verdicts(speak: Speech) -> dict[VerdictName, str]:
    """Every verdict in words."""
    return {name: speak.of(said) for name, said in VERDICTS.items()}


def statuses(speak: Speech) -> dict[Status, str]:
    """Every status in words."""
    return {name: speak.of(said) for name, said in STATUSES.items()}
