"""Words that a solution shows under a name: truth values, terms (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.assignment.kept import KeptValue
from grader.drafting.sites import Site

_LONGEST = 40  # characters of a word
_MOST = 3  # words of a term


@dataclass(frozen=True, slots=True)
class ShownWord:
    """A word under a label. answers: in each world, in order."""

    cell: int
    line: int
    label: str
    source: str
    answers: tuple[str, ...]


def words(sites: Sequence[Site], worlds: Sequence[Sequence[KeptValue]]) -> tuple[ShownWord, ...]:
    """Texts and truth values that are shown once in each world, behind a label and without a number."""
    by_site = [_by_site(kept) for kept in worlds]
    numbers = {sites[k.site].statement for k in worlds[0] if k.kind == "number" and not k.truth}
    found = []
    for site in sites:
        shown = [kept.get(site.number, []) for kept in by_site]
        if site.statement in numbers or not site.before.strip(" :=") or any(len(s) != 1 for s in shown):
            continue
        answers = tuple(_said(s[0]) for s in shown)
        if all(answers):
            label = site.before.strip().strip(":=").strip()
            found.append(ShownWord(site.cell, site.line, label, site.source, answers))
    return tuple(found)


def _by_site(kept: Sequence[KeptValue]) -> Mapping[int, list[KeptValue]]:
    found: dict[int, list[KeptValue]] = defaultdict(list)
    for item in kept:
        found[item.site].append(item)
    return found


def _said(kept: KeptValue) -> str:
    """The word; empty for anything else."""
    if kept.truth and kept.values is not None and not kept.values.ndim and not kept.key:
        return str(bool(kept.values))
    text = kept.text.strip()
    short = len(text) <= _LONGEST and 0 < len(text.split()) <= _MOST and any(c.isalpha() for c in text)
    return text if kept.kind == "text" and short and not kept.key else ""
