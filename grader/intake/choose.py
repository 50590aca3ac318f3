"""Which of the files that one student handed in is the notebook to grade."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from grader.intake.files import holds_a_notebook
from grader.intake.tree import File, Parts
from grader.models import Flag, Said, Values, verbatim

NOTHING = Said("nothing was handed in")
_SHOWN = 4
_FLAGGED = 10


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """One file of a student's. below: its path as handed in. order: the larger, the newer (0: unknown)."""

    file: File
    below: Parts
    order: int = 0

    @property
    def name(self) -> str:
        return self.below[-1] if self.below else self.file.name


@dataclass(frozen=True, slots=True)
class Choice:
    """notebook None: there is none, and `problem` says why. others: what comes along."""

    notebook: ChoiceItem | None
    others: tuple[ChoiceItem, ...]
    flags: tuple[Flag, ...] = ()
    problem: Said | None = None


def is_script_name(name: str) -> bool:
    """`x.py`, in any case."""
    return name.lower().endswith(".py")


def choose(items: Sequence[ChoiceItem], prefer: str | None) -> Choice:
    """The only notebook; of several the one that fits `prefer` (a glob, case ignored), else the newest.

    Newer is what the platform numbers higher, then what was changed later, then the later name. Without
    a notebook by name the same holds for notebooks under another name, and then for Python scripts. What
    was refused is never chosen, but flagged.
    """
    usable = [i for i in items if not i.file.refused]
    refused = [i for i in items if i.file.refused]
    flags = refused_flags([(i.name, i.file.refused) for i in refused if i.file.refused is not None])
    candidates = [i for i in usable if i.file.is_notebook]
    if not candidates and (candidates := [i for i in usable if holds_a_notebook(i.file.path, i.name)]):
        names = _names(candidates)
        text = Said("No file has a notebook's name, but this is one: {names}.", {"names": names})
        flags.append(Flag.of("renamed", text))
    candidates = candidates or [i for i in usable if is_script_name(i.name)]
    if not candidates:
        return Choice(None, tuple(usable), (), _no_notebook(usable, refused))
    fitting = [i for i in candidates if prefer and fnmatchcase(i.name.casefold(), prefer.casefold())]
    best = max(fitting or candidates, key=_newness)
    others_than_best = [i for i in candidates if i is not best]
    rest = [i for i in others_than_best if not _same(i, best)]
    if rest:
        why = (
            Said("the one that fits {pattern!r}", {"pattern": prefer or ""})
            if len(fitting) == 1
            else _why_newest(best, fitting or candidates)
        )
        text = Said(
            "{count} notebooks were handed in; graded: {graded}, {why}; not: {rest}.",
            {"count": len(rest) + 1, "graded": best.name, "why": why, "rest": _names(rest)},
        )
        flags.append(Flag.of("several_notebooks", text))
    others = tuple(i for i in usable if i is not best and not (i in others_than_best and i.file.is_notebook))
    return Choice(best, others, tuple(flags))


def refused_flags(refused: Sequence[tuple[str, Said]]) -> list[Flag]:
    """What a person should know about files that were not read: their names and why."""
    told = [
        Said("{name} was left out: {why}.", {"name": name[:120], "why": reason})
        for name, reason in refused[:_FLAGGED]
    ]
    if more := len(refused[_FLAGGED:]):
        told.append(Said("{n} more file was left out.", {"n": more}, "{n} more files were left out."))
    return [Flag.of("refused_file", text) for text in told]


def _newness(item: ChoiceItem) -> tuple[int, float, str]:
    try:
        changed = item.file.path.lstat().st_mtime
    except OSError:
        changed = 0.0
    return item.order, changed, "/".join(item.below)


def _same(one: ChoiceItem, other: ChoiceItem) -> bool:
    """Copies of one notebook, as each member of a team hands in, leave nothing to choose."""
    try:
        return filecmp.cmp(one.file.path, other.file.path, shallow=False)
    except OSError:
        return False


def _why_newest(best: ChoiceItem, among: Sequence[ChoiceItem]) -> Said:
    """What the choice really rests on: uploads of one moment have no newest."""
    if any(i is not best and _newness(i)[:2] == _newness(best)[:2] for i in among):
        return Said("the last by name, for no time tells which is newer")
    return Said("the newest")


def _no_notebook(usable: Sequence[ChoiceItem], refused: Sequence[ChoiceItem]) -> Said:
    if refused and (why := refused[0].file.refused) is not None:
        first: Values = {"name": refused[0].name[:120], "why": why, "n": len(refused) - 1}
        if len(refused) > 1:
            return Said("{name}: {why} (and {n} more)", first)
        return Said("{name}: {why}", first)
    if usable:
        return Said("no notebook among what was handed in ({names})", {"names": _names(usable)})
    return NOTHING


def _names(items: Sequence[ChoiceItem]) -> Said:
    names = tuple(i.name[:80] for i in items)
    if more := len(names[_SHOWN:]):
        return Said("{names}, and {n} more", {"names": names[:_SHOWN], "n": more})
    return verbatim(", ".join(names))
