"""Kept values of every world → named quantities: what the solution shows, told apart (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from grader.assignment.kept import KeptValue
from grader.assignment.values import Array
from grader.drafting.sites import Site

_WORD = re.compile(r"[^\W\d_]\w*|\d+")
_LETTER = str.maketrans(
    {"∂": "d", "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)
_LETTERS = re.compile(r"[^\W\d]")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_CONVERSIONS = re.compile(r"(\.(item|detach|numpy|cpu|tolist|to_numpy|data)(\(\))?){1,8}$")
_TURNS = 3  # of a loop whose numbers are one array
_PLACES = re.compile(r"^[\s:=\->,.;()\[\]]+|[\s:=\->,.;(\[]+$")


@dataclass(frozen=True, slots=True)
class ShownQuantity:
    """One quantity that the solution shows.

    name: an identifier, unique. label: the text in front of it, or the key of the element. source: the
    expression, empty where a loop shows several quantities by one. values: in each world, all of one shape.
    series: one number, or one array, a turn of a loop. whole: whole numbers by their type. group: of which of
    several groups, where others have the same label: `Men` of `Men: n = 3, mean = 2.5`.
    """

    name: str
    cell: int
    line: int
    label: str
    source: str
    values: tuple[Array, ...]
    series: bool = False
    whole: bool = False
    group: str = ""

    @property
    def title(self) -> str:
        """Its label where that is words, else the expression."""
        title = self.label if _LETTERS.search(self.label) or not self.source else self.source
        return f"{self.group}: {title}" if self.group else title


@dataclass(slots=True)
class _Group:
    """All that one site showed under one label."""

    site: Site
    label: str
    whole: bool = True
    joined: bool = False
    values: list[Array] = field(default_factory=list)


_Key = tuple[int, str]
"""a site and a label"""


def quantities(sites: Sequence[Site], worlds: Sequence[Sequence[KeptValue]]) -> tuple[ShownQuantity, ...]:
    """What is shown as numbers, of the same shape in every world, in the order of the notebook.

    Counters (1, 2, 3, … a turn) are none, nor is what is shown again under another name: a repetition.
    """
    grouped = [_in_loops(_groups(sites, kept)) for kept in worlds]
    used: set[str] = set()
    labels = Counter(map(_label, grouped[0].values()))
    made: list[ShownQuantity] = []
    for key, group in grouped[0].items():
        others = [g.get(key) for g in grouped]
        if any(o is None or not o.values for o in others):
            continue
        arrays = [_together(o.values) for o in others if o is not None]
        if any(a is None for a in arrays):
            continue
        values = tuple(a for a in arrays if a is not None)
        series = len(group.values) > 1 and not group.joined
        if len({a.shape for a in values}) > 1 or not values[0].size or (series and _counts(values[0])):
            continue
        if any(_same(values, s.values) for s in made):
            continue
        of = group.site.head if labels[_label(group)] > 1 else ""
        name = _unique(_identifier(f"{of} {_label(group)}") if of else _name(group), used)
        made.append(
            ShownQuantity(
                name,
                group.site.cell,
                group.site.line,
                _label(group),
                group.site.source,
                values,
                series,
                group.whole,
                of,
            )
        )
    return tuple(made)


def _groups(sites: Sequence[Site], kept: Sequence[KeptValue]) -> Mapping[_Key, _Group]:
    """By site and label. A text that is shown in front of a number, by the same statement, is its label."""
    groups: dict[_Key, _Group] = {}
    said: dict[int, str] = defaultdict(str)
    for item in kept:
        site = sites[item.site]
        if item.kind == "text":
            said[site.statement] = item.text
            continue
        if item.values is None or (item.truth and not item.values.ndim) or not np.isfinite(item.values).all():
            continue
        label = _tidy(
            " ".join(
                filter(
                    None, (site.before if not said[site.statement] else "", said[site.statement], item.key)
                )
            )
        )
        label = "" if not said[site.statement] and not item.key else label
        group = groups.setdefault(
            (site.number if site.joins is None else site.joins, label), _Group(site, label)
        )
        group.values.append(item.values / 100 if site.per_cent else item.values)
        group.joined |= site.joins is not None
        group.whole &= item.whole and not site.per_cent
    return groups


def _in_loops(groups: Mapping[_Key, _Group]) -> Mapping[_Key, _Group]:
    """One array of the single numbers that a loop shows by their names, one a turn (`for name, v in …`).

    Where it shows several by each name, each of them is one: the columns of a table.
    """
    by_site: dict[int, list[_Key]] = defaultdict(list)
    names: dict[int, list[set[str]]] = defaultdict(list)
    for key in groups:
        by_site[key[0]].append(key)
    for keys in by_site.values():
        names[groups[keys[0]].site.statement].append({label for _, label in keys})
    made: dict[_Key, _Group] = {}
    for key, group in groups.items():
        turns = [groups[k] for k in by_site[key[0]]]
        first, *others = names[group.site.statement]
        if (
            len(turns) >= _TURNS
            and all(other == first for other in others)
            and all(t.label and len(t.values) == 1 and not t.values[0].ndim for t in turns)
        ):
            whole = all(t.whole for t in turns)
            values = [np.stack([t.values[0] for t in turns])]
            before = group.site.before if group.site.before.endswith((":", "=")) else ""
            made[key[0], ""] = _Group(replace(group.site, before=before, head=""), "", whole, values=values)
        else:
            made[key] = group
    return made


def _tidy(label: str) -> str:
    return _PLACES.sub("", " ".join(label.split()))


def _together(values: Sequence[Array]) -> Array | None:
    """One array of what a loop showed turn by turn; None where the turns differ in shape."""
    if len(values) == 1:
        return values[0]
    return np.stack(values) if len({v.shape for v in values}) == 1 else None


def _counts(values: Array) -> bool:
    """Numbers that go up by the same whole step: they count turns."""
    steps = np.diff(values, axis=0)
    return bool(values.ndim == 1 and (steps == steps[0]).all() and steps[0] == round(steps[0]) != 0)


def _same(one: Sequence[Array], other: Sequence[Array]) -> bool:
    return all(
        a.shape == b.shape and a.size > 1 and np.array_equal(a, b) for a, b in zip(one, other, strict=True)
    )


def _label(group: _Group) -> str:
    """Its own where a loop gives one, else the text before; `h` of `h_{t} = …`, glued to its number."""
    before = _tidy(group.site.before)
    return group.label or (
        before if _LETTERS.search(before) else _tidy(group.site.stem).rstrip("_") or before
    )


def _name(group: _Group) -> str:
    """By its own label where a loop gives one, else the expression if it is a name, else the text before."""
    source = _CONVERSIONS.sub("", group.site.source)
    if group.label:
        return _identifier(group.label)
    if _NAME.fullmatch(source):
        return _identifier(source)
    return _identifier(_label(group)) or _identifier(source)


def _identifier(text: str) -> str:
    words = list(_words(text))[:4]
    return "_".join(words)


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.translate(_LETTER)):
        plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().strip("_")
        if plain:
            yield plain


def _unique(name: str, used: set[str]) -> str:
    name = name.lstrip("0123456789_") or "value"
    again, made = 1, name
    while made in used:
        again += 1
        made = f"{name}_{again}"
    used.add(made)
    return made
