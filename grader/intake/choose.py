"""Which files that one student handed in may be the notebook to grade, the likeliest first."""

from __future__ import annotations

import filecmp
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from grader.intake.tree import Parts, TreeFile
from grader.models import Flag, Said, Values, counted, verbatim

MOST = 8
"""notebooks of one student that are run to see which of them answers"""

NOTHING = Said("nothing was handed in")
_SHOWN = 4
_FLAGGED = 10


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceItem:
    """One file of a student's. below: its path as handed in. order: the larger, the newer (0: unknown)."""

    file: TreeFile
    below: Parts
    order: int = 0

    @property
    def name(self) -> str:
        return self.below[-1] if self.below else self.file.name


@dataclass(frozen=True, slots=True)
class Choice:
    """Notebooks that may answer, the first one first; what they show decides (`judging.several`).

    together: the rubric names several, to be graded together in this order. unseen: names of further ones.
    problem: why there is none. files: everything that can be read, the notebooks too.
    """

    notebooks: tuple[ChoiceItem, ...]
    files: tuple[ChoiceItem, ...]
    flags: tuple[Flag, ...] = ()
    problem: Said | None = None
    together: bool = False
    unseen: tuple[str, ...] = ()


def is_script_name(name: str) -> bool:
    """`x.py`, in any case."""
    return name.lower().endswith(".py")


def choose(items: Sequence[ChoiceItem], prefer: Sequence[str]) -> Choice:
    """The notebooks among these that may answer.

    prefer: the rubric's globs (case ignored). Where one fits a single file, that is the one; several globs
    name notebooks that belong together. Without a notebook by name the same holds for notebooks under
    another name, and then for Python scripts. What was refused is never chosen, but flagged.
    """
    usable = [i for i in items if not i.file.refused]
    refused = [i for i in items if i.file.refused]
    flags = refused_flags([(i.name, i.file.refused) for i in refused if i.file.refused is not None])
    candidates = [i for i in usable if i.file.is_notebook]
    if not candidates and (candidates := [i for i in usable if i.file.renamed]):
        names = _names([i.name for i in candidates])
        text = Said("No file has a notebook's name, but this is one: {names}.", {"names": names})
        flags.append(Flag.of("renamed", text))
    candidates = candidates or [i for i in usable if is_script_name(i.name)]
    if not candidates:
        return Choice((), tuple(usable), (), _no_notebook(usable, refused))
    candidates = _different(sorted(candidates, key=_newness, reverse=True))
    named = [[i for i in candidates if fnmatchcase(i.name.casefold(), p.casefold())] for p in prefer]
    together = len(prefer) > 1 and sum(len(n) == 1 for n in named) > 1
    if together:
        chosen = tuple(dict.fromkeys(n[0] for n in named if len(n) == 1))
        return Choice(chosen, tuple(usable), tuple(flags), together=True)
    fitting = [i for found in named for i in found] or candidates
    near = sorted(fitting, key=lambda i: len(i.below))[:MOST]  # an environment's own lie deep
    unseen = tuple(i.name for i in fitting if i not in near)
    return Choice(tuple(i for i in fitting if i in near), tuple(usable), tuple(flags), unseen=unseen)


def refused_flags(refused: Sequence[tuple[str, Said]]) -> list[Flag]:
    """What a person should know about files that were not read: their names and why."""
    told = [
        Said("{name} was left out: {why}.", {"name": name[:120], "why": reason})
        for name, reason in refused[:_FLAGGED]
    ]
    if more := len(refused[_FLAGGED:]):
        told.append(counted(more, "{n} more file was left out.", "{n} more files were left out."))
    return [Flag.of("refused_file", text) for text in told]


def _newness(item: ChoiceItem) -> tuple[int, float, int, list[tuple[int, str]]]:
    """The larger, the likelier: the platform's numbers, the time, near the top, the later name."""
    try:
        changed = item.file.path.lstat().st_mtime
    except OSError:
        changed = 0.0
    natural = [
        (int(piece), "") if piece.isdecimal() and len(piece) < 20 else (-1, piece)
        for piece in re.split(r"(\d+)", "/".join(item.below))
    ]
    return item.order, changed, -len(item.below), natural


def _different(items: Sequence[ChoiceItem]) -> list[ChoiceItem]:
    """Copies of one notebook, as each member of a team hands in, leave nothing to choose."""
    kept: list[ChoiceItem] = []
    for item in items:
        if not any(_same(item, other) for other in kept[: 4 * MOST]):
            kept.append(item)
    return kept


def _same(one: ChoiceItem, other: ChoiceItem) -> bool:
    try:
        return filecmp.cmp(one.file.path, other.file.path, shallow=False)
    except OSError:
        return False


def _no_notebook(usable: Sequence[ChoiceItem], refused: Sequence[ChoiceItem]) -> Said:
    if refused and (why := refused[0].file.refused) is not None:
        first: Values = {"name": refused[0].name[:120], "why": why, "n": len(refused) - 1}
        if len(refused) > 1:
            return Said("{name}: {why} (and {n} more)", first)
        return Said("{name}: {why}", first)
    if usable:
        names = _names([i.name for i in usable])
        return Said("no notebook among what was handed in ({names})", {"names": names})
    return NOTHING


def _names(names: Sequence[str]) -> Said:
    shown = tuple(name[:80] for name in names)
    if more := len(shown[_SHOWN:]):
        return Said("{names}, and {n} more", {"names": shown[:_SHOWN], "n": more})
    return verbatim(", ".join(shown))
