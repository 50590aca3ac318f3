"""Where a desk finds its class and keeps its marks: a folder on this machine, or the course's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from grader.lookalikes.table import Alike
from grader.marks.marks import Mark
from grader.models import Cell, Output, Report


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report, and where its upload came from."""

    report: Report
    origin: str


class Writing(Protocol):
    """Marks while nobody else writes any."""

    def given(self) -> Sequence[Mark]:
        """All marks there are, oldest first."""
        ...

    def enter(self, new: Sequence[Mark]) -> None:
        """Add marks, all or none. Raises `StorageError`."""
        ...


class Store(Protocol):
    """A class with its marks. Every method may raise `StorageError`."""

    def students(self) -> Mapping[str, StoredReport]:
        """By submission id, as they are now."""
        ...

    def notebook(self, id: str) -> tuple[tuple[Cell, ...], tuple[Output, ...]]:
        """Cells and what they printed; nothing where the executed notebook is missing."""
        ...

    def lookalikes(self) -> Sequence[Alike]:
        """Whose code is alike, where somebody has looked."""
        ...

    def given(self) -> Sequence[Mark]:
        """All marks there are, oldest first."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """One writer of marks at a time, for the blink between looking and writing."""
        ...

    def report_page(self, id: str) -> str | None:
        """The student's page; None where there is none."""
        ...

    def lookalikes_page(self) -> str | None:
        """The look-alikes side by side; None where there is no such page."""
        ...
