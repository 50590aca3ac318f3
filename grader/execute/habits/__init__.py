"""Habits of honest notebooks that a cage does not allow, done by other means.

Every module here runs inside the kernel, before anything of the student's, and is one habit: read as text
and executed on the kernel's side. The grader never imports one for its effects, and they import nothing of
the grader. None of it is protection, the cage is that: the student's code can undo all of it, and it may do
nothing that the student's own code could not do.

A habit has `prepare()`, which runs once in the warm server, or `install(shell)`, which runs in each kernel,
or both. What it does otherwise than at home it tells the grader (`telling.tell`), which files it as a
`Refusal`. docs/kernel.md says for teachers and students what a kernel does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_COMMON = ("telling", "watching")
_HABITS = (
    "ending",
    "stand_ins",
    "packages",
    "questions",
    "debuggers",
    "lasting",
    "extensions",
    "drawing",
    "shells",
    "programs",
    "pools",
    "devices",
    "locales",
    "tuning",
    "paths",
    "removed",
    "answers",
)
"""in the order in which they are installed"""


@cache
def setup_text() -> str:
    """Python that defines `install(shell)`; executed once, by whoever has kernels call that."""
    folder = Path(__file__).parent
    sources = {name: folder.joinpath(f"{name}.py").read_text("utf-8") for name in (*_COMMON, *_HABITS)}
    return f"SOURCES = {sources!r}\nHABITS = {_HABITS!r}\n{folder.joinpath('loading.py').read_text('utf-8')}"
