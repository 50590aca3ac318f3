"""Words that a solution shows under a name: truth values, terms (pure)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.assignment.kept import KeptValue
from grader.drafting.sites import Site

_ELEMENT = re.compile(r"\[\d+\]")
_LONGEST = 40  # characters of a word
_MOST = 3  # words of a term
_SEQUENCE = 150  # characters of a row of words that moves with the world, a path


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
        shown = [_in_a_row(kept.get(site.number, [])) for kept in by_site]
        if site.statement in numbers or not site.before.strip(" :=") or any(len(s) != 1 for s in shown):
            continue
        moves = len({s[0].text for s in shown}) > 1
        answers = tuple(_said(s[0], moves=moves) for s in shown)
        if all(answers):
            label = site.before.strip().strip(":=").strip()
            found.append(ShownWord(site.cell, site.line, label, site.source, answers))
    return tuple(found)


def _in_a_row(kept: list[KeptValue]) -> list[KeptValue]:
    """The texts of one list as one; anything else as it is."""
    if len(kept) > 1 and all(k.kind == "text" and _ELEMENT.fullmatch(k.key) for k in kept):
        return [replace(kept[0], key="", text=", ".join(k.text for k in kept))]
    return kept


def _by_site(kept: Sequence[KeptValue]) -> Mapping[int, list[KeptValue]]:
    found: dict[int, list[KeptValue]] = defaultdict(list)
    for item in kept:
        found[item.site].append(item)
    return found


def _said(kept: KeptValue, *, moves: bool) -> str:
    """The word, or a row of words that moves; empty for anything else."""
    if kept.truth and kept.values is not None and not kept.values.ndim and not kept.key:
        return str(bool(kept.values))
    text = kept.text.strip()
    short = len(text) <= _LONGEST and len(text.split()) <= _MOST
    short |= moves and len(text) <= _SEQUENCE and not any(c.isdigit() for c in text)
    said = kept.kind == "text" and not kept.key and "\n" not in text
    return text if said and short and any(c.isalpha() for c in text) else ""
